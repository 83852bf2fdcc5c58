"""A maze as an animat feels it."""

from __future__ import annotations

from jaxtyping import Array, Key, PyTree

from catallax.core import AbstractEnv, Bits, Discrete, Step
from catallax.envs._maze import Maze


class Sensed(AbstractEnv):
    """The maze with the 16 sensor bits of the neighbourhood as observation, packed for rules."""

    maze: Maze

    @property
    def discount(self) -> float:
        """The maze's."""
        return self.maze.discount

    @property
    def observation_space(self) -> Bits:
        """Two bits for each of eight neighbours, north first."""
        return Bits(16)

    @property
    def action_space(self) -> Discrete:
        """The maze's."""
        return self.maze.action_space

    def reset(self, key: Key[Array, ""]) -> tuple[PyTree, Array]:
        """The maze's."""
        state, cell = self.maze.reset(key)
        return state, self.maze.sensors[cell]

    def step(self, key: Key[Array, ""], state: PyTree, action: Array) -> Step:
        """The maze's."""
        step = self.maze.step(key, state, action)
        return step._replace(obs=self.maze.sensors[step.obs])
