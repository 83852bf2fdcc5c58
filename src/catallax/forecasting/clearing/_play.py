"""Call markets from the host: one question, many, or one after the other with the wealth that the last left."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from catallax.core import in_double
from catallax.forecasting._mechanism import Numbers
from catallax.forecasting.clearing._call_market import AbstractCallMarket
from catallax.forecasting.clearing._cara import CARA, ProportionalCARA
from catallax.forecasting.clearing._settings import require_beliefs, require_settings, require_wealth


class Called(NamedTuple):
    """A market that has cleared."""

    prices: Float[Numbers, "*questions outcomes"]
    shares: Float[Numbers, "*questions traders outcomes"]
    paid: Float[Numbers, "*questions traders"]
    """Credits for the shares."""
    profits: Float[Numbers, "*questions traders outcomes"]
    """Credits that each trader gains in each outcome."""


class Played(NamedTuple):
    """Questions one after the other."""

    wealth: Float[Numbers, "moments traders"]
    """At the beginning and after each question, credits."""
    prices: Float[Numbers, "questions outcomes"]
    """At which each question was traded, before it came out."""


def call(
    rule: AbstractCallMarket,
    wealth: Float[Numbers, " accounts"],
    beliefs: Float[Numbers, "*questions traders outcomes"],
) -> Called:
    """Clear a market, or one for each of many questions, all at the same wealth.

    Args:
        rule: who the traders are.
        wealth: credits, at least 0.
        beliefs: `h`, at least 0, adding up to 1 over the outcomes; above 0 for CARA traders, who would sell without end.

    Raises:
        ValueError: for wealth that is negative or nobody's, beliefs that are none, and shapes or settings that do not fit each other.
    """
    wealth, beliefs = _checked("call", rule, wealth, beliefs)
    flat = beliefs.reshape(-1, *beliefs.shape[-2:])
    found = _called(rule, wealth, flat)
    return Called(*(np.reshape(part, (*np.shape(beliefs)[:-2], *part.shape[1:])) for part in found))


def play(
    rule: AbstractCallMarket,
    wealth: Float[Numbers, " accounts"],
    beliefs: Float[Numbers, "questions traders outcomes"],
    outcomes: Int[Numbers, " answers"],
) -> Played:
    """Trade questions in order; each comes out before the next is traded.

    Args:
        rule: who the traders are.
        wealth: credits at the beginning, at least 0.
        beliefs: `h` about each question.
        outcomes: which outcome happened, from 0; one a question.

    Raises:
        ValueError: for bad wealth and beliefs, shapes or settings that do not fit each other, outcomes that do not exist, one that happens at price 0 (nobody had put anything on it), and CARA
            traders who owe more than they have.

    >>> import numpy as np
    >>> from catallax.forecasting.clearing import Kelly
    >>> beliefs = np.array([[[0.75, 0.25], [0.25, 0.75]]])
    >>> play(Kelly(), np.ones(2), beliefs, np.array([0])).wealth.tolist()
    [[1.0, 1.0], [1.5, 0.5]]
    """
    wealth, beliefs = _checked("play", rule, wealth, beliefs)
    if beliefs.ndim != 3:
        raise ValueError(
            f"play: beliefs need the axes questions, traders, outcomes; got the shape {beliefs.shape}. For one question use call."
        )
    happened = np.asarray(outcomes)
    if happened.shape != beliefs.shape[:1] or not np.issubdtype(happened.dtype, np.integer):
        raise ValueError(
            f"play: outcomes must be whole numbers, one for each of {len(beliefs)} questions; got {happened.dtype} of the shape {happened.shape}."
        )
    if happened.min() < 0 or happened.max() >= beliefs.shape[-1]:
        raise ValueError(f"play: there are the outcomes 0 to {beliefs.shape[-1] - 1}, got {outcomes}.")
    played = _played(rule, wealth, beliefs, happened)
    at = np.take_along_axis(played.prices, happened[:, None], 1)[:, 0]
    if not np.all(at > 0):
        raise ValueError(
            f"play: question {int(np.argmin(at))} came out at price 0: nobody who has wealth left believed it possible. "
            "Keep beliefs above 0, or bet a fraction."
        )
    owes = played.wealth < -1e-12 * np.sum(wealth)  # less is rounding
    if np.any(owes):
        first = int(np.argmax(np.any(owes, 1)))
        raise ValueError(
            f"play: after question {first - 1} a trader owes more than it has: {played.wealth[first]}. "
            "Traders of constant absolute risk aversion need more wealth, a higher aversion, or ProportionalCARA."
        )
    return played


def _checked(part: str, rule: AbstractCallMarket, wealth: Any, beliefs: Any) -> tuple[np.ndarray, np.ndarray]:
    name = type(rule).__name__
    require_wealth(name, wealth)
    require_beliefs(name, "beliefs", beliefs, positive=isinstance(rule, CARA | ProportionalCARA))
    mine, said = np.asarray(wealth, np.float64), np.asarray(beliefs, np.float64)
    if mine.ndim != 1 or said.ndim < 2:
        raise ValueError(
            f"{part}: wealth needs one axis, traders, and beliefs end on the axes traders, outcomes; got the shapes {mine.shape} and {said.shape}."
        )
    if len(mine) != said.shape[-2]:
        raise ValueError(f"{part}: {len(mine)} traders have wealth and {said.shape[-2]} have beliefs.")
    require_settings(part, rule, len(mine))
    return mine, said


def _clear_all(rule: Any, wealth: Array, beliefs: Array) -> Called:
    def one(h: Array) -> Called:
        prices = rule.clear(wealth, h)
        shares, paid = rule.bets(wealth, h, prices)
        return Called(prices, shares, paid, rule.profits(wealth, h, prices))

    return jax.vmap(one)(beliefs)


def _play_all(rule: Any, wealth: Array, beliefs: Array, outcomes: Array) -> Played:
    def trade(wealth: Array, question: tuple[Array, Array]) -> tuple[Array, tuple[Array, Array]]:
        h, outcome = question
        prices = rule.clear(wealth, h)
        after = wealth + rule.profits(wealth, h, prices)[:, outcome]
        return after, (after, prices)

    _, (path, prices) = jax.lax.scan(trade, wealth, (beliefs, outcomes))
    return Played(jnp.concatenate([wealth[None], path]), prices)


_called: Any = in_double(_clear_all)
_played: Any = in_double(_play_all)
