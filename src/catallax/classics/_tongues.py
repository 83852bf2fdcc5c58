"""What agents in Blocks World can be written in, and what they see of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from catallax.agents.languages import (
    AbstractLanguage,
    BlockSigns,
    GrabsAndDrops,
    Patterns,
    PostSystems,
    RisingRules,
    Rules,
    SExpressions,
)
from catallax.core import AbstractEnv
from catallax.envs import BlocksColours, BlocksCounted, BlocksFeatures, BlocksWorld, Curriculum, Lesson, Sequences

LENGTH = 4
"""Moves of a sequence at most."""
WILDCARD = 0.35
"""Probability that a random rule leaves a bit open; rules that fit less often spoil less."""
PASSED = 0.7
"""Share of the last tries at which a size counts as solved well."""


class Tongue(eqx.Module):
    """A language and what its speakers see and do."""

    language: AbstractLanguage
    dress: Callable[[AbstractEnv], AbstractEnv] = eqx.field(static=True)
    """Blocks World as they see it."""

    def world(self, capacity: int, largest: Any, smallest: Any = 1, *, learning: bool = True) -> AbstractEnv:
        """Blocks World that pays a credit per block when all are in place, with a curriculum while learning."""
        env = BlocksWorld(capacity, largest=largest, smallest=smallest)  # pyright: ignore[reportCallIssue]
        return self.dress(Curriculum(env, threshold=PASSED) if learning else env)  # pyright: ignore[reportCallIssue] - its spaces are the world's


def level(env: Any, state: PyTree) -> Float[Array, ""]:
    """Largest size solved well, mean over the instances, of a world with a curriculum and its state."""
    while not isinstance(env, Curriculum):
        env = env.env
    while not isinstance(state, Lesson):
        state = state.world
    return jnp.mean(env.level(state).astype(jnp.float32))


def _bare(env: AbstractEnv) -> AbstractEnv:
    return Sequences(env, LENGTH)  # pyright: ignore[reportCallIssue] - its spaces are the world's


def _featured(env: AbstractEnv) -> AbstractEnv:
    return BlocksFeatures(_bare(env))  # pyright: ignore[reportCallIssue]


def _coloured(env: AbstractEnv) -> BlocksColours:
    return BlocksColours(_bare(env))  # pyright: ignore[reportCallIssue]


def _planned(env: AbstractEnv) -> AbstractEnv:
    return Sequences(env, SExpressions().moves)  # pyright: ignore[reportCallIssue] - its spaces are the world's


def _counted(env: AbstractEnv) -> AbstractEnv:
    return BlocksCounted(_featured(env))  # pyright: ignore


def _rules(dress) -> Rules:
    return Rules(dress(BlocksWorld()).names, GrabsAndDrops(LENGTH), wildcard=WILDCARD)  # pyright: ignore[reportCallIssue]


def _patterns() -> Patterns:
    seen = _coloured(BlocksWorld())  # pyright: ignore[reportCallIssue]
    return Patterns(seen.places, seen.bits, GrabsAndDrops(LENGTH))


LANGUAGES = {
    "rules": lambda: Tongue(_rules(_featured), _featured),
    "rising rules": lambda: Tongue(RisingRules(_rules(_counted)), _counted),
    "patterns": lambda: Tongue(_patterns(), _coloured),
    "s-expressions": lambda: Tongue(SExpressions(slope=1.0), _planned),
    "post": lambda: Tongue(PostSystems(BlockSigns(moves=LENGTH)), _bare),
}
"""By name: what agents are written in and see."""
