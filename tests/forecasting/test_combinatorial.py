"""Markets on combinations: the golden table, the junction tree beside the joint table, books, refusals."""

import itertools

import numpy as np
import pytest

from catallax.forecasting.combinatorial import DenseMarket, JunctionTree, JunctionTreeMarket

B = 10 / np.log(100)  # so that 10 credits are a q of 100, as in the table


def dense(variables, liquidity, links=(), factors=()):
    """Links mean nothing to it."""
    return DenseMarket(variables, liquidity, factors)


MARKETS = {"dense": dense, "junction": JunctionTreeMarket}
LINKS = [("D", "E"), ("D", "F")]
# user, variable, condition, from, to; limits; P(d1), P(e1), P(f1); min q; all states at the minimum (None: any)
TABLE = [
    ("Tom", "E", {}, 0.5, 0.55, (0.005, 0.995), (0.5, 0.55, 0.5), 90, (None, 0, None)),
    ("Tom", "E", {"D": 1}, 0.55, 0.9, (0.005, 0.995), (0.5, 0.725, 0.5), 20, (1, 0, None)),
    ("Joe", "E", {"D": 0}, 0.55, 0.4, (0.0055, 0.9955), (0.5, 0.65, 0.5), 72.7273, (0, 1, None)),
    ("Amy", "F", {"D": 1}, 0.5, 0.3, (0.005, 0.995), (0.5, 0.65, 0.4), 60, (1, None, 1)),
    ("Joe", "F", {"D": 0}, 0.5, 0.1, (0.006875, 0.993125), (0.5, 0.65, 0.2), 14.5455, (0, 1, 1)),
    ("Eric", "E", {}, 0.65, 0.8, (0.0065, 0.9965), (0.5824, 0.8, 0.2165), 57.1429, (None, 0, None)),
    ("Eric", "D", {"F": 0}, 0.52, 0.7, (0.0091059, 0.9916058), (0.7232, 0.8509, 0.2165), 35.7393, (0, 0, 0)),
]


def digits(number, printed):
    """Whether a number is the printed one to all printed digits: the source rounds, and cuts off the last digit once (row 7's upper limit)."""
    unit = 10.0 ** -len(str(printed).partition(".")[2])
    return -0.5 * unit - 1e-12 <= number - printed < unit


def snapshot(market):
    """All that can be asked of a small market."""
    cells = [dict(zip(market.variables, cell)) for cell in itertools.product(*map(range, market.variables.sizes))]
    return (
        [market.chance(cell) for cell in cells],
        {u: [market.assets(u, cell) for cell in cells] for u in market.traders},
        [market.house_assets(cell) for cell in cells],
        market.edits,
        market.books.balances,
        dict(market.resolved),
    )


@pytest.mark.parametrize("kind", MARKETS)
def test_the_seven_trades_of_daggre(kind):
    market = MARKETS[kind]({"D": 2, "E": 2, "F": 2}, B, LINKS)
    for user in ("Tom", "Joe", "Amy", "Eric"):
        market.open(user, 10.0)
    for user, variable, given, before, after, limits, marginals, least, states in TABLE:
        assert all(map(digits, market.limits(user, variable, given=given), limits))
        quoted = market.quote(user, variable, to=after, given=given)
        edit = market.edit(user, variable, to=after, given=given)
        assert quoted == edit and digits(edit.before[1], before) and abs(edit.after[1] - after) < 1e-12
        assert all(digits(market.probability(name)[1], p) for name, p in zip("DEF", marginals))
        assert digits(np.exp(market.minimum(user) / B), least)
        assert abs(edit.minimum - market.minimum(user)) < 1e-9
        assert abs(market.assets(user, market.worst(user)) - market.minimum(user)) < 1e-9
        for cell in itertools.product(range(2), repeat=3):
            at_worst = all(want is None or want == have for want, have in zip(states, cell))
            lowest = market.assets(user, dict(zip("DEF", cell))) < market.minimum(user) + 1e-9
            assert lowest == at_worst
    # row 8 of the source: below the limit it is refused, and nothing has changed
    low, _ = market.limits("Eric", "D", given={"F": 0})
    before = snapshot(market)
    with pytest.raises(ValueError, match=r"'Eric' would own -.* move it between"):
        market.edit("Eric", "D", to=0.9 * low, given={"F": 0})
    assert snapshot(market) == before
    market.edit("Eric", "D", to=0.9 * low, given={"F": 0}, allow_negative=True)
    assert market.minimum("Eric") <= 0


def random_markets(seed, nodes=5):
    """A network with up to two parents a node, as both kinds of market, and the pairs that may be edited together."""
    rng = np.random.default_rng(seed)
    names = [f"x{i}" for i in range(nodes)]
    variables = {name: int(rng.integers(2, 4)) for name in names}
    factors = []
    for i, name in enumerate(names):
        family = [name, *rng.choice(names[:i], min(i, 2), replace=False).tolist()]
        factors.append((family, rng.dirichlet(np.ones(variables[name]), [variables[p] for p in family[1:]])))
        factors[-1] = (family, np.moveaxis(factors[-1][1], -1, 0))
    pair = DenseMarket(variables, 7.0, factors), JunctionTreeMarket(variables, 7.0, factors=factors)
    for market in pair:
        market.open("ann", 20.0)
        market.open("bob", 9.0)
    return rng, pair, [family for family, _ in factors]


