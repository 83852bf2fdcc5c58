"""Languages that agents are written in: drawn at random, mutated, read."""

from catallax.agents.languages._language import AbstractLanguage
from catallax.agents.languages._rules import Rules

__all__ = ["AbstractLanguage", "Rules"]
