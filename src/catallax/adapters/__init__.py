"""Bridges to other frameworks, both ways; the only room that imports them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from catallax.adapters._gymnasium import FromGymnasium, HostWorld
from catallax.adapters._gymnasium_policy import evaluate_gymnasium
from catallax.adapters._gymnax import FromGymnax
from catallax.adapters._pool import HostError
from catallax.adapters._spaces import from_space, to_space
from catallax.adapters._stable_baselines import DQN_CARTPOLE, PPO_CARTPOLE, Curve, train_dqn, train_ppo
from catallax.adapters._to_gymnasium import ToGymnasium

if TYPE_CHECKING:
    from catallax.adapters._xcs_classifier import XCSClassifier as XCSClassifier

__all__ = [
    "Curve",
    "DQN_CARTPOLE",
    "FromGymnasium",
    "FromGymnax",
    "HostError",
    "HostWorld",
    "PPO_CARTPOLE",
    "ToGymnasium",
    "evaluate_gymnasium",
    "from_space",
    "to_space",
    "train_dqn",
    "train_ppo",
]


def __getattr__(name: str) -> Any:
    if name == "XCSClassifier":  # derives from scikit-learn's classes, which need an extra of their own
        return import_module("catallax.adapters._xcs_classifier").XCSClassifier
    raise AttributeError(f"module 'catallax.adapters' has no attribute {name!r}")
