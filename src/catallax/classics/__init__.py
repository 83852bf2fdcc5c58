"""The named historic systems, each a short assembly of the parts."""

from catallax.classics._per_seed import PerSeed
from catallax.classics._xcs import XCS
from catallax.classics._xcs_multiplexer import XCSResult, xcs_multiplexer

__all__ = [
    "PerSeed",
    "XCS",
    "XCSResult",
    "xcs_multiplexer",
]
