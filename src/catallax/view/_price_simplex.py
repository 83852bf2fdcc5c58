"""Prices of three goods on their way, in a triangle."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from catallax.view._style import WIDTH, figure, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(3) / 2]])


def price_simplex(
    panels: Mapping[str, Mapping[str, Float[np.ndarray, "rounds 3"]]],
    equilibria: Mapping[str, Float[np.ndarray, 3]],
) -> Figure:
    """Relative prices of three goods round by round; at a corner one good has all the worth, in the middle all cost the same.

    Args:
        panels: for each market, prices by the name of the path.
        equilibria: for each market, prices at which it clears.

    Raises:
        ValueError: if there is no panel.
    """
    if not panels:
        raise ValueError("price_simplex: expected at least one panel.")
    with style() as t:
        fig = figure(0.62 * WIDTH if len(panels) > 1 else WIDTH, WIDTH)
        for axes, (market, paths) in zip(fig.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True):
            _triangle(axes, t.faint)
            for color, (name, prices) in zip(cycle(t.series), paths.items(), strict=False):
                way = _placed(prices)
                axes.plot(*way.T, color=color, lw=1.1, label=name)
                axes.plot(*way[0], "o", color=color, ms=4)
            axes.plot(*_placed(equilibria[market][None])[0], "x", color=t.ink, ms=7, mew=1.6, label="equilibrium")
            axes.set_title(market)
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.06), ncols=1)
        return fig


def _placed(prices: np.ndarray) -> np.ndarray:
    """Points of the plane."""
    return prices / prices.sum(1, keepdims=True) @ CORNERS


def _triangle(axes: Axes, color: str) -> None:
    closed = np.vstack([CORNERS, CORNERS[:1]])
    axes.plot(*closed.T, color=color, lw=0.8)
    for good, ((x, y), below) in enumerate(zip(CORNERS, (True, True, False), strict=True)):
        axes.annotate(
            f"good {good + 1}", (x, y), (0, -4 if below else 4), textcoords="offset points", ha="center",
            va="top" if below else "bottom", fontsize=8, color=color,
        )  # fmt: skip
    axes.set_aspect("equal")
    axes.axis("off")
