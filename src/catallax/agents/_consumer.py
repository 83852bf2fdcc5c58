"""Consumers: accounts that pay for the states they like."""

from __future__ import annotations

from collections.abc import Callable

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PyTree

from catallax.agents._settings import at_least, share
from catallax.core import AbstractConsumer, Step


class Subscriber(AbstractConsumer):
    """Pays for every state that is reached: `min(value(obs), pace * wealth)`.

    The pace makes a budget last: it spends a share of what it has. With equal
    wishes, incomes of 3 : 1 make the market serve two subscribers 3 : 1, since
    in the long run everyone spends its income at the common price.

    Source: Pallavi Sudhir and Tran-Thanh (2025), consumers in place of the reward.
    """

    wealth: float
    income: float
    worth: Callable[[PyTree], Float[Array, ""]] = eqx.field(static=True)
    """`obs -> credits`, traceable, never negative."""
    pace: float = 1.0
    """Largest share of its wealth one state may cost."""

    def __check_init__(self) -> None:
        at_least("Subscriber", 0, wealth=self.wealth, income=self.income)
        share("Subscriber", pace=self.pace)

    def value(self, obs: PyTree, wealth: Float[Array, ""], delivered: Bool[Array, ""]) -> Float[Array, ""]:
        """What it pays, credits."""
        return jnp.minimum(self.worth(obs), self.pace * wealth)


class Patron(AbstractConsumer):
    """Pays for a state a share of its purse, in proportion to how much it likes it: `pace * likes[obs] * wealth`.

    In the long run everyone spends its income, whatever the scale of its likes; tables of several patrons can be a `vmap`.

    Source: Pallavi Sudhir and Tran-Thanh (2025), consumers in place of the reward.
    """

    wealth: float | Float[Array, ""]
    income: float | Float[Array, ""]
    likes: Float[Array, " observations"]
    """How much it likes each observation of a discrete world, 0 or more; what it pays is never more than its purse."""
    pace: float = 1.0
    """Share of its wealth that a state costs at most that is liked by 1."""

    def __check_init__(self) -> None:
        share("Patron", pace=self.pace)

    def value(self, obs: PyTree, wealth: Float[Array, ""], delivered: Bool[Array, ""]) -> Float[Array, ""]:
        """What it pays, credits."""
        return jnp.clip(self.pace * self.likes[obs], 0.0, 1.0) * wealth


class Buyer(AbstractConsumer):
    """Pays only for the state in which a world is delivered, that is terminates.

    With `envs.Stoppable` an agent decides when to sell to the consumer and stop.
    """

    wealth: float
    income: float
    worth: Callable[[PyTree], Float[Array, ""]] = eqx.field(static=True)
    """`obs -> credits`, traceable, never negative."""
    pace: float = 1.0
    """Largest share of its wealth one delivery may cost."""

    def __check_init__(self) -> None:
        at_least("Buyer", 0, wealth=self.wealth, income=self.income)
        share("Buyer", pace=self.pace)

    def value(self, obs: PyTree, wealth: Float[Array, ""], delivered: Bool[Array, ""]) -> Float[Array, ""]:
        """What it pays, credits."""
        return jnp.where(delivered, jnp.minimum(self.worth(obs), self.pace * wealth), 0.0)


class ObjectiveBuyer(AbstractConsumer):
    """Pays for one objective of a world that has several: `price (amount + lift - discount lift)`, and `price (amount + lift)` on delivery.

    Looks at `info["objectives"]` of a step. Nobody pays less than nothing, so an objective of losses is lifted: every value of it rises by the constant
    `lift`, which changes no policy (as in `envs.Shifted`). With a loss of 1 a tick, `lift = 1 / (1 - discount)` makes it a payment for
    an early end. The prices of several buyers are the weights of their objectives; where a purse is short, wealth is.

    Source: Pallavi Sudhir and Tran-Thanh (2025), consumers in place of the reward; Ng, Harada and Russell (1999).
    """

    wealth: float
    income: float
    objective: int = eqx.field(static=True)
    """Its number, from 0."""
    price: float | Float[Array, ""] = 1.0
    """Credits per unit."""
    lift: float = 0.0
    """Units."""
    discount: float = 1.0
    """Of the world."""
    pace: float = 1.0
    """Largest share of its wealth one step may cost."""

    def __check_init__(self) -> None:
        at_least("ObjectiveBuyer", 0, wealth=self.wealth, income=self.income, price=self.price, lift=self.lift)
        share("ObjectiveBuyer", discount=self.discount, pace=self.pace)
        if self.objective < 0:
            raise ValueError(f"ObjectiveBuyer: objectives are numbered from 0, got {self.objective}.")

    def seen(self, step: Step) -> Float[Array, " instances"]:
        """The amount of its objective."""
        if "objectives" not in step.info:
            raise ValueError(
                'ObjectiveBuyer: the world says nothing of objectives; expected info["objectives"] in its steps, as of envs.Objectives or '
                "a Gymnasium world with a vector for a reward."
            )
        return step.info["objectives"][..., self.objective]

    def value(self, obs: Float[Array, ""], wealth: Float[Array, ""], delivered: Bool[Array, ""]) -> Float[Array, ""]:
        """What it pays, credits."""
        units = obs + self.lift - jnp.where(delivered, 0.0, self.discount * self.lift)
        # what is left of a loss that the lift makes good is rounding
        rounded = jnp.where(jnp.abs(units) <= 1e-6 * (1 + self.lift), 0.0, units)
        return jnp.minimum(self.price * rounded, self.pace * wealth)
