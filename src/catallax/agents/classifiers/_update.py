"""How an action set learns from a payoff."""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from catallax.agents.classifiers._accuracy import AbstractAccuracy, PowerLaw
from catallax.agents.classifiers._rows import Classifiers


class Update(eqx.Module):
    """Moves error, prediction and niche size by `max(beta, 1 / experience)`, then fitness by `beta`.

    ```
    eps += rate (|T - p| - eps)     p += rate (T - p)     as += rate (sum of n - as)
    F   += beta (kappa n / sum of kappa n - F)            sums over the action set
    ```
    The first updates are plain averages (the *moyenne adaptative modifiée*).

    Source: Wilson (1995), recalled; the error before the prediction, as in Butz's program XCSJava. The description of Butz
    and Wilson (2001) is said, at second hand, to move the prediction first.
    """

    rate: float = 0.2
    """`beta`."""
    accuracy: AbstractAccuracy = PowerLaw()

    def __check_init__(self) -> None:
        if isinstance(self.rate, float | int) and not 0 < self.rate <= 1:
            raise ValueError(f"Update: rate must lie in (0, 1], got {self.rate}.")

    def shares(self, error: Float[Array, " rows"], copies: Float[Array, " rows"]) -> Float[Array, " rows"]:
        """`kappa n / sum of kappa n`, measured from the most accurate rule: every kappa may be too small for a `float32`."""
        logarithm = self.accuracy.logarithm(error)
        best = jnp.max(jnp.where(copies > 0, logarithm, -jnp.inf), initial=-jnp.finfo(jnp.float32).max)
        accuracy = copies * jnp.exp2(jnp.minimum(logarithm - best, 0.0))
        return accuracy / jnp.maximum(jnp.sum(accuracy), 1.0)

    def __call__(self, rules: Classifiers, chosen: Bool[Array, " rows"], target: Float[Array, ""]) -> Classifiers:
        """The rules after the action set has seen a payoff.

        Args:
            rules: all rows.
            chosen: the action set.
            target: payoff, in units of reward.
        """
        experience = rules.experience + chosen.astype(jnp.int32)
        rate = jnp.maximum(self.rate, 1.0 / jnp.maximum(experience, 1).astype(jnp.float32))
        copies = jnp.where(chosen, rules.numerosity, 0).astype(jnp.float32)

        def moved(old: Float[Array, " rows"], rate: Array | float, goal: Array) -> Float[Array, " rows"]:
            # a choice and no rate of 0, which would let NaN into every row
            return jnp.where(chosen, old + rate * (goal - old), old)

        error = moved(rules.error, rate, jnp.abs(target - rules.prediction))
        return rules._replace(
            experience=experience,
            error=error,
            prediction=moved(rules.prediction, rate, target),
            niche=moved(rules.niche, rate, jnp.sum(copies)),
            fitness=moved(rules.fitness, self.rate, self.shares(error, copies)),
        )
