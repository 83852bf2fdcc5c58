"""The market that works off inputs step by step, and value learning with the same steps; lanes are seeds and settings."""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key

import catallax as cx
from catallax.core import AbstractConsumer, Step
from catallax.markets import policy_of, raise_fault


class Examiner(AbstractConsumer):
    """Pays one credit for an input that is delivered with the right answer."""

    wealth: float = 1_000.0
    income: float = 64.0

    def seen(self, step: Step) -> Bool[Array, " instances"]:
        """Whether what was delivered is right."""
        return step.info["right"]

    def value(self, obs: Bool[Array, ""], wealth: Float[Array, ""], delivered: Bool[Array, ""]) -> Float[Array, ""]:
        """One credit or nothing."""
        return jnp.where(delivered & obs, 1.0, 0.0)


class Lanes(NamedTuple):
    """What differs between the learners of one program; axis `lanes`."""

    later: Float[Array, " lanes"]
    """Weight of what comes later beside the next price, λ: earn-outs of a market, traces of value learning."""
    tremble: Float[Array, " lanes"]
    """Probability that anybody acts."""
    deadline: Int[Array, " lanes"]
    """Ticks after which an input is delivered; 0: when somebody says so."""
    key: Key[Array, " lanes"]


class Learned(NamedTuple):
    """What the lanes came to."""

    actions: Int[Array, "lanes obs"]
    """What is done at every observation."""
    inputs: Int[Array, " lanes"]
    """Inputs that were worked off in training."""


STEP, DECAY = 0.02, 10.0
"""Of both learners: smallest step size, and visits after which it has halved."""


def market(env: Any, instances: int, round_ticks: int) -> cx.DeepMarket:
    """An agent with two accounts for every primitive; second prices; buyers pass their later gains on."""
    return cx.DeepMarket(
        cx.agents.Tabular.society(env, step=STEP, decay=DECAY, endowment=1_000.0),
        cx.auctions.Trembling(cx.auctions.CreditConservingVickrey(), 0.1),
        consumers=(Examiner(income=float(instances)),),
        earn_out=1.0,
        round_ticks=round_ticks,
    )


@eqx.filter_jit
def _trade(template: cx.DeepMarket, env: Any, lanes: Lanes, instances: int, rounds: int) -> tuple[Array, Array, Any]:
    def one(lane: Lanes) -> tuple[Array, Array, Any]:
        society = eqx.tree_at(lambda m: (m.earn_out, m.auction.rate), template, (lane.later, lane.tremble))
        world = eqx.tree_at(lambda e: e.deadline, env, lane.deadline)
        start, run, last = jax.random.split(lane.key, 3)
        state = society.init(world, instances, start)
        state = jax.lax.fori_loop(0, rounds, lambda _, now: society.round(world, now, run)[0], state)
        seen = jnp.arange(env.observation_space.n)
        actions = jax.vmap(policy_of(society, state))(jax.random.split(last, seen.size), seen)
        return actions, state.tally.episodes.sum(), state

    return jax.vmap(one)(lanes)


def trade(env: Any, lanes: Lanes, *, instances: int, round_ticks: int, rounds: int) -> Learned:
    """Markets; their books close."""
    actions, inputs, state = _trade(market(env, instances, round_ticks), env, lanes, instances, rounds)
    raise_fault(state, type(env).__name__)
    if state.ledger.audit() != 0:
        raise AssertionError("the books of a market do not close")
    return Learned(actions, inputs)


class _Row(NamedTuple):
    obs: Array
    action: Array
    reward: Array
    over: Array
    after: Array


