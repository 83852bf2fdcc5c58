"""Patterns: rules on colours, with variables."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key, UInt32

from catallax.agents._rule import Rule
from catallax.agents._ruled import AbstractRuled
from catallax.core import ABSTAIN

COLOURS = (0x55555555, 0xAAAAAAAA, 0xFFFFFFFF)
"""Words that are all of colour 1, 2, 3: two bits each, 0 is no colour."""


class Pattern(AbstractRuled):
    """Bids its price where its rule's condition matches and all places with the same variable show the same colour.

    Of each variable `v`, with ones at its places: `exists c in {1, 2, 3}: (obs & v) == (c c c ... & v)`. Places are two
    bits each, lowest first; behind them there may be bits that a variable never stands for.

    >>> import jax
    >>> rule = Rule.parse("######1", action=0, price=0.5)  # three places and a bit
    >>> same = Pattern(rule, jnp.asarray([[0b0001111], [0]], jnp.uint32))  # the first two show the same
    >>> [bool(same.matches(jnp.asarray([obs], jnp.uint32))) for obs in (0b1001010, 0b1001001, 0b1000000, 0b0001010)]
    [True, False, False, False]

    Source: ours; patterns with variables after the Post production systems of Hayek4 (Baum and Durdanovic, 2000).
    """

    rule: Rule
    variables: UInt32[Array, "variables words"]

    def matches(self, obs: UInt32[Array, " words"]) -> Bool[Array, ""]:
        """Whether the condition holds, variables and all."""
        seen = obs[None, :] & self.variables
        shown = [jnp.all(seen == (self.variables & jnp.uint32(colour)), axis=1) for colour in COLOURS]
        return self.rule.matches(obs) & jnp.all(shown[0] | shown[1] | shown[2])

    def bid(self, key: Key[Array, ""], obs: UInt32[Array, " words"]) -> Float[Array, ""]:
        """The price where the condition matches, else no bid."""
        return jnp.where(self.matches(obs), self.rule.price, ABSTAIN)

    def act(self, key: Key[Array, ""], obs: UInt32[Array, " words"]) -> Int[Array, ""]:
        """The rule's action."""
        return self.rule.action
