"""The divisible goods of one tick: an equilibrium, its settlement in whole grains of money, and production."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key

from catallax.core import (
    AbstractGoodsWorld,
    AbstractHouseholds,
    AbstractProducers,
    AbstractValuation,
    Equilibrium,
    Ledger,
    Transfer,
    money,
    split_by,
)
from catallax.equilibria import certify, solve
from catallax.markets import _faults as faults
from catallax.markets.wide._state import WideState

if TYPE_CHECKING:
    from catallax.markets.wide._wide import WideMarket

_LEAST = 1e-9
"""Share of the market's money that counts as the least budget: an agent without money has no demand to solve for."""

_DUST = 1e-9
"""Share of a lot below which a stock is what rounding left and not for sale; so much is priced of a good that is out of stock."""


_TOLERANCE = 1e-12
"""Gap asked of the default method: where a buyer can use little of its money it counts little in the solver's gap, and much in ours."""

_DEAR = 1e12
"""Credits per unit that nobody would pay."""


class Traded(NamedTuple):
    """What changed hands in a tick."""

    prices: Float[Array, " goods"]
    """Credits per unit; of a good that is out of stock, what a lot of it would bring."""
    supply: Float[Array, " goods"]
    """Units for sale."""
    bundles: Float[Array, "buyers goods"]
    """Units; buyers are the producers, then the consumers."""
    paid: Float[Array, " buyers"]
    """Credits on the ledger's grid."""
    unsold: Float[Array, "accounts_and_house goods"]
    """Units that stay with their owners, since nobody wants them."""
    capped: Float[Array, ""]
    """Share of the buyers with money whom their budget held back."""
    gap: Float[Array, ""]
    """`Equilibrium.gap` of what was handed over at the prices paid."""
    regret: Float[Array, ""]
    """`Equilibrium.regret`, likewise."""
    lost: Float[Array, ""]
    """Largest difference between what was there and what was handed over or stayed, as a share of it, or of a lot where it is out of stock."""


def nothing(market: WideMarket) -> Traded:
    """What changes hands where there are no goods."""
    none, zero = jnp.zeros(0), jnp.zeros(())
    return Traded(none, none, jnp.zeros((0, 0)), none, jnp.zeros((market.accounts + 1, 0)), zero, zero, zero, zero)


def trade(market: WideMarket, state: WideState) -> tuple[WideState, Traded]:
    """All holdings are for sale; buyers pay, sellers are paid.

    Money goes round in bid form: with `b_aj = p_j x_aj`, cut down to what `a` has, prices are `p_j = sum_a b_aj / omega_j` and bundles
    `x_aj = b_aj / p_j`, so that money and goods balance whatever the solver's tolerance was.
    """
    assert market.consumers is not None
    stock = jnp.sum(state.holdings, axis=0)
    supply = jnp.where(stock > _DUST * market.lot, stock, 0.0)
    purses = _purses(market, state)
    valuation = valuation_of(state.producers, market.consumers)
    budgets = jnp.maximum(purses, _LEAST * jnp.maximum(jnp.sum(purses), market.coin))
    # next to nothing of a missing good: its price is such that nobody pays for what goes with it
    there = jnp.where(supply > 0, supply, _DUST * market.lot)
    found = solve(valuation, there, budgets, cap=market.cap, method=market.method, tol=_TOLERANCE)
    here = _present(state, market.consumers)
    found = found._replace(bundles=jnp.where(here[:, None], found.bundles, 0.0))
    paid, prices, bundles = _bid_form(found, supply, there, purses)
    # nobody can do better by a good that is not there, whatever its price: judged at one that nobody would pay
    dear = jnp.where(supply > 0, prices, _DEAR)
    judged = certify(valuation, supply, budgets, market.cap, dear, bundles, tol=jnp.inf, iterations=found.iterations)
    left = jnp.maximum(stock - jnp.sum(bundles, axis=0), 0.0) / jnp.where(stock > 0, stock, 1.0)
    unsold = state.holdings * left[None, :]
    off = jnp.abs(jnp.sum(bundles, axis=0) + jnp.sum(unsold, axis=0) - stock)
    lost = jnp.max(off / jnp.where(supply > 0, supply, market.lot))
    held_back = market.cap.bounds(valuation.value(bundles), paid, purses) & (purses > 0)
    capped = jnp.sum(held_back) / jnp.maximum(jnp.sum(purses > 0), 1)
    paid = grid(paid, market.coin)
    ledger = _settle(market, state, jnp.where(supply > 0, prices, 0.0), paid)
    missing = supply <= 0

    def quoted() -> Float[Array, " goods"]:
        """What a lot of the missing goods would bring."""
        sample = jnp.where(missing, market.lot, supply)
        return solve(valuation, sample, budgets, cap=market.cap, method=market.method).prices

    quotes = jax.lax.cond(jnp.any(missing), quoted, lambda: prices)
    prices = jnp.where(missing, quotes, prices)
    traded = Traded(prices, supply, bundles, paid, unsold, capped, judged.gap, judged.regret, lost)
    sound = jnp.all(jnp.isfinite(prices)) & jnp.all(jnp.isfinite(stock))
    fault = faults.note(state.fault, faults.BAD_GOODS, ~sound, state.tick)
    return state._replace(ledger=ledger, fault=fault), traded


