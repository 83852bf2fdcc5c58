"""Rules whose bid rises with a number that they see."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from catallax.agents._rule import Rule
from catallax.agents._ruled import AbstractRuled
from catallax.core import ABSTAIN


class RisingRule(AbstractRuled):
    """Bids `price + rise * count` where its condition matches; no bid where that is negative.

    The observation has `bits`, packed as for `Rule`, and a `count` of what is done. A rule that adds to the
    count thus sells the world for more than it paid, again and again, though the bits look the same.

    >>> import jax
    >>> from types import SimpleNamespace
    >>> rule = RisingRule(Rule.parse("1#", action=0, price=0.5), jnp.asarray(1.0))
    >>> seen = SimpleNamespace(bits=jnp.asarray([1], jnp.uint32), count=jnp.asarray(3))
    >>> float(rule.bid(jax.random.key(0), seen))
    3.5

    Source: ours; a bid computed from the number of correct blocks is recalled of Hayek3 (Baum and Durdanovic, 2000).
    """

    rule: Rule
    rise: Float[Array, ""]
    """Credits per unit of the count."""

    def bid(self, key: Key[Array, ""], obs: Any) -> Float[Array, ""]:
        """Its price and what the count is worth to it."""
        amount = self.rule.price + self.rise * obs.count.astype(jnp.float32)
        return jnp.where(self.rule.matches(obs.bits) & (amount >= 0), amount, ABSTAIN)

    def act(self, key: Key[Array, ""], obs: Any) -> Int[Array, ""]:
        """The rule's action."""
        return self.rule.act(key, obs.bits)
