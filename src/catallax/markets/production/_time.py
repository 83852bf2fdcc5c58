"""A cycle unrolled in time: what one period makes is used in the next."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from catallax.markets.production._economy import Economy
from catallax.markets.production._levels import levels
from catallax.markets.production._nodes import Group


def unroll(economy: Economy, periods: int, discount: float = 1.0) -> Economy:
    """The economy of all nodes in all periods; what node i ships in period t arrives at j in t + 1.

    It has no cycle, whatever grows. Endowments come and utility counts in every period. Node i of period t has the number
    `t nodes + i`, and edges are numbered alike, so `jnp.tile(shares, (periods - 1, 1))` are the old shares at all times.

    Args:
        economy: with or without cycles.
        periods: at least 2.
        discount: of utility and costs of transport, per period.

    Raises:
        ValueError: for fewer than 2 periods.
    """
    if periods < 2:
        raise ValueError(f"unroll: expected at least 2 periods, got {periods}.")
    nodes, trips = economy.nodes, periods - 1

    def again(leaf: Any) -> Any:
        return jnp.tile(leaf, (periods,) + (1,) * (leaf.ndim - 1)) if eqx.is_array(leaf) else leaf

    def later(numbers: Any, times: int) -> np.ndarray:
        return (np.asarray(numbers)[None, :] + nodes * np.arange(times)[:, None]).reshape(-1)

    def copies(groups: tuple[Group, ...]) -> tuple[Group, ...]:
        return tuple(
            Group(jnp.asarray(later(g.members, periods), jnp.int32), jax.tree.map(again, g.part)) for g in groups
        )

    fade = jnp.repeat(discount ** jnp.arange(periods), nodes)
    source, target = later(economy.source, trips), later(economy.target, trips) + nodes
    technologies = copies(economy.technologies)
    worth = jnp.repeat(discount ** jnp.arange(1, periods), economy.source.size)[:, None]
    changed = {
        "technologies": technologies,
        "utilities": copies(economy.utilities),
        "endowment": again(economy.endowment),
        "weight": again(economy.weight) * fade,
        "source": jnp.asarray(source, jnp.int32),
        "target": jnp.asarray(target, jnp.int32),
        "carries": jnp.tile(economy.carries, (trips, 1)),
        "transport": jnp.tile(economy.transport, (trips, 1)) * worth,
        "chosen": again(economy.chosen),
        "levels": levels([np.asarray(group.members) for group in technologies], source, target),
    }
    return eqx.tree_at(
        lambda e: [getattr(e, name) for name in changed], economy, list(changed.values()), is_leaf=lambda x: x is None
    )
