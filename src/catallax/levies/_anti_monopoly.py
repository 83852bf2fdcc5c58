"""Anti-monopoly cap: no account holds more than a share of all wealth."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from catallax.core import AbstractLevy, Tick, money
from catallax.levies._rates import check_share


class AntiMonopoly(AbstractLevy):
    """What an agent holds above a share of all agents' wealth is taken: `due = max(0, w - share * sum w)`."""

    share: float | Float[Array, ""]
    """Largest share of the total wealth one account may hold, in [0, 1]."""

    def __check_init__(self) -> None:
        check_share("AntiMonopoly", "share", self.share)

    def collect(self, key: Key[Array, ""], wealth: Float[Array, " agents"], tick: Tick) -> Float[Array, " agents"]:
        """Credits due from each agent."""
        # rounded before it is subtracted: a product fused into a difference rounds otherwise in one kernel than in the next
        most = money.quantise(self.share * tick.total_wealth)
        return jnp.maximum(wealth - most, 0.0)
