"""Who comes to a kind of a wide market and who leaves it: the deep market's rules, and what becomes of the goods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key

from catallax.core import AbstractEntry, AbstractExit, Cohort, Money, split_by
from catallax.markets import _society as society
from catallax.markets._society import Society
from catallax.markets._state import fresh_lives
from catallax.markets.wide._state import WideState

if TYPE_CHECKING:
    from catallax.markets.wide._goods import Traded
    from catallax.markets.wide._rights import Deal
    from catallax.markets.wide._wide import WideMarket


class Turnover(eqx.Module):
    """Births and deaths of one kind, at the end of each round: debtors repay, leavers leave, newborns enter.

    The parts are those of a deep market. What a newcomer brings is paid by its creator or by the house; the money and the goods of one
    who leaves fall to the house, which sells the goods a tick later. Rights that it owned are the house's, too. A producer counts as
    having won in the ticks in which it bought something.

    Args:
        entry: who is born, in free rows; `None` for nobody.
        exits: who is removed.
        repayment: share of a debtor's wealth above its endowment that goes to its creator each round; `None`: nobody repays.

    Raises:
        ValueError: for a repayment outside [0, 1].
    """

    entry: AbstractEntry | None = None
    exits: tuple[AbstractExit, ...] = ()
    repayment: float | None = 0.5

    def __check_init__(self) -> None:
        if isinstance(self.repayment, float | int) and not 0 <= self.repayment <= 1:
            raise ValueError(f"Turnover: repayment must lie in [0, 1], got {self.repayment}.")


class Kind(NamedTuple):
    """Where a kind has its accounts."""

    accounts: slice
    ways: int
    """In how many places each spends at once: rights, for actors."""


class Flow(NamedTuple):
    """Births and deaths of a tick."""

    births: Int[Array, " kinds"]
    deaths: Int[Array, " kinds"]
    bankruptcies: Int[Array, " kinds"]


def kinds(market: WideMarket) -> list[Kind]:
    """Actors' kinds first."""
    listed, start = [], 0
    for part in (*market.actors, *market.producers):
        actors = isinstance(part, Cohort)
        rows = part.capacity if actors else part.count
        listed.append(Kind(slice(start, start + rows), max(market.rights, 1) if actors else 1))
        start += rows
    return listed


def living(state: WideState) -> Bool[Array, " accounts"]:
    """Rows in use, of all kinds."""
    return jnp.concatenate([jnp.zeros(0, bool), *(part.alive for part in (*state.actors, *state.producers))])


def begun(market: WideMarket, endowments: Float[Array, " accounts"], key: Key[Array, ""]) -> tuple[tuple, tuple]:
    """Registers and the entry rules' states before the first tick; empty for kinds that stay as they are."""
    lives, entries = [], []
    for place, (kind, turnover) in enumerate(zip(kinds(market), market.turnover, strict=True)):
        part = (*market.actors, *market.producers)[place]
        lives.append(() if turnover is None else fresh_lives(part.alive, endowments[kind.accounts]))
        entry = None if turnover is None else turnover.entry
        entries.append(() if entry is None else entry.init(_of_kind(key, place)))
    return tuple(lives), tuple(entries)


def _of_kind(key: Key[Array, ""], place: int) -> Key[Array, ""]:
    """The first kind's key is the one that a deep market of this kind alone has."""
    return jax.random.fold_in(key, place) if place else key


def counted(market: WideMarket, state: WideState, deal: Deal, traded: Traded) -> WideState:
    """Who won a right or bought goods, and what they paid."""
    lives, prices, sales = list(state.lives), state.round_price, state.round_sales
    for place, (kind, register) in enumerate(zip(kinds(market), state.lives, strict=True)):
        if not register:
            continue
        start, stop = kind.accounts.start, kind.accounts.stop
        if place < len(state.actors):
            own = (deal.winner >= start) & (deal.winner < stop)
            times = jnp.zeros(stop - start, jnp.int32)
            times = times.at[jnp.where(own, deal.winner - start, stop - start)].add(1, mode="drop")
            paid = jnp.sum(jnp.where(own, deal.pays, 0.0))
        else:
            spent = traded.paid[start - market.actor_slots : stop - market.actor_slots]
            times, paid = (spent > 0).astype(jnp.int32), jnp.sum(spent)
        won = times > 0
        lives[place] = register._replace(
            wins=register.wins + times, last_win=jnp.where(won, state.tick, register.last_win)
        )
        prices = prices.at[place].add(paid.astype(prices.dtype))
        sales = sales.at[place].add(jnp.sum(times, dtype=jnp.int32))
    return state._replace(lives=tuple(lives), round_price=prices, round_sales=sales)


