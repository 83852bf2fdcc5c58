"""How something grows with a size, both axes logarithmic."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np

from catallax.view._style import figure, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def scaling(lines: Mapping[str, Mapping[int, Any]], *, size: str, unit: str) -> Figure:
    """A dot per seed and size, their mean as a line, a colour per method.

    Args:
        lines: for each method and size the value of every seed, above 0.
        size: what the sizes are.
        unit: what the values are.

    Raises:
        ValueError: if there is nothing to show.
    """
    if not any(lines.values()):
        raise ValueError("scaling: expected at least one size.")
    with style() as t:
        axes = (fig := figure(3.3)).subplots()
        for color, (name, sizes) in zip(cycle(t.series), lines.items(), strict=False):
            order = sorted(sizes)
            for place in order:
                values = np.atleast_1d(np.asarray(sizes[place]))
                axes.plot(np.full(values.size, place), values, ".", color=color, ms=5, alpha=0.4)
            axes.plot(
                order, [float(np.mean(sizes[place])) for place in order], "-o", color=color, lw=1.8, ms=4, label=name
            )
        every = sorted({place for sizes in lines.values() for place in sizes})
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xticks(every, [f"{place:,}" for place in every])
        axes.xaxis.minorticks_off()
        axes.set_xlabel(size)
        axes.set_ylabel(unit)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, borderaxespad=0.2)
    return fig
