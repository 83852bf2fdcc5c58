"""A predictor and corrector step, the same for every interior-point method of this room."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar

import jax.numpy as jnp
from jaxtyping import Array, Float

Point = TypeVar("Point", bound=NamedTuple)
"""Primal and dual variables, or a direction."""
Toward = Callable[[Mapping[str, Array]], Point]
"""Solves the Newton system: from the right sides by dual variable, each divided by it, to a direction."""


class Pair(NamedTuple):
    """Names of a dual variable and its multiplier, both above 0."""

    dual: str
    primal: str
    product: Float[Array, ...] | None = None
    """What their product must be; without it, what the barrier says, and 0 in the end."""


def mehrotra(at: Point, pairs: Sequence[Pair], toward: Toward, off: Array | float = 0.0) -> tuple[Point, Array, Array]:
    """A direction, and how far primal and dual variables may go.

    Args:
        at: a point inside.
        pairs: of its variables.
        toward: solves the Newton system at the point.
        off: what is out of balance, in units of the products; the barrier waits for it.

    Source: Mehrotra (1992).
    """
    open_ = [pair for pair in pairs if pair.product is None]

    def total(point: Point) -> Array:
        return sum((jnp.sum(getattr(point, pair.dual) * getattr(point, pair.primal)) for pair in open_), jnp.zeros(()))

    def right(barrier: Array, bend: Array | None, guess: Point) -> dict[str, Array]:
        sides = {}
        for dual, primal, product in pairs:
            target = barrier if product is None else product
            if bend is not None:
                target = target - bend * getattr(guess, dual) * getattr(guess, primal)
            sides[dual] = target / getattr(at, dual) - getattr(at, primal)
        return sides

    guess = toward(right(jnp.zeros(()), None, at))
    primal, dual = lengths(at, guess, pairs, 1.0)
    now, then = total(at), total(moved(at, guess, pairs, primal, dual))
    count = sum(getattr(at, pair.dual).size for pair in open_)
    barrier = jnp.clip((then / now) ** 3, jnp.clip(off / now, 1e-8, 0.5), 1) * now / count
    step = toward(right(barrier, primal * dual, guess))
    return step, *lengths(at, step, pairs, 0.99)


def lengths(at: Point, step: Point, pairs: Sequence[Pair], share: float) -> tuple[Array, Array]:
    """How far multipliers and dual variables may go on their way to 0, at most 1."""

    def far(names: list[str]) -> Array:
        steepest = jnp.max(jnp.stack([jnp.max(-getattr(step, name) / getattr(at, name)) for name in names]))
        return jnp.minimum(share / jnp.maximum(steepest, jnp.finfo(steepest.dtype).tiny), 1)

    return far([pair.primal for pair in pairs]), far([pair.dual for pair in pairs])


def moved(at: Point, step: Point, pairs: Sequence[Pair], primal: Array, dual: Array) -> Point:
    """The point after a step; what is in no pair goes with the dual variables."""
    multipliers = {pair.primal for pair in pairs}
    names = at._fields
    return type(at)(*(getattr(at, n) + (primal if n in multipliers else dual) * getattr(step, n) for n in names))
