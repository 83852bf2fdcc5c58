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
FINE, COARSE = 1e-9, 1e-4
"""How near a height must be met: where numbers are fine enough, and where they are coarsest."""


def crossing(past: Callable[[Array], Any], low: Any, high: Any) -> Array:
    """The place between two ends from which on something holds, by halving."""

    def halve(_: Any, ends: tuple[Array, Array]) -> tuple[Array, Array]:
        middle = (ends[0] + ends[1]) / 2
        there = past(middle)
        return jnp.where(there, ends[0], middle), jnp.where(there, middle, ends[1])

    low, high = jax.lax.fori_loop(0, HALVINGS, halve, (low, high))
    return (low + high) / 2


def reached(rising: Callable[[Array], Any], height: Any, scale: Any, size: Any = 0.0) -> Array:
    """The `x` with `rising(x) = height`; NaN where the function never gets there.

    Both sides are doubled from `scale` until they hold the height between them, and halved from there. A value that is not a number
    counts as beyond the end of the function's range. Reached is what differs by no more than `tolerance`.

    Args:
        rising: never falls.
        height: what it shall be.
        scale: a step that changes it, above 0.
        size: of the numbers that the function is a difference of, and so loses digits of.
    """
    here = rising(jnp.zeros_like(scale))
    up = here < height

    def beyond(x: Array) -> Array:
        """Whether x is at or past the place, seen from 0."""
        value = rising(jnp.where(up, x, -x))
        return jnp.where(up, ~(value < height), ~(value > height))

    far = jax.lax.fori_loop(0, DOUBLINGS, lambda _, far: jnp.where(beyond(far), far, 2 * far), scale)
    distance = crossing(beyond, jnp.zeros_like(scale), far)
    place = jnp.where(up, distance, -distance)
    place = jnp.where(here == height, 0.0, place)
    value = rising(place)
    return jnp.where(jnp.abs(value - height) <= tolerance(height, size), place, jnp.nan)


def tolerance(height: Any, size: Any = 0.0) -> Array:
    """How far from a height counts as there: 1e-9 of it in double precision, or what the digits allow where that is more, at most 1e-4.

    Args:
        height: of the function.
        size: of the numbers that it is a difference of.
    """
    whole = 1 + jnp.abs(jnp.asarray(height, float))
    digits = 1024 * jnp.finfo(whole.dtype).eps
    return jnp.clip(digits * (whole + size), FINE * whole, COARSE * whole)
