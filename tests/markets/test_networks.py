"""Neural networks as markets and back: Theorem 3.1, and prices that are gradients."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import catallax as cx
from catallax.markets import network as nets

KEY = jax.random.key(0)
X = jax.random.normal(jax.random.key(1), (6, 5))
LABELS = jnp.arange(6) % 3


def drawn(seed: int, **settings: int) -> eqx.nn.MLP:
    return eqx.nn.MLP(5, 3, **({"width_size": 7, "depth": 2} | settings), key=jax.random.key(seed))


@pytest.fixture(scope="module")
def mlp() -> eqx.nn.MLP:
    return drawn(0)


@pytest.fixture(scope="module")
def market(mlp: eqx.nn.MLP) -> nets.NetworkMarket:
    return cx.markets.from_network(mlp)


def same(one: object, other: object) -> bool:
    return bool(eqx.tree_equal(one, other))


def test_distractors_without_wealth_lose(mlp, market):
    rivals = [nets.mutant(jax.random.key(n), market.firms[n], 1.0) for n in range(3)]
    crowded = market.admit(*rivals)
    assert same(cx.markets.to_network(crowded), mlp)
    passage = crowded.run(X)
    np.testing.assert_array_equal(passage.winners, np.tile([0, 1, 2], (6, 1)))
    np.testing.assert_allclose(passage.outputs, jax.vmap(mlp)(X), atol=1e-6)
    # a rival that has money and bids more takes over
    eager = eqx.tree_at(lambda m: m.firms[3].valuation.amount, crowded, jnp.asarray(2.0))
    taken = eqx.tree_at(lambda m: m.wealth, eager, eager.wealth.at[3].set(10.0))
    assert taken.chain() == (3, 1, 2)
    passage = taken.run(X)
    np.testing.assert_array_equal(passage.winners, np.tile([3, 1, 2], (6, 1)))
    assert not np.allclose(passage.outputs, jax.vmap(mlp)(X), atol=1e-2)
    # and does not if it has none
    assert eager.chain() == (0, 1, 2)


def test_the_library_deep_market_sells_the_same_sequence(mlp, market):
    """The theorem as it stands: agents, observations without the label, an auction a layer, rewards by the loss."""
    world = nets.NetworkWorld(X, LABELS, market.shapes)
    deep = market.deep_market()
    state = deep.init(world, 4, KEY)
    policy = eqx.filter_jit(cx.markets.policy_of(deep, state))
    goods = market.start(X[0])
    for place in range(3):
        assert int(goods.place) == place
        goods = policy(KEY, goods)
    np.testing.assert_allclose(goods.layers[-1], mlp(X[0]), atol=1e-6)
    before = np.asarray(state.ledger.wealth)
    state, _ = eqx.filter_jit(deep.round)(world, state, KEY)
    assert state.ledger.audit() == 0
    assert state.tally.episodes.sum() == 4 * (deep.round_ticks // 3)
    gained = np.asarray(state.ledger.wealth) - before
    # the first two pay one credit and get one, but for the ticks at the end; the last one lives on pay - loss
    assert gained[0] == -4 and gained[1] == 0 and np.isfinite(gained[2])


@pytest.mark.parametrize(
    "network",
    [
        eqx.nn.Sequential(
            [
                eqx.nn.LayerNorm(5),
                eqx.nn.Linear(5, 4, key=KEY),
                eqx.nn.LayerNorm(4),
                eqx.nn.Lambda(jnp.tanh),
                eqx.nn.Dropout(0.5),
                eqx.nn.Linear(4, 3, use_bias=False, key=KEY),
                eqx.nn.Lambda(eqx.nn.PReLU()),
            ]
        ),
        eqx.nn.Linear(5, 3, key=KEY),
        drawn(1, depth=0),
        eqx.nn.MLP(5, 3, 4, 2, activation=eqx.nn.PReLU(0.1), final_activation=jax.nn.sigmoid, use_bias=False, key=KEY),
    ],
    ids=["sequential", "linear", "depth 0", "learned activation"],
)
def test_layers_of_equinox_there_and_back(network):
    market = cx.markets.from_network(network)
    still = eqx.nn.inference_mode(network)
    said = jax.vmap(still)(X)
    np.testing.assert_allclose(market.forward(X), said, atol=1e-6)
    back = cx.markets.to_network(market)
    assert type(back) is type(network)
    assert same(*(jax.tree.leaves(eqx.filter(one, eqx.is_inexact_array)) for one in (back, still)))
    np.testing.assert_array_equal(jax.vmap(back)(X), said)


def test_a_scanned_mlp_is_unrolled():
    scanned = drawn(0, depth=3, scan=True)
    back = cx.markets.to_network(cx.markets.from_network(scanned))
    assert back.scan is False and [layer.weight.shape for layer in back.layers] == [(7, 5), (7, 7), (7, 7), (3, 7)]
    first, hidden, last = scanned.layers
    rows = [jax.tree.map(lambda leaf, k=k: leaf[k], hidden) for k in range(2)]
    assert same(back.layers, (first, *rows, last)) and back.activation is scanned.activation


def test_the_market_picks_the_path(market):
    """A layer that skips the middle buys the inputs with a positive first number."""
    skipping = nets.Firm(
        [eqx.nn.Linear(5, 7, key=KEY), eqx.nn.Lambda(jax.nn.relu)],
        0,
        2,
        valuation=nets.LinearValue(jnp.array([100.0, 0, 0, 0, 0]), 0.0),
    )
    wide = market.admit(skipping, endowment=10.0)
    passage = wide.run(X)
    skips = (X[:, 0] * 100 > 1).tolist()
    assert 0 < sum(skips) < 6
    assert (passage.winners[:, 0] == 3).tolist() == skips
    assert (passage.winners[:, 1] == cx.core.NOBODY).tolist() == skips
    assert (passage.prices[:, 1] == 0).tolist() == skips
    one = skips.index(True)
    np.testing.assert_allclose(passage.outputs[one], market.firms[2].produce(skipping.produce(X[one])), atol=1e-6)
    with pytest.raises(ValueError, match="who buys at place 0 may depend on the input"):
        cx.markets.to_network(wide)
    # without money it cannot matter
    assert market.admit(skipping).chain() == (0, 1, 2)
    quotes = nets.quote(wide, X, LABELS)
    zero = [np.abs(quotes.prices[1][row]).max() == 0 for row in range(6)]
    assert zero == skips  # nothing was sold at place 1 there


def test_a_firm_is_an_agent(market):
    cx.check_agent(market.firms[0], market.start(X[0]))


def test_where_nobody_bids_nothing_is_delivered():
    one = cx.markets.from_network(eqx.nn.Linear(5, 3, key=KEY))
    unwilling = eqx.tree_at(lambda m: m.firms[0].valuation.amount, one, jnp.asarray(-1.0))
    assert np.isnan(unwilling.forward(X)).all()
    quotes = nets.quote(unwilling, np.ones((6, 5), int), LABELS)
    assert np.isnan(quotes.loss).all() and not np.any(quotes.profit_gradient[0][0].arrays.weight)


def test_no_network_is_claimed_where_the_chain_is_not_certain(market):
    """Nobody bids; somebody may abstain; a rival that bids little wins a lottery now and then."""

    def doubted(firms, wealth=10.0, auction=None):
        with pytest.raises(ValueError, match="may depend on the input, or nobody does"):
            nets.NetworkMarket(firms, wealth, auction).chain()

    first, *rest = market.firms
    doubted([eqx.tree_at(lambda f: f.valuation, first, nets.ConstantValue(-1.0)), *rest])
    doubted([eqx.tree_at(lambda f: f.valuation, first, lambda goods: goods[0]), *rest])
    choosy = eqx.tree_at(lambda f: f.valuation, first, nets.LinearValue(jnp.ones(5), 0.0))
    assert nets.NetworkMarket([choosy, *rest]).chain() == (0, 1, 2)  # alone it bids for everything
    poor = jnp.array([10.0, 10, 10, 0.5])
    assert nets.NetworkMarket([*market.firms, choosy], poor).chain() == (0, 1, 2)
    doubted([*market.firms, choosy], poor, cx.auctions.Lottery(1.0))


def test_a_last_layer_with_an_activation_of_the_whole_is_no_mlp(market):
    """Softmax of all outputs is not that of each, which is what an MLP would make of it."""
    last = nets.Firm(
        [eqx.nn.Linear(7, 3, key=KEY), eqx.nn.Lambda(jax.nn.softmax)], 2, 3, valuation=nets.ConstantValue(2.0)
    )
    back = cx.markets.to_network(market.admit(last, endowment=10.0))
    assert isinstance(back, eqx.nn.Sequential)
    np.testing.assert_allclose(jnp.sum(back(X[0])), 1, rtol=1e-6)
    assert not np.allclose(back(X[0]), 1)


@pytest.mark.parametrize(("wide", "tolerance"), [(False, 1e-6), (True, 1e-12)], ids=["float32", "float64"])
def test_prices_are_gradients(wide, tolerance):
    with jax.enable_x64(wide):
        dtype = jnp.float64 if wide else jnp.float32
        mlp = eqx.nn.MLP(5, 3, 7, 2, activation=jnp.tanh, dtype=dtype, key=KEY)
        x, labels = X.astype(dtype), jnp.asarray(LABELS)
        market = cx.markets.from_network(mlp)
        quotes = nets.quote(market, x, labels)

        @eqx.filter_jit
        def by_autodiff(mlp):
            def loss(mlp):
                return jnp.mean(jax.vmap(nets.cross_entropy)(jax.vmap(mlp)(x), labels))

            each = jax.grad(lambda row, label: -nets.cross_entropy(mlp(row), label))
            return eqx.filter_grad(loss)(mlp).layers, jax.vmap(each)(x, labels)

        gradient, priced = by_autodiff(mlp)
        found, wanted = jax.tree.leaves(quotes.profit_gradient), jax.tree.leaves(gradient)
        assert len(found) == len(wanted) == 6
        for mine, theirs in zip(found, wanted, strict=True):
            assert jnp.linalg.norm(mine + theirs) <= tolerance * jnp.linalg.norm(theirs)
        assert jnp.linalg.norm(quotes.prices[0] - priced) <= tolerance * jnp.linalg.norm(priced)


def test_following_profit_is_gradient_descent(mlp, market):
    quotes = nets.quote(market, X, LABELS)
    stepped = cx.markets.to_network(nets.ascend(market, quotes, 0.1))
    loss, gradient = eqx.filter_jit(
        eqx.filter_value_and_grad(lambda m: jnp.mean(jax.vmap(nets.cross_entropy)(jax.vmap(m)(X), LABELS)))
    )(mlp)
    rule = optax.sgd(0.1)
    weights = eqx.filter(mlp, eqx.is_array)
    updates, _ = rule.update(gradient, rule.init(weights), weights)
    wanted = eqx.apply_updates(mlp, updates)
    for mine, theirs in zip(jax.tree.leaves(stepped.layers), jax.tree.leaves(wanted.layers), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-7)
    np.testing.assert_allclose(quotes.loss.mean(), loss, rtol=1e-6)


def test_price_times_quantity_is_constant_without_biases():
    """Constant returns leave no profit: every layer sells for what it bought."""
    chain = eqx.nn.MLP(5, 3, 7, 3, use_bias=False, use_final_bias=False, key=KEY)
    values = nets.quote(cx.markets.from_network(chain), X, LABELS).values
    assert jnp.abs(values[0]) > 1e-4
    np.testing.assert_allclose(values, jnp.full(5, values[0]), atol=1e-7)
    biased = nets.quote(cx.markets.from_network(drawn(2)), X, LABELS).values
    assert jnp.abs(biased - biased[0]).max() > 1e-3  # the rent of the biases


def test_other_losses():
    market = cx.markets.from_network(drawn(3))
    targets = jnp.ones((6, 3))
    quotes = nets.quote(market, X, targets, nets.squared_error)
    np.testing.assert_allclose(quotes.prices[-1], targets - market.forward(X), atol=1e-6)


def test_bad_networks_and_markets_are_named(market):
    with pytest.raises(ValueError, match="price must be above 0 credits, got 0"):
        cx.markets.from_network(eqx.nn.Linear(2, 2, key=KEY), price=0.0)
    with pytest.raises(ValueError, match="cannot read a Conv2d"):
        cx.markets.from_network(eqx.nn.Conv2d(1, 1, 3, key=KEY))
    with pytest.raises(ValueError, match="expected a Linear layer among its 1 steps"):
        nets.Firm([eqx.nn.Lambda(jnp.tanh)])
    with pytest.raises(ValueError, match="0 <= source < target, got 2 and 1"):
        nets.Firm([eqx.nn.Linear(2, 2, key=KEY)], 2, 1)
    with pytest.raises(ValueError, match="nobody buys there"):
        nets.NetworkMarket([market.firms[0], market.firms[2]])
    with pytest.raises(ValueError, match=r"firm 3 deals in goods of shape \(2,\) at place 0"):
        market.admit(nets.Firm([eqx.nn.Linear(2, 7, key=KEY)]))
    with pytest.raises(ValueError, match="wealth must be finite"):
        nets.NetworkMarket(market.firms, -1.0)
    with pytest.raises(ValueError, match="one for each of 3 firms"):
        nets.NetworkMarket(market.firms, jnp.ones(2))
    with pytest.raises(ValueError, match=r"inputs of axes \[samples, 5\], got \(2, 4\)"):
        market.forward(jnp.ones((2, 4)))
