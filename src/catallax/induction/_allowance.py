"""How much each hypothesis is given to bid with, round by round."""

from __future__ import annotations

import abc
import warnings
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int


class AbstractAllowance(abc.ABC):
    """`A(n, i) = rate(n) share(i)` credits in round n to hypothesis i, both from 1.

    For the guarantees a round's total must be finite, every hypothesis must get infinitely much over all rounds, and the average
    over rounds of the total must go to 0.
    """

    @abc.abstractmethod
    def rate(self, rounds: Int[np.ndarray, " rounds"]) -> Float[np.ndarray, " rounds"]:
        """What a round gives, credits."""

    @abc.abstractmethod
    def shares(self, hypotheses: int) -> Float[np.ndarray, " hypotheses"]:
        """Whose part it is."""


class PowerAllowance(AbstractAllowance):
    """`A(n, i) = scale n^-exponent v_i`, `sum v_i = 1`: meets the three conditions for exponents above 0 up to 1; near 1 slowly.

    >>> import numpy as np
    >>> PowerAllowance().rate(np.array([1, 4])).tolist()
    [1.0, 0.5]
    """

    def __init__(self, exponent: float = 0.5, scale: float = 1.0, weights: Sequence[float] | None = None) -> None:
        """
        Args:
            exponent: from 1/2 up to, but not including, 1; smaller explores more and over-estimates more.
            scale: credits in the first round.
            weights: `v`, above 0, one for each hypothesis; scaled to add up to 1; by default all alike.

        Raises:
            ValueError: for numbers outside these.
        """
        if not 0.5 <= exponent < 1 or not 0 < scale < np.inf:
            raise ValueError(
                f"PowerAllowance: expected an exponent in [0.5, 1) and a scale above 0, got {exponent} and {scale}."
            )
        self.exponent, self.scale = exponent, scale
        self.weights = None if weights is None else np.asarray(weights, np.float64)
        if self.weights is not None and not (np.all(self.weights > 0) and np.isfinite(self.weights.sum())):
            raise ValueError(f"PowerAllowance: weights are above 0, got {weights}.")

    def rate(self, rounds: Int[np.ndarray, " rounds"]) -> Float[np.ndarray, " rounds"]:
        return self.scale * np.asarray(rounds, np.float64) ** -self.exponent

    def shares(self, hypotheses: int) -> Float[np.ndarray, " hypotheses"]:
        if self.weights is None:
            return np.full(hypotheses, 1 / hypotheses)
        if self.weights.shape != (hypotheses,):
            raise ValueError(f"PowerAllowance: {self.weights.size} weights for {hypotheses} hypotheses.")
        return self.weights / self.weights.sum()


class PaperAllowance(AbstractAllowance):
    """`A(n, i) = 1 / (n i^2)`, the example of the source, with a warning.

    Hypothesis i has been given `ln(T) / i^2` after T rounds, so that it can first bid a promise e after about `exp(e i^2)` rounds:
    `10^10` for a promise of 0.5 and i = 7. Choices come out right where a low promise of the best option stands early; estimates stay low.
    """

    def __init__(self) -> None:
        warnings.warn(
            "PaperAllowance: hypothesis i needs about exp(promise * i^2) rounds before it can bid its promise; PowerAllowance() is "
            "the practical schedule.",
            stacklevel=2,
        )

    def rate(self, rounds: Int[np.ndarray, " rounds"]) -> Float[np.ndarray, " rounds"]:
        return 1 / np.asarray(rounds, np.float64)

    def shares(self, hypotheses: int) -> Float[np.ndarray, " hypotheses"]:
        return 1 / np.arange(1, hypotheses + 1, dtype=np.float64) ** 2
