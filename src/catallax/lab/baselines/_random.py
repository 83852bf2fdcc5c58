"""The uniformly random policy: what doing anything is worth."""

from __future__ import annotations

import equinox as eqx
import jax
from jaxtyping import Array, Int, Key, PyTree

from catallax.core import AbstractEnv, Discrete


class Uniform(eqx.Module):
    """Every action with the same probability."""

    actions: int = eqx.field(static=True)

    def __call__(self, key: Key[Array, ""], obs: PyTree) -> Int[Array, ""]:
        """An action, whatever is seen.

        Args:
            key: consumed.
            obs: one observation; not looked at.
        """
        return jax.random.randint(key, (), 0, self.actions)


def random_walk(env: AbstractEnv) -> Uniform:
    """The policy `P(a) = 1 / actions`; it learns nothing and needs no budget.

    For its exact value give its probabilities to `planning.policy_value`, which asks a callable
    once per observation: `policy_value(env, np.full((observations, actions), 1 / actions))`.

    Args:
        env: a world with Discrete actions.

    Raises:
        ValueError: if actions are not Discrete.
    """
    moves = env.action_space
    if not isinstance(moves, Discrete):
        raise ValueError(f"random_walk: needs Discrete actions, {type(env).__name__} has {moves}.")
    return Uniform(moves.n)
