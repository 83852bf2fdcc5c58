"""Markets whose goods are messages: attention, information bazaars, reasoning markets."""

from catallax.language import attacks, attention, bazaar, feedback, models, oversight, reasoning, worlds
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
    "attacks",
    "attention",
    "bazaar",
    "feedback",
    "models",
    "oversight",
    "program_informer",
    "reasoning",
    "worlds",
]
