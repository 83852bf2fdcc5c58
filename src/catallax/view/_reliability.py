"""Whether forecasts come true as often as they say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from catallax.forecasting.scoring import Reliability
from catallax.view._style import figure, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def reliability_diagram(curves: Mapping[str, Reliability], *, dark: bool | None = None) -> Figure:
    """Frequency against forecast, a panel for each forecaster, and below it how often each forecast was given.

    Grey is where the frequencies of a calibrated forecaster would lie; the size of a dot grows with its forecasts.

    Args:
        curves: `scoring.reliability` of each forecaster.
        dark: light ink on dark paper; None keeps the mode in force.

    Raises:
        ValueError: if there is no curve.
    """
    if not curves:
        raise ValueError("reliability_diagram: expected the curve of at least one forecaster.")
    with style(dark) as t:
        width = max(3.4, 2.6 * len(curves))
        fig = figure(3.9, width)
        panels = fig.subplots(
            2, len(curves), sharex=True, sharey="row", squeeze=False, gridspec_kw={"height_ratios": (3.2, 1)}
        )
        for (top, bottom), (name, curve) in zip(panels.T, curves.items(), strict=True):
            _curve(top, curve, t)
            top.set_title(name)
            middle, width = (curve.edges[1:] + curve.edges[:-1]) / 2, np.diff(curve.edges)
            bottom.bar(middle, curve.count / curve.count.sum(), width * 0.92, color=t.faint, alpha=0.75, lw=0)
            bottom.set_xticks((0, 0.25, 0.5, 0.75, 1), ("0", "¼", "½", "¾", "1"))
            bottom.set_xlim(-0.02, 1.02)
        panels[0, 0].set_ylabel("happened, share")
        panels[1, 0].set_ylabel("forecasts,\nshare")
        fig.supxlabel("forecast, probability", fontsize=9, color=t.faint)
        return fig


def _curve(axes, curve: Reliability, t) -> None:
    full = curve.count > 0
    x, low, high = curve.forecast[full], curve.low[full], curve.high[full]
    axes.plot((0, 1), (0, 1), color=t.faint, lw=0.9, ls=(0, (4, 3)), zorder=1)
    axes.vlines(x, low, high, color=t.faint, alpha=0.35, lw=7, zorder=2)
    outside = (curve.frequency[full] < low) | (curve.frequency[full] > high)
    size = 14 + 60 * np.sqrt(curve.count[full] / curve.count.max())
    axes.plot(x, curve.frequency[full], color=t.blue, lw=1.2, alpha=0.7, zorder=3)
    axes.scatter(x, curve.frequency[full], size, color=np.where(outside, t.orange, t.blue), lw=0, zorder=4)
    axes.set_ylim(-0.03, 1.03)
    axes.set_yticks((0, 0.25, 0.5, 0.75, 1), ("0", "¼", "½", "¾", "1"))
    axes.grid(True, axis="both")
