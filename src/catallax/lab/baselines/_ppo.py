"""Monolithic proximal policy optimisation: one network chooses the action, in one compiled program over seeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Key, PyTree

from catallax.agents import PPO, Convolution, networks
from catallax.core import AbstractEnv, Discrete, require_alike, split_by


class Softmax(eqx.Module):
    """The policy `P(a | obs) ~ exp(network(obs)_a)` and its value network."""

    nets: networks.Nets
    encode: str = eqx.field(static=True)
    inputs: int = eqx.field(static=True)

    def __call__(self, key: Key[Array, ""], obs: PyTree) -> Int[Array, ""]:
        """A drawn action at one observation."""
        return jax.random.categorical(key, self.log_probabilities(self.read(obs)))

    def read(self, obs: PyTree) -> Array:
        """One observation as the network's input."""
        if self.encode == "one-hot":
            return jnp.asarray(obs, jnp.int32)
        return networks.features(self.encode, self.inputs, obs)

    def log_probabilities(self, inputs: Array) -> Float[Array, "*samples actions"]:
        """Of every action, nats."""
        return jax.nn.log_softmax(networks.forward(self.nets.policy, inputs, jax.nn.relu))

    def value(self, inputs: Array) -> Float[Array, "*samples"]:
        """Expected discounted return, credits."""
        return networks.forward(self.nets.value, inputs, jax.nn.relu)[..., 0]


@dataclass(frozen=True)
class PPOLearned:
    """What `ppo` returns."""

    ticks: Int[np.ndarray, " looks"]
    """Of each learner, over all instances, at each look."""
    returns: Float[np.ndarray, "seeds looks"]
    """Mean undiscounted return of the episodes that ended since the look before, actions drawn, credits; NaN where none did."""
    env: AbstractEnv
    """Where they learned."""
    policies: Softmax
    """Leading axis `seeds`."""
    progress: networks.Progress

    def policy(self, seed: int) -> Softmax:
        """The policy of one learner, `(key, obs) -> action`."""
        return jax.tree.map(lambda x: x[seed], self.policies)


class _Walk(NamedTuple):
    policy: Softmax
    progress: networks.Progress
    world: PyTree
    obs: PyTree
    so_far: Float[Array, " instances"]
    """Undiscounted return of the running episodes, credits."""


class _Rows(NamedTuple):
    inputs: Array
    action: Int[Array, "*rows"]
    before: Float[Array, "*rows"]
    """Log probability of the action when it was taken."""
    advantage: Float[Array, "*rows"]
    target: Float[Array, "*rows"]


