"""Exact finite worlds: what information is worth, and what each way to buy it makes of it, by enumeration."""

from catallax.language.worlds import marginal_value
from catallax.language.worlds._decision import AbstractDecision, Actions, LogScore
from catallax.language.worlds._examples import fact_check, legume, random_world, rebuttal, reports
from catallax.language.worlds._passages import Passage, passages, random_shelf
from catallax.language.worlds._plan import Offers, Plan, Played
from catallax.language.worlds._protocols import (
    Protocol,
    Recall,
    everything,
    ex_ante,
    nearest,
    none,
    one_level,
    recursive,
    selection_aware,
    successive,
)
from catallax.language.worlds._sight import Sight
from catallax.language.worlds._walk import walked
from catallax.language.worlds._world import Contents, World

__all__ = [
    "AbstractDecision",
    "Actions",
    "Contents",
    "LogScore",
    "Offers",
    "Passage",
    "Plan",
    "Played",
    "Protocol",
    "Recall",
    "Sight",
    "World",
    "ex_ante",
    "everything",
    "fact_check",
    "legume",
    "marginal_value",
    "nearest",
    "none",
    "one_level",
    "passages",
    "random_shelf",
    "random_world",
    "rebuttal",
    "recursive",
    "reports",
    "selection_aware",
    "successive",
    "walked",
]
