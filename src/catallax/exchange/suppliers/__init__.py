"""Agents and models of `catallax.language` at work at an exchange."""

from catallax.exchange.suppliers._informing import Informing
from catallax.exchange.suppliers._model import ModelSupplier
from catallax.exchange.suppliers._reasoning import ReasoningSupplier

__all__ = ["Informing", "ModelSupplier", "ReasoningSupplier"]
