"""Network markets that learn: by wealth alone, by prices, and with a market for their structure."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catallax as cx
from catallax.markets import network as nets
from catallax.markets.network import _structure as structure
from catallax.markets.network._backpropagated import descend
from catallax.markets.network._integrated import forget
from catallax.markets.network._plant import mean_loss, prices

KEY = jax.random.key(0)
ROWS = 60
# one program each is faster than one for every operation in them
earnings, dismiss, hire, deepen, flatten = map(
    eqx.filter_jit,
    (structure.earnings, structure.dismiss, structure.hire, structure.deepen, structure.flatten),
)

quoted_prices, outputs = eqx.filter_jit(prices), eqx.filter_jit(nets.Plant.outputs)


@pytest.fixture(scope="module")
def table() -> nets.Table:
    """Three clouds, one of them in two parts, so that no line tells it from the rest."""
    centres = np.array([[2.0, 0], [-2, 0], [0, 2], [0, -2]])
    part = np.arange(ROWS) % 4
    noise = 0.3 * np.random.default_rng(0).normal(size=(ROWS, 2))
    return nets.Table.of(centres[part] + noise, np.array([0, 0, 1, 2])[part])


@pytest.fixture(scope="module")
def plant(table) -> nets.Plant:
    """Two open layers with room for two more neurons each."""
    grown = nets.Plant.init(KEY, table, 4, 6, 2)
    return eqx.tree_at(lambda p: p.open, grown, jnp.ones(2, bool))


def seen(table: nets.Table) -> structure.Audience:
    return structure.Audience(table.inputs, table.labels)


def accuracy(training: nets.AbstractTraining, state: object, table: nets.Table) -> float:
    return float(jnp.mean(jnp.argmax(training.outputs(state, table.inputs), 1) == table.labels))


def test_a_plant_is_its_market(plant, table):
    market = plant.market(2)
    assert market.shapes == ((2,), (4,), (4,), (3,))
    np.testing.assert_allclose(market.forward(table.inputs), outputs(plant, table.inputs), atol=1e-5)
    assert plant.multiply_adds(table.features).tolist() == [8, 16, 12] and market.multiply_adds() == 36
    closed = eqx.tree_at(lambda p: p.open, plant, jnp.array([True, False]))
    np.testing.assert_allclose(closed.market(2).forward(table.inputs), outputs(closed, table.inputs), atol=1e-5)
    assert closed.multiply_adds(table.features).tolist() == [8, 0, 12]


def test_prices_of_a_plant_are_those_of_its_market(plant, table):
    quotes = nets.quote(plant.market(2), table.inputs, table.labels)
    loss, goods, quoted = quoted_prices(plant, table.inputs, table.labels)
    np.testing.assert_allclose(loss, quotes.loss.mean(), rtol=1e-5)
    np.testing.assert_allclose(quoted[-1], quotes.prices[-1], atol=1e-5)
    for place in range(2):
        np.testing.assert_allclose(goods[place][:, :4], quotes.goods[place + 1], atol=1e-5)
        behind = quoted[place + 1] @ plant.weights[place + 1]
        np.testing.assert_allclose(behind[:, :4], quotes.prices[place + 1], atol=1e-5)


def test_earnings_are_what_is_lost_without(plant, table):
    earned, goods = earnings(plant, seen(table))
    assert earned.shape == (2, 6)
    np.testing.assert_allclose(earned[:, 4:], 0, atol=1e-6)  # nobody there
    j = int(jnp.argmax(earned[1]))
    absent = eqx.tree_at(lambda p: p.alive, plant, plant.alive.at[1, j].set(False))
    absent = structure.supply(absent, 1, jnp.where(jnp.arange(6) == j, goods[1].mean(0), 0.0))
    lost = mean_loss(outputs(absent, table.inputs), table.labels) - mean_loss(
        outputs(plant, table.inputs), table.labels
    )
    np.testing.assert_allclose(earned[1, j], lost, atol=1e-6)


def test_who_does_not_earn_the_rent_leaves(plant, table):
    free, gone = dismiss(plant, seen(table), jnp.full(2, -10.0))
    dead = jnp.stack([h.max(0) == h.min(0) for h in earnings(plant, seen(table))[1]])
    assert (gone == (dead & plant.alive)).all()  # without rent only those that never vary go, and nothing changes
    np.testing.assert_allclose(outputs(free, table.inputs), outputs(plant, table.inputs), atol=1e-5)
    small = plant
    for _ in range(8):
        small, _ = dismiss(small, seen(table), jnp.full(2, 100.0))
    assert small.alive.sum(1).tolist() == [1, 1]  # the last one stays


def test_shadow_price_of_width_is_a_gain_that_is_reached(plant, table):
    """In the last hidden layer a candidate's worth bounds from below what the best weights gain."""
    before = mean_loss(outputs(plant, table.inputs), table.labels)
    cost = jnp.array([100.0, 1e-3])
    grown, came, ratio = hire(KEY, plant, seen(table), table, cost, 8, 1)
    assert came.sum(1).tolist() == [0, 1] and grown.alive.sum(1).tolist() == [4, 5] and ratio > 1
    # an entrant starts where the bound promises three quarters of its worth, which is more than its rent
    after = mean_loss(outputs(grown, table.inputs), table.labels)
    assert before - after > 0.75 * 1e-3
    nobody, came, _ = hire(KEY, plant, seen(table), table, jnp.full(2, 100.0), 8, 1)
    assert not came.any()
    np.testing.assert_allclose(outputs(nobody, table.inputs), outputs(plant, table.inputs), atol=1e-5)


