"""Prices at which nobody can gain more than a little in any world."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.optimize import brentq, root

from catallax.induction._simplicial import fixed_points

Demand = Callable[[Float[np.ndarray, " sentences"]], Float[np.ndarray, " sentences"]]

FINEST = 1e-9
"""Certificates aimed at, credits: doubles do not go much further."""


class Cleared(NamedTuple):
    """Prices and their proof."""

    prices: Float[np.ndarray, " sentences"]
    """Probabilities."""
    gap: float
    """`max_W W(T(V))` over *all* assignments W, credits: what the traders can gain today at most."""


class UncertifiedPrices(RuntimeError):
    """No prices with a good enough certificate were found."""


def certificate(demand: Float[np.ndarray, " sentences"], prices: Float[np.ndarray, " sentences"]) -> float:
    """`max_W sum_phi xi (W - V) = sum_phi max(xi (1 - V), -xi V)`: the worst assignment is found sentence by sentence.

    Args:
        demand: shares that traders want at the prices, axis `[sentences]`.
        prices: credits per share, axis `[sentences]`.
    """
    return float(np.maximum(demand * (1 - prices), -demand * prices).sum())


def clear(demand: Demand, start: Float[np.ndarray, " sentences"], tolerance: float) -> Cleared:
    """Prices V with `max_W W(T(V)) <= tolerance`.

    One sentence by bracketing, which cannot fail where the demand is continuous and doubles are fine enough for its slope; several by a semismooth Newton method on
    `V = clip(V + T(V))`, by Powell's hybrid method, by steps that shrink where they overshoot, and where these miss by following fixed
    points through ever finer simplices. That needs many demands where sentences are many or ramps steep, and is given up after 100,000 simplices
    on one mesh: three sentences that pull each other are enough.
    What is returned is proved by the certificate, however it was found.

    Args:
        demand: shares bought, a continuous function of the prices.
        start: prices to begin with; kept where they are good enough.
        tolerance: credits.

    Raises:
        UncertifiedPrices: if none are found.
        ValueError: for a demand that is no finite number for each sentence, at any of the prices tried.

    Source: Garrabrant et al. (2016), MarketMaker; that the maximum separates is ours.

    >>> import numpy as np
    >>> clear(lambda p: np.array([0.3, 0.8]) - p, np.array([0.5, 0.5]), 1e-9).prices.round(9).tolist()
    [0.3, 0.8]
    """
    demand, fine = _finite(demand), min(tolerance, FINEST)
    best = Cleared(start, certificate(demand(start), start))
    if best.gap <= fine:
        return best
    for prices in _single(demand) if start.size == 1 else _several(demand, start):
        found = Cleared(prices, certificate(demand(prices), prices))
        best = min(best, found, key=lambda cleared: cleared.gap)
        if best.gap <= fine:
            return best
    if best.gap <= tolerance:
        return best
    raise UncertifiedPrices(
        f"clear: the best prices of {start.size} sentences let the traders gain {best.gap:.3g} credits, at most {tolerance:.3g} was "
        "asked. Demands must be continuous in the prices (ramps, not thresholds), and not so steep that doubles cannot hit them; where "
        "sentences pull each other, and three are enough, the search may also give up: widen the ramps."
    )


def _finite(demand: Demand) -> Demand:
    def checked(prices: np.ndarray) -> np.ndarray:
        shares = np.asarray(demand(prices), np.float64)
        if shares.shape != prices.shape or not np.all(np.isfinite(shares)):
            raise ValueError(
                f"clear: expected a demand of finite shares for each of {prices.size} sentences, got {shares} at the prices {prices}."
            )
        return shares

    return checked


def _single(demand: Demand) -> Iterator[np.ndarray]:
    def excess(price: float) -> float:
        return float(demand(np.asarray([price]))[0])

    if excess(0.0) <= 0:
        yield np.zeros(1)
    elif excess(1.0) >= 0:
        yield np.ones(1)
    else:
        yield np.asarray([brentq(excess, 0.0, 1.0, xtol=1e-15)])


def _several(demand: Demand, start: np.ndarray) -> Iterator[np.ndarray]:
    """What is quick first; then what is slow and misses less, each of its points polished."""

    def image(point: np.ndarray) -> np.ndarray:
        prices = np.clip(point, 0, 1)
        return np.clip(prices + demand(prices), 0, 1)

    yield from _polished(demand, start)
    yield from _polished(demand, _shrinking(demand, start))
    for point in fixed_points(image, start):
        yield from _polished(demand, np.clip(point, 0, 1))


def _polished(demand: Demand, point: np.ndarray) -> Iterator[np.ndarray]:
    yield point
    yield (near := _newton(demand, point))
    yield _powell(demand, near)


def _newton(demand: Demand, point: np.ndarray, steps: int = 30) -> np.ndarray:
    """Semismooth Newton: prices that a step would push over the edge stay there, the others solve `T = 0`."""
    value = demand(point)
    for _ in range(steps):
        gap = certificate(value, point)
        if gap <= FINEST / 10:
            break
        slope = _slopes(demand, point, value)
        stuck = ((point <= 0) & (value <= 0)) | ((point >= 1) & (value >= 0))
        free = ~stuck
        move = np.zeros_like(point)
        move[free] = np.linalg.lstsq(slope[np.ix_(free, free)], -value[free], rcond=None)[0]
        for shrink in 0.5 ** np.arange(8):
            trial = np.clip(point + shrink * move, 0, 1)
            answer = demand(trial)
            if certificate(answer, trial) < gap:
                break
        else:
            break
        point, value = trial, answer
    return point


def _powell(demand: Demand, point: np.ndarray) -> np.ndarray:
    """Powell's hybrid method on `T(V) = z - V`, `V = clip(z)`: it updates its slopes as it goes and so gets over kinks."""

    def excess(z: np.ndarray) -> np.ndarray:
        inside = np.clip(z, 0, 1)
        return demand(inside) + inside - z

    return np.clip(root(excess, point, method="hybr", tol=1e-14).x, 0, 1)


def _slopes(demand: Demand, point: np.ndarray, value: np.ndarray, step: float = 1e-7) -> np.ndarray:
    columns = []
    for place in range(point.size):
        near, signed = point.copy(), step if point[place] < 0.5 else -step
        near[place] += signed
        columns.append((demand(near) - value) / signed)
    return np.stack(columns, 1)


def _shrinking(demand: Demand, point: np.ndarray, steps: int = 200) -> np.ndarray:
    """Each price goes the way of its demand; its step halves when the demand turns and grows while it does not."""
    size, last = np.full(point.size, 0.05), np.zeros(point.size)
    best, least = point, np.inf
    for _ in range(steps):
        value = demand(point)
        gap = certificate(value, point)
        if gap < least:
            best, least = point, gap
        turned = value * last
        size = np.where(turned < 0, size / 2, np.where(turned > 0, np.minimum(size * 1.2, 0.2), size))
        if size.max() < 1e-14:
            break
        last = value
        point = np.clip(point + size * np.sign(value), 0, 1)
    return best
