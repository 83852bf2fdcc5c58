"""Worlds of gymnax, pure JAX already."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Key, PyTree

from catallax.adapters._extras import need
from catallax.adapters._spaces import from_space
from catallax.core import AbstractEnv, Box, Discrete, Space, Step

_NO_LIMIT = 2**30
"""More ticks than any episode has."""


class FromGymnax(AbstractEnv):
    """A gymnax environment as a world of catallax: `FromGymnax("CartPole-v1")`.

    Uses `step_env` and `reset_env`, which do not reset by themselves. gymnax before 1.0 folds
    its time limit into `done`; the natural end is then asked for again without a limit:
    `terminated = is_terminal(state, no limit)`, `truncated = done and not terminated`.
    Everything compiles, so `seeds=` and wrappers work.

    Args:
        env: an id that `gymnax.make` knows, or a gymnax environment.
        params: its parameters; by default the environment's own.
        discount: value now of one credit a tick later, in [0, 1].
        settings: passed to `gymnax.make`.

    Raises:
        ImportError: without gymnax.
        ValueError: if the id is unknown, or the discount lies outside [0, 1].
        TypeError: if a space is neither `Discrete` nor `Box`.
    """

    params: PyTree
    discount: float
    observation_space: Space = eqx.field(static=True)
    action_space: Space = eqx.field(static=True)
    name: str = eqx.field(static=True)
    # left out of the description: it would show an address, and a run could not be resumed
    env: Any = eqx.field(static=True, repr=False)

    def __init__(self, env: Any, params: PyTree = None, *, discount: float = 0.99, **settings: Any) -> None:
        if not 0 <= discount <= 1:
            raise ValueError(f"FromGymnax: discount must lie in [0, 1], got {discount}.")
        self.env = _make(env, settings) if isinstance(env, str) else env
        self.params = self.env.default_params if params is None else params
        self.discount = discount
        self.name = ", ".join([str(self.env.name), *(f"{k}={v!r}" for k, v in settings.items())])
        # here and not on demand: gymnax computes its bounds, which cannot be read inside a compiled program
        self.observation_space = from_space(self.env.observation_space(self.params))
        self.action_space = from_space(self.env.action_space(self.params))

    def reset(self, key: Key[Array, ""]) -> tuple[PyTree, PyTree]:
        """`reset_env`."""
        with jax.numpy_rank_promotion("allow"):
            obs, state = self.env.reset_env(key, self.params)
        return _arrays(state), self._seen(obs)

    def step(self, key: Key[Array, ""], state: PyTree, action: PyTree) -> Step:
        """`step_env`, its end told apart from the time limit."""
        with jax.numpy_rank_promotion("allow"):
            obs, after, reward, *ends, _ = self.env.step_env(key, state, action, self.params)
            terminated, truncated = self._ends(after, ends)
        after = jax.tree.map(lambda new, old: jnp.asarray(new, jnp.result_type(old)), after, state)
        return Step(after, self._seen(obs), jnp.asarray(reward, jnp.float32), terminated, truncated, {})

    def _ends(self, state: PyTree, ends: list[Any]) -> tuple[Bool[Array, ""], Bool[Array, ""]]:
        """`step_env` returns one end (up to gymnax 1.0, with or without the limit) or both."""
        if len(ends) == 2:
            terminated, truncated = ends
        elif hasattr(self.env, "is_truncated"):
            terminated, truncated = ends[0], self.env.is_truncated(state, self.params)
        else:
            terminated = self.env.is_terminal(state, _without_limit(self.params))
            truncated = jnp.asarray(ends[0], bool) & ~jnp.asarray(terminated, bool)
        return jnp.asarray(terminated, bool).reshape(()), jnp.asarray(truncated, bool).reshape(())

    def _seen(self, obs: PyTree) -> PyTree:
        space = self.observation_space
        if isinstance(space, Discrete):
            return jnp.asarray(obs, jnp.int32).reshape(())
        return jnp.asarray(obs, jnp.float32).reshape(space.shape) if isinstance(space, Box) else obs


def _make(name: str, settings: dict[str, Any]) -> Any:
    gymnax = need("gymnax")
    try:
        return gymnax.make(name, **settings)[0]
    except (ValueError, KeyError) as error:
        raise ValueError(
            f"FromGymnax: gymnax cannot make {name!r} ({error}); gymnax.registered_envs lists the ids there are."
        ) from error


def _without_limit(params: PyTree) -> PyTree:
    return params.replace(max_steps_in_episode=_NO_LIMIT) if hasattr(params, "max_steps_in_episode") else params


def _arrays(state: PyTree) -> PyTree:
    """Every leaf an array of a definite type, so that a loop can carry it."""
    return jax.tree.map(lambda x: jnp.asarray(x, jnp.result_type(x)), state)
