"""What a rule sees of Blocks World: features that do not depend on the size, or bare colours."""

# no postponed annotations here: equinox must see `AbstractVar` itself, not its name

import abc
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, PyTree, UInt32

from catallax.core import AbstractEnv, Bits, Step
from catallax.envs._blocks_world import Blocks
from catallax.envs._wrapper import AbstractWrapper


class Viewed(NamedTuple):
    """A world and its board."""

    world: PyTree
    board: Blocks


class AbstractView(AbstractWrapper):
    """Blocks World shown as bits, packed for rules."""

    env: eqx.AbstractVar[AbstractEnv]

    @property
    @abc.abstractmethod
    def names(self) -> tuple[str, ...]:
        """What each bit says."""

    @abc.abstractmethod
    def bits(self, board: Blocks) -> list[Bool[Array, "*instances"]]:
        """The bits of a board, in the order of the names."""

    @property
    def observation_space(self) -> Bits:
        """One bit per name."""
        return Bits(len(self.names))

    def packed(self, board: Blocks) -> UInt32[Array, "*instances words"]:
        """The bits of a board, bit i in bit i % 32 of word i // 32."""
        bits = [jnp.asarray(bit).astype(jnp.uint32) << (place % 32) for place, bit in enumerate(self.bits(board))]
        words = [sum(bits[start + 1 : start + 32], bits[start]) for start in range(0, len(bits), 32)]
        return jnp.stack(words, axis=-1)

    def begin(self, world: PyTree, seen: Blocks) -> tuple[Viewed, Array]:
        """The first bits."""
        return Viewed(world, seen), self.packed(seen)

    def world(self, state: Viewed) -> PyTree:
        """The state of Blocks World."""
        return state.world

    def seen(self, state: Viewed, obs: Array) -> Blocks:
        """The board."""
        return state.board

    def after(self, state: Viewed, action: Array, step: Step) -> Step:
        """The bits after a move."""
        return step._replace(state=Viewed(step.state, step.obs), obs=self.packed(step.obs))


class BlocksFeatures(AbstractView):
    """Eight bits, the same for every number of blocks, from `NumCorrect` and the tops of the stacks.

    *Needed* is the colour that the goal has on top of the correct blocks.

    Source: the features are those of Baum (1999) and Baum and Durdanovic (2000), "top of stack" and `NumCorrect`;
    their combination into bits is ours.
    """

    env: AbstractEnv

    @property
    def names(self) -> tuple[str, ...]:
        """What each bit says."""
        return (
            "hand empty", "hand needed", "1 clean", "top 2 needed", "top 3 needed", "1 empty", "2 empty", "3 empty",
        )  # fmt: skip

    def bits(self, board: Blocks) -> list[Bool[Array, "*instances"]]:
        """The bits of a board."""
        height = board.heights
        needed = cell(board, 0, board.correct)
        tops = [cell(board, stack, height[..., stack] - 1) for stack in (2, 3)]
        return [
            board.hand == 0,
            board.hand == needed,
            height[..., 1] == board.correct,
            *(top == needed for top in tops),
            *(height[..., stack] == 0 for stack in (1, 2, 3)),
        ]


class BlocksColours(AbstractView):
    """Bare colours around the tops, two bits each: 00 nothing, 10, 01, 11 the colours; nothing is compared or counted.

    Seen are the `depth` uppermost blocks of each stack, the goal beside those of stack 1 and one higher, and
    the hand. ("Top of stack" is thus given, `NumCorrect` is not.)

    Raises:
        ValueError: for a depth below 1.

    Source: after Baum (1996); what exactly its agents saw was not found.
    """

    env: AbstractEnv
    depth: int = eqx.field(static=True, default=2)

    def __check_init__(self) -> None:
        if self.depth < 1:
            raise ValueError(f"BlocksColours: depth must be at least 1, got {self.depth}.")

    @property
    def _places(self) -> list[tuple[str, int, int, int]]:
        """Name, stack, stack from whose top is counted, and how far below it."""
        goal = [(f"goal {-below:+d}", 0, 1, below) for below in range(-1, self.depth)]
        tops = [(f"{stack} {-below:+d}", stack, stack, below) for stack in (1, 2, 3) for below in range(self.depth)]
        return goal + tops

    @property
    def names(self) -> tuple[str, ...]:
        """Each place twice: its low and its high bit."""
        return tuple(f"{name} {bit}" for name in (*(place[0] for place in self._places), "hand") for bit in ("a", "b"))

    def bits(self, board: Blocks) -> list[Bool[Array, "*instances"]]:
        """The bits of a board."""
        colours = [cell(board, stack, board.heights[..., base] - 1 - below) for _, stack, base, below in self._places]
        return [(colour >> bit) & 1 > 0 for colour in (*colours, board.hand) for bit in (0, 1)]


def cell(board: Blocks, stack: int, height: Int[Array, "*instances"]) -> Int[Array, "*instances"]:
    """The colour at a height of a stack, counted from 0; 0 where there is none."""
    row = board.stacks[..., stack, :]
    there = jax.lax.broadcasted_iota(jnp.int32, row.shape, row.ndim - 1) == height[..., None]
    return jnp.sum(jnp.where(there, row, 0), axis=-1, dtype=jnp.int32)
