"""Production networks as graphs and back."""

import jax
import numpy as np
import pytest

import catallax as cx

networkx = pytest.importorskip("networkx", reason="needs the extra `adapters`")
pn = cx.production


@pytest.fixture(scope="module")
def economy():
    """A firm with a utility of its own, edges that carry one good, costs, a copyable good, and two edges between the same nodes."""
    nodes = [
        pn.Resource([2.0, 1.0]),
        pn.Firm(pn.Linear([[0.5, 0.0], [0.0, 0.5]]), 0.1, pn.LinearUtility([0.1, 0.0]), routes=False),
        pn.Consumer(pn.PowerUtility([3.0, 1.0]), weight=2.0),
    ]
    edges = [(1, 2), (0, 1, "bread"), (0, 2), (0, 2, "bread")]
    cost = 0.01 * np.arange(8).reshape(4, 2)
    return pn.Economy(nodes, edges, ("bread", "news"), copyable=("news",), transport=cost)


def test_there_and_back(economy):
    shares = economy.uniform()
    graph = cx.adapters.to_networkx(economy, shares)
    assert isinstance(graph, networkx.MultiDiGraph) and networkx.is_directed_acyclic_graph(graph)
    solution = pn.solve(economy, shares)
    for node, told in graph.nodes(data=True):
        np.testing.assert_allclose(told["outputs"], solution.outputs[node])
    for _, _, told in graph.edges(data=True):
        np.testing.assert_allclose(told["flows"], solution.flows[told["number"]])
    again, number = cx.adapters.from_networkx(graph)
    assert number == {0: 0, 1: 1, 2: 2}
    assert jax.tree.structure(again) == jax.tree.structure(economy)
    for old, new in zip(jax.tree.leaves(economy), jax.tree.leaves(again), strict=True):
        np.testing.assert_array_equal(old, new)


def test_what_is_no_economy():
    graph = networkx.DiGraph([("farm", "ann")])
    with pytest.raises(ValueError, match="expected names of goods"):
        cx.adapters.from_networkx(graph)
    with pytest.raises(ValueError, match="node 'farm' needs the attribute `part`"):
        cx.adapters.from_networkx(graph, ("grain",))
    with pytest.raises(ValueError, match="undirected"):
        cx.adapters.from_networkx(graph.to_undirected(), ("grain",))
    graph.add_node("farm", part=pn.Resource([1.0]))
    graph.add_node("ann", part=pn.Consumer(pn.LinearUtility([1.0])))
    graph.edges["farm", "ann"]["transport"] = 0.25
    economy, number = cx.adapters.from_networkx(graph, ("grain",))
    assert number == {"farm": 0, "ann": 1} and isinstance(cx.adapters.to_networkx(economy), networkx.DiGraph)
    assert float(pn.welfare(economy, economy.uniform())) == 0.75
