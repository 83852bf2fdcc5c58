"""A table whose cells are coloured and hold intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from catallax.view._style import color_scale, figure, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def heat_table(
    rows: Mapping[str, Sequence[Any]],
    columns: Sequence[str],
    *,
    unit: str,
    marked: Mapping[str, Sequence[bool]] | None = None,
    rules: Sequence[int] = (),
    high: float = 1.0,
) -> Figure:
    """A row for each kind and a column for each case: the darker, the more; below each value its interval.

    Args:
        rows: `(value, low, high)` of every column, by name.
        columns: names of the cases.
        unit: what the values are.
        marked: which cells get a star, by row.
        rules: rows before which a line is drawn.
        high: value of the darkest colour; the lightest is 0.

    Raises:
        ValueError: if there is nothing to show, or a row has not a cell for each column.
    """
    if not rows or not columns:
        raise ValueError("heat_table: expected at least one row and one column.")
    for what, those in (("row", rows), ("marked row", marked or {})):
        for name, cells in those.items():
            if len(cells) != len(columns):
                raise ValueError(
                    f"heat_table: {what} {name!r} has {len(cells)} cells, expected {len(columns)}, one for each column."
                )
    with style() as t:
        fig = figure(0.75 + 0.42 * len(rows), 2.3 + 1.15 * len(columns))
        axes = fig.subplots()
        values = [[float(cell[0]) for cell in cells] for cells in rows.values()]
        image = axes.imshow(values, cmap=color_scale(), vmin=0.0, vmax=high, aspect="auto")
        for y, (name, cells) in enumerate(rows.items()):
            for x, (value, low, up) in enumerate(cells):
                ink = t.paper if value > 0.55 * high else t.ink
                star = "*" if marked is not None and name in marked and marked[name][x] else ""
                axes.text(x, y - 0.12, f"{value:.2f}{star}", ha="center", va="center", color=ink, fontsize=9.5)
                axes.text(x, y + 0.27, f"{low:.2f} – {up:.2f}", ha="center", va="center", color=ink, fontsize=6.8)
        axes.set_xticks(range(len(columns)), columns)
        axes.xaxis.tick_top()
        axes.set_yticks(range(len(rows)), list(rows))
        axes.grid(False)
        axes.tick_params(length=0, colors=t.ink)
        for spine in axes.spines.values():
            spine.set_visible(False)
        for row in rules:
            axes.axhline(row - 0.5, color=t.paper, lw=5)
        bar = fig.colorbar(image, ax=axes, fraction=0.035, pad=0.02)
        bar.set_label(unit)
        bar.outline.set_visible(False)
        return fig
