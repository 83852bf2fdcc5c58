"""Bids on bundles: the one language that every valuation is translated to."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.sparse import csr_array


class Bids(NamedTuple):
    """Of each group at most one bid is accepted; an agent's value is the sum of its accepted bids, up to its cap.

    `v_a(S) = min(cap_a, max { sum of accepted values : disjoint bundles inside S })`

    One group an agent is the language XOR, a group for every bid the language OR (Nisan 2000).
    """

    agent: Int[np.ndarray, " bids"]
    """Who bids."""
    group: Int[np.ndarray, " bids"]
    """Numbered from 0; a group belongs to one agent."""
    bundle: Bool[np.ndarray, "bids goods"]
    value: Float[np.ndarray, " bids"]
    """Credits."""
    cap: Float[np.ndarray, " agents"]
    """Credits; infinite where there is none."""

    @property
    def groups(self) -> int:
        """How many groups there are."""
        return int(self.group.max(initial=-1)) + 1

    def chosen(self, kept: np.ndarray) -> Bids:
        """These bids alone."""
        return Bids(self.agent[kept], self.group[kept], self.bundle[kept], self.value[kept], self.cap)

    def joined(self, other: Bids) -> Bids:
        """The bids of other agents, or of the same in groups of their own, behind these."""
        return Bids(
            np.concatenate([self.agent, other.agent]),
            np.concatenate([self.group, other.group + self.groups]),
            np.concatenate([self.bundle, other.bundle]),
            np.concatenate([self.value, other.value]),
            self.cap,
        )

    def exclusive(self) -> Bool[np.ndarray, " agents"]:
        """Which agents have one group at most, so that their cap is a cap on each bid."""
        owners = np.unique(np.stack([self.agent, self.group]), axis=1)[0]
        return np.bincount(owners, minlength=len(self.cap)) <= 1

    def in_groups(self) -> csr_array:
        """1 where a bid belongs to a group, axes `groups bids`."""
        return self._rows(self.group, self.groups)

    def of_agents(self) -> csr_array:
        """1 where a bid is an agent's, axes `agents bids`."""
        return self._rows(self.agent, len(self.cap))

    def _rows(self, index: np.ndarray, count: int) -> csr_array:
        bids = np.arange(len(index))
        return csr_array((np.ones(len(index)), (index, bids)), shape=(count, len(index)))

    def bundles(self, accepted: Bool[np.ndarray, " bids"]) -> Bool[np.ndarray, "agents goods"]:
        """What the accepted bids give to each agent."""
        return self.of_agents() @ (self.bundle & accepted[:, None]).astype(float) > 0.5

    def best(self, prices: Float[np.ndarray, " goods"]) -> tuple[np.ndarray, np.ndarray]:
        """Which bids each agent would like accepted at these prices, and its utility then, credits.

        Of equally good bids the first is taken, and none before one that gains nothing.
        Right for agents without a cap alone, see `AbstractBundleValuation.listed`.
        """
        gain = self.value - self.bundle @ prices
        most = np.zeros(self.groups)
        np.maximum.at(most, self.group, gain)
        hits = np.flatnonzero((gain == most[self.group]) & (gain > 0))
        accepted = np.zeros(len(gain), bool)
        accepted[hits[np.unique(self.group[hits], return_index=True)[1]]] = True
        return accepted, self.of_agents() @ np.where(accepted, gain, 0.0)
