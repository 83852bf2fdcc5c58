"""Harberger tax: owners pay on the value they declared themselves."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from catallax.core import AbstractLevy, Tick
from catallax.levies._rates import check_share, per_winner


class Harberger(AbstractLevy):
    """The owner of a world pays a share of its own bid for it: `due = rate * b[a*]`, at most its wealth.

    The bid is the self-assessed value. In a deep market the world is up for
    sale on every tick anyway, so the duty to sell needs no rule of its own.

    Source: Harberger (1965); Posner and Weyl (2017).
    """

    rate: float | Float[Array, ""]
    """Share of the self-assessed value per tick, in [0, 1]."""

    def __check_init__(self) -> None:
        check_share("Harberger", "rate", self.rate)

    def collect(self, key: Key[Array, ""], wealth: Float[Array, " agents"], tick: Tick) -> Float[Array, " agents"]:
        """Credits due from each agent."""
        return jnp.minimum(per_winner(tick.winner, self.rate * tick.bid, wealth.shape[0]), wealth)
