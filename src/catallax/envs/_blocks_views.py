"""What rules and patterns see of Blocks World: features that do not depend on the size, or bare colours."""

# no postponed annotations here: equinox must see `AbstractVar` itself, not its name

import abc
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, PyTree, UInt32

from catallax.core import AbstractEnv, Bits, Discrete, Record, Step
from catallax.envs._blocks_world import Blocks
from catallax.envs._wrapper import AbstractWrapper


class Viewed(NamedTuple):
    """A world and its board."""

    world: PyTree
    board: Blocks


class _BlocksView(AbstractWrapper):
    """Blocks World as one word of bits per board."""

    env: eqx.AbstractVar[AbstractEnv]

    @abc.abstractmethod
    def packed(self, board: Blocks) -> UInt32[Array, "*instances 1"]:
        """The bits of a board."""

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


class BlocksFeatures(_BlocksView):
    """Eight bits, the same for every number of blocks, from `NumCorrect` and the tops of the stacks, packed for rules.

    *Needed* is the colour that the goal has on top of the correct blocks.

    Source: the features are those of Baum (1999) and Baum and Durdanovic (2000), "top of stack" and `NumCorrect`;
    their combination into bits is ours. `NumCorrect` is recalled.
    """

    env: AbstractEnv

    @property
    def names(self) -> tuple[str, ...]:
        """What each bit says."""
        return (
            "hand empty", "hand needed", "1 clean", "top 2 needed", "top 3 needed", "1 empty", "2 empty", "3 empty",
        )  # fmt: skip

    @property
    def observation_space(self) -> Bits:
        """One bit per name."""
        return Bits(len(self.names))

    def packed(self, board: Blocks) -> UInt32[Array, "*instances 1"]:
        """The bits of a board, bit i in bit i of the word."""
        height = board.heights
        needed = cell(board, 0, board.correct)
        tops = [cell(board, stack, height[..., stack] - 1) for stack in (2, 3)]
        bits = [
            board.hand == 0,
            board.hand == needed,
            height[..., 1] == board.correct,
            *(top == needed for top in tops),
            *(height[..., stack] == 0 for stack in (1, 2, 3)),
        ]
        word = sum(jnp.asarray(bit).astype(jnp.uint32) << place for place, bit in enumerate(bits))
        return jnp.asarray(word)[..., None]


class BlocksColours(_BlocksView):
    """Colours at the tops, two bits each, and whether stack 1 is right; packed for patterns.

    The places are the goal one above the height of stack 1 and beside its top, the tops of the three stacks, and
    the hand; 0 is nothing. No colours are compared, but the last bit is a feature: stack 1 is what the goal begins
    with, `NumCorrect` its height.

    Raises:
        ValueError: for a world of more than 3 colours.

    Source: ours. That Hayek4 (Baum and Durdanovic, 2000) had variables, also for strings, is recalled.
    """

    env: AbstractEnv

    def __check_init__(self) -> None:
        board = self.env.observation_space
        if isinstance(board, Record) and isinstance(board.parts[2], Discrete) and board.parts[2].n > 4:
            raise ValueError(f"BlocksColours: a place has room for 3 colours, got a world of {board.parts[2].n - 1}.")

    @property
    def places(self) -> tuple[str, ...]:
        """Where colours are seen."""
        return ("goal next", "goal beside 1", "top 1", "top 2", "top 3", "hand")

    @property
    def bits(self) -> tuple[str, ...]:
        """What is said behind the colours."""
        return ("1 begins the goal",)

    @property
    def observation_space(self) -> Bits:
        """Two bits per place, one for the last question."""
        return Bits(2 * len(self.places) + len(self.bits))

    def packed(self, board: Blocks) -> UInt32[Array, "*instances 1"]:
        """The colours of a board, that of place k in bits 2 k and 2 k + 1, and the bit behind."""
        height = board.heights
        tops = [cell(board, stack, height[..., stack] - 1) for stack in (1, 2, 3)]
        goal = [cell(board, 0, height[..., 1]), cell(board, 0, height[..., 1] - 1)]
        parts = (*goal, *tops, board.hand, board.correct == height[..., 1])
        word = sum(jnp.asarray(part).astype(jnp.uint32) << (2 * place) for place, part in enumerate(parts))
        return jnp.asarray(word)[..., None]


def cell(board: Blocks, stack: int, height: Int[Array, "*instances"]) -> Int[Array, "*instances"]:
    """The colour at a height of a stack, counted from 0; 0 where there is none."""
    row = board.stacks[..., stack, :]
    there = jax.lax.broadcasted_iota(jnp.int32, row.shape, row.ndim - 1) == height[..., None]
    return jnp.sum(jnp.where(there, row, 0), axis=-1, dtype=jnp.int32)
