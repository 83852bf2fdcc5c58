"""Bridges to other frameworks, both ways; the only room that imports them."""

from catallax.adapters._gymnasium import FromGymnasium, HostWorld
from catallax.adapters._gymnasium_policy import evaluate_gymnasium
from catallax.adapters._gymnax import FromGymnax
from catallax.adapters._pool import HostError
from catallax.adapters._spaces import from_space, to_space
from catallax.adapters._stable_baselines import DQN_CARTPOLE, PPO_CARTPOLE, Curve, train_dqn, train_ppo
from catallax.adapters._to_gymnasium import ToGymnasium

__all__ = [
    "Curve",
    "DQN_CARTPOLE",
    "FromGymnasium",
    "FromGymnax",
    "HostError",
    "HostWorld",
    "PPO_CARTPOLE",
    "ToGymnasium",
    "evaluate_gymnasium",
    "from_space",
    "to_space",
    "train_dqn",
    "train_ppo",
]
