"""Checks of settings that entry, exit and consumers share; traced values are trusted."""

from __future__ import annotations

from typing import Any


def at_least(part: str, least: int, **settings: Any) -> None:
    """Every setting must reach `least`; NaN does not."""
    for name, value in settings.items():
        if isinstance(value, float | int) and not value >= least:
            raise ValueError(f"{part}: {name} must be at least {least}, got {value}.")


def share(part: str, **settings: Any) -> None:
    """Every setting must lie in [0, 1]."""
    for name, value in settings.items():
        if isinstance(value, float | int) and not 0 <= value <= 1:
            raise ValueError(f"{part}: {name} must lie in [0, 1], got {value}.")
