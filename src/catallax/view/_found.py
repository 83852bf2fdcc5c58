"""How many seeds have found what they look for, over time."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Int

from catallax.view._compare import logarithmic
from catallax.view._style import figure, style, tick_axis

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def found_curves(
    found: Mapping[str, Int[np.ndarray, " seeds"]],
    *,
    limit: int,
    marks: Mapping[str, float] | None = None,
    unit: str = "presentations",
) -> Figure:
    """For each method the share of its seeds that had found a solution, as a staircase.

    Args:
        found: for each method, when each seed found it; -1 for never.
        limit: when the search ended.
        marks: places to mark on the time axis, by their labels.
        unit: of the times.

    Raises:
        ValueError: if a method has no seeds.
    """
    if not found or not all(len(times) for times in found.values()):
        raise ValueError("found_curves: expected at least one method, and seeds in each.")
    with style() as t:
        axes = (fig := figure(3.3)).subplots()
        for color, (name, times) in zip(cycle(t.series), found.items(), strict=False):
            at = np.sort(times[times >= 0])
            share = np.arange(1, len(at) + 1) / len(times)
            edges, heights = (
                np.concatenate([[1], at, [limit]]),
                np.concatenate([[0.0], share, share[-1:] if len(at) else [0.0]]),
            )
            label = f"{name}: {len(at)} of {len(times)}"
            axes.step(edges, heights, where="post", color=color, lw=1.4, label=label)
        for label, place in (marks or {}).items():
            axes.axvline(place, color=t.ink, lw=1, ls=(0, (4, 3)))
            axes.annotate(
                label, (place, 0.02), (3, 0), ("data", "axes fraction"), "offset points",
                fontsize=8, rotation=90, va="bottom",
            )  # fmt: skip
        axes.set_ylim(0, 1.02)
        axes.set_ylabel("share of seeds, 0 to 1")
        axes.legend(loc="upper left", fontsize=8)
        tick_axis(axes, unit)
        logarithmic(axes)
        return fig
