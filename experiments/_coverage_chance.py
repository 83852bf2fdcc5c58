"""Who gets a chance: shares of the best by schedule, in the decision auction of a BRIA and in a deep market."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

import catallax as cx
from catallax.induction import AbstractAllowance, Promise, RandomTie, check_coverage, constant_auction, every_promise
from catallax.markets import DeepMarket, MarketState, raise_fault

SCHEDULES = {
    "grows, n^0.5": -0.5,
    "constant": 0.0,
    "falls, n^-0.5": 0.5,
    "falls, n^-0.9": 0.9,
    "bounded sum, n^-2": 2.0,
}
"""Exponents of what is granted in round or at birth n."""
FAIR = ("falls, n^-0.5", "falls, n^-0.9")
"""Those whose sum diverges while their mean goes to 0, as the theorem of BRIA asks."""
CASES = ("sure rewards", "noisy rewards", "late best", "rich incumbent")
LOOKS = 32


class Grants(AbstractAllowance):
    """`scale n^-exponent` in round n, shared alike, for any exponent."""

    def __init__(self, exponent: float, scale: float = 1.0) -> None:
        self.exponent, self.scale = exponent, scale

    def rate(self, rounds: Int[np.ndarray, " rounds"]) -> Float[np.ndarray, " rounds"]:
        return self.scale * np.asarray(rounds, np.float64) ** -self.exponent

    def shares(self, hypotheses: int) -> Float[np.ndarray, " hypotheses"]:
        return np.full(hypotheses, 1 / hypotheses)


class Chances(NamedTuple):
    """Of one method in one case."""

    share: Float[np.ndarray, "seeds looks"]
    """Part of the actions since the look before that were the best."""
    first: Float[np.ndarray, " seeds"]
    """Round of the best's first action, from 1; NaN where it was not recorded."""
    covered: Float[np.ndarray, " seeds"]
    """Part of the best arm's hypotheses that were covered; NaN where nothing of the kind is defined."""

    @property
    def late(self) -> Float[np.ndarray, " seeds"]:
        """Share of the best in the last quarter of the looks."""
        return self.share[:, -LOOKS // 4 :].mean(1)


def looks(rounds: int) -> Int[np.ndarray, " looks"]:
    """Ends of as many equal parts."""
    return np.linspace(0, rounds, LOOKS + 1).astype(int)[1:]


def shares(best: np.ndarray) -> np.ndarray:
    """Mean of what happened between looks, along the last axis."""
    ends = looks(best.shape[-1])
    sums = np.cumsum(best, -1, dtype=float)[..., ends - 1]
    return np.diff(sums, prepend=0.0, axis=-1) / np.diff(ends, prepend=0)


# --- bandits


def bandits(case: str, arms: Sequence[float], rounds: int, seeds: Sequence[int]) -> np.ndarray:
    """What every arm would pay in every round, axes `seeds rounds arms`; whose hypotheses come late does not change it."""
    means = np.asarray(arms)
    if case == "sure rewards":
        return np.broadcast_to(means, (len(seeds), rounds, means.size)).copy()
    return np.stack([np.random.default_rng([1, seed]).random((rounds, means.size)) < means for seed in seeds]).astype(
        float
    )


def auction(
    case: str, exponent: float, arms: Sequence[float], levels: int, rewards: np.ndarray, seeds: Sequence[int]
) -> Chances:
    """A BRIA of constant promises under one schedule."""
    names, best = tuple(map(str, range(len(arms)))), int(np.argmax(arms))
    rounds, found = rewards.shape[1], []
    for rows, seed in zip(rewards, seeds, strict=True):
        promises = every_promise(names, levels, seed)
        of_best = np.array([promise.option == names[best] for promise in promises])
        run = constant_auction(
            promises, names, rows, Grants(exponent), RandomTie(seed),
            endowment=incumbency(case, promises, names, arms, rounds), enters=np.where(of_best & (case == "late best"), rounds // 4, 0),
        )  # fmt: skip
        hits = run.choices == best
        records = [check_coverage(run.record(int(place))).covered for place in np.flatnonzero(of_best)]
        found.append((shares(hits), first_of(hits), float(np.mean(records))))
    return Chances(*(np.array(part, float) for part in zip(*found, strict=True)))


def incumbency(
    case: str, promises: Sequence[Promise], names: Sequence[str], arms: Sequence[float], rounds: int
) -> np.ndarray:
    """Nobody has anything, or the boast for the worst arm could pay for a tenth of all rounds."""
    if case != "rich incumbent":
        return np.zeros(len(promises))
    boast = [promise.option == names[int(np.argmin(arms))] and promise.reward == 1.0 for promise in promises]
    return 0.1 * rounds * np.array(boast, float)


def first_of(hits: np.ndarray) -> float:
    """Round of the first hit, from 1; one more than all if there is none."""
    return float(np.argmax(hits) + 1) if hits.any() else hits.size + 1.0


def epsilon_greedy(epsilon: float, key: Array, sums: Array, counts: Array, now: Array) -> Array:
    """Score of each arm, of which the highest is played: means, or lots with probability epsilon."""
    whether, lots = jax.random.split(key)
    means = jnp.where(counts > 0, sums / jnp.maximum(counts, 1), 1.0)
    drawn = jax.random.uniform(lots, counts.shape)
    return jnp.where(jax.random.uniform(whether) < epsilon, drawn, means + 1e-6 * drawn)


def upper_bound(width: float, key: Array, sums: Array, counts: Array, now: Array) -> Array:
    """UCB1 with a width: `mean + width sqrt(2 ln t / n)` (Auer, Cesa-Bianchi and Fischer, 2002, has 1)."""
    known = sums / jnp.maximum(counts, 1) + width * jnp.sqrt(2 * jnp.log(now + 1.0) / jnp.maximum(counts, 1))
    return jnp.where(counts > 0, known, jnp.inf)


RIVALS = {"epsilon-greedy": (epsilon_greedy, (0.01, 0.05, 0.1, 0.2)), "UCB": (upper_bound, (0.1, 0.3, 1.0, 2.0))}
"""Score, and the grid of its one setting."""


@partial(jax.jit, static_argnames=("score",))
def _played(score: Callable[..., Array], setting: Array, rewards: Array, keys: Key[Array, " seeds"]) -> Array:
    def one(rows: Array, key: Array) -> Array:
        def step(carry: tuple[Array, Array], now: tuple[Array, Array]):
            (sums, counts), (number, row) = carry, now
            arm = jnp.argmax(score(setting, jax.random.fold_in(key, number), sums, counts, number))
            return (sums.at[arm].add(row[arm]), counts.at[arm].add(1.0)), arm

        zero = jnp.zeros(rows.shape[1])
        return jax.lax.scan(step, (zero, zero), (jnp.arange(rows.shape[0]), rows))[1]

    return jax.vmap(one)(rewards, keys)


def played(name: str, setting: float, rewards: np.ndarray, key: Key[Array, ""]) -> np.ndarray:
    """Arms that a bandit algorithm plays, axes `seeds rounds`."""
    keys = jax.random.split(key, len(rewards))
    return np.asarray(_played(RIVALS[name][0], jnp.float32(setting), jnp.asarray(rewards, jnp.float32), keys))


def tuned(name: str, arms: Sequence[float], rounds: int, seeds: Sequence[int]) -> float:
    """The setting with the largest reward on noisy bandits of its own."""
    rewards, key = bandits("noisy rewards", arms, rounds, seeds), jax.random.key(seeds[0])
    means = np.asarray(arms)
    return max(RIVALS[name][1], key=lambda setting: float(means[played(name, setting, rewards, key)].mean()))


def rival(name: str, setting: float, arms: Sequence[float], rewards: np.ndarray, key: Key[Array, ""]) -> Chances:
    """A bandit algorithm on the same draws."""
    hits = played(name, setting, rewards, key) == int(np.argmax(arms))
    return Chances(shares(hits), np.array([first_of(row) for row in hits]), np.full(len(hits), np.nan))


# --- deep markets


class Claimant(cx.core.AbstractAgent):
    """Bids its price in one state, abstains elsewhere, and has one action: a hypothesis about what the action is worth there."""

    place: Int[Array, ""]
    action: Int[Array, ""]
    price: Float[Array, ""]
    """Credits."""

    def bid(self, key: Key[Array, ""], obs: Int[Array, ""]) -> Float[Array, ""]:
        return jnp.where(obs == self.place, self.price, cx.core.ABSTAIN)

    def act(self, key: Key[Array, ""], obs: Int[Array, ""]) -> Int[Array, ""]:
        return self.action


class Claims(cx.agents.AbstractFamily):
    """Every state, action and price."""

    prices: Float[Array, " prices"]
    states: int = eqx.field(static=True)
    actions: int = eqx.field(static=True)

    @property
    def size(self) -> int:
        """States x actions x prices."""
        return self.states * self.actions * self.prices.shape[0]

    def individual(self, number: Int[Array, ""]) -> Claimant:
        """`number = price + prices (action + actions place)`."""
        which, rest = number % self.prices.shape[0], number // self.prices.shape[0]
        return Claimant((rest // self.actions) % self.states, rest % self.actions, self.prices[which])


class LateBest(cx.core.AbstractEntry):
    """Of another rule's newborns those that do the best action of their state come only later."""

    entry: cx.agents.Rota
    best: Int[Array, " states"]
    late: Int[Array, ""]
    """Round from which they do."""

    def init(self, key: Key[Array, ""]) -> Any:
        return self.entry.init(key)

    def newborns(self, key: Key[Array, ""], state: Any, population: Any) -> tuple[Any, Any]:
        state, newborns = self.entry.newborns(key, state, population)
        claims = newborns.individuals
        assert isinstance(claims, Claimant)
        of_best = claims.action == self.best[claims.place]
        return state, newborns._replace(valid=newborns.valid & ~(of_best & (state.round <= self.late)))


class World(NamedTuple):
    """A small random decision problem and what is known of it; with an axis `seeds` where there are several."""

    env: Any
    best: Int[Array, " states"]
    worst: Int[Array, " states"]
    top: Float[Array, ""]
    """Largest value of a state, credits."""
    q: Float[Array, "states actions"]


def worlds(case: str, states: int, actions: int, seeds: Sequence[int], discount: float = 0.5) -> World:
    """Garnets; in the sure ones the first successor follows for certain."""
    envs = [
        cx.envs.Garnet(states, actions, min(3, states), key=jax.random.key(seed), discount=discount) for seed in seeds
    ]
    if case == "sure rewards":
        envs = [eqx.tree_at(lambda env: env.cumulative, env, jnp.ones_like(env.cumulative)) for env in envs]
    q = np.stack([cx.planning.value_iteration(env).q for env in envs])
    stacked = jax.tree.map(lambda *leaves: jnp.stack([jnp.asarray(leaf) for leaf in leaves]), *envs)
    best, worst = (jnp.asarray(x, jnp.int32) for x in (q.argmax(2), q.argmin(2)))
    return World(stacked, best, worst, jnp.asarray(q.max((1, 2)), jnp.float32), jnp.asarray(q, jnp.float32))


class Scale(NamedTuple):
    """Sizes of the market's runs."""

    rounds: int
    round_ticks: int
    prices: int
    capacity: int


def market_of(world: World, exponent: Array, late: Array, riches: Array, scale: Scale) -> DeepMarket:
    """Claims enter by rota; where there are riches, boasts for the worst action of every state stand first."""
    states, actions = world.q.shape
    family = Claims(world.top * jnp.linspace(1.25 / scale.prices, 1.25, scale.prices), states, actions)
    place = jnp.arange(scale.capacity, dtype=jnp.int32) % states
    boasts = Claimant(place, world.worst[place], jnp.broadcast_to(family.prices[-1], place.shape))
    alive = (jnp.arange(scale.capacity) < states) & (riches > 0)
    entry = cx.agents.Rota(family, 2 * world.top, exponent=exponent, per_round=4)
    return DeepMarket(
        cx.Cohort(boasts, alive, riches * world.top),
        cx.auctions.FirstPrice(),
        entry=LateBest(entry, world.best, late),
        exits=(cx.agents.Bankrupt(0.02), cx.agents.Idle(50 * scale.round_ticks)),
        round_ticks=scale.round_ticks,
    )


@partial(jax.jit, static_argnames=("scale",))
def _traded(
    world: World, exponents: Array, late: Array, riches: Array, keys: Key[Array, " seeds"], scale: Scale
) -> tuple[MarketState, Array]:
    """Final states and, for each round, which part of the ticks saw the best action; all schedules of a seed stand together."""

    def one(world: World, key: Array, exponent: Array) -> tuple[MarketState, Array]:
        market = market_of(world, exponent, late, riches, scale)
        begin, on = jax.random.split(key)

        def play(state: MarketState, _: None) -> tuple[MarketState, Array]:
            state, sales = market.round(world.env, state, on, 1)
            best = (sales.action == world.best[sales.obs]) & (sales.winner != cx.core.NOBODY)
            return state, jnp.mean(best.astype(jnp.float32))

        return jax.lax.scan(play, market.init(world.env, 1, begin), None, scale.rounds)

    worlds, luck = jax.tree.map(lambda x: jnp.repeat(x, exponents.size, axis=0), (world, keys))
    return jax.vmap(one)(worlds, luck, jnp.tile(exponents, keys.shape[0]))


def traded(case: str, states: int, actions: int, scale: Scale, seeds: Sequence[int]) -> dict[str, Chances]:
    """A deep market of claims, by schedule.

    Raises:
        MarketError: if a market broke; AssertionError: if books do not close.
    """
    late = jnp.int32(scale.rounds // 4 if case == "late best" else 0)
    riches = jnp.float32(0.1 * scale.rounds * scale.round_ticks if case == "rich incumbent" else 0.0)
    keys = jax.vmap(jax.random.key)(jnp.asarray(seeds))
    exponents = jnp.asarray(list(SCHEDULES.values()))
    state, hits = _traded(worlds(case, states, actions, seeds), exponents, late, riches, keys, scale)
    closed(state)
    best = np.asarray(hits).reshape(len(seeds), len(SCHEDULES), scale.rounds)
    share, empty = shares(best), np.full(len(seeds), np.nan)
    return {
        name: Chances(share[:, place], np.array([first_of(row) for row in best[:, place] > 0]), empty)
        for place, name in enumerate(SCHEDULES)
    }


def closed(state: MarketState) -> None:
    """Books of all markets of a batch, to the last grain.

    Raises:
        MarketError: if a market broke; AssertionError: if books do not close.
    """
    raise_fault(state, "claim_coverage")
    for place in range(state.tick.size):
        assert jax.tree.map(lambda x, at=place: x[at], state.ledger).audit() == 0, "books do not close"


def walked(world: World, epsilon: float, ticks: int, seeds: Sequence[int], decay: float = 10.0) -> Chances:
    """Epsilon-greedy Q-learning on the same worlds: the best action's share while it explores, by the table at every look."""
    rows = []
    for place, seed in enumerate(seeds):
        env = jax.tree.map(lambda x, at=place: x[at], world.env)
        learned = cx.lab.baselines.q_learning(
            env,
            ticks=ticks,
            instances=1,
            key=jax.random.key(seed),
            step=0.0,
            decay=decay,
            epsilon=epsilon,
            chunks=LOOKS,
        )
        rows.append(
            [best_share(env, table, np.asarray(world.best[place]), epsilon) for table in learned.history[:LOOKS]]
        )
    nothing = np.full(len(seeds), np.nan)
    return Chances(np.array(rows), nothing, nothing)


def best_share(env: Any, table: np.ndarray, best: np.ndarray, epsilon: float) -> float:
    """Long-run share of the best actions under an epsilon-greedy policy, after each state by its frequency."""
    mdp = env.mdp()
    states, actions = table.shape
    policy = (1 - epsilon) * np.eye(actions)[table.argmax(1)] + epsilon / actions
    flow = np.zeros((states, states))
    np.add.at(flow, (np.arange(states)[:, None, None], mdp.successor), policy[:, :, None] * mdp.probability)
    lazy = np.linalg.matrix_power(0.5 * (flow + np.eye(states)), 4096)
    return float(mdp.start @ lazy @ policy[np.arange(states), best])
