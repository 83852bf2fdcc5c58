"""Births, deaths and the living."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from catallax.view._style import figure, style, tick_axis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from catallax.view._source import Source


def population(
    ticks: Float[np.ndarray, " time"],
    alive: Float[np.ndarray, " time"],
    births: Float[np.ndarray, " time"],
    deaths: Float[np.ndarray, " time"],
    bankruptcies: Float[np.ndarray, " time"],
) -> Figure:
    """Agents alive, and births above and deaths below the line, per reading.

    Args:
        ticks: axis `[time]`.
        alive: agents, axis `[time]`.
        births: since the reading before, axis `[time]`.
        deaths: likewise.
        bankruptcies: deaths of those without money, likewise.
    """
    from matplotlib.ticker import MaxNLocator

    with style() as t:
        eventful = bool(np.nansum(births) + np.nansum(deaths))
        fig = figure(3.2 if eventful else 2.0)
        parts = fig.subplots(2 if eventful else 1, 1, sharex=True, squeeze=False).ravel()
        parts[0].plot(ticks, alive, color=t.blue)
        parts[0].set_ylim(0, 1.12 * max(float(np.nanmax(alive, initial=0.0)), 1.0))
        parts[0].yaxis.set_major_locator(MaxNLocator(5, integer=True))
        parts[0].set_ylabel("agents alive")
        if eventful:
            wide = np.diff(ticks, prepend=0.0)
            middle = ticks - wide / 2
            parts[1].bar(middle, births, width=wide, color=t.green, lw=0, label="births")
            parts[1].bar(middle, -deaths, width=wide, color=t.purple, alpha=0.6, lw=0, label="deaths")
            parts[1].bar(middle, -bankruptcies, width=wide, color=t.purple, lw=0, label="of them bankrupt")
            parts[1].axhline(0, color=t.faint, lw=0.8)
            parts[1].set_ylabel("agents per reading")
            parts[1].legend(loc="upper left", bbox_to_anchor=(0, 1.2), ncols=3, borderaxespad=0)
            parts[1].yaxis.set_major_formatter(lambda y, _: f"{abs(y):.0f}")
        else:
            parts[0].set_title("nobody was born, nobody died")
        tick_axis(parts[-1])
        return fig


def population_of(source: Source) -> Figure:
    """Population of a stored run."""
    names = ("alive", "births", "deaths", "bankruptcies")
    return population(source.ticks, *(source.column(name) for name in names))


def how_to_read_population(source: Source) -> str:
    """The sentence under the population picture."""
    if np.nansum(source.column("births")) + np.nansum(source.column("deaths")) == 0:
        return "This society has no entry and no exit: the same agents trade from the first tick to the last."
    return (
        "Bars above the line are agents that entered since the last reading, bars below are agents that left, the darker "
        "part of them with an empty account."
    )
