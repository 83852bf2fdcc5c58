"""A predictor and corrector step, the same for every interior-point method of this room."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

Point = Any
"""Primal and dual variables, or a direction: each method's own NamedTuple."""
Toward = Callable[[Mapping[str, Array]], Point]
"""Solves the Newton system: from what each dual variable's multiplier shall be, products over it, to a direction."""


class Pair(NamedTuple):
    """Names of a dual variable and its multiplier, both above 0."""

    dual: str
    primal: str
    product: Float[Array, ...] | None = None
    """What their product must be; without it, what the barrier says, and 0 in the end."""
    sizes: tuple[Any, Any] = (1.0, 1.0)
    """Of both where they are not 0: what tells which of them is."""


def whole(primal: Array, dual: Array) -> Array | float:
    """Part of the second-order change that is corrected: all of it, also where the guess goes a short way only."""
    return 1.0


def as_far_as_guessed(primal: Array, dual: Array) -> Array:
    """The second-order change on the way that the guess goes: where the problem is not convex, all of it may lead nowhere."""
    return primal * dual


def mehrotra(
    at: Point,
    pairs: Sequence[Pair],
    toward: Toward,
    off: Array | float = 0.0,
    corrected: Callable[[Array, Array], Array | float] = whole,
) -> tuple[Point, Array, Array]:
    """A direction, and how far primal and dual variables may go.

    Args:
        at: a point inside.
        pairs: of its variables.
        toward: solves the Newton system at the point.
        off: what is out of balance, in units of the products; the barrier waits for it.
        corrected: from the lengths of the guess to the part of its second-order change that is corrected.

    Source: Mehrotra (1992).
    """
    open_ = [pair for pair in pairs if pair.product is None]

    def aims(barrier: Array, guess: Point | None = None, part: Array | float = 0.0) -> dict[str, Array]:
        """Multipliers at the barrier; from a guess, less a part of what products change by in second order on the way there."""
        found = {}
        for dual, primal, product, _ in pairs:
            target = barrier if product is None else product
            if guess is not None:
                target = target - part * getattr(guess, dual) * getattr(guess, primal)
            found[dual] = target * (1 / getattr(at, dual))
        return found

    guess = toward(aims(jnp.zeros(())))
    primal, dual = lengths(at, guess, pairs, 1.0)
    now, then = total(at, pairs), total(moved(at, guess, pairs, primal, dual), pairs)
    count = sum(getattr(at, pair.dual).size for pair in open_)
    barrier = jnp.clip((then / now) ** 3, jnp.clip(off / now, 1e-8, 0.5), 1) * now / count
    step = toward(aims(barrier, guess, corrected(primal, dual)))
    primal, dual = lengths(at, step, pairs, 0.99)

    def centred(_: Any) -> tuple[Point, Array, Array]:
        """Away from the boundary."""
        step = toward(aims(0.5 * now / count))
        return step, *lengths(at, step, pairs, 0.99)

    short = jnp.minimum(primal, dual) < 0.1
    return jax.lax.cond(short, centred, lambda found: found, (step, primal, dual))


def total(at: Point, pairs: Sequence[Pair]) -> Array:
    """Sum of the products that must become 0."""
    products = [getattr(at, pair.dual) * getattr(at, pair.primal) for pair in pairs if pair.product is None]
    return sum((jnp.sum(product) for product in alike(jnp.add, products)), jnp.zeros(()))


def alike(combine: Callable[[Array, Array], Array], arrays: Sequence[Array]) -> list[Array]:
    """Arrays of the same shape combined into one: a reduction to a number costs more than what it adds up where arrays are small."""
    found: dict[tuple[int, ...], Array] = {}
    for array in arrays:
        found[array.shape] = combine(found[array.shape], array) if array.shape in found else array
    return list(found.values())


