"""Attacks on the information bazaar, and what each of them gains."""

from catallax.language.attacks._attack import AWAY, AbstractAttack, Settings, Trial
from catallax.language.attacks._bait_and_switch import BaitAndSwitch
from catallax.language.attacks._bid_stuffing import BidStuffing
from catallax.language.attacks._budget_draining import BudgetDraining
from catallax.language.attacks._collusion import Cartel, Collusion
from catallax.language.attacks._injection import Injection
from catallax.language.attacks._inspection_farming import InspectionFarming
from catallax.language.attacks._leak import DecisionLeak
from catallax.language.attacks._plagiarism import Plagiarism
from catallax.language.attacks._squatting import Squatting
from catallax.language.attacks._suite import ATTACKS, LIMITS, Duel, Gain, Measured, duel, suite, table
from catallax.language.attacks._sybils import FalseNames, Sybils

__all__ = [
    "ATTACKS",
    "AWAY",
    "LIMITS",
    "AbstractAttack",
    "BaitAndSwitch",
    "BidStuffing",
    "BudgetDraining",
    "Cartel",
    "Collusion",
    "DecisionLeak",
    "Duel",
    "FalseNames",
    "Gain",
    "Injection",
    "InspectionFarming",
    "Measured",
    "Plagiarism",
    "Settings",
    "Squatting",
    "Sybils",
    "Trial",
    "duel",
    "suite",
    "table",
]
