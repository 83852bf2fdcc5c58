"""What a budget means: a bound on the value that counts, a bound on spending, or money that must be spent."""

# no postponed annotations here: equinox must see the abstract methods' owner itself

import abc
from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

_NEAR = 1e-6


class AbstractCap(eqx.Module):
    """How wealth bounds what an agent asks for.

    For homogeneous valuations all of it lies in the pacing `beta_a`, the credits of money that a credit of value is worth to
    the agent: at prices `p` it is the cost of a credit of value, at most 1, and the equilibrium minimises
    `omega p + sum_a w_a h(beta_a)` over prices and pacings.
    """

    linear: ClassVar[bool] = False
    """Whether `cost` is linear in the pacing, so that a barrier must keep the pacing above 0."""
    paced: ClassVar[bool] = True
    """Whether a credit of money is worth keeping, so that the pacing is at most 1."""

    @abc.abstractmethod
    def utility(self, value: Float[Array, " agents"], budgets: Float[Array, " agents"]) -> Float[Array, " agents"]:
        """What a planner maximises the sum of, credits."""

    @abc.abstractmethod
    def cost(self, pacing: Float[Array, " agents"], budgets: Float[Array, " agents"]) -> Float[Array, " agents"]:
        """`max_u utility(u) - beta u`, so that `omega p + sum cost` bounds what any planner reaches."""

    @abc.abstractmethod
    def stake(self, value: Float[Array, " agents"], budgets: Float[Array, " agents"]) -> Float[Array, ""]:
        """Credits that gap and regret are a share of."""

    @abc.abstractmethod
    def level(
        self,
        unit_cost: Float[Array, " agents"],
        budgets: Float[Array, " agents"],
        free: Float[Array, " agents"],
        reach: Float[Array, " agents"],
    ) -> Float[Array, " agents"]:
        """How much of a homogeneous aggregate is bought at a unit cost.

        Args:
            unit_cost: credits per unit of the aggregate.
            budgets: credits.
            free: the best amount for somebody without a bound.
            reach: the amount whose value is the budget.
        """

    @abc.abstractmethod
    def regret(
        self,
        pacing: Float[Array, " agents"],
        value: Float[Array, " agents"],
        paid: Float[Array, " agents"],
        budgets: Float[Array, " agents"],
    ) -> Float[Array, " agents"]:
        """What each agent would gain by the best bundle, credits."""

    def bounds(
        self, value: Float[Array, " agents"], paid: Float[Array, " agents"], budgets: Float[Array, " agents"]
    ) -> Bool[Array, " agents"]:
        """Whom the budget holds back (default: who spent all of it but a millionth)."""
        return paid >= (1 - _NEAR) * budgets


class ValueCap(AbstractCap):
    """Value counts up to the wealth: `u = min(v(x), w) - p x`.

    It maximises `sum min(v_a(x_a), w_a)`. Where everybody reaches its wealth all prices are 0.

    Source: Pallavi Sudhir and Tran-Thanh (2025), Algorithm 2.
    """

    linear: ClassVar[bool] = True

    def utility(self, value: Float[Array, " agents"], budgets: Float[Array, " agents"]) -> Float[Array, " agents"]:
        return jnp.minimum(value, budgets)

    def cost(self, pacing: Float[Array, " agents"], budgets: Float[Array, " agents"]) -> Float[Array, " agents"]:
        return budgets * (1 - pacing)

    def stake(self, value: Float[Array, " agents"], budgets: Float[Array, " agents"]) -> Float[Array, ""]:
        return jnp.sum(self.utility(value, budgets))

    def level(
        self,
        unit_cost: Float[Array, " agents"],
        budgets: Float[Array, " agents"],
        free: Float[Array, " agents"],
        reach: Float[Array, " agents"],
    ) -> Float[Array, " agents"]:
        return jnp.minimum(free, reach)

    def regret(
        self,
        pacing: Float[Array, " agents"],
        value: Float[Array, " agents"],
        paid: Float[Array, " agents"],
        budgets: Float[Array, " agents"],
    ) -> Float[Array, " agents"]:
        return budgets * (1 - pacing) - (jnp.minimum(value, budgets) - paid)

    def bounds(
        self, value: Float[Array, " agents"], paid: Float[Array, " agents"], budgets: Float[Array, " agents"]
    ) -> Bool[Array, " agents"]:
        """Whose bundle would be worth more than counts."""
        return value >= (1 - _NEAR) * budgets


