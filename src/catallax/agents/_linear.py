"""Linear agents: a valuation linear in the observation."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key, PyTree

from catallax.agents._features import encoder, features
from catallax.core import AbstractAgent, AbstractEnv, Cohort, Discrete, Experience


class Linear(AbstractAgent):
    """Bids `max(w . phi(obs), 0)`, phi the observation with a constant 1.

    Winners move by normalised least mean squares,
    `w <- w + step * mean over wins of (revenue - w . phi) phi / |phi|^2`.

    Source: Widrow and Hoff (1960) for the rule.
    """

    weights: Float[Array, " features"]
    action: Int[Array, ""]
    step: Float[Array, ""]
    """Step size, in (0, 2)."""
    encode: str = eqx.field(static=True)
    width: int = eqx.field(static=True)

    def _phi(self, obs: PyTree) -> Float[Array, " features"]:
        return jnp.append(features(self.encode, self.width, obs), 1.0)

    def bid(self, key: Key[Array, ""], obs: PyTree) -> Float[Array, ""]:
        """Its valuation, at least 0, credits."""
        return jnp.maximum(self.weights @ self._phi(obs), 0.0)

    def act(self, key: Key[Array, ""], obs: PyTree) -> Int[Array, ""]:
        """Its one action."""
        return self.action

    def learn(self, key: Key[Array, ""], experience: Experience) -> Linear:
        """Move the weights towards what the worlds it owned brought."""
        phi = jax.vmap(self._phi)(experience.obs)
        rows = experience.won & experience.valid
        error = jnp.where(rows, experience.reward + experience.resale - phi @ self.weights, 0.0)
        change = (error / jnp.sum(phi**2, axis=1)) @ phi / jnp.maximum(jnp.sum(rows), 1)
        return eqx.tree_at(lambda a: a.weights, self, self.weights + self.step * change)

    @classmethod
    def society(
        cls,
        env: AbstractEnv,
        *,
        clones: int = 2,
        initial_bid: float = 1.0,
        step: float = 0.1,
        endowment: float = 100.0,
    ) -> Cohort:
        """One primitive per action; every valuation starts at `initial_bid` credits.

        Raises:
            ValueError: if the actions are not `Discrete`.
        """
        if not isinstance(env.action_space, Discrete):
            raise ValueError(f"Linear.society: needs Discrete actions, {type(env).__name__} has {env.action_space}.")
        encode, width = encoder(env.observation_space)
        weights = jnp.zeros(width + 1).at[-1].set(initial_bid)
        individuals = [
            cls(weights, jnp.asarray(a, jnp.int32), jnp.asarray(step, jnp.float32), encode, width)
            for a in range(env.action_space.n)
        ]
        return Cohort.stack(individuals, clones=clones, endowment=endowment)
