"""Who gets a chance: shares of the best by schedule, in the decision auction of a BRIA and in a deep market."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

import catallax as cx
from catallax.induction import (
    PowerAllowance,
    Promise,
    RandomTie,
    check_coverage,
    check_overestimation,
    constant_auction,
    every_promise,
)
from catallax.markets import DeepMarket, MarketState, raise_fault

SCHEDULES = {
    "falls, n^-0.5": 0.5,
    "falls, n^-0.9": 0.9,
    "bounded sum, n^-2": 2.0,
    "constant, as much": 0.0,
    "constant": 0.0,
    "grows, n^0.5": -0.5,
}
"""Exponents of what is granted in round n: credits of the decision auction, births of the deep market."""
FAIR = ("falls, n^-0.5", "falls, n^-0.9")
"""Those whose sum diverges while their mean goes to 0, as the theorem of BRIA asks."""
AMPLE = ("constant", "grows, n^0.5")
"""Their mean stays above 0, which the first grant decides; all others grant as much over the run as n^-0.5."""
UNFIT = ("bounded sum, n^-2", *AMPLE)
"""Those that miss a condition by far; as little as `constant, as much` grants, no run of this length shows that it does."""
CASES = ("sure rewards", "noisy rewards", "late best", "rich incumbent")
RICH = 0.1
"""Part of the run that the rich can pay for."""
LOOKS = 32


class Schedule(NamedTuple):
    """`first n^-exponent`."""

    first: float
    exponent: float


def schedules(amount: float, rounds: int) -> dict[str, Schedule]:
    """All of them, where n^-1/2 begins with the amount."""
    numbers = np.arange(1.0, rounds + 1)
    total = amount * (numbers**-0.5).sum()
    return {
        name: Schedule(amount if name in AMPLE else total / (numbers**-exponent).sum(), exponent)
        for name, exponent in SCHEDULES.items()
    }


class Grants(PowerAllowance):
    """Any exponent, also those that it refuses."""

    def __init__(self, schedule: Schedule) -> None:
        self.scale, self.exponent = schedule
        self.weights = None


def luck(seeds: Sequence[int], purpose: str) -> Key[Array, " seeds"]:
    """A key for each seed, and another for every purpose."""
    return jnp.stack([cx.core.split_by(jax.random.key(seed), purpose)[0] for seed in seeds])


class Chances(NamedTuple):
    """Of one method in one case."""

    share: Float[np.ndarray, "seeds looks"]
    """Part of the actions since the look before that were the best."""
    first: Float[np.ndarray, " seeds"]
    """Round of the best's first action, from 1; NaN where it was not recorded."""
    covered: Float[np.ndarray, " seeds"]
    """Part of the best arm's hypotheses that were covered; NaN where nothing of the kind is defined."""
    excess: Float[np.ndarray, " seeds"]
    """Mean of estimate less reward, credits; NaN likewise."""
    rich: Float[np.ndarray, " seeds"]
    """Part of the run that the rich incumbents won; NaN where there are none."""

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
    case: str, schedule: Schedule, arms: Sequence[float], levels: int, rewards: np.ndarray, seeds: Sequence[int]
) -> Chances:
    """A BRIA of constant promises under one schedule."""
    names, best, worst = tuple(map(str, range(len(arms)))), int(np.argmax(arms)), int(np.argmin(arms))
    rounds, found = rewards.shape[1], []
    for rows, seed in zip(rewards, seeds, strict=True):
        order, ties = map(int, np.random.SeedSequence([2, seed]).generate_state(2))
        promises = every_promise(names, levels, order)
        of_best = np.array([promise.option == names[best] for promise in promises])
        boast = np.array([promise == Promise(names[worst], 1.0) for promise in promises]) & (case == "rich incumbent")
        run = constant_auction(
            promises, names, rows, Grants(schedule), RandomTie(ties),
            endowment=RICH * rounds * (1.0 - arms[worst]) * boast, enters=np.where(of_best & (case == "late best"), rounds // 4, 0),
        )  # fmt: skip
        hits = run.choices == best
        records = [check_coverage(run.record(int(place))).covered for place in np.flatnonzero(of_best)]
        rich = boast[run.winners].mean() if boast.any() else np.nan
        found.append((shares(hits), first_of(hits), float(np.mean(records)), check_overestimation(run).last, rich))
    return Chances(*(np.array(part, float) for part in zip(*found, strict=True)))


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


def played(name: str, setting: float, rewards: np.ndarray, seeds: Sequence[int]) -> np.ndarray:
    """Arms that a bandit algorithm plays, axes `seeds rounds`."""
    numbers = jnp.float32(setting), jnp.asarray(rewards, jnp.float32), luck(seeds, "bandit")
    return np.asarray(_played(RIVALS[name][0], *numbers))


def tuned(grid: Sequence[float], shares: Callable[[float], np.ndarray]) -> float:
    """The setting with the largest mean share of the best over the run."""
    return max(grid, key=lambda setting: float(shares(setting).mean()))


def rival(name: str, setting: float, arms: Sequence[float], rewards: np.ndarray, seeds: Sequence[int]) -> Chances:
    """A bandit algorithm on the same draws."""
    hits, nothing = played(name, setting, rewards, seeds) == int(np.argmax(arms)), np.full(len(rewards), np.nan)
    return Chances(shares(hits), np.array([first_of(row) for row in hits]), nothing, nothing, nothing)


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


class Some(cx.agents.AbstractFamily):
    """Some members of a family."""

    family: cx.agents.AbstractFamily
    numbers: Int[Array, " members"]

    @property
    def size(self) -> int:
        return self.numbers.shape[0]

    def individual(self, number: Int[Array, ""]) -> cx.core.AbstractAgent:
        return self.family.individual(self.numbers[number % self.size])


class InTwo(cx.core.AbstractEntry):
    """Two rotas side by side, of which the second stands still until its round; first turns are held back, not lost."""

    first: cx.agents.Rota
    second: cx.agents.Rota
    late: Int[Array, ""]
    """Rounds that the second waits."""

    def init(self, key: Key[Array, ""]) -> Any:
        one, two = cx.core.split_by(key, "first", "second")
        return self.first.init(one), self.second.init(two)

    def newborns(self, key: Key[Array, ""], state: Any, population: Any) -> tuple[Any, Any]:
        one, two = cx.core.split_by(key, "first", "second")
        first, now = self.first.newborns(one, state[0], population)
        free = ~population.alive
        taken = free & (jnp.cumsum(free) <= jnp.sum(now.valid))
        second, then = self.second.newborns(two, state[1], population._replace(alive=population.alive | taken))
        waits = second.round <= self.late
        held = jax.tree.map(lambda new, old: jnp.where(waits, old, new), second, state[1])
        both = jax.tree.map(lambda a, b: jnp.concatenate([a, b]), now, then._replace(valid=then.valid & ~waits))
        return (first, held._replace(round=second.round)), both


TOP = 1.25
"""Highest price, in units of the largest value."""


class World(NamedTuple):
    """A small random decision problem and what is known of it; with an axis `seeds` where there are several."""

    env: Any
    best: Int[Array, " states"]
    worst: Int[Array, " states"]
    top: Float[Array, ""]
    """Largest value of a state, credits."""
    toll: Float[Array, " states"]
    """What it costs, in credits a tick of the whole run, that the worst action is always bought at the highest price, resale and reward deducted."""


def worlds(case: str, states: int, actions: int, seeds: Sequence[int], discount: float = 0.5) -> World:
    """Garnets; in the sure ones the first successor follows for certain."""
    envs = [
        cx.envs.Garnet(states, actions, min(3, states), key=key, discount=discount)
        for key in luck(seeds, "small world")
    ]
    if case == "sure rewards":
        envs = [eqx.tree_at(lambda env: env.cumulative, env, jnp.ones_like(env.cumulative)) for env in envs]
    known = [World(env, *described(env)) for env in envs]
    return jax.tree.map(lambda *leaves: jnp.stack([jnp.asarray(leaf) for leaf in leaves]), *known)


def described(env: Any) -> tuple[Array, Array, Array, Array]:
    """Best and worst actions, the largest value, and tolls."""
    mdp, q = env.mdp(), cx.planning.value_iteration(env).q
    worst, top = q.argmin(1), q.max()
    often = cx.planning.long_run(env, np.eye(q.shape[1])[worst])
    reward = (mdp.probability * mdp.reward).sum(2)[np.arange(len(worst)), worst]
    toll = often * np.maximum((1 - mdp.discount) * TOP * top - reward, 0.0)
    best, last = (jnp.asarray(actions, jnp.int32) for actions in (q.argmax(1), worst))
    return best, last, jnp.float32(top), jnp.asarray(toll, jnp.float32)


class Scale(NamedTuple):
    """Sizes of the market's runs."""

    rounds: int
    round_ticks: int
    prices: int
    capacity: int


def market_of(world: World, schedule: Array, late: Array, riches: Array, scale: Scale, actions: int) -> DeepMarket:
    """Claims enter by rota, those of the best actions by one of their own; where there are riches, boasts for the worst action of every state stand first."""
    states, prices = world.best.size, scale.prices
    family = Claims(world.top * jnp.linspace(TOP / prices, TOP, prices), states, actions)
    place = jnp.arange(scale.capacity, dtype=jnp.int32) % states
    boasts = Claimant(place, world.worst[place], jnp.broadcast_to(family.prices[-1], place.shape))
    alive = (jnp.arange(scale.capacity) < states) & (riches[place] > 0)
    ranked = (world.best[:, None] + jnp.arange(actions, dtype=jnp.int32)[None]) % actions
    cells = ranked + actions * jnp.arange(states, dtype=jnp.int32)[:, None]
    numbers = cells[:, :, None] * prices + jnp.arange(prices, dtype=jnp.int32)[None, None]
    first, exponent = schedule

    def rota(numbers: Array, among: int) -> cx.agents.Rota:
        return cx.agents.Rota(
            Some(family, numbers.reshape(-1)), 2 * world.top, first * among / actions, exponent, among
        )

    return DeepMarket(
        cx.Cohort(boasts, alive, riches[place]),
        cx.auctions.FirstPrice(),
        entry=InTwo(rota(numbers[:, 1:], actions - 1), rota(numbers[:, :1], 1), late),
        exits=(cx.agents.Bankrupt(0.02), cx.agents.Idle(50 * scale.round_ticks)),
        round_ticks=scale.round_ticks,
    )


@partial(jax.jit, static_argnames=("scale", "actions"))
def _traded(
    world: World, plans: Array, late: Array, riches: Array, keys: Key[Array, " seeds"], scale: Scale, actions: int
) -> tuple[MarketState, Array]:
    """Final states and, for each round, which parts of the ticks saw the best action and the rich; all schedules of a seed stand together."""

    def one(world: World, riches: Array, key: Array, plan: Array) -> tuple[MarketState, Array]:
        market = market_of(world, plan, late, riches, scale, actions)
        begin, on = cx.core.split_by(key, "begin", "on")

        def play(before: MarketState, _: None) -> tuple[MarketState, Array]:
            state, sales = market.round(world.env, before, on, 1)
            sold = sales.winner != cx.core.NOBODY
            first = before.lives.identity[sales.winner] < world.best.size
            seen = jnp.stack([sold & (sales.action == world.best[sales.obs]), sold & first & (riches[0] > 0)])
            return state, jnp.mean(seen.astype(jnp.float32), axis=(1, 2))

        return jax.lax.scan(play, market.init(world.env, 1, begin), None, scale.rounds)

    worlds, wealth, lots = jax.tree.map(lambda x: jnp.repeat(x, plans.shape[0], axis=0), (world, riches, keys))
    return jax.vmap(one)(worlds, wealth, lots, jnp.tile(plans, (keys.shape[0], 1)))


def traded(
    case: str, states: int, actions: int, scale: Scale, plans: Mapping[str, Schedule], seeds: Sequence[int]
) -> dict[str, Chances]:
    """A deep market of claims, by schedule.

    Raises:
        MarketError: if a market broke; AssertionError: if books do not close.
    """
    late = jnp.int32(scale.rounds // 4 if case == "late best" else 0)
    world, rich = worlds(case, states, actions, seeds), case == "rich incumbent"
    # with the price of a sale to hand, as bids are capped by wealth
    riches = rich * (RICH * scale.rounds * scale.round_ticks * world.toll + TOP * world.top[:, None])
    numbers, keys = jnp.asarray(list(plans.values()), jnp.float32), luck(seeds, "market of claims")
    state, seen = _traded(world, numbers, late, riches, keys, scale, actions)
    closed(state)
    best, owned = np.moveaxis(np.asarray(seen), 2, 0).reshape(2, len(seeds), len(plans), scale.rounds)
    share, nothing = shares(best), np.full(len(seeds), np.nan)
    part = owned.mean(2) if rich else np.full((len(seeds), len(plans)), np.nan)
    return {
        name: Chances(
            share[:, place], np.array([first_of(row) for row in best[:, place] > 0]), nothing, nothing, part[:, place]
        )
        for place, name in enumerate(plans)
    }


def closed(state: MarketState) -> None:
    """Books of all markets of a batch, to the last grain.

    Raises:
        MarketError: if a market broke; AssertionError: if books do not close.
    """
    raise_fault(state, "claim_coverage")
    for place in range(state.tick.size):
        assert jax.tree.map(lambda x, at=place: x[at], state.ledger).audit() == 0, "books do not close"


EPSILONS = (0.01, 0.05, 0.1, 0.2)


def walked(world: World, epsilon: float, ticks: int, seeds: Sequence[int], decay: float = 10.0) -> Chances:
    """Epsilon-greedy Q-learning on the same worlds: the best action's share while it explores, by the table at every look."""
    rows = []
    for place, key in enumerate(luck(seeds, "Q-learning")):
        env = jax.tree.map(lambda x, at=place: x[at], world.env)
        learned = cx.lab.baselines.q_learning(
            env, ticks=ticks, instances=1, key=key, step=0.0, decay=decay, epsilon=epsilon, chunks=LOOKS
        )
        rows.append(best_shares(env, learned.history[:LOOKS], np.asarray(world.best[place]), epsilon))
    nothing = np.full(len(seeds), np.nan)
    return Chances(np.array(rows), nothing, nothing, nothing, nothing)


def best_shares(env: Any, tables: np.ndarray, best: np.ndarray, epsilon: float) -> np.ndarray:
    """Long-run share of the best actions under the epsilon-greedy policy of each table."""
    states, actions = tables.shape[1:]
    policies = (1 - epsilon) * np.eye(actions)[tables.argmax(2)] + epsilon / actions
    return (cx.planning.long_run(env, policies) * policies[:, np.arange(states), best]).sum(1)
