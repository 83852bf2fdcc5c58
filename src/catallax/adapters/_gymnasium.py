"""Worlds of Gymnasium in a market: they run on the host, one call a tick for all instances."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_batching import custom_vmap
from jax.experimental import io_callback
from jaxtyping import Array, Bool, Int, Key, PyTree

from catallax.adapters._extras import need
from catallax.adapters._pool import Host, Pool
from catallax.adapters._spaces import from_space
from catallax.adapters._wire import SEED, Field, host_pack, host_unpack, pack, unpack, width
from catallax.core import AbstractEnv, Space, Step, choose


class HostWorld(NamedTuple):
    """Where the worlds of a state are on the host; every leaf has the axis `instances`."""

    host: Int[Array, " instances"]
    """Which `FromGymnasium` object they belong to."""
    pool: Int[Array, " instances"]
    """Which of its pools they are; one pool for each `reset_many`."""
    ticks: Int[Array, " instances"]
    """Steps done. Each step needs the last one's count, which keeps the calls in order."""
    fresh: Bool[Array, " instances"]
    """True where the next step begins the next episode."""
    obs: PyTree
    upcoming: PyTree
    """First observation of the next episode."""


class FromGymnasium(AbstractEnv):
    """A Gymnasium environment as a world of catallax: `FromGymnasium("FrozenLake-v1", map_name="8x8")`.

    The environments run on the host. A tick is one ordered call for all instances,
    so it works inside `jit`, `scan` and `while`, in `cx.train` and in `cx.evaluate`; with
    `seeds=` it is one call a tick and seed. The order is kept by a count in the state.
    A step never resets, `terminated` and `truncated` are Gymnasium's own, and the last
    observation is of the final state. Episodes are seeded from the keys: the same key
    gives the same run if the environment follows `reset(seed=...)`. The keys of `reset_where`
    are not used: how an episode begins was drawn when the last one began.

    A world with a vector for a reward (mo-gymnasium's, which say so by a `reward_space`) pays nothing itself and tells the amounts of its
    objectives as `info["objectives"]`, for `agents.ObjectiveBuyer`.

    A state can be stepped once, and cannot be restored: a run resumed from a checkpoint
    truncates the episodes that were open (reward 0, sold at their last observation) and
    begins new ones, so a resumed run is not the uninterrupted one, bit for bit.

    Args:
        env: an id that `gymnasium.make` knows, or a function that makes an environment.
        discount: value now of one credit a tick later, in [0, 1].
        settings: passed to `gymnasium.make` (or the function).

    Raises:
        ValueError: if the id is unknown, or the discount lies outside [0, 1].
        TypeError: if a space is neither `Discrete` nor `Box` nor a flat `MultiBinary`.
        HostError: inside the run, if a world fails, returns NaN or is stepped twice from one state.
    """

    discount: float
    host: Host = eqx.field(static=True)

    def __init__(self, env: str | Callable[..., Any], *, discount: float = 0.99, **settings: Any) -> None:
        if not 0 <= discount <= 1:
            raise ValueError(f"FromGymnasium: discount must lie in [0, 1], got {discount}.")
        self.discount = discount
        self.host = Host(_describe(env, settings), maker(env, settings))
        # copies share the host, so a world may outlive this object: it is closed, not forbidden
        weakref.finalize(self, self.host.close)

    @property
    def observation_space(self) -> Space:
        """From Gymnasium's."""
        return from_space(self.host.seen)

    @property
    def action_space(self) -> Space:
        """From Gymnasium's."""
        return from_space(self.host.moves)

    def reset(self, key: Key[Array, ""]) -> tuple[PyTree, PyTree]:
        """Start one world, a pool of one instance."""
        state, obs = self.reset_many(_not_mapped(key)[None])
        return state, jax.tree.map(lambda x: x[0], obs)

    def step(self, key: Key[Array, ""], state: PyTree, action: PyTree) -> Step:
        """One tick of one world."""
        many = self.step_many(_not_mapped(key)[None], state, jnp.asarray(action)[None])
        return many._replace(
            obs=many.obs[0],
            reward=many.reward[0],
            terminated=many.terminated[0],
            truncated=many.truncated[0],
            info={name: told[0] for name, told in many.info.items()},
        )

    def reset_many(self, keys: Key[Array, " instances"]) -> tuple[PyTree, PyTree]:
        """A pool of worlds, as many as there are keys."""
        seeds = jax.vmap(lambda key: jax.random.bits(key, (2,), jnp.uint32))(keys)
        answer = _call(self.host, _open, (SEED, SEED), (seeds[:, 0], seeds[:, 1]))
        host, pool, ticks, obs, upcoming, *_ = answer
        return HostWorld(host, pool, ticks, jnp.zeros(keys.shape, bool), obs, upcoming), obs

    def reset_where(
        self, keys: Key[Array, " instances"], mask: Bool[Array, " instances"], state: PyTree, obs: PyTree
    ) -> tuple[PyTree, PyTree]:
        """Show how the next episode begins where the mask holds; the host follows with the next step."""
        shown = choose(mask, state.upcoming, obs)
        return state._replace(fresh=state.fresh | mask, obs=shown), shown

    def step_many(self, keys: Key[Array, " instances"], state: PyTree, action: PyTree) -> Step:
        """One tick of every world; where a world is over already, nothing happens."""
        seeds = jax.vmap(lambda key: jax.random.bits(key, (), jnp.uint32))(keys)
        given = (state.host, state.pool, state.ticks, state.fresh, seeds, action)
        answer = _call(self.host, _step, self.host.question, given)
        host, pool, ticks, seen, upcoming, reward, terminated, truncated, lost = answer
        obs = choose(lost, state.obs, seen)
        world = HostWorld(host, pool, ticks, jnp.zeros_like(state.fresh), obs, upcoming)
        if self.host.amounts:
            return Step(world, obs, jnp.zeros_like(reward[:, 0]), terminated, truncated, {"objectives": reward})
        return Step(world, obs, reward, terminated, truncated, {})

    def close(self) -> None:
        """Close every environment; states made before cannot be stepped any more."""
        self.host.close()


