"""The parts of classifier systems: macro-classifiers in fixed rows, and what happens to them."""

from catallax.agents.classifiers._accuracy import AbstractAccuracy, Exponential, PowerLaw
from catallax.agents.classifiers._compaction import compact
from catallax.agents.classifiers._covering import Covering
from catallax.agents.classifiers._crowding import CrowdingGenetic, Generation
from catallax.agents.classifiers._deletion import Deletion
from catallax.agents.classifiers._draw import draw
from catallax.agents.classifiers._exploration import AbstractExploration, Biased, Uniform, chosen_action
from catallax.agents.classifiers._genetic import Chances, Genetic
from catallax.agents.classifiers._messages import MessageRules, Messages, message_table
from catallax.agents.classifiers._niche import AbstractNiche, ActionSet, MatchSet
from catallax.agents.classifiers._panmictic import BirthChances, Born, PanmicticGenetic
from catallax.agents.classifiers._prediction import advocated, members, prediction_array
from catallax.agents.classifiers._readable import rule_table, strength_table
from catallax.agents.classifiers._rows import Classifiers, newborn
from catallax.agents.classifiers._selection import AbstractSelection, Roulette, Tournament
from catallax.agents.classifiers._specify import AbstractSpecify, NoSpecify, SpecialChances, Specify
from catallax.agents.classifiers._strength_covering import CoverChances, Covered, StrengthCovering
from catallax.agents.classifiers._strong import StrengthRules
from catallax.agents.classifiers._subsumption import AbstractSubsumption, GASubsumption, NoSubsumption, Subsumption
from catallax.agents.classifiers._update import Update
from catallax.agents.classifiers._wiring import AbstractWiring, Free, Reflexes

__all__ = [
    "AbstractAccuracy",
    "AbstractExploration",
    "AbstractNiche",
    "AbstractSelection",
    "AbstractSpecify",
    "AbstractSubsumption",
    "AbstractWiring",
    "ActionSet",
    "Biased",
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
    "MatchSet",
    "MessageRules",
    "Messages",
    "NoSpecify",
    "NoSubsumption",
    "PanmicticGenetic",
    "PowerLaw",
    "Reflexes",
    "Roulette",
    "SpecialChances",
    "Specify",
    "StrengthCovering",
    "StrengthRules",
    "Subsumption",
    "Tournament",
    "Uniform",
    "Update",
    "advocated",
    "chosen_action",
    "compact",
    "draw",
    "members",
    "message_table",
    "newborn",
    "prediction_array",
    "rule_table",
    "strength_table",
]
