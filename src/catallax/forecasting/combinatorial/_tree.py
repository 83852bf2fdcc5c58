"""A junction tree, and the messages in it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Float, Int

from catallax.forecasting.combinatorial._semiring import Semiring
from catallax.forecasting.combinatorial._triangulation import Clique, maximum_spanning_tree, min_fill

MOST = 1 << 24
"""Cells of a table that still fits."""


def cells(sizes: Sequence[int], scope: Sequence[int], part: Sequence[int]) -> Int[np.ndarray, " cells"]:
    """For each cell of a flat table over `scope` the cell of one over `part` in which it lies; both in rising order."""
    numbered = np.arange(math.prod(sizes[v] for v in part)).reshape([sizes[v] if v in part else 1 for v in scope])
    return np.broadcast_to(numbered, [sizes[v] for v in scope]).ravel()


def _columns(part: Int[np.ndarray, " cells"], number: int) -> Int[np.ndarray, "rest part"]:
    """Cells, a column for each cell of the part in which they lie."""
    return np.ascontiguousarray(np.argsort(part, kind="stable").reshape(number, -1).T)


class JunctionTree:
    """Cliques of variables in a tree, such that the cliques with any one variable are connected.

    >>> tree = JunctionTree([2, 2, 2, 2], [(0, 1), (1, 2), (2, 3), (3, 0)])
    >>> tree.cliques, tree.width
    (((0, 1, 3), (1, 2, 3)), 2)
    """

    def __init__(self, sizes: Sequence[int], links: Iterable[tuple[int, int]]) -> None:
        """Triangulate by min-fill and join the maximal cliques by a maximum spanning tree.

        Args:
            sizes: number of states of each variable.
            links: pairs of variables that need a common clique.

        Raises:
            ValueError: if a table of a clique would have more than 2**24 cells.
        """
        self.sizes = tuple(sizes)
        self.cliques: tuple[Clique, ...] = tuple(min_fill(len(sizes), links))
        self.volumes = [self.cells_of(clique) for clique in self.cliques]
        """Cells of the table of each clique."""
        largest = max(self.cliques, key=self.cells_of)
        if max(self.volumes) > MOST:
            raise ValueError(
                f"JunctionTree: these links need a table of {max(self.volumes):,} cells over {len(largest)} variables, more than {MOST:,}; "
                "leave out links."
            )
        self.neighbours: list[list[int]] = [[] for _ in self.cliques]
        self.fold: dict[tuple[int, int], Int[np.ndarray, "rest separator"]] = {}
        """Cells of the sender of a message, a column for each cell of the message."""
        self.spread: dict[tuple[int, int], Int[np.ndarray, " cells"]] = {}
        """For each cell of the receiver, the cell of the message."""
        for pair in maximum_spanning_tree(list(self.cliques)):
            for sender, receiver in (pair, pair[::-1]):
                self.neighbours[sender].append(receiver)
                shared = tuple(v for v in self.cliques[sender] if v in self.cliques[receiver])
                columns = cells(sizes, self.cliques[sender], shared)
                self.fold[sender, receiver] = _columns(columns, self.cells_of(shared))
                self.spread[sender, receiver] = cells(sizes, self.cliques[receiver], shared)
        self._with: list[set[int]] = [set() for _ in sizes]
        for place, clique in enumerate(self.cliques):
            for variable in clique:
                self._with[variable].add(place)

    @property
    def width(self) -> int:
        """Variables in the largest clique, less one."""
        return max(map(len, self.cliques)) - 1

    def cells_of(self, scope: Sequence[int]) -> int:
        """Cells of a table."""
        return math.prod(self.sizes[v] for v in scope)

    def home(self, scope: Iterable[int]) -> int | None:
        """The smallest clique with all these variables; None if there is none."""
        having = set.intersection(*(self._with[v] for v in scope))
        return min(having, key=lambda place: (self.volumes[place], place), default=None)

    def spread_from(self, scope: Sequence[int], clique: int) -> Int[np.ndarray, " cells"]:
        """For each cell of a clique the cell of a table over `scope`, a part of it."""
        return cells(self.sizes, self.cliques[clique], scope)

    def distances(self, root: int) -> list[tuple[int, int | None]]:
        """All cliques from a root outwards, each with the one before it on the way."""
        found: list[tuple[int, int | None]] = [(root, None)]
        for place, before in found:
            found += [(other, place) for other in self.neighbours[place] if other != before]
        return found


class Propagation:
    """Tables of cliques and the messages between them, under one semiring.

    A message goes from a clique to a neighbour: everything behind it, joined over all variables that they do not share. Messages
    towards one clique and back are the two passes; here each is made when it is first needed and forgotten when something behind it changes,
    so that a change in one clique and a question in another cost the path between them. Since no message contains what it comes to,
    nothing is ever divided by a separator.

    Source: Shenoy and Shafer (1990), "Axioms for probability and belief-function propagation".
    """

    def __init__(
        self,
        tree: JunctionTree,
        semiring: Semiring,
        tables: Mapping[int, Float[np.ndarray, " cells"]],
        messages: Mapping[tuple[int, int], Float[np.ndarray, " separator"] | None] | None = None,
    ) -> None:
        """Begin with tables.

        Args:
            tree: whose cliques.
            semiring: how alternatives are joined.
            tables: logarithms; a clique without one has factors of 1. Only for minima may a clique go without, as its states are not counted then.
            messages: known already.
        """
        self.tree, self.semiring = tree, semiring
        self.tables = dict(tables)
        self._messages = dict(messages or {})

    def copy(self) -> Propagation:
        """Another with the same tables, to ask what would be if."""
        return Propagation(self.tree, self.semiring, self.tables, self._messages)

    def multiply(self, clique: int, table: Float[np.ndarray, " cells"]) -> None:
        """Add logarithms to the table of a clique."""
        own = self.tables.get(clique)
        self.tables[clique] = table if own is None else own + table
        stale = [(clique, other) for other in self.tree.neighbours[clique]]
        while stale:
            sender, receiver = stale.pop()
            # where one message is missing already, those that would build on it are too
            if (sender, receiver) in self._messages:
                del self._messages[sender, receiver]
                stale += [(receiver, other) for other in self.tree.neighbours[receiver] if other != sender]

    def rule_out(self, clique: int, possible: Bool[np.ndarray, " cells"]) -> None:
        """Leave only the cells that are possible."""
        self.multiply(clique, np.where(possible, 0.0, self.semiring.zero))

    def marginal(self, clique: int) -> Float[np.ndarray, " cells"]:
        """The product of all tables, joined over all variables outside the clique."""
        self._collect([(other, clique) for other in self.tree.neighbours[clique]])
        found = self._product(clique, None)
        return np.zeros(self.tree.volumes[clique]) if found is None else found

    def onto(self, clique: int, scope: Sequence[int]) -> Float[np.ndarray, " cells"]:
        """A marginal, joined over what is not in `scope`, a part of the clique in rising order."""
        return self.semiring.plus(
            self.marginal(clique)[_columns(self.tree.spread_from(scope, clique), self.tree.cells_of(scope))]
        )

    def total(self) -> float:
        """The product of all tables, joined over all variables."""
        return float(self.semiring.plus(self.marginal(0)[:, None])[0])

    def best(self) -> dict[int, int]:
        """A state of every variable at which the product of all tables is what `total` found; for minima."""
        self.marginal(0)
        state: dict[int, int] = {}
        for clique, before in self.tree.distances(0):
            scope = self.tree.cliques[clique]
            product = self._product(clique, before)
            product = np.zeros(self.tree.cells_of(scope)) if product is None else product
            if before is None:
                cell = int(product.argmin())
            else:
                shared = [v for v in scope if v in self.tree.cliques[before]]
                column = (
                    np.ravel_multi_index([state[v] for v in shared], [self.tree.sizes[v] for v in shared])
                    if shared
                    else 0
                )
                rows = self.tree.fold[clique, before][:, column]
                cell = int(rows[product[rows].argmin()])
            state.update(zip(scope, map(int, np.unravel_index(cell, [self.tree.sizes[v] for v in scope])), strict=True))
        return state

    def _product(self, clique: int, towards: int | None) -> Float[np.ndarray, " cells"] | None:
        """The own table times all messages but that from where the product goes; None for 1 everywhere."""
        found = self.tables.get(clique)
        for other in self.tree.neighbours[clique]:
            if other != towards and (message := self._messages[other, clique]) is not None:
                coming = message[self.tree.spread[other, clique]]
                found = coming if found is None else found + coming
        return found

    def _collect(self, wanted: list[tuple[int, int]]) -> None:
        """Make messages, and first those that they need."""
        while wanted:
            sender, receiver = wanted[-1]
            if (sender, receiver) in self._messages:
                wanted.pop()
                continue
            needed = [(other, sender) for other in self.tree.neighbours[sender] if other != receiver]
            missing = [edge for edge in needed if edge not in self._messages]
            if missing:
                wanted += missing
                continue
            product = self._product(sender, receiver)
            joined = None if product is None else self.semiring.plus(product[self.tree.fold[sender, receiver]])
            self._messages[sender, receiver] = joined
            wanted.pop()
