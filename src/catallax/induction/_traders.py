"""Traders as continuous features: shares as a function of prices, days and what is proved."""

from __future__ import annotations

import abc
from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float, Int

from catallax.induction._day import Day, Strategy


class AbstractTraders(abc.ABC):
    """One or several traders whose demands are computed together.

    A demand is a *continuous* function of the prices of the day: with a hard threshold there may be no price at which the market
    maker is safe.
    """

    @property
    @abc.abstractmethod
    def names(self) -> tuple[str, ...]:
        """One for each trader."""

    @abc.abstractmethod
    def strategy(self, day: Day) -> Strategy:
        """Shares bought as a function of the prices of the day."""


class AbstractRamps(AbstractTraders):
    """Traders who want a price to be somewhere: `shares = clip((target - price) / width, -1, 1)`."""

    width: float
    """Distance from the target at which a trader stakes a whole share, probability."""

    @abc.abstractmethod
    def targets(self, day: Day) -> Float[np.ndarray, "traders sentences"]:
        """Where each wants the prices to be; NaN for no trade."""

    def strategy(self, day: Day) -> Strategy:
        targets = self.targets(day)
        silent = np.isnan(targets)
        if not silent.any():
            return lambda prices: _clip((targets - prices) / self.width)
        known = np.where(silent, 0.0, targets)
        return lambda prices: np.where(silent, 0.0, _clip((known - prices) / self.width))


class Constants(AbstractRamps):
    """Traders who believe one number of every sentence.

    >>> import numpy as np
    >>> Constants([0.2, 0.8]).names
    ('constant 0.2', 'constant 0.8')
    """

    def __init__(self, beliefs: list[float], width: float = 0.05) -> None:
        """
        Args:
            beliefs: probabilities, one for each trader.
            width: of the ramps, above 0.

        Raises:
            ValueError: for a belief outside [0, 1] or such a width.
        """
        self.beliefs, self.width = np.asarray(beliefs, np.float64), _positive(width)
        if not self.beliefs.size or not np.all((self.beliefs >= 0) & (self.beliefs <= 1)):
            raise ValueError(f"Constants: beliefs are probabilities, got {beliefs}.")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"constant {belief:g}" for belief in self.beliefs)

    def targets(self, day: Day) -> Float[np.ndarray, "traders sentences"]:
        return np.broadcast_to(self.beliefs[:, None], (self.beliefs.size, len(day.sentences)))


class Rule(AbstractRamps):
    """A trader who computes its belief from the place of a sentence in the order of listing.

    >>> import numpy as np
    >>> Rule("even", lambda place: np.where(place % 2 == 0, 1.0, 0.0)).names
    ('even',)
    """

    def __init__(
        self, name: str, belief: Callable[[Int[np.ndarray, " sentences"]], np.ndarray], width: float = 0.05
    ) -> None:
        """
        Args:
            name: of the trader.
            belief: probabilities by place, from 0; NaN for no trade.
            width: of the ramp, above 0.
        """
        self.name, self.belief, self.width = name, belief, _positive(width)

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    def targets(self, day: Day) -> Float[np.ndarray, "traders sentences"]:
        return np.asarray(self.belief(day.listed), np.float64)[None]


class Frequency(AbstractRamps):
    """A trader who believes in the frequency of truth so far, by Laplace's rule: `(true + 1) / (decided + 2)`.

    With a period the frequency is that among sentences at the same place of the period.
    """

    def __init__(self, period: int = 1, width: float = 0.05) -> None:
        """
        Args:
            period: at least 1.
            width: of the ramp, above 0.
        """
        if period < 1:
            raise ValueError(f"Frequency: a period is at least 1, got {period}.")
        self.period, self.width = period, _positive(width)

    @property
    def names(self) -> tuple[str, ...]:
        return ("frequency" if self.period == 1 else f"frequency mod {self.period}",)

    def targets(self, day: Day) -> Float[np.ndarray, "traders sentences"]:
        beliefs = []
        for place in day.listed % self.period:
            told = day.settled[place :: self.period]
            decided = told.size - np.count_nonzero(np.isnan(told))
            beliefs.append((np.nansum(told) + 1) / (decided + 2))
        return np.asarray(beliefs)[None]


