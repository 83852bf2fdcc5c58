"""The economy: nodes that make goods, edges that ship them, and the shares in which outputs are split."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from catallax.markets.production._input import edge_table, stacked
from catallax.markets.production._levels import Levels, levels
from catallax.markets.production._nodes import Group, blocks, grouped
from catallax.markets.production._simplices import Simplices
from catallax.markets.production.technologies import PassThrough, known

Shares = Float[Array, "edges goods"]
Bundles = Float[Array, "nodes goods"]


class Solution(NamedTuple):
    """Quantities of one period."""

    inputs: Bundles
    """`x`, units."""
    outputs: Bundles
    """`y`, units."""
    flows: Shares
    """`q`, units shipped along each edge."""
    welfare: Float[Array, ""]
    """Credits."""
    residual: Float[Array, ""]
    """Largest change of an input, relative to the largest, by one more round of shipping; 0 without cycles."""
    converged: Bool[Array, ""]
    iterations: Int[Array, ""]
    radius: Float[Array, ""]
    """Spectral radius of the shipped marginal products, see `hawkins_simon`; 0 without cycles, NaN where not asked for."""


class Economy(eqx.Module):
    """A production network; its numbers are leaves, so that `vmap` runs over economies of one shape.

    ```
    q_ij = s_ij y_i      x_j = r_j + sum_i q_ij      y_j = f_j(x_j)      W = sum_i alpha_i U_i(x_i, y_i) - sum_ij t_ij q_ij
    ```
    Nodes with one technology are stacked, edges are a list, so the time to compile does not grow with their number.
    A rival good is split: for each node and good, the shares over the edges that carry it add up to 1. A copyable good goes whole
    along every edge, and its value is the sum over those who get it.

    Source: Pallavi Sudhir, thesis, chapter on price recursion (quantities and shares).

    >>> from catallax.markets.production import Consumer, PowerUtility, Resource
    >>> split = Economy(
    ...     [Resource([1.0]), Consumer(PowerUtility([3.0])), Consumer(PowerUtility([4.0]))], [(0, 1), (0, 2)], goods=("grain",)
    ... )
    >>> split.uniform().tolist()
    [[0.5], [0.5]]
    """

    technologies: tuple[Group, ...]
    """Every node is in one."""
    utilities: tuple[Group, ...]
    endowment: Bundles
    """`r`, units."""
    weight: Float[Array, " nodes"]
    """`alpha`, of each node's utility in welfare."""
    source: Int[Array, " edges"]
    target: Int[Array, " edges"]
    carries: Bool[Array, "edges goods"]
    transport: Shares
    """`t`, credits per unit shipped."""
    chosen: Bool[Array, " nodes"]
    """Whether the node's shares are chosen."""
    levels: Levels | None
    """None: there is a cycle."""
    goods: tuple[str, ...] = eqx.field(static=True)
    copyable: tuple[str, ...] = eqx.field(static=True)

    def __init__(
        self,
        nodes: Sequence[Any],
        edges: Any,
        goods: Sequence[str] | int = 1,
        *,
        copyable: Sequence[str] = (),
        transport: Any = 0.0,
        signed: bool = False,
    ) -> None:
        """Put nodes and edges together.

        Args:
            nodes: `Resource`, `Firm`, `Consumer` or `Many`, numbered in this order; a `Many` takes as many numbers as it has nodes.
            edges: pairs `(from, to)`, or an array of them; a third entry names the good, or lists the goods, that the edge carries.
            goods: names, or how many.
            copyable: the goods that are not split but copied; the others are rival.
            transport: credits per unit shipped, one number or one for each edge and good.
            signed: whether endowments may be negative.

        Raises:
            ValueError: naming the node or edge that does not fit.
            TypeError: if a node is none.
        """
        self.goods = tuple(f"good {g}" for g in range(goods)) if isinstance(goods, int) else tuple(goods)
        self.copyable = tuple(copyable)
        if not self.goods or len(set(self.goods)) < len(self.goods):
            raise ValueError(f"Economy: goods need different names, at least one; got {self.goods}.")
        if not set(self.copyable) <= set(self.goods):
            raise ValueError(f"Economy: copyable goods {self.copyable} are not all among the goods {self.goods}.")
        parts = blocks(nodes)
        ends = np.cumsum([0, *(block.count for block in parts)])
        spans = [np.arange(a, b) for a, b in pairwise(ends.tolist())]
        count, width = int(ends[-1]), len(self.goods)
        made = [block.technology or PassThrough() for block in parts]
        self.technologies = grouped(list(zip(spans, made, strict=True)))
        self.utilities = grouped([(s, b.utility) for s, b in zip(spans, parts, strict=True) if b.utility is not None])
        self.endowment = jnp.asarray(stacked("endowment", parts, spans, (width,)), float)
        self.weight = jnp.asarray(stacked("weight", parts, spans, ()), float)
        self.chosen = jnp.asarray(np.repeat([block.routes for block in parts], [block.count for block in parts]))
        least = np.asarray(self.endowment).min(1)
        if not signed and (least < 0).any():
            worst = int(least.argmin())
            raise ValueError(
                f"Economy: node {worst} has a negative endowment {np.asarray(self.endowment[worst])}; "
                "goods that may be negative need signed=True."
            )
        source, target, carries = edge_table(edges, self.goods, count)
        self.source, self.target = jnp.asarray(source, jnp.int32), jnp.asarray(target, jnp.int32)
        self.carries = jnp.asarray(carries)
        cost = np.asarray(transport, float)
        if cost.shape not in ((), carries.shape):
            raise ValueError(f"Economy: transport has axes {cost.shape}, expected a number or {carries.shape}.")
        if not np.isfinite(cost).all():
            raise ValueError("Economy: transport is not finite; leave out edges that nothing can go along.")
        self.transport = jnp.asarray(np.broadcast_to(cost, carries.shape), float)
        self.levels = levels([np.asarray(group.members) for group in self.technologies], source, target)
        self._try_parts()

    def _try_parts(self) -> None:
        """Every technology takes and gives one unit of each good."""
        width = len(self.goods)
        for group in (*self.technologies, *self.utilities):
            first, name = group.rows(jnp.zeros(1, jnp.int32)), type(group.part).__name__
            bundle = jnp.ones((1, width))
            args = (bundle,) if group in self.technologies else (bundle, bundle)
            wanted = (1, width) if group in self.technologies else (1,)
            try:
                made = eqx.filter_eval_shape(each, first, *args)
            except Exception as error:  # parts of the user's own may raise anything; told with the nodes they stand at
                where = np.asarray(group.members)[:3].tolist()
                raise ValueError(
                    f"Economy: {name} of nodes {where} does not take bundles of {width} goods: {error}"
                ) from error
            if made.shape != wanted:
                raise ValueError(f"Economy: {name} gives axes {made.shape[1:]}, expected {wanted[1:]}.")

    @property
    def nodes(self) -> int:
        """How many."""
        return self.endowment.shape[0]

    @property
    def splits(self) -> Simplices:
        """The distributions of all nodes that ship rival goods."""
        return Simplices(self.source, self.carries & ~self._copies[None, :], self.nodes)

    @property
    def choices(self) -> Simplices:
        """The distributions that are chosen."""
        free = self.carries & ~self._copies[None, :] & self.chosen[self.source][:, None]
        return Simplices(self.source, free, self.nodes)

    @property
    def _copies(self) -> Bool[Array, " goods"]:
        return jnp.asarray([name in self.copyable for name in self.goods])

    @eqx.filter_jit
    def uniform(self) -> Shares:
        """Equal shares; copyable goods go whole along every edge that carries them."""
        return jnp.where(self.carries & self._copies[None, :], 1.0, self.splits.uniform())

    def check(self, shares: Shares) -> None:
        """Refuse what is no table of shares; traced ones pass.

        Raises:
            ValueError: naming the edge, or the node and the good.
        """
        if shares.shape != self.carries.shape:
            raise ValueError(
                f"Economy: shares have axes {shares.shape}, expected edges and goods, {self.carries.shape}."
            )
        if not (known(shares) and known(self.carries)):
            return
        table, carries = np.asarray(shares), np.asarray(self.carries)
        wrong = (table < -1e-6) | (~carries & (table != 0)) | ~np.isfinite(table)
        if wrong.any():
            edge, good = np.argwhere(wrong)[0]
            raise ValueError(
                f"Economy: the share of edge {edge} in {self.goods[good]} is {table[edge, good]}; "
                "expected at least 0, and 0 where the edge does not carry the good."
            )
        copies = np.asarray([name in self.copyable for name in self.goods])
        split = carries & ~copies[None, :]
        sums, there = np.zeros((2, self.nodes, table.shape[1]))
        np.add.at(sums, np.asarray(self.source), np.where(split, table, 0.0))
        np.add.at(there, np.asarray(self.source), split)
        if (off := (there > 0) & (np.abs(sums - 1) > 1e-4)).any():
            node, good = np.argwhere(off)[0]
            raise ValueError(
                f"Economy: shares of node {node} in {self.goods[good]} add up to {sums[node, good]:.6g}, expected 1."
            )
        if (carries & copies[None, :] & (table != 1)).any():
            raise ValueError("Economy: a copyable good goes whole along every edge that carries it; its shares are 1.")

    def produce(self, x: Bundles) -> Bundles:
        """`f_i(x_i)` of all nodes at once."""
        made = jnp.zeros_like(x)
        for group in self.technologies:
            made = made.at[group.members].set(each(group.part, x[group.members]))
        return made

    def ship(self, shares: Shares, y: Bundles) -> Bundles:
        """`r_j + sum_i s_ij y_i`."""
        return self.endowment + jax.ops.segment_sum(shares * y[self.source], self.target, self.nodes)

    def utility(self, x: Bundles, y: Bundles) -> Float[Array, " nodes"]:
        """`alpha_i U_i(x_i, y_i)`, credits; 0 for nodes without."""
        worth = jnp.zeros(self.nodes, x.dtype)
        for group in self.utilities:
            worth = worth.at[group.members].set(each(group.part, x[group.members], y[group.members]))
        return worth * self.weight

    def marginal_utility(self, x: Bundles, y: Bundles) -> tuple[Bundles, Bundles]:
        """Gradients of `alpha_i U_i` by inputs and outputs, credits per unit."""
        by = jnp.zeros_like(x), jnp.zeros_like(y)
        for group in self.utilities:
            at = group.members
            _, pull = jax.vjp(lambda u, v, part=group.part: each(part, u, v), x[at], y[at])
            by = tuple(table.at[at].set(slope) for table, slope in zip(by, pull(self.weight[at]), strict=True))
        return by[0], by[1]

    def pull(self, x: Bundles, values: Bundles) -> Bundles:
        """What values of outputs make inputs worth: `J_i^T b_i` of all nodes."""
        return jax.vjp(self.produce, x)[1](values)[0]

    def received(self, shares: Shares, a: Bundles) -> Bundles:
        """`sum_j s_ij (a_j - t_ij)`: what a unit of each output brings, credits."""
        return jax.ops.segment_sum(shares * (a[self.target] - self.transport), self.source, self.nodes)

    def welfare_of(self, x: Bundles, y: Bundles, flows: Shares) -> Float[Array, ""]:
        """`W`, credits."""
        return jnp.sum(self.utility(x, y)) - jnp.sum(self.transport * flows)


def each(part: Any, *bundles: Array) -> Array:
    """Stacked parts, each at its own row."""
    return eqx.filter_vmap(lambda one, *rows: one(*rows))(part, *bundles)