def search(
    begin: Point, advance: Callable[[Point], Point], gap: Callable[[Point], Array], tol: Array | float, steps: int
) -> tuple[Point, Array]:
    """Iterate until the gap is small or rounding spoils the point: the best point, and the number of iterations."""

    def unsolved(carry: tuple[Point, Array, Point, Array, Array]) -> Array:
        _, best, _, last, count = carry
        return (best > tol) & jnp.isfinite(last) & (count < steps)

    def iterate(carry: tuple[Point, Array, Point, Array, Array]) -> tuple[Point, Array, Point, Array, Array]:
        best, least, point, _, count = carry
        point = advance(point)
        now = gap(point)
        better = now < least
        best = jax.tree.map(lambda new, old: jnp.where(better, new, old), point, best)
        return best, jnp.where(better, now, least), point, now, count + 1

    first = gap(begin)
    best, _, _, _, iterations = jax.lax.while_loop(unsolved, iterate, (begin, first, begin, first, jnp.asarray(0)))
    return best, iterations


def ridge(size: int) -> Float[Array, "goods goods"]:
    """Added to a system scaled to a diagonal of about 1, so that a price which nothing pins down stays put."""
    here = jnp.eye(size)
    return here * jnp.finfo(here.dtype).eps ** 0.75


def sharpened(at: Point, pairs: Sequence[Pair]) -> Point:
    """The point with the smaller of each pair all but 0.

    Not 0 and not what it is: the ratios of a pair enter the Newton system, and digits are lost where they are huge.
    """
    changed = {}
    for dual, primal, product, (large, much) in pairs:
        if product is None:
            one, other = getattr(at, dual), getattr(at, primal)
            bound = other / much > one / large
            changed |= {dual: jnp.where(bound, 1e-8 * large, one), primal: jnp.where(bound, other, 1e-12 * much)}
    return at._replace(**changed)


def implicit(at: Point, pairs: Sequence[Pair], system: Callable[[Point], Toward]) -> Point:
    """The point, with the derivatives of the exact solution.

    One more Newton step that leaves the products of pairs as they are would change nothing: what it reads is solved. Its
    derivatives are those of the implicit function theorem, `-J^-1 dF`.

    Args:
        at: a solution, without derivatives.
        pairs: of its variables.
        system: the Newton system at a point, of the problem with derivatives.
    """
    near = jax.lax.stop_gradient(sharpened(at, pairs))
    aims = {
        dual: getattr(near, primal) if product is None else product / getattr(near, dual)
        for dual, primal, product, _ in pairs
    }
    step = system(near)(aims)
    return jax.tree.map(lambda here, change: here + slopes_alone(change), at, step)


@jax.custom_jvp
def slopes_alone(x: Array) -> Array:
    """0, with the derivatives of `x`; where nobody asks for them `x` is not computed, and cannot spoil anything."""
    return jnp.zeros_like(x)


slopes_alone.defjvp(lambda primals, tangents: (jnp.zeros_like(primals[0]), tangents[0]))


def lengths(at: Point, step: Point, pairs: Sequence[Pair], share: float) -> tuple[Array, Array]:
    """How far multipliers and dual variables may go on their way to 0, at most 1."""

    def far(names: list[str]) -> Array:
        shares = [-getattr(step, name) * (1 / getattr(at, name)) for name in names]
        steepest = jnp.max(jnp.stack([jnp.max(each) for each in alike(jnp.maximum, shares)]))
        return jnp.minimum(share / jnp.maximum(steepest, jnp.finfo(steepest.dtype).tiny), 1)

    return far([pair.primal for pair in pairs]), far([pair.dual for pair in pairs])


def moved(at: Point, step: Point, pairs: Sequence[Pair], primal: Array, dual: Array) -> Point:
    """The point after a step; what is in no pair goes with the dual variables."""
    multipliers = {pair.primal for pair in pairs}
    return at._replace(
        **{
            name: old + (primal if name in multipliers else dual) * getattr(step, name)
            for name, old in at._asdict().items()
        }
    )
