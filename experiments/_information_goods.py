"""A signal that several could use: who pays for it, under five ways of selling it."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from catallax.forecasting import LMSR

VOLUNTARY, BAZAAR, UNSEEN, SPONSOR, LEVY = (
    "voluntary contributions", "bazaar: inspected, then bought or forgotten", "sold unseen among fakes",
    "market maker, subsidised by those who like", "market maker, subsidised by a Clarke levy",
)  # fmt: skip
WAYS = (VOLUNTARY, BAZAAR, UNSEEN, SPONSOR, LEVY)
ACCURACY, FAKES = 0.9, 1
"""Of the signal; worthless signals for each true one, which cost nothing to make."""
PARTS = 5
"""Levels of contributions: 0 to what the signal is worth to oneself."""


def nats() -> float:
    """What the signal tells about an even question."""
    return float(np.log(2) + ACCURACY * np.log(ACCURACY) + (1 - ACCURACY) * np.log(1 - ACCURACY))


def maker_pays(liquidity: float) -> float:
    """What an informed trader can expect from a market maker, credits: moves the price to what it believes and is paid by the outcome."""
    market = LMSR(2, liquidity)
    trade = market.quote(outcome=0, to_price=ACCURACY)
    return float(np.array([ACCURACY, 1 - ACCURACY]) @ trade.shares - trade.cost)


class Outcome(NamedTuple):
    """Of one way, axes `[seeds, draws]`."""

    provided: np.ndarray
    """Probability that the signal is found out."""
    welfare: np.ndarray
    """Worth to those who have it, less what it cost, credits."""


def drawn(users: int, seeds: int, draws: int) -> tuple[np.ndarray, np.ndarray]:
    """What the signal is worth to each user, exponential with mean 1 credit, and its cost, uniform from 0 to what it is worth to all on average."""
    luck = np.random.default_rng([users, 5])
    return luck.exponential(1.0, (seeds, draws, users)), luck.random((seeds, draws)) * users


@partial(jax.jit, static_argnums=0)
def contributions(rounds: int, worth: jax.Array, cost: jax.Array, rate: jax.Array) -> jax.Array:
    """How often those who choose their contributions by multiplicative weights pay for the signal, late; axes as in `cost`.

    Each offers 0, 1/4, … of what it is worth to it; if the offers reach the cost it is found out and offers are paid. All learn from what every offer of theirs
    would have brought.
    """
    parts = jnp.linspace(0.0, 1.0, PARTS)

    def one(worth: jax.Array, cost: jax.Array, key: jax.Array) -> jax.Array:
        offers = worth[:, None] * parts[None]

        def play(logits: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
            chosen = jax.random.categorical(key, logits, axis=1)
            given = jnp.take_along_axis(offers, chosen[:, None], 1)[:, 0]
            others = jnp.sum(given) - given
            enough = (others[:, None] + offers >= cost).astype(worth.dtype)
            gain = enough * (1.0 - parts)[None]
            return logits + rate * gain, (jnp.sum(given) >= cost).astype(worth.dtype)

        _, done = jax.lax.scan(play, jnp.zeros(offers.shape), jax.random.split(key, rounds))
        return jnp.mean(done[-rounds // 4 :])

    keys = jax.random.split(jax.random.key(3), cost.size).reshape(cost.shape)
    return jax.vmap(jax.vmap(one))(worth, cost, keys)


def sold(worth: np.ndarray, cost: np.ndarray, known: float) -> Outcome:
    """A seller who knows the demand posts the one best price; buyers pay up to `known` times the worth. It finds the signal out if that pays."""
    ranked = -np.sort(-worth, axis=-1)
    revenue = known * ranked * np.arange(1, worth.shape[-1] + 1)
    best = revenue.argmax(-1)
    provided = (revenue.max(-1) >= cost).astype(float)
    served = np.where(np.arange(worth.shape[-1]) <= best[..., None], ranked, 0.0).sum(-1)
    return Outcome(provided, provided * (served - cost))


def outcomes(users: int, seeds: int, draws: int, rounds: int) -> dict[str, Outcome]:
    """All ways on the same draws; and what is efficient, as "efficient"."""
    worth, cost = drawn(users, seeds, draws)
    total = worth.sum(-1)
    given = np.asarray(
        contributions(rounds, jnp.asarray(worth, jnp.float32), jnp.asarray(cost, jnp.float32), jnp.asarray(0.2)), float
    )
    efficient = (total >= cost).astype(float)
    # a subsidy that pays the finder's cost; whoever subsidises pays it in expectation, everybody reads the price
    needed = cost / nats()
    assert np.isclose(maker_pays(1.0), nats())
    alone = (worth.max(-1) >= needed * nats()).astype(float)
    public = {VOLUNTARY: given, SPONSOR: alone, LEVY: efficient}
    found = {name: Outcome(provided, provided * (total - cost)) for name, provided in public.items()}
    found |= {
        BAZAAR: sold(worth, cost, 1.0),
        UNSEEN: sold(worth, cost, 1.0 / (1 + FAKES)),
        "efficient": Outcome(efficient, efficient * (total - cost)),
    }
    return found
