"""Condition-action rules on colours, with variables."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int, Key, UInt32

from catallax.agents._pattern import Pattern
from catallax.agents._rule import Rule, pack
from catallax.agents._settings import share
from catallax.agents.languages._language import AbstractLanguage
from catallax.agents.languages._moves import GrabsAndDrops
from catallax.core import split_by

OPEN, COLOUR, X, Y = 0, 1, 2, 3
"""What a place may ask for: anything, a certain colour or nothing, the colour of a variable."""


class _Condition(NamedTuple):
    """A condition, unpacked."""

    kinds: Int[Array, " places"]
    colours: Int[Array, " places"]
    asks: Bool[Array, " bits"]
    """Whether each bit must be on."""


class Patterns(AbstractLanguage):
    """If these places show these colours, or the same colour, make these moves.

    Args:
        places: what each place is; two bits each, colours 1 to 3, 0 for nothing.
        bits: what the bits behind them say; they are asked to be on, or not at all.
        moves: the sequences.
        wildcard: probability that a random condition leaves a place open.
        variables: probabilities of X and of Y where it does not; else it is a colour or nothing.
        asked: probability that a bit is asked for.
        rate: probability that a mutant redraws a place, a bit or a move.

    Raises:
        ValueError: on a probability outside [0, 1], also that of X or Y.

    Source: ours (see `agents.Pattern`).

    >>> import jax
    >>> language = Patterns(("goal", "hand"), ("1 right",), wildcard=0.0, variables=(1.0, 0.0), asked=1.0)
    >>> language.readable(language.random(jax.random.key(0)))
    'goal = X, hand = X, 1 right: grab 2'
    """

    places: tuple[str, ...] = eqx.field(static=True)
    bits: tuple[str, ...] = eqx.field(static=True, default=())
    moves: GrabsAndDrops = GrabsAndDrops()
    wildcard: float = 0.7
    variables: tuple[float, float] = (0.5, 0.2)
    asked: float = 0.4
    rate: float = 0.15

    def __check_init__(self) -> None:
        x, y = self.variables
        share("Patterns", wildcard=self.wildcard, X=x, Y=y, variables=x + y, asked=self.asked, rate=self.rate)

    def random(self, key: Key[Array, ""]) -> Pattern:
        """A novice."""
        condition, moves = split_by(key, "condition", "moves")
        return self._pattern(self._condition(condition), self.moves.random(moves))

    def mutate(self, key: Key[Array, ""], individual: Pattern) -> Pattern:
        """A novice that differs in each place, each bit and in its moves with probability `rate`."""
        fresh_key, places_key, bits_key, moves_key = split_by(key, "fresh", "places", "bits", "moves")
        old, fresh = self._unpacked(individual), self._condition(fresh_key)
        here = jax.random.bernoulli(places_key, self.rate, (len(self.places),))
        there = jax.random.bernoulli(bits_key, self.rate, (len(self.bits),))
        kinds, colours = (jnp.where(here, new, kept) for new, kept in zip(fresh[:2], old[:2]))
        changed = _Condition(kinds, colours, jnp.where(there, fresh.asks, old.asks))
        return self._pattern(changed, self.moves.mutate(moves_key, individual.rule.action, self.rate))

    def readable(self, individual: Pattern) -> str:
        """Such as `goal next = X, top 2 = X: grab 2, drop 1`."""
        kinds, colours, asks = (np.asarray(x) for x in self._unpacked(individual))
        shown = {X: "X", Y: "Y"}
        parts = [
            f"{name} = {shown.get(int(kind), int(colour) or 'nothing')}"
            for name, kind, colour in zip(self.places, kinds, colours)
            if kind != OPEN
        ]
        parts += [name for name, ask in zip(self.bits, asks) if ask]
        return f"{', '.join(parts) or 'always'}: {self.moves.readable(individual.rule.action)}"

    def _condition(self, key: Key[Array, ""]) -> _Condition:
        open_, kind, colour, bits = split_by(key, "open", "kind", "colour", "bits")
        shape, (x, y) = (len(self.places),), self.variables
        luck = jax.random.uniform(kind, shape)
        closed = jnp.where(luck < x, X, jnp.where(luck < x + y, Y, COLOUR))
        kinds = jnp.where(jax.random.bernoulli(open_, self.wildcard, shape), OPEN, closed)
        asks = jax.random.bernoulli(bits, self.asked, (len(self.bits),))
        return _Condition(kinds, jax.random.randint(colour, shape, 0, 4), asks)

    def _pattern(self, condition: _Condition, action: Int[Array, ""]) -> Pattern:
        kinds, colours, asks = condition
        nothing = jnp.zeros_like(asks)

        def at(places: Bool[Array, " places"]) -> UInt32[Array, " words"]:
            return pack(jnp.concatenate([jnp.repeat(places, 2), nothing]))

        certain = kinds == COLOUR
        shown = jnp.stack([(colours & 1) > 0, (colours & 2) > 0], axis=1) & certain[:, None]
        rule = Rule(
            pack(jnp.concatenate([shown.ravel(), asks])),
            pack(jnp.concatenate([jnp.repeat(certain, 2), asks])),
            action,
            jnp.zeros(()),
            jnp.ones((), bool),
        )
        return Pattern(rule, jnp.stack([at(kinds == X), at(kinds == Y)]))

    def _unpacked(self, pattern: Pattern) -> _Condition:
        place = jnp.arange(2 * len(self.places) + len(self.bits))

        def bit(words: UInt32[Array, " words"]) -> Int[Array, " bits"]:
            return (words[place // 32] >> (place % 32).astype(jnp.uint32) & 1).astype(jnp.int32)

        count = 2 * len(self.places)
        value, care, x, y = (bit(words) for words in (pattern.rule.value, pattern.rule.care, *pattern.variables))
        low, high = slice(0, count, 2), slice(1, count, 2)
        kinds = COLOUR * care[low] + X * x[low] + Y * y[low]
        return _Condition(kinds, value[low] + 2 * value[high], care[count:] > 0)
