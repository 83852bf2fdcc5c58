"""The parts of classifier systems: macro-classifiers in fixed rows, and what happens to them."""

from catallax.agents.classifiers._accuracy import AbstractAccuracy, Exponential, PowerLaw
from catallax.agents.classifiers._compaction import compact
from catallax.agents.classifiers._covering import Covering
from catallax.agents.classifiers._crowding import CrowdingGenetic, Generation
from catallax.agents.classifiers._deletion import Deletion
from catallax.agents.classifiers._draw import draw
from catallax.agents.classifiers._genetic import Chances, Genetic
from catallax.agents.classifiers._messages import MessageRules, Messages, message_table
from catallax.agents.classifiers._panmictic import BirthChances, Born, PanmicticGenetic
from catallax.agents.classifiers._prediction import members, prediction_array
from catallax.agents.classifiers._readable import rule_table, strength_table
from catallax.agents.classifiers._rows import Classifiers, newborn
from catallax.agents.classifiers._selection import AbstractSelection, Roulette, Tournament
from catallax.agents.classifiers._strength_covering import CoverChances, Covered, StrengthCovering
from catallax.agents.classifiers._strong import StrengthRules
from catallax.agents.classifiers._subsumption import AbstractSubsumption, GASubsumption, NoSubsumption, Subsumption
from catallax.agents.classifiers._update import Update
from catallax.agents.classifiers._wiring import AbstractWiring, Free, Reflexes

__all__ = [
    "AbstractAccuracy",
    "AbstractSelection",
    "AbstractSubsumption",
    "AbstractWiring",
    "BirthChances",
    "Born",
    "Chances",
    "Classifiers",
    "CoverChances",
    "Covered",
    "Covering",
    "CrowdingGenetic",
    "Deletion",
    "Exponential",
    "Free",
    "GASubsumption",
    "Generation",
    "Genetic",
    "MessageRules",
    "Messages",
    "NoSubsumption",
    "PanmicticGenetic",
    "PowerLaw",
    "Reflexes",
    "Roulette",
    "StrengthCovering",
    "StrengthRules",
    "Subsumption",
    "Tournament",
    "Update",
    "compact",
    "draw",
    "members",
    "message_table",
    "newborn",
    "prediction_array",
    "rule_table",
    "strength_table",
]
