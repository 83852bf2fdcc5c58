"""What an arbitrageur is sure to earn from forecasts that do not hang together."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from catallax.forecasting.consistency._checks import Check
from catallax.forecasting.scoring._forecasts import finite

STEPS = 100
"""Newton steps at most; a dozen are usual."""
TINY = 1e-300


class Arbitrage(NamedTuple):
    """How far forecasts are from coherent ones, and the nearest of those."""

    value: Float[np.ndarray, "*tuples"]
    """`V`, nats: `min_pi sum_i w_i m_i(pi) KL(pi_i || F_i)`."""
    forecasts: Float[np.ndarray, "*tuples questions"]
    """The nearest coherent forecasts; what the arbitrageur reports."""
    worlds: Float[np.ndarray, "*tuples worlds"]
    """A distribution over the possible worlds that has these forecasts."""
    sure: Float[np.ndarray, "*tuples"]
    """What reporting them earns in the worst world, nats; `value` is this at the optimum, and never below it."""


def arbitrage(forecasts: Any, check: Check, weights: Any = 1.0) -> Arbitrage:
    """Project forecasts onto the coherent ones: `V(F) = max_p min_world sum_i w_i (s(p_i) - s(F_i))`, logarithmic scores `s`.

    By the minimax theorem `V(F) = min_pi sum_i w_i m_i(pi) KL(pi(x_i | applies) || F_i)` over distributions on the possible worlds,
    with `m_i` the probability that question i applies; the conditionals of the minimiser are the best `p`. Against one `LMSR` of
    liquidity `w_i` for each question, V is the arbitrage profit that no world can take away.

    Args:
        forecasts: strictly between 0 and 1; axes `*tuples questions`.
        check: the questions and the possible worlds.
        weights: credits per nat of each question, above 0.

    Raises:
        ValueError: for forecasts that are none, another number of them, or a weight that is not above 0.

    Source: Paleka et al. (2024), "Consistency checks for language model forecasters"; the projection form is derived here.

    >>> from catallax.forecasting.consistency import NEGATION
    >>> found = arbitrage([0.5, 0.6], NEGATION)
    >>> round(float(found.value), 10), found.forecasts.round(5).tolist()
    (0.0101534234, [0.44949, 0.55051])
    """
    numbers = check.forecasts(forecasts)
    credits = finite("arbitrage", "weights", weights)
    if credits.shape not in ((), (1,), (len(check.questions),)) or not np.all(credits > 0):
        raise ValueError(
            f"arbitrage: expected weights above 0, one or one for each of {len(check.questions)} questions, got {weights}."
        )
    credits = np.broadcast_to(credits, (len(check.questions),))
    flat = numbers.reshape(-1, numbers.shape[-1])
    found = _nearest(flat, np.asarray(check.worlds), credits)
    return Arbitrage(*(np.reshape(part, (*numbers.shape[:-1], *part.shape[1:])) for part in found))


def _nearest(
    forecasts: Float[np.ndarray, "tuples questions"],
    answers: Int[np.ndarray, "worlds questions"],
    weights: Float[np.ndarray, " questions"],
) -> Arbitrage:
    """Primal-dual interior points, all tuples side by side; a tuple that is done waits for the others.

    `f(pi) = sum pi g(pi)` is convex and homogeneous of degree 1, and its gradient `g` is what each world pays: at the optimum no world
    pays less than `f`, and a world that pays more has no probability.
    """
    yes, no = (answers == 1) * 1.0, (answers == 0) * 1.0
    pi = np.full((len(forecasts), len(answers)), 1 / len(answers))
    pays, _ = _pays(pi, forecasts, yes, no, weights)
    level = pays.min(1, keepdims=True) - 1
    slack = pays - level
    busy = np.arange(len(forecasts))
    for _ in range(STEPS):
        pays, _ = _pays(pi[busy], forecasts[busy], yes, no, weights)
        value = np.sum(pi[busy] * pays, 1)
        open_ = value - pays.min(1) > 8 * np.finfo(float).eps * (1 + np.abs(value))
        busy, pays = busy[open_], pays[open_]
        if not busy.size:
            break
        pi[busy], slack[busy], level[busy] = _stepped(
            pi[busy], slack[busy], level[busy], pays, _curvature(pi[busy], yes, no, weights)
        )
    pays, nearest = _pays(pi, forecasts, yes, no, weights)
    return Arbitrage(np.maximum(np.sum(pi * pays, 1), 0), nearest, pi, pays.min(1))


def _pays(pi: Any, forecasts: Any, yes: Any, no: Any, weights: Any) -> tuple[np.ndarray, np.ndarray]:
    """What each world pays who reports the conditionals of pi, and these; a forecast of what never applies stays."""
    a, b = pi @ yes, pi @ no
    applies = np.maximum(a + b, TINY)
    up = np.log(np.maximum(a / applies, TINY)) - np.log(forecasts)
    down = np.log(np.maximum(b / applies, TINY)) - np.log1p(-forecasts)
    return (weights * up) @ yes.T + (weights * down) @ no.T, np.where(a + b > 0, a / applies, forecasts)


def _curvature(pi: Any, yes: Any, no: Any, weights: Any) -> np.ndarray:
    """Second derivatives of f, axes tuples worlds worlds."""

    def term(of: Any) -> np.ndarray:
        return (of * (weights / np.maximum(pi @ of, TINY))[:, None]) @ of.T

    return term(yes) + term(no) - term(yes + no)


def _stepped(pi: Any, slack: Any, level: Any, pays: Any, curvature: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One Newton step of `g(pi) = level + slack`, `pi slack = barrier`, `sum pi = 1`, short of where pi or slack would reach 0."""
    tuples, worlds = pi.shape
    gap = np.sum(pi * slack, 1, keepdims=True)
    barrier = np.minimum(0.1, gap) * gap / worlds
    matrix = np.zeros((tuples, worlds + 1, worlds + 1))
    matrix[:, :-1, :-1] = curvature
    matrix[:, range(worlds), range(worlds)] += slack / pi
    matrix[:, :-1, -1], matrix[:, -1, :-1] = -1, 1
    right = np.append(level - pays + barrier / pi, np.zeros((tuples, 1)), 1)
    change = np.linalg.solve(matrix, right[..., None])[..., 0]
    d_pi, d_level = change[:, :-1], change[:, -1:]
    d_slack = (barrier - slack * d_pi) / pi - slack
    far = np.minimum(1, 0.99 * np.minimum(_reach(pi, d_pi), _reach(slack, d_slack)))
    pi = pi + far * d_pi
    return pi / pi.sum(1, keepdims=True), slack + far * d_slack, level + far * d_level


def _reach(positive: Any, change: Any) -> np.ndarray:
    """How much of a change leaves all numbers above 0."""
    return 1 / np.maximum(np.max(-change / positive, 1, keepdims=True), TINY)
