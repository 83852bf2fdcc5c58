"""Markets of messages: who may append is decided by bids, and the reward flows back along the payments."""

from catallax.language.reasoning._goods import Draft, Holding, Listing, Mishap, Reading, Work
from catallax.language.reasoning._licence import (
    AbstractLicence,
    Ascending,
    Exclusive,
    Licence,
    LicenceBid,
    PayPerReader,
)
from catallax.language.reasoning._reader import AbstractReader
from catallax.language.reasoning._thought import Thought
from catallax.language.reasoning._wide import Problem, Search, WideMarket

__all__ = [
    "AbstractLicence",
    "AbstractReader",
    "Ascending",
    "Draft",
    "Exclusive",
    "Holding",
    "Licence",
    "LicenceBid",
    "Listing",
    "Mishap",
    "PayPerReader",
    "Problem",
    "Reading",
    "Search",
    "Thought",
    "WideMarket",
    "Work",
]