class Provability(AbstractRamps):
    """A trader who believes what is proved, and has no opinion on the rest."""

    def __init__(self, width: float = 0.05) -> None:
        """
        Args:
            width: of the ramp, above 0.
        """
        self.width = _positive(width)

    @property
    def names(self) -> tuple[str, ...]:
        return ("provability",)

    def targets(self, day: Day) -> Float[np.ndarray, "traders sentences"]:
        always, never = day.truth.all(0), ~day.truth.any(0)
        return np.where(always, 1.0, np.where(never, 0.0, np.nan))[None]


class DutchBook(AbstractTraders):
    """A trader who sells incoherence: it buys `(c - p) / width`, at most a share in length, where `c` is the nearest coherent price.

    With `c` the Euclidean projection of the prices `p` onto the convex hull of the plausible worlds, the bundle `x = c - p` is worth
    `x (W - p) >= |x|^2` in each of them: it cannot lose, and its demand is continuous because a projection is.
    """

    def __init__(self, width: float = 0.01) -> None:
        """
        Args:
            width: distance at which a whole share is staked, above 0.
        """
        self.width = _positive(width)

    @property
    def names(self) -> tuple[str, ...]:
        return ("Dutch book",)

    def strategy(self, day: Day) -> Strategy:
        corners = np.unique(day.truth, axis=0).astype(np.float64)

        def bundle(prices: np.ndarray) -> np.ndarray:
            off = nearest(corners, prices) - prices
            return (off / max(self.width, float(np.sqrt(off @ off))))[None]

        return bundle


def nearest(
    corners: Float[np.ndarray, "worlds sentences"], point: Float[np.ndarray, " sentences"]
) -> Float[np.ndarray, " sentences"]:
    """Euclidean projection onto the convex hull of corners, by Wolfe's (1976) method.

    >>> import numpy as np
    >>> nearest(np.eye(2), np.array([0.9, 0.3])).round(12).tolist()
    [0.8, 0.2]
    """
    moved = corners - point
    chosen = [int(np.argmin((moved**2).sum(1)))]
    weights = np.ones(1)
    best = moved[chosen[0]]
    for _ in range(50 * len(corners) + 50):
        away = moved @ best
        candidate = int(np.argmin(away))
        # how much nearer the candidate lies along the way to the point
        length = float(np.sqrt(best @ best))
        if length <= 1e-15 or length - away[candidate] / length <= 1e-13 or candidate in chosen:
            break
        chosen, weights = [*chosen, candidate], np.append(weights, 0.0)
        chosen, weights = _inner(moved, chosen, weights)
        best = weights @ moved[chosen]
    return point + best


def _inner(moved: np.ndarray, chosen: list[int], weights: np.ndarray) -> tuple[list[int], np.ndarray]:
    """Go to the affine minimum over the chosen corners, dropping those that get in the way."""
    while True:
        points = moved[chosen]
        size = len(chosen)
        system = np.zeros((size + 1, size + 1))
        system[:size, :size], system[:size, size], system[size, :size] = points @ points.T, 1.0, 1.0
        affine = np.linalg.lstsq(system, np.append(np.zeros(size), 1.0), rcond=None)[0][:size]
        if np.all(affine > 1e-13):
            return chosen, affine
        falling = affine <= 1e-13
        steps = weights[falling] / np.maximum(weights[falling] - affine[falling], 1e-300)
        weights = weights + min(1.0, float(steps.min())) * (affine - weights)
        kept = weights > 1e-13
        chosen = [one for one, keep in zip(chosen, kept, strict=True) if keep]
        weights = weights[kept] / weights[kept].sum()


def _clip(x: np.ndarray) -> np.ndarray:
    # np.clip checks more than it computes
    return np.minimum(np.maximum(x, -1.0), 1.0)


def _positive(width: float) -> float:
    if not 0 < width < np.inf:
        raise ValueError(
            f"a ramp needs a width above 0, got {width}: a threshold leaves the market maker no fixed point."
        )
    return float(width)


def settled_truth(truth: Bool[np.ndarray, "worlds sentences"]) -> Float[np.ndarray, " sentences"]:
    """1 or 0 where all worlds agree, NaN elsewhere."""
    return np.where(truth.all(0), 1.0, np.where(truth.any(0), np.nan, 0.0))
