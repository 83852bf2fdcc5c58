"""Price of every cell of a grid world, beside the true value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Int

from catallax.view._style import WIDTH, color_scale, figure, style, theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from catallax.view._source import Columns


def price_map(arrays: Columns, *, title: str = "price", unit: str = "credits for the right to act there") -> Figure:
    """Price of every cell beside V*, one colour scale; arrows are the greedy actions.

    Args:
        arrays: as `Source.prices` describes; without `optimum` the price is drawn alone.
        title: of the prices, where they are something else.
        unit: label of the colour scale.
    """
    with style() as t:
        panels = [(title, arrays["prices"])]
        if "optimum" in arrays:
            panels.append(("true value, V*", arrays["optimum"]))
        rows, cols = int(arrays["rows"]), int(arrays["cols"])
        width = WIDTH / len(panels) - 0.15
        # wide maps stand below each other, square ones side by side
        below = len(panels) > 1 and cols > 1.6 * rows
        height = (WIDTH if below else width) * rows / cols * (len(panels) if below else 1)
        fig = figure(min(height, 7.0) + 0.95)
        shape = (len(panels), 1) if below else (1, len(panels))
        grid = fig.subplots(*shape, squeeze=False).ravel()
        low, high = _range(arrays, [np.asarray(v, float) for _, v in panels])
        images = []
        for number, (axes, (title, values)) in enumerate(zip(grid, panels, strict=True)):
            images.append(_draw_map(axes, arrays, np.asarray(values, float), low, high))
            axes.set_title(title)
            if number == 0 and "actions" in arrays and "moves" in arrays:
                _draw_arrows(axes, arrays, np.asarray(values, float), low, high)
        bar = fig.colorbar(images[0], ax=list(grid), orientation="horizontal", aspect=45, pad=0.03, shrink=0.98)
        bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue] - typed as a spine mapping
        bar.set_label(unit, color=t.faint)
        return fig


def draw_price_map(axes: Axes, arrays: Columns) -> Any:
    """The prices alone on given axes; returns the coloured mesh, for a scale."""
    prices = np.asarray(arrays["prices"], float)
    low, high = _range(arrays, [prices])
    image = _draw_map(axes, arrays, prices, low, high)
    if "actions" in arrays and "moves" in arrays:
        _draw_arrows(axes, arrays, prices, low, high)
    return image


def _range(arrays: Columns, panels: list[np.ndarray]) -> tuple[float, float]:
    """Ends of the colour scale: from zero, unless all values lie far above it."""
    special = _special(arrays)
    sold = np.array([(int(r), int(c)) not in special for r, c in _places(arrays, "cells")])
    values = np.concatenate([v[sold & np.isfinite(v)] for v in panels])
    if not values.size:
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    low = 0.0 if 0 < low < 0.3 * high else low
    return (low, high) if high > low else (min(low, 0.0), max(high, low + 1.0))


def _places(arrays: Columns, name: str) -> Int[np.ndarray, "places 2"]:
    return np.asarray(arrays[name], int).reshape(-1, 2) if name in arrays else np.zeros((0, 2), int)


def _special(arrays: Columns) -> set[tuple[int, int]]:
    """Cells where nothing is sold: the episode is over there."""
    return {(int(r), int(c)) for name in ("holes", "goal") for r, c in _places(arrays, name)}


def _draw_map(axes: Axes, arrays: Columns, values: np.ndarray, low: float, high: float) -> Any:
    from matplotlib.patches import Rectangle

    t = theme()
    rows, cols = int(arrays["rows"]), int(arrays["cols"])
    grid = np.full((rows, cols), np.nan)
    special = _special(arrays)
    for (r, c), value in zip(_places(arrays, "cells"), values, strict=True):
        if (int(r), int(c)) not in special:
            grid[r, c] = value
    image = axes.pcolormesh(
        np.arange(cols + 1) - 0.5, np.arange(rows + 1) - 0.5, np.ma.masked_invalid(grid),
        cmap=color_scale(), vmin=low, vmax=high, edgecolors=t.paper, linewidth=1.2,
    )  # fmt: skip
    for r, c in _places(arrays, "walls"):
        axes.add_patch(Rectangle((c - 0.5, r - 0.5), 1, 1, facecolor=t.faint, edgecolor=t.paper, lw=1.2))
    for r, c in _places(arrays, "holes"):
        axes.add_patch(Rectangle((c - 0.5, r - 0.5), 1, 1, facecolor=t.shade, edgecolor=t.faint, lw=0, hatch="////"))
    size = 120 * (6.0 / max(rows, cols))
    for r, c in _places(arrays, "goal"):
        axes.add_patch(Rectangle((c - 0.5, r - 0.5), 1, 1, facecolor=t.shade, edgecolor=t.paper, lw=1.2))
        axes.scatter([c], [r], marker="*", s=size, color=t.orange, lw=0, zorder=3)
    for r, c in _places(arrays, "start"):
        axes.add_patch(Rectangle((c - 0.43, r - 0.43), 0.86, 0.86, fill=False, edgecolor=t.orange, lw=1.6))
    axes.set(aspect="equal", xticks=[], yticks=[], xlim=(-0.5, cols - 0.5), ylim=(rows - 0.5, -0.5))
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    return image


def _draw_arrows(axes: Axes, arrays: Columns, values: np.ndarray, low: float, high: float) -> None:
    moves = np.asarray(arrays["moves"], float).reshape(-1, 2)
    actions = np.asarray(arrays["actions"], int)
    cells = _places(arrays, "cells")
    special = _special(arrays)
    sold = np.array([(int(r), int(c)) not in special for r, c in cells]) & (actions >= 0) & (actions < len(moves))
    sold &= np.isfinite(values)
    if not sold.any():
        return
    shade = color_scale()(np.clip((values[sold] - low) / max(high - low, 1e-9), 0, 1))[:, :3] @ [0.3, 0.59, 0.11]
    step = moves[actions[sold]]
    step = 0.27 * step / np.maximum(np.linalg.norm(step, axis=1, keepdims=True), 1e-9)
    middle = cells[sold]
    axes.quiver(
        middle[:, 1] - step[:, 1], middle[:, 0] - step[:, 0], 2 * step[:, 1], 2 * step[:, 0],
        color=["#10161d" if s > 0.5 else "#ffffff" for s in shade], angles="xy", scale_units="xy", scale=1,
        units="xy", width=0.055, headwidth=4.5, headlength=4.2, headaxislength=4.0,
    )  # fmt: skip
