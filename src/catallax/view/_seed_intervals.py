"""Methods beside each other with how sure each figure is: curves with bands, scores with whiskers, profiles."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from catallax.lab import Comparison
from catallax.lab.statistics import band, interquartile_mean, interval, performance_profile
from catallax.view._style import figure, style, theme, tick_axis, value_range

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SeedCurves = tuple[Float[np.ndarray, " time"], Float[np.ndarray, "seeds time"]]
"""Ticks, and a row of values for each seed."""

TIES = 30
"""Seeds up to which each is a dot of its own."""


def seed_comparison(found: Comparison) -> Figure:
    """What `lab.compare` found in one picture: learning curves, final scores and performance profiles.

    Args:
        found: two or more methods of two or more seeds each.
    """
    with style():
        fig = figure(5.4 + 0.22 * len(found.methods), 7.2)
        grid = fig.add_gridspec(2, 2, height_ratios=(3.1, 2.0 + 0.22 * len(found.methods)), width_ratios=(1.15, 1.0))
        top, left, right = (fig.add_subplot(place) for place in (grid[0, :], grid[1, 0], grid[1, 1]))
        _curves(top, {one.name: (one.ticks, one.curves) for one in found.methods}, found.unit, found.optimum)
        scores = {one.name: one.scores for one in found.methods}
        _scores(left, scores, found.unit, found.optimum)
        _profiles(right, scores, found.unit, found.optimum)
        return fig


def _curves(
    axes: Axes,
    curves: Mapping[str, SeedCurves],
    unit: str,
    optimum: float | None,
) -> None:
    t = theme()
    bands = {name: band(values) for name, (_, values) in curves.items()}
    for color, (name, (ticks, values)) in zip(cycle(t.series), curves.items(), strict=False):
        middle, low, high = bands[name]
        axes.fill_between(ticks, low, high, color=color, alpha=0.18, lw=0)
        axes.plot(ticks, middle, color=color, label=f"{name} ({len(values)} seed{'s' if len(values) > 1 else ''})")
    _line(axes, optimum, across=True)
    # a single seed has no interval
    value_range(axes, optimum, *(row[np.isfinite(row)] for one in bands.values() for row in one))
    axes.set_ylabel(unit)
    columns = 1 if max(map(len, curves)) > 24 else 3
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=columns, borderaxespad=0.2)
    tick_axis(axes)


def _scores(axes: Axes, scores: Mapping[str, np.ndarray], unit: str, optimum: float | None) -> None:
    t = theme()
    for row, (color, values) in enumerate(zip(cycle(t.series), scores.values(), strict=False)):
        found = interval(values, interquartile_mean)
        alpha = 0.45 if len(values) <= TIES else 0.15
        axes.plot(values, np.full(len(values), row + 0.24), "o", ms=3, color=color, alpha=alpha, mec="none")
        axes.plot([found.low, found.high], [row, row], color=color, lw=5, alpha=0.35, solid_capstyle="butt")
        axes.plot([found.value] * 2, [row - 0.16, row + 0.16], color=color, lw=2)
        axes.annotate(
            f"{found.value:.3g}", (found.value, row - 0.16), (0, 2), textcoords="offset points", ha="center", fontsize=8
        )
    _line(axes, optimum)
    axes.set_yticks(range(len(scores)), list(scores))
    axes.set_ylim(len(scores) - 0.45, -0.65)
    axes.grid(True, axis="x")
    axes.grid(False, axis="y")
    axes.margins(x=0.08)
    axes.set_xlabel(unit)


def _profiles(axes: Axes, scores: Mapping[str, np.ndarray], unit: str, optimum: float | None) -> None:
    t = theme()
    every = np.concatenate([np.asarray(values, float) for values in scores.values()])
    room = 0.05 * (np.ptp(every) or 1.0)
    thresholds = np.linspace(every.min() - room, every.max() + room, 201)
    for color, (name, values) in zip(cycle(t.series), scores.items(), strict=False):
        above = performance_profile(values, thresholds)
        # the mean over seeds of "did better than the threshold"
        low, high = _profile_band(np.asarray(values, float), thresholds)
        axes.fill_between(thresholds, 100 * low, 100 * high, color=color, alpha=0.18, lw=0)
        axes.plot(thresholds, 100 * above, color=color, label=name)
    if optimum is not None and optimum <= thresholds[-1]:
        _line(axes, optimum)
    axes.set_ylim(-3, 103)
    axes.set_ylabel("runs that did better, %")
    axes.set_xlabel(unit)
    axes.margins(x=0)


def _profile_band(values: np.ndarray, thresholds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    luck = np.random.default_rng(0)
    drawn = luck.integers(len(values), size=(1_000, len(values)))
    above = (values[:, None] > thresholds[None]).astype(float)[drawn].mean(1)
    low, high = np.quantile(above, [0.025, 0.975], axis=0)
    return low, high


def _line(axes: Axes, optimum: float | None, *, across: bool = False) -> None:
    """The optimum as a dashed line."""
    if optimum is None:
        return
    t = theme()
    if across:
        axes.axhline(optimum, color=t.ink, lw=1, ls=(0, (4, 3)))
        axes.annotate(f"optimum {optimum:.3g}", (0.01, optimum), (0, 3), ("axes fraction", "data"), "offset points", fontsize=8)  # fmt: skip
    else:
        axes.axvline(optimum, color=t.ink, lw=1, ls=(0, (4, 3)))
