"""Whether what was learned in one world can go on in another."""

from __future__ import annotations

from catallax.core._parts import AbstractEnv


def require_alike(part: str, env: AbstractEnv, learned_in: AbstractEnv) -> None:
    """Learners can go on only where they see and do what they learned to.

    Args:
        part: who asks, for the error.
        env: the new world.
        learned_in: the old one.

    Raises:
        ValueError: unless both have the same observations and actions.
    """
    here, there = [(world.observation_space, world.action_space) for world in (env, learned_in)]
    if here != there:
        raise ValueError(
            f"{part}: {type(env).__name__} has the spaces {here}, but `after` learned in {type(learned_in).__name__} "
            f"with {there}; give a world with the same observations and actions."
        )
