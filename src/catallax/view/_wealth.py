"""Who owns what: Lorenz curve, concentration, totals, the richest kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from catallax.lab import gini
from catallax.view._style import figure, notice, short, style, tick_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from catallax.view._source import Source


def wealth_shares(
    wealth: Float[np.ndarray, " agents"],
    ticks: Float[np.ndarray, " time"],
    gini_history: Float[np.ndarray, " time"],
    herfindahl: Float[np.ndarray, " time"],
) -> Figure:
    """Lorenz curve of the living agents, and Gini and Herfindahl indices over time.

    Args:
        wealth: of the living agents at the end, credits.
        ticks: of the histories.
        gini_history: 0 equal, towards 1 unequal.
        herfindahl: sum of squared shares, 1/n equal, 1 one owner.
    """
    with style() as t:
        fig = figure(2.75)
        left, right = fig.subplots(1, 2, width_ratios=(1, 1.15))
        _lorenz(left, np.asarray(wealth, float))
        right.plot(ticks, gini_history, color=t.blue, label="Gini")
        right.plot(ticks, herfindahl, color=t.orange, label="Herfindahl")
        right.set(ylim=(0, 1.02), title="concentration")
        right.set_ylabel("index, 0 to 1")
        right.legend(loc="upper right", ncols=1)
        tick_axis(right, "ticks")
        return fig


def _lorenz(axes: Axes, wealth: np.ndarray) -> None:
    from catallax.view._style import theme

    t = theme()
    total = wealth.sum()
    curve = np.concatenate([[0.0], np.cumsum(np.sort(wealth)) / total]) if total > 0 else np.linspace(0, 1, 2)
    people = np.linspace(0, 1, len(curve))
    axes.plot([0, 1], [0, 1], color=t.faint, lw=1, ls=(0, (4, 3)))
    axes.fill_between(people, curve, people, color=t.blue, alpha=0.15, lw=0)
    axes.plot(people, curve, color=t.blue)
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", title=f"Lorenz curve, Gini {gini(wealth):.2f}")
    axes.set_xlabel("share of agents, poorest first")
    axes.set_ylabel("share of wealth")


def wealth_history(
    ticks: Float[np.ndarray, " time"], total: Float[np.ndarray, " time"], top: Float[np.ndarray, " time"]
) -> Figure:
    """Wealth of all agents over time, credits, and the part of the richest one (`top`, a share).

    Args:
        ticks: axis `[time]`.
        total: wealth of all agents, credits, axis `[time]`.
    """
    with style() as t:
        fig = figure()
        axes = fig.subplots()
        axes.fill_between(ticks, 0, total, color=t.blue, alpha=0.15, lw=0)
        axes.plot(ticks, total, color=t.blue, label="all agents")
        axes.fill_between(ticks, 0, top * total, color=t.orange, alpha=0.3, lw=0)
        axes.plot(ticks, top * total, color=t.orange, label="the richest agent")
        axes.set_ylim(0, 1.08 * max(float(np.nanmax(total, initial=0.0)), 1e-9))
        axes.set_ylabel("wealth, credits")
        axes.legend(loc="upper left", bbox_to_anchor=(0, 1.14), ncols=2, borderaxespad=0)
        tick_axis(axes)
        return fig


def holders(names: list[str], wealth: Float[np.ndarray, " holders"], heads: Float[np.ndarray, " holders"]) -> Figure:
    """The richest kinds or agents, credits; `heads` counts the living agents in each.

    Args:
        wealth: credits, axis `[holders]`.
    """
    with style() as t:
        fig = figure(0.75 + 0.26 * len(names))
        axes = fig.subplots()
        place = np.arange(len(names))
        axes.barh(place, wealth, color=t.blue, height=0.66)
        most = max(float(wealth.max(initial=0.0)), 1e-9)
        for y, (value, n) in enumerate(zip(wealth, heads, strict=True)):
            count = f"  ({n:.0f} agents)" if n > 1 else ""
            axes.text(value + 0.01 * most, y, f"{short(value)}{count}", va="center", fontsize=8, color=t.faint)
        axes.set_yticks(place, names)
        axes.set(ylim=(len(names) - 0.4, -0.6), xlim=(0, 1.25 * most))
        axes.grid(visible=False)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("wealth at the end, credits")
        return fig


def _living(source: Source) -> np.ndarray | None:
    if source.wealth is None:
        return None
    wealth = np.asarray(source.wealth["wealth"], float)
    return wealth[np.asarray(source.wealth["alive"], bool)] if "alive" in source.wealth else wealth


def wealth_of(source: Source) -> Figure:
    """Lorenz curve and concentration of a stored run."""
    living = _living(source)
    if living is None or not living.size:
        return notice("No agent is alive." if living is not None else "The wealth of single agents was not stored.")
    return wealth_shares(living, source.ticks, source.column("wealth_gini"), source.column("wealth_herfindahl"))


def wealth_history_of(source: Source) -> Figure:
    """Wealth over time of a stored run."""
    return wealth_history(source.ticks, source.column("wealth_total"), source.column("wealth_top"))


def holders_of(source: Source, most: int = 10) -> Figure:
    """The richest kinds of a stored run, or its richest agents when kinds have no labels."""
    living = _living(source)
    if living is None or source.wealth is None or not living.size:
        return notice("The wealth of single agents was not stored.")
    alive = np.asarray(source.wealth.get("alive", np.ones(len(source.wealth["wealth"]), bool)), bool)
    labels = source.wealth.get("labels")
    named = (
        [str(x) for x in np.asarray(labels)[alive]]
        if labels is not None
        else [f"agent {k}" for k in np.flatnonzero(alive)]
    )
    sums: dict[str, list[float]] = {}
    for name, value in zip(named, living, strict=True):
        sums.setdefault(name, []).append(float(value))
    top = sorted(sums, key=lambda name: -sum(sums[name]))[:most]
    return holders(top, np.array([sum(sums[n]) for n in top]), np.array([len(sums[n]) for n in top], float))
