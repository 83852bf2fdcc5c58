"""What users write, as arrays: a row for each node, a pair for each edge."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from catallax.markets.production._nodes import Many


def stacked(name: str, parts: list[Many], spans: list[np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    """A number, a row, or one row for each node of every block."""
    rows = []
    for block, span in zip(parts, spans, strict=True):
        values = np.asarray(getattr(block, name), float)
        wanted = (block.count, *shape)
        if values.shape not in ((), shape, wanted):
            raise ValueError(
                f"Economy: {name} of node {span[0]} has axes {values.shape}, expected {shape or 'a number'}"
                f"{f' or {wanted}' if block.count > 1 else ''}."
            )
        if not np.isfinite(values).all():
            raise ValueError(f"Economy: {name} of node {span[0]} is not finite.")
        rows.append(np.broadcast_to(values, wanted))
    return np.concatenate(rows) if rows else np.zeros((0, *shape))


def edge_table(edges: Any, goods: tuple[str, ...], nodes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sources, targets, and which goods each edge carries."""
    if nodes < 1:
        raise ValueError("Economy: expected at least one node.")
    if isinstance(edges, np.ndarray | jax.Array):
        pairs, named = np.asarray(edges), []
    else:
        edges = list(edges)
        pairs = np.asarray([edge[:2] for edge in edges if len(edge) > 1])
        named = [(number, edge[2]) for number, edge in enumerate(edges) if len(edge) > 2]
        pairs = pairs if len(pairs) == len(edges) else np.zeros((len(edges), 0))
    if not len(pairs):
        raise ValueError("Economy: expected at least one edge.")
    if pairs.ndim != 2 or pairs.shape[1] != 2 or not np.issubdtype(pairs.dtype, np.integer):
        raise ValueError(
            f"Economy: edges have axes {pairs.shape} and type {pairs.dtype}; expected pairs of whole numbers (from, to), "
            "in a list with a third entry where an edge does not carry all goods."
        )
    carries = np.ones((len(pairs), len(goods)), bool)
    for number, names in named:
        names = tuple(names) if isinstance(names, list | tuple | set | frozenset) else (names,)
        if not set(names) <= set(goods):
            raise ValueError(f"Economy: edge {number} carries {names}, not all of them goods: {goods}.")
        carries[number] = [good in names for good in goods]
    if ((pairs < 0) | (pairs >= nodes)).any():
        number = int(np.flatnonzero(((pairs < 0) | (pairs >= nodes)).any(1))[0])
        raise ValueError(
            f"Economy: edge {number} joins {tuple(pairs[number].tolist())}, but nodes are 0 to {nodes - 1}."
        )
    return pairs[:, 0], pairs[:, 1], carries
