"""Where each part of a market lives on a mesh with axes `agents` and `instances`."""

from __future__ import annotations

from typing import TypeVar

import jax
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec
from jaxtyping import PyTree

from catallax.markets._state import MarketState

_BY_INSTANCE = ("world", "obs", "owner", "closing", "present", "pending", "episode_return", "episode_length")


def make_mesh(agents: int = 1, instances: int = 1) -> Mesh:
    """A mesh over `agents * instances` devices, of all processes.

    Raises:
        ValueError: if there are fewer devices.

    >>> make_mesh().shape["instances"]
    1
    """
    wanted, there = agents * instances, len(jax.devices())
    if wanted > there:
        raise ValueError(
            f"make_mesh: agents x instances = {agents} x {instances} needs {wanted} devices, {there} are there; "
            "on a CPU, set XLA_FLAGS=--xla_force_host_platform_device_count before JAX starts."
        )
    # the compiler may choose the layout of intermediate values: parts need not know about the mesh
    kinds = (AxisType.Auto, AxisType.Auto)
    return jax.make_mesh((agents, instances), ("agents", "instances"), kinds, devices=jax.devices()[:wanted])


def layout(mesh: Mesh, state: MarketState) -> MarketState:
    """The sharding of every leaf of a state.

    Worlds, owners and pending sales are split over `instances`, populations and
    accounts over `agents`; single figures are on every device. An axis that the
    mesh does not divide evenly stays whole.
    """

    def whole(tree: PyTree) -> PyTree:
        return jax.tree.map(lambda _: NamedSharding(mesh, PartitionSpec()), tree)

    def split(tree: PyTree, axis: str, size: int) -> PyTree:
        def place(leaf: jax.Array) -> NamedSharding:
            fits = leaf.ndim > 0 and leaf.shape[0] == size and size % mesh.shape[axis] == 0
            return NamedSharding(mesh, PartitionSpec(axis) if fits else PartitionSpec())

        return jax.tree.map(place, tree)

    agents, instances = state.lives.born.shape[0], state.owner.shape[0]
    parts = {name: split(getattr(state, name), "instances", instances) for name in _BY_INSTANCE}
    cohorts = tuple(split(c, "agents", c.capacity) for c in state.cohorts)
    return whole(state)._replace(
        **parts,
        cohorts=cohorts,
        ledger=split(state.ledger, "agents", agents),
        lives=split(state.lives, "agents", agents),
        tally=split(state.tally, "instances", instances),
    )


def shard(mesh: Mesh, state: MarketState) -> MarketState:
    """The same state, spread over the mesh."""
    return jax.tree.map(jax.device_put, state, layout(mesh, state))


def gather(tree: PyTree) -> PyTree:
    """The same arrays, readable by this process: those spread over several processes become whole local copies.

    Every process must call it at the same point. Arrays that can be read already
    are handed back as they are; the others take the memory of one whole copy.
    """

    def whole(leaf: jax.Array) -> jax.Array:
        sharding = leaf.sharding
        if leaf.is_fully_addressable or not isinstance(sharding, NamedSharding):
            return leaf
        everywhere = NamedSharding(sharding.mesh, PartitionSpec())
        # a local array, so that one process may go on with it alone
        return jax.device_put(leaf, everywhere).addressable_data(0)

    return jax.tree.map(whole, tree)


T = TypeVar("T")


def on_every_device(tree: T) -> T:
    """Whole on every device, for float sums whose result must not depend on how many devices share the work."""
    if jax.sharding.get_abstract_mesh().empty:
        return tree
    return jax.lax.with_sharding_constraint(tree, jax.sharding.PartitionSpec())
