"""The small networks of bidders, for learners that are no bidders: made, applied, trained by the same steps."""

from catallax.agents._features import encoder, features
from catallax.agents._judge import Layers, Nets, forward
from catallax.agents._network import network, silent
from catallax.agents._ppo import Progress
from catallax.agents._ppo import _minibatches as minibatches

__all__ = ["Layers", "Nets", "Progress", "encoder", "features", "forward", "minibatches", "network", "silent"]
