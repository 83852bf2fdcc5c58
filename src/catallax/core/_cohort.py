"""A stacked, fixed-capacity block of individuals of one kind."""

from __future__ import annotations

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key, PyTree

from catallax.core._parts import AbstractAgent
from catallax.core._types import Experience


class Cohort(eqx.Module):
    """Individuals of one kind, stacked along a leading axis, with an alive mask.

    Clones share an individual's parameters and experience, but each clone has its
    own account and draws its own bid: slot `k * clones + c` is clone `c` of
    individual `k`. The `agents` axis of a cohort counts slots.

    >>> import catallax as cx
    >>> cx.Cohort.stack([cx.agents.Constant(1.0, action=0), cx.agents.Constant(2.0, action=1)]).capacity
    2
    """

    individuals: AbstractAgent
    """Every array leaf has the leading axis `individuals`."""
    alive: Bool[Array, " agents"]
    endowment: float | Float[Array, "*agents"]
    """Credits each agent starts with, per parallel instance; one number, or one for each."""
    clones: int = eqx.field(static=True, default=1)

    def __check_init__(self) -> None:
        if self.clones < 1:
            raise ValueError(f"Cohort: clones must be at least 1, got {self.clones}.")
        sizes = {leaf.shape[0] for leaf in jax.tree.leaves(eqx.filter(self.individuals, eqx.is_array)) if leaf.ndim}
        if len(sizes) > 1:
            raise ValueError(
                f"Cohort: the leaves of `individuals` disagree on their leading axis ({sorted(sizes)}); "
                "stack the individuals with Cohort.stack."
            )
        if sizes and sizes != {self.alive.shape[0] // self.clones}:
            raise ValueError(
                f"Cohort: alive has {self.alive.shape[0]} slots, expected individuals x clones "
                f"= {sizes.pop()} x {self.clones}."
            )

    @classmethod
    def stack(cls, individuals: Sequence[AbstractAgent], *, clones: int = 1, endowment: float = 10.0) -> Cohort:
        """A living cohort from a list of individuals of one kind."""
        if not individuals:
            raise ValueError("Cohort.stack: expected at least one individual; use Cohort.empty to start from nobody.")
        stacked = jax.tree.map(lambda *leaves: jnp.stack([jnp.asarray(leaf) for leaf in leaves]), *individuals)
        return cls(stacked, jnp.ones(len(individuals) * clones, bool), endowment, clones)

    @classmethod
    def empty(cls, example: AbstractAgent, capacity: int, *, endowment: float = 10.0) -> Cohort:
        """A cohort of free slots shaped like `example`, to be filled by an entry rule."""
        stacked = jax.tree.map(lambda leaf: jnp.stack([jnp.asarray(leaf)] * capacity), example)
        return cls(stacked, jnp.zeros(capacity, bool), endowment)

    @property
    def capacity(self) -> int:
        """Slots, living or not."""
        return self.alive.shape[0]

    @property
    def learns(self) -> bool:
        """Whether the kind overrides `learn`."""
        return type(self.individuals).learn is not AbstractAgent.learn

    @property
    def online(self) -> bool:
        """Whether the kind learns after every tick."""
        return type(self.individuals).online

    def bids(self, key: Key[Array, ""], obs: PyTree) -> Float[Array, " agents"]:
        """Every slot's bid at one observation, credits."""
        count = self.capacity // self.clones
        if self.clones == 1:
            each = jax.vmap(lambda a, k: a.bid(k, obs))(self.individuals, jax.random.split(key, count))
            self._check_bids(each.shape[1:])
            return each
        keys = jax.random.split(key, (count, self.clones))
        each = jax.vmap(lambda a, ks: jax.vmap(lambda k: a.bid(k, obs))(ks))(self.individuals, keys)
        self._check_bids(each.shape[2:])
        return each.reshape(-1)

    def _check_bids(self, axes: tuple[int, ...]) -> None:
        if axes:
            raise ValueError(
                f"{type(self.individuals).__name__}.bid: expected a scalar (credits) for one agent and one observation, "
                f"got axes {axes}; write bid for a single agent, the cohort maps it over the agents axis."
            )

    def expected_bids(self, obs: PyTree) -> Float[Array, " agents"]:
        """Every slot's bid without its randomness, credits."""
        return jnp.repeat(jax.vmap(lambda a: a.expected_bid(obs))(self.individuals), self.clones)

    def efforts(self, obs: PyTree) -> Float[Array, " agents"]:
        """Every slot's computing time at one observation, steps."""
        return jnp.repeat(jax.vmap(lambda a: a.effort(obs))(self.individuals), self.clones)

    def act(self, key: Key[Array, ""], obs: PyTree, slot: Int[Array, ""]) -> PyTree:
        """The action of one slot."""
        index = jnp.clip(slot // self.clones, 0, self.capacity // self.clones - 1)
        return jax.tree.map(lambda leaf: leaf[index], self.individuals).act(key, obs)

    def learn(self, key: Key[Array, ""], experience: Experience) -> Cohort:
        """Every individual learns from its own rows; leading axes of a row: `individuals samples`, obs: `samples`."""
        keys = jax.random.split(key, self.capacity // self.clones)
        axes = Experience._make([None, 0, 0, 0, 0, 0, None])
        individuals = jax.vmap(lambda a, k, e: a.learn(k, e), in_axes=(0, 0, axes))(self.individuals, keys, experience)
        return eqx.tree_at(lambda c: c.individuals, self, individuals)
