"""Bridges to other frameworks, both ways; the only room that imports them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from catallax.adapters._gymnasium import FromGymnasium, HostWorld
from catallax.adapters._gymnasium_policy import evaluate_gymnasium
from catallax.adapters._gymnax import FromGymnax
from catallax.adapters._litellm import LiteLLM
from catallax.adapters._local_model import LocalModel
from catallax.adapters._networkx import from_networkx, to_networkx
from catallax.adapters._numbered import numbered
from catallax.adapters._pool import HostError
from catallax.adapters._pydantic_ai import PydanticAI
from catallax.adapters._spaces import from_space, to_space
from catallax.adapters._stable_baselines import DQN_CARTPOLE, PPO_CARTPOLE, Curve, train_dqn, train_ppo
from catallax.adapters._torch import from_torch, to_torch

if TYPE_CHECKING:
    from catallax.adapters._market_network_classifier import MarketNetworkClassifier as MarketNetworkClassifier
    from catallax.adapters._to_gymnasium import ToGymnasium as ToGymnasium
    from catallax.adapters._xcs_classifier import XCSClassifier as XCSClassifier

__all__ = [
    "Curve",
    "DQN_CARTPOLE",
    "FromGymnasium",
    "FromGymnax",
    "HostError",
    "HostWorld",
    "LiteLLM",
    "LocalModel",
    "PPO_CARTPOLE",
    "PydanticAI",
    "ToGymnasium",
    "evaluate_gymnasium",
    "from_networkx",
    "from_space",
    "from_torch",
    "to_networkx",
    "numbered",
    "to_space",
    "to_torch",
    "train_dqn",
    "train_ppo",
]


_DERIVED = {
    "MarketNetworkClassifier": "_market_network_classifier",
    "ToGymnasium": "_to_gymnasium",
    "XCSClassifier": "_xcs_classifier",
}
"""They derive from classes of scikit-learn and Gymnasium, which need extras of their own."""
_MODULES = ("openrlhf", "trl", "verifiers")
"""Market feedback for trainers, one module each."""


def __getattr__(name: str) -> Any:
    if name in _DERIVED:
        return getattr(import_module(f"catallax.adapters.{_DERIVED[name]}"), name)
    if name in _MODULES:
        return import_module(f"catallax.adapters.{name}")
    raise AttributeError(f"module 'catallax.adapters' has no attribute {name!r}")
