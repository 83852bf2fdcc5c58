"""Real numbers as bits: is the feature above this threshold?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, UInt32


class Thresholds(NamedTuple):
    """Bit k of an example is `x[feature[k]] > value[k]`; the bits of a feature are a thermometer.

    A feature of at most `bits + 1` distinct values has a bit for every gap
    between them, so that features of two values are one bit; any other has
    `bits` quantiles.
    """

    feature: Int[np.ndarray, " bits"]
    value: Float[np.ndarray, " bits"]

    @classmethod
    def of(cls, table: Float[np.ndarray, "samples features"], bits: int) -> Thresholds:
        """Thresholds for the columns of a table.

        Args:
            table: finite numbers.
            bits: at most so many for each column.
        """
        feature, value = [], []
        for column, numbers in enumerate(table.T):
            seen = np.unique(numbers)
            if len(seen) - 1 <= bits:
                # halves first: their sum may be too large for a float
                cuts = seen[:-1] / 2 + seen[1:] / 2
            else:
                cuts = np.unique(np.quantile(numbers, np.arange(1, bits + 1) / (bits + 1)))
                cuts = cuts[(cuts >= seen[0]) & (cuts < seen[-1])]
            feature += [column] * len(cuts)
            value += cuts.tolist()
        return cls(np.asarray(feature, int), np.asarray(value, float))

    @property
    def words(self) -> int:
        """32-bit words for all bits, one at least."""
        return max(1, -(-len(self.value) // 32))

    def pack(self, table: Float[np.ndarray, "samples features"]) -> UInt32[np.ndarray, "samples words"]:
        """The bits of every row; those that are not used are 0."""
        above = table[:, self.feature] > self.value[None, :]
        padded = np.pad(above, ((0, 0), (0, 32 * self.words - above.shape[1])))
        packed = np.packbits(padded, axis=1, bitorder="little")
        return np.ascontiguousarray(packed).view("<u4").astype(np.uint32)

    def spell(self, value: UInt32[np.ndarray, " words"], care: UInt32[np.ndarray, " words"], names: list[str]) -> str:
        """A condition in words, such as `0.5 < x0 <= 2 and x3 > 1`.

        Args:
            value: bits of the condition.
            care: which of them count.
            names: of the features.
        """
        lower, upper = {}, {}
        for place, (feature, cut) in enumerate(zip(self.feature.tolist(), self.value.tolist())):
            word, bit = divmod(place, 32)
            if int(care[word]) >> bit & 1:
                side = lower if int(value[word]) >> bit & 1 else upper
                pick = max if side is lower else min
                side[feature] = pick(side.get(feature, cut), cut)
        said = []
        for feature in sorted(lower | upper):
            name = names[feature]
            if feature in lower and feature in upper:
                said.append(f"{lower[feature]:.4g} < {name} <= {upper[feature]:.4g}")
            else:
                said.append(f"{name} > {lower[feature]:.4g}" if feature in lower else f"{name} <= {upper[feature]:.4g}")
        return " and ".join(said) or "always"
