"""Anti-monopoly cap: no account holds more than a share of all wealth."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from catallax.core import AbstractLevy, Tick
from catallax.levies._rates import check_share


class AntiMonopoly(AbstractLevy):
    """What an agent holds above a share of all agents' wealth is taken: `due = max(0, w - share * sum w)`."""

    share: float | Float[Array, ""]
    """Largest share of the total wealth one account may hold, in [0, 1]."""

    def __check_init__(self) -> None:
        check_share("AntiMonopoly", "share", self.share)

    def collect(self, key: Key[Array, ""], wealth: Float[Array, " agents"], tick: Tick) -> Float[Array, " agents"]:
        """Credits due from each agent."""
        return jnp.maximum(wealth - self.share * tick.total_wealth, 0.0)
