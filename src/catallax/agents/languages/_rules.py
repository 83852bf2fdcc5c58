"""Condition-action rules with wildcards whose action is a sequence of grabs and drops."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, Key

from catallax.agents._rule import Rule, pack
from catallax.agents._settings import at_least, share
from catallax.agents.languages._language import AbstractLanguage
from catallax.core import Bits, split_by

HANDS = ("grab", "drop")


class Rules(AbstractLanguage):
    """If these bits are so, make these moves: grabs and drops in turn, since nothing else is legal.

    A sequence is a number with the digits 1 to 6 (grab 1, 2, 3, drop 1, 2, 3) to the base 7, the first move
    lowest, as `envs.Sequences` reads it.

    Args:
        names: what each bit of the observation says.
        length: moves at most.
        wildcard: probability that a random condition leaves a bit open.
        rate: probability that a mutant redraws a bit or a move.

    Source: after Baum (1996, 1999).

    >>> import jax
    >>> language = Rules(("hand empty", "1 clean"), length=2, wildcard=1.0)
    >>> language.readable(language.random(jax.random.key(1)))
    'always: drop 2'
    """

    names: tuple[str, ...] = eqx.field(static=True)
    length: int = eqx.field(static=True, default=4)
    wildcard: float = 0.5
    rate: float = 0.15

    def __check_init__(self) -> None:
        at_least("Rules", 1, length=self.length)
        share("Rules", wildcard=self.wildcard, rate=self.rate)

    def random(self, key: Key[Array, ""]) -> Rule:
        """A novice; short sequences are as likely as long ones."""
        value, care, starts, stacks, length = split_by(key, "value", "care", "starts", "stacks", "length")
        bits = len(self.names)
        cared = pack(~jax.random.bernoulli(care, self.wildcard, (bits,)))
        action = self._code(
            jax.random.randint(starts, (), 0, 2),
            jax.random.randint(stacks, (self.length,), 0, 3),
            jax.random.randint(length, (), 1, self.length + 1),
        )
        return Rule(
            pack(jax.random.bernoulli(value, 0.5, (bits,))) & cared, cared, action, jnp.zeros(()), jnp.ones((), bool)
        )

    def mutate(self, key: Key[Array, ""], individual: Rule) -> Rule:
        """A novice that differs in each bit, each move, the first hand and the length with probability `rate`."""
        fresh_key, bits_key, moves_key, shape_key = split_by(key, "fresh", "bits", "moves", "shape")
        fresh = self.random(fresh_key)
        redrawn = pack(jax.random.bernoulli(bits_key, self.rate, (len(self.names),)))
        care = (individual.care & ~redrawn) | (fresh.care & redrawn)
        value = ((individual.value & ~redrawn) | (fresh.value & redrawn)) & care
        changed = jax.random.bernoulli(shape_key, self.rate, (2,))
        moved = jax.random.bernoulli(moves_key, self.rate, (self.length,))
        (start, stacks, length), (start_, stacks_, length_) = self._shape(individual.action), self._shape(fresh.action)
        action = self._code(
            jnp.where(changed[0], start_, start),
            jnp.where(moved, stacks_, stacks),
            jnp.where(changed[1], length_, length),
        )
        return Rule(value, care, action, jnp.zeros_like(individual.price), jnp.ones_like(individual.novice))

    def readable(self, individual: Rule) -> str:
        """Such as `hand empty, not 1 clean: grab 1, drop 2`."""
        letters = individual.condition(Bits(len(self.names)).n)
        parts = [("" if letter == "1" else "not ") + name for name, letter in zip(self.names, letters) if letter != "#"]
        start, stacks, length = self._shape(individual.action)
        moves = [f"{HANDS[(int(start) + place) % 2]} {int(stacks[place]) + 1}" for place in range(int(length))]
        return f"{', '.join(parts) or 'always'}: {', '.join(moves)}"

    def _digits(self, action: Int[Array, ""]) -> Int[Array, " length"]:
        return jnp.stack([action // 7**place % 7 for place in range(self.length)])

    def _shape(self, action: Int[Array, ""]) -> tuple[Int[Array, ""], Int[Array, " length"], Int[Array, ""]]:
        """Whether it begins with a drop, the stacks (0, 1, 2), and how many moves."""
        digits = self._digits(action)
        return (digits[0] > 3).astype(jnp.int32), (digits - 1) % 3, jnp.sum(digits > 0, dtype=jnp.int32)

    def _code(self, start: Int[Array, ""], stacks: Int[Array, " length"], length: Int[Array, ""]) -> Int[Array, ""]:
        place = jnp.arange(self.length, dtype=jnp.int32)
        digits = jnp.where(place < length, 1 + stacks + 3 * ((start + place) % 2), 0)
        return jnp.sum(digits * jnp.asarray([7**p for p in range(self.length)], jnp.int32), dtype=jnp.int32)
