"""Conformance checkers: run them on your own parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree

from catallax.core._cohort import Cohort
from catallax.core._parts import AbstractAgent, AbstractAuction, AbstractEnv, AbstractLevy
from catallax.core._spaces import Bits, Box, Discrete, Record, Space
from catallax.core._types import NOBODY, Experience, Tick


class ConformanceError(AssertionError):
    """A part breaks its contract; the message names part and clause."""


def check_part(part: Any) -> None:
    """Check a part by its kind.

    Raises:
        ConformanceError: naming the broken clause.
        TypeError: if there is no checker for it.
    """
    if isinstance(part, AbstractAuction):
        check_auction(part)
    elif isinstance(part, AbstractEnv):
        check_env(part)
    elif isinstance(part, AbstractLevy):
        check_levy(part)
    elif isinstance(part, AbstractAgent):
        raise TypeError("check_part: an agent needs an observation; call check_agent(agent, obs).")
    else:
        raise TypeError(f"check_part: no checker for {type(part).__name__}; expected an auction, environment or levy.")


def check_auction(auction: AbstractAuction) -> None:
    """Dead and abstaining agents never win, nobody pays more than its bid, prices are not negative, jit = eager.

    Raises:
        ConformanceError: naming the broken clause.
    """
    name = type(auction).__name__
    jitted = jax.jit(auction.clear)
    rng = np.random.default_rng(0)
    for agents in (1, 2, 7):
        for trial in range(20):
            bids = jnp.asarray(rng.choice([-1.0, 0.0, 0.25, 0.5, 1.5], agents), jnp.float32)
            alive = jnp.asarray(rng.random(agents) < 0.7)
            key = jax.random.key(trial)
            sale = auction.clear(key, bids, alive)
            _same(name, "clear", sale, jitted(key, bids, alive))
            winner, pays, receives = int(sale.winner), float(sale.pays), float(sale.receives)
            if winner == NOBODY:
                _demand(pays == receives == 0, name, "money moved although nobody won")
                continue
            _demand(0 <= winner < agents, name, f"winner {winner} is not on the agents axis of length {agents}")
            _demand(bool(alive[winner]), name, "a dead agent won")
            _demand(float(bids[winner]) >= 0, name, "an agent won that did not bid (negative bid)")
            _demand(0 <= pays <= float(bids[winner]), name, f"the winner bid {float(bids[winner])} and pays {pays}")
            _demand(receives >= 0, name, f"the seller receives {receives}")
    nobody = auction.clear(jax.random.key(0), jnp.ones(3), jnp.zeros(3, bool))
    _demand(int(nobody.winner) == NOBODY, name, "somebody won among the dead")


def check_agent(agent: AbstractAgent, obs: PyTree) -> None:
    """Scalar finite bid, jit = eager, maps over 1 and 7 individuals, `learn` keeps the shapes.

    Raises:
        ConformanceError: naming the broken clause.
    """
    name, key = type(agent).__name__, jax.random.key(0)
    bid = jnp.asarray(agent.bid(key, obs))
    _demand(bid.shape == (), name, f"bid has axes {bid.shape}, expected a scalar for one agent and one observation")
    _demand(bool(jnp.isfinite(bid)), name, f"bid is {float(bid)}, expected a finite number of credits")
    _same(name, "bid", bid, eqx.filter_jit(agent.bid)(key, obs))
    _same(name, "act", agent.act(key, obs), eqx.filter_jit(agent.act)(key, obs))
    rows = jax.tree.map(lambda x: jnp.stack([jnp.asarray(x)] * 4), obs)
    real, yes = jnp.full(4, 0.25), jnp.ones(4, bool)
    learned = agent.learn(key, Experience(rows, real, yes, real, real, real, yes))
    before, after = (jax.tree.map(jnp.shape, eqx.filter(a, eqx.is_array)) for a in (agent, learned))
    _demand(before == after, name, f"learn changed the shapes of the agent: {before} became {after}")
    for count in (1, 7):
        bids = Cohort.stack([agent] * count).bids(key, obs)
        _demand(bids.shape == (count,), name, f"mapped over {count} individuals it gives axes {bids.shape}")


def check_env(env: AbstractEnv, steps: int = 50) -> None:
    """Observations lie in their space, rewards are finite, a step is pure, jit = eager, discount in [0, 1].

    Raises:
        ConformanceError: naming the broken clause.
    """
    name = type(env).__name__
    _demand(0 <= float(env.discount) <= 1, name, f"discount {float(env.discount)} lies outside [0, 1]")
    reset, step = eqx.filter_jit(env.reset), eqx.filter_jit(env.step)
    key = jax.random.key(0)
    _same(name, "reset", env.reset(key), reset(key))
    state, obs = reset(key)
    for number in range(steps):
        _in_space(name, env.observation_space, obs)
        action_key, step_key, key = jax.random.split(jax.random.fold_in(key, number), 3)
        action = _any_action(env.action_space, action_key)
        result = step(step_key, state, action)
        if number < 2:
            _same(name, "step", env.step(step_key, state, action), result)
        _demand(bool(jnp.isfinite(result.reward)), name, f"reward is {float(result.reward)} at step {number}")
        shapes = [jax.tree.map(jnp.shape, s) for s in (state, result.state)]
        _demand(shapes[0] == shapes[1], name, "step changed the shapes of the state")
        over = bool(result.terminated) or bool(result.truncated)
        state, obs = reset(key) if over else (result.state, result.obs)


def check_levy(levy: AbstractLevy) -> None:
    """Dues are finite, never negative, never above wealth, and the broke owe nothing.

    Raises:
        ConformanceError: naming the broken clause.
    """
    name = type(levy).__name__
    wealth = jnp.asarray([0.0, 1.0, 3.0, 0.5, 10.0])
    price = jnp.asarray([0.5, 0.25, 0.0])
    tick = Tick(
        number=jnp.asarray(3, jnp.int32),
        winner=jnp.asarray([2, 2, NOBODY], jnp.int32),
        price=price,
        bid=price,
        bids_placed=jnp.asarray([0, 3, 3, 1, 2], jnp.int32),
        effort=jnp.asarray([0.0, 30.0, 3.0, 1.0, 2.0]),
        total_wealth=jnp.sum(wealth),
    )
    due = levy.collect(jax.random.key(0), wealth, tick)
    _demand(due.shape == wealth.shape, name, f"dues have axes {due.shape}, expected {wealth.shape}")
    _demand(bool(jnp.all(jnp.isfinite(due) & (due >= 0))), name, f"dues {due} are not all finite and >= 0")
    _demand(bool(jnp.all(due <= wealth)), name, f"dues {due} exceed the wealth {wealth}")
    _same(name, "collect", due, jax.jit(levy.collect)(jax.random.key(0), wealth, tick))


def _demand(holds: bool, part: str, clause: str) -> None:
    if not holds:
        raise ConformanceError(f"{part}: {clause}.")


def _same(part: str, method: str, eager: PyTree, jitted: PyTree) -> None:
    def close(a: Any, b: Any) -> bool:
        if jnp.issubdtype(jnp.asarray(a).dtype, jax.dtypes.prng_key):
            a, b = jax.random.key_data(a), jax.random.key_data(b)
        return bool(np.allclose(a, b, rtol=1e-5, atol=1e-6, equal_nan=True))

    agree = jax.tree.all(jax.tree.map(close, eager, jitted))
    _demand(agree, part, f"{method} gives another result under jit; it must be a pure function of its arguments")


def _in_space(part: str, space: Space, obs: PyTree) -> None:
    if isinstance(space, Record):
        _demand(
            isinstance(obs, tuple) and len(obs) == len(space.parts), part, f"observation {obs} lies outside {space}"
        )
        for inner, piece in zip(space.parts, obs, strict=True):
            _in_space(part, inner, piece)
    elif isinstance(space, Discrete):
        _demand(jnp.shape(obs) == () and 0 <= int(obs) < space.n, part, f"observation {obs} lies outside {space}")
    elif isinstance(space, Bits):
        _demand(jnp.shape(obs) == (space.words,), part, f"observation has axes {jnp.shape(obs)}, expected {space}")
    else:
        _demand(jnp.shape(obs) == space.shape, part, f"observation has axes {jnp.shape(obs)}, expected {space.shape}")
        _demand(bool(jnp.all(jnp.isfinite(obs))), part, "observation holds NaN or infinity")


def _any_action(space: Space, key: Any) -> Any:
    draws: dict[type, Callable[[], Any]] = {
        Discrete: lambda: jax.random.randint(key, (), 0, space.n),  # pyright: ignore[reportAttributeAccessIssue]
        Bits: lambda: jax.random.bits(key, (space.words,), jnp.uint32),  # pyright: ignore[reportAttributeAccessIssue]
        Box: lambda: jax.random.uniform(key, space.shape),  # pyright: ignore[reportAttributeAccessIssue]
    }
    return draws[type(space)]()
