"""The words everyone shares: types, money, the ledger, cohorts, abstract parts."""

from catallax.core import _money as money
from catallax.core._activities import Activities, ActivityPlan
from catallax.core._alike import require_alike
from catallax.core._books import MICRO, Books, to_credits, to_micro
from catallax.core._check import ConformanceError, check_agent, check_auction, check_env, check_levy, check_part
from catallax.core._choose import choose
from catallax.core._cohort import Cohort
from catallax.core._double import in_double
from catallax.core._fence import fence
from catallax.core._fused_keys import fused
from catallax.core._goods import AbstractEquilibrium, AbstractValuation, Equilibrium, Status
from catallax.core._goods_world import AbstractGoodsWorld, AbstractHouseholds, AbstractProducers
from catallax.core._inequality import gini
from catallax.core._journal import AbstractJournal, Journal, Transaction, proper_entries
from catallax.core._keys import as_key, split_by
from catallax.core._ledger import Ledger, Transfer
from catallax.core._luck import uniform, whole
from catallax.core._money import Money
from catallax.core._parts import (
    AbstractAgent,
    AbstractAuction,
    AbstractConsumer,
    AbstractEntry,
    AbstractEnv,
    AbstractExit,
    AbstractLevy,
    Newborns,
    Population,
)
from catallax.core._spaces import Bits, Box, Discrete, Record, Space
from catallax.core._trading import (
    BUYER,
    NO_PRICE,
    SELLER,
    AbstractDoubleAuction,
    AbstractTrader,
    Board,
    Limit,
    Quote,
    Shout,
    Trade,
)
from catallax.core._types import ABSTAIN, NOBODY, Experience, Sale, Step, Tick

__all__ = [
    "ABSTAIN",
    "AbstractAgent",
    "AbstractAuction",
    "AbstractConsumer",
    "AbstractDoubleAuction",
    "AbstractEntry",
    "AbstractEquilibrium",
    "AbstractEnv",
    "AbstractExit",
    "AbstractGoodsWorld",
    "AbstractHouseholds",
    "AbstractJournal",
    "AbstractLevy",
    "AbstractProducers",
    "AbstractTrader",
    "AbstractValuation",
    "Activities",
    "ActivityPlan",
    "BUYER",
    "Books",
    "Bits",
    "Board",
    "Box",
    "Cohort",
    "ConformanceError",
    "Discrete",
    "Experience",
    "Equilibrium",
    "Journal",
    "Ledger",
    "Limit",
    "MICRO",
    "Money",
    "NOBODY",
    "NO_PRICE",
    "Newborns",
    "Population",
    "Quote",
    "Record",
    "SELLER",
    "Sale",
    "Shout",
    "Space",
    "Step",
    "Status",
    "Tick",
    "Trade",
    "Transaction",
    "Transfer",
    "as_key",
    "check_agent",
    "check_auction",
    "check_env",
    "check_levy",
    "check_part",
    "choose",
    "fence",
    "fused",
    "gini",
    "in_double",
    "money",
    "proper_entries",
    "require_alike",
    "split_by",
    "to_credits",
    "to_micro",
    "uniform",
    "whole",
]
