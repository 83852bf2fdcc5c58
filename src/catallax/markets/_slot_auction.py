"""A job shop whose jobs buy machine time: prices of every slot, plans of every job, and the schedule their wishes lead to."""

# no postponed annotations here: equinox must see the fields' types itself

from functools import partial
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from catallax.envs import JobShop


class SlotSale(NamedTuple):
    """How an auction of machine time went."""

    start: Int[np.ndarray, "jobs operations"]
    """The best schedule found, slots."""
    prices: Float[np.ndarray, "machines slots"]
    """Credits for a slot of a machine, in the round with the best bound; a credit is what one slot less is worth to the client."""
    bound: float
    """No schedule is shorter: the best that any round's prices proved, slots."""
    bounds: Float[np.ndarray, " rounds"]
    """What each round's prices proved."""
    makespans: Int[np.ndarray, " rounds"]
    """Length of the schedule that each round's wishes led to, slots."""


class SlotAuction(eqx.Module):
    """Each job books the slots it likes best at the round's prices, and slots that are booked more than once become dearer.

    The client pays a credit for each slot by which the last job is finished earlier, shared among the jobs by `l_a`, `sum_a l_a = 1`.
    A job's plan is `min l_a C_a + sum of the prices of its slots`, by dynamic programming over its own operations; then
    `p_mt <- max(0, p_mt + s (bookings_mt - 1))`, and shares follow completion times, `l <- l + s C` brought back to the simplex. It is a subgradient ascent of the
    Lagrangian dual, so that each round proves the bound `sum_a plan_a - sum p` (in single precision). Round n's step is that of Polyak (1969), `s = pace (L - bound) / |g|^2`,
    over `sqrt(1 + n / 100)`, with the length `L` that the jobs' first wishes lead to for the optimum.
    Whole operations are complements, so that prices that clear need not exist: the schedule is the best of those in which operations keep the order of some round's wishes.

    Args:
        rounds: of the auction.
        pace: share of Polyak's step, in (0, 2).

    Raises:
        ValueError: for rounds below 1 or a pace out of range.

    Source: Luh and Hoitomt (1993), Lagrangian relaxation of job shops; Kutanoglu and Wu (1999), as an auction.

    >>> from catallax.envs import JobShop
    >>> sale = SlotAuction(rounds=50).run(JobShop([[0, 1], [0, 1]], [[2, 1], [1, 2]]))
    >>> JobShop([[0, 1], [0, 1]], [[2, 1], [1, 2]]).makespan(sale.start)
    4
    """

    rounds: int = eqx.field(static=True, default=2_000)
    pace: float = 0.5

    def __check_init__(self) -> None:
        if self.rounds < 1 or not 0 < self.pace < 2:
            raise ValueError(
                f"SlotAuction: rounds must be at least 1 and pace in (0, 2), got {self.rounds} and {self.pace}."
            )

    def run(self, shop: JobShop) -> SlotSale:
        """All rounds, then the best schedule of all."""
        first = np.cumsum(shop.duration, axis=1) - shop.duration
        horizon = shop.makespan(shop.compact(first))
        prices, bounds, wishes = jax.device_get(
            _auction(self, jnp.asarray(shop.machine), jnp.asarray(shop.duration), shop.machines, horizon)
        )
        schedules = [shop.compact(wish) for wish in [first, *wishes]]
        makespans = np.array([shop.makespan(start) for start in schedules])
        best = int(np.argmax(bounds))
        return SlotSale(schedules[int(makespans.argmin())], prices[best], float(bounds[best]), bounds, makespans[1:])


@eqx.filter_jit
def _auction(
    auction: SlotAuction, machine: Int[Array, "jobs operations"], duration: Array, machines: int, horizon: int
) -> tuple[Array, Array, Array]:
    """Prices, bounds and wishes of every round."""
    jobs = machine.shape[0]

    def once(carry: tuple[Array, Array], number: Array) -> tuple[tuple[Array, Array], tuple[Array, Array, Array]]:
        prices, share = carry
        cost, start = jax.vmap(partial(_plan, prices))(machine, duration, share)
        bound = jnp.sum(cost) - jnp.sum(prices)
        slot = jnp.arange(horizon)[None, None, :]
        inside = (slot >= start[..., None]) & (slot < (start + duration)[..., None])
        booked = jnp.zeros((machines, horizon)).at[machine].add(inside.astype(prices.dtype))
        finish = (start[:, -1] + duration[:, -1]).astype(prices.dtype)
        # what moves prices below 0 counts for nothing
        excess = jnp.where((prices > 0) | (booked > 1), booked - 1, 0.0)
        late = finish - jnp.mean(finish)
        step = (
            auction.pace
            / jnp.sqrt(1 + number / 100)
            * (horizon - bound)
            / jnp.maximum(jnp.sum(excess**2) + jnp.sum(late**2), 1e-9)
        )
        after = jnp.maximum(prices + step * excess, 0.0), _simplex(share + step * late)
        return after, (prices, bound, start)

    begun = jnp.zeros((machines, horizon)), jnp.full(jobs, 1 / jobs)
    return jax.lax.scan(once, begun, jnp.arange(auction.rounds))[1]


def _plan(
    prices: Float[Array, "machines slots"],
    machine: Int[Array, " operations"],
    duration: Int[Array, " operations"],
    share: Float[Array, ""],
) -> tuple[Float[Array, ""], Int[Array, " operations"]]:
    """What one job's best plan costs it, and when its operations start."""
    horizon = prices.shape[1]
    slot = jnp.arange(horizon)
    paid = jnp.concatenate([jnp.zeros((prices.shape[0], 1)), jnp.cumsum(prices, axis=1)], axis=1)

    def forward(before: Array, operation: tuple[Array, Array]) -> tuple[Array, Array]:
        where, length = operation
        end = slot + length
        price = jnp.where(end <= horizon, paid[where, jnp.minimum(end, horizon)] - paid[where, slot], jnp.inf)
        so_far = price + before
        # the next one starts after the end: what it costs to be finished by each slot
        earliest = jax.lax.cummin(so_far)
        finished = jnp.where(slot >= length, earliest[jnp.maximum(slot - length, 0)], jnp.inf)
        return finished, so_far

    _, so_far = jax.lax.scan(forward, jnp.zeros(horizon), (machine, duration))
    last = so_far[-1] + share * (slot + duration[-1])

    def backward(limit: Array, operation: tuple[Array, Array]) -> tuple[Array, Array]:
        cost, before = operation
        start = jnp.argmin(jnp.where(slot <= limit, cost, jnp.inf)).astype(jnp.int32)
        return start - before, start

    previous = jnp.concatenate([jnp.zeros(1, duration.dtype), duration[:-1]])
    costs = so_far.at[-1].set(last)
    _, start = jax.lax.scan(
        backward, jnp.asarray(horizon, jnp.int32), (costs, previous.astype(jnp.int32)), reverse=True
    )
    return jnp.min(last), start


def _simplex(share: Float[Array, " jobs"]) -> Float[Array, " jobs"]:
    """The nearest shares that are at least 0 and add up to 1."""
    down = -jnp.sort(-share)
    over = (jnp.cumsum(down) - 1) / jnp.arange(1, share.shape[0] + 1)
    used = jnp.sum(down > over)
    return jnp.maximum(share - over[used - 1], 0.0)
