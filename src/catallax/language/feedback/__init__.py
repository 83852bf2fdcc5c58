"""Learning from market feedback: a completion is an offer, and its reward is what its informer's wealth gains by it."""

from catallax.language.feedback._designs import AbstractDesign, Counterfactual, Feedback, Joint
from catallax.language.feedback._preferences import average, borda, bradley_terry, choices, maximal_lottery
from catallax.language.feedback._proposals import AbstractReader, JsonReader, MalformedError, Proposal, WordReader
from catallax.language.feedback._settlements import AbstractSettlement, Audited, Royalty, Trusting
from catallax.language.feedback._stall import Arena, Sale, Stall

__all__ = [
    "AbstractDesign",
    "AbstractReader",
    "AbstractSettlement",
    "Arena",
    "Audited",
    "Counterfactual",
    "Feedback",
    "Joint",
    "JsonReader",
    "MalformedError",
    "Proposal",
    "Royalty",
    "Sale",
    "Stall",
    "Trusting",
    "WordReader",
    "average",
    "borda",
    "bradley_terry",
    "choices",
    "maximal_lottery",
]
