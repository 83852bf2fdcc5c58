"""ZIP: a trader with a profit margin that it corrects after everything it hears."""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key, UInt32

from catallax.core import BUYER, SELLER, AbstractTrader, Board, Limit, Shout, split_by


class Margin(NamedTuple):
    """What a ZIP trader knows."""

    margin: Float[Array, "*agents"]
    """Share of the limit price, in (-1, 0] for buyers, at least 0 for sellers."""
    change: Float[Array, "*agents"]
    """Last change of the price it had in mind, ticks."""
    rate: Float[Array, "*agents"]
    """How fast it learns, drawn at birth, in [0, 1]."""
    momentum: Float[Array, "*agents"]
    """Weight of the last change, drawn at birth, in [0, 1]."""


class ZIP(AbstractTrader):
    """Quotes `p = limit (1 + margin)` and moves p towards a target just beyond what it heard.

    After a shout at price q, with `τ = R q + A`: `Δ = β (τ - p)`,
    `Γ ← (1 - γ) Δ + γ Γ`, `margin ← (p + Γ) / limit - 1` unless its sign is
    wrong. A seller raises its margin, `R ∈ U(1, 1 + c_r)`, `A ∈ U(0, c_a)`,
    after a trade at `q >= p`. It lowers it, `R ∈ U(1 - c_r, 1)`,
    `A ∈ U(-c_a, 0)`, if it still has a unit and `q <= p` was the price of a
    trade that a bid led to, or of an ask that nobody took. Buyers mirror this.

    Source: Cliff (1997), HPL-97-91. Update and ranges follow its inventor's own program, the Bristol Stock Exchange,
    which steps from whole prices and keeps a margin only off 0; who moves when is recalled.
    """

    rate: tuple[float, float] = eqx.field(static=True, default=(0.1, 0.5))
    """Range of β."""
    momentum: tuple[float, float] = eqx.field(static=True, default=(0.0, 0.1))
    """Range of γ."""
    margin: tuple[float, float] = eqx.field(static=True, default=(0.05, 0.35))
    """Range of the first margin, of either sign."""
    relative: float | Array = 0.05
    """c_r, share of the price."""
    absolute: float | Array = 0.05
    """c_a, ticks."""

    def __check_init__(self) -> None:
        for name, (low, high) in (("rate", self.rate), ("momentum", self.momentum), ("margin", self.margin)):
            if not 0 <= low <= high < 1:
                raise ValueError(f"ZIP: {name} must be a range within [0, 1), got ({low}, {high}).")
        for name, value in (("relative", self.relative), ("absolute", self.absolute)):
            if isinstance(value, float | int) and not value >= 0:
                raise ValueError(f"ZIP: {name} must be at least 0, got {value}.")

    def init(self, key: Key[Array, ""], side: Int[Array, "*agents"]) -> Margin:
        """Draw how fast it learns and where it starts."""

        def draw(key: Any, span: tuple[float, float]) -> Array:
            return jax.random.uniform(key, side.shape, minval=span[0], maxval=span[1])

        rate, momentum, margin = split_by(key, "rate", "momentum", "margin")
        start = jnp.where(side == BUYER, -1.0, 1.0) * draw(margin, self.margin)
        return Margin(start, jnp.zeros(side.shape), draw(rate, self.rate), draw(momentum, self.momentum))

    def quote(
        self, luck: UInt32[Array, "*agents"], state: Margin, limit: Limit, market: Board
    ) -> Int[Array, "*agents"]:
        """The price it has in mind, in whole ticks; see `AbstractTrader.quote`."""
        return jnp.clip(_rounded(_wanted(state, limit)), market.lowest, market.highest)

    def learn(self, luck: UInt32[Array, "*agents"], state: Margin, limit: Limit, shout: Shout) -> Margin:
        """Correct the margin; see `AbstractTrader.learn`."""
        up, down = moves(_rounded(_wanted(state, limit)), limit, shout)
        relative, absolute = _two_uniforms(luck)
        # raising a seller's margin and lowering a buyer's both aim above the price heard
        above = jnp.where(up == (limit.side == SELLER), 1.0, -1.0)
        target = shout.price * (1.0 + above * self.relative * relative) + above * self.absolute * absolute
        wanted = _wanted(state, limit)
        change = (1.0 - state.momentum) * state.rate * (target - wanted) + state.momentum * state.change
        margin = (wanted + change) / limit.price - 1.0
        right = jnp.where(limit.side == BUYER, (margin <= 0) & (margin > -1), margin >= 0)
        moved = (up | down) & shout.heard
        return state._replace(
            margin=jnp.where(moved & right, margin, state.margin), change=jnp.where(moved, change, state.change)
        )


def moves(
    price: Int[Array, "*agents"], limit: Limit, shout: Shout
) -> tuple[Bool[Array, "*agents"], Bool[Array, "*agents"]]:
    """Whose margins go up, and whose go down, after a shout.

    Args:
        price: what each would quote, ticks.
        limit: the unit each works on.
        shout: what was heard.
    """
    # how much worse than the price heard its own is for the other side, ticks
    short = limit.side * (shout.price - price)
    up = shout.accepted & (short <= 0)
    # a trade teaches those whom its first mover came to meet, a refusal those of the refused one's side
    taught = jnp.where(shout.accepted, limit.side != shout.side, limit.side == shout.side)
    return up, ~up & taught & limit.open & (short >= 0)


def _wanted(state: Margin, limit: Limit) -> Float[Array, "*agents"]:
    return limit.price * (1.0 + state.margin)


def _rounded(price: Float[Array, "*agents"]) -> Int[Array, "*agents"]:
    return jnp.round(price).astype(jnp.int32)


def _two_uniforms(word: UInt32[Array, "*agents"]) -> tuple[Float[Array, "*agents"], Float[Array, "*agents"]]:
    """Two draws from [0, 1) out of one word: 16 bits each are far finer than a tick."""
    return (word >> 16).astype(jnp.float32) / 65536, (word & 0xFFFF).astype(jnp.float32) / 65536
