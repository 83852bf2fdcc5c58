"""Exact finite worlds: what information is worth, and what each way to buy it makes of it, by enumeration."""

from catallax.language.worlds._decision import AbstractDecision, Actions, LogScore
from catallax.language.worlds._examples import fact_check, legume, random_world
from catallax.language.worlds._world import Contents, World

__all__ = [
    "AbstractDecision",
    "Actions",
    "Contents",
    "LogScore",
    "World",
    "fact_check",
    "legume",
    "random_world",
]