def random_edit(rng, pair, families):
    """The same edit in both, somewhere between the limits."""
    exact, tree = pair
    family = families[rng.integers(len(families))]
    variable, *parents = rng.permutation(family).tolist()
    given = {p: int(rng.integers(exact.variables[p])) for p in parents}
    user, state = str(rng.choice(["ann", "bob"])), int(rng.integers(exact.variables[variable]))
    low, high = exact.limits(user, variable, state, given)
    np.testing.assert_allclose(tree.limits(user, variable, state, given), (low, high), rtol=0, atol=1e-9)
    to = float(np.clip(rng.uniform(low, high), 0.02, 0.98))
    for market in pair:
        market.edit(user, variable, state, to=to, given=given)


@pytest.mark.parametrize("seed", range(3))
def test_the_tree_is_the_table(seed):
    rng, (exact, tree), families = random_markets(seed)
    for _ in range(6):
        random_edit(rng, (exact, tree), families)
    exact.resolve("x1", 0)
    tree.resolve("x1", 0)
    for market in (exact, tree):
        market.open("zoe", 1.0)  # after something is known
    random_edit(rng, (exact, tree), [["x2"], ["x3"]])
    names = list(exact.variables)
    evidence = [None, {"x4": 1}, {"x0": 0, "x3": 1}, {"x2": [0.9, 0.2, 0.0][: exact.variables["x2"]], "x4": 0}]
    for given in evidence:
        for name in names:
            np.testing.assert_allclose(tree.probability(name, given), exact.probability(name, given), atol=1e-9)
        assert abs(tree.chance({"x0": 1, "x4": 0}, given) - exact.chance({"x0": 1, "x4": 0}, given)) < 1e-9
        for user in exact.traders:
            assert abs(tree.minimum(user, given) - exact.minimum(user, given)) < 1e-9
            assert abs(tree.expected(user, given) - exact.expected(user, given)) < 1e-9
            assert abs(exact.assets(user, tree.worst(user, given)) - exact.minimum(user, given)) < 1e-9
    assert abs(tree.worst_case_loss - exact.worst_case_loss) < 1e-9


def test_assets_add_up_in_every_state_and_the_house_loses_no_more_than_it_said():
    rng, pair, families = random_markets(3)
    market = pair[1]
    opening = {}
    for cell in itertools.product(*map(range, market.variables.sizes)):
        opening[cell] = market.chance(dict(zip(market.variables, cell)))
    for _ in range(8):
        random_edit(rng, pair, families)
    for cell, before in opening.items():
        states = dict(zip(market.variables, cell))
        owned = sum(market.assets(user, states) for user in market.traders)
        # by the prices, not by the market's own record of the house
        assert abs(owned - 29.0 - 7.0 * np.log(market.chance(states) / before)) < 1e-8
        assert abs(owned + market.house_assets(states) - 29.0 - market.worst_case_loss) < 1e-8
        assert market.house_assets(states) > -1e-9
    others = list(market.variables)
    paid = []
    for market, order in zip(pair, (others, others[::-1])):  # the order does not matter either
        for name in order:
            market.resolve(name, 1)
        assert market.is_settled and market.imbalance == 0 and market.books["maker"] == 0
        states = dict.fromkeys(others, 1)
        for user in market.traders:
            assert 0 <= market.assets(user, states) - market.cash(user) < 1.1e-6
        paid.append([market.cash(user) for user in market.traders])
    np.testing.assert_allclose(*paid, atol=1.1e-6)


@pytest.mark.parametrize("kind", MARKETS)
def test_an_edit_leaves_its_condition_alone_and_can_be_undone(kind):
    rng, pair, families = random_markets(4)
    market = pair[kind == "junction"]
    start = snapshot(market)
    undo = []
    for _ in range(6):
        before = {name: market.probability(name) for name in market.variables}
        given = one_edit(rng, market, families)
        for name in given:  # T1.5: P(A) stays
            np.testing.assert_allclose(market.probability(name), before[name], atol=1e-12)
        undo.append(market.edits[-1])
    for edit in reversed(undo):
        market.edit(edit.trader, edit.variable, to=edit.before, given=dict(edit.given))
    chances, assets, house, *_ = snapshot(market)
    np.testing.assert_allclose(chances, start[0], atol=1e-12)
    np.testing.assert_allclose(house, start[2], atol=1e-9)
    for user in market.traders:
        np.testing.assert_allclose(assets[user], start[1][user], atol=1e-9)


def one_edit(rng, market, families):
    family = families[rng.integers(len(families))]
    variable, *parents = rng.permutation(family).tolist()
    given = {p: int(rng.integers(market.variables[p])) for p in parents}
    low, high = market.limits("ann", variable, 0, given)
    market.edit("ann", variable, 0, to=float(np.clip(rng.uniform(low, high), 0.02, 0.98)), given=given)
    return given


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


@pytest.mark.parametrize("kind", MARKETS)
def test_bad_input_is_refused_and_changes_nothing(kind):
    market = MARKETS[kind]({"a": 2, "b": 3}, 5.0, [("a", "b")])
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
        MARKETS[kind]({"a": 2}, 5.0, factors=[(["a"], np.array([1.0, 0.0]))])
    with pytest.raises(ValueError, match="at least 2 states"):
        MARKETS[kind]({"a": 1}, 5.0)
    with pytest.raises(ValueError, match="liquidity"):
        MARKETS[kind]({"a": 2}, 0.0)
