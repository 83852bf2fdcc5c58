"""Several methods or several runs side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from jaxtyping import Float

from catallax.view._map import draw_price_map
from catallax.view._source import Columns, Source
from catallax.view._style import WIDTH, figure, notice, short, style, theme, tick_axis, value_range

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Curve = tuple[Float[np.ndarray, " time"], Float[np.ndarray, " time"]]
"""Ticks and values (credits)."""


def compare_methods(rows: Sequence[Mapping[str, Any]], unit: str = "return, credits") -> Figure:
    """One bar per method, its whisker a standard error; the dashed line is the optimum.

    Args:
        rows: mappings with `name`, `value` and, where known, `std_error`; a row whose
            name starts with "optim" becomes the line.
        unit: label of the axis.
    """
    with style() as t:
        fig = figure(0.85 + 0.33 * max(len(rows), 1))
        _bars(fig.subplots(), rows, unit, [t.blue if "market" in str(r["name"]).lower() else t.faint for r in rows])
        return fig


def _bars(axes: Axes, rows: Sequence[Mapping[str, Any]], unit: str, colors: Sequence[str]) -> None:
    t = theme()
    best = [r for r in rows if str(r["name"]).lower().startswith("optim")]
    bars = [r for r in rows if r not in best]
    values = np.array([float(r["value"]) for r in bars])
    errors = np.array([float(r.get("std_error") or 0.0) for r in bars])
    place = np.arange(len(bars))
    color = [c for r, c in zip(rows, colors, strict=True) if r not in best]
    axes.barh(place, values, xerr=np.where(errors > 0, errors, np.nan), color=color, height=0.62, ecolor=t.ink)
    optimum = float(best[0]["value"]) if best else None
    high = float(np.max([*values, 1e-9 if optimum is None else optimum, 1e-9]))
    low = float(np.min([0.0, *values]))
    for y, value in enumerate(values):
        share = f"  {value / optimum:.1%}" if optimum and optimum > 0 and value >= 0 else ""
        axes.text(1.04 * high, y, f"{value:.4g}{share}", va="center", fontsize=8)
    if optimum is not None:
        axes.axvline(optimum, color=t.ink, lw=1, ls=(0, (4, 3)))
        axes.text(optimum, -0.62, f"optimum {optimum:.4g} ", ha="right", va="bottom", fontsize=8)
    axes.set_yticks(place, [str(r["name"]) for r in bars])
    axes.set(ylim=(len(bars) - 0.5, -0.7), xlim=(1.05 * low, 1.02 * high))
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(unit)


def compare_runs(curves: Mapping[str, Curve], rows: Sequence[Mapping[str, Any]], unit: str) -> Figure:
    """Curves of several runs over time, and where each of them ended."""
    with style() as t:
        fig = figure(3.6 + 0.3 * len(rows))
        top, bottom = fig.subplots(2, 1, height_ratios=(2.6, 0.5 + 0.3 * len(rows)))
        for color, (name, (ticks, values)) in zip(cycle(t.series), curves.items(), strict=False):
            seen = np.isfinite(values)
            top.plot(ticks[seen], values[seen], color=color, label=name)
        top.set_ylabel(unit)
        top.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, borderaxespad=0.2)
        tick_axis(top)
        color = dict(zip(curves, cycle(t.series), strict=False))
        _bars(bottom, rows, unit, [color.get(str(r["name"]), t.faint) for r in rows])
        return fig


class Learning(NamedTuple):
    """How several methods came to solve one world."""

    title: str
    curves: Mapping[str, Curve]
    """Ticks and value of the greedy policy, credits, of each method."""
    optimum: float
    """Value of the best policy, credits."""
    floor: float | None = None
    """Value of the random policy, credits."""
    prices: Columns | None = None
    """Map of the prices, as `Source.prices` describes."""


def compare_learning(worlds: Sequence[Learning]) -> Figure:
    """A row per world: learning curves against the optimum, and beside them what the market charges for every cell.

    Args:
        worlds: from top to bottom; the time axis is logarithmic.

    Raises:
        ValueError: if there is no world.
    """
    if not worlds:
        raise ValueError("compare_learning: expected at least one world.")
    with style():
        maps = any(world.prices is not None for world in worlds)
        fig = figure(0.35 + 2.75 * len(worlds), 8.2 if maps else WIDTH)
        grid = fig.subplots(
            len(worlds), 1 + maps, squeeze=False, gridspec_kw={"width_ratios": (1.75, 1.0) if maps else (1.0,)}
        )
        for row, world in zip(grid, worlds, strict=True):
            _learning(row[0], world)
            if maps and world.prices is not None and "cells" in world.prices:
                image = draw_price_map(row[1], world.prices)
                bar = fig.colorbar(image, ax=row[1], aspect=22, pad=0.03, shrink=0.92)
                bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue] - typed as a spine mapping
                row[1].set_title("market price of every cell, credits")
            elif maps:
                row[1].set_axis_off()
        return fig


def _learning(axes: Axes, world: Learning) -> None:
    t = theme()
    for color, (name, (ticks, values)) in zip(cycle(t.series), world.curves.items(), strict=False):
        axes.plot(ticks, values, color=color, lw=1.4, label=f"{name}: {values[-1] / world.optimum:.1%} of the optimum")
    axes.axhline(world.optimum, color=t.ink, lw=1, ls=(0, (4, 3)))
    axes.annotate(
        f"optimum {world.optimum:.3g}", (0.01, world.optimum), (0, 3), ("axes fraction", "data"), "offset points",
        fontsize=8,
    )  # fmt: skip
    low = [world.optimum]
    if world.floor is not None:
        axes.axhline(world.floor, color=t.faint, lw=1, ls=(0, (1, 2)), label=f"random walk: {world.floor:.2g}")
        low.append(world.floor)
    value_range(axes, *low, *(values for _, values in world.curves.values()))
    axes.set_title(world.title)
    axes.set_ylabel("value of the greedy policy, credits")
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 0.03))
    tick_axis(axes)
    logarithmic(axes)


def logarithmic(axes: Axes) -> None:
    """Most is learned early: every power of ten gets the same room."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 3.0)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: short(x)))


