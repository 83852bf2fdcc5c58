"""Quantities and prices of economies without cycles: T1.1 to T1.4, the golden economy, and income."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from catallax.markets import production as pn


def test_golden_split(double, split):
    """`3 sqrt(s) + 4 sqrt(1 - s)`: W = 5 and a price of 2.5 at the best shares; dW/dt = 1/8 at equal ones."""
    best = pn.solve(split.economy, split.best)
    np.testing.assert_allclose(best.welfare, 5, rtol=1e-12)
    np.testing.assert_allclose(pn.prices(split.economy, split.best, best).inputs, 2.5, rtol=1e-12)
    half = pn.solve(split.economy, split.half)
    prices = pn.prices(split.economy, split.half, half)
    np.testing.assert_allclose(half.welfare, 4.949747, atol=5e-7)
    np.testing.assert_allclose(prices.gradient[:, 0], [2.12132, 2.82843], atol=5e-6)
    np.testing.assert_allclose(pn.dispersion(split.economy, split.half, half, prices), 0.125, rtol=1e-12)


def test_t1_1_share_gradient_is_revenue(layers):
    """`dW/ds_ij = y_i a_j`."""
    assert float(jnp.max(jnp.abs(layers.by_share))) > 0.1
    np.testing.assert_allclose(layers.prices.gradient, layers.by_share, atol=1e-12)
    np.testing.assert_allclose(layers.prices.inputs, layers.by_endowment, atol=1e-12)


def test_t1_3_advantage_is_the_policy_gradient(layers):
    """`dW/dtheta_ij = q_ij (a_j - abar_i)`."""
    np.testing.assert_allclose(layers.solution.flows * layers.prices.premium, layers.by_logit, atol=1e-12)


def test_both_hold_on_other_economies(layers):
    """T1.1 and T1.3 on random economies with random shares."""
    for seed in range(1, 6):
        economy = pn.examples.three_layers(jax.random.key(seed))
        logits = 2 * jax.random.normal(jax.random.key(seed), economy.carries.shape)
        solution, prices, by_share, by_logit, *_ = layers.everything(economy, economy.splits.softmax(logits), logits)
        np.testing.assert_allclose(prices.gradient, by_share, atol=1e-12)
        np.testing.assert_allclose(solution.flows * prices.premium, by_logit, atol=1e-12)


def test_average_price_is_bellmans_value(layers):
    """`abar_j = sum_k s_jk a_k` and `a_j = dU/dx + J_j^T (dU/dy + abar_j)`."""
    average = layers.prices.average
    by_input, by_output, received, pulled = layers.bellman(average)
    np.testing.assert_allclose(average, received, atol=1e-14)
    np.testing.assert_allclose(layers.prices.inputs, by_input + pulled, atol=1e-12)
    np.testing.assert_allclose(layers.prices.outputs, by_output + average, atol=1e-14)


@pytest.mark.parametrize(
    "rule", [pn.MirrorAscent(), pn.Replicator(), pn.SoftmaxLogits(), pn.ProjectedGradient()], ids=lambda r: type(r).__name__
)  # fmt: skip
def test_t1_4_only_premiums_matter(layers, rule):
    """A constant on all prices that one node sees of one good changes no step."""
    constant = jax.random.normal(jax.random.key(5), (layers.economy.nodes, 2))[layers.economy.source]

    def stepped(gradient):
        state = rule.init(layers.splits, layers.shares)
        return rule.shares(layers.splits, rule.update(layers.splits, state, gradient, lambda s: s.sum()))

    moved = stepped(layers.prices.gradient)
    assert float(jnp.max(jnp.abs(moved - layers.shares))) > 1e-3
    np.testing.assert_allclose(stepped(layers.prices.gradient + constant), moved, atol=1e-12)


def every_part(goods=3):
    """One node for each technology, and a consumer for each utility."""
    draw = np.random.default_rng(0)
    matrix, row = lambda: draw.uniform(0.2, 1, (goods, goods)), lambda: draw.uniform(0.2, 1, goods)
    mlp = eqx.nn.MLP(goods, goods, 4, 1, activation=jax.nn.softplus, key=jax.random.key(0))
    technologies = [
        pn.PassThrough(), pn.Linear(matrix()), pn.ReLULinear(matrix() - 0.3), pn.CobbDouglas(row(), matrix() / 3),
        pn.CES(row(), matrix(), 2.0), pn.CES(row(), matrix(), 0.5, 0.8), pn.Leontief(row(), row()),
        pn.SmoothLeontief(row(), row(), 6.0), pn.Neural(mlp), pn.Neural(jnp.tanh),
    ]  # fmt: skip
    utilities = [
        pn.LinearUtility(row(), row()), pn.PowerUtility(row(), 0.7), pn.LogUtility(row(), 2.0),
        pn.NeuralUtility(lambda x, y: jnp.sum(jnp.sin(x)) + jnp.sum(x * y)),
    ]  # fmt: skip
    firms = [pn.Firm(technology, 0.1, pn.LinearUtility(-0.1 * row(), row())) for technology in technologies]
    consumers = [pn.Consumer(utility, weight=float(draw.uniform(0.5, 2))) for utility in utilities]
    makers = range(1, 1 + len(firms))
    buyers = range(1 + len(firms), 1 + len(firms) + len(consumers))
    edges = [(0, i) for i in makers] + [(i, j) for i in makers for j in buyers]
    cost = draw.uniform(0, 0.1, (len(edges), goods))
    return pn.Economy([pn.Resource(draw.uniform(3, 5, goods)), *firms, *consumers], edges, goods, transport=cost)


@pytest.mark.parametrize(("wide", "atol"), [(True, 1e-10), pytest.param(False, 1e-4, marks=pytest.mark.long)])
def test_t1_2_adjoint_of_every_part_is_autodiff(wide, atol):
    with jax.enable_x64(wide):
        economy = every_part()

        @eqx.filter_jit
        def both(economy, shares):
            prices = pn.prices(economy, shares)
            return prices.gradient, jax.grad(lambda s: pn.welfare(economy, s))(shares)

        by_hand, by_machine = both(economy, economy.uniform())
        assert by_hand.dtype == (jnp.float64 if wide else jnp.float32)
        np.testing.assert_allclose(by_hand, by_machine, atol=atol)


@pytest.mark.parametrize(
    "technology",
    [
        pn.PassThrough(), pn.Linear([[1.0, 2.0], [0.5, 0.0]]), pn.ReLULinear([[1.0, -2.0], [0.5, 0.1]]),
        pn.CobbDouglas([1.0, 2.0], [[0.3, 0.3], [1.0, 0.5]]), pn.CES([1.0, 2.0], [[1.0, 1.0], [0.0, 1.0]], 0.5, 0.7),
        pn.Leontief([1.0, 2.0], [0.0, 3.0]), pn.SmoothLeontief([1.0, 2.0], [0.0, 3.0]),
    ],
    ids=lambda t: type(t).__name__,
)  # fmt: skip
def test_degree_of_homogeneity(technology):
    x, made = jnp.array([2.0, 3.0]), jax.jit(lambda x: technology(x))
    np.testing.assert_allclose(made(2 * x), made(x) * 2 ** np.asarray(technology.degree), rtol=1e-5)


@pytest.mark.parametrize("utility", [pn.LinearUtility([1.0, 2.0]), pn.PowerUtility([1.0, 2.0], 0.3)])
def test_degree_of_utilities(utility):
    x, worth = jnp.array([2.0, 3.0]), jax.jit(lambda x: utility(x, x))
    np.testing.assert_allclose(worth(2 * x), worth(x) * 2 ** np.asarray(utility.degree), rtol=1e-5)


def test_what_is_missing_stops_production_without_spoiling_gradients():
    x = jnp.array([0.0, 3.0])
    for technology in (
        pn.CobbDouglas([1.0, 1.0], [[0.5, 0.5], [0.0, 1.0]]),
        pn.CES([1.0, 1.0], [[1.0, 1.0], [0.0, 1.0]], 0.5),
        pn.SmoothLeontief([1.0, 2.0], [1.0, 1.0]),
    ):
        made, slope = jax.jit(lambda x, f=technology: (f(x), jax.jacobian(f)(x)))(x)
        assert made[0] == 0 and np.isfinite(slope).all()
    # substitutes go on
    either, root = pn.CES([1.0, 0.0], [[1.0, 1.0], [0.0, 0.0]], 2.0), pn.PowerUtility([1.0, 1.0])
    made, slope = jax.jit(lambda x: (either(x), jax.grad(lambda x: root(x, x))(x)))(x)
    assert made[0] == pytest.approx(3.0) and np.isfinite(slope).all()


def test_levels_agree_with_one_node_after_the_other(double):
    """A ragged random graph: blocks of several levels, nodes and edges in no order."""
    draw = np.random.default_rng(1)
    nodes = 40
    pairs = np.array([(i, j) for i in range(nodes) for j in range(i + 1, nodes) if draw.random() < 0.08])
    name = draw.permutation(nodes)
    edges = name[draw.permutation(pairs)]
    slopes = draw.uniform(0.2, 1, nodes)
    endowment = draw.uniform(0, 1, (nodes, 1))
    parts = [
        pn.Firm(pn.Linear([[slopes[i]]]) if i % 3 else pn.CobbDouglas([slopes[i]], [[0.5]]), endowment[i]) for i in range(nodes)
    ]  # fmt: skip
    economy = pn.Economy([*parts], edges)
    shares = economy.splits.softmax(jnp.asarray(draw.normal(size=(len(edges), 1))))
    x = endowment[:, 0].copy()
    for node in name:  # in the order of the hidden numbers no node comes before those that supply it
        made = slopes[node] * (x[node] if node % 3 else np.sqrt(x[node]))
        for edge in np.flatnonzero(edges[:, 0] == node):
            x[edges[edge, 1]] += float(shares[edge, 0]) * made
    found = pn.solve(economy, shares)
    np.testing.assert_allclose(found.inputs[:, 0], x, rtol=1e-12)
    assert economy.levels is not None and int(found.iterations) == economy.levels.depth


def test_income_is_what_endowments_earn(layers):
    """`sum a r = sum (dU/dx x + dU/dy y) - sum profit`, `profit_i = b_i (y_i - J_i x_i)`."""
    found = pn.report(layers.economy, layers.shares)
    assert abs(found.income_error) <= 1e-12 * found.income
    assert found.income > 1


def test_constant_returns_leave_no_profit(double):
    """Price times quantity is the same at every layer of a chain of bias-free ReLU firms."""
    draw = np.random.default_rng(0)
    chain = [pn.Firm(pn.ReLULinear(draw.normal(size=(5, 5)))) for _ in range(4)]
    ends = pn.Resource(draw.uniform(0, 1, 5)), pn.Consumer(pn.LinearUtility(draw.uniform(0.5, 1, 5)))
    economy = pn.Economy([ends[0], *chain, ends[1]], [(i, i + 1) for i in range(5)], 5)
    solution = pn.solve(economy, economy.uniform())
    worth = jnp.sum(pn.prices(economy, economy.uniform(), solution).inputs * solution.inputs, 1)
    assert float(worth[0]) > 0.1
    np.testing.assert_allclose(worth, worth[0], rtol=1e-12)
    # the bid of a deep market for the whole state is its value, and with constant returns value = price times quantity
    np.testing.assert_allclose(solution.welfare, worth[0], rtol=1e-12)


def test_copyable_goods_go_to_everybody_and_their_values_add(double):
    """Samuelson: the price of what all can use is the sum of what it is worth to each."""
    nodes = [
        pn.Resource([2.0, 2.0]),
        pn.Consumer(pn.LinearUtility([3.0, 3.0])),
        pn.Consumer(pn.LinearUtility([4.0, 4.0])),
    ]
    economy = pn.Economy(nodes, [(0, 1), (0, 2)], ("bread", "news"), copyable=("news",))
    shares = economy.uniform()
    assert shares.tolist() == [[0.5, 1.0], [0.5, 1.0]]
    found = pn.solve(economy, shares)
    assert float(found.welfare) == 3 * 1 + 4 * 1 + 3 * 2 + 4 * 2
    prices = pn.prices(economy, shares, found)
    np.testing.assert_allclose(prices.inputs[0], [3.5, 7.0])
    moved = pn.Planner(pn.BestReply()).fit(economy, shares, 2)
    assert moved.shares.tolist() == [[0.0, 1.0], [1.0, 1.0]]


def test_edges_that_carry_some_goods_and_cost_something(double):
    nodes = [
        pn.Resource([1.0, 1.0]),
        pn.Consumer(pn.LinearUtility([1.0, 1.0])),
        pn.Consumer(pn.LinearUtility([3.0, 3.0])),
    ]
    economy = pn.Economy(nodes, [(0, 1), (0, 2, "iron")], ("iron", "coal"), transport=[[0.0, 0.0], [1.5, 0.0]])
    shares = economy.uniform()
    assert shares.tolist() == [[0.5, 1.0], [0.5, 0.0]]
    found = pn.solve(economy, shares)
    assert float(found.welfare) == 0.5 + 1 + 0.5 * 1.5
    np.testing.assert_allclose(pn.prices(economy, shares, found).premium[:, 0], [-0.25, 0.25])


def test_many_economies_at_once(double):
    economy = pn.examples.three_layers(jax.random.key(2))
    scales = jnp.asarray([0.5, 1.0, 2.0])

    def welfare(scale):
        return pn.welfare(eqx.tree_at(lambda e: e.endowment, economy, scale * economy.endowment), economy.uniform())

    together = jax.vmap(welfare)(scales)
    np.testing.assert_allclose(together[1], pn.welfare(economy, economy.uniform()), rtol=1e-12)
    assert np.all(np.diff(together) > 0)
