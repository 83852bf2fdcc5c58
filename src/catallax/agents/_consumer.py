"""Consumers: accounts that pay for the states they like."""

from __future__ import annotations

from collections.abc import Callable

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PyTree

from catallax.agents._settings import at_least, share
from catallax.core import AbstractConsumer


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
