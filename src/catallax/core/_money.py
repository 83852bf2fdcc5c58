"""Exact money without 64-bit mode: whole coins and a binary fraction of one.

A balance is `coins + grains / 2**20` coins, both `int32`, `0 <= grains < 2**20`.
One coin is worth `coin` credits, a power of two chosen per economy, so every
`float32` that lies on the grain is represented without error and a sum of
transfers does not depend on its order. The range is ±2**31 coins.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

GRAINS_PER_COIN = 1 << 20
_GRAIN = 2.0**-20
_BLOCK = 2047  # grains of that many transfers still add up inside int32
COINS_ALARM = 1 << 30
"""Balances beyond this many coins count as overflow (half of what int32 holds)."""
LARGEST_TRANSFER = 1 << 18
"""Coins one transfer may move; more counts as overflow."""


class Money(NamedTuple):
    """Balances of any shape: `coins + grains * 2**-20` coins."""

    coins: Int[Array, "*shape"]
    grains: Int[Array, "*shape"]


def zeros(shape: tuple[int, ...] = ()) -> Money:
    """Empty accounts."""
    return Money(jnp.zeros(shape, jnp.int32), jnp.zeros(shape, jnp.int32))


def _carry(coins: Int[Array, "*s"], grains: Int[Array, "*s"]) -> Money:
    return Money(coins + (grains >> 20), grains & (GRAINS_PER_COIN - 1))


def quantise(amount: Float[Array, "*s"], coin: float = 1.0) -> Float[Array, "*s"]:
    """The nearest amount of credits on the grain, `round(x / grain) * grain`.

    Exact in `float32`: above 8 coins every `float32` already lies on the grain.
    """
    return jnp.rint(amount * (GRAINS_PER_COIN / coin)) * (coin * _GRAIN)


def from_credits(amount: Float[Array, "*s"], coin: float = 1.0) -> Money:
    """Money for an amount of credits, rounded once to the grain."""
    in_coins = quantise(amount, coin) * (1.0 / coin)
    whole = jnp.floor(in_coins)
    return Money(whole.astype(jnp.int32), ((in_coins - whole) * GRAINS_PER_COIN).astype(jnp.int32))


def to_credits(money: Money, coin: float = 1.0) -> Float[Array, "*s"]:
    """Credits, rounded to `float32`."""
    return (money.coins.astype(jnp.float32) + money.grains.astype(jnp.float32) * _GRAIN) * coin


def spendable(money: Money, ways: int = 1, coin: float = 1.0) -> Float[Array, "*s"]:
    """The largest amount on the grain that can be spent `ways` times over.

    `ways * spendable(m) <= m`, exactly; for one way and less than 16 coins it is `m`.
    Never more than `LARGEST_TRANSFER` = 2**18 coins in one place.

    Args:
        money: balances; a negative one can spend nothing.
        ways: in how many places the owner may spend at once.
        coin: credits per coin.

    Returns:
        Credits, a multiple of the grain.
    """
    if ways > 1:
        money = _divide(money, ways)
    nearest = to_credits(money)
    whole = jnp.floor(nearest)
    grains = ((nearest - whole) * GRAINS_PER_COIN).astype(jnp.int32)
    whole = whole.astype(jnp.int32)
    above = (whole > money.coins) | ((whole == money.coins) & (grains > money.grains))
    amount = jnp.where(above, jnp.nextafter(nearest, jnp.float32(0.0)), nearest)
    return jnp.clip(amount, 0.0, LARGEST_TRANSFER) * coin


def _divide(money: Money, ways: int) -> Money:
    """The largest share with `ways * share <= money`, by long division in steps of ten bits."""
    if ways >= 1 << 21:
        raise ValueError(f"money can be split at most 2**21 ways, got {ways}.")
    rest = money.coins % ways
    high = (rest << 10) + (money.grains >> 10)
    low = ((high % ways) << 10) + (money.grains & 1023)
    return Money(money.coins // ways, ((high // ways) << 10) + low // ways)


def add(a: Money, b: Money) -> Money:
    """`a + b`, elementwise."""
    return _carry(a.coins + b.coins, a.grains + b.grains)


def subtract(a: Money, b: Money) -> Money:
    """`a - b`, elementwise."""
    return _carry(a.coins - b.coins, a.grains - b.grains)


def negate(a: Money) -> Money:
    """`-a`, elementwise."""
    return _carry(-a.coins, -a.grains)


def where(condition: Bool[Array, "*s"], a: Money, b: Money) -> Money:
    """`a` where the condition holds, else `b`."""
    return jax.tree.map(lambda x, y: jnp.where(condition, x, y), a, b)


def less(a: Money, b: Money) -> Bool[Array, "*s"]:
    """`a < b`, elementwise."""
    return (a.coins < b.coins) | ((a.coins == b.coins) & (a.grains < b.grains))


def minimum(a: Money, b: Money) -> Money:
    """The smaller, elementwise."""
    return where(less(b, a), b, a)


def total(money: Money) -> Money:
    """Sum over the last axis, exact whatever its order and length."""
    # grains are summed in two halves of ten bits, so a million accounts still fit int32
    high = jnp.sum(money.grains >> 10, axis=-1, dtype=jnp.int32)
    low = jnp.sum(money.grains & 1023, axis=-1, dtype=jnp.int32)
    middle = high + (low >> 10)
    return Money(
        jnp.sum(money.coins, axis=-1, dtype=jnp.int32) + (middle >> 10), ((middle & 1023) << 10) + (low & 1023)
    )


def segment_total(money: Money, account: Int[Array, " transfers"], accounts: int) -> Money:
    """Sum of the amounts of each account, exact; amounts may have further axes, and an account up to a million of them.

    >>> one = from_credits(jnp.array([0.5, 0.75, 2.0]))
    >>> to_credits(segment_total(one, jnp.array([1, 1, 0]), 2))
    Array([2.  , 1.25], dtype=float32)
    """

    def added(part: Array) -> Array:
        return jax.ops.segment_sum(part, account, accounts)

    high, low = added(money.grains >> 10), added(money.grains & 1023)
    middle = high + (low >> 10)
    return Money(added(money.coins) + (middle >> 10), ((middle & 1023) << 10) + (low & 1023))


def far(money: Money) -> Bool[Array, "*s"]:
    """Whether a balance passed the alarm, elementwise."""
    return jnp.abs(money.coins) > COINS_ALARM


def beyond(money: Money) -> Bool[Array, "*s"]:
    """Whether the sizes over the last axis sum to the alarm or more, so that `total` may have wrapped."""
    # in floats: an integer sum that wrapped twice looks innocent
    return jnp.sum(jnp.abs(money.coins.astype(jnp.float32)), axis=-1) >= COINS_ALARM


def scatter_add(balances: Money, index: Int[Array, " transfers"], amounts: Money) -> Money:
    """Add `amounts[k]` to account `index[k]`; indices may repeat, negative ones are dropped.

    Touches only the named accounts, so its cost does not grow with their number.
    """
    size = balances.coins.shape[0]
    index = jnp.where(index < 0, size, index)
    for start in range(0, index.shape[0], _BLOCK):
        block = slice(start, start + _BLOCK)
        balances = _scatter_block(balances, index[block], Money(amounts.coins[block], amounts.grains[block]))
    return balances


def _scatter_block(balances: Money, index: Int[Array, " transfers"], amounts: Money) -> Money:
    coins = balances.coins.at[index].add(amounts.coins, mode="drop")
    grains = balances.grains.at[index].add(amounts.grains, mode="drop")
    # every transfer to one account reads the same sums, so they all write the same carry
    touched = _carry(coins.at[index].get(mode="fill", fill_value=0), grains.at[index].get(mode="fill", fill_value=0))
    return Money(
        coins.at[index].set(touched.coins, mode="drop"),
        grains.at[index].set(touched.grains, mode="drop"),
    )


def exact(money: Money) -> np.ndarray:
    """Balances in grains as 64-bit integers, on the host."""
    wide = np.asarray(money.coins, np.int64) * GRAINS_PER_COIN + np.asarray(money.grains, np.int64)
    return np.asarray(wide)
