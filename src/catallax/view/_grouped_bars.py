"""Several kinds side by side, case by case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from catallax.view._style import figure, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def grouped_bars(kinds: Mapping[str, Float[np.ndarray, " cases"]], cases: Sequence[str], unit: str) -> Figure:
    """A row for each case, a bar for each kind.

    Args:
        kinds: for each the value of every case.
        cases: names, from the top.
        unit: what the values are.

    Raises:
        ValueError: if there is nothing to show.
    """
    if not kinds or not cases:
        raise ValueError("grouped_bars: expected at least one kind and one case.")
    with style() as t:
        axes = (fig := figure(0.7 + 0.36 * len(cases))).subplots()
        thick = 0.8 / len(kinds)
        for number, (color, (name, values)) in enumerate(zip(cycle(t.series), kinds.items(), strict=False)):
            axes.barh(
                np.arange(len(cases)) + (number + 0.5) * thick - 0.4, values, thick * 0.9, color=color, label=name
            )
        axes.set_yticks(range(len(cases)), cases)
        axes.invert_yaxis()
        axes.grid(True, axis="x")
        axes.grid(False, axis="y")
        axes.set_xlabel(unit)
        axes.legend(loc="lower left", bbox_to_anchor=(-0.3, 1.0), ncols=3, borderaxespad=0.2)
        return fig
