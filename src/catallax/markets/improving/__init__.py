"""Self-improving networks: objective, attribution, adjustment, each a part of its own."""

from catallax.markets.improving._adjustments import Competition, GradientStep, MultiplicativeWeights, TakeOver
from catallax.markets.improving._evolution import EvolutionStrategy, LeaveOneOut
from catallax.markets.improving._flow import Backpropagation, MarketPayments
from catallax.markets.improving._loop import Improved, SelfImproving
from catallax.markets.improving._parts import AbstractAdjustment, AbstractAttribution, Credit, Objective, implied
from catallax.markets.improving._shapley import Shapley

__all__ = [
    "AbstractAdjustment",
    "AbstractAttribution",
    "Backpropagation",
    "Competition",
    "Credit",
    "EvolutionStrategy",
    "GradientStep",
    "Improved",
    "LeaveOneOut",
    "MarketPayments",
    "MultiplicativeWeights",
    "Objective",
    "SelfImproving",
    "Shapley",
    "TakeOver",
    "implied",
]