def _call(
    host: Host,
    function: Callable[[Host, np.ndarray], np.ndarray],
    question: tuple[Field, ...],
    arrays: tuple[Array, ...],
) -> tuple[Array, ...]:
    message = pack(question, arrays)
    shape = jax.ShapeDtypeStruct((message.shape[0], width(host.answer)), jnp.int32)
    # not `ordered=True`, which neither maps over seeds nor is needed: each call needs the last one's count
    return unpack(host.answer, io_callback(lambda words: function(host, np.asarray(words)), shape, message))


def _open(host: Host, message: np.ndarray) -> np.ndarray:
    first, second = host_unpack((SEED, SEED), message)
    number, pool = host.open(first, second)
    return _tell(host, number, pool, lost=False)


def _step(host: Host, message: np.ndarray) -> np.ndarray:
    whose, pool, ticks, fresh, seeds, action = host_unpack(host.question, message)
    number, found, lost = host.step(int(whose[0]), int(pool[0]), int(ticks[0]), action, fresh, seeds)
    return _tell(host, number, found, lost)


def _tell(host: Host, number: int, pool: Pool, lost: bool) -> np.ndarray:
    n = len(pool.obs)
    where = (np.full(n, host.number), np.full(n, number), np.full(n, pool.ticks))
    ends = (pool.terminated, pool.truncated, np.full(n, lost))
    return host_pack(host.answer, (*where, pool.obs, pool.upcoming, pool.reward, *ends))


def maker(env: str | Callable[..., Any], settings: dict[str, Any]) -> Callable[[], Any]:
    """A function that makes one environment; an unknown id is told as what it is."""
    gymnasium = need("gymnasium")
    if not isinstance(env, str):
        return lambda: env(**settings)
    # its warnings about spaces come once from the checkers, not from every copy
    given = {"disable_env_checker": True, **settings}

    def make() -> Any:
        try:
            return gymnasium.make(env, **given)
        except gymnasium.error.Error as error:
            raise ValueError(
                f"Gymnasium cannot make {env!r} ({type(error).__name__}: {error}); "
                "gymnasium.pprint_registry() lists the ids there are."
            ) from error

    return make


def _describe(env: str | Callable[..., Any], settings: dict[str, Any]) -> str:
    name = repr(env) if isinstance(env, str) else getattr(env, "__qualname__", type(env).__name__)
    return f"FromGymnasium({', '.join([name, *(f'{k}={v!r}' for k, v in settings.items())])})"


@custom_vmap
def _not_mapped(key: Key[Array, ""]) -> Key[Array, ""]:
    return key


@_not_mapped.def_vmap
def _refuse(size: int, mapped: Any, key: Any) -> Any:
    raise TypeError(
        "FromGymnasium: reset and step cannot be mapped over instances, since that would be a call of the host for each; "
        "use reset_many, step_many and reset_where (a wrapper passes all three on if it derives from envs.AbstractWrapper)."
    )
