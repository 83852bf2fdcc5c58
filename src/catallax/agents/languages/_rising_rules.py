"""Condition-action rules whose bid rises with a number that they see."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Key

from catallax.agents._rising_rule import RisingRule
from catallax.agents.languages._language import AbstractLanguage
from catallax.agents.languages._rules import Rules
from catallax.core import AbstractAgent


class RisingRules(AbstractLanguage):
    """The same rules as another language's, all bidding `rise` credits more for every unit of the count.

    >>> import jax
    >>> from catallax.agents.languages import GrabsAndDrops
    >>> language = RisingRules(Rules(("hand empty", "1 clean"), GrabsAndDrops(2), wildcard=1.0))
    >>> language.readable(language.random(jax.random.key(1)))
    'always: drop 1, +1 per count'
    """

    rules: Rules
    rise: float = 1.0

    def random(self, key: Key[Array, ""]) -> RisingRule:
        """A random rule."""
        return RisingRule(self.rules.random(key), jnp.asarray(self.rise, jnp.float32))

    def mutate(self, key: Key[Array, ""], individual: AbstractAgent) -> RisingRule:
        """A mutant of the rule; what a unit of the count is worth is not inherited but given."""
        assert isinstance(individual, RisingRule)
        return RisingRule(self.rules.mutate(key, individual.rule), individual.rise)

    def readable(self, individual: AbstractAgent) -> str:
        """Such as `hand empty: grab 1, +1 per count`."""
        assert isinstance(individual, RisingRule)
        return f"{self.rules.readable(individual.rule)}, +{float(individual.rise):g} per count"
