"""Agents that are a rule and something more."""

# no postponed annotations here: equinox must see `AbstractVar` itself, not its name

import equinox as eqx
from jaxtyping import Array, Bool, Float

from catallax.agents._rule import Rule
from catallax.core import AbstractAgent


class AbstractRuled(AbstractAgent):
    """What the market sets and asks of such an agent is its rule's."""

    rule: eqx.AbstractVar[Rule]

    @property
    def price(self) -> Float[Array, ""]:
        """The rule's price, credits."""
        return self.rule.price

    @property
    def unpriced(self) -> Bool[Array, ""]:
        """Whether the market still has to set its price."""
        return self.rule.unpriced

    def priced(self, price: Float[Array, ""]) -> "AbstractRuled":
        """The same agent with a price for life."""
        return eqx.tree_at(lambda agent: agent.rule, self, self.rule.priced(price))
