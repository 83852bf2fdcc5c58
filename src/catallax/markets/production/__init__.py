"""Production networks: firms that make goods out of goods, and the prices that run backwards along the same edges."""

from catallax.markets.production import bregman, examples, technologies, utilities
from catallax.markets.production._adjoints import ImplicitAdjoint, LinearAdjoint, Neumann, quote
from catallax.markets.production._adjunction import AttentionLayer, RoutingLayer, attention_weights
from catallax.markets.production._batch import Batch, batch
from catallax.markets.production._clearing import AbstractClearing, LearningSellers, SoftmaxClearing
from catallax.markets.production._economy import Economy, Solution
from catallax.markets.production._fixed_points import Anderson, Newton, Picard
from catallax.markets.production._growth import Grown, GrowthRule, bound_on_missing
from catallax.markets.production._hawkins_simon import HawkinsSimon, hawkins_simon, stationary_prices
from catallax.markets.production._logits import OptaxLogits, SoftmaxLogits
from catallax.markets.production._mdp import from_mdp
from catallax.markets.production._mirror_ascent import Backtracking, MirrorAscent, Replicator
from catallax.markets.production._mlp import from_mlp, padded, with_input
from catallax.markets.production._nodes import Consumer, Firm, Group, Many, Resource
from catallax.markets.production._parts import AbstractAdjoint, AbstractSolver, NotProductive
from catallax.markets.production._planner import Course, Planner, dispersion
from catallax.markets.production._primal_dual import Constrained, Limits, PrimalDual
from catallax.markets.production._projected_gradient import BestReply, FrankWolfe, ProjectedGradient
from catallax.markets.production._protocol import AbstractQuoting, Asynchronous, Protocol, Synchronous, Trading
from catallax.markets.production._report import NetworkReport, report
from catallax.markets.production._share_rule import AbstractShareRule
from catallax.markets.production._simplices import Simplices
from catallax.markets.production._simulation import DayBook, MarketDay, Simulator
from catallax.markets.production._solve import Prices, prices, profit_gradients, profits, solve, welfare
from catallax.markets.production._sweeps import LevelSweep, ReverseSweep
from catallax.markets.production._time import unroll
from catallax.markets.production.technologies import (
    CES,
    AbstractTechnology,
    CobbDouglas,
    Leontief,
    Linear,
    Neural,
    PassThrough,
    ReLULinear,
    SmoothLeontief,
)
from catallax.markets.production.utilities import (
    AbstractUtility,
    LinearUtility,
    LogUtility,
    NeuralUtility,
    PowerUtility,
)

__all__ = [
    "AbstractAdjoint",
    "AbstractClearing",
    "AbstractQuoting",
    "AbstractShareRule",
    "AbstractSolver",
    "AbstractTechnology",
    "AbstractUtility",
    "Anderson",
    "Asynchronous",
    "AttentionLayer",
    "Batch",
    "Backtracking",
    "BestReply",
    "CES",
    "CobbDouglas",
    "Constrained",
    "Consumer",
    "Course",
    "DayBook",
    "Economy",
    "Firm",
    "FrankWolfe",
    "Group",
    "Grown",
    "GrowthRule",
    "HawkinsSimon",
    "ImplicitAdjoint",
    "LearningSellers",
    "Leontief",
    "LevelSweep",
    "Limits",
    "Linear",
    "LinearAdjoint",
    "LinearUtility",
    "LogUtility",
    "Many",
    "MarketDay",
    "MirrorAscent",
    "NetworkReport",
    "Neumann",
    "Neural",
    "NeuralUtility",
    "Newton",
    "NotProductive",
    "OptaxLogits",
    "PassThrough",
    "Picard",
    "Planner",
    "PowerUtility",
    "Prices",
    "PrimalDual",
    "ProjectedGradient",
    "Protocol",
    "ReLULinear",
    "Replicator",
    "Resource",
    "ReverseSweep",
    "RoutingLayer",
    "Simplices",
    "Simulator",
    "SmoothLeontief",
    "SoftmaxClearing",
    "SoftmaxLogits",
    "Solution",
    "Synchronous",
    "Trading",
    "attention_weights",
    "batch",
    "bound_on_missing",
    "bregman",
    "dispersion",
    "examples",
    "from_mdp",
    "from_mlp",
    "hawkins_simon",
    "padded",
    "prices",
    "profit_gradients",
    "profits",
    "quote",
    "report",
    "solve",
    "stationary_prices",
    "technologies",
    "unroll",
    "utilities",
    "welfare",
    "with_input",
]
