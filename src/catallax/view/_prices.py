"""What the world costs: over time, on the map, beside the true value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Int

from catallax.view._style import WIDTH, color_scale, figure, notice, style, theme, tick_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from catallax.view._source import Columns, Source


def price_history(
    ticks: Float[np.ndarray, " time"],
    price: Float[np.ndarray, " time"],
    opening: Float[np.ndarray, " time"] | None = None,
    optimum: float | None = None,
) -> Figure:
    """Mean price of a sale over time, credits; `opening` is the price of fresh worlds."""
    with style() as t:
        fig = figure()
        axes = fig.subplots()
        if opening is not None and np.isfinite(opening).any():
            axes.plot(ticks, opening, color=t.orange, label="fresh worlds")
        axes.plot(ticks, price, color=t.blue, label="all sales")
        if optimum is not None:
            axes.axhline(optimum, color=t.ink, lw=1, ls=(0, (4, 3)), label="V* of a fresh world")
        axes.set_ylabel("price, credits")
        axes.set_ylim(bottom=min(0.0, float(np.nanmin(price, initial=0.0))))
        tick_axis(axes)
        if len(axes.get_lines()) > 1:
            axes.legend(loc="upper left", bbox_to_anchor=(0, 1.14), ncols=3, borderaxespad=0)
        return fig


def price_map(arrays: Columns) -> Figure:
    """Price of every cell beside V*, one colour scale; arrows are the greedy actions.

    Args:
        arrays: as `Source.prices` describes; without `optimum` the price is drawn alone.
    """
    with style() as t:
        panels = [("price", arrays["prices"])]
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
        bar.set_label("credits for the right to act there", color=t.faint)
        return fig


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


def price_scatter(price: Float[np.ndarray, " states"], optimum: Float[np.ndarray, " states"]) -> Figure:
    """Price of every state against its true value; on the line the market is right."""
    with style() as t:
        fig = figure(3.6, 4.2)
        axes = fig.subplots()
        both = np.concatenate([price[np.isfinite(price)], optimum])
        low, high = min(0.0, float(both.min())), float(both.max()) or 1.0
        room = 0.04 * (high - low)
        axes.plot([low, high], [low, high], color=t.ink, lw=1, ls=(0, (4, 3)))
        axes.scatter(optimum, price, s=26, color=t.blue, alpha=0.75, lw=0, zorder=3)
        axes.text(high, high, "price = V* ", ha="right", va="bottom", color=t.faint, fontsize=8)
        axes.set(xlim=(low - room, high + 2 * room), ylim=(low - room, high + 2 * room), aspect="equal")
        axes.set_xlabel("true value V*, credits")
        axes.set_ylabel("price, credits")
        return fig


def price_bars(price: Float[np.ndarray, " states"]) -> Figure:
    """Price of every state, credits, where no true value is known."""
    with style() as t:
        fig = figure()
        axes = fig.subplots()
        axes.bar(np.arange(len(price)), price, color=t.blue, width=0.8)
        axes.set_xlabel("observation")
        axes.set_ylabel("price, credits")
        return fig


def _kind(arrays: Columns | None) -> str:
    if arrays is None:
        return "history"
    if "cells" in arrays and len(np.atleast_1d(arrays["cells"])) == len(arrays["prices"]):
        return "map"
    return "scatter" if "optimum" in arrays else "bars"


def prices_of(source: Source) -> Figure:
    """The best price picture that the run allows: map, scatter, bars or history."""
    arrays = source.prices
    if arrays is None:
        return price_history_of(source)
    price = np.asarray(arrays["prices"], float)
    kind = _kind(arrays)
    if kind == "map":
        return price_map(arrays)
    return price_scatter(price, np.asarray(arrays["optimum"], float)) if kind == "scatter" else price_bars(price)


_READING = {
    "history": "The line settles when bids stop changing.",
    "map": "In a market that knows its world a cell costs the best return one can get from there (V*), so both maps should "
    "look alike; arrows: what the winner does, star: goal, frame: start, hatched: over without reward, grey: wall.",
    "scatter": "In a market that knows its world the price of a state is the best return one can get from there (V*), so "
    "every dot should lie on the dashed line.",
    "bars": "What the right to act costs at each observation.",
}


def how_to_read_prices(source: Source) -> str:
    """The sentence under the price picture."""
    return _READING[_kind(source.prices)]


def price_history_of(source: Source) -> Figure:
    """Price over time of a stored run."""
    price = source.column("price_mean")
    if not np.isfinite(price).any():
        return notice("No sale was recorded.")
    return price_history(source.ticks, price, source.column("price_opening"), source.optimum)
