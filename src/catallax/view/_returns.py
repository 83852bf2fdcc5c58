"""How well the market acts: evaluated return, regret to the optimum, return while training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from catallax.view._style import figure, notice, style, theme, tick_axis, value_range

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from catallax.view._source import Source


def returns(
    ticks: Float[np.ndarray, " time"],
    evaluation: Float[np.ndarray, " time"],
    training: Float[np.ndarray, " time"],
    optimum: float | None = None,
    curves: Mapping[str, Mapping[str, Any]] | None = None,
) -> Figure:
    """Mean return over time; the gap between curve and dashed line is the regret.

    Args:
        ticks: of both histories.
        evaluation: discounted return of the market as it stands, credits; NaN where it was not evaluated.
        training: undiscounted reward of the episodes finished while training, credits.
        optimum: value of the best policy, credits.
        curves: other methods in the same units, `{name: {"tick": [...], "value": [...]}}`.
    """
    with style():
        known = np.isfinite(evaluation)
        both = known.any() or bool(curves)
        count = int(both) + int(np.isfinite(training).any())
        if count == 0:
            return notice("No episode ended during training, and the market was not evaluated.")
        fig = figure(1.1 + 1.9 * count)
        parts = list(fig.subplots(count, 1, sharex=True, squeeze=False).ravel())
        if both:
            _evaluated(parts[0], ticks[known], evaluation[known], optimum, curves or {})
        if np.isfinite(training).any():
            seen = np.isfinite(training)
            parts[-1].plot(ticks[seen], training[seen], color=theme().blue)
            value_range(parts[-1], training)
            parts[-1].set_title("while training, with exploration, not discounted")
            parts[-1].set_ylabel("reward per episode,\ncredits")
        tick_axis(parts[-1])
        return fig


def _evaluated(
    axes: Axes, ticks: np.ndarray, values: np.ndarray, optimum: float | None, curves: Mapping[str, Mapping[str, Any]]
) -> None:
    t = theme()
    if optimum is not None:
        axes.axhline(optimum, color=t.ink, lw=1, ls=(0, (4, 3)), label="optimum")
        if len(values):
            axes.fill_between(ticks, values, optimum, color=t.orange, alpha=0.13, lw=0, label="regret")
    if len(values):
        axes.plot(ticks, values, color=t.blue, marker="o", ms=3, label="market")
    for color, (name, curve) in zip(t.series[1:] * 3, curves.items(), strict=False):
        axes.plot(curve["tick"], curve["value"], color=color, lw=1.4, label=name)
    value_range(axes, values, optimum, *(np.asarray(curve["value"], float) for curve in curves.values()))
    axes.set_title("evaluated, discounted", pad=22)
    axes.set_ylabel("return, credits")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=5, borderaxespad=0.1)


def returns_of(source: Source) -> Figure:
    """Return and regret of a stored run."""
    curves = source.config.get("curves")
    return returns(source.ticks, source.column("evaluation"), source.column("return_mean"), source.optimum, curves)


def how_to_read_returns(source: Source) -> str:
    """The sentence under the return picture."""
    if np.isfinite(source.column("evaluation")).any():
        return "The closer the curve to the dashed line, the less is left to gain; the shaded gap is the regret."
    return "What an episode brought while agents were still learning and trying things out."
