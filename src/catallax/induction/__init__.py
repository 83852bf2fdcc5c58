"""Boundedly rational inductive agents and logical inductors."""

from catallax.induction._allowance import AbstractAllowance, PaperAllowance, PowerAllowance
from catallax.induction._bria import BRIA, Promise, Round, Situation, every_promise
from catallax.induction._coherence import coherence_gap
from catallax.induction._constant_auction import constant_auction
from catallax.induction._day import Day, Prices, Strategy
from catallax.induction._firm import BudgetLadder
from catallax.induction._formula import And, Atom, Formula, Iff, Implies, Not, Or, Truth, exactly_one, parse, truth_table
from catallax.induction._inductor import Exploit, LogicalInductor, Properties
from catallax.induction._market_maker import Cleared, UncertifiedPrices, certificate, clear
from catallax.induction._process import AbstractProcess, News, Schedule, Stream, hash_uniform
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

__all__ = [n for n in dir() if n[0] != "_"]
