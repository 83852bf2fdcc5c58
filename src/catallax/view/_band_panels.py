"""Panels of curves with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from catallax.lab.statistics import Interval, interval
from catallax.view._interval_rows import DASHES, in_a_row
from catallax.view._style import MARKS, figure, short, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FEW = 14
"""Points of a curve up to which each is marked."""


class Band(NamedTuple):
    """A curve with an interval at each point."""

    x: ArrayLike
    intervals: Sequence[Interval]

    @classmethod
    def of(cls, x: ArrayLike, values: ArrayLike) -> Band:
        """Means over seeds with their bootstrap intervals.

        Args:
            x: where.
            values: axes `seeds points`; a point that is NaN for some seeds is the mean of the others.
        """
        columns = [column[np.isfinite(column)] for column in np.asarray(values, float).T]
        missing = Interval(np.nan, np.nan, np.nan)
        return cls(x, [interval(column) if column.size else missing for column in columns])

    @classmethod
    def each(cls, x: ArrayLike, curves: Mapping[str, ArrayLike]) -> dict[str, Band]:
        """Such a band for every line of a panel, by name."""
        return {name: cls.of(x, values) for name, values in curves.items()}


class Panel(NamedTuple):
    """One set of axes."""

    bands: Mapping[str, Band]
    """By the name of the line; one name has one look in all panels."""
    x: str = ""
    """What the horizontal axis shows, with its unit."""
    y: str = ""
    marks: Sequence[str] | None = None
    """What to write at 0, 1, 2, … where `x` only counts steps."""
    levels: Mapping[str, float] = {}
    """Dashed lines to compare with, by what is written on them."""
    log: str = ""
    """Axes on which every power of ten gets the same room: "", "x", "y" or "xy"."""
    shade: tuple[float, float] | None = None
    """Part of the horizontal axis that is set apart."""
    change: float | None = None
    """Where, on the horizontal axis, the world changes: a dotted line upright."""


def band_panels(
    panels: Mapping[str, Panel],
    *,
    columns: int = 3,
    height: float = 2.15,
    share: bool = False,
    limits: tuple[float, float] | None = None,
) -> Figure:
    """Panels in rows from the top left, curves with bands, one legend above them all.

    Args:
        panels: by title.
        columns: panels in a row.
        height: of a row, inches.
        share: all panels have the same axes; only those at the edge are labelled.
        limits: lowest and highest value shown; by default what fits.

    Raises:
        ValueError: if there is no panel, one without curves, or a curve without an interval for each point.
    """
    if not panels or not all(panel.bands for panel in panels.values()):
        raise ValueError("band_panels: expected at least one panel, and a curve in each.")
    for title, panel in panels.items():
        for name, band in panel.bands.items():
            if (points := np.size(band.x)) != len(band.intervals):
                raise ValueError(
                    f"band_panels: curve {name!r} of panel {title!r} has {points} points and {len(band.intervals)} intervals; "
                    "expected one for each point."
                )
    names = list(dict.fromkeys(name for panel in panels.values() for name in panel.bands))
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    with style() as t:
        fig = figure(0.45 + height * rows, 1.0 + max(2.6 * columns, 3.2))
        looks = {
            name: (t.series[n % len(t.series)], DASHES[n % len(DASHES)], MARKS[n % len(MARKS)])
            for n, name in enumerate(names)
        }
        drawn: dict[str, Any] = {}
        grid = fig.subplots(rows, columns, squeeze=False, sharex=share, sharey=share).ravel()
        for axes, panel in zip(grid, panels.values(), strict=False):
            for name, band in panel.bands.items():
                # the first lies on top, so that nobody hides it
                drawn[name] = _draw(axes, band, looks[name], 3 - names.index(name) / len(names))
        # limits are fixed once all is drawn: panels may share them
        for place, (axes, (title, panel)) in enumerate(zip(grid, panels.items(), strict=False)):
            if "y" not in panel.log:
                axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
            _finish(axes, panel, t)
            axes.set_title(title)
            if limits is not None:
                axes.set_ylim(*limits)
            if not share or place + columns >= len(panels):
                axes.set_xlabel(panel.x)
                axes.tick_params(labelbottom=True)
            if not share or place % columns == 0:
                axes.set_ylabel(panel.y)
        for axes in grid[len(panels) :]:
            axes.set_axis_off()
        shown = {name: drawn[name] for name in names}
        fig.legend(shown.values(), shown.keys(), loc="outside upper left", ncols=in_a_row(names, 24 + 40 * columns))
        return fig


def _draw(axes: Axes, band: Band, look: tuple[Any, Any, str], above: float) -> Any:
    color, dashes, mark = look
    x = np.asarray(band.x, float)
    middle, low, high = np.array(band.intervals, float).reshape(-1, 3).T
    few = x.size <= FEW
    axes.fill_between(x, low, high, color=color, alpha=0.18, lw=0, zorder=above - 1)
    return axes.plot(
        x, middle, color=color, ls="-" if few else dashes, marker=mark if few else None, ms=3.5, lw=1.5, zorder=above
    )[0]


def _finish(axes: Axes, panel: Panel, t: Any) -> None:
    low, high = axes.get_ylim()
    for name, level in panel.levels.items():
        axes.axhline(level, color=t.faint, lw=0.9, ls=(0, (4, 3)))
        # under a line at the top, where the title would be
        top = level > low + 0.92 * (high - low)
        axes.annotate(
            name, (0.99, level), (0, -2 if top else 2), ("axes fraction", "data"), "offset points", fontsize=7.5, ha="right",
            va="top" if top else "bottom",
        )  # fmt: skip
    if panel.shade is not None:
        axes.axvspan(*panel.shade, color=t.shade, alpha=0.55, lw=0, zorder=0)
    if panel.change is not None:
        axes.axvline(panel.change, color=t.ink, lw=0.9, ls=":")
    if "y" in panel.log:
        axes.set_yscale("log")
    if "x" in panel.log:
        axes.set_xscale("log")
        every = np.unique(np.concatenate([np.asarray(band.x, float) for band in panel.bands.values()]))
        if every.size <= 8:
            axes.set_xticks(every, [short(x) for x in every])
            axes.xaxis.minorticks_off()
    elif panel.marks is not None:
        axes.set_xticks(range(len(panel.marks)), panel.marks, fontsize=7.5)
    else:
        axes.xaxis.set_major_formatter(lambda x, _: short(x))
    axes.margins(x=0.03)
