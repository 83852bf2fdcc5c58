"""What the world costs: over time, and beside the true value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from catallax.view._map import price_map
from catallax.view._style import figure, notice, style, tick_axis, value_range

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from catallax.view._source import Columns, Source


def price_history(
    ticks: Float[np.ndarray, " time"],
    price: Float[np.ndarray, " time"],
    opening: Float[np.ndarray, " time"] | None = None,
    optimum: float | None = None,
) -> Figure:
    """Mean price of a sale over time, credits; `opening` is the price of fresh worlds.

    Args:
        ticks: axis `[time]`.
        price: mean price, credits, axis `[time]`.
    """
    with style() as t:
        fig = figure()
        axes = fig.subplots()
        if opening is not None and np.isfinite(opening).any():
            known = np.isfinite(opening)
            axes.plot(ticks[known], opening[known], color=t.orange, label="fresh worlds")
        axes.plot(ticks, price, color=t.blue, label="all sales")
        if optimum is not None:
            axes.axhline(optimum, color=t.ink, lw=1, ls=(0, (4, 3)), label="V* of a fresh world")
        axes.set_ylabel("price, credits")
        value_range(axes, price, opening, optimum)
        tick_axis(axes)
        if len(axes.get_lines()) > 1:
            axes.legend(loc="upper left", bbox_to_anchor=(0, 1.14), ncols=3, borderaxespad=0)
        return fig


def price_scatter(price: Float[np.ndarray, " states"], optimum: Float[np.ndarray, " states"]) -> Figure:
    """Price of every state against its true value; on the line the market is right.

    Args:
        price: credits, axis `[states]`.
        optimum: value under the best policy, credits, axis `[states]`.
    """
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
    """Price of every state, credits, where no true value is known.

    Args:
        price: credits, axis `[states]`.
    """
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
