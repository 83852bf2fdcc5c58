"""An economy of activities: what each makes of what, at which cost, and up to which level."""

# no postponed annotations here: equinox must see the fields' types itself

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Float


class ActivityPlan(NamedTuple):
    """Levels and prices, with a certificate that does not ask how they were found."""

    levels: Float[np.ndarray, " activities"]
    prices: Float[np.ndarray, " goods"]
    """Credits per unit."""
    welfare: float
    """What the levels are worth, credits: benefits less costs."""
    bound: float
    """No levels that need no more than there is are worth more, credits."""
    gap: float
    """`sum_k regret_k + sum_j p_j |excess_j|` as a share of the bound; 0, with no shortage, at an equilibrium alone."""
    shortage: float
    """Largest amount by which the levels need more of a good than there is, units; the gap does not see what is missing for nothing."""


class Activities(eqx.Module):
    """Activities that use some goods and make others, each run by an owner at a level of its own.

    Activity k at level z makes `z makes_kj` of good j (uses it where negative) and costs `cost_k z + slope_k z^2 / 2`, up to
    its capacity. Its owner needs to know the prices of the goods it touches alone; at prices p the best level is
    `(makes_k p - cost_k) / slope_k`, cut to `[0, capacity_k]`. Dated goods are goods, and so are rights.

    Raises:
        ValueError: for shapes that do not fit, costs that fall with the level, or a capacity that is no finite number >= 0.

    Source: Koopmans (1951), activity analysis.

    >>> plant_and_load = Activities([[1.0], [-1.0]], [2.0, -5.0], [0.0, 1.0], [10.0, 10.0], [0.0])
    >>> plant_and_load.best(jnp.array([3.0])).tolist(), plant_and_load.judged([2.0], [3.0, 3.0]).gap
    ([10.0, 2.0], 0.0)
    """

    makes: Float[Array, "activities goods"]
    """Units at level 1; negative: used."""
    cost: Float[Array, " activities"]
    """Credits for the first unit of the level; negative: a benefit."""
    slope: Float[Array, " activities"]
    """Credits by which each unit of the level costs more than the one before."""
    capacity: Float[Array, " activities"]
    """Highest level."""
    supply: Float[Array, " goods"]
    """Units that are there without any activity."""

    def __init__(self, makes: Any, cost: Any, slope: Any, capacity: Any, supply: Any) -> None:
        self.makes, self.cost, self.slope, self.capacity, self.supply = (
            jnp.asarray(given, jnp.result_type(float)) for given in (makes, cost, slope, capacity, supply)
        )

    def __check_init__(self) -> None:
        count, goods = self.makes.shape
        shapes = [given.shape for given in (self.cost, self.slope, self.capacity, self.supply)]
        if shapes != [(count,)] * 3 + [(goods,)]:
            raise ValueError(
                f"Activities: makes has {count} activities and {goods} goods, so cost, slope and capacity need the shape ({count},) "
                f"and supply ({goods},), got {shapes}."
            )
        if isinstance(self.makes, Tracer):
            return
        if not bool(jnp.all(self.slope >= 0)):
            raise ValueError(
                "Activities: slope must be at least 0; costs that fall with the level (a start-up cost, say) have no prices in general, see "
                "envs.Dispatch.commitment."
            )
        if not bool(jnp.all(jnp.isfinite(self.capacity) & (self.capacity >= 0))):
            raise ValueError("Activities: capacity must be finite and at least 0.")

    def value(self, levels: Float[Array, " activities"]) -> Float[Array, ""]:
        """Benefits less costs, credits."""
        return -jnp.sum(self.cost * levels + self.slope * levels**2 / 2)

    def margin(self, prices: Float[Array, " goods"]) -> Float[Array, " activities"]:
        """What the first unit of each level earns, credits."""
        return self.makes @ prices - self.cost

    def best(self, prices: Float[Array, " goods"]) -> Float[Array, " activities"]:
        """The level that each owner likes best; where many are equally good the highest."""
        margin = self.margin(prices)
        free = jnp.where(margin >= 0, jnp.inf, 0.0)
        inner = jnp.where(self.slope > 0, margin / jnp.where(self.slope > 0, self.slope, 1.0), free)
        return jnp.clip(inner, 0.0, self.capacity)

    def profits(
        self, prices: Float[Array, " goods"], levels: Float[Array, " activities"]
    ) -> Float[Array, " activities"]:
        """What each owner earns, credits."""
        return self.margin(prices) * levels - self.slope * levels**2 / 2

    def excess(self, levels: Float[Array, " activities"]) -> Float[Array, " goods"]:
        """What is left of each good, units; negative: missing."""
        return self.supply + levels @ self.makes

    def certificate(
        self, prices: Float[Array, " goods"], levels: Float[Array, " activities"]
    ) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """Bound and gap, see `ActivityPlan`; the bound is the dual's value, `D(p) = p supply + sum_k max_z profit_k(z, p)`."""
        most = self.profits(prices, self.best(prices))
        bound = prices @ self.supply + jnp.sum(most)
        missed = jnp.sum(most - self.profits(prices, levels)) + prices @ jnp.abs(self.excess(levels))
        return bound, missed / jnp.maximum(jnp.abs(bound), jnp.finfo(jnp.float32).tiny)

    def judged(self, prices: Any, levels: Any) -> ActivityPlan:
        """Levels and prices (axes `activities` and `goods`), wherever they come from, with the proof of how good they are; in double precision.

        Raises:
            ValueError: for prices below 0, which prove nothing, or levels outside `[0, capacity]`.
        """
        asked, posted = np.asarray(levels, float), np.asarray(prices, float)
        if asked.shape != self.cost.shape or not np.all((asked >= 0) & (asked <= np.asarray(self.capacity))):
            raise ValueError(
                f"Activities: {self.cost.size} levels must lie between 0 and their capacities, got {asked}."
            )
        if posted.shape != self.supply.shape or not np.all(posted >= 0):
            raise ValueError(f"Activities: {self.supply.size} prices must be at least 0, got {posted}.")
        with jax.enable_x64(True):
            found = _judged(*jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float64), (self, posted, asked)))
        welfare, bound, gap, missing = (float(number) for number in jax.device_get(found))
        return ActivityPlan(asked, posted, welfare, bound, gap, max(missing, 0.0))


@eqx.filter_jit
def _judged(activities: Activities, prices: Array, levels: Array) -> tuple[Array, Array, Array, Array]:
    missing = -jnp.min(activities.excess(levels))
    return activities.value(levels), *activities.certificate(prices, levels), missing
