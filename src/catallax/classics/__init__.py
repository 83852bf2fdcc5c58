"""The named historic systems, each a short assembly of the parts."""

from catallax.classics._hayek import Hayek, Look, Tongue
from catallax.classics._hayek_blocks_world import HayekResult, hayek_blocks_world
from catallax.classics._neural_bucket_brigade import (
    NeuralBucketBrigade,
    neural_bucket_brigade,
    neural_bucket_brigade_moving_light,
    neural_bucket_brigade_xor,
)
from catallax.classics._per_seed import PerSeed
from catallax.classics._xcs import XCS
from catallax.classics._xcs_multiplexer import XCSResult, xcs_multiplexer
from catallax.classics._zero_intelligence import ZeroIntelligence, zero_intelligence

__all__ = [
    "Hayek",
    "HayekResult",
    "Look",
    "NeuralBucketBrigade",
    "PerSeed",
    "Tongue",
    "XCS",
    "XCSResult",
    "ZeroIntelligence",
    "hayek_blocks_world",
    "neural_bucket_brigade",
    "neural_bucket_brigade_moving_light",
    "neural_bucket_brigade_xor",
    "xcs_multiplexer",
    "zero_intelligence",
]
