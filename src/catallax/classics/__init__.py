"""The named historic systems, each a short assembly of the parts."""

from catallax.classics._neural_bucket_brigade import (
    NeuralBucketBrigade,
    neural_bucket_brigade,
    neural_bucket_brigade_moving_light,
    neural_bucket_brigade_xor,
)
from catallax.classics._per_seed import PerSeed
from catallax.classics._xcs import XCS
from catallax.classics._xcs_maze import XCSMazeResult, maze_system, xcs_maze
from catallax.classics._xcs_multiplexer import XCSResult, xcs_multiplexer
from catallax.classics._xcs_steps import XCSWalk
from catallax.classics._zero_intelligence import ZeroIntelligence, zero_intelligence

__all__ = [
    "NeuralBucketBrigade",
    "PerSeed",
    "XCS",
    "XCSMazeResult",
    "XCSResult",
    "XCSWalk",
    "ZeroIntelligence",
    "maze_system",
    "neural_bucket_brigade",
    "neural_bucket_brigade_moving_light",
    "neural_bucket_brigade_xor",
    "xcs_maze",
    "xcs_multiplexer",
    "zero_intelligence",
]
