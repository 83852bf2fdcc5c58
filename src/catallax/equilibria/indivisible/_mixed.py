"""Agents of several kinds in one market."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

from catallax.equilibria.indivisible._bids import Bids
from catallax.equilibria.indivisible._valuation import AbstractBundleValuation


class Mixed(AbstractBundleValuation):
    """Agents of several kinds who want the same goods, one kind behind the other.

    Args:
        kinds: valuations of the same goods.

    Raises:
        ValueError: if there is none, or they disagree on how many goods there are.

    >>> from catallax.equilibria.indivisible import Additive, UnitDemand
    >>> Mixed((Additive([[2, 1]]), UnitDemand([[2, 1]]))).table().tolist()
    [[0.0, 2.0, 1.0, 3.0], [0.0, 2.0, 1.0, 2.0]]
    """

    kinds: tuple[AbstractBundleValuation, ...]

    def __check_init__(self) -> None:
        if len({kind.goods for kind in self.kinds}) != 1:
            raise ValueError(
                f"Mixed: expected valuations of the same goods, got {[k.goods for k in self.kinds]} goods."
            )

    @property
    def agents(self) -> int:
        return sum(kind.agents for kind in self.kinds)

    @property
    def goods(self) -> int:
        return self.kinds[0].goods

    def value(self, bundles: Bool[np.ndarray, "*batch agents goods"]) -> Float[np.ndarray, "*batch agents"]:
        ends = np.cumsum([kind.agents for kind in self.kinds])
        return np.concatenate(
            [k.value(bundles[..., end - k.agents : end, :]) for k, end in zip(self.kinds, ends)], axis=-1
        )

    def bids(self) -> Bids:
        parts = [kind.bids() for kind in self.kinds]
        joined = parts[0]._replace(cap=np.concatenate([part.cap for part in parts]))
        for number, part in enumerate(parts[1:], 1):
            before = sum(kind.agents for kind in self.kinds[:number])
            joined = joined.joined(part._replace(agent=part.agent + before))
        return joined
