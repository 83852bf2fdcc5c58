"""Independent demand schedules: every good is priced on its own, and agents work out themselves what it is worth beside the others."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from catallax.core import AbstractEquilibrium, AbstractValuation, Equilibrium
from catallax.equilibria._caps import AbstractCap, SpendCap, ValueCap
from catallax.equilibria._certificate import certify, cleared


class PerGood(AbstractEquilibrium):
    """Each good's price is where its own demand schedules add up to its supply.

    Agents expect a bundle `r_a` (an equal part of everything) and ask at the price `p_j` for what is best of good `j` if they get of the
    others what they expect: `x_aj(p_j)` with `d v_a / d x_j (x_aj, r_a without j) = p_j`. A schedule falls in its own price, so each price is
    the root of a monotone function. With `rounds` above 1 they then expect what they got, and the goods are priced again.

    Where goods neither help nor replace each other this is the joint equilibrium. Elsewhere it is not, and the gap tells by how much; what
    rounds come to rest at is the joint equilibrium of agents whose budgets do not bind, but they need not come to rest. A
    budget that is below what everything is worth is split over the goods, in proportion to what each is worth beside the
    expected others: no schedule sees what another spends.

    Source: an alternative to `Equ` of Pallavi Sudhir and Tran-Thanh (2025) in their notes; how agents marginalise is our reading.
    """

    tol: float = 1e-6
    """Largest gap that counts as solved; nothing is iterated for it."""
    rounds: int = eqx.field(static=True, default=1)
    """How often all goods are priced."""
    halvings: int = eqx.field(static=True, default=50)
    """Of the intervals in which prices and demands are sought."""

    def solve(
        self, valuation: AbstractValuation, supply: Float[Array, " goods"], budgets: Float[Array, " agents"], cap: Any
    ) -> Equilibrium:
        """See `AbstractEquilibrium.solve`; needs `ValueCap` or `SpendCap`.

        Raises:
            TypeError: for another cap: no good alone knows that money must be spent on another.
        """
        if not isinstance(cap, ValueCap | SpendCap):
            raise TypeError(f"PerGood: expected ValueCap or SpendCap, got {type(cap).__name__}.")

        def again(_: Any, last: tuple[Array, Array]) -> tuple[Array, Array]:
            return self.priced(Schedules(valuation, supply, budgets, cap, last[1]))

        equal = jnp.broadcast_to(supply / budgets.size, valuation.shape)
        prices, bundles = jax.lax.fori_loop(0, self.rounds, again, (jnp.zeros_like(supply), equal))
        return certify(valuation, supply, budgets, cap, prices, bundles, tol=self.tol, iterations=self.rounds)

    def priced(self, schedules: Schedules) -> tuple[Array, Array]:
        """Prices at which each good is sold, and who gets what."""
        supply, equal = schedules.supply, schedules.supply / schedules.budgets.size
        purses = schedules.purses()

        def ask(prices: Array) -> Array:
            """By halving: as much as is worth its price and within the purse."""

            def halve(_: Any, ends: tuple[Array, Array]) -> tuple[Array, Array]:
                less, more = ends
                middle = (less + more) / 2
                wanted = schedules.wanted(middle, prices, purses)
                return jnp.where(wanted, middle, less), jnp.where(wanted, more, middle)

            none = jnp.zeros(schedules.expected.shape, supply.dtype)
            less, more = jax.lax.fori_loop(0, self.halvings, halve, (none, none + supply[None, :]))
            return (less + more) / 2

        def halve(_: Any, ends: tuple[Array, Array]) -> tuple[Array, Array]:
            low, high = ends
            middle = (low + high) / 2
            scarce = jnp.sum(ask(middle), 0) > supply
            return jnp.where(scarce, middle, low), jnp.where(scarce, high, middle)

        # at this price nobody asks for more than an equal part
        dear = jnp.max(schedules.marginal(jnp.broadcast_to(equal, schedules.expected.shape)), 0)
        low, high = jax.lax.fori_loop(0, self.halvings, halve, (jnp.zeros_like(supply), dear))
        # where demand jumps at the price, as much of the jump as there is
        most, least = ask(low), ask(high)
        jump = jnp.sum(most - least, 0)
        share = jnp.clip((supply - jnp.sum(least, 0)) / jnp.where(jump > 0, jump, 1.0), 0, 1)
        return high, cleared(least + share[None, :] * (most - least), supply)


class Schedules(eqx.Module):
    """What each good is worth to each agent beside an expected bundle of the others."""

    valuation: AbstractValuation
    supply: Float[Array, " goods"]
    budgets: Float[Array, " agents"]
    cap: AbstractCap
    expected: Float[Array, "agents goods"]
    """Bundles."""

    def beside(self, amounts: Float[Array, "agents goods"]) -> Float[Array, "goods agents goods"]:
        """For each good, the expected bundles with the amount of this one."""
        here = jnp.eye(self.supply.size, dtype=bool)[:, None, :]
        return jnp.where(here, amounts.T[:, :, None], self.expected[None])

    def worth(self, amounts: Float[Array, "agents goods"]) -> Float[Array, "agents goods"]:
        """Credits that the expected bundle is worth with the amount of each good."""
        return jax.vmap(self.valuation.value)(self.beside(amounts)).T

    def marginal(self, amounts: Float[Array, "agents goods"]) -> Float[Array, "agents goods"]:
        """Credits per unit that a little more of each good is worth."""
        ways = jnp.broadcast_to(jnp.eye(self.supply.size)[:, None, :], (self.supply.size, *amounts.shape))
        ways = ways.astype(amounts.dtype)
        return jax.vmap(lambda x, way: jax.jvp(self.valuation.value, (x,), (way,))[1])(self.beside(amounts), ways).T

    def purses(self) -> Float[Array, "agents goods"]:
        """Credits for each good; infinite where the budget is no bound."""
        everything = jnp.broadcast_to(self.supply, self.expected.shape)
        gains = jnp.maximum(self.worth(everything) - self.worth(jnp.zeros_like(everything)), 0)
        total = jnp.sum(gains, 1, keepdims=True)
        purses = self.budgets[:, None] * gains / jnp.where(total > 0, total, 1.0)
        free = self.budgets * (1 + 1e-6) >= self.valuation.value(everything)
        return jnp.where(free[:, None], jnp.inf, purses)

    def wanted(self, amounts: Array, prices: Array, purses: Array) -> Array:
        """Whether a little more than these amounts is asked for at the prices."""
        worth_it = self.marginal(amounts) > prices[None, :]
        if self.cap.linear:
            spare = self.worth(amounts) - self.worth(jnp.zeros_like(amounts)) < purses
        else:
            spare = amounts * prices[None, :] < purses
        return worth_it & spare
