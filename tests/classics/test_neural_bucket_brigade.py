"""The neural bucket brigade: the books of the weights, the rule beside a plain loop, the two tasks."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catallax as cx
from catallax.markets._teaching import classified

KEY = jax.random.key(0)
RECURRENT = cx.markets.WinnerTakeAllNetwork((6, 2), ((0, 1), (1, 1)))
LAYERED = cx.markets.WinnerTakeAllNetwork((3, 3, 2), ((0, 1), (0, 2), (1, 2)))


@eqx.filter_jit
def ticks(network, start, lots, inputs, reward):
    """States and flows of ticks with given inputs and a constant reward."""

    def tick(state, drawn):
        after, flow = network.settle(state, network.fire(drawn[0], state, drawn[1]), reward)
        return after, (after, flow)

    return jax.lax.scan(tick, start, (lots, inputs))[1]


def run(network, dtype=jnp.float32, reward=0.0):
    """Weights of every tick, first ones included, states, flows and the random inputs."""
    weight_key, lots_key, input_key = jax.random.split(jax.random.key(3), 3)
    inputs = jax.random.bernoulli(input_key, 0.5, (300, network.groups[0])).astype(jnp.float32)
    start = network.init(weight_key, dtype=dtype)
    states, flows = ticks(network, start, network.lots(lots_key, 300), inputs, jnp.asarray(reward, jnp.float32))
    weights = np.concatenate([np.asarray(start.weights)[None], np.asarray(states.weights)]).astype(np.float64)
    return weights, states, flows, np.asarray(inputs)


@pytest.mark.parametrize("network", [RECURRENT, LAYERED], ids=["recurrent", "layered"])
@pytest.mark.parametrize("reward", [0.0, 1.0])
def test_the_weights_lose_what_is_paid_to_inputs_and_gain_what_the_world_pays(network, reward):
    weights, _, flows, _ = run(network, reward=reward)
    change = np.diff(weights.sum((1, 2)))
    expected = np.asarray(flows.injected, np.float64) - np.asarray(flows.dissipated, np.float64)
    assert np.abs(expected).max() > 1e-3
    assert np.abs(change - expected).max() < 1e-6
    assert bool((np.asarray(flows.injected) > 0).any()) == (reward > 0)


def test_in_double_precision_the_books_close_a_million_times_better():
    with jax.enable_x64(True):
        weights, _, flows, _ = run(RECURRENT, jnp.float64)
        expected = -np.asarray(flows.dissipated)
    assert weights.dtype == np.float64 and expected.dtype == np.float64
    assert np.abs(np.diff(weights.sum((1, 2))) - expected).max() < 1e-13


@pytest.mark.parametrize("network", [RECURRENT, LAYERED], ids=["recurrent", "layered"])
def test_the_rule_is_the_one_of_the_equation(network):
    """Each connection by itself, in plain Python."""
    weights, states, _, inputs = run(network, reward=1.0)
    active = np.concatenate([np.zeros((1, network.units)), np.asarray(states.active)])
    outputs = range(network.units - network.outputs, network.units)
    pairs = np.argwhere(network.connected())
    before = np.zeros((network.units, network.units))
    for t in range(1, 40):
        now = active[t - 1][:, None] * weights[t - 1]
        np.testing.assert_array_equal(active[t][: network.groups[0]], inputs[t - 1])
        for i, j in pairs:
            change = -0.005 * now[i, j] * active[t, j]
            if before[:, j].sum() > 0:
                passed_on = sum(0.005 * now[j, k] * active[t, k] for k in range(network.units))
                change += before[i, j] / before[:, j].sum() * passed_on
            if j in outputs and active[t, j]:
                change += 0.005 * now[i, j]
            assert weights[t, i, j] - weights[t - 1, i, j] == pytest.approx(change, abs=2e-7)
        before = now
    assert (weights[-1][~network.connected()] == 0).all()


def test_one_unit_of_a_subset_fires_and_it_has_the_largest_net_input():
    _, states, _, _ = run(LAYERED)
    active, net = np.asarray(states.active), np.asarray(states.contributions).sum(1)
    for subset in (slice(3, 6), slice(6, 8)):
        fires = active[:, subset].sum(1)
        np.testing.assert_array_equal(fires, (net[:, subset].max(1) > 0).astype(float))
        winners = active[:, subset].argmax(1)
        np.testing.assert_array_equal(net[:, subset][np.arange(300), winners], net[:, subset].max(1))


def test_ties_are_broken_evenly():
    state = LAYERED.silent(jnp.asarray(LAYERED.connected(), jnp.float32))
    state = state._replace(active=state.active.at[0].set(1.0))
    fired = jax.vmap(lambda lots: LAYERED.fire(lots, state, jnp.ones(3)))(LAYERED.lots(KEY, 3000))
    share = np.asarray(fired.active).mean(0)
    np.testing.assert_allclose(share[3:6], 1 / 3, atol=0.03)
    np.testing.assert_allclose(share[6:], 1 / 2, atol=0.03)


def test_silence_is_no_answer():
    silent = LAYERED.init(KEY)
    assert int(LAYERED.action(silent)) == -1
    assert int(LAYERED.action(LAYERED.fire(LAYERED.lots(KEY), silent, jnp.ones(3)))) == -1


def handmade(network, feeds):
    """Weights of 1e-3 everywhere but for those given."""
    weights = 1e-3 * network.connected().astype(np.float32)
    for (i, j), credits in feeds.items():
        weights[i, j] = credits
    return jnp.asarray(weights)


def test_a_check_tells_a_solution_from_its_mirror_image():
    """Hidden unit 3 fires on 10, 4 on 01, 5 on 00 and 11; outputs 6 and 7 answer 0 and 1."""
    network = cx.markets.WinnerTakeAllNetwork((3, 3, 2), ((0, 1), (1, 2)))
    hidden = {(0, 3): 2.0, (1, 4): 2.0, (2, 5): 1.0, (0, 5): 0.75, (1, 5): 0.75}
    for feeds, right in (
        ({(3, 7): 1.0, (4, 7): 1.0, (5, 6): 1.0}, True),
        ({(3, 6): 1.0, (4, 6): 1.0, (5, 7): 1.0}, False),
    ):
        world = cx.envs.Presentation.xor()
        seen = classified(network, world, KEY, handmade(network, hidden | feeds))
        assert seen.tolist() == [right] * 4


def test_two_hidden_units_without_shortcuts_cannot_solve_xor():
    """The winner of two is a linear threshold of the inputs, so the output is one too."""
    result = cx.classics.neural_bucket_brigade_xor((2,), seeds=8, presentations=300)
    assert result.classified.max() == 3 and (result.found == -1).all()


def test_seeds_stop_one_by_one_and_do_not_depend_on_each_other():
    settings = {"presentations": 400, "watch": 5}
    many = cx.classics.neural_bucket_brigade_moving_light(seeds=6, **settings)
    again = cx.classics.neural_bucket_brigade_moving_light(seeds=6, **settings)
    np.testing.assert_array_equal(many.weights, again.weights)
    for seed, trace in enumerate(many.classified):
        kept = trace[trace >= 0]
        full = kept == 2
        assert many.found[seed] == (1 + int(full.argmax()) if full.any() else -1)
        if many.stable[seed] >= 0:
            assert len(kept) == many.stable[seed] + 4 and full[-5:].all() and not full[:-5][-1:].any()
        else:
            assert len(kept) == many.classified.shape[1]
    assert (many.found >= 0).all()


def test_the_summary_counts_in_all_and_per_pattern():
    result = cx.classics.NeuralBucketBrigade(
        np.array([4, -1, 8]), np.array([-1, -1, 10]), np.zeros((3, 1), int), np.zeros((3, 1, 1)), 4
    )
    told = result.summary()
    assert (told["found_rate"], told["found_mean"], told["found_per_pattern"]) == (pytest.approx(2 / 3), 6.0, 1.5)
    assert (told["stable_mean"], told["stable_per_pattern"]) == (10.0, 2.5)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: cx.markets.WinnerTakeAllNetwork((3, 1), ((0, 1),)), "subsets of at least 2 units"),
        (lambda: cx.markets.WinnerTakeAllNetwork((3, 2), ((1, 0),)), "wires lead from a group to a subset"),
        (lambda: cx.markets.WinnerTakeAllNetwork((3, 2), ()), "wires lead from a group to a subset"),
        (lambda: cx.markets.WinnerTakeAllNetwork((3, 2), ((0, 1),), 1.5), r"rate must lie in \[0, 1\], got 1.5"),
        (
            lambda: cx.classics.neural_bucket_brigade(RECURRENT, cx.envs.Presentation.xor(), key=KEY),
            "needs 3 input units .* and 2 outputs; the network has 6 and 2",
        ),
        (lambda: cx.classics.neural_bucket_brigade_xor(watch=0), "0 < watch <= presentations"),
    ],
)
def test_bad_settings_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()
