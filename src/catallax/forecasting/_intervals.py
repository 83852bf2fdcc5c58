"""A market for a number: shares of intervals, from a tree of binary markets."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from catallax.forecasting._mechanism import require_positive


@dataclass(frozen=True)
class IntervalLMSR:
    """Logarithmic market scoring rule over `2 ** levels` equal bins, kept as a binary tree: each node prices its right half given that the number is in the node.

    The price of an interval is made of the prices along its two ends, `P(A) = sum over halves of P(half | node) P(A | half)`; buying moves the nodes
    that the interval cuts, at most `2 levels` of them, and costs `b ln(1 + P(A) (exp(x / b) - 1))`. Prices and costs are those of `LMSR` over the bins.

    Source: Hanson (2003), the rule; a tree for intervals is folklore, derived here.

    >>> market = IntervalLMSR.open(0.0, 8.0, levels=3, liquidity=10.0)
    >>> market, shares, cost = market.buy(2.0, 4.0, to_price=0.5)
    >>> round(market.price(2.0, 4.0), 9), round(market.price(0.0, 2.0), 9), round(cost, 6)
    (0.5, 0.166666667, 4.054651)
    """

    low: float
    high: float
    liquidity: float
    """`b`, credits per nat."""
    halves: Float[np.ndarray, "nodes 2"]
    """Logarithms of the prices of left and right half of each node; the halves of node v are 2v and 2v + 1, the root is 1."""
    worst_case_loss: float
    """`b max ln(1 / pi)`, credits."""

    @classmethod
    def open(
        cls, low: float, high: float, levels: int, liquidity: float, prior: Float[np.ndarray, " bins"] | None = None
    ) -> IntervalLMSR:
        """A market at its opening.

        Args:
            low: where the first bin begins.
            high: where the last bin ends.
            levels: halvings, at least 1.
            liquidity: `b`, credits per nat.
            prior: opening prices of the bins, above 0, that add up to 1; by default all alike.

        Raises:
            ValueError: for an empty range, no levels, a liquidity that is not above 0, or a prior that is no distribution.
        """
        require_positive("IntervalLMSR", "liquidity", liquidity)
        if not (np.isfinite(low) and np.isfinite(high) and low < high and levels >= 1):
            raise ValueError(f"IntervalLMSR: expected low < high and at least 1 level, got {low}, {high} and {levels}.")
        bins = 2**levels
        mass = np.full(bins, 1 / bins) if prior is None else np.asarray(prior, np.float64)
        if mass.shape != (bins,) or not np.all(mass > 0) or abs(mass.sum() - 1) > 1e-6:
            raise ValueError(f"IntervalLMSR: prior must be {bins} prices above 0 that add up to 1.")
        logs = np.zeros(2 * bins)
        logs[bins:] = np.log(mass / mass.sum())
        for node in range(bins - 1, 0, -1):
            logs[node] = np.logaddexp(logs[2 * node], logs[2 * node + 1])
        nodes = np.arange(bins)
        halves = np.stack([logs[2 * nodes], logs[2 * nodes + 1]], 1) - logs[:bins, None]
        return cls(float(low), float(high), float(liquidity), halves, float(-liquidity * logs[bins:].min()))

    @property
    def bins(self) -> int:
        """How many."""
        return len(self.halves)

    @property
    def state(self) -> Float[np.ndarray, "nodes 2"]:
        """What trades change."""
        return self.halves

    @property
    def prices(self) -> Float[np.ndarray, " bins"]:
        """Of every bin."""
        logs = np.zeros(2 * self.bins)
        for node in range(1, self.bins):
            logs[2 * node : 2 * node + 2] = logs[node] + self.halves[node]
        return np.exp(logs[self.bins :])

    def price(self, low: float, high: float) -> float:
        """What the market believes that the number is in `[low, high)`.

        Raises:
            ValueError: unless both are ends of bins, in order.
        """
        return float(np.exp(self._log_price(1, 0, self.bins, *self._ends(low, high))))

    def buy(
        self, low: float, high: float, *, shares: float | None = None, to_price: float | None = None
    ) -> tuple[IntervalLMSR, float, float]:
        """The market after a trade, the shares of the interval, and their cost in credits; negative is sold.

        Args:
            low: where the interval begins.
            high: where it ends.
            shares: each pays a credit if the number falls into the interval.
            to_price: where the price shall be, above 0 and below 1.

        Raises:
            ValueError: for ends that are none of bins, an interval of everything, or not exactly one of `shares` and `to_price`.
        """
        first, last = self._ends(low, high)
        if last - first == self.bins:
            raise ValueError("IntervalLMSR.buy: a share of everything is a credit; choose a part of the range.")
        if (shares is None) == (to_price is None):
            raise ValueError("IntervalLMSR.buy: give one of shares and to_price.")
        log_price = self._log_price(1, 0, self.bins, first, last)
        # not `1 - price`, which has no digits left where the interval is dear
        log_rest = float(
            np.logaddexp(self._log_price(1, 0, self.bins, 0, first), self._log_price(1, 0, self.bins, last, self.bins))
        )
        if to_price is not None:
            if not 0 < to_price < 1:
                raise ValueError(
                    f"IntervalLMSR.buy: a price can be brought anywhere above 0 and below 1, got {to_price}."
                )
            shares = self.liquidity * (np.log(to_price) - np.log1p(-to_price) - log_price + log_rest)
        if shares is None or not np.isfinite(shares):
            raise ValueError(f"IntervalLMSR.buy: shares must be finite, got {shares}.")
        nats = shares / self.liquidity
        halves = self.halves.copy()
        scale = self._tilt(halves, 1, 0, self.bins, first, last, nats)
        return replace(self, halves=halves), float(shares), float(self.liquidity * scale)

    def _ends(self, low: float, high: float) -> tuple[int, int]:
        place = (np.array([low, high], np.float64) - self.low) / (self.high - self.low) * self.bins
        near = np.round(place)
        if not (np.all(np.abs(place - near) < 1e-6) and 0 <= near[0] < near[1] <= self.bins):
            raise ValueError(
                f"IntervalLMSR: [{low}, {high}) must begin and end at bins: {self.low} plus multiples of "
                f"{(self.high - self.low) / self.bins:g} up to {self.high}."
            )
        return int(near[0]), int(near[1])

    def _log_price(self, node: int, begin: int, end: int, first: int, last: int) -> float:
        """Logarithm of the price of the bins `first` to `last`, given the node that covers `begin` to `end`."""
        if last <= begin or end <= first:
            return -np.inf
        if first <= begin and end <= last:
            return 0.0
        middle = (begin + end) // 2
        left = self._log_price(2 * node, begin, middle, first, last)
        right = self._log_price(2 * node + 1, middle, end, first, last)
        return float(np.logaddexp(self.halves[node, 0] + left, self.halves[node, 1] + right))

    def _tilt(self, halves: np.ndarray, node: int, begin: int, end: int, first: int, last: int, nats: float) -> float:
        """Multiply the odds of the bins `first` to `last` by `exp(nats)`; the logarithm by which the node's own mass grows."""
        if last <= begin or end <= first:
            return 0.0
        if first <= begin and end <= last:
            return nats
        middle = (begin + end) // 2
        grown = halves[node] + [
            self._tilt(halves, 2 * node, begin, middle, first, last, nats),
            self._tilt(halves, 2 * node + 1, middle, end, first, last, nats),
        ]
        total = float(np.logaddexp(*grown))
        halves[node] = grown - total
        return total
