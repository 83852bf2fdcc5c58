"""Wealth tax: a share of everybody's wealth."""

from __future__ import annotations

from jaxtyping import Array, Float, Key

from catallax.core import AbstractLevy, Tick
from catallax.levies._rates import check_share


class WealthTax(AbstractLevy):
    """Every agent pays a share of its wealth each tick: `due = rate * w`."""

    rate: float | Float[Array, ""]
    """Share of wealth per tick, in [0, 1]."""

    def __check_init__(self) -> None:
        check_share("WealthTax", "rate", self.rate)

    def collect(self, key: Key[Array, ""], wealth: Float[Array, " agents"], tick: Tick) -> Float[Array, " agents"]:
        """Credits due from each agent."""
        return self.rate * wealth
