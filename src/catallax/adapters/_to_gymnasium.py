"""Any catallax world as a Gymnasium environment."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import numpy as np

from catallax.adapters._extras import need
from catallax.adapters._spaces import from_member, to_member, to_space
from catallax.core import AbstractEnv

gymnasium = need("gymnasium")


class ToGymnasium(gymnasium.Env):
    """A catallax world for programs that expect Gymnasium: `ToGymnasium(cx.envs.Chain(), seed=0)`.

    `reset(seed=...)` decides the whole episode; without a seed, episodes follow each other
    from the last one given. The discount of the world is not part of Gymnasium's contract.

    Args:
        env: the world.
        seed: where the first episode starts from if its `reset` gives none.
    """

    metadata = {"render_modes": []}  # noqa: RUF012 - Gymnasium's own form

    def __init__(self, env: AbstractEnv, seed: int = 0) -> None:
        self.env = env
        self.observation_space = to_space(env.observation_space)
        self.action_space = to_space(env.action_space)
        self._seed: int | None = seed
        self._key: Any = None
        self._state: Any = None

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Start an episode: `(observation, info)`."""
        super().reset(seed=self._seed if seed is None else seed)
        self._seed = None
        self._key, key = jax.random.split(jax.random.key(int(self.np_random.integers(2**31))))
        self._state, obs = _reset(self.env, key)
        return to_member(self.observation_space, np.asarray(obs)), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """One tick: `(observation, reward, terminated, truncated, info)`.

        Raises:
            RuntimeError: before the first `reset`.
        """
        if self._key is None:
            raise RuntimeError("ToGymnasium: step before reset; call reset first.")
        self._key, key = jax.random.split(self._key)
        result = _step(self.env, key, self._state, from_member(self.action_space, action))
        self._state = result.state
        obs, reward, terminated, truncated, info = jax.device_get(result[1:])
        return to_member(self.observation_space, obs), float(reward), bool(terminated), bool(truncated), info


@eqx.filter_jit
def _reset(env: AbstractEnv, key: Any) -> Any:
    return env.reset(key)


@eqx.filter_jit
def _step(env: AbstractEnv, key: Any, state: Any, action: Any) -> Any:
    return env.step(key, state, action)