def _bid_form(
    found: Equilibrium, supply: Float[Array, " goods"], there: Float[Array, " goods"], purses: Float[Array, " buyers"]
) -> tuple[Float[Array, " buyers"], Float[Array, " goods"], Float[Array, "buyers goods"]]:
    """What each pays, prices, and bundles that balance; see `trade`."""
    bids = found.prices[None, :] * found.bundles * (supply > 0)[None, :]
    asked = jnp.sum(bids, axis=1)
    bids = bids * jnp.minimum(1.0, purses / jnp.where(asked > 0, asked, 1.0))[:, None]
    value = jnp.sum(bids, axis=0)
    prices = jnp.where(supply > 0, value / there, found.prices)
    # where a good is free there are no bids to share it out by
    free = (value <= 0)[None, :]
    bundles = jnp.where(free, found.bundles * (supply / there)[None, :], bids / jnp.where(free, 1.0, prices[None, :]))
    taken = jnp.sum(bundles, axis=0)
    bundles = bundles * jnp.minimum(1.0, supply / jnp.where(taken > 0, taken, 1.0))[None, :]
    return jnp.sum(bids, axis=1), prices, bundles


def _settle(market: WideMarket, state: WideState, prices: Array, paid: Array) -> Ledger:
    """Buyers pay the house, which pays the sellers; what rounding leaves is the house's."""
    accounts = jnp.arange(market.accounts, dtype=jnp.int32)
    producers = paid[: market.producer_count]
    revenue = grid(state.holdings[:-1] @ prices, market.coin)
    ledger = state.ledger.transfer(
        Transfer("house", accounts[market.actor_slots :], -producers), Transfer("house", accounts, revenue)
    )
    return ledger.pay_income(-paid[market.producer_count :])


def grid(credits: Float[Array, " n"], coin: float) -> Float[Array, " n"]:
    """Rounded down to the ledger's grain."""
    grain = coin / money.GRAINS_PER_COIN
    return jnp.floor(credits / grain) * grain


def _purses(market: WideMarket, state: WideState) -> Float[Array, " buyers"]:
    """What each buyer can spend, credits."""
    wealth, start = state.ledger.caps(1), market.actor_slots
    purses = []
    for kind in state.producers:
        own = wealth[start : start + kind.count]
        purses.append(jnp.where(kind.alive, jnp.clip(kind.budgets(own), 0.0, own), 0.0))
        start += kind.count
    purses.append(money.spendable(state.ledger.consumers, 1, market.coin))
    return jnp.concatenate(purses).astype(state.holdings.dtype)


def _present(state: WideState, consumers: AbstractHouseholds) -> Bool[Array, " buyers"]:
    """Who can get anything, free goods too: consumers always, producers while they live."""
    everybody = jnp.ones(consumers.income.shape[0], bool)
    return jnp.concatenate([*(kind.alive for kind in state.producers), everybody])


def valuation_of(producers: tuple[AbstractProducers, ...], consumers: AbstractHouseholds) -> AbstractValuation:
    """One valuation of everybody's bundles, producers first.

    Raises:
        ValueError: if the kinds differ, since a solver needs one.
    """
    wanted = consumers.valuation()
    offered = [kind.valuation() for kind in producers]
    for each in offered:
        if type(each) is not type(wanted):
            raise ValueError(
                "WideMarket: producers and consumers must value bundles by one kind of valuation, got "
                f"{type(each).__name__} and {type(wanted).__name__}; write both as the more general one."
            )
    return jax.tree.map(lambda *leaves: jnp.concatenate(leaves), *offered, wanted)


def learned(state: WideState, prices: Float[Array, " goods"]) -> tuple[AbstractProducers, ...]:
    """The producers after they saw the prices."""
    return tuple(kind.learn(prices) for kind in state.producers)


def produce(
    market: WideMarket, world: AbstractGoodsWorld, state: WideState, traded: Traded, key: Key[Array, ""]
) -> Float[Array, "accounts_and_house goods"]:
    """Holdings a tick later: producers transform what they bought, consumers use theirs up, nobody touches the rest."""
    holdings, first = traded.unsold * world.keeps[None, :], 0
    if not state.producers:
        return holdings
    (own,) = split_by(key, "transform")
    keys = jax.random.split(own, market.producer_count)
    for kind in state.producers:
        rows = slice(first, first + kind.count)
        made = jax.vmap(world.transform)(keys[rows], traded.bundles[rows], kind.plans())
        accounts = slice(market.actor_slots + rows.start, market.actor_slots + rows.stop)
        holdings = holdings.at[accounts].add(jnp.where(kind.alive[:, None], made, 0.0))
        first = rows.stop
    return holdings
