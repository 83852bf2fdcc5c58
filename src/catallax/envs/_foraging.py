"""Foraging: bodies in regions of their own gather what consumers want."""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from catallax.core import AbstractEnv, AbstractGoodsWorld, Discrete, Step
from catallax.envs._supply_chain import SupplyChain

_MOVES = np.array([[-1, 0], [1, 0], [0, -1], [0, 1]])


class BodyState(NamedTuple):
    """One body."""

    region: Int[Array, ""]
    place: Int[Array, ""]
    """Cell, row by row; the depot is cell 0."""
    load: Int[Array, ""]
    """What it carries: 0 nothing, k the (k - 1)th resource."""


class Body(AbstractEnv):
    """The private world of one body: it walks its region, gathers and delivers.

    Actions: up, down, left, right, work. Work gathers where a resource lies and the hands are free, and delivers at the
    depot, which makes one unit of the resource (`info["made"]`) and pays `payoff` of it. What lies grows back at once.
    """

    places: Int[Array, "regions resources"]
    """Where each resource lies in each region."""
    payoff: Float[Array, " resources"]
    """Credits that the world pays for a unit delivered."""
    side: int = eqx.field(static=True)
    discount: float

    def __init__(self, places: Any, payoff: Any, side: int, discount: float = 0.95) -> None:
        self.places, self.payoff = jnp.asarray(places, jnp.int32), jnp.asarray(payoff)
        self.side, self.discount = side, discount

    @property
    def resources(self) -> int:
        """How many kinds of things lie about."""
        return self.places.shape[1]

    @property
    def observation_space(self) -> Discrete:
        """Region, cell and load."""
        return Discrete(self.places.shape[0] * self.side**2 * (self.resources + 1))

    @property
    def action_space(self) -> Discrete:
        """Four moves and work."""
        return Discrete(5)

    def observe(self, state: BodyState) -> Int[Array, ""]:
        """The number of the state."""
        return (state.region * self.side**2 + state.place) * (self.resources + 1) + state.load

    def reset(self, key: Key[Array, ""]) -> tuple[BodyState, Int[Array, ""]]:
        """At the depot of a region drawn at random."""
        region = jax.random.randint(key, (), 0, self.places.shape[0], jnp.int32)
        return self._at_depot(region)

    def reset_many(self, keys: Key[Array, " bodies"]) -> tuple[BodyState, Int[Array, " bodies"]]:
        """Body k in region k, from the first again where there are more."""
        regions = jnp.arange(keys.shape[0], dtype=jnp.int32) % self.places.shape[0]
        return jax.vmap(self._at_depot)(regions)

    def _at_depot(self, region: Int[Array, ""]) -> tuple[BodyState, Int[Array, ""]]:
        zero = jnp.zeros((), jnp.int32)
        state = BodyState(region.astype(jnp.int32), zero, zero)
        return state, self.observe(state)

    def step(self, key: Key[Array, ""], state: BodyState, action: Int[Array, ""]) -> Step:
        """Walk or work."""
        row, column = state.place // self.side, state.place % self.side
        move = jnp.asarray(np.vstack([_MOVES, [[0, 0]]]), jnp.int32)[action]
        place = jnp.clip(row + move[0], 0, self.side - 1) * self.side + jnp.clip(column + move[1], 0, self.side - 1)
        work = action == 4
        lies = self.places[state.region] == state.place
        found = jnp.where(jnp.any(lies), jnp.argmax(lies).astype(jnp.int32) + 1, 0)
        delivers = work & (state.place == 0) & (state.load > 0)
        load = jnp.where(delivers, 0, jnp.where(work & (state.load == 0), found, state.load))
        after = BodyState(state.region, place.astype(jnp.int32), load.astype(jnp.int32))
        kinds = jnp.arange(self.resources, dtype=jnp.int32)
        made = jnp.where(delivers & (kinds == state.load - 1), 1.0, 0.0)
        reward = jnp.sum(made * self.payoff)
        off = jnp.asarray(False)
        return Step(after, self.observe(after), reward, off, off, {"made": made})


