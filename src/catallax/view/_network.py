"""A production network with its flows and prices, and the dispersion of prices as welfare climbs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np

from catallax.markets.production import Course, Economy, prices, solve
from catallax.view._style import color_scale, figure, short, style, tick_axis

if TYPE_CHECKING:
    from jaxtyping import Array, Float
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 80
"""Nodes that still can be told apart."""


def network(economy: Economy, shares: Float[Array, "edges goods"], names: Sequence[str] = ()) -> Figure:
    """Nodes by depth from left to right, or on a circle if there are cycles; edges as wide as what they carry, coloured by price.

    Args:
        economy: of at most 80 nodes.
        shares: of the outputs.
        names: of the nodes; their numbers if none are given.

    Raises:
        ValueError: if there are too many nodes to be told apart.
    """
    if economy.nodes > MOST:
        raise ValueError(f"network: {economy.nodes} nodes are too many to be told apart; draw at most {MOST}.")
    solution = solve(economy, shares)
    found = prices(economy, shares, solution)
    flows = np.asarray(solution.flows)
    units = np.abs(flows).sum(1)
    paid = (np.abs(flows) * np.asarray(found.inputs)[np.asarray(economy.target)]).sum(1)
    price = np.where(units > 0, paid / np.where(units > 0, units, 1), np.nan)
    place = _places(economy)
    with style() as t:
        from matplotlib.cm import ScalarMappable
        from matplotlib.colors import Normalize

        fig = figure(0.7 + 0.55 * (1 + np.bincount(np.round(place[:, 0] * 4).astype(int) + 4).max()))
        axes = fig.subplots()
        scale = Normalize(np.nanmin(price, initial=0.0), np.nanmax(price, initial=1e-9))
        colours = ScalarMappable(scale, color_scale())
        for edge in np.argsort(units):
            if units[edge] > 0:
                ends = place[[int(economy.source[edge]), int(economy.target[edge])]]
                _arrow(axes, ends, 0.5 + 7 * units[edge] / units.max(), colours.to_rgba(price[edge]))
        axes.scatter(*place.T, s=170, color=t.shade, edgecolor=t.faint, zorder=3)
        for node, (x, y) in enumerate(place):
            name = names[node] if len(names) else str(node)
            axes.text(x, y, name, ha="center", va="center", fontsize=7.5, color=t.ink, zorder=4)
        fig.colorbar(colours, ax=axes, label="price, credits per unit", shrink=0.8)
        axes.set(title=f"flows and prices; welfare {short(float(solution.welfare))} credits", xticks=[], yticks=[])
        axes.margins(0.12)
        axes.grid(visible=False)
        axes.spines[["left", "bottom"]].set_visible(False)
        return fig


def price_dispersion(courses: Mapping[str, Course]) -> Figure:
    """Welfare over the steps of a planner, and below it `sum y^2 Var(a)`, the rate at which the replicator equation would raise it.

    Args:
        courses: by name, in the order of their colours.
    """
    with style():
        fig = figure(4.0)
        top, bottom = fig.subplots(2, 1, sharex=True)
        for name, course in courses.items():
            top.plot(np.asarray(course.welfare), label=name)
            bottom.semilogy(np.maximum(np.asarray(course.dispersion, float), 1e-18), label=name)
        top.set(title="welfare, credits")
        bottom.set(title="price dispersion, credits per unit of time")
        top.legend(ncols=2, frameon=False)
        tick_axis(bottom, "steps")
        return fig


def price_response(
    paths: Mapping[str, Float[np.ndarray, " ticks"]], rest: Mapping[str, tuple[float, float]], shock: int
) -> Figure:
    """Prices tick by tick while something changes, beside the prices at rest before and after it.

    Args:
        paths: prices by name, credits per unit.
        rest: by the same names, the price at rest before and after.
        shock: the tick of the change.
    """
    with style() as t:
        fig = figure(3.0)
        axes = fig.subplots()
        for color, (name, path) in zip(cycle(t.series), paths.items(), strict=False):
            axes.plot(np.asarray(path), color=color, label=name)
            for level, (left, right) in zip(rest[name], ((0, shock), (shock, len(path))), strict=True):
                axes.hlines(level, left, right, color=color, linestyle=":", lw=1.0)
        axes.axvline(shock, color=t.faint, lw=0.8)
        axes.set(title="price, credits per unit; dotted: at rest", ylim=(0, None))
        axes.legend(ncols=2, frameon=False)
        tick_axis(axes, "ticks")
        return fig


def _places(economy: Economy) -> np.ndarray:
    """A point for each node."""
    source, target = (np.asarray(ends) for ends in (economy.source, economy.target))
    if economy.levels is None:
        angle = 2 * np.pi * np.arange(economy.nodes) / economy.nodes
        return np.stack([np.cos(angle), np.sin(angle)], 1)
    depth = np.zeros(economy.nodes, int)
    for _ in range(economy.levels.depth):
        np.maximum.at(depth, target, depth[source] + 1)
    place = np.zeros((economy.nodes, 2))
    for level in range(depth.max() + 1):
        there = np.flatnonzero(depth == level)
        place[there] = np.stack([np.full(len(there), level), -(np.arange(len(there)) - (len(there) - 1) / 2)], 1)
    return place


def _arrow(axes: Axes, ends: np.ndarray, width: float, colour: Any) -> None:
    from matplotlib.patches import FancyArrowPatch

    loop = np.allclose(ends[0], ends[1])
    shape = "arc3,rad=0.8" if loop else "arc3,rad=0.08"
    # where an edge comes back to its own node, it needs two points to be drawn
    tail, head = (ends[0] - 0.06, ends[1] + 0.06) if loop else ends
    axes.add_patch(
        FancyArrowPatch(
            tuple(tail), tuple(head), connectionstyle=shape, arrowstyle="-|>", mutation_scale=7 + width,
            lw=width, color=colour, alpha=0.85, shrinkA=8, shrinkB=8, zorder=2,
        )
    )  # fmt: skip
