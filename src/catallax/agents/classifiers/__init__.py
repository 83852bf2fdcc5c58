"""The parts of classifier systems: macro-classifiers in fixed rows, and what happens to them."""

from catallax.agents.classifiers._accuracy import AbstractAccuracy, Exponential, PowerLaw
from catallax.agents.classifiers._compaction import compact
from catallax.agents.classifiers._covering import Covering
from catallax.agents.classifiers._deletion import Deletion
from catallax.agents.classifiers._draw import draw
from catallax.agents.classifiers._genetic import Chances, Genetic
from catallax.agents.classifiers._prediction import members, prediction_array
from catallax.agents.classifiers._readable import rule_table
from catallax.agents.classifiers._rows import Classifiers, newborn
from catallax.agents.classifiers._selection import AbstractSelection, Roulette, Tournament
from catallax.agents.classifiers._subsumption import AbstractSubsumption, GASubsumption, NoSubsumption, Subsumption
from catallax.agents.classifiers._update import Update

__all__ = [
    "AbstractAccuracy",
    "AbstractSelection",
    "AbstractSubsumption",
    "Chances",
    "Classifiers",
    "Covering",
    "Deletion",
    "Exponential",
    "GASubsumption",
    "Genetic",
    "NoSubsumption",
    "PowerLaw",
    "Roulette",
    "Subsumption",
    "Tournament",
    "Update",
    "compact",
    "draw",
    "members",
    "newborn",
    "prediction_array",
    "rule_table",
]
