"""The ledger of failures: where what holds elsewhere does not."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from catallax.markets import production as pn


def chain(technology, endowment, utility):
    goods = len(endowment)
    nodes = [pn.Resource(endowment), pn.Firm(technology), pn.Consumer(utility)]
    return pn.Economy(nodes, [(0, 1), (1, 2)], goods)


def test_kinks_break_the_identities_at_the_kink(double):
    """Leontief at equal activities: one side loses 1 a unit, the other gains nothing, autodiff says a half. Smooth: all agree."""
    h = 1e-6
    for technology, kink in ((pn.Leontief([1.0, 1.0], [1.0, 0.0]), True), (pn.SmoothLeontief([1.0, 1.0], [1.0, 0.0], 50.0), False)):  # fmt: skip

        def welfare(iron, technology=technology):
            return pn.solve(economy_of(technology, iron), jnp.ones((2, 2))).welfare

        price = float(pn.prices(economy_of(technology, 1.0), jnp.ones((2, 2))).inputs[0, 0])
        up, down = (welfare(1 + h) - welfare(1.0)) / h, (welfare(1.0) - welfare(1 - h)) / h
        if kink:
            np.testing.assert_allclose([up, down, price], [0, 1, 0.5], atol=1e-6)
        else:
            np.testing.assert_allclose([up, down], price, atol=1e-4)


def economy_of(technology, iron):
    import equinox as eqx

    economy = chain(technology, [1.0, 1.0], pn.LinearUtility([1.0, 0.0]))
    return eqx.tree_at(lambda e: e.endowment, economy, economy.endowment.at[0, 0].set(iron))


def test_large_steps_fall(double, split):
    """Mirror ascent at a rate beyond the smoothness constant loses welfare; the line search does not."""
    start = jnp.asarray([[0.1], [0.9]])
    wild = pn.Planner(pn.MirrorAscent(20.0)).fit(split.economy, start, 10)
    assert np.diff(wild.welfare).min() < -0.1
    tame = pn.Planner(pn.Backtracking(20.0)).fit(split.economy, start, 10)
    assert np.diff(tame.welfare).min() >= 0


def test_increasing_returns_have_several_local_optima(double):
    """`s^2` and `0.8 (1 - s)^2`: who starts on the wrong side stays there, at one price on the support and none above it elsewhere."""
    better, worse = (pn.Firm(pn.CobbDouglas([scale], [[2.0]])) for scale in (1.0, 0.8))
    eater = pn.Consumer(pn.LinearUtility([1.0]))
    economy = pn.Economy([pn.Resource([1.0]), better, worse, eater], [(0, 1), (0, 2), (1, 3), (2, 3)])
    ends = []
    for first in (0.3, 0.6):
        start = jnp.asarray([[first], [1 - first], [1.0], [1.0]])
        course = pn.Planner(pn.MirrorAscent(0.5)).fit(economy, start, 400)
        ends.append(float(course.welfare[-1]))
        assert course.dispersion[-1] < 1e-12
    np.testing.assert_allclose(ends, [0.8, 1.0], atol=1e-6)


def test_signed_activations_need_signed_goods(double):
    """A negative quantity meets a technology for goods: nothing is made, where a signed one goes on."""
    through = pn.Economy([pn.Resource([-1.0]), pn.Firm(pn.Linear([[2.0]])), pn.Consumer(pn.LinearUtility([1.0]))], [(0, 1), (1, 2)], signed=True)  # fmt: skip
    assert float(pn.welfare(through, jnp.ones((2, 1)))) == -2
    goods = pn.Economy([pn.Resource([-1.0]), pn.Firm(pn.CobbDouglas([2.0], [[1.0]])), pn.Consumer(pn.LinearUtility([1.0]))], [(0, 1), (1, 2)], signed=True)  # fmt: skip
    assert float(pn.welfare(goods, jnp.ones((2, 1)))) == 0
    with pytest.raises(ValueError, match="signed=True"):
        chain(pn.PassThrough(), [-1.0], pn.LinearUtility([1.0]))


def test_a_bias_as_an_endowment_is_another_network():
    """`relu(W x) + b` is not `relu(W x + b)`; the numeraire good is exact."""
    draw = np.random.default_rng(0)
    weights, bias, x = draw.normal(size=(3, 3)), draw.normal(size=3), jnp.asarray([0.5, 1.0, 0.2])
    literal = pn.Economy(
        [pn.Resource(x), pn.Firm(pn.ReLULinear(weights)), pn.Firm(pn.PassThrough(), bias), pn.Consumer(pn.LinearUtility(jnp.ones(3)))],
        [(0, 1), (1, 2), (2, 3)], 3, signed=True,
    )  # fmt: skip
    wanted = jax.nn.relu(jnp.asarray(weights) @ x + jnp.asarray(bias))
    assert float(jnp.max(jnp.abs(pn.solve(literal, literal.uniform()).inputs[3] - wanted))) > 0.1
    exact = pn.from_mlp([(weights, bias), (np.eye(3), np.zeros(3))], pn.LinearUtility(jnp.ones(4)))
    exact = pn.with_input(exact, x)
    np.testing.assert_allclose(pn.solve(exact, exact.uniform()).outputs[1, :3], wanted, atol=1e-6)


def test_other_attitudes_to_risk_are_not_bayes():
    """Bettors who stake half of what Kelly would, on even terms, end with other shares than the posterior."""
    likely, prior = np.array([[0.8, 0.2], [0.3, 0.7]]), np.array([0.5, 0.5])
    wealth = {1.0: prior.copy(), 0.5: prior.copy()}
    for seen in (0, 0, 1, 0):
        for part, held in wealth.items():
            price = held @ likely / held.sum()
            wealth[part] = held * ((1 - part) + part * likely[:, seen] / price[seen])
    posterior = prior * likely[:, 0] ** 3 * likely[:, 1]
    posterior /= posterior.sum()
    np.testing.assert_allclose(wealth[1.0] / wealth[1.0].sum(), posterior, atol=1e-12)
    assert abs(wealth[0.5] / wealth[0.5].sum() - posterior).max() > 0.05
