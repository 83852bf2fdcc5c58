"""Earn-outs: a buyer passes on part of what it gains beyond the price its seller got."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from catallax.core import Transfer, money
from catallax.markets._learning import Closed
from catallax.markets._state import MarketState


class Dues(NamedTuple):
    """What every owner of a round gets and gives, axes `time instances`, credits."""

    received: Float[Array, "time instances"]
    given: Float[Array, "time instances"]


def dues(share: Float[Array, ""] | float, discount: Float[Array, ""] | float, coin: float, closed: Closed) -> Dues:
    """Earn-outs of a round: with revenue `R_t` and `p_t` what the seller at `t` received, before discount,

    `R_t = r_t + discount * (p_{t+1} + share * (R_{t+1} - p_{t+1}))`: the λ-return with λ = share.

    The gain is reckoned from what the seller received, not from what the buyer
    paid: the same price must stand in both places, or under rules that do not
    conserve credit (Vickrey) the seller's revenue would be no return. What the house
    adds or bears stays the house's matter. So under `Trembling` `p` is the inner
    auction's price: an explorer that got the good for less passes back what the good
    brought beyond the undisturbed price (a loss, if exploring was a mistake), and
    nothing of the rebate that the house gave it.

    The contract runs until the end of the round; an owner that was sold to by the
    house owes nothing, since the house asks for no earn-out.

    Source: the λ-return is Sutton's (1988); the market form is ours.
    """
    sale = closed.sale

    def owner(later: tuple[Array, Array], row: tuple[Array, ...]) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        gain_after, sold_after = later
        price, reward, ended, valid, resale = row
        bought_on = valid & ~ended & sold_after
        given_after = jnp.where(bought_on, money.quantise(share * gain_after, coin), 0.0)
        received = money.quantise(discount * given_after, coin)
        gain = reward + resale + received - price
        return (gain, valid), (received, given_after)

    nothing = jnp.zeros(sale.price.shape[1:], sale.price.dtype)
    rows = (sale.price, sale.reward, sale.ended, sale.valid, closed.resale)
    _, (received, given_after) = jax.lax.scan(owner, (nothing, nothing > 0), rows, reverse=True)
    # what the owner at t + 1 gives was worked out beside the owner at t
    given = jnp.concatenate([jnp.zeros_like(given_after[:1]), given_after[:-1]])
    return Dues(received, given)


def settle(state: MarketState, closed: Closed, dues: Dues) -> tuple[MarketState, Closed]:
    """Book the earn-outs, and let every seller see its own as part of the resale."""
    winner = closed.sale.winner.reshape(-1)
    ledger = state.ledger.transfer(
        Transfer("house", winner, -dues.given.reshape(-1)), Transfer("house", winner, dues.received.reshape(-1))
    )
    return state._replace(ledger=ledger), closed._replace(resale=closed.resale + dues.received)
