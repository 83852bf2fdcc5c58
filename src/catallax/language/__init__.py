"""Markets whose goods are messages: attention, information bazaars, reasoning markets."""

from catallax.language import attacks, attention, bazaar, models, worlds
from catallax.language.bazaar import Answer, Bazaar, Buyer, Choose, Forecast, Write, program_informer

__all__ = [
    "Answer",
    "Bazaar",
    "Buyer",
    "Choose",
    "Forecast",
    "Write",
    "attacks",
    "attention",
    "bazaar",
    "models",
    "program_informer",
    "worlds",
]
