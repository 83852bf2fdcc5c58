"""In which order the nodes of an economy without cycles can work: all nodes of a depth at once."""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int


class Levels(eqx.Module):
    """Blocks of nodes and edges; nodes of one block do not supply each other.

    Blocks are of one width, so that one compiled loop serves all of them; where a level is wider it takes several. In a block
    nodes work first and edges ship then, and backwards the other way round. Positions beyond the end fill up.
    """

    positions: tuple[Int[Array, "blocks _"], ...]
    """For each group of technologies, positions in the group."""
    edges: Int[Array, "blocks _"]
    depth: int = eqx.field(static=True)
    """Nodes on the longest path."""


def depths(nodes: int, source: np.ndarray, target: np.ndarray) -> np.ndarray | None:
    """Edges on the longest path to each node; None if there is a cycle."""
    waiting = np.bincount(target, minlength=nodes)
    order = np.argsort(source, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(source, minlength=nodes))])
    found = np.full(nodes, -1)
    front, level = np.flatnonzero(waiting == 0), 0
    while len(front):
        found[front] = level
        count = start[front + 1] - start[front]
        # positions of all edges that leave the front, run after run
        ends = np.cumsum(count)
        runs = np.repeat(start[front] - np.concatenate([[0], ends[:-1]]), count) + np.arange(count.sum())
        served, times = np.unique(target[order[runs]], return_counts=True)
        waiting[served] -= times
        front, level = served[waiting[served] == 0], level + 1
    return None if (found < 0).any() else found


def levels(groups: list[np.ndarray], source: np.ndarray, target: np.ndarray) -> Levels | None:
    """The schedule, or None if there is a cycle.

    Args:
        groups: the nodes of each group of technologies.
        source: of each edge.
        target: of each edge.
    """
    found = common_levels([(groups, source, target)])
    return None if found is None else found[0]


def common_levels(graphs: list[tuple[list[np.ndarray], np.ndarray, np.ndarray]]) -> list[Levels] | None:
    """Schedules of one shape for graphs of one size, or None if there is a cycle in any.

    Args:
        graphs: groups, sources and targets of each, see `levels`.
    """
    found = [depths(sum(map(len, groups)), source, target) for groups, source, target in graphs]
    known = [depth for depth in found if depth is not None]
    if len(known) < len(found):
        return None
    count = max(int(depth.max()) for depth in known) + 1
    tables = [_blocks(groups, source, depth, count) for (groups, source, _), depth in zip(graphs, known, strict=True)]
    longest = max(len(table[0]) for table in tables)
    schedules = []
    for (groups, source, _), table in zip(graphs, tables, strict=True):
        beyond = [*(len(members) for members in groups), len(source)]
        rows = [_fill(row, 0, longest, row.shape[1], end) for row, end in zip(table, beyond, strict=True)]
        *positions, edges = (jnp.asarray(row, jnp.int32) for row in rows)
        schedules.append(Levels(tuple(positions), edges, count))
    return schedules


def _blocks(groups: list[np.ndarray], source: np.ndarray, depth: np.ndarray, count: int) -> list[np.ndarray]:
    """Positions in each group, and edges, a row for each block."""
    widths = [-(-len(members) // count) for members in groups]
    edge_width = max(-(-len(source) // count), 1)
    rows: list[list[np.ndarray]] = [[] for _ in groups]
    shipped: list[np.ndarray] = []
    for level in range(count):
        parts = [
            _cut(np.flatnonzero(depth[members] == level), w, len(members))
            for members, w in zip(groups, widths, strict=True)
        ]
        edges = _cut(np.flatnonzero(depth[source] == level), edge_width, len(source))
        work = max(1, *(len(part) for part in parts))
        # goods leave when all nodes of the level have worked
        total = work - 1 + max(1, len(edges))
        for row, part, width, members in zip(rows, parts, widths, groups, strict=True):
            row.append(_fill(part, 0, total, width, len(members)))
        shipped.append(_fill(edges, work - 1, total, edge_width, len(source)))
    return [np.concatenate(row) for row in (*rows, shipped)]


def _cut(items: np.ndarray, width: int, beyond: int) -> np.ndarray:
    """Rows of one width."""
    rows = np.full((-(-len(items) // width), width), beyond)
    rows.reshape(-1)[: len(items)] = items
    return rows


def _fill(rows: np.ndarray, before: int, total: int, width: int, beyond: int) -> np.ndarray:
    """The rows with empty ones around them."""
    filled = np.full((total, width), beyond)
    filled[before : before + len(rows)] = rows
    return filled
