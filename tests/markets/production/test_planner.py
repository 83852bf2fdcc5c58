"""Rules that climb: T1.7 to T1.9, the golden path, corners, and the replicator's speed."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from catallax.markets import production as pn

RULES = {
    "mirror": pn.MirrorAscent(0.5),
    "replicator": pn.Replicator(0.2),
    "logits": pn.SoftmaxLogits(2.0),
    "adam": pn.OptaxLogits(optax.adam(0.05)),
    "projected": pn.ProjectedGradient(0.05),
    "line search": pn.Backtracking(),
    "Frank-Wolfe": pn.FrankWolfe(),
}


def test_golden_path(double, split):
    """Mirror ascent, eta 0.5: W = 4.992721, 4.998951, 4.999997 after 1, 2 and 5 steps."""
    course = pn.Planner(pn.MirrorAscent(0.5)).fit(split.economy, split.half, 5)
    np.testing.assert_allclose(course.welfare[jnp.array([1, 2, 5])], [4.992721, 4.998951, 4.999997], atol=6e-7)
    np.testing.assert_allclose(course.dispersion[0], 0.125, rtol=1e-12)


@pytest.mark.parametrize("name", RULES)
def test_every_rule_finds_the_best_split(double, split, name):
    course = pn.Planner(RULES[name]).fit(split.economy, split.half, 300)
    atol = 5e-3 if name in ("Frank-Wolfe", "adam") else 1e-8
    np.testing.assert_allclose(course.shares, split.best, atol=atol)
    np.testing.assert_allclose(course.welfare[-1], 5, atol=1e-4)


@pytest.mark.parametrize(("tau", "share"), [(0.1, 0.369903), (1.0, 0.421227), (5.0, 0.471660)])
@pytest.mark.parametrize(
    "rule", [pn.MirrorAscent, pn.SoftmaxLogits, pn.ProjectedGradient], ids=lambda rule: rule.__name__
)
def test_entropy_pulls_shares_to_a_softmax_of_revenues(double, split, rule, tau, share):
    """`s_ij ~ exp(y_i a_j / tau)`: .369903, .421227, .471660 on the golden economy."""
    course = pn.Planner(rule(rate=jnp.asarray(0.1), tau=jnp.asarray(tau))).fit(split.economy, split.half, 1_000)
    gradient = pn.prices(split.economy, course.shares).gradient
    np.testing.assert_allclose(course.shares, jax.nn.softmax(gradient / tau, axis=0), atol=1e-8)
    np.testing.assert_allclose(course.shares[0, 0], share, atol=5e-7)


def test_t1_7_welfare_grows_at_the_rate_of_price_dispersion(layers):
    """Replicator: `sum y^2 Var(a)`; logits: `sum q^2 (a - abar)^2`; price as fitness: `sum y Var(a)`."""
    s, c, premium, q = layers.shares, layers.prices.gradient, layers.prices.premium, layers.solution.flows
    rate = pn.dispersion(layers.economy, s, layers.solution, layers.prices)
    np.testing.assert_allclose(layers.along(s * (c - layers.cbar)), rate, rtol=1e-10)
    u = s * (c - layers.cbar)
    np.testing.assert_allclose(
        layers.along(s * (u - layers.splits.mean(s, u))), jnp.sum((q * premium) ** 2), rtol=1e-10
    )
    spread = jnp.sum(layers.solution.outputs * layers.splits.spread(s, layers.net))
    np.testing.assert_allclose(layers.along(s * premium), spread, rtol=1e-10)


def test_t1_8_mirror_steps_tend_to_the_replicator(layers):
    """The distance of `(s' - s) / eta` from the flow falls tenfold with the rate."""
    flow = layers.shares * (layers.prices.gradient - layers.cbar)

    def off(rate):
        rule = pn.MirrorAscent(rate)
        state = rule.update(
            layers.splits, rule.init(layers.splits, layers.shares), layers.prices.gradient, lambda s: s.sum()
        )
        return float(jnp.max(jnp.abs((rule.shares(layers.splits, state) - layers.shares) / rate - flow)))

    errors = [off(rate) for rate in (1e-2, 1e-3, 1e-4)]
    np.testing.assert_allclose([errors[0] / errors[1], errors[1] / errors[2]], 10, rtol=0.05)


def test_t1_9_one_price_where_goods_go_and_none_higher_elsewhere(layers):
    """At rest: one price on the support, and no edge off it pays more."""
    course = pn.Planner(pn.MirrorAscent(2.0)).fit(layers.economy, layers.shares, 3_000)
    assert np.all(np.diff(course.welfare) >= -1e-12)
    found = pn.report(layers.economy, course.shares)
    assert found.price_gap < 1e-6
    assert found.slack <= 1e-6
    assert found.dispersion < 1e-10


def test_line_search_never_falls_and_needs_fewer_steps(layers):
    start = layers.shares
    found = pn.Planner(pn.Backtracking(rate=1e3)).fit(layers.economy, start, 60)
    assert np.all(np.diff(found.welfare) >= 0)
    fixed = pn.Planner(pn.MirrorAscent(0.5)).fit(layers.economy, start, 60)
    assert found.welfare[-1] >= fixed.welfare[-1]


@pytest.mark.parametrize(
    ("rule", "steps"),
    [(pn.MirrorAscent(0.5), (15, 34, 52)), (pn.SoftmaxLogits(0.5), (211, 20_032, None))],
    ids=["mirror", "logits"],
)  # fmt: skip
def test_escape_from_a_corner(double, rule, steps):
    """Two options worth 1 and 1/2; steps until the better one's share passes 0.3, from 1e-2, 1e-4 and 1e-6."""
    nodes = [pn.Resource([1.0]), pn.Consumer(pn.LinearUtility([1.0])), pn.Consumer(pn.LinearUtility([0.5]))]
    economy = pn.Economy(nodes, [(0, 1), (0, 2)])
    splits, gradient = economy.choices, jnp.asarray([[1.0], [0.5]])

    def passed(first):
        start = rule.init(splits, jnp.stack([first, 1 - first])[:, None])

        def short(carry):
            return (rule.shares(splits, carry[0])[0, 0] <= 0.3) & (carry[1] < 30_000)

        def step(carry):
            return rule.update(splits, carry[0], gradient, lambda s: s.sum()), carry[1] + 1

        return jax.lax.while_loop(short, step, (start, 0))[1]

    found = jax.jit(jax.vmap(passed))(jnp.asarray([1e-2, 1e-4, 1e-6])).tolist()
    assert found == [30_000 if n is None else n for n in steps]