@eqx.filter_jit
def values(env: Any, lanes: Lanes, *, instances: int, round_ticks: int, rounds: int) -> Learned:
    """Value learning with λ-returns, `G_t = r_t + (1 - λ) max_a Q(o', a) + λ G_{t+1}`, learned once a round, as a market does.

    Source: Peng and Williams (1996), whose returns are not cut where somebody explored; λ = 0 is Q-learning, λ = 1 Monte Carlo.
    """
    shape = (env.observation_space.n, env.action_space.n)

    def one(lane: Lanes) -> Learned:
        world = eqx.tree_at(lambda e: e.deadline, env, lane.deadline)

        def tick(carry: Any, now: tuple[Array, Key[Array, " instances"]]) -> tuple[Any, _Row]:
            (table, state, obs), (luck, keys) = carry, now
            greedy = jnp.argmax(table[obs] + 1e-6 * luck[:, : shape[1]], 1)
            drawn = (luck[:, -2] * shape[1]).astype(jnp.int32)
            action = jnp.where(luck[:, -1] < lane.tremble, drawn, greedy)
            step = world.step_many(keys, state, action)
            over = step.terminated | step.truncated
            state, after = world.reset_where(keys, over, step.state, step.obs)
            reward = step.reward + (step.terminated & step.info["right"])
            return (table, state, after), _Row(obs, action, reward, over, after)

        def round_(number: Array, carry: Any) -> Any:
            table, visits, state, obs, inputs = carry
            luck_key, world_key = jax.random.split(jax.random.fold_in(lane.key, number))
            luck = jax.random.uniform(luck_key, (round_ticks, instances, shape[1] + 2))
            keys = jax.random.split(world_key, (round_ticks, instances))
            (_, state, obs), rows = jax.lax.scan(tick, (table, state, obs), (luck, keys))

            def back(later: Array, row: _Row) -> tuple[Array, Array]:
                onward = (1 - lane.later) * table[row.after].max(1) + lane.later * later
                gain = row.reward + jnp.where(row.over, 0.0, onward)
                return gain, gain

            _, gains = jax.lax.scan(back, table[obs].max(1), rows, reverse=True)
            at, target = (rows.obs.reshape(-1), rows.action.reshape(-1)), gains.reshape(-1)
            new = visits.at[at].add(1)
            before, k = visits[at], new[at] - visits[at]
            rate = jnp.maximum(STEP, 1.0 / (1.0 + before / DECAY))
            share = (1.0 - (1.0 - rate) ** k) / k
            table = table.at[at].add(share * (target - table[at]))
            return table, new, state, obs, inputs + jnp.sum(rows.over, dtype=jnp.int32)

        state, obs = world.reset_many(jax.random.split(jax.random.fold_in(lane.key, rounds), instances))
        start = (jnp.ones(shape), jnp.zeros(shape, jnp.int32), state, obs, jnp.zeros((), jnp.int32))
        table, *_, inputs = jax.lax.fori_loop(0, rounds, round_, start)
        return Learned(jnp.argmax(table, 1), inputs)

    return jax.vmap(one)(lanes)


@eqx.filter_jit
def work_off(
    env: Any,
    actions: Int[Array, "lanes obs"],
    deadlines: Int[Array, " lanes"],
    keys: Key[Array, "lengths tests"],
    patience: int,
) -> tuple[Bool[Array, "lanes lengths tests"], Int[Array, "lanes lengths tests"]]:
    """Whether each input is answered rightly, and after how many ticks; the same inputs for every lane."""

    def play(table: Array, deadline: Array, length: Array, key: Key[Array, ""]) -> tuple[Array, Array]:
        world = eqx.tree_at(
            lambda e: (e.shortest, e.longest, e.deadline, e.patience),
            env,
            (length, length, deadline, jnp.asarray(patience, jnp.int32)),
        )
        state, obs = world.reset(key)

        def tick(carry: Any, _: None) -> tuple[Any, None]:
            state, obs, over, right, ticks = carry
            step = world.step(key, state, table[obs])
            right = jnp.where(over, right, step.terminated & step.info["right"])
            return (step.state, step.obs, over | step.terminated, right, ticks + ~over), None

        start = (state, obs, jnp.asarray(False), jnp.asarray(False), jnp.zeros((), jnp.int32))
        (_, _, _, right, ticks), _ = jax.lax.scan(tick, start, None, length=patience)
        return right, ticks

    lengths = jnp.arange(1, keys.shape[0] + 1, dtype=jnp.int32)
    over_tests = jax.vmap(play, in_axes=(None, None, None, 0))
    over_lengths = jax.vmap(over_tests, in_axes=(None, None, 0, 0))
    return jax.vmap(over_lengths, in_axes=(0, 0, None, None))(actions, deadlines, lengths, keys)


def between(env: Any, shortest: Any, longest: Any = None) -> Any:
    """The world with inputs of these lengths."""
    last = shortest if longest is None else longest
    return eqx.tree_at(
        lambda e: (e.shortest, e.longest), env, (jnp.asarray(shortest, jnp.int32), jnp.asarray(last, jnp.int32))
    )
