"""The named historic systems, each a short assembly of the parts."""

from catallax.classics._decentralized_rl import DecentralizedRL, decentralized_rl
from catallax.classics._hayek import Hayek, Look
from catallax.classics._hayek_blocks_world import HayekResult, hayek_blocks_world
from catallax.classics._hayek_with_memory import HayekWithMemory, Remembering, hayek_with_memory
from catallax.classics._mental_rotation import DigitWorlds, Judge, learn_judge, mental_rotation_of_digits
from catallax.classics._moving_mean import moving_mean
from catallax.classics._neural_bucket_brigade import (
    NeuralBucketBrigade,
    neural_bucket_brigade,
    neural_bucket_brigade_moving_light,
    neural_bucket_brigade_xor,
)
from catallax.classics._per_seed import PerSeed
from catallax.classics._scs import SCS
from catallax.classics._scs_run import scs
from catallax.classics._societal_values import societal_values
from catallax.classics._strength_result import StrengthResult
from catallax.classics._tongues import Tongue
from catallax.classics._xcs import XCS
from catallax.classics._xcs_maze import XCSMazeResult, maze_system, xcs_maze
from catallax.classics._xcs_multiplexer import XCSResult, xcs_multiplexer
from catallax.classics._xcs_steps import XCSWalk
from catallax.classics._zcs import ZCS
from catallax.classics._zcs_run import zcs
from catallax.classics._zero_intelligence import ZeroIntelligence, zero_intelligence

__all__ = [
    "DecentralizedRL",
    "DigitWorlds",
    "Hayek",
    "HayekResult",
    "HayekWithMemory",
    "Judge",
    "Look",
    "NeuralBucketBrigade",
    "PerSeed",
    "Remembering",
    "SCS",
    "StrengthResult",
    "Tongue",
    "XCS",
    "XCSMazeResult",
    "XCSResult",
    "XCSWalk",
    "ZCS",
    "ZeroIntelligence",
    "decentralized_rl",
    "hayek_blocks_world",
    "hayek_with_memory",
    "learn_judge",
    "maze_system",
    "mental_rotation_of_digits",
    "moving_mean",
    "neural_bucket_brigade",
    "neural_bucket_brigade_moving_light",
    "neural_bucket_brigade_xor",
    "scs",
    "societal_values",
    "xcs_maze",
    "xcs_multiplexer",
    "zcs",
    "zero_intelligence",
]
