"""Rules: a ternary condition, an action and a bid fixed for life."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Key, UInt32

from catallax.core import ABSTAIN, AbstractAgent, Bits


class Rule(AbstractAgent):
    """Bids its price where its condition matches: `((obs ^ value) & care) == 0`.

    The condition is a string over 0, 1 and # (either), packed in 32-bit words.
    A *novice* has no price yet: the market gives it one when it first matches
    (see `Outbid`), and it keeps that for life.

    >>> Rule.parse("01#", action=1, price=0.5).condition(3)
    '01#'

    Source: Holland (1986); the fixed bid: Baum (1996).
    """

    value: UInt32[Array, " words"]
    care: UInt32[Array, " words"]
    action: Int[Array, ""]
    price: Float[Array, ""]
    """Credits."""
    novice: Bool[Array, ""]

    def bid(self, key: Key[Array, ""], obs: UInt32[Array, " words"]) -> Float[Array, ""]:
        """The price where the condition matches, else no bid."""
        return jnp.where(self.matches(obs), self.price, ABSTAIN)

    def matches(self, obs: UInt32[Array, " words"]) -> Bool[Array, ""]:
        """Whether the condition holds."""
        return jnp.all(((obs ^ self.value) & self.care) == 0)

    def act(self, key: Key[Array, ""], obs: UInt32[Array, " words"]) -> Int[Array, ""]:
        """Its one action."""
        return self.action

    @property
    def unpriced(self) -> Bool[Array, ""]:
        """Whether the market still has to set its price."""
        return self.novice

    def priced(self, price: Float[Array, ""]) -> Rule:
        """The same rule with a price for life."""
        return eqx.tree_at(lambda r: (r.price, r.novice), self, (price, jnp.zeros_like(self.novice)))

    @classmethod
    def parse(cls, condition: str, action: int, price: float, *, novice: bool = False) -> Rule:
        """A rule from a string over 0, 1, #; character i is bit i of the observation.

        Raises:
            ValueError: on other characters.
        """
        if not condition or set(condition) - set("01#"):
            raise ValueError(f"Rule.parse: expected a string over 0, 1 and #, got {condition!r}.")
        value, care = np.zeros((2, Bits(len(condition)).words), np.uint32)
        for i, letter in enumerate(condition):
            value[i // 32] |= np.uint32(letter == "1") << np.uint32(i % 32)
            care[i // 32] |= np.uint32(letter != "#") << np.uint32(i % 32)
        return cls(
            jnp.asarray(value),
            jnp.asarray(care),
            jnp.asarray(action, jnp.int32),
            jnp.asarray(price, jnp.float32),
            jnp.asarray(novice),
        )

    @classmethod
    def random(
        cls,
        key: Key[Array, ""],
        bits: int,
        actions: int,
        *,
        wildcard: float = 0.33,
        price: float = 0.0,
        novice: bool = True,
    ) -> Rule:
        """A rule with random condition and action.

        Args:
            key: consumed.
            bits: length of the condition.
            actions: number of actions.
            wildcard: probability of # in each place.
            price: bid if it is no novice, credits.
            novice: whether the market sets the price.
        """
        value_key, care_key, action_key = jax.random.split(key, 3)
        care = pack(~jax.random.bernoulli(care_key, wildcard, (bits,)))
        return cls(
            pack(jax.random.bernoulli(value_key, 0.5, (bits,))) & care,
            care,
            jax.random.randint(action_key, (), 0, actions),
            jnp.asarray(price, jnp.float32),
            jnp.asarray(novice),
        )

    def mutate(
        self, key: Key[Array, ""], bits: int, actions: int, *, rate: float = 0.1, wildcard: float = 0.33
    ) -> Rule:
        """A novice child: each place, and the action, is redrawn with probability `rate`."""
        fresh_key, place_key, action_key = jax.random.split(key, 3)
        fresh = type(self).random(fresh_key, bits, actions, wildcard=wildcard)
        redrawn = pack(jax.random.bernoulli(place_key, rate, (bits,)))
        care = (self.care & ~redrawn) | (fresh.care & redrawn)
        value = ((self.value & ~redrawn) | (fresh.value & redrawn)) & care
        action = jnp.where(jax.random.bernoulli(action_key, rate), fresh.action, self.action)
        return type(self)(value, care, action, jnp.zeros_like(self.price), jnp.ones_like(self.novice))

    def condition(self, bits: int) -> str:
        """The condition as a string over 0, 1, #."""
        value, care = np.asarray(self.value), np.asarray(self.care)
        letters = []
        for i in range(bits):
            cares, one = (int(word[i // 32]) >> (i % 32) & 1 for word in (care, value))
            letters.append("#" if not cares else str(one))
        return "".join(letters)


def pack(bits: Bool[Array, " bits"]) -> UInt32[Array, " words"]:
    """Booleans to 32-bit words, bit i of the string in bit i % 32 of word i // 32.

    Args:
        bits: truth values, axis `[bits]`.
    """
    words = Bits(bits.shape[0]).words
    padded = jnp.zeros(words * 32, jnp.uint32).at[: bits.shape[0]].set(bits.astype(jnp.uint32))
    return jnp.sum(padded.reshape(words, 32) << jnp.arange(32, dtype=jnp.uint32)[None, :], axis=1, dtype=jnp.uint32)
