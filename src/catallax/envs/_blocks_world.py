"""Blocks World: copy a stack of coloured blocks by grabbing and dropping."""

from __future__ import annotations

from numbers import Integral
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Int8, Key

from catallax.core import AbstractEnv, Box, Discrete, Record, Step, split_by

STACKS = 4
"""The goal, stack 0, and three stacks of blocks."""
GRABS = 3
"""Moves 0, 1, 2 grab from stack 1, 2, 3; moves 3, 4, 5 drop on stack 1, 2, 3."""


class Blocks(NamedTuple):
    """What there is to see."""

    stacks: Int8[Array, "*instances stacks capacity"]
    """Colours 1, 2, … from the bottom, 0 above the top; row 0 is the goal."""
    heights: Int[Array, "*instances stacks"]
    """Blocks on each stack."""
    hand: Int[Array, "*instances"]
    """Colour in the hand, 0 if it is empty."""
    correct: Int[Array, "*instances"]
    """`NumCorrect`: how many blocks of stack 1, counted from the bottom, are as in the goal."""


class BlocksState(NamedTuple):
    """The board and the clock."""

    blocks: Blocks
    moves: Int[Array, ""]
    """Moves left."""


class BlocksWorld(AbstractEnv):
    """Make stack 1 equal to the goal, stack 0: `reward = payoff * n**growth` at the end, else nothing.

    An instance has `n ~ Uniform{1 … largest}` blocks: goal colours drawn
    independently, the same blocks shuffled and cut into stacks 1 to 3 at two
    uniform places. (If stack 1 came out as the goal at once, it is put on stack 2.)
    The hand holds at most one block. The episode ends with the reward when stack 1
    is the goal and the hand is empty; without it after an illegal move, or when
    `ceil(pace * n * log3(n)) + slack` moves are spent.

    Args:
        capacity: room for so many blocks on each stack; static.
        colours: how many there are; static.
        largest: greatest number of blocks drawn, a leaf: change it without compiling anew.
        smallest: least number of blocks drawn, a leaf.
        pace: moves allowed per `n * log3(n)`.
        slack: moves allowed beside.
        payoff: credits.
        growth: 1 pays in proportion to the blocks, 0 the same for every size.

    Raises:
        ValueError: on sizes that do not fit the capacity.

    Source: Baum (1996, 1999); Baum and Durdanovic (2000). Stacks, three colours and the limit of moves are recalled; generator, slack and
    the sizes are ours.
    """

    capacity: int = eqx.field(static=True, default=16)
    colours: int = eqx.field(static=True, default=3)
    largest: Any = 8
    smallest: Any = 1
    pace: Any = 10.0
    slack: Any = 20
    payoff: Any = 1.0
    growth: Any = 1.0
    discount: float = 1.0

    def __check_init__(self) -> None:
        if self.capacity < 1 or not 1 <= self.colours <= 127:
            raise ValueError(
                f"BlocksWorld: expected a capacity of at least 1 and 1 to 127 colours, got {self.capacity} and {self.colours}."
            )
        sizes = (self.smallest, self.largest)
        if min(x for x in (self.pace, self.slack, 0) if isinstance(x, int | float)) < 0:
            raise ValueError(f"BlocksWorld: pace and slack must be at least 0, got {self.pace} and {self.slack}.")
        if (
            all(isinstance(size, Integral) for size in sizes)
            and not 1 <= self.smallest <= self.largest <= self.capacity
        ):
            raise ValueError(
                f"BlocksWorld: expected 1 <= smallest <= largest <= capacity = {self.capacity}, got {self.smallest} and "
                f"{self.largest}; give it more capacity."
            )

    @property
    def observation_space(self) -> Record:
        """A `Blocks`."""
        board, heights = Box((STACKS, self.capacity), 0.0, self.colours * 1.0), Box((STACKS,), 0.0, self.capacity * 1.0)
        return Record((board, heights, Discrete(self.colours + 1), Discrete(self.capacity + 1)))

    @property
    def action_space(self) -> Discrete:
        """Grab from stack 1, 2, 3; drop on stack 1, 2, 3."""
        return Discrete(2 * GRABS)

    def limit(self, blocks: Int[Array, ""]) -> Int[Array, ""]:
        """Moves allowed for so many blocks."""
        sizes = np.arange(1, self.capacity + 1)
        # rounded: a power of three must give a whole number
        work = np.round(np.concatenate([[0.0], sizes * np.log(sizes) / np.log(3.0)]), 6).astype(np.float32)
        return jnp.ceil(self.pace * jnp.asarray(work)[blocks]).astype(jnp.int32) + self.slack

    def reset(self, key: Key[Array, ""]) -> tuple[BlocksState, Blocks]:
        """Draw an instance."""
        size_key, colour_key, order_key, cut_key = split_by(key, "size", "colours", "order", "cuts")
        n = jax.random.randint(size_key, (), self.smallest, jnp.asarray(self.largest) + 1)
        place = jnp.arange(self.capacity)
        goal = jax.random.randint(colour_key, (self.capacity,), 1, self.colours + 1) * (place < n)
        shuffled = _shuffle(order_key, goal, place, n)
        cuts = jnp.sort(jax.random.randint(cut_key, (2,), 0, n + 1))
        starts, ends = jnp.stack([jnp.zeros_like(n), *cuts]), jnp.stack([*cuts, n])
        alike = jnp.where(place < ends[0], shuffled, 0)
        solved = jnp.all(alike == goal)
        ends = jnp.where(solved, jnp.stack([jnp.zeros_like(n), n, n]), ends)
        starts = jnp.where(solved, jnp.stack([jnp.zeros_like(n), jnp.zeros_like(n), n]), starts)
        lengths = ends - starts
        cells = jnp.minimum(starts[:, None] + place[None, :], self.capacity - 1)
        stacks = jnp.where(place[None, :] < lengths[:, None], shuffled[cells], 0)
        board = jnp.concatenate([goal[None], stacks]).astype(jnp.int8)
        blocks = Blocks(
            board, jnp.concatenate([n[None], lengths]).astype(jnp.int32), jnp.zeros((), jnp.int32), matching(board)
        )
        return BlocksState(blocks, self.limit(n)), blocks

    def step(self, key: Key[Array, ""], state: BlocksState, action: Int[Array, ""]) -> Step:
        """One grab or drop."""
        before, moves = state.blocks, state.moves - 1
        which = action % GRABS + 1
        grabs = action < GRABS
        height = before.heights[which]
        legal = jnp.where(grabs, (before.hand == 0) & (height > 0), before.hand > 0)
        after = _move(before, which, grabs, height)
        blocks = jax.tree.map(lambda new, old: jnp.where(legal, new, old), after, before)
        n = before.heights[0]
        solved = legal & (blocks.hand == 0) & (blocks.heights[1] == n) & (blocks.correct == n)
        pays = self.payoff * n.astype(jnp.float32) ** self.growth
        over = solved | ~legal | (moves <= 0)
        return Step(BlocksState(blocks, moves), blocks, jnp.where(solved, pays, 0.0), over, jnp.asarray(False), {})


