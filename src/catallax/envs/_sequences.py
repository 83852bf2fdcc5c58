"""Sequences: several moves sold as one."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, Key, PyTree

from catallax.core import AbstractEnv, Discrete, Step
from catallax.envs._wrapper import AbstractWrapper

PASS = -1
"""A move that is left out."""


class Seen(NamedTuple):
    """A world and what it looks like."""

    world: PyTree
    obs: PyTree


class Sequences(AbstractWrapper):
    """The owner of the world makes up to `length` moves before it is sold again.

    A sequence is a number whose digits to the base `moves + 1`, lowest first, are the
    moves plus one; digit 0 leaves one out. The episode ends without more reward if a
    sequence leaves the world looking as it did.

    Args:
        env: a world of numbered moves.
        length: moves at most; static.

    Raises:
        TypeError: if the world's moves are not numbered.
        ValueError: if the sequences are too many to number.

    Source: Baum (1996); that an agent's action is a sequence of grabs and drops is recalled.

    >>> import catallax as cx
    >>> world = cx.envs.Sequences(cx.envs.BlocksWorld(4, largest=4), length=3)
    >>> int(world.code((0, 4))), world.moves(world.code((0, 4))).tolist()
    (36, [0, 4, -1])
    """

    env: AbstractEnv
    length: int = eqx.field(static=True, default=4)

    def __check_init__(self) -> None:
        if not isinstance(self.env.action_space, Discrete):
            raise TypeError(f"Sequences: expected a world of Discrete moves, got {self.env.action_space}.")
        if self.length < 1 or self._base**self.length >= 1 << 31:
            raise ValueError(
                f"Sequences: expected a length of at least 1 and fewer than 2**31 sequences, got {self.length} moves of "
                f"{self._base - 1} kinds; make them shorter."
            )

    @property
    def _base(self) -> int:
        return self.env.action_space.n + 1  # pyright: ignore[reportAttributeAccessIssue] - checked above

    @property
    def action_space(self) -> Discrete:
        """All sequences."""
        return Discrete(self._base**self.length)

    def moves(self, code: Int[Array, "*instances"]) -> Int[Array, "*instances length"]:
        """The moves of a sequence, `PASS` where one is left out."""
        return jnp.stack([code // self._base**place % self._base - 1 for place in range(self.length)], axis=-1)

    def code(self, moves: tuple[int, ...]) -> Int[Array, ""]:
        """The number of a sequence."""
        return jnp.asarray(sum((move + 1) * self._base**place for place, move in enumerate(moves)), jnp.int32)

    def begin(self, world: PyTree, seen: PyTree) -> tuple[PyTree, PyTree]:
        """What the world looks like is remembered, to see whether a sequence changed it."""
        return Seen(world, seen), seen

    def world(self, state: Seen) -> PyTree:
        """The world's own state."""
        return state.world

    def step(self, key: Key[Array, ""], state: Seen, action: Int[Array, ""]) -> Step:
        """Perform a sequence."""
        return perform(self.env, key, state, self.moves(action))

    def step_many(self, keys: Key[Array, " instances"], state: Seen, action: Int[Array, " instances"]) -> Step:
        """Perform a sequence in every world of a batch."""
        return jax.vmap(partial(perform, self.env))(keys, state, self.moves(action))


def perform(env: AbstractEnv, key: Key[Array, ""], state: Seen, moves: Int[Array, " moves"]) -> Step:
    """Make one move after the other until the world is over; rewards add up, `PASS` is left out.

    Args:
        env: the world.
        key: consumed.
        state: of the world, with what it looks like.
        moves: numbers of moves or `PASS`.

    Returns:
        The last step; a world that looks as it did before the first is over.
    """
    off = jnp.zeros((), bool)
    start = Step(state.world, state.obs, jnp.zeros(()), off, off, {})

    def body(step: Step, inputs: tuple[Array, Array]) -> tuple[Step, None]:
        move_key, move = inputs
        new = env.step(move_key, step.state, jnp.maximum(move, 0))
        new = new._replace(reward=step.reward + new.reward, info={})
        goes = (move != PASS) & ~step.terminated & ~step.truncated
        return jax.tree.map(lambda a, b: jnp.where(goes, a, b), new, step), None

    keys = jax.random.split(key, moves.shape[0])
    step, _ = jax.lax.scan(body, start, (keys, moves))
    idle = jnp.all(jnp.stack(jax.tree.leaves(jax.tree.map(lambda a, b: jnp.all(a == b), step.obs, state.obs))))
    return step._replace(state=Seen(step.state, step.obs), terminated=step.terminated | idle)
