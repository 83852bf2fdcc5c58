"""Curves of many seeds: a faint line each, their mean on top, one colour per method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np

from catallax.view._compare import Curve, logarithmic
from catallax.view._style import figure, style, tick_axis, value_range

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def seed_curves(
    curves: Mapping[str, Sequence[Curve]],
    *,
    target: float,
    unit: str,
    goal: str = "target",
    log: bool = False,
    along: str = "ticks, all instances together",
) -> Figure:
    """A faint line per seed, their mean on top, a colour per method, and the target as a dashed line.

    Args:
        curves: for each method, ticks and values of every seed; where ticks differ there is no mean.
        target: value of the dashed line, in the unit of the values.
        unit: label of the values.
        goal: label of the dashed line.
        log: give every power of ten of the ticks the same room.
        along: label of the ticks.

    Raises:
        ValueError: if there is no curve.
    """
    if not any(curves.values()):
        raise ValueError("seed_curves: expected at least one curve.")
    with style() as t:
        axes = (fig := figure(3.3)).subplots()
        for color, (name, seeds) in zip(cycle(t.series), ((n, s) for n, s in curves.items() if s), strict=False):
            averaged = len(seeds) > 1 and all(np.array_equal(seeds[0][0], ticks) for ticks, _ in seeds)
            for ticks, values in seeds:
                axes.plot(ticks, values, color=color, lw=0.8, alpha=0.3 if averaged else 0.85)
            if averaged:
                axes.plot(seeds[0][0], np.mean([values for _, values in seeds], axis=0), color=color, lw=1.8)
            axes.lines[-1].set_label(f"{name} ({len(seeds)} seed{'s' if len(seeds) > 1 else ''})")
        axes.axhline(target, color=t.ink, lw=1, ls=(0, (4, 3)))
        axes.annotate(
            f"{goal} {target:.3g}", (0.01, target), (0, 3), ("axes fraction", "data"), "offset points",
            fontsize=8, ha="left",
        )  # fmt: skip
        value_range(axes, target, *(values for seeds in curves.values() for _, values in seeds))
        axes.set_ylabel(unit)
        columns = 1 if max(map(len, curves)) > 22 else 2  # two long names side by side would squeeze the axes
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=columns, borderaxespad=0.2)
        tick_axis(axes, along)
        if log:
            logarithmic(axes)
        return fig
