"""What an economy is made of: resources, firms, consumers, and blocks of many alike."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from catallax.markets.production.technologies import AbstractTechnology
from catallax.markets.production.utilities import AbstractUtility


class Resource(NamedTuple):
    """A node that is given goods every period and ships them on."""

    endowment: Any
    """Units of each good."""


class Firm(NamedTuple):
    """A node that makes goods out of goods."""

    technology: AbstractTechnology
    endowment: Any = 0.0
    """Units of each good, or a number for all."""
    utility: AbstractUtility | None = None
    """Its own, of inputs and outputs: costs and benefits that no other node bears."""
    routes: bool = True
    """False: its shares are not chosen but given, by chance say."""


class Consumer(NamedTuple):
    """A node that uses goods up."""

    utility: AbstractUtility
    weight: float = 1.0
    """Its weight in welfare (Negishi)."""
    endowment: Any = 0.0


class Many(NamedTuple):
    """Nodes that differ in numbers alone: every array has a leading axis of length `count`."""

    count: int
    technology: AbstractTechnology | None = None
    """Stacked; None: what comes in goes out."""
    utility: AbstractUtility | None = None
    """Stacked."""
    endowment: Any = 0.0
    weight: Any = 1.0
    routes: bool = True


Node = Resource | Firm | Consumer | Many


class Group(eqx.Module):
    """Parts of one kind, stacked."""

    members: Int[Array, " members"]
    """The nodes they belong to."""
    part: Any
    """Its arrays have the leading axis `members`."""

    def rows(self, at: Int[Array, " rows"]) -> Any:
        """The stacked parts at some positions; positions beyond the last give the last."""
        arrays, rest = eqx.partition(self.part, eqx.is_array)
        arrays = jax.tree.map(lambda leaf: leaf.at[at].get(mode="clip"), arrays)
        return eqx.combine(arrays, rest)


def blocks(nodes: Iterable[Any]) -> list[Many]:
    """Every node as a block."""
    found = []
    for number, node in enumerate(nodes):
        if isinstance(node, Many):
            if node.count < 1:
                raise ValueError(f"Economy: node {number} is Many of {node.count}; expected at least one.")
            found.append(node)
        elif isinstance(node, Resource):
            found.append(Many(1, None, None, node.endowment))
        elif isinstance(node, Firm):
            technology, utility = _lifted(node.technology), _lifted(node.utility)
            found.append(Many(1, technology, utility, node.endowment, 1.0, node.routes))
        elif isinstance(node, Consumer):
            found.append(Many(1, None, _lifted(node.utility), node.endowment, node.weight))
        else:
            raise TypeError(
                f"Economy: node {number} is a {type(node).__name__}; expected Resource, Firm, Consumer or Many."
            )
    return found


def _lifted(part: Any) -> Any:
    """A part as a stack of one."""
    return jax.tree.map(lambda leaf: np.asarray(leaf)[None] if eqx.is_array_like(leaf) else leaf, part)


def grouped(parts: list[tuple[np.ndarray, Any]]) -> tuple[Group, ...]:
    """One group for each kind of part, in the order of first appearance.

    Args:
        parts: nodes, and their parts, stacked.

    Raises:
        ValueError: if the leading axis of an array is not that of the nodes.
    """
    kinds: dict[Hashable, list[tuple[np.ndarray, Any]]] = {}
    for members, part in parts:
        leaves = jax.tree.leaves(eqx.filter(part, eqx.is_array_like))
        if any(np.shape(leaf)[:1] != (len(members),) for leaf in leaves):
            raise ValueError(
                f"Economy: a block of {len(members)} {type(part).__name__} has arrays with the axes "
                f"{[np.shape(leaf) for leaf in leaves]}; expected the leading axis {len(members)} in each."
            )
        kinds.setdefault(kind(part), []).append((members, part))
    return tuple(_joined(alike) for alike in kinds.values())


def kind(part: Any) -> Hashable:
    """Equal for stacks that differ in numbers, or in how many they are, alone."""
    arrays, rest = eqx.partition(part, eqx.is_array_like)
    leaves, tree = jax.tree.flatten(arrays)
    return tree, tuple(np.shape(leaf)[1:] for leaf in leaves), tuple(id(leaf) for leaf in jax.tree.leaves(rest))


def _joined(alike: list[tuple[np.ndarray, Any]]) -> Group:
    """Stacks of one kind as one."""

    def join(*leaves: Any) -> Any:
        if not eqx.is_array_like(leaves[0]):
            return leaves[0]
        rows = np.concatenate([np.asarray(leaf) for leaf in leaves])
        return jnp.asarray(rows, float if np.issubdtype(rows.dtype, np.floating) else None)

    members = np.concatenate([nodes for nodes, _ in alike])
    return Group(jnp.asarray(members, jnp.int32), jax.tree.map(join, *(part for _, part in alike)))
