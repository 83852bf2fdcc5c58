"""A market on combinations: its network with the probabilities, and who owns what in which combination."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from catallax.forecasting.combinatorial import JunctionTreeMarket
from catallax.view._style import color_scale, figure, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 64
"""Combinations that still can be told apart."""


def combinations(market: JunctionTreeMarket) -> Figure:
    """Variables that share a clique are linked, with the probability of each state; below, every trader's assets in every combination, the least framed.

    Args:
        market: of at most 64 combinations.

    Raises:
        ValueError: if there are more combinations, or no trader.
    """
    names, sizes = list(market.variables), market.variables.sizes
    cells = list(itertools.product(*map(range, sizes)))
    if len(cells) > MOST or not market.traders:
        raise ValueError(
            f"combinations: expected traders and at most {MOST} combinations, got {len(market.traders)} and {len(cells)}."
        )
    assets = np.array(
        [[market.assets(u, dict(zip(names, cell, strict=True))) for cell in cells] for u in market.traders]
    )
    with style() as t:
        fig = figure(3.1 + 0.33 * len(market.traders))
        top, bottom = fig.subplots(2, 1, height_ratios=[1.7, 0.7 + 0.33 * len(market.traders)])
        _network(top, market, t)
        shown = bottom.imshow(assets, cmap=color_scale(), aspect="auto", vmin=0)
        for (row, column), credits in np.ndenumerate(assets):
            dark = credits > 0.6 * assets.max()
            bottom.text(
                column, row, f"{credits:.1f}", ha="center", va="center", fontsize=7.5, color=t.paper if dark else t.ink
            )
            if credits < assets[row].min() + 1e-9:
                bottom.add_patch(_frame(column, row, t.orange))
        bottom.set_yticks(range(len(market.traders)), market.traders)
        bottom.set_xticks(range(len(cells)), ["".join(map(str, cell)) for cell in cells], family="monospace")
        bottom.set_xlabel(f"states of {', '.join(names)}")
        bottom.set_title("assets, credits; framed: the least")
        bottom.grid(visible=False)
        fig.colorbar(shown, ax=bottom, shrink=0.9)
        return fig


def _network(axes: Axes, market: JunctionTreeMarket, t) -> None:
    names = list(market.variables)
    angle = np.pi - np.arange(len(names)) * 2 * np.pi / max(len(names), 3)
    place = np.column_stack([1.9 * np.cos(angle), np.sin(angle)])
    pairs = {pair for clique in market.tree.cliques for pair in itertools.combinations(clique, 2)}
    for one, other in pairs:
        axes.plot(*place[[one, other]].T, color=t.faint, lw=1.2, zorder=1)
    for (x, y), name in zip(place, names, strict=True):
        chances = market.probability(name)
        left = x - 0.45
        for state, chance in enumerate(chances):
            axes.barh(y, 0.9 * chance, left=left, height=0.34, color=t.series[state % len(t.series)], zorder=2)
            left += 0.9 * chance
        axes.text(x, y + 0.22, f"{name}: " + ", ".join(f"{p:.3f}" for p in chances), ha="center", va="bottom", fontsize=8.5, zorder=3,
                  bbox={"color": t.paper, "pad": 1})  # fmt: skip
    axes.set(xticks=[], yticks=[], title="probabilities of the states 0, 1, …; linked: one clique", xlim=(-2.7, 2.3))
    axes.margins(y=0.25)
    axes.grid(visible=False)
    axes.spines[["left", "bottom"]].set_visible(False)


def _frame(column: int, row: int, color: str):
    from matplotlib.patches import Rectangle

    return Rectangle((column - 0.47, row - 0.44), 0.94, 0.88, fill=False, lw=1.6, edgecolor=color)
