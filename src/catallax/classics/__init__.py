"""The named historic systems, each a short assembly of the parts."""

from catallax.classics._neural_bucket_brigade import (
    NeuralBucketBrigade,
    neural_bucket_brigade,
    neural_bucket_brigade_moving_light,
    neural_bucket_brigade_xor,
)

__all__ = [
    "NeuralBucketBrigade",
    "neural_bucket_brigade",
    "neural_bucket_brigade_moving_light",
    "neural_bucket_brigade_xor",
]
