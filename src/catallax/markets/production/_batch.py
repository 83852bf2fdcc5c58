"""Economies of different sizes as one, so that a single `vmap` runs over them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import chain, islice, repeat
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from catallax.markets.production._economy import Economy, Shares
from catallax.markets.production._levels import common_levels
from catallax.markets.production._nodes import Group, kind


class Batch(NamedTuple):
    """Economies filled up to one size; nodes and edges keep their numbers, those that fill up come after them."""

    economy: Economy
    """Every array has the leading axis `economies`."""
    shares: Float[Array, "economies edges goods"]
    nodes: Bool[Array, "economies nodes"]
    """Which are there."""
    edges: Bool[Array, "economies edges"]
    """Which are there."""


def batch(economies: Sequence[Economy], shares: Sequence[Shares] | None = None) -> Batch:
    """Fill economies up with nodes and edges that nothing depends on, and stack them.

    A node that fills up is a copy of another in its technology; it has a unit of each good, ships nothing, and counts with a weight of 0.
    Run over the batch with `equinox.filter_vmap`. If one economy has a cycle, all are solved as such.

    Args:
        economies: with the same goods.
        shares: of each; None: equal ones.

    Raises:
        ValueError: if there is none, or goods differ.

    >>> from catallax.markets import production as pn
    >>> grain, eater = pn.Resource([1.0]), pn.Consumer(pn.PowerUtility([4.0]))
    >>> both = batch([pn.Economy([grain, eater], [(0, 1)]), pn.Economy([grain, eater, eater], [(0, 1), (0, 2)])])
    >>> both.shares.shape, both.edges.tolist()
    ((2, 2, 1), [[True, False], [True, True]])
    """
    if not economies:
        raise ValueError("batch: expected at least one economy.")
    first = economies[0]
    for number, economy in enumerate(economies):
        if (economy.goods, economy.copyable) != (first.goods, first.copyable):
            raise ValueError(f"batch: economy {number} has the goods {economy.goods}, the first one {first.goods}.")
    made, valued = _alike(e.technologies for e in economies), _alike(e.utilities for e in economies)
    # two nodes fill up everywhere: ends of the edges that carry nothing, and bearers of the utilities that do not count
    some = next(iter(made))
    made[some] = made[some][0], made[some][1] + 2
    nodes = sum(most for _, most in made.values())
    edges = max(economy.source.size for economy in economies)
    filled = [_filled(economy, made, valued, nodes, edges) for economy in economies]
    schedules = common_levels(
        [([np.asarray(g.members) for g in e.technologies], np.asarray(e.source), np.asarray(e.target)) for e in filled]
    )
    timed = [
        eqx.tree_at(lambda e: e.levels, e, levels, is_leaf=lambda x: x is None)
        for e, levels in zip(filled, schedules or [None] * len(filled), strict=True)
    ]
    tables = [e.uniform() for e in economies] if shares is None else shares
    return Batch(
        jax.tree.map(lambda *rows: jnp.stack(rows) if eqx.is_array(rows[0]) else rows[0], *timed),
        jnp.stack([_longer(jnp.asarray(table), edges, 0.0) for table in tables]),
        jnp.asarray(np.arange(nodes) < np.array([e.nodes for e in economies])[:, None]),
        jnp.asarray(np.arange(edges) < np.array([e.source.size for e in economies])[:, None]),
    )


Kinds = dict[Hashable, tuple[Group, int]]
"""A group of each kind, and the most members that one has."""


def _alike(all_groups: Iterable[tuple[Group, ...]]) -> Kinds:
    found: Kinds = {}
    for group in chain.from_iterable(all_groups):
        example, most = found.get(kind(group.part), (group, 0))
        found[kind(group.part)] = example, max(most, group.members.size)
    return found


def _filled(economy: Economy, made: Kinds, valued: Kinds, nodes: int, edges: int) -> Economy:
    """The economy with as many nodes, edges and parts of each kind as the largest."""
    ghost = economy.nodes
    changed = {
        "technologies": _full(economy.technologies, made, iter(range(ghost, nodes))),
        "utilities": _full(economy.utilities, valued, repeat(ghost)),
        "endowment": _longer(economy.endowment, nodes, 1.0),
        "weight": _longer(economy.weight, nodes, 0.0),
        "chosen": _longer(economy.chosen, nodes, False),
        "source": _longer(economy.source, edges, ghost),
        "target": _longer(economy.target, edges, ghost + 1),
        "carries": _longer(economy.carries, edges, False),
        "transport": _longer(economy.transport, edges, 0.0),
    }
    return eqx.tree_at(lambda e: [getattr(e, name) for name in changed], economy, list(changed.values()))


def _full(groups: tuple[Group, ...], kinds: Kinds, ghosts: Iterator[int]) -> tuple[Group, ...]:
    """A group of every kind, with copies of a part for the nodes that fill up."""
    own = {kind(group.part): group for group in groups}
    full = []
    for key, (example, most) in kinds.items():
        missing = most - (own[key].members.size if key in own else 0)
        extra = Group(
            jnp.asarray(list(islice(ghosts, missing)), jnp.int32), example.rows(jnp.zeros(missing, jnp.int32))
        )
        joined = (own[key], extra) if key in own else (extra,)
        full.append(jax.tree.map(lambda *rows: jnp.concatenate(rows) if eqx.is_array(rows[0]) else rows[0], *joined))
    return tuple(full)


def _longer(table: Array, rows: int, value: Any) -> Array:
    return jnp.pad(table, [(0, rows - table.shape[0]), *[(0, 0)] * (table.ndim - 1)], constant_values=value)
