"""The information bazaar: information that is inspected, forgotten unless bought, and paid for."""

from catallax.language.bazaar._appraisers import AbstractAppraiser
from catallax.language.bazaar._bayesian import Bayesian, SelectionAware
from catallax.language.bazaar._bazaar import Bazaar, Buyer
from catallax.language.bazaar._contractors import (
    AbstractContractor,
    AbstractDecider,
    Case,
    Contractor,
    Decider,
    Level,
)
from catallax.language.bazaar._goals import Answer, Brief, Buy, Choose, Forecast, Goal, Good, Write
from catallax.language.bazaar._informers import AbstractInformer, Informer, SealedInformer
from catallax.language.bazaar._language_model import LanguageModelContractor, LanguageModelDecider
from catallax.language.bazaar._learning import LearningInformer
from catallax.language.bazaar._limits import Limits
from catallax.language.bazaar._marginal_value import MarginalValueMarket
from catallax.language.bazaar._offers import (
    Inspection,
    InspectionError,
    Offer,
    Opened,
    Outcome,
    Reason,
    Receipt,
    Seen,
    Verdict,
    View,
)
from catallax.language.bazaar._parts import (
    AbstractCost,
    AbstractSurplus,
    BurnSurplus,
    FlatCost,
    ReturnIfUnbought,
    ToBuyer,
    TokenCost,
)
from catallax.language.bazaar._planned import Planned
from catallax.language.bazaar._rebutter import Rebutter
from catallax.language.bazaar._register import NoRegister, Register
from catallax.language.bazaar._result import Result, Rounds, Silence, Slip
from catallax.language.bazaar._sealed import Exhibit, Sealed, enclave, opened
from catallax.language.bazaar._stripped import plain, stripped
from catallax.language.bazaar._world_informer import WorldInformer, program_informer

__all__ = [
    "AbstractAppraiser",
    "AbstractContractor",
    "AbstractCost",
    "AbstractDecider",
    "AbstractInformer",
    "AbstractSurplus",
    "Answer",
    "Bayesian",
    "Bazaar",
    "Brief",
    "BurnSurplus",
    "Buy",
    "Buyer",
    "Case",
    "Choose",
    "Contractor",
    "Decider",
    "Exhibit",
    "FlatCost",
    "Forecast",
    "Goal",
    "Good",
    "Informer",
    "Inspection",
    "InspectionError",
    "LanguageModelContractor",
    "LanguageModelDecider",
    "LearningInformer",
    "Level",
    "Limits",
    "MarginalValueMarket",
    "NoRegister",
    "Offer",
    "Opened",
    "Outcome",
    "Planned",
    "Reason",
    "Receipt",
    "Rebutter",
    "Register",
    "Result",
    "ReturnIfUnbought",
    "Rounds",
    "Sealed",
    "SealedInformer",
    "Seen",
    "SelectionAware",
    "Silence",
    "Slip",
    "ToBuyer",
    "TokenCost",
    "Verdict",
    "View",
    "WorldInformer",
    "Write",
    "enclave",
    "opened",
    "plain",
    "program_informer",
    "stripped",
]
