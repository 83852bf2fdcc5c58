"""Panels side by side, in each a curve for every method with the interval of its mean as a band."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from catallax.view._compare import logarithmic
from catallax.view._style import figure, short, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def banded_panels(
    panels: Mapping[str, Mapping[str, Float[np.ndarray, "seeds points"]]],
    places: Float[np.ndarray, " points"] | np.ndarray,
    *,
    unit: str,
    along: str,
    target: float | None = None,
    change: float | None = None,
    log: bool = False,
) -> Figure:
    """Means over seeds with a 95 % bootstrap band, two panels a row, one colour per method throughout.

    Args:
        panels: by title, for each method its values.
        places: where they were taken.
        unit: of the values.
        along: what the places are.
        target: a dashed line across.
        change: a dotted line upright, where the world changes.
        log: give every power of ten of the places the same room.

    Raises:
        ValueError: if there is nothing to show.
    """
    if not panels or not all(panels.values()):
        raise ValueError("banded_panels: expected at least one panel, each with at least one curve.")
    names = list(dict.fromkeys(name for curves in panels.values() for name in curves))
    columns = min(2, len(panels))
    rows = -(-len(panels) // columns)
    luck = np.random.default_rng(0)
    with style() as t:
        fig = figure(2.1 * rows + 0.6, 3.6 * columns)
        axes = np.atleast_1d(fig.subplots(rows, columns, sharey=True, sharex=True, squeeze=False)).ravel()
        colors, dashes = t.series * 4, ("-", (0, (5, 1.5)), (0, (1.5, 1)), "-.", (0, (7, 2, 1, 2, 1, 2)))
        for panel, (title, curves) in zip(axes, panels.items(), strict=False):
            for name, values in curves.items():
                number = names.index(name)
                drawn = luck.integers(len(values), size=(500, len(values)))
                low, high = np.quantile(values[drawn].mean(1), [0.025, 0.975], axis=0)
                panel.fill_between(places, low, high, color=colors[number], alpha=0.18, lw=0)
                panel.plot(places, values.mean(0), color=colors[number], ls=dashes[number % len(dashes)], label=name)
            if target is not None:
                panel.axhline(target, color=t.faint, lw=0.8, ls=(0, (4, 3)))
            if change is not None:
                panel.axvline(change, color=t.faint, lw=0.8, ls=":")
            panel.set_title(title)
            if log:
                logarithmic(panel)
            else:
                panel.xaxis.set_major_formatter(lambda x, _: short(x))
            panel.margins(x=0.01)
        for panel in axes[len(panels) :]:
            panel.set_visible(False)
        fig.supxlabel(along, fontsize=9, color=t.faint)
        fig.supylabel(unit, fontsize=9, color=t.faint)
        lines = {line.get_label(): line for panel in axes for line in panel.get_lines() if line.get_label() in names}
        fig.legend(
            list(lines.values()),
            list(lines),
            loc="outside upper left",
            ncols=min(2 if columns == 1 or max(map(len, names)) > 30 else 3, len(names)),
        )
        return fig
