"""Means with their intervals as bands, panel by panel, and figures with their intervals as whiskers, row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from jaxtyping import Float

from catallax.view._style import figure, short, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class Band(NamedTuple):
    """A curve and its interval."""

    where: Float[np.ndarray, " points"]
    value: Float[np.ndarray, " points"]
    low: Float[np.ndarray, " points"]
    high: Float[np.ndarray, " points"]


class BandPanel(NamedTuple):
    """One set of axes."""

    title: str
    bands: Mapping[str, Band]
    """By name; the same name has the same colour in every panel."""
    along: str = ""
    """Label of the horizontal axis."""
    unit: str = ""
    """Label of the vertical axis."""
    marks: Mapping[str, float] = {}
    """Dashed levels, by name."""


def bands(
    panels: Sequence[BandPanel],
    *,
    columns: int = 2,
    log: str = "",
    limits: tuple[float, float] | None = None,
    height: float = 1.9,
) -> Figure:
    """Curves with bands, panels in rows from the top left, one legend above them all.

    Args:
        panels: at least one, each with a curve.
        columns: panels side by side.
        log: axes on which every power of ten gets the same room: "", "x", "y" or "xy". Where sizes are few each is ticked.
        limits: of the vertical axes; by default what fits each.
        height: of a row, inches.

    Raises:
        ValueError: if there is no panel, or one without curves.
    """
    if not panels or not all(panel.bands for panel in panels):
        raise ValueError("bands: expected at least one panel, and a curve in each.")
    with style() as t:
        rows = -(-len(panels) // columns)
        fig = figure(0.6 + height * rows, 0.6 + 3.1 * columns)
        grid = fig.subplots(rows, columns, squeeze=False)
        names = list(dict.fromkeys(name for panel in panels for name in panel.bands))
        looks = {
            name: (t.series[n % len(t.series)], "-" if n < len(t.series) else "--") for n, name in enumerate(names)
        }
        handles = {}
        for axes, panel in zip(grid.flat, panels, strict=False):
            for name, band in panel.bands.items():
                color, dash = looks[name]
                few = band.where.size <= 8
                axes.fill_between(band.where, band.low, band.high, color=color, alpha=0.18, lw=0)
                (handles[name],) = axes.plot(
                    band.where, band.value, dash, color=color, lw=1.5, marker="o" if few else None, ms=3.5
                )
            _finish(axes, panel, log, limits, t.ink)
        for axes in list(grid.flat)[len(panels) :]:
            axes.set_axis_off()
        fig.legend(
            handles.values(), handles.keys(), loc="outside upper left", ncols=min(4 if columns > 1 else 2, len(handles))
        )
        return fig


def _finish(axes: Axes, panel: BandPanel, log: str, limits: tuple[float, float] | None, ink: str) -> None:
    for name, level in panel.marks.items():
        axes.axhline(level, color=ink, lw=0.9, ls=(0, (4, 3)))
        axes.annotate(name, (0.99, level), (0, 2), ("axes fraction", "data"), "offset points", fontsize=7.5, ha="right")
    axes.set_title(panel.title)
    axes.set_xlabel(panel.along)
    axes.set_ylabel(panel.unit)
    if "y" in log:
        axes.set_yscale("log")
    every = np.unique(np.concatenate([band.where for band in panel.bands.values()]))
    if "x" in log:
        axes.set_xscale("log")
        if every.size <= 8:
            axes.set_xticks(every, [short(x) for x in every])
            axes.minorticks_off()
    else:
        axes.xaxis.set_major_formatter(lambda x, _: short(x))
    if limits:
        axes.set_ylim(*limits)
    axes.margins(x=0.03)


def whiskers(
    kinds: Mapping[str, Mapping[str, Sequence[float]]], unit: str, *, linear: float | None = None
) -> Figure:
    """A row for each case, a dot with its interval for each kind.

    Args:
        kinds: for each kind and case the figure and the two ends of its interval.
        unit: what the figures are.
        linear: if given, the axis is linear up to this distance from 0 and logarithmic beyond.

    Raises:
        ValueError: if there is nothing to show.
    """
    cases = list(dict.fromkeys(case for rows in kinds.values() for case in rows))
    if not cases:
        raise ValueError("whiskers: expected at least one kind and one case.")
    with style() as t:
        axes = (fig := figure(0.8 + 0.42 * len(cases))).subplots()
        for number, (color, (name, rows)) in enumerate(zip(t.series * 4, kinds.items(), strict=False)):
            shift = 0.5 * ((number + 0.5) / len(kinds) - 0.5)
            value, low, high = np.array(list(rows.values()), float).T
            places = np.array([cases.index(case) for case in rows]) + shift
            error = np.nan_to_num(np.maximum([value - low, high - value], 0))
            axes.errorbar(value, places, xerr=error, fmt="o", color=color, ms=5, lw=1.6, label=name)
        if linear is not None:
            axes.set_xscale("symlog", linthresh=linear)
            axes.xaxis.set_major_formatter(lambda x, _: short(x))
        axes.set_yticks(range(len(cases)), cases)
        axes.invert_yaxis()
        axes.axvline(0, color=t.ink, lw=0.9, ls=(0, (4, 3)))
        axes.grid(True, axis="x")
        axes.grid(False, axis="y")
        axes.set_xlabel(unit)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, borderaxespad=0.2)
        return fig
