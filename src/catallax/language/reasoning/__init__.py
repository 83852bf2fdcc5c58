"""Markets of messages: who may append is decided by bids, and the reward flows back along the payments."""

from catallax.language.reasoning._bid_rule import AbstractBidRule, Outcome, Quote
from catallax.language.reasoning._commission import AbstractAssistant, Commission, Private
from catallax.language.reasoning._fixed import FixedBid
from catallax.language.reasoning._goods import Draft, Holding, Listing, Mishap, Reading, Work
from catallax.language.reasoning._licence import (
    AbstractLicence,
    Ascending,
    Exclusive,
    Licence,
    LicenceBid,
    PayPerReader,
)
from catallax.language.reasoning._rank import AbstractRank, CalibratedBid, LastBid
from catallax.language.reasoning._reader import AbstractReader, ProgramReader, ThinkerReader
from catallax.language.reasoning._settlement import AbstractSettlement, EscrowUntilRelease, Purchase, SaleFinal
from catallax.language.reasoning._supply_chain import Delivery, FinalOffer, SupplyChain
from catallax.language.reasoning._thinker import AbstractThinker, ProgramThinker, PromptedThinker
from catallax.language.reasoning._thought import Question, Task, Thought
from catallax.language.reasoning._value_regression import ValueRegression
from catallax.language.reasoning._wide import Search, WideMarket

__all__ = [
    "AbstractAssistant",
    "AbstractBidRule",
    "AbstractLicence",
    "AbstractRank",
    "AbstractReader",
    "AbstractSettlement",
    "AbstractThinker",
    "Ascending",
    "CalibratedBid",
    "Commission",
    "Delivery",
    "Draft",
    "EscrowUntilRelease",
    "Exclusive",
    "FinalOffer",
    "FixedBid",
    "Holding",
    "LastBid",
    "Licence",
    "LicenceBid",
    "Listing",
    "Mishap",
    "Outcome",
    "PayPerReader",
    "Private",
    "ProgramReader",
    "ProgramThinker",
    "PromptedThinker",
    "Purchase",
    "Question",
    "Quote",
    "Reading",
    "SaleFinal",
    "Search",
    "SupplyChain",
    "Task",
    "ThinkerReader",
    "Thought",
    "ValueRegression",
    "WideMarket",
    "Work",
]
