"""The deep market: one good, the right to act and to collect reward (Definition 2.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key, PyTree

from catallax.core import (
    NOBODY,
    AbstractAuction,
    AbstractConsumer,
    AbstractEntry,
    AbstractEnv,
    AbstractExit,
    AbstractLevy,
    Cohort,
    Experience,
    Ledger,
    Sale,
    Step,
    Tick,
    Transfer,
    money,
    split_by,
)
from catallax.markets import _faults as faults
from catallax.markets._census import census
from catallax.markets._state import (
    MarketState,
    Pending,
    SaleRecord,
    Tally,
    empty_tally,
    fresh_lives,
)


class DeepMarket(eqx.Module):
    """A society of agents that buy the world from each other, tick by tick.

    Each tick, in every instance: agents bid, capped by their wealth; the auction
    picks a winner; the winner pays, `w[a*] -= pays`; the previous owner is paid,
    `w[a_prev] += discount * receives`; the winner acts; the world's reward and
    the consumers' payments go to the winner; levies go to the house.

    * The original owner of a world is the house: opening sales are paid to it.
    * Several instances share one population. An agent's wealth is split evenly
      over them, `cap = w / instances`, so it never spends more than it has,
      wherever it wins; with one instance this is Algorithm 1 to the letter.
    * A terminated world is worth nothing to anybody. A truncated one still has
      value: the next auction sets its price, and the house buys it back.
    * When nobody bids, the instance is abandoned and its world reset.

    Args:
        agents: one cohort, or a tuple of cohorts of different kinds.
        auction: how the right to act is sold.
        levies: what the house takes each tick, in order.
        entry: who is born at the end of each round (one cohort only).
        exits: who is removed at the end of each round.
        consumers: accounts that pay for states, beside the world's reward.
        newcomers: how an agent without a price of its own gets one.
        discount: value now of one credit a tick later; `None` takes the world's.
            With 1 (no discount) a credit later is worth as much as one now.
        coin: credits per coin, a power of two; the ledger's grain is coin / 2**20.
        round_ticks: ticks per round; batch learners, births and deaths come at the end of each.
        repayment: share of a debtor's wealth above its endowment that goes to its creator each round.

    Raises:
        ValueError: on an empty population, a discount outside [0, 1], or parts that do not fit together.

    Source: Pallavi Sudhir and Tran-Thanh (2025), Definition 2.1 and Algorithm 1.
    """

    cohorts: tuple[Cohort, ...]
    auction: AbstractAuction
    levies: tuple[AbstractLevy, ...]
    entry: AbstractEntry | None
    exits: tuple[AbstractExit, ...]
    consumers: tuple[AbstractConsumer, ...]
    newcomers: Any
    discount: float | None
    repayment: float
    coin: float = eqx.field(static=True)
    round_ticks: int = eqx.field(static=True)

    def __init__(
        self,
        agents: Cohort | Sequence[Cohort],
        auction: AbstractAuction,
        levies: Sequence[AbstractLevy] = (),
        *,
        entry: AbstractEntry | None = None,
        exits: Sequence[AbstractExit] = (),
        consumers: Sequence[AbstractConsumer] = (),
        newcomers: Any = None,
        discount: float | None = None,
        coin: float = 1.0,
        round_ticks: int = 16,
        repayment: float = 0.5,
    ) -> None:
        self.cohorts = (agents,) if isinstance(agents, Cohort) else tuple(agents)
        self.auction = auction
        self.levies = tuple(levies)
        self.entry = entry
        self.exits = tuple(exits)
        self.consumers = tuple(consumers)
        self.newcomers = newcomers
        self.discount = discount
        self.repayment = repayment
        self.coin = float(coin)
        self.round_ticks = round_ticks

    def __check_init__(self) -> None:
        if not self.cohorts:
            raise ValueError("DeepMarket: agents is empty; expected a Cohort or a tuple of Cohorts.")
        for cohort in self.cohorts:
            if not isinstance(cohort, Cohort):
                raise ValueError(
                    f"DeepMarket: agents holds a {type(cohort).__name__}, expected a Cohort; "
                    "wrap individuals with Cohort.stack([...])."
                )
        if isinstance(self.discount, float | int) and not 0 <= self.discount <= 1:
            raise ValueError(f"DeepMarket: discount must lie in [0, 1], got {self.discount}.")
        if self.round_ticks < 1:
            raise ValueError(f"DeepMarket: round_ticks must be at least 1, got {self.round_ticks}.")
        if (self.entry is not None or self.exits or self.newcomers is not None) and (
            len(self.cohorts) > 1 or self.cohorts[0].clones > 1
        ):
            raise ValueError(
                "DeepMarket: entry, exits and newcomers need one cohort without clones, "
                f"got {len(self.cohorts)} cohorts with clones {[c.clones for c in self.cohorts]}."
            )
        alive = jnp.concatenate([c.alive for c in self.cohorts])
        if self.entry is None and not isinstance(alive, jax.core.Tracer) and not bool(alive.any()):
            raise ValueError(
                "DeepMarket: no agent is alive and there is no entry rule, so nobody could ever act; "
                "start with a living cohort or pass `entry=`."
            )

    @property
    def agents(self) -> int:
        """Slots of all cohorts together: the length of the agents axis."""
        return sum(c.capacity for c in self.cohorts)

    def init(self, env: AbstractEnv, instances: int, key: Key[Array, ""]) -> MarketState:
        """The state before the first tick: every living agent endowed by the house.

        Args:
            env: the world.
            instances: how many copies of it run in parallel.
            key: consumed.
        """
        world_key, entry_key = split_by(key, "world", "entry")
        world, obs = env.reset_many(jax.random.split(world_key, instances))
        alive = jnp.concatenate([c.alive for c in self.cohorts])
        each = jnp.concatenate([jnp.broadcast_to(jnp.asarray(c.endowment, jnp.float32), (c.capacity,)) for c in self.cohorts])
        endowment = jnp.where(alive, each * instances, 0.0)
        ledger = Ledger.open(self.agents, len(self.consumers), self.coin).endow(endowment)
        if self.consumers:
            ledger = ledger.pay_income(jnp.stack([jnp.asarray(c.wealth, jnp.float32) for c in self.consumers]))
        nobody = jnp.full(instances, NOBODY, jnp.int32)
        zeros, off = jnp.zeros(instances), jnp.zeros(instances, bool)
        pending = Pending(obs, self._kept_bids(jnp.zeros((instances, self.agents))), nobody, zeros, zeros, off, off)
        return MarketState(
            cohorts=jax.tree.map(jnp.asarray, self.cohorts),
            ledger=ledger,
            world=world,
            obs=obs,
            owner=nobody,
            closing=off,
            pending=pending,
            lives=fresh_lives(alive, endowment),
            entry=() if self.entry is None else self.entry.init(entry_key),
            episode_return=zeros,
            episode_length=jnp.zeros(instances, jnp.int32),
            tally=empty_tally(instances),
            tick=jnp.zeros((), jnp.int32),
            rounds=jnp.zeros((), jnp.int32),
            fault=faults.no_fault(),
        )

    def round(
        self, env: AbstractEnv, state: MarketState, key: Key[Array, ""], tracked: int = 0
    ) -> tuple[MarketState, SaleRecord]:
        """`round_ticks` ticks, then batch learning, births and deaths.

        Args:
            env: the world.
            state: where to go on.
            key: the key of the whole run; the round's own key is folded in from `state.rounds`.
            tracked: of how many instances the sales are recorded.

        Returns:
            The new state and the records, leading axes `time instances`.
        """
        instances = state.owner.shape[0]
        round_key = jax.random.fold_in(key, state.rounds)
        tick_keys = _tick_keys(round_key, self.round_ticks, instances)

        def body(carry: MarketState, keys: TickKeys) -> tuple[MarketState, tuple[SaleRecord, tuple[Experience, ...]]]:
            return tick(self, env, carry, keys, tracked)

        state, (records, batches) = jax.lax.scan(body, state, tick_keys)
        learn_key, census_key = split_by(round_key, "learn", "census")
        cohorts = list(state.cohorts)
        for place, (which, batch) in enumerate(zip(self._batch_learners(), batches, strict=True)):
            key_k = jax.random.fold_in(learn_key, place)
            cohorts[which] = cohorts[which].learn(key_k, jax.tree.map(_merge_time, batch, _row_axes(batch)))
        state = state._replace(cohorts=tuple(cohorts), rounds=state.rounds + 1)
        return census(self, state, census_key, instances), records

    def _batch_learners(self) -> list[int]:
        return [k for k, c in enumerate(self.cohorts) if c.learns and not c.online]

    def _starts(self) -> list[int]:
        starts = [0]
        for cohort in self.cohorts:
            starts.append(starts[-1] + cohort.capacity)
        return starts

    def _kept_bids(self, bids: Float[Array, "instances agents"]) -> tuple[Float[Array, "instances agents"], ...]:
        starts = self._starts()
        return tuple(
            bids[:, starts[k] : starts[k + 1]] if c.learns else bids[:, :0] for k, c in enumerate(self.cohorts)
        )


class TickKeys(NamedTuple):
    """Keys of one tick, one per purpose, with an `instances` axis but for learning."""

    bids: Key[Array, " instances"]
    auction: Key[Array, " instances"]
    act: Key[Array, " instances"]
    step: Key[Array, " instances"]
    reset: Key[Array, " instances"]
    learn: Key[Array, ""]
    levies: Key[Array, ""]


def _tick_keys(key: Key[Array, ""], ticks: int, instances: int) -> TickKeys:
    # drawn for a whole round at once: small draws inside the loop would dominate it
    purposes = split_by(key, *(f"tick {name}" for name in TickKeys._fields))
    shapes = [(ticks, instances)] * 5 + [(ticks,)] * 2
    return TickKeys(*(jax.random.split(k, shape) for k, shape in zip(purposes, shapes, strict=True)))


def tick(
    market: DeepMarket, env: AbstractEnv, state: MarketState, keys: TickKeys, tracked: int
) -> tuple[MarketState, tuple[SaleRecord, tuple[Experience, ...]]]:
    """One auction and one environment step in every instance, in the order of Algorithm 1."""
    alive = jnp.concatenate([c.alive for c in state.cohorts])
    raw = _bids(state.cohorts, keys.bids, state.obs)
    fault = faults.check_bids(state.fault, raw, alive, state.tick)
    state = state._replace(fault=fault)
    if market.newcomers is not None:
        state, raw = _price_newcomers(market, state, raw)
    sale, bids = _auction(market, state, keys.auction, raw, alive)
    sold = (sale.winner != NOBODY) & ~state.closing
    winner = jnp.where(sold, sale.winner, NOBODY)
    pays = jnp.where(sold, sale.pays, 0.0)
    discount = env.discount if market.discount is None else market.discount
    receives = money.quantise(discount * sale.receives, market.coin)
    action = _act(state.cohorts, keys.act, state.obs, jnp.maximum(winner, 0))
    step = env.step_many(keys.step, state.world, action)
    state, reward = _settle(market, env, state, step, winner, pays, receives)
    state = _levy(market, state, keys.levies, bids, winner, pays)
    state, batches = _learn(market, state, keys.learn, jnp.where(state.pending.ended, 0.0, receives))
    record = SaleRecord(state.obs, state.owner, winner, action, pays, receives, reward, step.terminated)
    state = _advance(market, env, state, keys.reset, step, bids, winner, pays, reward)
    return state, (jax.tree.map(lambda x: x[:tracked], record), batches)


def _bids(cohorts: tuple[Cohort, ...], keys: Key[Array, " instances"], obs: PyTree) -> Float[Array, "instances agents"]:
    parts = []
    for place, cohort in enumerate(cohorts):
        own = keys if len(cohorts) == 1 else jax.vmap(lambda k, p=place: jax.random.fold_in(k, p))(keys)
        parts.append(jax.vmap(cohort.bids)(own, obs))
    return parts[0] if len(parts) == 1 else jnp.concatenate(parts, axis=1)


def _auction(
    market: DeepMarket,
    state: MarketState,
    keys: Key[Array, " instances"],
    raw: Float[Array, "instances agents"],
    alive: Bool[Array, " agents"],
) -> tuple[Sale, Float[Array, "instances agents"]]:
    cap = state.ledger.caps(state.owner.shape[0])
    bids = jnp.minimum(money.quantise(raw, market.coin), cap)
    return jax.vmap(market.auction.clear, in_axes=(0, 0, None))(keys, bids, alive), bids


def _price_newcomers(
    market: DeepMarket, state: MarketState, raw: Float[Array, "instances agents"]
) -> tuple[MarketState, Float[Array, "instances agents"]]:
    (cohort,) = state.cohorts
    novice = jax.vmap(lambda a: a.unpriced)(cohort.individuals) & cohort.alive
    matches = (raw >= 0) & novice
    best = jnp.max(jnp.where(cohort.alive & ~novice, raw, 0.0), axis=1, initial=0.0)
    offer = jnp.where(matches, market.newcomers.price(best)[:, None], -1.0)
    # a newcomer that meets several worlds at once takes the dearest: independent of their order
    price = jnp.max(offer, axis=0)
    priced = jax.vmap(lambda a, p: a.priced(p))(cohort.individuals, price)
    met = jnp.any(matches, axis=0)
    individuals = jax.tree.map(
        lambda new, old: jnp.where(met.reshape(met.shape + (1,) * (new.ndim - 1)), new, old), priced, cohort.individuals
    )
    state = state._replace(cohorts=(eqx.tree_at(lambda c: c.individuals, cohort, individuals),))
    return state, jnp.where(matches, price, raw)


def _act(cohorts: tuple[Cohort, ...], keys: Key[Array, " instances"], obs: PyTree, winner: Int[Array, " instances"]) -> PyTree:
    action, start = None, 0
    for cohort in cohorts:
        chosen = jax.vmap(cohort.act)(keys, obs, winner - start)
        mine = winner >= start
        action = chosen if action is None else jax.tree.map(lambda new, old, m=mine: _rows(m, new, old), chosen, action)
        start += cohort.capacity
    return action


def _rows(mask: Bool[Array, " instances"], new: Array, old: Array) -> Array:
    return jnp.where(mask.reshape(mask.shape + (1,) * (new.ndim - 1)), new, old)


def _settle(
    market: DeepMarket,
    env: AbstractEnv,
    state: MarketState,
    step: Step,
    winner: Int[Array, " instances"],
    pays: Float[Array, " instances"],
    receives: Float[Array, " instances"],
) -> tuple[MarketState, Float[Array, " instances"]]:
    """Buyer to house, house to seller, world and consumers to the new owner."""
    sold = winner != NOBODY
    reward = money.quantise(jnp.where(sold, step.reward, 0.0).astype(jnp.float32), market.coin)
    fault = faults.check_rows(state.fault, faults.BAD_REWARD, ~jnp.isfinite(reward), state.tick)
    unseen = faults.any_nan(step.obs, reward.shape[0]) & sold
    fault = faults.check_rows(fault, faults.BAD_OBSERVATION, unseen, state.tick)
    seller = jnp.where(state.pending.ended, NOBODY, state.owner)
    transfers = [
        Transfer("house", winner, -pays),
        Transfer("house", seller, receives),
        Transfer("world", winner, reward),
    ]
    for place, consumer in enumerate(market.consumers):
        paid, fault = _consume(market, state._replace(fault=fault), step, sold, place, consumer)
        transfers.append(Transfer(f"consumer {place}", winner, paid))
        reward = reward + paid
    ledger = state.ledger.transfer(*transfers)
    if market.consumers:
        ledger = ledger.pay_income(jnp.stack([jnp.asarray(c.income, jnp.float32) for c in market.consumers]))
    return state._replace(ledger=ledger, fault=fault), reward


def _consume(
    market: DeepMarket,
    state: MarketState,
    step: Step,
    sold: Bool[Array, " instances"],
    place: int,
    consumer: AbstractConsumer,
) -> tuple[Float[Array, " instances"], faults.Fault]:
    account = jax.tree.map(lambda x: x[place], state.ledger.consumers)
    purse = money.to_credits(account, market.coin)
    value = jax.vmap(consumer.value, in_axes=(0, None, 0))(step.obs, purse, step.terminated)
    bad = sold & ~(jnp.isfinite(value) & (value >= 0))
    fault = faults.check_rows(state.fault, faults.BAD_CONSUMER, bad, state.tick)
    cap = money.spendable(account, sold.shape[0], market.coin)
    paid = jnp.minimum(money.quantise(value, market.coin), cap)
    return jnp.where(sold, paid, 0.0), fault


def _levy(
    market: DeepMarket,
    state: MarketState,
    key: Key[Array, ""],
    bids: Float[Array, "instances agents"],
    winner: Int[Array, " instances"],
    pays: Float[Array, " instances"],
) -> MarketState:
    ledger = state.ledger
    alive = jnp.concatenate([c.alive for c in state.cohorts])
    own = jnp.take_along_axis(bids, jnp.maximum(winner, 0)[:, None], axis=1)[:, 0]
    for place, levy in enumerate(market.levies):
        seen = Tick(
            number=state.tick,
            winner=winner,
            price=pays,
            bid=jnp.where(winner == NOBODY, 0.0, own),
            bids_placed=jnp.sum((bids >= 0) & alive, axis=0, dtype=jnp.int32),
            total_wealth=money.to_credits(money.total(ledger.agents), market.coin),
        )
        due = levy.collect(jax.random.fold_in(key, place), ledger.wealth, seen)
        ledger = ledger.collect(due)
    return state._replace(ledger=ledger)


def _learn(
    market: DeepMarket, state: MarketState, key: Key[Array, ""], resale: Float[Array, " instances"]
) -> tuple[MarketState, tuple[Experience, ...]]:
    cohorts, batches, start = list(state.cohorts), [], 0
    for place, cohort in enumerate(state.cohorts):
        if cohort.learns:
            rows = _experience(cohort, state.pending, state.pending.bids[place], start, resale)
            if cohort.online:
                cohorts[place] = cohort.learn(jax.random.fold_in(key, place), rows)
            else:
                batches.append(rows)
        start += cohort.capacity
    return state._replace(cohorts=tuple(cohorts)), tuple(batches)


def _experience(
    cohort: Cohort, pending: Pending, bids: Float[Array, "instances agents"], start: int, resale: Float[Array, " instances"]
) -> Experience:
    """Rows of each individual: axes `individuals samples`, samples = instances x clones."""
    instances, clones = pending.winner.shape[0], cohort.clones
    individuals = cohort.capacity // clones

    def by_individual(x: Array) -> Array:
        return jnp.moveaxis(x.reshape(instances, individuals, clones), 1, 0).reshape(individuals, instances * clones)

    won = pending.winner[:, None] == start + jnp.arange(cohort.capacity, dtype=jnp.int32)

    def if_won(x: Float[Array, " instances"]) -> Array:
        return by_individual(jnp.where(won, x[:, None], 0.0))

    return Experience(
        obs=jax.tree.map(lambda x: jnp.repeat(x, clones, axis=0), pending.obs),
        bid=by_individual(bids),
        won=by_individual(won),
        pays=if_won(pending.pays),
        reward=if_won(pending.reward),
        resale=if_won(resale),
        valid=jnp.repeat(pending.valid, clones),
    )


def _row_axes(batch: Experience) -> Experience:
    """Where the `samples` axis of a scanned batch lies once `time` was put in front."""
    return Experience(
        obs=jax.tree.map(lambda _: 1, batch.obs), bid=2, won=2, pays=2, reward=2, resale=2, valid=1
    )


def _merge_time(x: Array, samples: int) -> Array:
    """[time, ..., samples, ...] -> [..., time * samples, ...]."""
    x = jnp.moveaxis(x, 0, samples - 1)
    return x.reshape(*x.shape[: samples - 1], x.shape[samples - 1] * x.shape[samples], *x.shape[samples + 1 :])


def _advance(
    market: DeepMarket,
    env: AbstractEnv,
    state: MarketState,
    keys: Key[Array, " instances"],
    step: Step,
    bids: Float[Array, "instances agents"],
    winner: Int[Array, " instances"],
    pays: Float[Array, " instances"],
    reward: Float[Array, " instances"],
) -> MarketState:
    """Hand the worlds over, reset those that are over, count."""
    sold = winner != NOBODY
    ended = sold & step.terminated
    closing = sold & step.truncated & ~step.terminated
    reset = ended | ~sold
    world, obs = env.reset_where(keys, reset, step.state, step.obs)
    finished = ended | closing
    returns = state.episode_return + reward
    lengths = state.episode_length + sold.astype(jnp.int32)
    opening = sold & (state.owner == NOBODY)
    t = state.tally
    tally = Tally(
        sales=t.sales + sold,
        price=t.price + pays,
        openings=t.openings + opening,
        opening_price=t.opening_price + jnp.where(opening, pays, 0.0),
        reward=t.reward + reward,
        episodes=t.episodes + finished,
        returns=t.returns + jnp.where(finished, returns, 0.0),
        lengths=t.lengths + jnp.where(finished, lengths, 0),
        unsold=t.unsold + (~sold & ~state.closing),
        births=t.births,
        deaths=t.deaths,
        bankruptcies=t.bankruptcies,
    )
    slots = jnp.where(sold, winner, market.agents)
    lives = state.lives._replace(
        wins=state.lives.wins.at[slots].add(1, mode="drop"),
        last_win=state.lives.last_win.at[slots].set(state.tick, mode="drop"),
    )
    over = finished | ~sold
    return state._replace(
        world=world,
        obs=obs,
        owner=jnp.where(reset, NOBODY, winner),
        closing=closing,
        pending=Pending(state.obs, market._kept_bids(bids), winner, pays, reward, ended, sold),
        lives=lives,
        episode_return=jnp.where(over, 0.0, returns),
        episode_length=jnp.where(over, 0, lengths),
        tally=tally,
        tick=state.tick + 1,
    )
