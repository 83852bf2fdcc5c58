"""Markets whose goods are messages: attention, information bazaars, reasoning markets."""

from catallax.language import models, reasoning
from catallax.language.reasoning import ReasoningMarket

__all__ = ["ReasoningMarket", "models", "reasoning"]
