"""Production networks as graphs of networkx, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Float

from catallax.adapters._extras import need
from catallax.markets.production import Economy, Many, prices, solve


def to_networkx(economy: Economy, shares: Float[Array, "edges goods"] | None = None) -> Any:
    """An economy as a `networkx.DiGraph`, a `MultiDiGraph` if two edges join the same nodes.

    Nodes `0, 1, ...` have the attribute `part`, a `production.Many` of one; edges have `goods`, `transport`, a list of credits per unit,
    and `number`. With shares, nodes have `inputs`, `outputs` (units of each good) and `prices` (credits per unit of each input), and edges `shares` and `flows` too.

    Args:
        economy: of nodes and edges.
        shares: at which it is solved; None: structure alone.

    Raises:
        ImportError: without networkx.
    """
    networkx = need("networkx")
    pairs = list(zip(economy.source.tolist(), economy.target.tolist(), strict=True))
    graph = networkx.DiGraph() if len(set(pairs)) == len(pairs) else networkx.MultiDiGraph()
    graph.graph.update(goods=economy.goods, copyable=economy.copyable)
    graph.add_nodes_from((node, {"part": part}) for node, part in enumerate(_parts(economy)))
    carries, cost = np.asarray(economy.carries), np.asarray(economy.transport)
    tables: dict[str, Any] = {"transport": cost}
    if shares is not None:
        solution = solve(economy, shares)
        tables |= {"shares": shares, "flows": solution.flows}
        whole = {
            "inputs": solution.inputs,
            "outputs": solution.outputs,
            "prices": prices(economy, shares, solution).inputs,
        }
        for name, table in whole.items():
            networkx.set_node_attributes(graph, dict(enumerate(np.asarray(table).tolist())), name)
    lists = {name: np.asarray(table).tolist() for name, table in tables.items()}
    for number, (a, b) in enumerate(pairs):
        goods = tuple(good for good, there in zip(economy.goods, carries[number], strict=True) if there)
        graph.add_edge(a, b, number=number, goods=goods, **{name: rows[number] for name, rows in lists.items()})
    return graph


def from_networkx(
    graph: Any, goods: Sequence[str] | None = None, *, signed: bool = False
) -> tuple[Economy, dict[Any, int]]:
    """The economy of a directed graph whose nodes have the attribute `part`.

    Args:
        graph: a `DiGraph` or `MultiDiGraph`; `part` is a `Resource`, `Firm`, `Consumer` or `Many` of one; edges may have `goods` (all if there
            are none), `transport` (credits per unit, a number or one for each good) and `number` (their place; else that in the graph).
        goods: their names; None: those of the graph's attribute `goods`. Its attribute `copyable` is read too.
        signed: see `Economy`.

    Returns:
        The economy, and the number of each node of the graph.

    Raises:
        ValueError: if the graph is undirected, names no goods, or a node has no part.
    """
    if not graph.is_directed():
        raise ValueError("from_networkx: the graph is undirected; goods go one way: use DiGraph.")
    goods = graph.graph.get("goods") if goods is None else goods
    if goods is None:
        raise ValueError("from_networkx: expected names of goods, as an argument or the graph's attribute `goods`.")
    for node, told in graph.nodes(data=True):
        if "part" not in told or (isinstance(told["part"], Many) and told["part"].count != 1):
            raise ValueError(
                f"from_networkx: node {node!r} needs the attribute `part`: Resource, Firm, Consumer, or Many of one."
            )
    number = {node: place for place, node in enumerate(graph.nodes)}
    order = sorted(enumerate(graph.edges(data=True)), key=lambda edge: edge[1][2].get("number", edge[0]))
    edges = [(number[a], number[b], told.get("goods", goods)) for _, (a, b, told) in order]
    cost = [np.broadcast_to(np.asarray(told.get("transport", 0.0), float), (len(goods),)) for _, (_, _, told) in order]
    parts = [part for _, part in graph.nodes(data="part")]
    copyable = graph.graph.get("copyable", ())
    economy = Economy(parts, edges, goods, copyable=copyable, transport=np.array(cost) if cost else 0.0, signed=signed)
    return economy, number


def _parts(economy: Economy) -> list[Many]:
    """A block of one for each node."""
    technology, utility = ([None] * economy.nodes for _ in range(2))
    for table, groups in ((technology, economy.technologies), (utility, economy.utilities)):
        for group in groups:
            for row, node in enumerate(np.asarray(group.members).tolist()):
                table[node] = jax.tree.map(
                    lambda leaf, k=row: leaf[k : k + 1] if eqx.is_array(leaf) else leaf, group.part
                )
    endowment, weight, chosen = (np.asarray(table) for table in (economy.endowment, economy.weight, economy.chosen))
    return [
        Many(1, technology[k], utility[k], endowment[k], float(weight[k]), bool(chosen[k]))
        for k in range(economy.nodes)
    ]