def ppo(
    env: AbstractEnv,
    *,
    ticks: int,
    batch: int = 4_096,
    instances: int = 64,
    looks: int = 20,
    seeds: int = 10,
    key: Key[Array, ""],
    learner: PPO | None = None,
    trace: float = 0.95,
    width: int = 16,
    depth: int = 1,
    convolution: Convolution | None = None,
    after: PPOLearned | None = None,
) -> PPOLearned:
    """Learn by clipped policy steps on generalised advantages, with the settings, networks and steps of network bidders.

    `A_t = sum_k (discount * trace)^k (r_(t+k) + discount * V(s_(t+k+1)) - V(s_(t+k)))`, standardised over a batch;
    nothing follows a terminated world, a truncated one keeps its value.

    Args:
        env: the world, with Discrete actions.
        ticks: budget of each learner over all instances, rounded down to whole batches.
        batch: ticks between two updates.
        instances: parallel worlds.
        looks: how often the mean return is recorded.
        seeds: independent learners.
        key: consumed.
        learner: step sizes, clip, entropy, minibatches.
        trace: λ of the advantages, in [0, 1].
        width: units per hidden layer.
        depth: hidden layers.
        convolution: layers in front, for pictures.
        after: go on with these learners instead of new ones, in a world with the same observations and actions.

    Raises:
        ValueError: on a count below 1, a budget below one batch per look, actions that are not Discrete, or an `after` of other
            seeds, observations or actions.

    Source: Schulman et al. (2016, 2017).
    """
    moves = env.action_space
    if not isinstance(moves, Discrete):
        raise ValueError(f"ppo: needs Discrete actions, {type(env).__name__} has {moves}.")
    if min(seeds, looks, instances) < 1 or batch < instances or ticks < batch * looks:
        raise ValueError(
            f"ppo: seeds, looks and instances must be at least 1, batch at least instances and ticks at least batch x looks; "
            f"got seeds={seeds}, looks={looks}, instances={instances}, batch={batch}, ticks={ticks}."
        )
    chosen: PPO = PPO() if learner is None else learner
    given: PPO = jax.tree.map(lambda x: jnp.asarray(x, jnp.float32), chosen)
    keys = jax.random.split(key, seeds)
    if after is None:
        policies = jax.vmap(lambda k: start(env, split_by(k, "networks")[0], width, depth, convolution))(keys)
        progress = jax.vmap(given.start)(policies.nets)
    else:
        _refuse_strangers(env, seeds, after)
        policies, progress = after.policies, after.progress
    rounds = ticks // batch // looks
    sizes = (batch // instances, instances, rounds, looks)
    policies, progress, returns = _run_seeds(env, given, jnp.float32(trace), sizes, policies, progress, keys)
    spent = sizes[0] * instances * rounds * np.arange(1, looks + 1)
    return PPOLearned(spent, np.asarray(returns), env, policies, progress)


def _refuse_strangers(env: AbstractEnv, seeds: int, after: PPOLearned) -> None:
    """Learners can go on only where they see and do what they learned to."""
    if after.returns.shape[0] != seeds:
        raise ValueError(f"ppo: seeds={seeds}, but `after` holds {after.returns.shape[0]} learners.")
    require_alike("ppo", env, after.env)


def start(env: AbstractEnv, key: Key[Array, ""], width: int, depth: int, convolution: Convolution | None) -> Softmax:
    """First weights; the last layer of the policy is 0, so that every action is as likely."""
    policy_key, value_key = split_by(key, "policy", "value")
    space, actions = env.observation_space, getattr(env.action_space, "n")  # noqa: B009 - checked by the caller
    policy = networks.network(policy_key, space, width, depth, convolution, actions)
    value = networks.network(value_key, space, width, depth, convolution, 1)
    return Softmax(networks.Nets(networks.silent(policy), value), *networks.encoder(space))


@eqx.filter_jit
def _run_seeds(
    env: AbstractEnv,
    learner: PPO,
    trace: Array,
    sizes: tuple[int, int, int, int],
    policies: Softmax,
    progress: networks.Progress,
    keys: Key[Array, " seeds"],
) -> tuple[Softmax, networks.Progress, Array]:
    round_ticks, instances, rounds, looks = sizes

    def one(policy: Softmax, progress: networks.Progress, key: Key[Array, ""]) -> tuple:
        start_key, run_key = split_by(key, "start", "run")
        world, obs = env.reset_many(jax.random.split(start_key, instances))

        def round_(walk: _Walk, number: Array) -> tuple[_Walk, tuple[Array, Array]]:
            play_key, learn_key = split_by(jax.random.fold_in(run_key, number), "play", "learn")
            return _round(env, learner, trace, walk, round_ticks, play_key, learn_key)

        def look(walk: _Walk, numbers: Array) -> tuple[_Walk, Array]:
            walk, (total, count) = jax.lax.scan(round_, walk, numbers)
            return walk, jnp.sum(total) / jnp.sum(count)

        numbers = jnp.arange(looks * rounds).reshape(looks, rounds)
        walk, returns = jax.lax.scan(look, _Walk(policy, progress, world, obs, jnp.zeros(instances)), numbers)
        return walk.policy, walk.progress, returns

    return jax.vmap(one)(policies, progress, keys)


def _round(
    env: AbstractEnv, learner: PPO, trace: Array, walk: _Walk, ticks: int, play_key: Array, learn_key: Array
) -> tuple[_Walk, tuple[Array, Array]]:
    """Play `ticks` in every instance, then learn."""
    policy = walk.policy

    def tick(walk: _Walk, key: Key[Array, ""]) -> tuple[_Walk, tuple]:
        act_key, step_key, reset_key = split_by(key, "act", "step", "reset")
        count = walk.so_far.shape[0]
        inputs = jax.vmap(policy.read)(walk.obs)
        logs = policy.log_probabilities(inputs)
        action = jax.random.categorical(act_key, logs)
        before = jnp.take_along_axis(logs, action[:, None], 1)[:, 0]
        step = env.step_many(jax.random.split(step_key, count), walk.world, action)
        onward = jnp.where(step.terminated, 0.0, policy.value(jax.vmap(policy.read)(step.obs)))
        over = step.terminated | step.truncated
        so_far = walk.so_far + step.reward
        world, obs = env.reset_where(jax.random.split(reset_key, count), over, step.state, step.obs)
        lasted = step.info["steps"] if env.lasting else 1
        discount = jnp.broadcast_to(jnp.asarray(env.discount, jnp.float32) ** lasted, over.shape)
        gap = step.reward + discount * onward - policy.value(inputs)
        seen = (inputs, action, before, gap, over, discount * trace, jnp.where(over, so_far, 0.0))
        return walk._replace(world=world, obs=obs, so_far=jnp.where(over, 0.0, so_far)), seen

    walk, (inputs, action, before, gap, over, fade, ended) = jax.lax.scan(tick, walk, jax.random.split(play_key, ticks))
    advantage = _traced(gap, over, fade)
    target = advantage + policy.value(inputs)
    advantage = (advantage - jnp.mean(advantage)) / (jnp.std(advantage) + 1e-8)
    rows = jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), _Rows(inputs, action, before, advantage, target))
    nets, progress = _learn(learner, learn_key, policy, walk.progress, rows)
    policy = eqx.tree_at(lambda p: p.nets, policy, nets)
    return walk._replace(policy=policy, progress=progress), (jnp.sum(ended), jnp.sum(over))


