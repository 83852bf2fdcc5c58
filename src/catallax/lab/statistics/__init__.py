"""How sure a figure is: intervals by resampling, robust means, paired tests."""

from catallax.lab.statistics._band import CurveInterval, band
from catallax.lab.statistics._interval import Interval, interval
from catallax.lab.statistics._paired import Paired, holm, larger, paired, probability_of_improvement
from catallax.lab.statistics._robust import interquartile_mean, performance_profile

__all__ = [
    "CurveInterval",
    "Interval",
    "Paired",
    "band",
    "holm",
    "interquartile_mean",
    "interval",
    "larger",
    "paired",
    "performance_profile",
    "probability_of_improvement",
]
