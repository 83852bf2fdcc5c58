"""Who uses which machine when, over the prices of its time."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from catallax.view._style import WIDTH, color_scale, figure, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def gantt(
    start: Int[np.ndarray, "jobs operations"],
    duration: Int[np.ndarray, "jobs operations"],
    machine: Int[np.ndarray, "jobs operations"],
    prices: Float[np.ndarray, "machines slots"],
    optimum: float | None = None,
) -> Figure:
    """A bar for each operation in its machine's row, and under it a strip with the price of each slot.

    Args:
        start: of each operation, slots.
        duration: slots.
        machine: numbers from 0.
        prices: credits a slot.
        optimum: length of the shortest schedule, a dashed line.

    Raises:
        ValueError: if axes differ.
    """
    if not start.shape == duration.shape == machine.shape:
        raise ValueError(
            f"gantt: start, duration and machine need the same axes, got {start.shape}, {duration.shape}, {machine.shape}."
        )
    machines, slots = prices.shape
    with style() as t:
        fig = figure(0.75 + 0.5 * machines, WIDTH)
        axes = fig.subplots()
        strip = None
        for row in range(machines):
            strip = axes.imshow(
                prices[row : row + 1], extent=(0, slots, row + 0.42, row + 0.28), aspect="auto", cmap=color_scale(),
                vmin=0, vmax=max(float(prices.max()), 1e-9), interpolation="nearest", zorder=2,
            )  # fmt: skip
        for job, color in zip(range(len(start)), cycle(t.series), strict=False):
            for begin, length, row in zip(start[job], duration[job], machine[job], strict=True):
                axes.barh(row - 0.05, length, 0.62, begin, color=color, edgecolor=t.paper, lw=0.8, zorder=3)
                if length > 1:
                    axes.text(begin + length / 2, row - 0.05, str(job + 1), ha="center", va="center", color=t.paper,
                              fontsize=7.5, zorder=4)  # fmt: skip
        if optimum is not None:
            axes.axvline(optimum, color=t.ink, lw=1, ls=(0, (4, 3)), zorder=5)
            axes.annotate(
                f"optimum {optimum:g}", (optimum, 1.0), (3, 2), ("data", "axes fraction"), "offset points", fontsize=8
            )
        axes.set_xlim(0, max(slots, int((start + duration).max())))
        axes.set_ylim(machines - 0.5, -0.5)
        axes.set_yticks(range(machines), [f"machine {row + 1}" for row in range(machines)])
        axes.grid(False)
        axes.set_xlabel("slots; numbers are jobs, strips are prices")
        if strip is not None:
            fig.colorbar(strip, ax=axes, label="credits a slot", shrink=0.8, pad=0.02)
        return fig
