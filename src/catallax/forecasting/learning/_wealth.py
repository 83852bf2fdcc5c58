"""Wealth that learns: questions traded one after the other or all at once, by those who have something to say about them."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Int

from catallax.core import in_double
from catallax.forecasting.clearing import AbstractCallMarket, Bets

ROWS = 64
"""Tables are padded to this, times a power of 2, so that tables of like size share a compiled program."""

LEAST = 1e-100
"""Of all wealth: what is left to the ruined. No price notices it beside others, but where all who come are ruined they count alike, and there is a price."""


class Questions(NamedTuple):
    """What is traded: of each question who comes, what they believe, and how it came out."""

    seats: Int[Any, "questions present"]
    """Which traders come, as places among all; different ones."""
    here: Bool[Any, "questions present"]
    """False for a seat that stays empty."""
    beliefs: Float[Any, "questions present outcomes"]
    resolution: Float[Any, "questions outcomes"]
    """What a share of each outcome pays, credits."""
    weight: Float[Any, " questions"]
    """How many times the question counts."""

    def taken(self, order: np.ndarray) -> Questions:
        """Some of the questions, in an order."""
        return Questions(*(part[order] for part in self))

    def padded(self) -> Questions:
        """With questions of no weight, up to one of a few sizes."""
        rows = padded_size(len(self.weight))
        order = np.concatenate([np.arange(len(self.weight)), np.zeros(rows - len(self.weight), int)])
        more = self.taken(order)
        return more._replace(weight=np.where(np.arange(rows) < len(self.weight), more.weight, 0.0))


def open_questions(seats: np.ndarray, beliefs: np.ndarray) -> Questions:
    """Questions that are not answered yet; everybody on a seat comes."""
    rows, _, outcomes = beliefs.shape
    return Questions(seats, np.ones(seats.shape, bool), beliefs, np.zeros((rows, outcomes)), np.ones(rows))


def everybody(beliefs: np.ndarray) -> Questions:
    """Questions to which all traders come."""
    rows, traders, _ = beliefs.shape
    return open_questions(np.broadcast_to(np.arange(traders), (rows, traders)), beliefs)


class Learned(NamedTuple):
    """What trading did."""

    wealth: Float[Any, " traders"]
    """Of all traders, in the end."""
    before: Float[Any, "questions present"]
    """Wealth of those present before each question."""
    after: Float[Any, "questions present"]
    """And after it."""
    prices: Float[Any, "questions outcomes"]


class Explained(NamedTuple):
    """A market for each question, at the same wealth."""

    prices: Float[Any, "questions outcomes"]
    bets: Bets
    profits: Float[Any, "questions present outcomes"]


def padded_size(count: int, least: int = ROWS) -> int:
    """The smallest `least * 2 ** k` that is enough."""
    while least < count:
        least *= 2
    return least


def one_after_the_other(
    rule: AbstractCallMarket, wealth: np.ndarray, questions: Questions, eta: float, floor: float
) -> Learned:
    """Trade in order: `w_i <- w_i (1 + eta g_i / w_i) ** v`, scaled so that those present keep what they have together.

    Args:
        rule: how the market clears.
        wealth: of all traders, at least 0.
        questions: in their order; `v` is the weight.
        eta: the part of each order that is filled, above 0 and at most 1.
        floor: the part of what those present have that is dealt out among them in equal parts after each question. Nobody falls below `LEAST`.
    """
    found = _online(rule, wealth, questions.padded(), eta, floor)
    return _cut(found, len(questions.weight))


def all_at_once(
    rule: AbstractCallMarket, wealth: np.ndarray, questions: Questions, eta: float, floor: float
) -> Learned:
    """Trade all questions with the same wealth, split among them by their weights: `w_i <- w_i + eta mean g_i`; with Kelly traders a step of EM."""
    found = _batch(rule, wealth, questions.padded(), eta, floor)
    return _cut(found, len(questions.weight))


def explained(rule: AbstractCallMarket, wealth: np.ndarray, questions: Questions) -> Explained:
    """Clear each question on its own."""
    found = _explain(rule, wealth, questions.padded())
    return jax.tree.map(lambda part: part[: len(questions.weight)], found)


def _cut(found: Learned, count: int) -> Learned:
    return Learned(found.wealth, *(part[:count] for part in found[1:]))


def _trade(rule: Any, wealth: Any, beliefs: Any, resolution: Any) -> tuple[Any, Any]:
    """Prices and gains."""
    prices = rule.clear(wealth, beliefs)
    return prices, rule.profits(wealth, beliefs, prices) @ resolution


def _shared(wealth: Any, total: Any, here: Any, floor: Any) -> Any:
    """As much together as before, and nobody present below the floor, or at nothing."""
    scaled = wealth * (total / jnp.sum(wealth))
    return jnp.maximum((1 - floor) * scaled + floor * total * here / jnp.sum(here), LEAST * here)


def _online_all(rule: Any, wealth: Any, questions: Questions, eta: Any, floor: Any) -> Learned:
    def turn(everybody: Any, now: Questions) -> tuple[Any, Any]:
        mine = everybody[now.seats]
        staked = mine * now.here
        prices, gained = _trade(rule, staked, now.beliefs, now.resolution)
        growth = jnp.where(staked > 0, 1 + eta * gained / jnp.where(staked > 0, staked, 1.0), 0.0)
        # beside the best one, since what counts a thousand times has no room in a number
        beside = jnp.maximum(growth, 0.0) / jnp.maximum(jnp.max(growth), jnp.finfo(growth.dtype).tiny)
        grown = _shared(staked * beside**now.weight, jnp.sum(staked), now.here, floor)
        traded = now.here & (now.weight > 0) & jnp.isfinite(grown)
        after = jnp.where(traded, grown, mine)
        return everybody.at[now.seats].set(after, unique_indices=True), (mine, after, prices)

    end, path = jax.lax.scan(turn, wealth, questions)
    return Learned(end, *path)


def _batch_all(rule: Any, wealth: Any, questions: Questions, eta: Any, floor: Any) -> Learned:
    part = questions.weight / jnp.sum(questions.weight)
    prices, gained = jax.vmap(lambda q: _trade(rule, wealth, q.beliefs, q.resolution))(questions)
    after = jnp.maximum(wealth + eta * jnp.matmul(part, gained, precision="highest"), 0.0)
    end = _shared(after, jnp.sum(wealth), jnp.ones_like(wealth), floor)
    before = jnp.broadcast_to(wealth[None], gained.shape)
    return Learned(end, before, before + eta * part[:, None] * gained, prices)


def _explain_all(rule: Any, wealth: Any, questions: Questions) -> Explained:
    def one(q: Questions) -> Explained:
        staked = wealth[q.seats] * q.here
        prices = rule.clear(staked, q.beliefs)
        bets = rule.bets(staked, q.beliefs, prices)
        return Explained(prices, bets, rule.profits(staked, q.beliefs, prices))

    return jax.vmap(one)(questions)


_online: Any = in_double(_online_all)
_batch: Any = in_double(_batch_all)
_explain: Any = in_double(_explain_all)
