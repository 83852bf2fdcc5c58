"""A curriculum: instances grow as they are solved."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key, PyTree

from catallax.core import Step, choose
from catallax.envs._blocks_world import Blocks, BlocksWorld
from catallax.envs._wrapper import AbstractWrapper


class Lesson(NamedTuple):
    """A world and how the sizes went so far; leading axis `instances`."""

    world: PyTree
    size: Int[Array, "*instances"]
    solved: Bool[Array, "*instances"]
    rate: Float[Array, "*instances sizes"]
    """Share of the last tries that were solved, by size, index 0 unused."""
    tries: Int[Array, "*instances sizes"]


class Curriculum(AbstractWrapper):
    """Sizes are drawn from `1 … m + ahead`, `m` the largest that is solved well.

    `rate[n] += (solved - rate[n]) / min(tries[n], memory)`, and
    `m = max {n : rate[n] >= threshold and tries[n] >= enough}`. Each parallel instance keeps its own record,
    carried from episode to episode; the largest size of the world bounds all.

    Args:
        env: Blocks World.
        threshold: share of tries.
        memory: tries that the share looks back on.
        enough: tries of a size before it counts.
        ahead: how much larger than `m` instances may be.

    Raises:
        ValueError: if a share lies outside [0, 1] or a count is below 1.

    Source: ours; that sizes grow with success is recalled of Baum (1996).
    """

    env: BlocksWorld
    threshold: float = 0.8
    memory: int = 100
    enough: int = 10
    ahead: int = 2

    def __check_init__(self) -> None:
        if not 0 <= self.threshold <= 1 or min(self.memory, self.enough, self.ahead) < 1:
            raise ValueError(
                "Curriculum: expected threshold in [0, 1] and memory, enough and ahead of at least 1, got "
                f"{self.threshold}, {self.memory}, {self.enough} and {self.ahead}."
            )

    def level(self, state: Lesson) -> Int[Array, "*instances"]:
        """`m`, 0 as long as no size is solved well."""
        passed = (state.rate >= self.threshold) & (state.tries >= self.enough)
        return jnp.max(jnp.where(passed, jnp.arange(state.rate.shape[-1]), 0), axis=-1)

    def begin(self, world: PyTree, seen: Blocks) -> tuple[Lesson, Blocks]:
        """No size was tried yet."""
        size = seen.heights[..., 0]
        sizes = (*size.shape, self.env.capacity + 1)
        return Lesson(world, size, size < 0, jnp.zeros(sizes), jnp.zeros(sizes, jnp.int32)), seen

    def world(self, state: Lesson) -> PyTree:
        """The state of Blocks World."""
        return state.world

    def after(self, state: Lesson, action: Array, step: Step) -> Step:
        """Whether it was solved is kept for the record."""
        return step._replace(state=state._replace(world=step.state, solved=state.solved | (step.reward > 0)))

    def _fresh(self, key: Key[Array, ""], most: Int[Array, ""]) -> tuple[PyTree, Blocks]:
        largest = jnp.minimum(most, self.env.largest)
        return eqx.tree_at(lambda e: e.largest, self.env, largest).reset(key)

    def reset(self, key: Key[Array, ""]) -> tuple[Lesson, Blocks]:
        """The first episode of all."""
        return self.begin(*self._fresh(key, jnp.asarray(self.ahead)))

    def reset_many(self, keys: Key[Array, " instances"]) -> tuple[Lesson, Blocks]:
        """The first episode of every instance."""
        return jax.vmap(self.reset)(keys)

    def reset_where(
        self, keys: Key[Array, " instances"], mask: Bool[Array, " instances"], state: Lesson, obs: Blocks
    ) -> tuple[Lesson, Blocks]:
        """The next episode where the mask holds; the record goes on."""
        here = mask[:, None] & (jnp.arange(state.rate.shape[-1])[None, :] == state.size[:, None])
        tries = state.tries + here
        step = (state.solved[:, None] - state.rate) / jnp.clip(tries, 1, self.memory)
        kept = state._replace(rate=state.rate + jnp.where(here, step, 0.0), tries=tries)
        world, seen = jax.vmap(self._fresh)(keys, self.level(kept) + self.ahead)
        new = kept._replace(world=world, size=seen.heights[..., 0], solved=jnp.zeros_like(mask))
        return jax.tree.map(lambda a, b: choose(mask, a, b), (new, seen), (kept, obs))
