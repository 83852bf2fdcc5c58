"""A genetic algorithm whose children take the place of weak rules that resemble them."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, UInt32

from catallax.agents.classifiers._draw import draw
from catallax.agents.classifiers._messages import MessageRules, word
from catallax.agents.classifiers._panmictic import mutate
from catallax.core import uniform, whole


class Generation(NamedTuple):
    """What became of the rules."""

    rules: MessageRules
    made: Float[Array, ""]
    """Strength of the children, which came out of nothing, credits."""
    lost: Float[Array, ""]
    """Strength that went with the rules replaced, credits."""


class CrowdingGenetic(eqx.Module):
    """Parents drawn by strength; one-point crossover over all letters; two children of the parents' mean strength.

    Of `crowds` times `crowd` random rules, the weakest of each crowd stand for replacement, and the one
    that has most letters in common with the child goes.

    Source: Goldberg (1989), appendix D; crowding after De Jong (1975).
    """

    share: float = eqx.field(static=True, default=0.2)
    """Of the population, replaced by every generation; 0 for no genetic algorithm."""
    crowds: int = eqx.field(static=True, default=3)
    """Crowding factor."""
    crowd: int = eqx.field(static=True, default=3)
    """Crowding subpopulation."""
    crossover: float = 1.0
    """Probability."""
    mutation: float = 0.02
    """Probability for every letter."""

    def __check_init__(self) -> None:
        for name in ("share", "crossover", "mutation"):
            chance = getattr(self, name)
            if isinstance(chance, float | int) and not 0 <= chance <= 1:
                raise ValueError(f"CrowdingGenetic: {name} must lie in [0, 1], got {chance}.")
        if self.crowds < 1 or self.crowd < 1:
            raise ValueError(f"CrowdingGenetic: expected crowds and crowd >= 1, got {self.crowds} and {self.crowd}.")

    def matings(self, capacity: int) -> int:
        """Pairs of children in a generation."""
        return round(self.share * capacity / 2)

    def words(self, parts: int, length: int) -> int:
        """Random words that one mating takes."""
        return 4 + 2 * self.crowds * self.crowd + 2 * parts * length

    def __call__(
        self,
        luck: UInt32[Array, "matings luck"],
        rules: MessageRules,
        *,
        capacity: int,
        length: int,
        open: UInt32[Array, ""],
    ) -> Generation:
        """The rules after one generation.

        Args:
            luck: `words` random words for each of the `matings`.
            rules: all rows.
            capacity: number of rules.
            length: letters of a message.
            open: the letters that may mutate.
        """

        def mate(rules: MessageRules, luck: UInt32[Array, " luck"]) -> tuple[MessageRules, tuple[Array, Array]]:
            parents = jnp.stack([draw(rules.strength, uniform(word)) for word in luck[:2]])
            strength = jnp.mean(rules.strength[parents])
            value, care = self.children(luck, rules, parents, length, open)
            rooms = luck[4 : 4 + 2 * self.crowds * self.crowd].reshape(2, self.crowds, self.crowd)
            lost = jnp.zeros(())
            for n in range(2):
                place = self.room(rooms[n], rules, value[n], care[n], capacity)
                lost += rules.strength[place]
                rules = rules._replace(
                    value=rules.value.at[:, place].set(value[n]),
                    care=rules.care.at[:, place].set(care[n]),
                    strength=rules.strength.at[place].set(strength),
                )
            return rules, (2.0 * strength, lost)

        rules, (made, lost) = jax.lax.scan(mate, rules, luck)
        return Generation(rules, jnp.sum(made), jnp.sum(lost))

    def children(
        self, luck: UInt32[Array, " luck"], rules: MessageRules, parents: Array, length: int, open: UInt32[Array, ""]
    ) -> tuple[UInt32[Array, "two parts"], UInt32[Array, "two parts"]]:
        """Value and care of two children."""
        parts = rules.value.shape[0]
        cut = whole(luck[3], 1, parts * length - 1)
        behind = (jnp.arange(parts * length).reshape(parts, length) >= cut) & (uniform(luck[2]) < self.crossover)
        swapped = word(behind)
        value, care = rules.value[:, parents], rules.care[:, parents]
        crossed_value, crossed_care = (x.T ^ ((x[:, 0] ^ x[:, 1]) & swapped)[None] for x in (value, care))
        words = luck[4 + 2 * self.crowds * self.crowd :].reshape(2, parts, length)
        changed, one = uniform(words) < self.mutation, (words & 1) == 1  # the lowest bit is not in the chance
        on, back = word(changed & one) & open, word(changed & ~one) & open
        return mutate(crossed_value, crossed_care, on, back)

    def room(
        self, words: UInt32[Array, "crowds crowd"], rules: MessageRules, value: Array, care: Array, capacity: int
    ) -> Array:
        """The row that a child takes."""
        crowds = whole(words, 0, capacity - 1)
        weakest = jnp.argmin(rules.strength[crowds], axis=1)
        stand = jnp.take_along_axis(crowds, weakest[:, None], axis=1)[:, 0]
        differs = (rules.value[:, stand] ^ value[:, None]) | (rules.care[:, stand] ^ care[:, None])
        return stand[jnp.argmin(jnp.sum(jax.lax.population_count(differs), axis=0))]
