"""How a market discovers a latent variable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from catallax.view._style import figure, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def latent_discovery(
    true: Float[np.ndarray, "seeds indicators"],
    learned: Mapping[str, Float[np.ndarray, "seeds indicators"]],
    rounds: Int[np.ndarray, " looks"],
    excess: Mapping[str, Float[np.ndarray, "seeds looks"]],
    total_correlation: float,
) -> Figure:
    """Learned slopes beside the true ones, and the joint log loss above that of the truth as rounds go by.

    Args:
        true: slopes.
        learned: slopes, for each learner.
        rounds: at which was looked.
        excess: nats a round, for each kind of market; the mean over seeds is drawn, and the range.
        total_correlation: nats; what markets without the latent variable lose, a line.

    Raises:
        ValueError: if there is no learner, or no market.
    """
    if not learned or not excess:
        raise ValueError("latent_discovery: expected at least one learner and one market.")
    with style() as t:
        fig = figure(5.6)
        top, bottom = fig.subplots(2, 1, height_ratios=[1, 1])
        colors = dict(zip(learned, t.series, strict=False))
        for number, (name, slopes) in enumerate(learned.items()):
            # rings of different sizes, as learners mostly find the same
            top.plot(true.ravel(), slopes.ravel(), "o", ms=7 - 2 * number, mfc="none", color=colors[name], label=name)
        ends = [min(true.min(), 0), true.max()]
        top.plot(ends, ends, color=t.faint, lw=1, ls=(0, (4, 3)))
        top.set(title="slopes of the indicators: learned beside true", xlabel="true slope", ylabel="learned slope")
        top.legend(loc="upper left")
        for name, losses in excess.items():
            color = colors.get(name, t.ink)
            bottom.plot(rounds, losses.mean(0), color=color, label=name)
            bottom.fill_between(rounds, losses.min(0), losses.max(0), color=color, alpha=0.15, lw=0)
        bottom.axhline(total_correlation, color=t.ink, lw=1, ls=(0, (4, 3)))
        bottom.annotate(
            "total correlation",
            (1, total_correlation),
            (-3, 3),
            ("axes fraction", "data"),
            "offset points",
            ha="right",
            fontsize=8,
        )
        bottom.set(
            xscale="log", yscale="log", title="joint log loss above the truth's, nats per round", xlabel="rounds seen"
        )
        bottom.legend(loc="lower left")
        return fig
