"""The wide market: rights and divisible goods, all priced at once, every tick (Definition 2.2)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from catallax.core import (
    NOBODY,
    AbstractAuction,
    AbstractEquilibrium,
    AbstractGoodsWorld,
    AbstractHouseholds,
    AbstractLevy,
    AbstractProducers,
    Cohort,
    Ledger,
    Tick,
    as_key,
    money,
    split_by,
)
from catallax.equilibria import AbstractCap, SpendCap
from catallax.markets import _faults as faults
from catallax.markets._tick import TickKeys, tick_keys
from catallax.markets.wide import _goods, _rights
from catallax.markets.wide._state import Deed, WideRecord, WideState


class WideRun(NamedTuple):
    """Where a wide market is after some ticks, and what it recorded on the way."""

    state: WideState
    record: WideRecord
    """On the host, leading axis `time`."""


class WideMarket(eqx.Module):
    """A society that buys only what it uses: every good has its own price.

    Each tick, in this order: nature brings goods, which the house owns; everything that anybody holds is for sale, divisible goods
    at the prices of an equilibrium, rights by `auction`; buyers pay, `w[a] -= p x_a`, and sellers are paid, `w[a] += p h_a`;
    owners transform what is now theirs, `h_a <- transform(x_a, plan_a)`; the world's rewards go to the owners of the rights;
    consumers use up what they bought; levies go to the house.

    * Money goes first: nobody can spend in a tick what it is paid in that tick.
    * Values of rights add up, so that each goes to a highest bidder, at a price between the second and the highest bid.
      `FirstPrice` takes the greatest of these equilibrium prices, `CreditConservingVickrey` the least. With one right and no goods this is the deep
      market, tick by tick.
    * Wealth is split evenly over the rights, `cap = w / rights`, as over the instances of a deep market.
    * Books are exact: money in whole grains, payments and receipts rounded down, the difference the house's; goods in double precision, in
      shares of what was for sale.
    * A good that is out of stock has a price too, what a `lot` of it would bring, so that producers can tell.

    Args:
        actors: who bids for rights and acts with them; `None` in a world without.
        producers: who buys goods to transform them; `None` for nobody.
        consumers: whom goods are made for; `None` in a world without goods.
        auction: how each right is sold.
        cap: what wealth means when goods are priced: `SpendCap()` by default, under which prices hold money.
        method: of the equilibrium, by default the one that fits the valuations.
        levies: what the house takes from the accounts, actors first, each tick, in order.
        discount: value now of one credit a tick later, where rights are resold; `None` takes the world's.
        lot: units of a good that is out of stock for which offers are compared.
        coin: credits per coin, a power of two; the ledger's grain is coin / 2**20.

    Raises:
        ValueError: if parts are missing or do not fit the world.

    Source: Pallavi Sudhir and Tran-Thanh (2025), Definition 2.2 and Algorithm 2.
    """

    actors: Cohort | None
    producers: AbstractProducers | None
    consumers: AbstractHouseholds | None
    auction: AbstractAuction | None
    cap: AbstractCap
    method: AbstractEquilibrium | None
    levies: tuple[AbstractLevy, ...]
    discount: float | None
    lot: float
    coin: float = eqx.field(static=True)
    rights: int = eqx.field(static=True)
    goods: int = eqx.field(static=True)
    world: AbstractGoodsWorld

    def __init__(
        self,
        world: AbstractGoodsWorld,
        *,
        actors: Cohort | None = None,
        producers: AbstractProducers | None = None,
        consumers: AbstractHouseholds | None = None,
        auction: AbstractAuction | None = None,
        cap: AbstractCap | None = None,
        method: AbstractEquilibrium | None = None,
        levies: Sequence[AbstractLevy] = (),
        discount: float | None = None,
        lot: float = 1.0,
        coin: float = 1.0,
    ) -> None:
        self.world = world
        self.actors, self.producers, self.consumers, self.auction = actors, producers, consumers, auction
        self.cap = SpendCap() if cap is None else cap
        self.method = method
        self.levies = tuple(levies)
        self.discount = discount
        self.lot = lot
        self.coin = float(coin)
        self.rights, self.goods = world.rights, world.goods

    def __check_init__(self) -> None:
        if (self.actors is None) != (self.rights == 0) or (self.auction is None) != (self.rights == 0):
            raise ValueError(
                f"WideMarket: {type(self.world).__name__} has {self.rights} rights, so actors and an auction "
                f"{'must not' if self.rights == 0 else 'must'} be given."
            )
        if (self.consumers is None) != (self.goods == 0) or (self.producers is not None and self.goods == 0):
            raise ValueError(
                f"WideMarket: {type(self.world).__name__} has {self.goods} divisible goods, so consumers, and producers if there are "
                f"any, {'must not' if self.goods == 0 else 'must'} be given."
            )
        if self.actors is not None and not isinstance(self.actors, Cohort):
            raise ValueError(f"WideMarket: actors must be one Cohort, got a {type(self.actors).__name__}.")
        if self.actors is not None and not (self.actors.online or not self.actors.learns):
            raise ValueError(
                f"WideMarket: {type(self.actors.individuals).__name__} learns from whole rounds, and a wide market has none; "
                "take a kind that learns after every tick."
            )
        if self.world.right is not None and self.world.right.lasting:
            raise ValueError(
                f"WideMarket: ticks of {type(self.world.right).__name__} differ in length, so that goods and rights would not keep step; "
                "take a world whose ticks are equally long."
            )
        if isinstance(self.discount, float | int) and not 0 <= self.discount <= 1:
            raise ValueError(f"WideMarket: discount must lie in [0, 1], got {self.discount}.")
        for part in (self.producers, self.consumers):
            if part is not None and part.valuation().shape[1] != self.goods:
                raise ValueError(
                    f"WideMarket: {type(part).__name__} value {part.valuation().shape[1]} goods, {type(self.world).__name__} "
                    f"has {self.goods}."
                )
        if self.consumers is not None:
            _goods.valuation_of(self.producers, self.consumers)

    @property
    def actor_slots(self) -> int:
        """Accounts of actors."""
        return 0 if self.actors is None else self.actors.capacity

    @property
    def producer_count(self) -> int:
        """Accounts of producers."""
        return 0 if self.producers is None else self.producers.count

    @property
    def accounts(self) -> int:
        """Accounts of actors and producers."""
        return self.actor_slots + self.producer_count

    def init(self, key: Key[Array, ""]) -> WideState:
        """The state before the first tick: everybody endowed by the house, which owns the world."""
        (world_key,) = split_by(key, "world")
        consumers = 0 if self.consumers is None else self.consumers.income.shape[0]
        ledger = Ledger.open(self.accounts, consumers, self.coin).endow(self._endowments())
        world, obs = (), ()
        if self.world.right is not None:
            world, obs = self.world.right.reset_many(jax.random.split(world_key, self.rights))
        nobody = jnp.full(self.rights, NOBODY, jnp.int32)
        zeros, off = jnp.zeros(self.rights, jnp.float32), jnp.zeros(self.rights, bool)
        made = jnp.zeros((self.rights, self.goods))
        deed = Deed(obs, jnp.zeros((self.rights, self.actor_slots), jnp.float32), nobody, zeros, zeros, made, off, off)
        return WideState(
            actors=self.actors,
            producers=self.producers,
            ledger=ledger,
            holdings=jnp.zeros((self.accounts + 1, self.goods)),
            world=world,
            obs=obs,
            owner=nobody,
            closing=off,
            deed=deed,
            tick=jnp.zeros((), jnp.int32),
            fault=faults.no_fault(),
        )

    def _endowments(self) -> Float[Array, " accounts"]:
        parts = [jnp.zeros(0)]
        if self.actors is not None:
            parts.append(jnp.where(self.actors.alive, self.actors.endowment * self.rights, 0.0))
        if self.producers is not None:
            parts.append(jnp.full(self.producer_count, self.producers.endowment))
        return jnp.concatenate(parts).astype(jnp.float32)

    def run(self, ticks: int, key: Key[Array, ""] | int, state: WideState | None = None) -> WideRun:
        """Let the market work for some ticks.

        Args:
            ticks: how many.
            key: or a seed; the same for all parts of a run that is made in several.
            state: where to go on, as if it had not stopped; `None` starts.

        Returns:
            The state reached and the record of every tick. Where there are goods both are in double precision.

        Raises:
            MarketError: for a bid, reward or price that is no number, or books that do not close.
            OverflowError: if money left the exact range.
            ValueError: if `ticks` is below 1.
        """
        if ticks < 1:
            raise ValueError(f"WideMarket: ticks must be at least 1, got {ticks}.")
        with jax.enable_x64(True) if self.goods else nullcontext():
            market = jax.tree.map(_widest, self) if self.goods else self
            begun = market.init(as_key(key)) if state is None else state
            ended, record = _run(market, _in_precision(begun) if self.goods else begun, ticks, as_key(key))
        faults.raise_fault(ended, type(self.world).__name__, "WideMarket")
        return WideRun(ended, jax.device_get(record))

    def tick(self, state: WideState, keys: TickKeys) -> tuple[WideState, WideRecord]:
        """One tick; the keys' `rights` axis is that of a deep market's instances."""
        state = self._natures_gift(state, keys)
        caps = state.ledger.caps(max(self.rights, 1))[: self.actor_slots]
        state, traded = _goods.trade(self, state) if self.goods else (state, _goods.nothing(self))
        deal = _rights.nothing(self)
        if self.rights:
            env = self.world.right
            assert env is not None
            state, deal = _rights.sell(self, env, state, caps, keys)
            state, step, reward = _rights.exercise(self, env, state, deal, keys)
            state = _rights.learn(self, state, deal, traded.prices, keys)
            state = _rights.hand_over(env, state, deal, step, reward, keys, self.goods)
        if self.goods:
            holdings = _goods.produce(self, self.world, state, traded, keys.levies)
            holdings = holdings.at[deal.winner].add(state.deed.made)  # nobody's are the house's, the last row
            state = state._replace(holdings=holdings, producers=_goods.learned(state, traded.prices))
        state = self._levied(state, keys.levies, deal)
        record = WideRecord(
            prices=traded.prices,
            supply=traded.supply,
            consumed=traded.bundles[self.producer_count :],
            spent=traded.paid[self.producer_count :],
            winner=deal.winner,
            pays=deal.pays,
            reward=state.deed.reward,
            wealth=state.ledger.wealth,
            gap=traded.gap,
            regret=traded.regret,
            lost=traded.lost,
        )
        return state._replace(tick=state.tick + 1), record

    def _natures_gift(self, state: WideState, keys: TickKeys) -> WideState:
        """What nature brings is the house's, and consumers get their income."""
        if not self.goods:
            return state
        assert self.consumers is not None
        (key,) = split_by(keys.levies, "inflow")
        gift = self.world.inflow(key, state.tick)
        return state._replace(
            holdings=state.holdings.at[-1].add(gift), ledger=state.ledger.pay_income(self.consumers.income)
        )

    def _levied(self, state: WideState, key: Key[Array, ""], deal: _rights.Deal) -> WideState:
        ledger, others = state.ledger, jnp.zeros(self.producer_count)
        for place, levy in enumerate(self.levies):
            seen = Tick(
                number=state.tick,
                winner=deal.winner,
                price=deal.pays,
                bid=jnp.where(deal.winner == NOBODY, 0.0, deal.own_bid),
                bids_placed=jnp.concatenate([deal.placed, others.astype(jnp.int32)]),
                effort=jnp.concatenate([deal.effort, others]),
                total_wealth=money.to_credits(money.total(ledger.agents), self.coin),
            )
            due = levy.collect(jax.random.fold_in(key, place), ledger.wealth, seen)
            fault = faults.note(state.fault, faults.BAD_LEVY, jnp.any(~(due >= 0)), state.tick, place)
            ledger, state = ledger.collect(due), state._replace(fault=fault)
        return state._replace(ledger=ledger)


