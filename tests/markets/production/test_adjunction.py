"""Attention and markets, scores and steps: T1.18 to T1.22."""

import itertools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from catallax.markets import production as pn
from catallax.markets.production import bregman

GENERATORS = [bregman.Log(), bregman.Quadratic(), bregman.Spherical(), bregman.Tsallis(1.5)]


def test_t1_18_routing_and_attention_are_adjoint(double):
    """`<P^T y, v> = <y, P v>`; each is the other's derivative; goods are conserved and constants pass."""
    draw = np.random.default_rng(0)
    scores, goods, values = (jnp.asarray(draw.normal(size=shape)) for shape in ((5, 7), (5, 2), (7, 2)))

    @jax.jit
    def both(scores, goods, values):
        market = pn.RoutingLayer(pn.attention_weights(scores, 0.7))
        attention = market.adjoint
        ways = jax.vjp(attention, values)[1](goods)[0], jax.vjp(market, goods)[1](values)[0]
        return market(goods), attention(values), ways, attention(jnp.ones((7, 2))), attention.adjoint(goods)

    sold, read, ways, constant, again = both(scores, goods, values)
    np.testing.assert_allclose(np.sum(sold * values), np.sum(goods * read), atol=1e-12)
    np.testing.assert_allclose(ways[0], sold, atol=1e-12)
    np.testing.assert_allclose(ways[1], read, atol=1e-12)
    np.testing.assert_allclose(np.sum(sold, 0), np.sum(goods, 0), atol=1e-12)
    np.testing.assert_allclose(constant, 1, atol=1e-12)
    assert np.array_equal(again, sold)


def test_routing_is_what_an_economy_does(double):
    """The layer forward is `Economy.ship`, its adjoint `Economy.received`."""
    table = pn.attention_weights(jax.random.normal(jax.random.key(1), (3, 4)))
    buyers = [pn.Consumer(pn.LinearUtility([float(k), 1.0])) for k in range(4)]
    sellers = [pn.Resource([1.0 + k, 2.0]) for k in range(3)]
    economy = pn.Economy([*sellers, *buyers], [(i, 3 + j) for i in range(3) for j in range(4)], 2)
    shares = jnp.broadcast_to(table.reshape(-1, 1), economy.carries.shape)
    solution = pn.solve(economy, shares)
    market = pn.RoutingLayer(table)
    np.testing.assert_allclose(solution.inputs[3:], market(solution.outputs[:3]), atol=1e-12)
    prices = pn.prices(economy, shares, solution).inputs
    np.testing.assert_allclose(prices[:3], market.adjoint(prices[3:]), atol=1e-12)


def test_t1_19_heads_are_goods(double):
    """Several heads at once, one by one the same."""
    table = pn.attention_weights(jax.random.normal(jax.random.key(0), (2, 3, 4)))
    goods = jax.random.normal(jax.random.key(1), (2, 3, 5))
    together = pn.RoutingLayer(table)(goods)
    for head in range(2):
        np.testing.assert_allclose(together[head], pn.RoutingLayer(table[head])(goods[head]), atol=1e-12)


def test_t1_20_scores_as_bids(double):
    found = pn.attention_weights(jnp.asarray([[2.0, 0.5, -1.0]]))[0]
    np.testing.assert_allclose(found, [0.786, 0.175, 0.039], atol=5e-4)


def test_rows_that_are_no_distribution():
    for layer in (pn.RoutingLayer, pn.AttentionLayer):
        with pytest.raises(ValueError, match="rows of weights"):
            layer(jnp.ones((2, 2)))


def test_shares_that_depend_on_prices_add_gradients(double, split):
    """The duality is for fixed weights: with softmax clearing the adjoint alone misses the way through the shares."""
    economy = split.economy

    def welfare(endowment, follow):
        here = eqx.tree_at(lambda e: e.endowment, economy, jnp.array([[1.0], [0.0], [0.0]]) * endowment)
        bids = pn.prices(here, split.half).inputs[here.target]
        shares = here.splits.softmax(bids)
        return pn.welfare(here, shares if follow else jax.lax.stop_gradient(shares))

    @jax.jit
    def told(r):
        value, whole = jax.value_and_grad(lambda q: welfare(q, True))(r)
        return value, whole, jax.grad(lambda q: welfare(q, False))(r)

    h = 1e-6
    _, whole, fixed = told(1.0)
    slope = (told(1.0 + h)[0] - told(1.0 - h)[0]) / (2 * h)
    np.testing.assert_allclose(whole, slope, rtol=1e-7)
    assert abs(float(whole - fixed)) > 1e-3


