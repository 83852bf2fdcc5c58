"""The named historic algorithms, each a short assembly of the parts."""

from catallax.classics._zero_intelligence import ZeroIntelligence, zero_intelligence

__all__ = [
    "ZeroIntelligence",
    "zero_intelligence",
]
