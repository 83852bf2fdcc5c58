"""Points of a sweep and what came of them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, SupportsFloat

import jax
import numpy as np


@dataclass(frozen=True)
class Point:
    """One setting and one seed."""

    index: int
    """Its place in the sweep."""
    fields: Mapping[str, Any]
    seed: int


@dataclass(frozen=True)
class Outcome:
    """What came of a point: values, or an error."""

    values: Mapping[str, SupportsFloat] = field(default_factory=dict)
    error: str = ""
    """In one line; "" when all went well."""
    trace: str = ""
    """Where the error happened."""
    seconds: float = float("nan")
    """Wall-clock; points computed together share their time evenly."""


Batch = tuple[Point, ...]
"""Points that are computed together, in one program or one call."""

OWN = ("point", "seed", "seconds", "error")
"""Columns of every table of a sweep; neither a field nor a value may take their names."""


def grid(**fields: Sequence[Any] | np.ndarray | jax.Array) -> list[dict[str, Any]]:
    """Every combination of values, lists or arrays with one axis, the last field changing fastest.

    >>> grid(rent=[0.0, 0.1], clones=[1, 2])[1]
    {'rent': 0.0, 'clones': 2}

    Raises:
        ValueError: if a field has no values, or one of them twice.
    """
    lists = {name: values.tolist() if getattr(values, "ndim", 0) == 1 else values for name, values in fields.items()}  # pyright: ignore
    for name, values in lists.items():
        if isinstance(values, str) or not isinstance(values, Sequence):
            raise ValueError(f"grid: {name}={values!r}; expected a list of values, such as [{values!r}].")
        if not values:
            raise ValueError(f"grid: {name} has no values; give at least one, or leave the field out.")
        if any(value in values[:place] for place, value in enumerate(values)):
            raise ValueError(f"grid: {name} has a value twice in {list(values)}; give each once, seeds repeat a point.")
    return [dict(zip(fields, values, strict=True)) for values in itertools.product(*lists.values())]


def points(settings: Sequence[Mapping[str, Any]], seeds: int) -> list[Point]:
    """Each setting with each seed, seeds changing fastest.

    Raises:
        ValueError: if there is nothing to do, or the settings differ in their fields, or a value is NaN.
    """
    if seeds < 1:
        raise ValueError(f"sweep: seeds={seeds}, expected at least 1.")
    if not settings:
        raise ValueError("sweep: no settings; give at least one, such as grid(rent=[0.0, 0.1]).")
    # numbers of NumPy are numbers
    plain = [{name: _plain(value) for name, value in setting.items()} for setting in settings]
    names = list(plain[0])
    for setting in plain:
        if list(setting) != names:
            raise ValueError(f"sweep: {setting} has other fields than the first setting, {', '.join(names)}.")
        for name, value in setting.items():
            if name in OWN:
                raise ValueError(
                    f"sweep: a column of the table is called {name!r} already; give the field another name."
                )
            if isinstance(value, float) and value != value:
                raise ValueError(f"sweep: {name}=nan; nothing can be measured at what is not a number.")
    pairs = itertools.product(plain, range(seeds))
    return [Point(index, setting, seed) for index, (setting, seed) in enumerate(pairs)]


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
