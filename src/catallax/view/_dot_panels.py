"""Panels of dots with their intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from catallax.view._style import WIDTH, figure, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def dot_panels(
    panels: Mapping[str, Mapping[str, Any]],
    unit: str,
    *,
    others: Mapping[str, Mapping[str, Any]] | None = None,
    labels: tuple[str, str] = ("", ""),
    columns: int = 4,
    target: float | None = None,
) -> Figure:
    """A panel for each case, a row for each kind: a dot with its interval, and beside it, hollow, another figure of the same kind.

    Args:
        panels: `(value, low, high)` by case and kind; all cases have the kinds of the first.
        unit: what the values are.
        others: the hollow dots, values alone, by case and kind; every case is there, kinds may be missing.
        labels: of the full and the hollow dots.
        columns: panels in a row.
        target: a level to compare with.

    Raises:
        ValueError: if there is no panel, or one lacks a kind or its hollow dots.
    """
    if not panels:
        raise ValueError("dot_panels: expected at least one panel.")
    from matplotlib.lines import Line2D

    kinds = list(next(iter(panels.values())))
    for title, cells in panels.items():
        if set(cells) != set(kinds):
            raise ValueError(
                f"dot_panels: panel {title!r} has {', '.join(cells)}; expected {', '.join(kinds)}, as in the first."
            )
        if others is not None and title not in others:
            raise ValueError(
                f"dot_panels: others has no {title!r}; it has {', '.join(others)}; give each case, if with nothing in it."
            )
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    with style() as t:
        fig = figure(0.5 + rows * (0.75 + 0.24 * len(kinds)), WIDTH * (0.35 + 0.36 * columns))
        grid = fig.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
        for axes, (title, cells) in zip(grid, panels.items(), strict=False):
            for y, kind in enumerate(kinds):
                color = t.series[y % len(t.series)]
                if others is not None and kind in others[title]:
                    axes.plot(others[title][kind], y, "o", color=color, mfc=t.paper, ms=6.5, mew=1.1)
                value, low, high = cells[kind]
                axes.plot([low, high], [y, y], color=color, lw=2.2, solid_capstyle="butt")
                axes.plot(value, y, "o", color=color, ms=5)
            if target is not None:
                axes.axvline(target, color=t.faint, lw=0.9, ls=(0, (4, 3)))
            axes.set_title(title, fontsize=8.5, linespacing=1.35)
            axes.set_yticks(range(len(kinds)), kinds)
            axes.grid(True, axis="x")
            axes.grid(False, axis="y")
        grid[0].set_ylim(len(kinds) - 0.5, -0.5)
        for axes in grid[len(panels) :]:
            axes.set_axis_off()
        fig.supxlabel(unit, fontsize=9, color=t.faint)
        if others is not None:
            full = Line2D([], [], marker="o", ls="", color=t.ink, ms=5)
            hollow = Line2D([], [], marker="o", ls="", color=t.ink, mfc=t.paper, ms=6.5)
            fig.legend([full, hollow], labels, loc="outside upper right", ncols=2)
        return fig
