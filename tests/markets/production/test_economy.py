"""What is no economy is refused by name."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from catallax.markets import production as pn

GRAIN = pn.Resource([1.0])
EATER = pn.Consumer(pn.LinearUtility([1.0]))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: pn.Economy([], []), "at least one node"),
        (lambda: pn.Economy([GRAIN], []), "at least one edge"),
        (lambda: pn.Economy([GRAIN, EATER], [(0, 2)]), r"edge 0 joins \(0, 2\), but nodes are 0 to 1"),
        (lambda: pn.Economy([GRAIN, EATER], [(0, 1, "gold")]), "not all of them goods"),
        (lambda: pn.Economy([GRAIN, EATER], [(0, 1)], ("a", "a")), "different names"),
        (lambda: pn.Economy([GRAIN, EATER], [(0, 1)], ("a",), copyable=("b",)), "not all among"),
        (lambda: pn.Economy([pn.Resource([-1.0]), EATER], [(0, 1)]), "node 0 has a negative endowment"),
        (lambda: pn.Economy([pn.Resource([np.nan]), EATER], [(0, 1)]), "node 0 is not finite"),
        (lambda: pn.Economy([pn.Resource([1.0, 2.0, 3.0]), EATER], [(0, 1)], 2), "endowment of node 0 has axes"),
        (lambda: pn.Economy([GRAIN, EATER], [(0, 1)], transport=[1.0, 2.0]), "transport has axes"),
        (lambda: pn.Economy([GRAIN, EATER], [(0, 1)], transport=np.inf), "transport is not finite"),
        (lambda: pn.Economy([GRAIN, EATER, EATER], np.array([(0, 1, 0), (0, 2, 0)])), r"axes \(2, 3\)"),
        (lambda: pn.Economy([GRAIN, EATER], [(0, 1.5)]), "whole numbers"),
        (lambda: pn.Economy([GRAIN, EATER], [(0, 1), (0,)]), "expected pairs"),
        (lambda: pn.Economy([GRAIN, EATER], [(0, 1, 0)]), r"carries \(0,\)"),
        (
            lambda: pn.Economy([GRAIN, pn.Firm(pn.Linear([[1.0, 2.0], [1.0, 2.0]]))], [(0, 1)]),
            "does not take bundles of 1",
        ),
        (
            lambda: pn.Economy([pn.Resource(1.0), pn.Consumer(pn.PowerUtility([1.0]))], [(0, 1)], 2),
            "numbers for 1 goods, bundles have 2",
        ),
        (lambda: pn.Economy([GRAIN, pn.Firm(pn.Neural(jnp.sum))], [(0, 1)]), "Neural"),
        (lambda: pn.Economy([pn.Many(2, pn.Linear([[[1.0]]])), EATER], [(0, 1)]), "expected the leading axis 2"),
        (lambda: pn.Economy([pn.Many(0), EATER], [(0, 1)]), "at least one"),
        (lambda: pn.CobbDouglas([1.0], [[-1.0]]), "exponents must be at least 0"),
        (lambda: pn.CobbDouglas([1.0], [[0.0]]), "needs an input"),
        (lambda: pn.CES([1.0], [[1.0]], 1.0), "CobbDouglas"),
        (lambda: pn.CES([1.0], [[-1.0]]), "weights must be"),
        (lambda: pn.Leontief([0.0], [1.0]), "at least one input"),
        (lambda: pn.SmoothLeontief([1.0], [1.0], 0.0), "sharpness"),
        (lambda: pn.PowerUtility([1.0], 2.0), "power must lie"),
        (lambda: pn.LogUtility([1.0], 0.0), "knee"),
    ],
)
def test_bad_input_is_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_what_is_no_node():
    with pytest.raises(TypeError, match="node 1 is a float"):
        pn.Economy([GRAIN, 1.0], [(0, 1)])  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ([[0.5, 0.0], [0.4, 1.0]], "node 0 in a add up to 0.9"),
        ([[1.5, 0.0], [-0.5, 1.0]], "edge 1 in a is -0.5"),
        ([[0.5, 0.5], [0.5, 0.5]], "edge 0 in b is 0.5"),
        ([[0.5], [0.5]], "expected edges and goods"),
    ],
)
def test_shares_that_are_none(shares, message):
    eater = pn.Consumer(pn.LinearUtility([1.0, 1.0]))
    economy = pn.Economy([pn.Resource([1.0, 1.0]), eater, eater], [(0, 1, "a"), (0, 2)], ("a", "b"))
    with pytest.raises(ValueError, match=message):
        pn.solve(economy, jnp.asarray(shares))


def test_shares_of_copyable_goods_are_1():
    economy = pn.Economy([GRAIN, EATER, EATER], [(0, 1), (0, 2)], ("news",), copyable=("news",))
    with pytest.raises(ValueError, match="goes whole along every edge"):
        pn.solve(economy, jnp.full((2, 1), 0.5))


def test_nodes_without_edges_out_ship_nothing():
    economy = pn.Economy([GRAIN, pn.Firm(pn.Linear([[2.0]])), EATER], [(0, 1)])
    found = pn.solve(economy, economy.uniform())
    assert found.outputs[:, 0].tolist() == [1.0, 2.0, 0.0] and float(found.welfare) == 0


def test_parts_of_one_kind_are_stacked_and_blocks_join_them():
    firms = [pn.Firm(pn.Linear([[float(k)]])) for k in range(1, 4)]
    many = pn.Many(2, pn.Linear(jnp.asarray([[[4.0]], [[5.0]]])), endowment=jnp.ones((2, 1)))
    economy = pn.Economy([GRAIN, *firms, many, EATER], np.array([(0, 1), (0, 2), (1, 6), (4, 6), (5, 6)]))
    (through, linear) = economy.technologies
    assert linear.members.tolist() == [1, 2, 3, 4, 5] and through.members.tolist() == [0, 6]
    found = pn.solve(economy, economy.uniform())
    assert float(found.welfare) == 0.5 * 1 + 4 + 5


def test_signed_goods_are_asked_for():
    economy = pn.Economy([pn.Resource([-1.0]), EATER], [(0, 1)], signed=True)
    assert float(pn.solve(economy, economy.uniform()).welfare) == -1


def test_compiling_does_not_grow_with_the_nodes():
    """The program has the same length for ten nodes and for a thousand."""

    def length(width):
        nodes = [pn.Many(width, endowment=1.0), pn.Many(width, pn.Linear(jnp.ones((width, 1, 1)))), EATER]
        edges = np.concatenate([[(i, width + i), (width + i, 2 * width)] for i in range(width)])
        economy = pn.Economy(nodes, edges)
        return str(jax.make_jaxpr(lambda s: pn.welfare(economy, s))(economy.uniform())).count("\n")

    assert abs(length(1_000) - length(10)) <= 3


def test_the_page_has_a_place_for_every_name():
    page = (Path(__file__).resolve().parents[3] / "docs" / "production.md").read_text(encoding="utf-8")
    assert not [name for name in pn.__all__ if f"`{name}" not in page]
