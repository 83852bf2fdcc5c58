"""How many goods are priced at once: prices at which the supply is sold and everybody has a best bundle."""

from catallax.core import AbstractEquilibrium, Equilibrium, Status
from catallax.equilibria import indivisible, valuations
from catallax.equilibria._caps import AbstractCap, FisherCap, SpendCap, ValueCap
from catallax.equilibria._certificate import certify
from catallax.equilibria._concave_interior_point import ConcaveInteriorPoint
from catallax.equilibria._dual_interior_point import DualInteriorPoint
from catallax.equilibria._interior_point import InteriorPoint
from catallax.equilibria._proportional_response import ProportionalResponse
from catallax.equilibria._solve import solve

__all__ = [
    "AbstractCap",
    "AbstractEquilibrium",
    "ConcaveInteriorPoint",
    "DualInteriorPoint",
    "Equilibrium",
    "FisherCap",
    "InteriorPoint",
    "ProportionalResponse",
    "SpendCap",
    "Status",
    "ValueCap",
    "certify",
    "indivisible",
    "solve",
    "valuations",
]
