"""Markets on combinations: the golden table, the junction tree beside the joint table, books, refusals."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from catallax.forecasting import TradeLog
from catallax.forecasting.combinatorial import DenseMarket, JunctionTree, JunctionTreeMarket


def helpers():
    """What the experiment shares with these tests."""
    path = Path(__file__).resolve().parents[2] / "experiments" / "_joint_trades.py"
    spec = importlib.util.spec_from_file_location("_joint_trades", path)
    module = sys.modules.setdefault("_joint_trades", importlib.util.module_from_spec(spec))
    spec.loader.exec_module(module)
    return module


trades = helpers()
snapshot = trades.snapshot
KINDS = {"dense": DenseMarket, "junction": JunctionTreeMarket}


def made(kind, variables, liquidity, links=(), **more):
    """Links mean nothing to the joint table."""
    return KINDS[kind](variables, liquidity, **({"links": links} if kind == "junction" else {}), **more)


@pytest.mark.parametrize("kind", KINDS)
def test_the_seven_trades_of_daggre(kind):
    market = trades.opened(KINDS[kind])
    wrong = [(ours, printed) for ours, printed in trades.seven_trades(market) if not trades.agrees(ours, printed)]
    assert wrong == []
    # row 8 of the source: below the limit it is refused, and nothing has changed
    low, _ = market.limits("Eric", "D", given={"F": 0})
    before = snapshot(market)
    with pytest.raises(ValueError, match=r"'Eric' would own -.* move it between"):
        market.edit("Eric", "D", to=0.9 * low, given={"F": 0})
    assert snapshot(market) == before
    quoted = market.quote("Eric", "D", to=0.9 * low, given={"F": 0}, allow_negative=True)
    assert snapshot(market) == before
    assert market.edit("Eric", "D", to=0.9 * low, given={"F": 0}, allow_negative=True) == quoted
    assert abs(quoted.minimum - market.minimum("Eric")) < 1e-9 and market.minimum("Eric") <= 0


@pytest.mark.parametrize("seed", range(3))
def test_the_tree_is_the_table(seed):
    network = trades.RandomNetwork(seed, nodes=6)
    gaps = [gap for _ in range(6) for gap in network.edit().values()]
    gaps += network.differences().values()
    for market in network.both:
        market.resolve("x1", 0)
        market.open("zoe", 1.0)  # after something is known
    gaps += [gap for _ in range(2) for gap in network.edit().values()]
    gaps += network.differences().values()
    event = {"x0": 1, "x4": 0}
    gaps += [network.tree.chance(event, {"x5": 1}) - network.exact.chance(event, {"x5": 1})]
    gaps += [network.tree.worst_case_loss - network.exact.worst_case_loss]
    assert np.abs(gaps).max() < 1e-9


def test_assets_add_up_in_every_state_and_the_house_loses_no_more_than_it_said():
    network = trades.RandomNetwork(3, nodes=4)
    for _ in range(8):
        network.edit()
    assert network.unbalanced() < 1e-8  # by the prices, and by the market's own record of the house
    names = list(network.tree.variables)
    paid = []
    for market, order in zip(network.both, (names, names[::-1])):  # the order does not matter either
        for name in order:
            market.resolve(name, 1)
        assert market.is_settled and market.imbalance == 0 and market.books["maker"] == 0
        for user in market.traders:
            assert -1e-9 <= market.assets(user, dict.fromkeys(names, 1)) - market.cash(user) < 1.1e-6
        paid.append([market.cash(user) for user in market.traders])
    np.testing.assert_allclose(*paid, atol=1.1e-6)


def test_an_edit_leaves_its_condition_alone_and_can_be_undone():
    network = trades.RandomNetwork(4, nodes=4)
    starts = [snapshot(market) for market in network.both]
    for _ in range(6):
        assert network.edit()["P(A)"] < 1e-12  # T1.5: P(A) stays
    for market, start in zip(network.both, starts):
        for edit in reversed(market.edits):
            market.edit(edit.trader, edit.variable, to=edit.before, given=dict(edit.given))
        chances, assets, house, *_ = snapshot(market)
        np.testing.assert_allclose(chances, start[0], atol=1e-12)
        np.testing.assert_allclose(house, start[2], atol=1e-9)
        np.testing.assert_allclose(
            [assets[u] for u in market.traders], [start[1][u] for u in market.traders], atol=1e-9
        )


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_a_log_tells_all(ending, tmp_path):
    """To the last digit, with edits of one state and of all, a budget, debts, another tree, and what became known."""
    opening = {
        "variables": {"a": 2, "b": 3, "c": 2},
        "liquidity": 7.0,
        "factors": [(["a", "b"], np.array([[0.1, 0.2, 0.1], [0.3, 0.1, 0.2]]))],
    }
    for kind in KINDS.values():
        market = kind(**opening)
        market.open("ann", 20.0)
        market.open("bob", 1.0)
        market.edit("ann", "b", 2, to=0.5, given={"a": 1}, reason="saw the draft")
        market.edit("bob", "b", to=[0.2, 0.1, 0.7], most=0.3)
        market.edit("bob", "a", to=0.95, allow_negative=True)
        if kind is JunctionTreeMarket:
            market.retriangulate([("b", "c")])
        market.edit("ann", "c", to=1 / 3, given={"b": 2})
        market.resolve("c", 1)
        for state in ({}, {"a": 0, "b": 2}):
            for name, value in state.items():
                market.resolve(name, value)
            log = TradeLog.load(market.log.save(tmp_path / f"log{ending}"))
            again = kind.replay(log, **opening)
            assert snapshot(again) == snapshot(market) and list(again.log) == list(market.log)
            if not state:
                assert again.probability("b").tolist() == market.probability("b").tolist()
        assert market.log[-1].kind == "resolve" and market.cash("ann") == market.log[-2].cash / 1e6
        with pytest.raises(ValueError, match=r"entry \d+ is"):
            kind.replay(log, **opening | {"liquidity": 6.5})


@pytest.mark.parametrize("kind", KINDS)
def test_with_a_budget_an_edit_goes_as_far_as_it_allows(kind):
    """Over random edits no combination costs more than that, one costs all of it, or the edit is made whole."""
    rng = np.random.default_rng(0)
    market = made(kind, {"a": 2, "b": 3}, 4.0, [("a", "b")])
    market.open("ann", 1_000.0)
    cells = trades.states_of(market)
    whole = 0
    for _ in range(40):
        most, to = float(rng.uniform(0.05, 4.0)), rng.dirichlet(np.ones(3)) * 0.97 + 0.01
        to = to.tolist() if rng.random() < 0.5 else float(to[1])
        given = {"a": int(rng.integers(2))} if rng.random() < 0.5 else {}
        before = np.array([market.assets("ann", cell) for cell in cells])
        old = market.probability("b", given)
        edit = market.edit("ann", "b", to=to, given=given, most=most)
        cost = before - [market.assets("ann", cell) for cell in cells]
        after, old = (x if np.ndim(to) else x[1] for x in (np.asarray(edit.after), old))
        full = np.abs(after - to).max() < 1e-12
        assert cost.max() <= most + 1e-9 and (full or cost.max() >= most - 1e-9)
        assert np.all((after - old) * (to - after) >= -1e-12)  # on the way
        whole += full
    assert 5 < whole < 35
    for most in (0.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="most must be"):
            market.quote("ann", "b", to=0.5, most=most)


def test_limits_are_where_assets_reach_nothing():
    network = trades.RandomNetwork(5, nodes=4)
    for market in network.both:
        for side in (0, 1):
            limit = market.limits("bob", "x2", 1, {"x1": 0})[side]
            assert abs(market.edit("bob", "x2", 1, to=limit, given={"x1": 0}).minimum) < 1e-9


def test_what_a_trader_owes_and_cannot_pay_is_borne_by_the_house():
    market = JunctionTreeMarket({"a": 2}, 10.0)
    market.open("ann", 1.0)
    market.open("bob", 10.0)
    market.edit("ann", "a", to=0.9, allow_negative=True)
    market.edit("bob", "a", to=0.5)  # back, at ann's cost
    market.resolve("a", 0)
    assert market.cash("ann") == 0 and abs(market.cash("bob") - 10.0 - 10.0 * np.log(5)) < 1.1e-6
    assert market.imbalance == 0 and market.books["maker"] == 0


def test_variables_without_a_common_clique_are_refused_until_the_tree_has_one():
    variables = dict.fromkeys("abcd", 2)
    tree = JunctionTreeMarket(variables, 5.0, links=[("a", "b"), ("b", "c")])
    exact = DenseMarket(variables, 5.0)
    for market in (tree, exact):
        market.open("ann", 10.0)
        market.edit("ann", "b", to=0.8, given={"a": 1})
    tree.resolve("c", 1)
    before = snapshot(tree)
    with pytest.raises(ValueError, match=r"retriangulate\(\[\('a', 'd'\)\]\)"):
        tree.edit("ann", "d", to=0.7, given={"a": 0})
    assert snapshot(tree) == before
    tree.retriangulate([("a", "d")])
    after = snapshot(tree)
    np.testing.assert_allclose(after[0], before[0], atol=1e-12)
    assert after[3:] == before[3:]
    exact.resolve("c", 1)
    for market in (tree, exact):
        market.edit("ann", "d", to=0.7, given={"a": 0})
    assert abs(tree.minimum("ann") - exact.minimum("ann")) < 1e-9
    assert abs(tree.expected("ann") - exact.expected("ann")) < 1e-9


def test_a_cycle_is_triangulated():
    tree = JunctionTree([2] * 6, [(i, (i + 1) % 6) for i in range(6)])
    assert tree.width == 2 and len(tree.cliques) == 4
    for variable in range(6):  # its cliques hang together
        having = {place for place, clique in enumerate(tree.cliques) if variable in clique}
        links = sum(other in having for place in having for other in tree.neighbours[place]) // 2
        assert links == len(having) - 1


@pytest.mark.parametrize("kind", KINDS)
def test_bad_input_is_refused_and_changes_nothing(kind):
    market = made(kind, {"a": 2, "b": 3}, 5.0, [("a", "b")])
    market.open("ann", 3.0)
    market.edit("ann", "b", 2, to=0.5)
    market.resolve("a", 1)
    before = snapshot(market)
    wrong = [
        (lambda: market.edit("ann", "b", to=0.0), "between 1e-06"),
        (lambda: market.edit("ann", "b", to=1.0), "between 1e-06"),
        (lambda: market.edit("ann", "b", to=float("nan")), "between 1e-06"),
        (lambda: market.edit("ann", "b", to=[0.5, 0.5]), "3 probabilities"),
        (lambda: market.edit("ann", "b", to=[0.999, 0.0005, 0.0005]), "less far"),
        (lambda: market.edit("ann", "b", to=0.999), "would own"),
        (lambda: market.edit("ann", "b", 3, to=0.5), "states 0 to 2"),
        (lambda: market.edit("ann", "b", to=0.5, given={"b": 1}), "condition for itself"),
        (lambda: market.edit("ann", "b", to=0.5, given={"a": 0}), "cannot be; known is"),
        (lambda: market.edit("ann", "z", to=0.5), "no variable 'z'"),
        (lambda: market.edit("eve", "b", to=0.5), "'eve' has no account"),
        (lambda: market.edit("ann", "a", to=0.5), "known to be 1"),
        (lambda: market.probability("b", {"a": 0}), "cannot be"),
        (lambda: market.probability("b", {"b": [0, 0, 0]}), "cannot be"),
        (lambda: market.probability("b", {"b": [1, -1, 0]}), "likelihoods"),
        (lambda: market.minimum("ann", {"a": 0}), "cannot be"),
        (lambda: market.assets("ann", {"a": 1}), "a state for each"),
        (lambda: market.resolve("a", 1), "known to be 1 already"),
        (lambda: market.open("ann", 1.0), "an account 'ann' already"),
        (lambda: market.open("bob", -1.0), "cannot begin"),
    ]
    for attempt, message in wrong:
        with pytest.raises(ValueError, match=message):
            attempt()
        assert snapshot(market) == before
    market.resolve("b", 0)
    for attempt in (lambda: market.edit("ann", "b", to=0.5), lambda: market.resolve("b", 0)):
        with pytest.raises(ValueError, match="everybody is paid"):
            attempt()
    with pytest.raises(ValueError, match="positive"):
        made(kind, {"a": 2}, 5.0, factors=[(["a"], np.array([1.0, 0.0]))])
    with pytest.raises(ValueError, match="at least 2 states"):
        made(kind, {"a": 1}, 5.0)
    with pytest.raises(ValueError, match="liquidity"):
        made(kind, {"a": 2}, 0.0)
