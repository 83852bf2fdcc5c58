"""Halving."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array

from catallax.forecasting._mechanism import Numbers

HALVINGS = 52
"""To double precision."""


def bisect(below: Callable[[Any], Any], low: Numbers, high: Numbers) -> Any:
    """The place up to which `below` is true, for each entry on its own."""

    def halve(_: Array, ends: tuple[Array, Array]) -> tuple[Array, Array]:
        middle = (ends[0] + ends[1]) / 2
        under = below(middle)
        return jnp.where(under, middle, ends[0]), jnp.where(under, ends[1], middle)

    ends = jax.lax.fori_loop(0, HALVINGS, halve, (low, high))
    return (ends[0] + ends[1]) / 2
