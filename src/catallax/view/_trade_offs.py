"""Two figures of each method against each other, with both intervals, a panel for each case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from catallax.lab.statistics import Interval
from catallax.view._interval_rows import in_a_row
from catallax.view._style import MARKS, figure, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def trade_offs(
    panels: Mapping[str, Mapping[str, tuple[Interval, Interval]]], *, x: str, y: str, columns: int = 4
) -> Figure:
    """A point with a cross of intervals for each method, one look a method in all panels.

    Args:
        panels: by title, for each method what lies along and what lies up.
        x: what lies along, with its unit.
        y: what lies up, with its unit.
        columns: panels in a row.

    Raises:
        ValueError: if there is nothing to show.
    """
    names = list(dict.fromkeys(name for points in panels.values() for name in points))
    if not names:
        raise ValueError("trade_offs: expected at least one panel with a method.")
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    from matplotlib.lines import Line2D

    with style() as t:
        fig = figure(0.8 + 2.9 * rows, 1.0 + 3.2 * columns)
        looks = {name: (t.series[n % len(t.series)], MARKS[n % len(MARKS)]) for n, name in enumerate(names)}
        grid = fig.subplots(rows, columns, squeeze=False).ravel()
        for place, (axes, (title, points)) in enumerate(zip(grid, panels.items(), strict=False)):
            for name, (along, up) in points.items():
                color, mark = looks[name]
                axes.errorbar(
                    [along.value], [up.value], xerr=_reach(along), yerr=_reach(up), fmt=mark, color=color, ms=6, lw=1.2, capsize=2
                )  # fmt: skip
            axes.set_title(title)
            axes.set_xlabel(x)
            axes.margins(0.12)
            if place % columns == 0:
                axes.set_ylabel(y)
        for axes in grid[len(panels) :]:
            axes.set_axis_off()
        handles = [Line2D([], [], ls="", marker=mark, color=color, ms=6) for color, mark in looks.values()]
        fig.legend(handles, list(looks), loc="outside upper left", ncols=in_a_row(names, 48 * columns))
        return fig


def _reach(of: Interval) -> list[list[float]]:
    """Of the whiskers, to either side."""
    return [[max(0.0, of.value - of.low)], [max(0.0, of.high - of.value)]]