def _traced(
    gap: Float[Array, "time instances"], over: Bool[Array, "time instances"], fade: Float[Array, "time instances"]
) -> Array:
    """Discounted sums of the gaps up to the end of each episode."""

    def back(later: Array, now: tuple[Array, Array, Array]) -> tuple[Array, Array]:
        total = now[0] + now[2] * jnp.where(now[1], 0.0, later)
        return total, total

    return jax.lax.scan(back, jnp.zeros(gap.shape[1]), (gap, over, fade), reverse=True)[1]


def _learn(
    learner: PPO, key: Key[Array, ""], policy: Softmax, progress: networks.Progress, rows: _Rows
) -> tuple[networks.Nets, networks.Progress]:
    index, present = networks.minibatches(key, rows.action.shape[0], learner.minibatch, learner.epochs)
    rates = learner.rates(progress.rounds)

    def loss(nets: networks.Nets, rows: _Rows, weight: Array) -> Array:
        now = eqx.tree_at(lambda p: p.nets, policy, nets)
        logs = now.log_probabilities(rows.inputs)
        ratio = jnp.exp(jnp.take_along_axis(logs, rows.action[:, None], 1)[:, 0] - rows.before)
        held = jnp.clip(ratio, 1 - learner.clip, 1 + learner.clip)
        gain = jnp.minimum(ratio * rows.advantage, held * rows.advantage)
        entropy = -jnp.sum(jnp.exp(logs) * logs, -1)
        error = (now.value(rows.inputs) - rows.target) ** 2
        size = sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(nets.value))
        total = jnp.sum(weight * (error - gain - learner.entropy * entropy)) / jnp.sum(weight)
        return total + learner.value_penalty * size

    def descend(carry: tuple, batch: tuple[Array, Array]) -> tuple[tuple, None]:
        chosen, weight = batch
        nets, moments = carry
        slope = jax.grad(loss)(nets, jax.tree.map(lambda leaf: leaf[chosen], rows), weight)
        return learner.step(nets, moments, slope, rates, jnp.asarray(True)), None

    (nets, moments), _ = jax.lax.scan(descend, (policy.nets, progress.moments), (index, present))
    return nets, networks.Progress(moments, progress.rounds + 1)
