"""The named historic systems, each a short assembly of the parts."""

from catallax.classics._decentralized_rl import DecentralizedRL, decentralized_rl
from catallax.classics._mental_rotation import DigitWorlds, Judge, learn_judge, mental_rotation_of_digits
from catallax.classics._neural_bucket_brigade import (
    NeuralBucketBrigade,
    neural_bucket_brigade,
    neural_bucket_brigade_moving_light,
    neural_bucket_brigade_xor,
)
from catallax.classics._per_seed import PerSeed
from catallax.classics._societal_values import societal_values
from catallax.classics._xcs import XCS
from catallax.classics._xcs_multiplexer import XCSResult, xcs_multiplexer
from catallax.classics._zero_intelligence import ZeroIntelligence, zero_intelligence

__all__ = [
    "DecentralizedRL",
    "DigitWorlds",
    "Judge",
    "NeuralBucketBrigade",
    "PerSeed",
    "XCS",
    "XCSResult",
    "ZeroIntelligence",
    "decentralized_rl",
    "learn_judge",
    "mental_rotation_of_digits",
    "neural_bucket_brigade",
    "neural_bucket_brigade_moving_light",
    "neural_bucket_brigade_xor",
    "societal_values",
    "xcs_multiplexer",
    "zero_intelligence",
]
