"""What is believed, beside what is true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from jaxtyping import Float

from catallax.view._style import WIDTH, figure, short, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Curve = tuple[Float[np.ndarray, " points"], Float[np.ndarray, " points"]]


class BeliefPanel(NamedTuple):
    """One set of axes."""

    title: str
    curves: Mapping[str, Curve]
    """Beliefs by name: where, and what."""
    truths: Mapping[str, Curve]
    """Dashed, by name."""
    unit: str = "price"
    """Of the beliefs."""


def belief_paths(panels: Sequence[BeliefPanel], *, time: str = "days", log: bool = False, dots: bool = False) -> Figure:
    """Beliefs as lines and truths as dashed lines, one panel under the other.

    Args:
        panels: at least one.
        time: label of the common axis.
        log: give every power of ten of it the same room.
        dots: show the points of beliefs instead of lines.

    Raises:
        ValueError: if there is no panel, or one without curves.
    """
    if not panels or not all(panel.curves for panel in panels):
        raise ValueError("belief_paths: expected at least one panel, and a curve in each.")
    with style() as t:
        fig = figure(0.4 + 2.1 * len(panels), WIDTH)
        for axes, panel in zip(fig.subplots(len(panels), squeeze=False)[:, 0], panels, strict=True):
            for color, (name, (where, what)) in zip(cycle(t.series), panel.curves.items(), strict=False):
                line = {"ls": "", "marker": "o", "ms": 5} if dots else {"lw": 1.4}
                axes.plot(where, what, color=color, label=name, **line)
            for name, (where, what) in panel.truths.items():
                axes.plot(where, what, color=t.ink, lw=1, ls=(0, (4, 3)), label=name)
            if log:
                axes.set_xscale("log")
            else:
                axes.xaxis.set_major_formatter(lambda x, _: short(x))
            axes.set_title(panel.title)
            axes.set_ylabel(panel.unit)
            axes.margins(x=0.01)
            axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        axes.set_xlabel(time)
        return fig
