"""Demand and supply: what every unit is worth to its buyer or costs its seller, and what competition would make of it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int


class Schedule(NamedTuple):
    """Limit prices of every unit of every trader, whole ticks; make one with `Schedule.of` or `Schedule.linear`.

    With all values in falling order `v_1 >= v_2 >= …` and all costs in rising
    order `c_1 <= c_2 <= …`, competition trades the `Q` units with `v_k > c_k`
    at any price in `[max(c_Q, v_{Q+1}), min(v_Q, c_{Q+1})]`.

    >>> flat = Schedule.linear((190, 10), (60, 60), units=24, traders=6)
    >>> flat.quantity, flat.prices, flat.surplus
    (17, (60, 60), 1138)
    """

    values: Int[np.ndarray, "buyers units"]
    """What each buyer's units are worth to it, in the order in which it buys them: not rising."""
    costs: Int[np.ndarray, "sellers units"]
    """What each seller's units cost it, in the order in which it sells them: not falling."""
    lowest: int = 1
    """Lowest price allowed."""
    highest: int = 200
    """Highest price allowed."""

    @classmethod
    def of(
        cls,
        values: Any,
        costs: Any,
        lowest: int = 1,
        highest: int = 200,
    ) -> Schedule:
        """A checked schedule, from two tables of whole prices in which a row is a trader.

        Args:
            values: of the buyers' units, ticks, the best first.
            costs: of the sellers' units, ticks, the best first.
            lowest: price allowed.
            highest: price allowed.

        Raises:
            ValueError: if prices are not whole, are out of range or in the wrong order.
        """
        if not 1 <= lowest <= highest:
            raise ValueError(f"Schedule: expected 1 <= lowest <= highest, got {lowest} and {highest} ticks.")
        tables = []
        for name, given, order, word in (("values", values, -1, "rise"), ("costs", costs, 1, "fall")):
            table = np.asarray(given)
            if table.ndim != 2 or table.size == 0 or table.dtype.kind not in "iu":
                raise ValueError(
                    f"Schedule: {name} must be a table of whole prices, a row for each trader with the same number of "
                    f"units, got shape {table.shape} of {table.dtype}."
                )
            if table.min() < lowest or table.max() > highest:
                raise ValueError(
                    f"Schedule: {name} must lie between {lowest} and {highest} ticks, got {table.min()} to {table.max()}."
                )
            if (order * np.diff(table.astype(int), axis=1) < 0).any():
                raise ValueError(f"Schedule: {name} must not {word} along a row: a trader works its best unit first.")
            tables.append(table.astype(np.int32))
        return cls(tables[0], tables[1], int(lowest), int(highest))

    @classmethod
    def linear(
        cls, demand: tuple[int, int], supply: tuple[int, int], units: int = 24, traders: int = 6, highest: int = 200
    ) -> Schedule:
        """Straight lines, cut to whole ticks and dealt in turn to the traders of each side.

        Args:
            demand: first and last value, ticks.
            supply: first and last cost, ticks.
            units: in all on each side, a multiple of `traders`.
            traders: on each side.
            highest: price allowed.

        Raises:
            ValueError: if the units cannot be dealt evenly.
        """
        if traders < 1 or units < 1 or units % traders:
            raise ValueError(f"Schedule.linear: units must be a multiple of traders, got {units} and {traders}.")
        lines = [np.linspace(*ends, units).astype(np.int32).reshape(-1, traders).T for ends in (demand, supply)]
        return cls.of(lines[0], lines[1], highest=highest)

    @property
    def ranked(self) -> tuple[np.ndarray, np.ndarray]:
        """All values in falling order, all costs in rising order."""
        return np.sort(self.values, axis=None)[::-1], np.sort(self.costs, axis=None)

    @property
    def quantity(self) -> int:
        """Units that are worth more to a buyer than to their seller when the best are matched first."""
        values, costs = self.ranked
        both = min(values.size, costs.size)
        return int((values[:both] > costs[:both]).sum())

    @property
    def prices(self) -> tuple[int, int]:
        """The competitive prices, from the lowest to the highest, ticks."""
        values, costs = self.ranked
        q = self.quantity
        # where a side has no further unit, the range of prices is the bound
        next_value = int(values[q]) if q < values.size else self.lowest
        next_cost = int(costs[q]) if q < costs.size else self.highest
        if q == 0:
            return next_value, next_cost
        return max(int(costs[q - 1]), next_value), min(int(values[q - 1]), next_cost)

    @property
    def price(self) -> float:
        """Middle of the competitive prices, ticks."""
        return sum(self.prices) / 2

    @property
    def surplus(self) -> int:
        """The most that trade can earn buyers and sellers together, ticks."""
        values, costs = self.ranked
        q = self.quantity
        return int(values[:q].sum() - costs[:q].sum())


SYMMETRIC = Schedule.linear((190, 10), (10, 190))
"""Demand falls as supply rises: 6 + 6 traders with 4 units, price 96 to 103."""
FLAT_SUPPLY = Schedule.linear((190, 10), (60, 60))
"""Every unit costs 60, demand falls from 190 to 10: price 60."""
FLAT_DEMAND = Schedule.linear((120, 90), (10, 190))
"""Supply rises from 10 to 190, every unit is worth 120 to 90: price 103 to 104."""
