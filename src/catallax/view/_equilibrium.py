"""How far the goods of a wide market were from their equilibrium, and what its prices could not tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from catallax.view._style import figure, notice, style, tick_axis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from catallax.view._source import Source

_LEAST = 1e-16


def equilibrium(
    ticks: Float[np.ndarray, " time"],
    gap: Float[np.ndarray, " time"],
    capped: Float[np.ndarray, " time"],
    near_zero: Float[np.ndarray, " time"],
) -> Figure:
    """Gap of the worst tick of each stretch, logarithmic, above the shares of capped buyers and of goods that cost nothing.

    Args:
        ticks: axis `[time]`.
        gap: relative distance to equilibrium, axis `[time]`.
        capped: part of the buyers that were capped, axis `[time]`.
        near_zero: part of the goods that cost next to nothing, axis `[time]`.
    """
    with style() as t:
        fig = figure(3.6)
        above, below = fig.subplots(2, 1, sharex=True)
        above.plot(ticks, np.maximum(gap, _LEAST), color=t.blue)
        above.set_yscale("log")
        above.set_ylabel("gap, worst tick")
        below.plot(ticks, capped, color=t.orange, label="buyers whose budget binds")
        below.plot(ticks, near_zero, color=t.purple, label="goods that cost next to nothing")
        below.set_ylim(0, 1.02)
        below.set_ylabel("share, 0 to 1")
        below.legend(loc="upper left", bbox_to_anchor=(0, 1.22), ncols=2, borderaxespad=0)
        tick_axis(below)
        return fig


def equilibrium_of(source: Source) -> Figure:
    """Distance to equilibrium of a wide market's run."""
    if "gap" not in source.trace:
        return notice("No goods were priced together.")
    return equilibrium(source.ticks, *(source.column(name) for name in ("gap", "capped", "near_zero")))
