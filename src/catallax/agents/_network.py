"""Network agents: bids drawn from a Beta distribution that a small network sets."""

from __future__ import annotations

import itertools
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key, PyTree

from catallax.agents._beta import Hat, draw, hat
from catallax.agents._convolution import Convolution, Picture, filters
from catallax.agents._features import encoder, features
from catallax.agents._judge import Activation, Layers, Nets, forward, shape_parameters
from catallax.agents._ppo import PPO, Progress, Rows
from catallax.core import AbstractAgent, AbstractEnv, Box, Cohort, Discrete, Experience, Space, split_by

_EDGE = 2.0**-21
"""Bids are recorded on a grain of 2**-20: nearer to 0 and 1 their density says nothing."""
_TABLE = 1024
"""Up to so many discrete observations, the bid distribution of each is kept ready."""


class Network(AbstractAgent):
    """Bids `bid_scale * Beta(mean * nu, (1 - mean) * nu)`, `(mean, nu)` the outputs of a network at `obs`.

    Bids start uniform on [0, bid_scale]. Once a round, PPO raises the expected
    utility: `reward + resale - pays` for winners, 0 for losers.

    Args:
        space: what observations look like; a `Discrete` one is read as one-hot.
        action: the action it takes.
        key: for the initial networks, consumed.
        width: units per hidden layer.
        depth: hidden layers, at least 1.
        activation: of the hidden layers.
        bid_scale: highest bid, credits.
        convolution: layers in front of the hidden ones, for observations that are pictures (rows, columns, channels).
        learner: how it learns.

    Raises:
        ValueError: if width or depth is below 1, or observations are no pictures for the convolution.

    Source: Chang et al. (2020).
    """

    online: ClassVar[bool] = False

    nets: Nets
    progress: Progress
    table: Hat | None
    """Bid distribution at each of few observations; `learn` keeps it up to date."""
    learner: PPO
    action: Int[Array, ""]
    bid_scale: Float[Array, ""]
    """Highest bid, credits."""
    activation: Activation = eqx.field(static=True)
    encode: str = eqx.field(static=True)
    inputs: int = eqx.field(static=True)

    def __init__(
        self,
        space: Space,
        *,
        action: int | Int[Array, ""],
        key: Key[Array, ""],
        width: int = 16,
        depth: int = 1,
        activation: Activation = jax.nn.relu,
        bid_scale: float = 1.0,
        convolution: Convolution | None = None,
        learner: PPO | None = None,
    ) -> None:
        if width < 1 or depth < 1:
            raise ValueError(f"Network: width and depth must be at least 1, got {width} (units) and {depth} (layers).")
        self.encode, self.inputs = encoder(space)
        self.activation = activation
        policy_key, value_key = split_by(key, "policy", "value")
        # the bid head starts at 0, so that every observation's first bids are uniform
        policy = silent(network(policy_key, space, width, depth, convolution, 2))
        self.nets = Nets(policy, network(value_key, space, width, depth, convolution, 1))
        self.learner = jax.tree.map(lambda x: jnp.asarray(x, jnp.float32), PPO() if learner is None else learner)
        self.progress = self.learner.start(self.nets)
        self.action = jnp.asarray(action, jnp.int32)
        self.bid_scale = jnp.asarray(bid_scale, jnp.float32)
        self.table = self._tabulate(self.nets.policy)

    def bid(self, key: Key[Array, ""], obs: PyTree) -> Float[Array, ""]:
        """A draw from its bid distribution, in (0, bid_scale), credits."""
        return draw(key, self._distribution(obs)) * self.bid_scale

    def expected_bid(self, obs: PyTree) -> Float[Array, ""]:
        """The mean of its bid distribution, credits."""
        of = self._distribution(obs)
        return of.left.tail / (of.left.tail + of.right.tail) * self.bid_scale

    def act(self, key: Key[Array, ""], obs: PyTree) -> Int[Array, ""]:
        """Its one action."""
        return self.action

    def value(self, obs: PyTree) -> Float[Array, ""]:
        """The utility it expects from bidding at `obs`, credits."""
        return forward(self.nets.value, self._encode(obs), self.activation)[0] * self.bid_scale

    def learn(self, key: Key[Array, ""], experience: Experience) -> Network:
        """One round of PPO on its bids and what they brought; a bid of 0 was no free choice (wealth capped it) and is left out."""
        free = experience.valid & (experience.bid > 0)
        x = jnp.where(free, experience.bid / self.bid_scale, 0.5)
        gained = experience.reward + experience.resale - experience.pays
        rows = Rows(
            inputs=experience.obs if self._discrete else jax.vmap(self._encode)(experience.obs),
            x=jnp.clip(x, _EDGE, 1 - _EDGE),
            utility=jnp.where(experience.won & experience.valid, gained, 0.0) / self.bid_scale,
            weight=free.astype(jnp.float32),
        )
        few = self.inputs if self._discrete and self.inputs <= self.learner.minibatch else None
        nets, progress = self.learner.update(key, self.nets, self.progress, rows, self.activation, few)
        learned = (nets, progress, self._tabulate(nets.policy))
        return eqx.tree_at(lambda a: (a.nets, a.progress, a.table), self, learned, is_leaf=lambda x: x is None)

    @property
    def _discrete(self) -> bool:
        return self.encode == "one-hot"

    def _encode(self, obs: PyTree) -> Array:
        return jnp.asarray(obs, jnp.int32) if self._discrete else features(self.encode, self.inputs, obs)

    def _tabulate(self, policy: Layers | Picture) -> Hat | None:
        if not self._discrete or self.inputs > _TABLE:
            return None
        return hat(*shape_parameters(policy, None, self.activation))

    def _distribution(self, obs: PyTree) -> Hat:
        if self.table is None:
            return hat(*shape_parameters(self.nets.policy, self._encode(obs), self.activation))
        return jax.tree.map(lambda leaf: leaf.at[obs].get(mode="promise_in_bounds"), self.table)

    @classmethod
    def society(
        cls,
        env: AbstractEnv,
        *,
        key: Key[Array, ""],
        clones: int = 2,
        redundancy: int = 1,
        width: int = 16,
        depth: int = 1,
        activation: Activation = jax.nn.relu,
        bid_scale: float = 1.0,
        convolution: Convolution | None = None,
        learner: PPO | None = None,
        endowment: float = 10.0,
    ) -> Cohort:
        """One primitive per action of a world, each with its own networks.

        Args:
            env: the world.
            key: for the initial networks, consumed.
            clones: accounts per primitive that share its networks and experience; each draws its own bids.
            redundancy: primitives per action, each with networks of its own.
            width: units per hidden layer.
            depth: hidden layers.
            activation: of the hidden layers.
            bid_scale: highest bid, credits; at least the largest return.
            convolution: layers in front, for pictures.
            learner: how they learn.
            endowment: credits each clone starts with, per instance.

        Raises:
            ValueError: if the actions are not `Discrete`, or a size is below 1.
        """
        if redundancy < 1:
            raise ValueError(f"Network.society: redundancy must be at least 1 primitive per action, got {redundancy}.")
        if not isinstance(env.action_space, Discrete):
            raise ValueError(f"Network.society: needs Discrete actions, {type(env).__name__} has {env.action_space}.")
        count = env.action_space.n * redundancy

        def one(key: Key[Array, ""], action: Int[Array, ""]) -> Network:
            return cls(
                env.observation_space,
                action=action,
                key=key,
                width=width,
                depth=depth,
                activation=activation,
                bid_scale=bid_scale,
                convolution=convolution,
                learner=learner,
            )

        individuals = jax.jit(jax.vmap(one))(
            jax.random.split(key, count), jnp.arange(count, dtype=jnp.int32) // redundancy
        )
        return Cohort(individuals, jnp.ones(count * clones, bool), endowment, clones)


