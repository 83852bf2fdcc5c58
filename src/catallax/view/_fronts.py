"""What can be had of two objectives at once, and what was reached."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from jaxtyping import Float

from catallax.view._style import WIDTH, figure, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Front(NamedTuple):
    """Points of one world, axes `points objectives`, two objectives."""

    best: Float[np.ndarray, "points two"]
    """Of which none is better in both."""
    linear: Float[np.ndarray, "points two"]
    """Those that some weights make best."""
    reached: Float[np.ndarray, "points two"]
    """By whatever is shown."""


def fronts(panels: Mapping[str, Front], objectives: tuple[str, str], reached: str = "reached") -> Figure:
    """A panel for each world: the front, the part of it that weights can pick, and what was reached.

    Args:
        panels: by title.
        objectives: labels of the axes.
        reached: label of what was reached.

    Raises:
        ValueError: if there is no panel.
    """
    if not panels:
        raise ValueError("fronts: expected at least one panel.")
    with style() as t:
        fig, lines = figure(3.3, WIDTH), ([], [])
        for number, (axes, (title, front)) in enumerate(
            zip(fig.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True)
        ):
            hull = front.linear[np.argsort(front.linear[:, 0])]
            axes.plot(*hull.T, color=t.faint, lw=0.9, ls=(0, (4, 3)), label="picked by some weights")
            axes.plot(*front.best.T, "o", color=t.faint, mfc=t.paper, ms=6.5, label="front")
            axes.plot(*front.linear.T, "o", color=t.faint, mfc=t.faint, ms=6.5)
            axes.plot(*front.reached.T, "o", color=t.blue, ms=3.6, label=reached, zorder=4)
            axes.set_title(title)
            axes.set_xlabel(objectives[0])
            if not number:
                axes.set_ylabel(objectives[1])
                lines = axes.get_legend_handles_labels()
            axes.margins(0.08)
        fig.legend(*lines, loc="outside upper left", ncols=3)
        return fig
