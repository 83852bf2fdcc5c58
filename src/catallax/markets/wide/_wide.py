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
from catallax.markets.wide import _goods, _rights, _turnover
from catallax.markets.wide._state import Deed, WideRecord, WideState
from catallax.markets.wide._turnover import Turnover


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
    consumers use up what they bought; levies go to the house; at the end of a round some leave and some are born.

    * Money goes first: nobody can spend in a tick what it is paid in that tick.
    * Values of rights add up, so that each goes to a highest bidder, at a price between the second and the highest bid.
      `FirstPrice` takes the greatest of these equilibrium prices, `CreditConservingVickrey` the least. With one right and no goods this is the deep
      market, tick by tick.
    * Wealth is split evenly over the rights, `cap = w / rights`, as over the instances of a deep market.
    * Books are exact: money in whole grains, payments and receipts rounded down, the difference the house's; goods in double precision, in
      shares of what was for sale.
    * A good that is out of stock has a price too, what a `lot` of it would bring, so that producers can tell.

    Args:
        actors: who bids for rights and acts with them, one cohort or several kinds; none in a world without.
        producers: who buys goods to transform them, one kind or several.
        consumers: whom goods are made for; `None` in a world without goods.
        auction: how each right is sold.
        cap: what wealth means when goods are priced: `SpendCap()` by default, under which prices hold money.
        method: of the equilibrium, by default the one that fits the valuations.
        levies: what the house takes from the accounts, actors first, each tick, in order.
        turnover: who is born and who leaves: one `Turnover` or `None` for each kind, actors first; nothing: all stay as they are.
        round_ticks: ticks per round; births and deaths come at the end of each.
        discount: value now of one credit a tick later, where rights are resold; `None` takes the world's.
        lot: units of a good that is out of stock for which offers are compared.
        coin: credits per coin, a power of two; the ledger's grain is coin / 2**20.

    Raises:
        ValueError: if parts are missing or do not fit the world.

    Source: Pallavi Sudhir and Tran-Thanh (2025), Definition 2.2 and Algorithm 2.
    """

    actors: tuple[Cohort, ...]
    producers: tuple[AbstractProducers, ...]
    consumers: AbstractHouseholds | None
    auction: AbstractAuction | None
    cap: AbstractCap
    method: AbstractEquilibrium | None
    levies: tuple[AbstractLevy, ...]
    turnover: tuple[Turnover | None, ...]
    discount: float | None
    lot: float
    round_ticks: int = eqx.field(static=True)
    coin: float = eqx.field(static=True)
    rights: int = eqx.field(static=True)
    goods: int = eqx.field(static=True)
    world: AbstractGoodsWorld

    def __init__(
        self,
        world: AbstractGoodsWorld,
        *,
        actors: Cohort | Sequence[Cohort] = (),
        producers: AbstractProducers | Sequence[AbstractProducers] = (),
        consumers: AbstractHouseholds | None = None,
        auction: AbstractAuction | None = None,
        cap: AbstractCap | None = None,
        method: AbstractEquilibrium | None = None,
        levies: Sequence[AbstractLevy] = (),
        turnover: Turnover | Sequence[Turnover | None] = (),
        round_ticks: int = 16,
        discount: float | None = None,
        lot: float = 1.0,
        coin: float = 1.0,
    ) -> None:
        self.world = world
        self.actors = (actors,) if isinstance(actors, Cohort) else tuple(actors)
        self.producers = (producers,) if isinstance(producers, AbstractProducers) else tuple(producers)
        self.consumers, self.auction = consumers, auction
        self.cap = SpendCap() if cap is None else cap
        self.method = method
        self.levies = tuple(levies)
        named = (turnover,) if isinstance(turnover, Turnover) else tuple(turnover)
        self.turnover = named or (None,) * (len(self.actors) + len(self.producers))
        self.round_ticks = round_ticks
        self.discount = discount
        self.lot = lot
        self.coin = float(coin)
        self.rights, self.goods = world.rights, world.goods

    def __check_init__(self) -> None:
        if bool(self.actors) != (self.rights > 0) or (self.auction is None) != (self.rights == 0):
            raise ValueError(
                f"WideMarket: {type(self.world).__name__} has {self.rights} rights, so actors and an auction "
                f"{'must not' if self.rights == 0 else 'must'} be given."
            )
        if (self.consumers is None) != (self.goods == 0) or (self.producers and self.goods == 0):
            raise ValueError(
                f"WideMarket: {type(self.world).__name__} has {self.goods} divisible goods, so consumers, and producers if there are "
                f"any, {'must not' if self.goods == 0 else 'must'} be given."
            )
        for cohort in self.actors:
            if not isinstance(cohort, Cohort):
                raise ValueError(f"WideMarket: actors must be Cohorts, got a {type(cohort).__name__}.")
            if cohort.learns and not cohort.online:
                raise ValueError(
                    f"WideMarket: {type(cohort.individuals).__name__} learns from whole rounds, and a wide market has none; "
                    "take a kind that learns after every tick."
                )
        self._check_turnover()
        if self.world.right is not None and self.world.right.lasting:
            raise ValueError(
                f"WideMarket: ticks of {type(self.world.right).__name__} differ in length, so that goods and rights would not keep step; "
                "take a world whose ticks are equally long."
            )
        if isinstance(self.discount, float | int) and not 0 <= self.discount <= 1:
            raise ValueError(f"WideMarket: discount must lie in [0, 1], got {self.discount}.")
        for part in (*self.producers, self.consumers):
            if part is not None and part.valuation().shape[1] != self.goods:
                raise ValueError(
                    f"WideMarket: {type(part).__name__} value {part.valuation().shape[1]} goods, {type(self.world).__name__} "
                    f"has {self.goods}."
                )
        if self.consumers is not None:
            _goods.valuation_of(self.producers, self.consumers)

    def _check_turnover(self) -> None:
        parts = (*self.actors, *self.producers)
        if len(self.turnover) != len(parts) or self.round_ticks < 1:
            raise ValueError(
                f"WideMarket: turnover must name one Turnover or None for each of {len(parts)} kinds, actors first, and round_ticks "
                f"be at least 1, got {len(self.turnover)} and {self.round_ticks}."
            )
        for part, turnover in zip(parts, self.turnover, strict=True):
            if turnover is None:
                continue
            if isinstance(part, Cohort) and part.clones > 1:
                raise ValueError(
                    f"WideMarket: turnover needs actors without clones, got {part.clones} of each; take a Cohort with clones=1."
                )
            shared = [
                leaf.shape
                for leaf in jax.tree.leaves(part)
                if not isinstance(part, Cohort) and _rows(leaf) != part.count
            ]
            if shared:
                raise ValueError(
                    f"WideMarket: births need a row for each of {type(part).__name__} in every array leaf, got leaves with axes {shared}."
                )

    @property
    def actor_slots(self) -> int:
        """Accounts of actors."""
        return sum(cohort.capacity for cohort in self.actors)

    @property
    def producer_count(self) -> int:
        """Accounts of producers."""
        return sum(kind.count for kind in self.producers)

    @property
    def accounts(self) -> int:
        """Accounts of actors and producers."""
        return self.actor_slots + self.producer_count

    def init(self, key: Key[Array, ""]) -> WideState:
        """The state before the first tick: everybody endowed by the house, which owns the world."""
        world_key, entry_key = split_by(key, "world", "entry")
        consumers = 0 if self.consumers is None else self.consumers.income.shape[0]
        endowments = self._endowments()
        ledger = Ledger.open(self.accounts, consumers, self.coin).endow(endowments)
        lives, entry = _turnover.begun(self, endowments, entry_key)
        world, obs = (), ()
        if self.world.right is not None:
            world, obs = self.world.right.reset_many(jax.random.split(world_key, self.rights))
        nobody = jnp.full(self.rights, NOBODY, jnp.int32)
        zeros, off = jnp.zeros(self.rights, jnp.float32), jnp.zeros(self.rights, bool)
        made = jnp.zeros((self.rights, self.goods))
        deed = Deed(obs, jnp.zeros((self.rights, self.actor_slots), jnp.float32), nobody, zeros, zeros, made, off, off)
        return WideState(
            actors=jax.tree.map(jnp.asarray, self.actors),
            producers=self.producers,
            ledger=ledger,
            holdings=jnp.zeros((self.accounts + 1, self.goods)),
            world=world,
            obs=obs,
            owner=nobody,
            closing=off,
            deed=deed,
            lives=lives,
            entry=entry,
            round_price=jnp.zeros(len(self.turnover), jnp.float32),
            round_sales=jnp.zeros(len(self.turnover), jnp.int32),
            tick=jnp.zeros((), jnp.int32),
            fault=faults.no_fault(),
        )

    def _endowments(self) -> Float[Array, " accounts"]:
        parts = [jnp.zeros(0)]
        for cohort in self.actors:
            parts.append(jnp.where(cohort.alive, cohort.endowment * self.rights, 0.0))
        for kind in self.producers:
            parts.append(jnp.where(kind.alive, kind.endowment, 0.0))
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

    def tick(self, state: WideState, keys: TickKeys, census: Key[Array, ""]) -> tuple[WideState, WideRecord]:
        """One tick; the keys' `rights` axis is that of a deep market's instances, `census` is the key of births."""
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
        state, flow = self._round(_turnover.counted(self, state, deal, traded), census)
        record = WideRecord(
            prices=traded.prices,
            supply=traded.supply,
            consumed=traded.bundles[self.producer_count :],
            spent=traded.paid[self.producer_count :],
            winner=deal.winner,
            pays=deal.pays,
            reward=state.deed.reward,
            wealth=state.ledger.wealth,
            alive=_turnover.living(state),
            births=flow.births,
            deaths=flow.deaths,
            bankruptcies=flow.bankruptcies,
            capped=traded.capped,
            gap=traded.gap,
            regret=traded.regret,
            lost=traded.lost,
        )
        return state, record

    def _round(self, state: WideState, key: Key[Array, ""]) -> tuple[WideState, _turnover.Flow]:
        """The clock goes on; where a round ends, some are born and some leave."""
        state = state._replace(tick=state.tick + 1)
        nothing = _turnover.no_flow(self)
        if all(each is None for each in self.turnover):
            return state, nothing

        def census() -> tuple[WideState, _turnover.Flow]:
            after, flow = _turnover.census(self, state, key)
            return jax.tree.map(lambda new, old: new.astype(old.dtype), after, state), flow

        return jax.lax.cond(state.tick % self.round_ticks == 0, census, lambda: (state, nothing))

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
    own = jax.vmap(lambda number: jax.random.fold_in(key, number))(numbers)
    keys = jax.vmap(lambda each: tick_keys(each, 1, max(market.rights, 1)))(own)
    keys = jax.tree.map(lambda each: each[:, 0], keys)
    births = jax.vmap(lambda each: split_by(each, "census")[0])(own)

    def tick(state: WideState, now: tuple[TickKeys, Key[Array, ""]]) -> tuple[WideState, WideRecord]:
        after, record = market.tick(state, *now)
        # parts written for single precision stay in it
        return jax.tree.map(lambda new, old: new.astype(old.dtype), after, state), record

    return jax.lax.scan(tick, state, (keys, births))


def _rows(leaf: Array) -> int | None:
    return leaf.shape[0] if leaf.ndim else None


def _widest(leaf: Any) -> Any:
    """Double precision."""
    return jnp.asarray(leaf, jnp.float64) if eqx.is_inexact_array(leaf) or isinstance(leaf, float) else leaf


def _in_precision(state: WideState) -> WideState:
    """A state, wherever it was made, with its goods in double precision."""
    made = _widest(state.deed.made)
    producers = jax.tree.map(_widest, state.producers)
    return state._replace(holdings=_widest(state.holdings), producers=producers, deed=state.deed._replace(made=made))