def network(
    key: Key[Array, ""], space: Space, width: int, depth: int, convolution: Convolution | None, outputs: int
) -> Layers | Picture:
    """First weights of a network for observations of this space.

    Raises:
        ValueError: if the space has no pictures for the convolution.
    """
    inputs = encoder(space)[1]
    if convolution is None:
        return _layers(key, (inputs, *[width] * depth, outputs))
    if not (isinstance(space, Box) and len(space.shape) == 3):
        raise ValueError(f"Network: a convolution needs a Box of rows, columns and channels, got {space}.")
    rows, columns = convolution.side(*space.shape[:2])
    sizes = (rows * columns * convolution.channels[-1], *[width] * depth, outputs)
    front, back = split_by(key, "filters", "layers")
    return Picture(filters(front, convolution, space.shape[2]), _layers(back, sizes), space.shape, convolution)


def silent(net: Layers | Picture) -> Layers | Picture:
    """The network with 0 in its last layer, so that it says the same of every observation."""
    leaves, shape = jax.tree.flatten(net)
    return jax.tree.unflatten(shape, [*leaves[:-2], *map(jnp.zeros_like, leaves[-2:])])


def _layers(key: Key[Array, ""], sizes: tuple[int, ...]) -> Layers:
    """Weights and biases uniform within 1 / sqrt(inputs)."""
    layers = []
    for place, (inside, outside) in enumerate(itertools.pairwise(sizes)):
        bound = inside**-0.5
        weight, bias = split_by(jax.random.fold_in(key, place), "weight", "bias")
        layers.append(
            (
                jax.random.uniform(weight, (inside, outside), minval=-bound, maxval=bound),
                jax.random.uniform(bias, (outside,), minval=-bound, maxval=bound),
            )
        )
    return tuple(layers)