@pytest.mark.parametrize("g", GENERATORS, ids=lambda g: type(g).__name__)
def test_divergences_and_proper_scores(double, g):
    draw = np.random.default_rng(0)
    p, q, r = (jnp.asarray(draw.dirichlet(np.ones(4))) for _ in range(3))

    @jax.jit
    def told(p, q, r):
        bend = jnp.sum((p - q) * (g.gradient(r) - g.gradient(q)))
        mean = sum(p[x] * g.score(x, q) for x in range(4))
        d = g.divergence
        return d(p, q), d(p, p), d(q, r), d(p, r), bend, mean, g.cross(p, q)

    pq, pp, qr, pr, bend, mean, cross = told(p, q, r)
    assert pq > 0 and abs(float(pp)) < 1e-12
    # three points: D(p||q) + D(q||r) = D(p||r) + <p - q, grad G(r) - grad G(q)>
    np.testing.assert_allclose(pq + qr, pr + bend, atol=1e-12)
    # the mean score over outcomes is the cross term, and on a grid of reports the truth earns most
    np.testing.assert_allclose(mean, cross, atol=1e-12)
    truth = jnp.asarray([0.5, 0.3, 0.2])
    grid = [np.array(n) / 20 for n in itertools.product(range(1, 19), repeat=3) if sum(n) == 20]
    earned = jax.jit(jax.vmap(lambda report: g.cross(truth, report)))(jnp.asarray(np.array(grid)))
    np.testing.assert_allclose(grid[int(jnp.argmax(earned))], truth, atol=1e-12)


@pytest.mark.parametrize("g", GENERATORS, ids=lambda g: type(g).__name__)
def test_steps_maximise_gain_less_divergence(double, g):
    p, slope, rate = jnp.asarray([0.5, 0.3, 0.2]), jnp.asarray([0.3, -0.2, 0.1]), 0.5
    found = jax.jit(lambda at: g.step(at, slope, rate))(p)
    np.testing.assert_allclose(np.sum(found), 1, atol=1e-12)
    bend = jax.jit(lambda at: g.gradient(at))
    change = np.asarray(bend(found) - bend(p)) - rate * np.asarray(slope)
    np.testing.assert_allclose(change, np.mean(change), atol=1e-9)


def test_quadratic_cross_term_has_its_factor_of_two():
    """`2 <p, q> - |q|^2 - 1`."""
    p, q = jnp.asarray([0.2, 0.8]), jnp.asarray([0.6, 0.4])
    np.testing.assert_allclose(
        bregman.Quadratic().cross(p, q), 2 * jnp.sum(p * q) - jnp.sum(q**2) - 1, rtol=1e-6
    )  # fmt: skip


def test_t1_21_multiplicative_weights_are_bayes(double):
    """T steps from a prior are the posterior `softmax(log s0 + eta sum c_t)`, by rule, by score, and by Kelly bettors' wealth."""
    draw = np.random.default_rng(0)
    prior, evidence, rate = draw.dirichlet(np.ones(4)), draw.normal(size=(20, 4)), 0.3
    posterior = jax.nn.softmax(jnp.log(prior) + rate * evidence.sum(0))
    nodes = [pn.Resource([1.0]), *[pn.Consumer(pn.LinearUtility([1.0]))] * 4]
    splits = pn.Economy(nodes, [(0, k) for k in range(1, 5)]).choices
    rule = pn.MirrorAscent(rate)
    update = jax.jit(lambda at, c: rule.update(splits, at, c, lambda s: s.sum()))
    mirror = jax.jit(lambda at, c: bregman.Log().step(at, c, rate))
    state = rule.init(splits, jnp.asarray(prior)[:, None])
    step, wealth = jnp.asarray(prior), prior.copy()
    for c in evidence:
        state = update(state, jnp.asarray(c)[:, None])
        step = mirror(step, jnp.asarray(c))
        price = wealth @ np.exp(rate * c)  # what the market as a whole thought of what happened
        wealth = wealth * np.exp(rate * c) / price
    np.testing.assert_allclose(rule.shares(splits, state)[:, 0], posterior, atol=1e-14)
    np.testing.assert_allclose(step, posterior, atol=1e-14)
    np.testing.assert_allclose(wealth, posterior, atol=1e-14)


def test_t1_22_a_log_score_market_pays_information(double):
    """Who knows Y and moves the price from the prior to the posterior earns `b I(X; Y)` on average; all cases counted."""
    joint, b = np.random.default_rng(0).dirichlet(np.ones(12)).reshape(3, 4), 2.5
    px, py = joint.sum(1), joint.sum(0)
    score = bregman.Log()
    paid = sum(
        joint[x, y] * b * (score.score(x, jnp.asarray(joint[:, y] / py[y])) - score.score(x, jnp.asarray(px)))
        for x in range(3)
        for y in range(4)
    )
    information = np.sum(joint * np.log(joint / np.outer(px, py)))
    np.testing.assert_allclose(paid, b * information, atol=1e-12)


def test_orders_of_tsallis():
    with pytest.raises(ValueError, match="q must lie"):
        bregman.Tsallis(1.0)
