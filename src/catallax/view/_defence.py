"""What a dear defence keeps untold, and how much that costs whom it would have helped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from catallax.view._style import WIDTH, figure, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def defence(
    costs: Float[np.ndarray, " costs"],
    curves: Mapping[str, Float[np.ndarray, " costs"]],
    stake: float,
    shortfalls: Mapping[str, Float[np.ndarray, " cases"]],
) -> Figure:
    """Above, curves over the cost of defence with the stake dashed; below, the share of cases in which a shortfall exceeds each size.

    Args:
        costs: of defending the answer, credits.
        curves: by what they show, credits.
        stake: what the answer is worth, credits.
        shortfalls: for each kind of case the shortfall of every one, credits.

    Raises:
        ValueError: if there is nothing to show.
    """
    if not curves or not shortfalls:
        raise ValueError("defence: expected at least one curve and one kind of case.")
    with style() as t:
        fig = figure(4.6, WIDTH)
        top, bottom = fig.subplots(2, 1)
        for color, (name, curve) in zip(t.series, curves.items(), strict=False):
            top.plot(costs, curve, color=color, lw=1.8, label=name)
        top.axvline(stake, color=t.faint, lw=1, ls="--", label="the stake")
        top.set_xlabel("cost of the defence, credits")
        top.set_ylabel("credits")
        top.legend(fontsize=8)
        for color, (name, sizes) in zip(t.series, shortfalls.items(), strict=False):
            order = np.concatenate([[0.0], np.sort(sizes)])
            share = np.concatenate([[np.mean(sizes > 1e-12)], np.arange(len(sizes) - 1, -1, -1) / len(sizes)])
            share = np.minimum(share, share[0])
            bottom.step(order, 100 * share, where="post", color=color, lw=1.8, label=name)
        bottom.set_xlabel("shortfall, credits")
        bottom.set_ylabel("% of cases above it")
        bottom.set_ylim(bottom=0)
        bottom.legend(fontsize=8)
        return fig