@eqx.filter_jit
def _run(market: WideMarket, state: WideState, ticks: int, key: Key[Array, ""]) -> tuple[WideState, WideRecord]:
    # a tick's keys are its own, however a run is cut
    numbers = state.tick + jnp.arange(ticks, dtype=jnp.int32)
    keys = jax.vmap(lambda number: tick_keys(jax.random.fold_in(key, number), 1, max(market.rights, 1)))(numbers)
    keys = jax.tree.map(lambda each: each[:, 0], keys)

    def tick(state: WideState, now: TickKeys) -> tuple[WideState, WideRecord]:
        after, record = market.tick(state, now)
        # parts written for single precision stay in it
        return jax.tree.map(lambda new, old: new.astype(old.dtype), after, state), record

    return jax.lax.scan(tick, state, keys)


def _widest(leaf: Any) -> Any:
    """Double precision."""
    return jnp.asarray(leaf, jnp.float64) if eqx.is_inexact_array(leaf) or isinstance(leaf, float) else leaf


def _in_precision(state: WideState) -> WideState:
    """A state, wherever it was made, with its goods in double precision."""
    made = _widest(state.deed.made)
    producers = jax.tree.map(_widest, state.producers)
    return state._replace(holdings=_widest(state.holdings), producers=producers, deed=state.deed._replace(made=made))
