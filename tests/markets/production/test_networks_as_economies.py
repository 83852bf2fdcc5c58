"""Neural networks and decision problems as economies: T1.5, T1.10 and T1.11."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import catallax as cx
from catallax.markets import production as pn


def test_t1_5_prices_are_action_values_and_the_planner_iterates_policies(double):
    """A grid world: `a` of an action is `Q` of the policy in force; best replies find the values of value iteration."""
    world = cx.envs.GridWorld(rows=3, cols=4, goal=(2, 3), discount=0.9)
    problem = world.mdp()
    economy, shares = pn.from_mdp(problem)
    states, actions, _ = problem.successor.shape
    pay = (problem.probability * problem.reward).sum(2)
    stay = problem.probability * ~problem.terminal

    def q_of(value):
        return pay + problem.discount * (stay * value[problem.successor]).sum(2)

    value = np.zeros(states)
    for _ in range(600):
        value = q_of(value).mean(1)
    ways = pn.Picard(), pn.Neumann()
    solution = pn.solve(economy, shares, ways[0])
    prices = pn.prices(economy, shares, solution, ways[1])
    np.testing.assert_allclose(prices.inputs[states : states + states * actions, 0], q_of(value).reshape(-1), atol=1e-8)
    np.testing.assert_allclose(prices.inputs[:states, 0], value, atol=1e-8)
    np.testing.assert_allclose(solution.welfare, problem.start @ value, atol=1e-8)

    best = cx.planning.value_iteration(world)
    # every state has a little of the start, or nobody would learn what to do there
    everywhere = eqx.tree_at(lambda e: e.endowment, economy, economy.endowment + 1e-3)
    course = pn.Planner(pn.BestReply(), *ways).fit(everywhere, shares, 12)
    np.testing.assert_allclose(pn.solve(economy, course.shares, ways[0]).welfare, best.start_value, atol=1e-8)


@pytest.fixture(scope="module")
def mlp():
    with jax.enable_x64(True):
        return eqx.nn.MLP(3, 2, 5, 2, key=jax.random.key(0))


def test_t1_10_a_network_is_a_chain_of_firms(double, mlp):
    """Forward equal, prices = hidden gradients, gains by own parameters at posted prices = weight gradients."""
    mlp = jax.tree.map(lambda leaf: leaf.astype(float) if eqx.is_array(leaf) else leaf, mlp)
    x, w = jnp.asarray([0.3, -0.7, 1.1]), jnp.asarray([1.0, -2.0])
    economy = pn.from_mlp(mlp, pn.NeuralUtility(lambda goods, _: jnp.sum(jnp.sin(w * goods[:2]))))
    economy = pn.with_input(economy, x)
    solution = pn.solve(economy, economy.uniform())
    np.testing.assert_allclose(solution.inputs[-1, :2], mlp(x), atol=1e-12)
    assert bool(jnp.all(solution.outputs[1:-2] >= 0))  # activations are goods; the two ends alone may be negative
    prices = pn.prices(economy, economy.uniform(), solution)

    def loss(network, start=0, at=x):
        for number, layer in enumerate(network.layers):
            if number >= start:
                at = layer(at) if number == 2 else jax.nn.relu(layer(at))
        return jnp.sum(jnp.sin(w * at))

    widths = (3, 5, 5)
    hidden = [solution.inputs[start + 1, :width] for start, width in enumerate(widths)]

    @eqx.filter_jit
    def slopes(network, hidden):
        inside = [jax.grad(lambda h, s=start: loss(network, s, h))(at) for start, at in enumerate(hidden)]
        return inside, eqx.filter_grad(loss)(network)

    inside, by_weights = slopes(mlp, hidden)
    for start, width in enumerate(widths):
        np.testing.assert_allclose(prices.inputs[start + 1, :width], inside[start], atol=1e-12)
    gains = {
        int(node): gain
        for group, part in zip(economy.technologies, pn.profit_gradients(economy, solution, prices), strict=True)
        if hasattr(part, "matrix")
        for node, gain in zip(group.members, part.matrix, strict=True)
    }
    for number, layer in enumerate(by_weights.layers):
        rows, columns = layer.weight.shape
        np.testing.assert_allclose(gains[number + 1][:rows, :columns], layer.weight, atol=1e-12)
        np.testing.assert_allclose(gains[number + 1][:rows, -1], layer.bias, atol=1e-12)


@pytest.mark.long
def test_t1_11_firms_that_maximise_profit_follow_gradient_descent(double):
    """Fifty steps on flowers, each firm along its own profit, beside Optax on the same loss."""
    datasets = pytest.importorskip("sklearn.datasets")
    flowers = datasets.load_iris()
    inputs = jnp.asarray((flowers.data - flowers.data.mean(0)) / flowers.data.std(0))[::5]
    targets = jax.nn.one_hot(jnp.asarray(flowers.target)[::5], 3, dtype=float)
    mlp = eqx.nn.MLP(4, 3, 6, 1, key=jax.random.key(1))
    mlp = jax.tree.map(lambda leaf: leaf.astype(float) if eqx.is_array(leaf) else leaf, mlp)
    rate = 0.05

    def loss(network):
        return jnp.mean(jnp.sum((jax.vmap(network)(inputs) - targets) ** 2, 1))

    optimiser = optax.sgd(rate)

    @eqx.filter_jit
    def descend(network, memory):
        value, slope = eqx.filter_value_and_grad(loss)(network)
        change, memory = optimiser.update(slope, memory)
        return eqx.apply_updates(network, change), memory, value

    def dislike(goods, wanted):
        return -jnp.sum((goods[:3] - wanted) ** 2)

    @eqx.filter_jit
    def profit_step(economy):
        def one(x, wanted):
            here = pn.with_input(economy, x)
            here = eqx.tree_at(
                lambda e: e.utilities, here,
                (pn.Group(here.utilities[0].members, pn.NeuralUtility(lambda goods, _: dislike(goods, wanted))),),
            )  # fmt: skip
            solution = pn.solve(here, here.uniform())
            return solution.welfare, pn.profit_gradients(here, solution, pn.prices(here, here.uniform(), solution))

        welfare, gains = jax.vmap(one)(inputs, targets)
        parts = [group.part for group in economy.technologies]
        moved = jax.tree.map(lambda p, g: p + rate * jnp.mean(g, 0) * owned(p), parts, list(gains))
        groups = tuple(pn.Group(group.members, part) for group, part in zip(economy.technologies, moved, strict=True))
        return eqx.tree_at(lambda e: e.technologies, economy, groups), -jnp.mean(welfare)

    def owned(matrix):
        """Entries outside the layers are no parameters, and the numeraire is passed on as it is."""
        rows = matrix.shape[-2]
        return (matrix != 0) & (jnp.arange(rows) < rows - 1)[None, :, None]

    economy = pn.from_mlp(mlp, pn.NeuralUtility(lambda goods, _: dislike(goods, jnp.zeros(3))))
    memory = optimiser.init(eqx.filter(mlp, eqx.is_array))
    curve, other = [], []
    for _ in range(50):
        mlp, memory, value = descend(mlp, memory)
        economy, worth = profit_step(economy)
        curve.append(float(value))
        other.append(float(worth))
    assert curve[-1] < 0.6 * curve[0]
    np.testing.assert_allclose(other, curve, atol=1e-6)


@pytest.mark.parametrize(
    ("network", "message"),
    [
        ([], "at least one layer"),
        ([(np.ones((2, 3)), np.ones(2)), (np.ones((1, 4)), np.ones(1))], "layer 1 has weights"),
        (eqx.nn.MLP(2, 1, 3, 1, activation=jnp.tanh, key=jax.random.key(0)), "expected relu inside"),
    ],
)
def test_networks_that_are_no_chain(network, message):
    with pytest.raises(ValueError, match=message):
        pn.from_mlp(network, pn.LinearUtility([1.0]))
