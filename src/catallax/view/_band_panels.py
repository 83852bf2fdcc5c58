"""Panels of curves with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from catallax.view._style import WIDTH, figure, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Band(NamedTuple):
    """A curve with an interval at each point."""

    x: Sequence[float]
    intervals: Sequence[Any]
    """`(value, low, high)` at each point."""


class Panel(NamedTuple):
    """One set of axes."""

    bands: Mapping[str, Band]
    """By the name of the line; one name has one colour in all panels."""
    x: str
    """What the horizontal axis shows, with its unit."""
    y: str
    marks: Sequence[str] | None = None
    """What to write at 0, 1, 2, … where `x` only counts steps."""
    target: float | None = None
    """A level to compare with."""


def band_panels(panels: Mapping[str, Panel], *, columns: int = 3) -> Figure:
    """Panels side by side, curves with bands, one legend.

    Args:
        panels: by title.
        columns: panels in a row.

    Raises:
        ValueError: if there is no panel.
    """
    if not panels:
        raise ValueError("band_panels: expected at least one panel.")
    names = list(dict.fromkeys(name for panel in panels.values() for name in panel.bands))
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    with style() as t:
        fig = figure(0.45 + 2.15 * rows, WIDTH * columns * 0.56)
        colors = dict(zip(names, t.series * 4, strict=False))
        drawn: dict[str, Any] = {}
        grid = fig.subplots(rows, columns, squeeze=False).ravel()
        for axes, (title, panel) in zip(grid, panels.items(), strict=False):
            for name, band in panel.bands.items():
                middle, low, high = (np.array(values, float) for values in zip(*band.intervals, strict=True))
                marker = "o" if panel.marks is not None else None
                (drawn[name],) = axes.plot(band.x, middle, color=colors[name], marker=marker, ms=3.5)
                axes.fill_between(band.x, low, high, color=colors[name], alpha=0.18, lw=0)
            if panel.target is not None:
                axes.axhline(panel.target, color=t.faint, lw=0.9, ls=(0, (4, 3)))
            if panel.marks is not None:
                axes.set_xticks(range(len(panel.marks)), panel.marks, fontsize=7.5)
            axes.set_title(title)
            axes.set_xlabel(panel.x)
            axes.set_ylabel(panel.y)
            axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
        for axes in grid[len(panels) :]:
            axes.set_axis_off()
        fig.legend(drawn.values(), drawn.keys(), loc="outside upper left", ncols=len(names) if columns > 2 else 3)
        return fig
