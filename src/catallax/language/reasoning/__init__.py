"""Markets of messages: a chain, a graph or a supply chain of thoughts whose makers buy from each other and sell on."""

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
from catallax.language.reasoning._beam import Beam, beam_search
from catallax.language.reasoning._bid_rule import ABSTAIN, AbstractBidRule, Features, Outcome, Quote, kind_and_author
from catallax.language.reasoning._bounty_share import BountyShare
from catallax.language.reasoning._commission import AbstractAssistant, Commission, Private
from catallax.language.reasoning._delivery import Delivery, FinalOffer
from catallax.language.reasoning._economy_bids import NoviceBid, OutbiddingNovice, Tycoon
from catallax.language.reasoning._economy_of_minds import EconomyBirths, economy_of_minds
from catallax.language.reasoning._episode import Ending, Episode, Round
from catallax.language.reasoning._exp3 import EXP3
from catallax.language.reasoning._fixed import FixedBid
from catallax.language.reasoning._goods import Draft, Holding, Listing, Mishap, Reading, Work
from catallax.language.reasoning._gym import gym_tasks
from catallax.language.reasoning._licence import (
    AbstractLicence,
    Ascending,
    Exclusive,
    Licence,
    LicenceBid,
    PayPerReader,
)
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
from catallax.language.reasoning._prompted_reader import PromptedReader
from catallax.language.reasoning._rank import AbstractRank, CalibratedBid, LastBid, OpeningBid
from catallax.language.reasoning._reader import AbstractReader, ProgramReader, ThinkerReader
from catallax.language.reasoning._replay import removal_credit, replay, rounds_again
from catallax.language.reasoning._search import Search
from catallax.language.reasoning._self_reported import SelfReported
from catallax.language.reasoning._settlement import AbstractSettlement, EscrowUntilRelease, Purchase, SaleFinal
from catallax.language.reasoning._supply_chain import SupplyChain
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
from catallax.language.reasoning._wide import WideMarket

__all__ = [
    "ABSTAIN",
    "ANSWER",
    "AbstractAssistant",
    "AbstractBidRule",
    "AbstractBirths",
    "AbstractDepartures",
    "AbstractLicence",
    "AbstractMutation",
    "AbstractPayout",
    "AbstractRank",
    "AbstractReader",
    "AbstractSettlement",
    "AbstractStateAuction",
    "AbstractThinker",
    "Act",
    "Ascending",
    "Bandit",
    "Bankruptcy",
    "Beam",
    "Bid",
    "BountyShare",
    "CalibratedBid",
    "CentredPathShare",
    "Commission",
    "CreditConservingVickrey",
    "Delivery",
    "Draft",
    "EXP3",
    "EconomyBirths",
    "Ending",
    "Episode",
    "EscrowUntilRelease",
    "Exclusive",
    "Features",
    "FinalOffer",
    "FirstPrice",
    "FixedBid",
    "Holding",
    "LastBid",
    "LastOwner",
    "Licence",
    "LicenceBid",
    "Listing",
    "Mishap",
    "ModelMutation",
    "NoviceBid",
    "OpeningBid",
    "OutbiddingNovice",
    "Outcome",
    "PathShare",
    "PayPerReader",
    "PeriodicBirths",
    "Private",
    "ProgramMutation",
    "ProgramReader",
    "ProgramThinker",
    "PromptMutation",
    "PromptedReader",
    "PromptedThinker",
    "Purchase",
    "Question",
    "Quote",
    "RandomWinner",
    "Reading",
    "ReasoningMarket",
    "Round",
    "SaleFinal",
    "Search",
    "SelfReported",
    "Society",
    "Sold",
    "Summary",
    "SupplyChain",
    "Task",
    "ThinkerReader",
    "Thought",
    "ToolThinker",
    "Trembling",
    "Tycoon",
    "ValueRegression",
    "Vickrey",
    "View",
    "WealthShare",
    "WideMarket",
    "Work",
    "beam_search",
    "economy_of_minds",
    "gym_tasks",
    "kind_and_author",
    "removal_credit",
    "replay",
    "rounds_again",
    "summarise",
]