class Foraging(AbstractGoodsWorld):
    """Bodies gather resources that consumers want.

    Each body has a region of its own, so that what is done with one never reaches another: rights to bodies are goods that cannot be divided,
    resources goods that can. Resources lie at different distances in different regions, so that it pays to specialise.

    Args:
        places: where each resource lies in each region, cells counted row by row from the depot, 0; axes `regions resources`.
        side: of each square region.
        discount: of what comes a tick later.

    Raises:
        ValueError: for a place outside its region or at the depot, or two resources in one place.

    >>> world = Foraging([[1, 8], [8, 1]], side=3)
    >>> world.rights, world.goods
    (2, 2)
    """

    right: Body
    rights: int = eqx.field(static=True)
    goods: int = eqx.field(static=True)

    def __init__(self, places: Any, side: int = 3, discount: float = 0.95) -> None:
        where = np.asarray(places)
        if where.ndim != 2 or where.dtype.kind != "i" or not ((where > 0) & (where < side**2)).all():
            raise ValueError(
                f"Foraging: places must be cells 1 to {side**2 - 1} with the axes regions and resources, got {where.tolist()}."
            )
        if any(len(set(row)) < len(row) for row in where.tolist()):
            raise ValueError(f"Foraging: two resources lie in one place of a region, got {where.tolist()}.")
        self.rights, self.goods = where.shape
        self.right = Body(where, jnp.zeros(self.goods), side, discount)

    @classmethod
    def far_and_near(cls, regions: int, side: int = 3) -> Foraging:
        """Two resources, one a step from the depot and one in the far corner, the other way round in every other region."""
        corner = side**2 - 1
        return cls([[1, corner] if region % 2 == 0 else [corner, 1] for region in range(regions)], side)

    @property
    def keeps(self) -> Float[Array, " goods"]:
        """Nothing perishes."""
        return jnp.ones(self.goods)

    def inflow(self, key: Key[Array, ""], tick: Int[Array, ""]) -> Float[Array, " goods"]:
        """Nothing comes by itself."""
        return jnp.zeros(self.goods)

    def transform(self, key: Any, bundle: Float[Array, " goods"], plan: Any) -> Float[Array, " goods"]:
        """Nothing is made of resources."""
        return bundle

    @property
    def rates(self) -> Float[np.ndarray, "regions resources"]:
        """Units that a body delivers each tick if it gathers one resource alone: there, work, back, work."""
        cells = np.asarray(self.right.places)
        steps = cells // self.right.side + cells % self.right.side
        return 1.0 / (2.0 * steps + 2.0)

    def steady_state(self, income: Float[np.ndarray, " goods"]) -> Float[np.ndarray, " goods"]:
        """Units each tick that a planner gets out of all bodies, `max sum_j I_j log y_j`.

        The bodies' time is a good that perishes, and gathering one resource in one region a technique.

        >>> Foraging.far_and_near(2).steady_state(np.ones(2)).round(4).tolist()
        [0.25, 0.25]
        """
        regions, resources = self.rates.shape
        goods = regions + resources
        inputs, outputs = (np.zeros((regions * resources, goods)) for _ in range(2))
        for technique, (region, resource) in enumerate(np.ndindex(regions, resources)):
            inputs[technique, region] = 1.0
            outputs[technique, regions + resource] = self.rates[region, resource]
        planned = SupplyChain(inputs, outputs, [1.0] * regions + [0.0] * resources, [0.0] * goods)
        return planned.steady_state(np.concatenate([np.zeros(regions), income])).consumed[regions:]


class TakingTurns(AbstractEnv):
    """A foraging world for a deep market: one owner of everything, which moves one body a tick.

    The world pays for what is delivered, and then it is the next body's turn; seen is the body whose turn it is.
    """

    right: Body
    bodies: int = eqx.field(static=True)
    discount: float = 0.95

    @property
    def observation_space(self) -> Discrete:
        """What the body sees."""
        return self.right.observation_space

    @property
    def action_space(self) -> Discrete:
        """The body's."""
        return self.right.action_space

    def _observe(self, state: tuple[BodyState, Int[Array, ""]]) -> Int[Array, ""]:
        bodies, turn = state
        return self.right.observe(jax.tree.map(lambda x: x[turn], bodies))

    def reset(self, key: Key[Array, ""]) -> tuple[tuple[BodyState, Int[Array, ""]], Int[Array, ""]]:
        """All bodies at their depots."""
        bodies, _ = self.right.reset_many(jax.random.split(key, self.bodies))
        state = bodies, jnp.zeros((), jnp.int32)
        return state, self._observe(state)

    def step(self, key: Key[Array, ""], state: tuple[BodyState, Int[Array, ""]], action: Int[Array, ""]) -> Step:
        """Move the body whose turn it is."""
        bodies, turn = state
        done = self.right.step(key, jax.tree.map(lambda x: x[turn], bodies), action)
        bodies = jax.tree.map(lambda new, all_: all_.at[turn].set(new), done.state, bodies)
        # were the turn to pass on every tick, nobody would be paid for the way to a place where there is something to gain
        delivered = jnp.any(done.info["made"] > 0)
        after = bodies, jnp.where(delivered, (turn + 1) % self.bodies, turn)
        return Step(after, self._observe(after), done.reward, done.terminated, done.truncated, done.info)
