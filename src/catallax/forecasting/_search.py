"""Where a rising function reaches a height, in a fixed number of steps so that it maps and compiles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array

DOUBLINGS = 60
HALVINGS = 64
"""To double precision, also where the place is far nearer to 0 than the ends."""


def crossing(past: Callable[[Array], Any], low: Any, high: Any) -> Array:
    """The place between two ends from which on something holds, by halving."""

    def halve(_: Any, ends: tuple[Array, Array]) -> tuple[Array, Array]:
        middle = (ends[0] + ends[1]) / 2
        there = past(middle)
        return jnp.where(there, ends[0], middle), jnp.where(there, middle, ends[1])

    low, high = jax.lax.fori_loop(0, HALVINGS, halve, (low, high))
    return (low + high) / 2


def reached(rising: Callable[[Array], Any], height: Any, scale: Any) -> Array:
    """The `x` with `rising(x) = height`; NaN where the function never gets there.

    Both sides are doubled from `scale` until they hold the height between them, and halved from there. A value that is not a number
    counts as beyond the end of the function's range.

    Args:
        rising: never falls.
        height: what it shall be.
        scale: a step that changes it, above 0.
    """
    up = rising(jnp.zeros_like(scale)) < height

    def beyond(x: Array) -> Array:
        """Whether x is at or past the place, seen from 0."""
        value = rising(jnp.where(up, x, -x))
        return jnp.where(up, ~(value < height), ~(value > height))

    far = jax.lax.fori_loop(0, DOUBLINGS, lambda _, far: jnp.where(beyond(far), far, 2 * far), scale)
    distance = crossing(beyond, jnp.zeros_like(scale), far)
    place = jnp.where(up, distance, -distance)
    place = jnp.where(rising(jnp.zeros_like(scale)) == height, 0.0, place)
    value = rising(place)
    return jnp.where(jnp.abs(value - height) <= 1e-4 * (1 + jnp.abs(height)), place, jnp.nan)
