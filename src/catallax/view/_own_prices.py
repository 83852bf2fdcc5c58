"""Prices of questions about their own prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from catallax.view._style import figure, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def own_prices(
    paths: Mapping[str, Float[np.ndarray, "starts trades"]], consistent: Mapping[str, Sequence[float]]
) -> Figure:
    """A panel for each question, a line for each start, dashed the prices at which the question is worth its price.

    Args:
        paths: for each question prices from trade to trade.
        consistent: for each the consistent prices; may be none.

    Raises:
        ValueError: if there is no question.
    """
    if not paths:
        raise ValueError("own_prices: expected at least one question.")
    with style() as t:
        fig = figure(1.7 * len(paths) + 0.3)
        panels = fig.subplots(len(paths), sharex=True, squeeze=False)[:, 0]
        for axes, (name, lines) in zip(panels, paths.items(), strict=True):
            for color, line in zip(cycle(t.series), lines, strict=False):
                axes.plot(line, color=color, lw=1.5)
            for price in consistent[name]:
                axes.axhline(price, color=t.ink, lw=1.2, ls="--")
            said = ", ".join(f"{price:.2f}" for price in consistent[name]) or "none"
            axes.set_title(f"“this price is {name}”; consistent: {said}", fontsize=9)
            axes.set_ylim(-0.04, 1.04)
            axes.set_ylabel("price")
        panels[-1].set_xlabel("trades")
        return fig