def matching(board: Int8[Array, "stacks capacity"]) -> Int[Array, ""]:
    """`NumCorrect` of a board."""
    alike = (board[0] == board[1]) & (board[1] > 0)
    return jnp.sum(jnp.cumprod(alike.astype(jnp.int32)))


def _shuffle(
    key: Key[Array, ""], goal: Int[Array, " capacity"], place: Int[Array, " capacity"], n: Int[Array, ""]
) -> Int[Array, " capacity"]:
    """The blocks in a random order, the empty places last; ranks instead of a sort, which is slow on small rows."""
    lot = jnp.where(place < n, jax.random.bits(key, place.shape, jnp.uint32) >> 1, jnp.uint32(1 << 31))
    ahead = (lot[None, :] < lot[:, None]) | ((lot[None, :] == lot[:, None]) & (place[None, :] < place[:, None]))
    rank = jnp.sum(ahead, axis=1)
    return jnp.zeros_like(goal).at[rank].set(goal)


def _move(before: Blocks, which: Int[Array, ""], grabs: Array, height: Int[Array, ""]) -> Blocks:
    """The board after a grab or a drop, if it is legal."""
    level = jnp.where(grabs, height - 1, height)
    rows, columns = jnp.arange(STACKS)[:, None], jnp.arange(before.stacks.shape[1])[None, :]
    there = (rows == which) & (columns == level)
    found = jnp.sum(jnp.where(there, before.stacks, 0), dtype=jnp.int32)
    placed = jnp.where(grabs, 0, before.hand).astype(jnp.int8)
    wanted = jnp.sum(jnp.where(columns[0] == level, before.stacks[0], 0), dtype=jnp.int32)
    fits = (level == before.correct) & (wanted == before.hand)
    change = jnp.where(grabs, jnp.minimum(before.correct, level), before.correct + fits)
    return Blocks(
        jnp.where(there, placed, before.stacks),
        before.heights + jnp.where(jnp.arange(STACKS) == which, jnp.where(grabs, -1, 1), 0),
        jnp.where(grabs, found, 0),
        jnp.where(which == 1, change, before.correct),
    )