def test_best_reply_moves_all_and_stays_among_equals(double, split):
    splits = split.economy.choices
    rule = pn.BestReply()
    moved = rule.update(splits, split.half, jnp.asarray([[1.0], [2.0]]), lambda s: s.sum())
    assert moved.tolist() == [[0.0], [1.0]]
    assert rule.update(splits, split.half, jnp.ones((2, 1)), lambda s: s.sum()).tolist() == [[0.5], [0.5]]


def test_projection_is_the_nearest_point(double):
    draw = np.random.default_rng(0)
    source = np.sort(draw.integers(0, 5, 30))
    splits = pn.Simplices(jnp.asarray(source, jnp.int32), jnp.asarray(draw.random((30, 2)) < 0.8), 5)
    values = draw.normal(size=(30, 2)) * 2
    found = np.asarray(jax.jit(lambda v: splits.project(v))(jnp.asarray(values)))
    for node in range(5):
        for good in range(2):
            rows = np.flatnonzero((source == node) & np.asarray(splits.mask[:, good]))
            v = np.sort(values[rows, good])[::-1]
            level = (np.cumsum(v) - 1) / np.arange(1, len(v) + 1)
            np.testing.assert_allclose(
                found[rows, good], np.maximum(values[rows, good] - level[np.flatnonzero(v > level)[-1]], 0), atol=1e-12
            )
    assert not found[~np.asarray(splits.mask)].any()


def test_masked_logits_leave_gradients_alone(double):
    splits = pn.Simplices(jnp.zeros(3, jnp.int32), jnp.asarray([[True], [True], [False]]), 1)
    slope = jax.jit(jax.grad(lambda t: splits.softmax(t)[0, 0]))(jnp.asarray([[1.0], [2.0], [1e300]]))
    assert np.isfinite(slope).all() and slope[2, 0] == 0
    found = jax.jit(lambda t: splits.softmax(t))(jnp.asarray([[-jnp.inf], [0.0], [0.0]]))
    np.testing.assert_allclose(found[:, 0], [0, 1, 0])


@pytest.mark.parametrize(
    "rule", [pn.MirrorAscent, pn.Replicator, pn.SoftmaxLogits, pn.ProjectedGradient, pn.Backtracking]
)
def test_rates_are_positive(rule):
    with pytest.raises(ValueError, match="rate must be above 0"):
        rule(0.0)


def test_settings_of_rules():
    with pytest.raises(ValueError, match="pace must lie"):
        pn.BestReply(1.5)
    for rule in (pn.MirrorAscent, pn.SoftmaxLogits, pn.ProjectedGradient):
        with pytest.raises(ValueError, match="tau must be at least 0"):
            rule(tau=-1.0)
