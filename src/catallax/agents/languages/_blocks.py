"""Words about stacks of coloured blocks, and what they mean on a board."""

from __future__ import annotations

from functools import partial, reduce
from operator import or_
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, Int8

from catallax.agents.languages._prefix import PAD, Grammar, Primitive

LARGEST = 9_999
"""Integers of the language stay within ± this, so that no product of two overflows."""


class Board(NamedTuple):
    """Four stacks and a hand; whatever has these fields can be read."""

    stacks: Int8[Array, "4 capacity"]
    """0 empty, from 1 on colours; index 0 is the bottom, row 0 the goal."""
    heights: Int[Array, " stacks"]
    hand: Int[Array, ""]
    """Colour held, 0 for none."""
    correct: Int[Array, ""]
    """Blocks at the bottom of stack 1 that agree with the goal."""

    @classmethod
    def of(cls, obs: Any) -> Board:
        """The board of an observation."""
        return cls(obs.stacks, *(jnp.asarray(x, jnp.int32) for x in (obs.heights, obs.hand, obs.correct)))


def block_words(colours: int = 3, without: tuple[str, ...] = ("top",)) -> tuple[Primitive, ...]:
    """Integers, colours, booleans, stacks and moves.

    `look` names the block at a height counted from 0 (`none` where there is none),
    `correct` how many blocks at the bottom of stack 1 agree with the goal, `top` the
    uppermost block of a stack. `height`, `look` and `top` read any of the four stacks,
    moves go to the three that may be changed.

    Args:
        colours: how many there are.
        without: names that are left out, to see what a feature is worth.

    Raises:
        ValueError: if there is no colour, or an unknown name is left out.

    Source: the words of Hayek3 (Baum and Durdanovic, 2000) as recalled; the exact list is not known to us.
    """
    if not 1 <= colours <= 60:
        raise ValueError(f"block_words: expected 1 to 60 colours, got {colours}.")
    words = (
        *(Primitive(str(k), "integer") for k in range(4)),
        Primitive("correct", "integer"),
        Primitive("height", "integer", ("stack",)),
        *(Primitive(name, "integer", ("integer", "integer")) for name in "+-*"),
        *(Primitive(name, "colour") for name in ("none", *(f"c{k}" for k in range(1, colours + 1)), "hand")),
        Primitive("look", "colour", ("stack", "integer")),
        Primitive("top", "colour", ("stack",)),
        Primitive("true", "boolean"),
        Primitive("holding", "boolean"),
        Primitive("same", "boolean", ("colour", "colour")),
        *(Primitive(name, "boolean", ("integer", "integer")) for name in "=<"),
        Primitive("not", "boolean", ("boolean",)),
        *(Primitive(name, "boolean", ("boolean", "boolean")) for name in ("and", "or")),
        *(Primitive(str(k), "stack") for k in range(4)),
        *(Primitive(str(k), "place") for k in range(1, 4)),
        Primitive("stay", "moves"),
        *(Primitive(name, "moves", ("place",)) for name in ("grab", "drop")),
        Primitive("do", "moves", ("moves", "moves")),
        Primitive("until", "moves", ("boolean", "moves")),
        *(Primitive("if", t, ("boolean", t, t)) for t in ("integer", "colour", "stack", "place", "moves")),
    )
    unknown = set(without) - {word.name for word in words}
    if unknown:
        raise ValueError(f"block_words: cannot leave out {sorted(unknown)}, which are no words of the language.")
    return tuple(word for word in words if word.name not in without)


@partial(jax.jit, static_argnums=0)
def evaluate(
    grammar: Grammar, code: Int8[Array, " length"], board: Board
) -> tuple[Int[Array, " depth"], Int[Array, " length"]]:
    """The values of a program's trees, first tree first, and the value of the subtree at each place.

    One pass from the last place to the first: each operation takes its arguments
    from the top of a stack and puts its value there. All operations are worked out
    and one is chosen, since that maps over thousands of programs without branches.
    Booleans are 0 and 1; moves have the value 0.
    """
    depth = max(grammar.depth, 3)
    arity = jnp.asarray(grammar.arity)

    def step(stack: tuple[Array, ...], op: Array) -> tuple[tuple[Array, ...], Array]:
        takes = arity[op]
        top = jnp.where(op == PAD, stack[0], _value(grammar, op, stack[0], stack[1], stack[2], board))
        # what stays below the top: nothing is taken (all moves down one), or one, two, three are
        ahead = [(stack[k - 1], stack[k], *(stack[min(k + n, depth - 1)] for n in (1, 2))) for k in range(1, depth)]
        rest = [
            jnp.where(takes == 0, none, jnp.where(takes == 1, one, jnp.where(takes == 2, two, three)))
            for none, one, two, three in ahead
        ]
        return (top, *rest), top

    empty = (jnp.zeros((), jnp.int32),) * depth
    stack, values = jax.lax.scan(step, empty, code.astype(jnp.int32), reverse=True)
    return jnp.stack(stack)[: grammar.depth], values


def _value(grammar: Grammar, op: Array, a: Array, b: Array, c: Array, board: Board) -> Array:
    """What one operation makes of its arguments; those of the operations not chosen may be anything."""
    stack = jnp.clip(a, 0, 3)
    # selected and not indexed: a table look-up costs as much as all the rest
    height = jnp.select([stack == k for k in range(3)], [board.heights[k] for k in range(3)], board.heights[3])
    meanings = [
        *(((name,), jnp.clip(x, -LARGEST, LARGEST)) for name, x in (("+", a + b), ("-", a - b), ("*", a * b))),
        (("correct",), board.correct),
        (("height",), height),
        (("hand",), board.hand),
        (("look",), _block(board, stack, b)),
        (("top",), _block(board, stack, height - 1)),
        (("if",), jnp.where(a != 0, b, c)),
        (("=", "same"), a == b),
        (("<",), a < b),
        (("not",), a == 0),
        (("and",), a & b),
        (("or",), a | b),
        (("holding",), board.hand > 0),
        *(((name, f"c{name}"), int(name)) for name in map(str, range(61))),
        (("true",), 1),
    ]
    found = jnp.zeros((), jnp.int32)
    for names, value in meanings:
        if numbers := grammar.numbers(*names):
            chosen = reduce(or_, [op == number for number in numbers])
            found = jnp.where(chosen, jnp.asarray(value, jnp.int32), found)
    return found


def _block(board: Board, stack: Array, height: Array) -> Array:
    capacity = board.stacks.shape[1]
    cell = stack * capacity + jnp.clip(height, 0, capacity - 1)
    inside = (height >= 0) & (height < capacity)
    return jnp.where(inside, board.stacks.reshape(-1)[cell].astype(jnp.int32), 0)
