"""How many goods are priced at once: prices at which the supply is sold and everybody has a best bundle."""

from catallax.core import AbstractEquilibrium, Equilibrium, Status
from catallax.equilibria import indivisible, valuations
from catallax.equilibria._activity_market import ActivityMarket
from catallax.equilibria._adjustments import AbstractAdjustment, AdditiveAdjustment, MultiplicativeAdjustment
from catallax.equilibria._caps import AbstractCap, FisherCap, SpendCap, ValueCap
from catallax.equilibria._certificate import certify
from catallax.equilibria._concave_interior_point import ConcaveInteriorPoint
from catallax.equilibria._demand import demand
from catallax.equilibria._dual_interior_point import DualInteriorPoint
from catallax.equilibria._equilibrium_path import EquilibriumPath
from catallax.equilibria._excess_demand_newton import ExcessDemandNewton
from catallax.equilibria._exchange import AbstractExchange, certify_exchange
from catallax.equilibria._exchange_interior_point import ExchangeInteriorPoint
from catallax.equilibria._exchange_solve import exchange
from catallax.equilibria._interior_point import InteriorPoint
from catallax.equilibria._per_good import PerGood
from catallax.equilibria._proportional_response import ProportionalResponse
from catallax.equilibria._solve import solve
from catallax.equilibria._tatonnement import Tatonnement, exchange_excess

__all__ = [
    "AbstractAdjustment",
    "AbstractCap",
    "AbstractEquilibrium",
    "AbstractExchange",
    "ActivityMarket",
    "AdditiveAdjustment",
    "ConcaveInteriorPoint",
    "DualInteriorPoint",
    "Equilibrium",
    "EquilibriumPath",
    "ExcessDemandNewton",
    "ExchangeInteriorPoint",
    "FisherCap",
    "InteriorPoint",
    "MultiplicativeAdjustment",
    "PerGood",
    "ProportionalResponse",
    "SpendCap",
    "Status",
    "Tatonnement",
    "ValueCap",
    "certify",
    "certify_exchange",
    "demand",
    "exchange",
    "exchange_excess",
    "indivisible",
    "solve",
    "valuations",
]
