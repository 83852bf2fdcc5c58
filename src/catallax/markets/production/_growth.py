"""Entry and exit of links: an edge opens where prices say that it pays, and closes where nothing goes."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from catallax.markets.production._economy import Economy, Shares
from catallax.markets.production._planner import Planner
from catallax.markets.production._solve import prices


class Grown(NamedTuple):
    """An economy whose links were chosen, and how that went."""

    economy: Economy
    shares: Shares
    welfare: Float[Array, " rounds"]
    """Credits, after each round."""
    edges: Int[Array, " rounds"]
    """Open pairs of an edge and a good."""


class GrowthRule(eqx.Module):
    """Open a link for a good when `a_j - t_ij - abar_i > kappa`; close it when its share falls below `drop`.

    The candidates are the edges of an economy; which of them are open is `carries`. So nothing is compiled anew as the network grows.
    While nobody can do better by `kappa` a unit on any closed link, the welfare that a concave economy misses for the lack of links
    is at most `kappa` times the goods that are shipped.

    Source: Pallavi Sudhir, thesis: a graph that grows links where shadow prices differ by more than a transaction costs.
    """

    kappa: float | Float[Array, ""] = 0.0
    """Credits per unit that a new link must promise."""
    drop: float | Float[Array, ""] = 1e-4
    """Share below which a link closes."""
    first: float | Float[Array, ""] = 1e-2
    """Share that a new link gets, above `drop`."""

    def __check_init__(self) -> None:
        kappa, drop, first = self.kappa, self.drop, self.first
        if all(isinstance(v, float | int) for v in (kappa, drop, first)) and not (kappa >= 0 and 0 <= drop < first < 1):
            raise ValueError(
                f"GrowthRule: expected kappa >= 0 and 0 <= drop < first < 1, got {kappa}, {drop} and {first}."
            )

    def change(self, candidates: Economy, economy: Economy, shares: Shares) -> tuple[Economy, Shares]:
        """The economy with links opened and closed, and its shares.

        Args:
            candidates: the economy with every link that may open.
            economy: as it is.
            shares: as they are.
        """
        premium = prices(economy, shares).premium
        may = candidates.choices.mask
        opens = may & ~economy.carries & (premium > self.kappa)
        keeps = economy.carries & (~may | (shares >= self.drop))
        carries = keeps | opens
        # a node keeps its largest link, whatever the threshold
        largest = economy.choices.best(shares) > 0
        carries = jnp.where(may & economy.carries & largest, True, carries)
        grown = eqx.tree_at(lambda e: e.carries, economy, carries)
        rough = jnp.where(opens, self.first, jnp.where(carries, shares, 0.0))
        sums = grown.choices.total(rough)[grown.source]
        return grown, jnp.where(
            grown.choices.mask, rough / jnp.where(sums > 0, sums, 1.0), jnp.where(carries, shares, 0.0)
        )

    def fit(self, planner: Planner, economy: Economy, shares: Shares, rounds: int, steps: int) -> Grown:
        """Rounds of some steps of the planner and one change of links.

        Args:
            planner: moves the shares; a rule that leaves shares above 0 (`MirrorAscent`) closes links slowly.
            economy: with all candidates; those with a share above 0 are open to begin with.
            shares: to begin with; each node that ships needs an open link.
            rounds: of growth.
            steps: of the planner in each round.
        """
        begin = eqx.tree_at(lambda e: e.carries, economy, economy.carries & (~economy.choices.mask | (shares > 0)))

        @eqx.filter_jit
        def one(now: Economy, at: Shares, may: Economy) -> tuple[Economy, Shares, Array]:
            now, at = self.change(may, now, at)
            course = planner.fit(now, at, steps)
            return now, course.shares, course.welfare[-1]

        now, at = begin, shares
        path, counts = [], []
        for _ in range(rounds):
            now, at, worth = one(now, at, economy)
            path.append(worth)
            counts.append(jnp.sum(now.carries & economy.choices.mask))
        return Grown(now, at, jnp.stack(path), jnp.stack(counts))


def bound_on_missing(rule: GrowthRule, economy: Economy, shares: Shares, outputs: Float[Array, "nodes goods"]) -> Array:
    """`kappa` times the units that chosen splits ship: what closed links can cost a concave economy at rest, credits.

    Args:
        outputs: units made, axes `[nodes, goods]`.
    """
    there = jax.ops.segment_max(economy.choices.mask.astype(outputs.dtype), economy.source, economy.nodes) > 0
    return rule.kappa * jnp.sum(jnp.where(there, outputs, 0.0))
