"""Boundedly rational inductive agents and logical inductors."""

from catallax.induction._allowance import AbstractAllowance, PaperAllowance, PowerAllowance
from catallax.induction._bria import BRIA, Promise, Round, Situation, every_promise
from catallax.induction._coherence import coherence_gap
from catallax.induction._constant_auction import constant_auction
from catallax.induction._day import Day, Prices, Strategy
from catallax.induction._firm import BudgetLadder
from catallax.induction._formula import (
    And,
    Atom,
    Formula,
    Iff,
    Implies,
    Not,
    Or,
    Truth,
    exactly_one,
    parse,
    truth_table,
)
from catallax.induction._inductor import Exploit, LogicalInductor, Properties
from catallax.induction._market_maker import Cleared, UncertifiedPrices, certificate, clear
from catallax.induction._process import AbstractProcess, News, Schedule, Stream, hash_uniform
from catallax.induction._program_market import Clearing, Desk, Game, Order, Program, ProgramMarket, clear_pairs
from catallax.induction._ranged_game import Quantified, RangedValue, Turn, play, ranged_value
from catallax.induction._tie_break import AbstractTieBreak, LowestIndex, RandomTie
from catallax.induction._traders import (
    AbstractRamps,
    AbstractTraders,
    Constants,
    DutchBook,
    Frequency,
    Provability,
    Rule,
)
from catallax.induction._trajectory import (
    Coverage,
    Overestimation,
    Record,
    Trajectory,
    check_coverage,
    check_overestimation,
)
from catallax.induction._worlds import Worlds

__all__ = [
    "AbstractAllowance",
    "AbstractProcess",
    "AbstractRamps",
    "AbstractTieBreak",
    "AbstractTraders",
    "And",
    "Atom",
    "BRIA",
    "BudgetLadder",
    "Cleared",
    "Clearing",
    "Constants",
    "Coverage",
    "Day",
    "Desk",
    "DutchBook",
    "Exploit",
    "Formula",
    "Frequency",
    "Game",
    "Iff",
    "Implies",
    "LogicalInductor",
    "LowestIndex",
    "News",
    "Not",
    "Or",
    "Order",
    "Overestimation",
    "PaperAllowance",
    "PowerAllowance",
    "Prices",
    "Program",
    "ProgramMarket",
    "Promise",
    "Properties",
    "Provability",
    "Quantified",
    "RandomTie",
    "RangedValue",
    "Record",
    "Round",
    "Rule",
    "Schedule",
    "Situation",
    "Strategy",
    "Stream",
    "Trajectory",
    "Truth",
    "Turn",
    "UncertifiedPrices",
    "Worlds",
    "certificate",
    "check_coverage",
    "check_overestimation",
    "clear",
    "clear_pairs",
    "coherence_gap",
    "constant_auction",
    "every_promise",
    "exactly_one",
    "hash_uniform",
    "parse",
    "play",
    "ranged_value",
    "truth_table",
]
