"""A maze as an animat feels it."""

from __future__ import annotations

from typing import NamedTuple

from jaxtyping import Array, Int, PyTree

from catallax.core import Bits, Step
from catallax.envs._maze import Maze
from catallax.envs._wrapper import AbstractWrapper


class Felt(NamedTuple):
    """State of a maze whose cell is hidden."""

    world: PyTree
    cell: Int[Array, "*batch"]


class Sensed(AbstractWrapper):
    """The maze with the sensor bits of the neighbourhood as observation, packed for rules."""

    env: Maze

    @property
    def observation_space(self) -> Bits:
        """The bits of each of eight neighbours, north first."""
        return Bits(self.env.sensor_bits)

    def begin(self, world: PyTree, seen: Array) -> tuple[Felt, Array]:
        """What is felt in the first cell."""
        return Felt(world, seen), self.env.sensors[seen]

    def world(self, state: Felt) -> PyTree:
        """The maze's state."""
        return state.world

    def seen(self, state: Felt, obs: Array) -> Array:
        """The cell."""
        return state.cell

    def after(self, state: Felt, action: Array, step: Step) -> Step:
        """What is felt in the next cell."""
        return step._replace(state=Felt(step.state, step.obs), obs=self.env.sensors[step.obs])
