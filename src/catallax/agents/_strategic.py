"""Strategic agents: learned valuations, and bids that need not be honest."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key

from catallax.agents._tabular import Tabular
from catallax.core import ABSTAIN, AbstractAgent, Experience


class Strategic(AbstractAgent):
    """Learns what winning is worth as `Tabular` does, and bids `max(reserve, (1 + markup) q(o) / (1 + tax) + noise e)`, e ~ N(0, 1).

    With markup, reserve and noise 0 it is honest. A markup overbids (below 0: shades), a
    reserve is what an owner asks at least, since who owns the world and outbids the others keeps
    it and pays itself; noise is a private error of the moment. Who knows that it pays a tax on its
    own bid (`levies.Harberger`) bids what leaves it nothing if it must also pay the bid itself:
    `b + tax b = q`.

    Source: overpricing by those who err most and may resell: Harrison and Kreps (1978); a reserve
    above the owner's value: Myerson (1981); a tax on it: Posner and Weyl (2017).
    """

    tabular: Tabular
    open: Bool[Array, " obs"]
    """Where it takes part."""
    markup: Float[Array, ""]
    """Share of its valuation, above -1."""
    reserve: Float[Array, ""]
    """Credits."""
    noise: Float[Array, ""]
    """Standard deviation, credits."""
    tax: Float[Array, ""]
    """Share of its bid that it knows it must pay when it wins."""

    def bid(self, key: Key[Array, ""], obs: Int[Array, ""]) -> Float[Array, ""]:
        """Credits; abstains where it does not take part."""
        return self._bid(obs, self.noise * jax.random.normal(key))

    def expected_bid(self, obs: Int[Array, ""]) -> Float[Array, ""]:
        """The bid without the error of the moment."""
        return self._bid(obs, jnp.zeros(()))

    def _bid(self, obs: Int[Array, ""], error: Float[Array, ""]) -> Float[Array, ""]:
        value = (1.0 + self.markup) * self.tabular.bid(jax.random.key(0), obs) / (1.0 + self.tax) + error
        return jnp.where(self.open[obs], jnp.maximum(value, jnp.maximum(self.reserve, 0.0)), ABSTAIN)

    def act(self, key: Key[Array, ""], obs: Int[Array, ""]) -> Int[Array, ""]:
        """Its one action."""
        return self.tabular.action

    def learn(self, key: Key[Array, ""], experience: Experience) -> Strategic:
        """Move the valuations towards what the worlds it owned brought."""
        return eqx.tree_at(lambda a: a.tabular, self, self.tabular.learn(key, experience))

    @classmethod
    def of(
        cls,
        action: int,
        open: Bool[Array, " obs"],
        *,
        initial_bid: float = 1.0,
        step: float = 0.05,
        ceiling: float = float("inf"),
        markup: float = 0.0,
        reserve: float = 0.0,
        noise: float = 0.0,
        tax: float = 0.0,
    ) -> Strategic:
        """One individual.

        Args:
            action: what it does when it wins.
            open: where it takes part.
            initial_bid: valuation before the first visit, credits.
            step: smallest step size.
            ceiling: largest valuation that it bids by, credits.
            markup: share of its valuation, above -1.
            reserve: least bid, credits.
            noise: standard deviation of its error, credits.
            tax: share of its bid that it knows it must pay when it wins.

        Raises:
            ValueError: if the step lies outside [0, 1], the markup is not above -1, or another number is negative.

        >>> owner = Strategic.of(0, jnp.array([True, False]), initial_bid=0.5, reserve=0.8)
        >>> [round(float(owner.bid(jax.random.key(0), jnp.int32(obs))), 3) for obs in (0, 1)]
        [0.8, -1.0]
        """
        if not (0 <= step <= 1 and markup > -1 and min(reserve, noise, tax) >= 0):
            raise ValueError(
                "Strategic.of: expected a step in [0, 1], a markup above -1 and no negative reserve, noise or tax, got "
                f"step={step}, markup={markup}, reserve={reserve}, noise={noise}, tax={tax}."
            )
        count, number = open.shape[0], lambda x: jnp.asarray(x, jnp.float32)
        tabular = Tabular(
            jnp.full(count, initial_bid, jnp.float32), jnp.zeros(count, jnp.int32), jnp.asarray(action, jnp.int32),
            number(step), number(1.0), number(ceiling),
        )  # fmt: skip
        return cls(tabular, open, number(markup), number(reserve), number(noise), number(tax))
