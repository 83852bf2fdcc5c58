"""Markets in which thinkers buy a chain of thoughts from each other, append to it, and sell it on."""

from catallax.language.reasoning._auction import (
    AbstractStateAuction,
    Bid,
    CreditConservingVickrey,
    FirstPrice,
    RandomWinner,
    Sold,
    Trembling,
    Vickrey,
)
from catallax.language.reasoning._bandit import Bandit
from catallax.language.reasoning._bid_rule import ABSTAIN, AbstractBidRule, Features, Outcome, Quote, kind_and_author
from catallax.language.reasoning._economy_of_minds import (
    EconomyBirths,
    NoviceBid,
    OutbiddingNovice,
    economy_of_minds,
    holland,
)
from catallax.language.reasoning._episode import Ending, Episode, Round
from catallax.language.reasoning._exp3 import EXP3
from catallax.language.reasoning._fixed import FixedBid
from catallax.language.reasoning._gym import gym_tasks
from catallax.language.reasoning._market import ReasoningMarket
from catallax.language.reasoning._metrics import Summary, summarise
from catallax.language.reasoning._mutation import ModelMutation, ProgramMutation, PromptMutation
from catallax.language.reasoning._payout import AbstractPayout, CentredPathShare, LastOwner, PathShare
from catallax.language.reasoning._population import (
    AbstractBirths,
    AbstractDepartures,
    AbstractMutation,
    Bankruptcy,
    PeriodicBirths,
    Society,
)
from catallax.language.reasoning._replay import removal_credit, replay, rounds_again
from catallax.language.reasoning._self_reported import SelfReported
from catallax.language.reasoning._thinker import (
    ANSWER,
    AbstractThinker,
    ProgramThinker,
    PromptedThinker,
    ToolThinker,
)
from catallax.language.reasoning._thought import Act, Question, Task, Thought, View
from catallax.language.reasoning._value_regression import ValueRegression
from catallax.language.reasoning._wealth_share import WealthShare

__all__ = [
    "ABSTAIN",
    "ANSWER",
    "AbstractBidRule",
    "AbstractBirths",
    "AbstractDepartures",
    "AbstractMutation",
    "AbstractPayout",
    "AbstractStateAuction",
    "AbstractThinker",
    "Act",
    "Bandit",
    "Bankruptcy",
    "Bid",
    "CentredPathShare",
    "CreditConservingVickrey",
    "EXP3",
    "EconomyBirths",
    "Ending",
    "Episode",
    "Features",
    "FirstPrice",
    "FixedBid",
    "LastOwner",
    "ModelMutation",
    "NoviceBid",
    "OutbiddingNovice",
    "Outcome",
    "PathShare",
    "PeriodicBirths",
    "ProgramMutation",
    "ProgramThinker",
    "PromptMutation",
    "PromptedThinker",
    "Question",
    "Quote",
    "RandomWinner",
    "ReasoningMarket",
    "Round",
    "SelfReported",
    "Society",
    "Sold",
    "Summary",
    "Task",
    "Thought",
    "ToolThinker",
    "Trembling",
    "ValueRegression",
    "Vickrey",
    "View",
    "WealthShare",
    "economy_of_minds",
    "gym_tasks",
    "holland",
    "kind_and_author",
    "removal_credit",
    "replay",
    "rounds_again",
    "summarise",
]
