"""Markets on all combinations of several variables, traded by conditional probabilities."""

from catallax.forecasting.combinatorial._dense import DenseMarket
from catallax.forecasting.combinatorial._edit import Edit
from catallax.forecasting.combinatorial._joint import AbstractJointMarket
from catallax.forecasting.combinatorial._junction import JunctionTreeMarket
from catallax.forecasting.combinatorial._semiring import MIN_PRODUCT, SUM_PRODUCT, Semiring
from catallax.forecasting.combinatorial._tree import JunctionTree, Propagation

__all__ = [
    "AbstractJointMarket",
    "DenseMarket",
    "Edit",
    "JunctionTree",
    "JunctionTreeMarket",
    "MIN_PRODUCT",
    "Propagation",
    "SUM_PRODUCT",
    "Semiring",
]