class SpendCap(AbstractCap):
    """Nobody spends more than its wealth, and what is left is worth as much: `u = v(x) - p x` subject to `p x <= w`.

    The quasi-linear Fisher market: it maximises `sum w_a log(u_a) - y_a` with `u_a = v_a(x_a) + y_a` and cash kept `y_a >= 0`.

    Source: Cole, Devanur, Gkatzelis, Jain, Mai, Vazirani and Yazdanbod (2017), quasi-linear Fisher program.
    """

    def utility(self, value: Float[Array, " agents"], budgets: Float[Array, " agents"]) -> Float[Array, " agents"]:
        total = jnp.maximum(value, budgets)  # cash is kept until the total is the budget
        return _xlog(budgets, total) - jnp.maximum(budgets - value, 0)

    def cost(self, pacing: Float[Array, " agents"], budgets: Float[Array, " agents"]) -> Float[Array, " agents"]:
        return _xlog(budgets, budgets / pacing) - budgets

    def stake(self, value: Float[Array, " agents"], budgets: Float[Array, " agents"]) -> Float[Array, ""]:
        return jnp.sum(budgets)

    def level(
        self,
        unit_cost: Float[Array, " agents"],
        budgets: Float[Array, " agents"],
        free: Float[Array, " agents"],
        reach: Float[Array, " agents"],
    ) -> Float[Array, " agents"]:
        return jnp.minimum(free, budgets / unit_cost)

    def regret(
        self,
        pacing: Float[Array, " agents"],
        value: Float[Array, " agents"],
        paid: Float[Array, " agents"],
        budgets: Float[Array, " agents"],
    ) -> Float[Array, " agents"]:
        # in money: a credit of value costs `pacing`
        return budgets * (1 - pacing) - pacing * (value - paid)


class FisherCap(AbstractCap):
    """Money is for spending alone: the most value for all of the wealth, `max v(x)` subject to `p x = w`.

    Maximises `sum w_a log v_a(x_a)`.

    Source: Eisenberg and Gale (1959).
    """

    paced: ClassVar[bool] = False

    def utility(self, value: Float[Array, " agents"], budgets: Float[Array, " agents"]) -> Float[Array, " agents"]:
        return _xlog(budgets, value)

    def cost(self, pacing: Float[Array, " agents"], budgets: Float[Array, " agents"]) -> Float[Array, " agents"]:
        return _xlog(budgets, budgets / pacing) - budgets

    def stake(self, value: Float[Array, " agents"], budgets: Float[Array, " agents"]) -> Float[Array, ""]:
        return jnp.sum(budgets)

    def level(
        self,
        unit_cost: Float[Array, " agents"],
        budgets: Float[Array, " agents"],
        free: Float[Array, " agents"],
        reach: Float[Array, " agents"],
    ) -> Float[Array, " agents"]:
        return budgets / unit_cost

    def regret(
        self,
        pacing: Float[Array, " agents"],
        value: Float[Array, " agents"],
        paid: Float[Array, " agents"],
        budgets: Float[Array, " agents"],
    ) -> Float[Array, " agents"]:
        return budgets - pacing * value


def _xlog(x: Array, y: Array) -> Array:
    """`x log y`, and 0 where `x` is."""
    return jnp.where(x > 0, x * jnp.log(jnp.where(x > 0, y, 1.0)), 0.0)
