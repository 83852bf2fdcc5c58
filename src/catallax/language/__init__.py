"""Markets whose goods are messages: attention, information bazaars, reasoning markets."""

from catallax.language import attention, bazaar, feedback, models, reasoning, worlds
from catallax.language.bazaar import Answer, Bazaar, Buyer, Choose, Forecast, Write, program_informer
from catallax.language.reasoning import ReasoningMarket

__all__ = [
    "Answer",
    "Bazaar",
    "Buyer",
    "Choose",
    "Forecast",
    "ReasoningMarket",
    "Write",
    "attention",
    "bazaar",
    "feedback",
    "models",
    "program_informer",
    "reasoning",
    "worlds",
]
