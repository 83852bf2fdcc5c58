"""catallax: market-based agents in JAX."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from catallax import (
    agents,
    auctions,
    classics,
    core,
    envs,
    equilibria,
    forecasting,
    induction,
    lab,
    language,
    levies,
    markets,
)
from catallax.core import Cohort, check_agent, check_auction, check_env, check_levy
from catallax.envs import planning
from catallax.equilibria import valuations
from catallax.lab import evaluate, train
from catallax.markets import DeepMarket, WideMarket, production

if TYPE_CHECKING:
    from catallax import adapters, exchange, view

_ON_USE = ("adapters", "exchange", "view")
"""Rooms that need an extra; imported when first asked for."""

__all__ = [
    "Cohort",
    "DeepMarket",
    "WideMarket",
    "adapters",
    "agents",
    "auctions",
    "check_agent",
    "check_auction",
    "check_env",
    "check_levy",
    "classics",
    "core",
    "envs",
    "equilibria",
    "evaluate",
    "exchange",
    "forecasting",
    "induction",
    "lab",
    "language",
    "levies",
    "markets",
    "planning",
    "production",
    "train",
    "valuations",
    "view",
]


def __getattr__(name: str) -> Any:
    if name in _ON_USE:
        return import_module(f"catallax.{name}")
    raise AttributeError(f"module 'catallax' has no attribute {name!r}")
