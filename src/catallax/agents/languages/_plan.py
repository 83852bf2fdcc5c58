"""Plans: programs of type moves, performed on a copy of the board."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, Int8

from catallax.agents.languages._blocks import Board, evaluate
from catallax.agents.languages._prefix import Grammar

NO_MOVE = -1
"""Fills the rest of a sequence of moves."""


class Performed(NamedTuple):
    """What a plan comes to on one board."""

    moves: Int[Array, " moves"]
    """0, 1, 2: grab from stack 1, 2, 3; 3, 4, 5: drop there; `NO_MOVE` behind the last."""
    steps: Int[Array, ""]
    """Operations of type moves that were carried out, loops turn by turn: the computing time."""
    board: Board
    """As the moves leave it."""


class _Run(NamedTuple):
    board: Board
    ahead: Int[Array, " places"]
    """Places that are still to be carried out, the next one last."""
    count: Int[Array, ""]
    moves: Int[Array, " moves"]
    made: Int[Array, ""]
    steps: Int[Array, ""]
    legal: Bool[Array, ""]


@partial(jax.jit, static_argnums=(0, 3, 4))
def perform(grammar: Grammar, code: Int8[Array, " length"], board: Board, moves: int, steps: int) -> Performed:
    """Carry a plan out on the board in mind: conditions see what the moves before them did.

    `(do a b)` is a, then b; `(if c a b)` looks at c once; `(until c a)` looks at c
    before each turn. The plan ends when all is done, after so many moves or steps,
    and behind the first illegal move, which is the last one told.

    Args:
        grammar: the language of the plan.
        code: one tree of type moves.
        board: where it starts.
        moves: longest sequence.
        steps: bound on the computing time, so that every loop ends.
    """
    size = grammar.sizes(code)
    end = jnp.arange(grammar.length, dtype=jnp.int32) + size
    is_a = {name: _numbered(grammar, name) for name in ("grab", "drop", "do", "if", "until")}

    def unfinished(run: _Run) -> Array:
        return (run.count > 0) & (run.made < moves) & (run.steps < steps) & run.legal

    def advance(run: _Run) -> _Run:
        here = run.ahead[run.count - 1]
        op = code[here].astype(jnp.int32)
        grabs, drops, does, asks, loops = (is_a[name][op] for name in ("grab", "drop", "do", "if", "until"))
        first = jnp.minimum(here + 1, grammar.length - 1)
        second = jnp.minimum(end[first], grammar.length - 1)
        third = jnp.minimum(end[second], grammar.length - 1)
        # the condition or the stack: both stand right behind the operation
        value = evaluate(grammar, code, run.board)[1][first]
        board, legal = _move(run.board, value, grabs)
        moved = grabs | drops
        turn = loops & (value == 0)
        # a loop comes back to itself, a sequence goes on with its second half
        later = jnp.where(turn, here, second)
        pushed = (does | turn).astype(jnp.int32)
        now = jnp.where(does, first, jnp.where(asks & (value == 0), third, second))
        ahead = run.ahead.at[run.count - 1].set(jnp.where(pushed > 0, later, now))
        ahead = ahead.at[jnp.where(pushed > 0, run.count, ahead.shape[0])].set(now, mode="drop")
        move = value - 1 + jnp.where(drops, 3, 0)
        return _Run(
            jax.tree.map(lambda new, old: jnp.where(moved & legal, new, old), board, run.board),
            ahead,
            run.count - 1 + pushed + (does | asks | turn),
            run.moves.at[jnp.where(moved, run.made, moves)].set(move, mode="drop"),
            run.made + moved,
            run.steps + 1,
            run.legal & (legal | ~moved),
        )

    zero = jnp.zeros((), jnp.int32)
    ahead = jnp.zeros(grammar.length + 1, jnp.int32)
    start = _Run(board, ahead, zero + 1, jnp.full(moves, NO_MOVE, jnp.int32), zero, zero, zero == 0)
    done = jax.lax.while_loop(unfinished, advance, start)
    return Performed(done.moves, done.steps, done.board)


def _numbered(grammar: Grammar, name: str) -> Bool[Array, " operations"]:
    """Which operations of type moves have the name."""
    words = [(w.name, w.result) == (name, "moves") for w in grammar.primitives]
    return jnp.asarray([False, *words])


def _move(board: Board, stack: Array, grabs: Array) -> tuple[Board, Array]:
    """One block from a stack into the hand or back; False if that is impossible."""
    capacity = board.stacks.shape[1]
    height = board.heights[stack]
    legal = jnp.where(grabs, (height > 0) & (board.hand == 0), (height < capacity) & (board.hand > 0))
    level = jnp.clip(jnp.where(grabs, height - 1, height), 0, capacity - 1)
    block = jnp.where(grabs, 0, board.hand).astype(board.stacks.dtype)
    heights = board.heights.at[stack].add(jnp.where(grabs, -1, 1))
    fits = (board.correct == level) & (board.stacks[0, level] == block)
    kept = jnp.where(grabs, jnp.minimum(board.correct, level), board.correct + fits)
    return Board(
        board.stacks.at[stack, level].set(block),
        heights,
        jnp.where(grabs, board.stacks[stack, level].astype(jnp.int32), 0),
        jnp.where(stack == 1, kept, board.correct),
    ), legal
