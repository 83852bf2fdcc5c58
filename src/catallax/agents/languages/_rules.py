"""Condition-action rules with wildcards whose action is a sequence of grabs and drops."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Key

from catallax.agents._rule import Rule, pack
from catallax.agents._settings import share
from catallax.agents.languages._language import AbstractLanguage
from catallax.agents.languages._moves import GrabsAndDrops
from catallax.core import Bits, split_by


class Rules(AbstractLanguage):
    """If these bits are so, make these moves.

    Args:
        names: what each bit of the observation says.
        moves: the sequences.
        wildcard: probability that a random condition leaves a bit open.
        rate: probability that a mutant redraws a bit or a move.

    Source: after Baum (1996, 1999).

    >>> import jax
    >>> language = Rules(("hand empty", "1 clean"), GrabsAndDrops(2), wildcard=1.0)
    >>> language.readable(language.random(jax.random.key(1)))
    'always: drop 1'
    """

    names: tuple[str, ...] = eqx.field(static=True)
    moves: GrabsAndDrops = GrabsAndDrops()
    wildcard: float = 0.5
    rate: float = 0.15

    def __check_init__(self) -> None:
        share("Rules", wildcard=self.wildcard, rate=self.rate)

    def random(self, key: Key[Array, ""]) -> Rule:
        """A novice."""
        value, care, moves = split_by(key, "value", "care", "moves")
        bits = len(self.names)
        cared = pack(~jax.random.bernoulli(care, self.wildcard, (bits,)))
        values = pack(jax.random.bernoulli(value, 0.5, (bits,))) & cared
        return Rule(values, cared, self.moves.random(moves), jnp.zeros(()), jnp.ones((), bool))

    def mutate(self, key: Key[Array, ""], individual: Rule) -> Rule:
        """A novice that differs in each bit and in its moves with probability `rate`."""
        fresh_key, bits_key, moves_key = split_by(key, "fresh", "bits", "moves")
        fresh = self.random(fresh_key)
        redrawn = pack(jax.random.bernoulli(bits_key, self.rate, (len(self.names),)))
        care = (individual.care & ~redrawn) | (fresh.care & redrawn)
        value = ((individual.value & ~redrawn) | (fresh.value & redrawn)) & care
        action = self.moves.mutate(moves_key, individual.action, self.rate)
        return Rule(value, care, action, jnp.zeros_like(individual.price), jnp.ones_like(individual.novice))

    def readable(self, individual: Rule) -> str:
        """Such as `hand empty, not 1 clean: grab 1, drop 2`."""
        letters = individual.condition(Bits(len(self.names)).n)
        parts = [("" if letter == "1" else "not ") + name for name, letter in zip(self.names, letters) if letter != "#"]
        return f"{', '.join(parts) or 'always'}: {self.moves.readable(individual.action)}"
