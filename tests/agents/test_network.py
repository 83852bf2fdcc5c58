"""Network bidders: uniform first bids, PPO that climbs, padding without effect."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from catallax.agents import _judge as nets
from catallax.agents._network import Network
from catallax.agents._ppo import PPO, Batch, Rows, _minibatches
from catallax.core import AbstractEnv, Bits, Box, Cohort, Discrete, Experience, Step
from catallax.envs import GridWorld

SPACES = [(Discrete(5), jnp.int32(3)), (Discrete(2000), jnp.int32(1999)), (Box((2, 3)), jnp.ones((2, 3)))]
SPACES.append((Bits(37), jnp.asarray([7, 3], jnp.uint32)))


class Steered(AbstractEnv):
    """A point on a plane, pushed by an action that is a vector."""

    observation_space: Box = Box((2,))
    action_space: Box = Box((2,))
    discount: float = 0.9

    def reset(self, key):
        return jnp.zeros(2), jnp.zeros(2)

    def step(self, key, state, action):
        off = jnp.asarray(False)
        return Step(state + action, state + action, jnp.zeros(()), off, off, {})


def experience(obs, bid, won=None, reward=0.0, valid=None) -> Experience:
    n = bid.shape[0]
    won = jnp.ones(n, bool) if won is None else won
    zeros = jnp.zeros(n)
    return Experience(
        obs, bid, won, zeros, jnp.broadcast_to(reward, (n,)), zeros, jnp.ones(n, bool) if valid is None else valid
    )


@pytest.mark.parametrize(("space", "obs"), SPACES, ids=["few", "many", "box", "bits"])
def test_first_bids_are_uniform(space, obs):
    agent = eqx.filter_jit(Network)(space, action=2, key=jax.random.key(0), bid_scale=4.0)
    bids = jax.jit(lambda keys: jax.vmap(lambda k: agent.bid(k, obs))(keys))(jax.random.split(jax.random.key(1), 5_000))
    assert stats.kstest(np.asarray(bids) / 4, "uniform").pvalue > 1e-3
    assert float(agent.expected_bid(obs)) == pytest.approx(2.0, abs=1e-5)
    assert int(agent.act(jax.random.key(0), obs)) == 2


@pytest.mark.parametrize(("space", "obs"), SPACES, ids=["few", "many", "box", "bits"])
def test_learns_from_every_kind_of_observation(space, obs):
    agent = Network(space, action=0, key=jax.random.key(0), learner=PPO(policy_rate=1e-2, minibatch=32))
    bid = jax.random.uniform(jax.random.key(2), (70,), minval=0.01)
    many = jnp.broadcast_to(obs, (70, *obs.shape))
    after = eqx.filter_jit(Network.learn)(agent, jax.random.key(1), experience(many, bid, reward=bid))
    assert float(after.expected_bid(obs)) > float(agent.expected_bid(obs))
    assert float(after.value(obs)) > float(agent.value(obs))


def test_bids_climb_to_what_pays():
    """One observation; a bid of x brings 1 - 4 (x - 0.8)**2: the best bid is 0.8."""
    agent = Network(Discrete(1), action=0, key=jax.random.key(0), learner=PPO(policy_rate=1e-2, entropy=0.01))
    obs = jnp.zeros(512, jnp.int32)

    @jax.jit
    def play(agent, key):
        def round_(agent, key):
            draw, learn = jax.random.split(key)
            bid = jax.vmap(lambda k: agent.bid(k, jnp.int32(0)))(jax.random.split(draw, 512))
            gain = 1 - 4 * (bid - 0.8) ** 2
            return agent.learn(learn, experience(obs, bid, reward=gain)), jnp.mean(gain)

        return jax.lax.scan(round_, agent, jax.random.split(key, 100))

    after, utility = play(agent, jax.random.key(3))
    assert float(utility[0]) < 0.5 and float(utility[-1]) > 0.85
    assert float(after.expected_bid(jnp.int32(0))) == pytest.approx(0.8, abs=0.1)
    assert float(after.value(jnp.int32(0))) == pytest.approx(float(utility[-1]), abs=0.1)
    fresh = after._tabulate(after.nets.policy)
    assert jnp.allclose(fresh.left.tail, after.table.left.tail)


@pytest.fixture(scope="module")
def learn():
    return eqx.filter_jit(lambda agent, key, rows: agent.learn(key, rows))


@pytest.fixture(scope="module")
def agent():
    return Network(Discrete(3), action=0, key=jax.random.key(0), learner=PPO(policy_rate=1e-2, minibatch=64))


def same(a, b) -> bool:
    return all(bool(jnp.array_equal(x, y)) for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True))


def test_padding_has_no_effect(learn, agent):
    n = 150
    obs, bid = jnp.arange(n) % 3, jax.random.uniform(jax.random.key(2), (n,), minval=0.01)
    valid = jnp.arange(n) % 7 != 0
    one = learn(agent, jax.random.key(1), experience(obs, bid, reward=bid, valid=valid))
    garbage = experience(obs, jnp.where(valid, bid, jnp.nan), reward=jnp.where(valid, bid, jnp.nan), valid=valid)
    assert same(one, learn(agent, jax.random.key(1), garbage))
    # a bid of 0 was forced by an empty account
    forced = experience(obs, jnp.where(valid, bid, 0.0), reward=bid)
    assert same(one, learn(agent, jax.random.key(1), forced))


def test_padding_alone_changes_nothing(learn, agent):
    before = learn(agent, jax.random.key(1), experience(jnp.zeros(150, jnp.int32), jnp.full(150, 0.4), reward=1.0))
    nothing = experience(jnp.zeros(150, jnp.int32), jnp.full(150, 0.4), valid=jnp.zeros(150, bool))
    assert same(before.nets, learn(before, jax.random.key(1), nothing).nets)


def test_deterministic_given_the_key(learn, agent):
    rows = experience(jnp.arange(150) % 3, jnp.linspace(0.05, 0.9, 150), reward=jnp.linspace(0.0, 1.0, 150))
    assert same(learn(agent, jax.random.key(1), rows), learn(agent, jax.random.key(1), rows))
    assert not same(learn(agent, jax.random.key(1), rows), learn(agent, jax.random.key(2), rows))


@pytest.mark.parametrize(("samples", "size"), [(100, 256), (256, 256), (300, 256), (1000, 256), (1, 4)])
def test_minibatches_hold_every_row_once(samples: int, size: int):
    index, present = _minibatches(jax.random.key(4), samples, size, 2)
    assert index.shape[1] <= size
    for half in range(2):
        rows = np.split(np.asarray(index), 2)[half][np.split(np.asarray(present), 2)[half] > 0]
        assert sorted(rows.tolist()) == list(range(samples))


@pytest.mark.parametrize("table", [None, 5])
def test_slope_is_the_gradient_of_the_stated_loss(table: int | None):
    learner = PPO()
    agent = Network(Discrete(5), action=0, key=jax.random.key(0))
    # away from the start, where the policy's hidden layer has no gradient yet
    noisy = jax.tree.map(lambda x: x + 0.3 * jax.random.normal(jax.random.key(x.size), x.shape), agent.nets)
    keys = jax.random.split(jax.random.key(1), 5)
    n = 40
    x = jax.random.uniform(keys[0], (n,), minval=0.05, maxval=0.95)
    weight = (jnp.arange(n) < 35).astype(jnp.float32)
    rows = Rows(jax.random.randint(keys[1], (n,), 0, 5), x, jax.random.normal(keys[2], (n,)), weight)
    near = 0.3 * jax.random.normal(keys[4], (n,))
    said = nets.judge(noisy, rows.inputs, jax.nn.relu, table)
    before = nets.log_density(said, jnp.log(x), jnp.log1p(-x)) + near
    batch = Batch(rows, jnp.log(x), jnp.log1p(-x), before, jax.random.normal(keys[3], (n,)))

    def loss(parameters):
        judged = nets.judge(parameters, rows.inputs, jax.nn.relu)
        ratio = jnp.exp(nets.log_density(judged, batch.log_x, batch.log_rest) - before)
        held = jnp.clip(ratio, 0.8, 1.2)
        gain = jnp.minimum(ratio * batch.advantage, held * batch.advantage) + 0.1 * judged.entropy
        error = (judged.value - rows.utility) ** 2
        penalty = sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(parameters.value))
        return jnp.sum(weight * (error - gain)) / 35 + 1e-3 * penalty

    ours = jax.jit(lambda p: learner.slope(p, batch, jax.nn.relu, table))(noisy)
    exact = jax.jit(jax.grad(loss))(noisy)
    for one, other in zip(jax.tree.leaves(ours), jax.tree.leaves(exact), strict=True):
        assert jnp.allclose(one, other, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("size", [3, 50, 200])
def test_collect_is_the_transpose_of_lookup(size: int):
    index = jax.random.randint(jax.random.key(0), (60,), 0, size)
    columns, slopes = jax.random.normal(jax.random.key(1), (5, size)), jax.random.normal(jax.random.key(2), (5, 60))
    found = nets.lookup(columns, index, size)
    assert jnp.array_equal(found, columns[:, index])
    expected = np.zeros((5, size), np.float32)
    np.add.at(expected.T, np.asarray(index), np.asarray(slopes).T)
    assert np.allclose(nets.collect(slopes, index, size), expected, atol=1e-4)


def test_log_density_is_that_of_the_distribution():
    agent = Network(Discrete(2), action=0, key=jax.random.key(0))
    head = (agent.nets.policy[-1][0], jnp.asarray([0.7, 1.5]))
    policy = (*agent.nets.policy[:-1], head)
    judged = nets.judge(agent.nets._replace(policy=policy), jnp.asarray([0]), jax.nn.relu)
    mean, nu = 1 / (1 + np.exp(-0.7)), np.log1p(np.exp(1.5 + 1.8544709)) + 1e-4
    expected = stats.beta(mean * nu, (1 - mean) * nu)
    log_x, log_rest = jnp.log(jnp.asarray([0.3])), jnp.log(jnp.asarray([0.7]))
    assert float(nets.log_density(judged, log_x, log_rest)[0]) == pytest.approx(expected.logpdf(0.3), rel=1e-4)
    assert float(judged.entropy[0]) == pytest.approx(expected.entropy(), rel=1e-3)


def test_society_has_one_primitive_per_action():
    cohort = Network.society(
        GridWorld(rows=1, cols=3, goal=(0, 2)), key=jax.random.key(0), clones=2, width=8, depth=2, endowment=3.0
    )
    assert isinstance(cohort, Cohort) and cohort.capacity == 8 and cohort.learns and not cohort.online
    assert cohort.individuals.action.tolist() == [0, 1, 2, 3]
    assert not jnp.array_equal(cohort.individuals.nets.value[0][0][0], cohort.individuals.nets.value[0][0][1])
    bids = eqx.filter_jit(Cohort.bids)(cohort, jax.random.key(1), jnp.int32(0))
    assert bids.shape == (8,) and len(set(bids.tolist())) == 8


def test_learning_rates_fall_after_the_first_rounds(learn, agent):
    rows = experience(jnp.arange(150) % 3, jnp.linspace(0.05, 0.9, 150), reward=jnp.linspace(0.0, 1.0, 150))
    frozen = eqx.tree_at(lambda a: a.learner.decay, agent, jnp.float32(0.0))
    late = eqx.tree_at(lambda a: a.progress.rounds, frozen, jnp.int32(600))
    assert not same(learn(frozen, jax.random.key(1), rows).nets, agent.nets)
    assert same(learn(late, jax.random.key(1), rows).nets, agent.nets)


def test_the_policys_gradient_is_cut_at_its_largest_norm_the_values_is_not():
    agent = Network(Discrete(5), action=0, key=jax.random.key(0))
    learner, rates = PPO(max_gradient=0.5), (jnp.float32(1e-3), jnp.float32(1e-3))

    def norm_kept(scale: float) -> tuple[float, float]:
        slope = jax.tree.map(lambda x: scale * jnp.ones_like(x), agent.nets)
        _, after = learner.step(agent.nets, agent.progress.moments, slope, rates, jnp.asarray(True))
        # after one step the first moment of Adam is a tenth of the gradient
        sizes = (jnp.sqrt(sum(jnp.sum((10 * leaf) ** 2) for leaf in jax.tree.leaves(part))) for part in after.mu)
        policy, value = map(float, sizes)
        whole = np.sqrt(sum(leaf.size for leaf in jax.tree.leaves(agent.nets.value)))
        return policy, value / (scale * whole)

    assert norm_kept(1e-3)[0] == pytest.approx(
        1e-3 * np.sqrt(sum(leaf.size for leaf in jax.tree.leaves(agent.nets.policy))), rel=1e-4
    )
    assert norm_kept(1.0) == pytest.approx((0.5, 1.0), rel=1e-4)
    assert norm_kept(1e3) == pytest.approx((0.5, 1.0), rel=1e-4)


def test_errors_name_part_and_fix():
    with pytest.raises(ValueError, match="needs Discrete actions"):
        Network.society(Steered(), key=jax.random.key(0))
    with pytest.raises(ValueError, match="width and depth must be at least 1"):
        Network(Discrete(2), action=0, key=jax.random.key(0), width=0)
    with pytest.raises(ValueError, match="minibatch and epochs must be at least 1"):
        PPO(minibatch=0)
