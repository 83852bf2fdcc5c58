"""Prices of an economy of activities, found by owners who see nothing but the prices of their own goods."""

# no postponed annotations here: equinox must see the fields' types itself

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from catallax.core import Activities, ActivityPlan

_EVERY = 200
"""Rounds between looks at the certificate."""


class Round(NamedTuple):
    """Where the market stands."""

    levels: Float[Array, " activities"]
    prices: Float[Array, " goods"]
    number: Int[Array, ""]


class ActivityMarket(eqx.Module):
    """Owners move their levels towards what pays, prices follow what is missing; nobody trades before both rest.

    `z_k <- argmax profit_k(z, p) - (z - z_k)^2 / (2 t_k)`, which is `(z_k + t_k margin_k) / (1 + t_k slope_k)` cut to
    `[0, capacity_k]`, and `p_j <- max(0, p_j - s_j excess_j(2 z' - z))`. An owner needs its own prices alone, and a good's price
    the excess of that good alone; steps are `t_k = 1 / (w sum_j |makes_kj|)` and `s_j = w / sum_k |makes_kj|`. It is a
    tâtonnement in which levels are inert and prices look one step ahead, so that it also rests where costs are linear and best levels jump.

    Args:
        tol: gap at which it stops, and shortage, as a share of what there would be of a good at full capacities.
        rounds: limit.
        weight: `w`, credits per unit of a level; by default the largest cost by the largest capacity.

    Raises:
        ValueError: for a tolerance, limit or weight that is not above 0.

    Source: Chambolle and Pock (2011), algorithm 1; the steps are those of Pock and Chambolle (2011).

    >>> plant_and_load = Activities([[1.0], [-1.0]], [2.0, -5.0], [0.0, 1.0], [10.0, 10.0], [0.0])
    >>> found = ActivityMarket().solve(plant_and_load)
    >>> found.prices.round(3).tolist(), found.levels.round(3).tolist()
    ([2.0], [3.0, 3.0])
    """

    tol: float = 1e-6
    rounds: int = eqx.field(static=True, default=200_000)
    weight: float | None = None

    def __check_init__(self) -> None:
        given = (self.tol, self.rounds, 1.0 if self.weight is None else self.weight)
        if any(isinstance(number, float | int) and not number > 0 for number in given):
            raise ValueError(f"ActivityMarket: tol, rounds and weight must be above 0, got {given}.")

    def solve(self, activities: Activities) -> ActivityPlan:
        """Levels and prices in double precision; the certificate says how near they are to an equilibrium."""
        with jax.enable_x64(True):
            wide = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float64), activities)
            ended = jax.device_get(_run(self, wide))
        return activities.judged(ended.prices, ended.levels)


@eqx.filter_jit
def _run(market: ActivityMarket, activities: Activities) -> Round:
    makes = jnp.abs(activities.makes)
    largest = jnp.max(jnp.abs(activities.cost)) / jnp.maximum(jnp.max(activities.capacity), 1e-9)
    weight = largest if market.weight is None else market.weight
    inertia = 1 / (weight * jnp.maximum(jnp.sum(makes, axis=1), 1e-9))
    step = weight / jnp.maximum(jnp.sum(makes, axis=0), 1e-9)

    def once(now: Round, _: None) -> tuple[Round, None]:
        asked = now.levels + inertia * activities.margin(now.prices)
        levels = jnp.clip(asked / (1 + inertia * activities.slope), 0.0, activities.capacity)
        ahead = activities.excess(2 * levels - now.levels)
        return Round(levels, jnp.maximum(now.prices - step * ahead, 0.0), now.number + 1), None

    most = activities.supply + activities.capacity @ makes

    def going(now: Round) -> Array:
        gap = activities.certificate(now.prices, now.levels)[1]
        missing = jnp.max(-activities.excess(now.levels) / jnp.maximum(most, 1e-9))
        return (now.number < market.rounds) & (jnp.maximum(gap, missing) > market.tol)

    def some(now: Round) -> Round:
        return jax.lax.scan(once, now, length=_EVERY)[0]

    start = Round(jnp.zeros_like(activities.cost), jnp.zeros_like(activities.supply), jnp.zeros((), jnp.int32))
    return jax.lax.while_loop(going, some, start)