def no_flow(market: WideMarket) -> Flow:
    """Nobody is born, nobody dies."""
    none = jnp.zeros(len(market.turnover), jnp.int32)
    return Flow(none, none, none)


def census(market: WideMarket, state: WideState, key: Key[Array, ""]) -> tuple[WideState, Flow]:
    """The end of a round, kind by kind; amounts that actors' rules see and name are credits per right."""
    flow, gone = no_flow(market), jnp.zeros(market.accounts, bool)
    for place, (kind, turnover) in enumerate(zip(kinds(market), market.turnover, strict=True)):
        if turnover is None:
            continue
        (birth_key,) = split_by(_of_kind(key, place), "birth")
        price = state.round_price[place] / jnp.maximum(state.round_sales[place], 1)
        price = price.astype(jnp.float32)
        people, entry = _society(state, place, kind), state.entry
        if turnover.repayment is not None:
            people = society.repay(people, turnover.repayment)
        leaving, broke = society.leavers(turnover.exits, society.population(people, price, kind.ways))
        people, births = society.bury(people, leaving), jnp.zeros((), jnp.int32)
        if turnover.entry is not None:
            new, born = turnover.entry.newborns(birth_key, entry[place], society.population(people, price, kind.ways))
            people, births = society.bear(people, born, kind.ways)
            entry = (*entry[:place], new, *entry[place + 1 :])
        state = _with(state, place, kind, people)._replace(entry=entry)
        gone = gone.at[kind.accounts].set(leaving)
        counts = (births, jnp.sum(leaving), jnp.sum(broke))
        flow = Flow(*(old.at[place].set(new.astype(jnp.int32)) for old, new in zip(flow, counts, strict=True)))
    zero = jnp.zeros_like
    state = state._replace(round_price=zero(state.round_price), round_sales=zero(state.round_sales))
    return _estates(state, gone, market.actor_slots), flow


def _estates(state: WideState, gone: Bool[Array, " accounts"], actors: int) -> WideState:
    """Goods and rights of those who left are the house's."""
    estate = jnp.where(gone[:, None], state.holdings[:-1], 0.0)
    holdings = state.holdings.at[:-1].add(-estate).at[-1].add(jnp.sum(estate, axis=0))
    return state._replace(
        holdings=holdings,
        owner=society.disowned(state.owner, gone) if actors else state.owner,
        deed=society.forgotten(state.deed, gone[:actors]) if actors else state.deed,
    )


def _society(state: WideState, place: int, kind: Kind) -> Society:
    part = (*state.actors, *state.producers)[place]
    own = state.ledger
    accounts, spoke = jax.tree.map(lambda each: each[kind.accounts], (own.agents, own.spoke))
    ledger = eqx.tree_at(lambda b: (b.agents, b.spoke), own, (accounts, spoke))
    individuals, lives = part.individuals if isinstance(part, Cohort) else part, state.lives[place]
    assert lives
    return Society(individuals, part.alive, ledger, lives, state.tick, state.fault)


def _with(state: WideState, place: int, kind: Kind, new: Society) -> WideState:
    def back(whole: Any, part: Any) -> Any:
        return jax.tree.map(lambda old, now: old.at[kind.accounts].set(now), whole, part)

    agents: Money = back(state.ledger.agents, new.ledger.agents)
    ledger = eqx.tree_at(
        lambda b: (b.agents, b.spoke), new.ledger, (agents, back(state.ledger.spoke, new.ledger.spoke))
    )
    actors, producers = list(state.actors), list(state.producers)
    if place < len(actors):
        settled = (new.individuals, new.alive)
        actors[place] = eqx.tree_at(lambda c: (c.individuals, c.alive), actors[place], settled)
    else:
        producers[place - len(actors)] = eqx.tree_at(lambda p: p.alive, new.individuals, new.alive)
    lives = (*state.lives[:place], new.lives, *state.lives[place + 1 :])
    return state._replace(actors=tuple(actors), producers=tuple(producers), ledger=ledger, lives=lives, fault=new.fault)
