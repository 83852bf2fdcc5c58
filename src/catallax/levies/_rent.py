"""Rent: a share of the winner's wealth."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from catallax.core import AbstractLevy, Tick
from catallax.levies._rates import check_share, per_winner


class Rent(AbstractLevy):
    """The winner of a world pays a share of its wealth: `w[a*] <- (1 - rate) w[a*]`, per world won.

    An agent that wins k worlds in one tick keeps `(1 - rate)**k` of its wealth.

    Source: Pallavi Sudhir and Tran-Thanh (2025), remark after Definition 2.1 (against holdout).
    """

    rate: float | Float[Array, ""]
    """Share of the winner's wealth per sale, in [0, 1]."""

    def __check_init__(self) -> None:
        check_share("Rent", "rate", self.rate)

    def collect(self, key: Key[Array, ""], wealth: Float[Array, " agents"], tick: Tick) -> Float[Array, " agents"]:
        """Credits due from each agent."""
        won = per_winner(tick.winner, jnp.ones(tick.winner.shape), wealth.shape[0])
        return wealth * (1.0 - (1.0 - self.rate) ** won)
