"""From a graph of variables to a tree of cliques."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

Clique = tuple[int, ...]
"""Variables in rising order."""


def min_fill(variables: int, links: Iterable[tuple[int, int]]) -> list[Clique]:
    """Maximal cliques of a chordal graph that has all links: variables leave one by one, always one that needs the fewest new links.

    Args:
        variables: number of them.
        links: pairs that need a common clique.
    """
    near: list[set[int]] = [set() for _ in range(variables)]
    for one, other in links:
        if one != other:
            near[one].add(other)
            near[other].add(one)
    left, found = set(range(variables)), []
    fills = {variable: _fill(near, variable) for variable in left}
    while left:
        leaving = min(left, key=lambda variable: (fills[variable], len(near[variable]), variable))
        around = near[leaving]
        found.append(frozenset(around | {leaving}))
        stale = set(around)
        for one, other in combinations(sorted(around), 2):
            if other not in near[one]:
                near[one].add(other)
                near[other].add(one)
                stale |= near[one] & near[other]
        left.remove(leaving)
        for variable in around:
            near[variable].discard(leaving)
        for variable in stale & left:
            fills[variable] = _fill(near, variable)
    return [tuple(sorted(clique)) for clique in _maximal(found)]


def maximum_spanning_tree(cliques: list[Clique]) -> list[tuple[int, int]]:
    """Links of a tree in which every variable's cliques are connected: those that share most come first (Kruskal 1956; Jensen and Jensen 1994)."""
    holders: dict[int, list[int]] = {}
    for place, clique in enumerate(cliques):
        for variable in clique:
            holders.setdefault(variable, []).append(place)
    shared: dict[tuple[int, int], int] = {}
    for places in holders.values():
        for pair in combinations(places, 2):
            shared[pair] = shared.get(pair, 0) + 1
    # parts that share nothing hang together by an empty separator
    bridges = [(0, place) for place in range(1, len(cliques)) if (0, place) not in shared]
    parent = list(range(len(cliques)))
    chosen = []
    for one, other in [*sorted(shared, key=lambda pair: (-shared[pair], pair)), *bridges]:
        roots = _root(parent, one), _root(parent, other)
        if roots[0] != roots[1]:
            parent[roots[0]] = roots[1]
            chosen.append((one, other))
    return chosen


def _fill(near: list[set[int]], variable: int) -> int:
    around = near[variable]
    return sum(len(around - near[other]) - 1 for other in around) // 2


def _maximal(cliques: list[frozenset[int]]) -> list[frozenset[int]]:
    """Without those inside another; a clique can only lie inside one whose first variable left earlier."""
    kept: list[frozenset[int]] = []
    for clique in cliques:
        if not any(clique <= other for other in kept):
            kept.append(clique)
    return kept


def _root(parent: list[int], node: int) -> int:
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node