def test_layers_open_without_a_change_and_close_where_they_earn_nothing(plant, table):
    flat = structure.mirrored(eqx.tree_at(lambda p: p.open, plant, jnp.array([True, False])))
    deep, opened = deepen(flat, seen(table), jnp.asarray(1e-6), jnp.asarray(0.0))
    assert opened.tolist() == [False, True] and deep.open.tolist() == [True, True]
    np.testing.assert_allclose(outputs(deep, table.inputs), outputs(flat, table.inputs), atol=1e-6)
    again, closed = flatten(deep, seen(table), table.features, 1e-6)
    assert closed.tolist() == [False, True] and again.open.tolist() == [True, False]
    assert not deepen(flat, seen(table), jnp.asarray(1e6), jnp.asarray(0.0))[1].any()
    assert not deepen(flat, seen(table), jnp.asarray(1e-6), jnp.asarray(1e12))[1].any()  # where width offers more


@pytest.mark.long
def test_integrated_training_grows_and_prunes(table):
    training = nets.Integrated(width=1, capacity=6, layers=2, steps=30, batch=16, audience=60, rate=0.02)
    state = training.init(KEY, table)
    period = eqx.filter_jit(training.period)
    before = accuracy(training, state, table)
    history = []
    for number in range(12):
        was = np.asarray(jnp.where(state.plant.open, state.plant.alive.sum(1), 0))
        state, record = period(jax.random.key(number), state, table)
        history.append(jax.tree.map(np.asarray, record))
        if not (record["opened"] | record["closed"]).any():
            np.testing.assert_array_equal(record["neurons"], was + record["entered"] - record["left"])
    assert history[-1]["neurons"][0] > 1 and sum(r["entered"].sum() for r in history) > 0
    assert accuracy(training, state, table) == 1.0 > before
    work = nets.Backpropagated(width=1, steps=30, batch=16)
    alone = work.period(KEY, work.init(KEY, table), table)[1]["multiply_adds"]
    assert history[0]["multiply_adds"] > alone == 30 * 16 * (2 * 2 * 1 + 3 * 1 * 3)
    market = training.market(state, 2)
    np.testing.assert_allclose(market.forward(table.inputs), training.outputs(state, table.inputs), atol=1e-4)


def test_moments_of_newcomers_are_forgotten(table):
    training = nets.Integrated(width=4, capacity=6, layers=2, steps=30, batch=16, audience=60)
    state, _ = descend(KEY, training.init(KEY, table), table, 0.01, 16, 3)
    moved = jnp.zeros((2, 6), bool).at[0, 2].set(True)
    kept = forget(state.moments, state.plant, moved, jnp.zeros(2, bool))
    weights, biases = kept.mu
    assert (weights[0][2] == 0).all() and (weights[2][:, 2] == 0).all() and biases[0][2] == 0
    assert (weights[0][1] == state.moments.mu[0][0][1]).all() and (weights[0][1] != 0).any()


@pytest.mark.long
def test_capitalism_selects_without_gradients(table):
    training = nets.Capitalism(agents=8, hidden=4, instances=16, rounds=4, trial=64)
    state = eqx.filter_jit(training.init)(KEY, table)
    period = eqx.filter_jit(training.period)
    born = 0
    for number in range(10):
        state, record = period(jax.random.key(number), state, table)
        born += int(record["born"])
        assert state.market.ledger.audit() == 0
    assert int(state.market.fault.code) == 0 and born > 0
    assert accuracy(training, state, table) > 0.6  # half of the rows are of one class
    assert record["multiply_adds"] == 4 * 8 * 16 * (3 * 8 * 4 + 4 * 4)
    market = training.market(state, 2)
    assert len(market.firms) <= 8
    np.testing.assert_allclose(market.forward(table.inputs), training.outputs(state, table.inputs), atol=1e-4)
    paths = {tuple(row) for row in np.asarray(market.run(table.inputs).winners).tolist()}
    assert len(paths) > 1  # the path depends on the input


def test_a_stacked_firm_is_an_agent_that_learns_its_revenue(table):
    training = nets.Capitalism(agents=2, hidden=4, instances=4)
    firm = training._stranger(table)(KEY)
    world = training._world(table)
    _, obs = world.reset(KEY)
    obs = obs._replace(place=firm.source)
    cx.check_agent(firm, obs)
    rows = jax.tree.map(lambda x: jnp.stack([x] * 4), obs)
    revenue, none, yes = jnp.full(4, 1.5), jnp.zeros(4), jnp.ones(4, bool)
    for _ in range(20):
        firm = firm.learn(KEY, cx.core.Experience(rows, revenue, yes, none, revenue, none, yes))
    np.testing.assert_allclose(firm.bid(KEY, obs), 1.5, atol=1e-3)
    idle = firm.learn(KEY, cx.core.Experience(rows, revenue, ~yes, none, none, none, yes))
    assert eqx.tree_equal(idle, firm)


def test_settings_without_sense_are_named():
    with pytest.raises(ValueError, match="Backpropagated: width must be at least 1, got 0"):
        nets.Backpropagated(width=0)
    with pytest.raises(ValueError, match="expected width <= capacity"):
        nets.Integrated(width=64)
    with pytest.raises(ValueError, match="rent must be >= 0 nats, got -1"):
        nets.Integrated(rent=-1.0)
    with pytest.raises(ValueError, match="Capitalism: agents must be at least 1"):
        nets.Capitalism(agents=0)