def plot_compare(things: Iterable[Any]) -> Figure:
    """Runs (folders, paths or runs in memory) in one picture.

    One run alone is compared with the methods of its result table.
    """
    things = list(things)
    sources = [Source.of(thing) for thing in things]
    if not sources:
        raise ValueError("plot_compare: expected at least one run folder.")
    names = _names(sources, things)
    if len(sources) == 1:
        return compare_of(sources[0])
    evaluated = all(np.isfinite(s.column("evaluation")).any() for s in sources)
    column = "evaluation" if evaluated else "return_mean"
    unit = "evaluated return, credits" if evaluated else "reward per episode while training, credits"
    curves: dict[str, Curve] = {n: (s.ticks, s.column(column)) for n, s in zip(names, sources, strict=True)}
    rows = [{"name": n, "value": v[np.isfinite(v)][-1]} for n, (_, v) in curves.items() if np.isfinite(v).any()]
    optima = {s.optimum for s in sources if s.optimum is not None}
    if evaluated and len(optima) == 1:
        rows.append({"name": "optimum", "value": optima.pop()})
    return compare_runs(curves, rows, unit)


def _names(sources: Sequence[Source], things: Sequence[Any]) -> list[str]:
    """Names of the runs, made different by their paths or numbers where they are the same."""
    names = [s.name for s in sources]
    if len(set(names)) == len(names):
        return names
    paths = [thing for thing in things if isinstance(thing, str | Path)]
    if len(paths) == len(names):
        return [str(path) for path in paths]
    return [f"{name} ({number})" for number, name in enumerate(names, 1)]


def compare_of(source: Source) -> Figure:
    """The methods in a stored run's result table."""
    rows = [row for row in source.result if isinstance(row.get("value"), int | float) and np.isfinite(row["value"])]
    if not rows:
        return notice("No result table was stored with this run.")
    return compare_methods(rows)
