"""Blocks World as rising rules see it: bits, and how many blocks are correct."""

from __future__ import annotations

from typing import Any, NamedTuple

from jaxtyping import Array, Int, PyTree, UInt32

from catallax.core import Record, Step
from catallax.envs._blocks_views import BlocksFeatures, Viewed
from catallax.envs._wrapper import AbstractWrapper


class CountedBlocks(NamedTuple):
    """Bits of a view, and `NumCorrect`."""

    bits: UInt32[Array, "*instances words"]
    count: Int[Array, "*instances"]


class BlocksCounted(AbstractWrapper):
    """A view of Blocks World with `NumCorrect` as a number beside its bits."""

    env: BlocksFeatures

    @property
    def names(self) -> tuple[str, ...]:
        """What each bit says."""
        return self.env.names

    @property
    def observation_space(self) -> Record:
        """The bits and the number of correct blocks."""
        board = self.env.env.observation_space
        assert isinstance(board, Record)
        return Record((self.env.observation_space, board.parts[-1]))

    def begin(self, world: Viewed, seen: Array) -> tuple[Viewed, CountedBlocks]:
        """The first bits and the first count."""
        return world, CountedBlocks(seen, world.board.correct)

    def world(self, state: Viewed) -> PyTree:
        """The view's own state."""
        return state

    def seen(self, state: Viewed, obs: Any) -> Array:
        """The bits."""
        return obs.bits

    def after(self, state: Viewed, action: Array, step: Step) -> Step:
        """The bits and the count after a move."""
        return step._replace(obs=CountedBlocks(step.obs, step.state.board.correct))
