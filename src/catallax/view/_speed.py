"""What the run cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from catallax.view._style import figure, short, style, tick_axis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from catallax.view._source import Source


def speed(
    ticks: Float[np.ndarray, " time"],
    rate: Float[np.ndarray, " time"],
    seconds: float,
    compile_seconds: float | None = None,
) -> Figure:
    """Ticks per second over the run, without compilation; totals in the title.

    Args:
        ticks: axis `[time]`.
        rate: ticks per second, axis `[time]`.
    """
    with style() as t:
        fig = figure(2.2)
        axes = fig.subplots()
        axes.plot(ticks, rate, color=t.blue)
        axes.set_ylim(0, 1.15 * max(float(np.nanmax(rate, initial=0.0)), 1e-9))
        axes.yaxis.set_major_formatter(lambda y, _: short(y))
        axes.set_ylabel("ticks per second")
        compiled = "" if compile_seconds is None else f", after {compile_seconds:.1f} s of compilation"
        axes.set_title(f"{short(ticks[-1])} ticks in {seconds:.1f} s{compiled}")
        tick_axis(axes)
        return fig


def speed_of(source: Source) -> Figure:
    """Speed of a stored run."""
    compiled = source.config.get("compile_seconds")
    return speed(source.ticks, source.column("ticks_per_second"), float(source.column("seconds")[-1]), compiled)
