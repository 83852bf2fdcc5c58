"""Beliefs as they change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from catallax.view._style import WIDTH, figure, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def belief_paths(
    panels: Mapping[str, Mapping[str, Float[np.ndarray, " _"]]],
    truth: float | None = None,
    asked: str = "questions asked",
) -> Figure:
    """Probabilities by their name, one panel for each market.

    Args:
        panels: for each market, probabilities in order, by the name of who gives them.
        truth: a probability drawn across, where one is known.
        asked: what the horizontal axis counts.

    Raises:
        ValueError: if there is no panel.
    """
    if not panels:
        raise ValueError("belief_paths: expected at least one panel.")
    with style() as t:
        fig = figure(2.1 * len(panels), WIDTH)
        for axes, (title, paths) in zip(fig.subplots(len(panels), 1, squeeze=False)[:, 0], panels.items(), strict=True):
            for place, (name, path) in enumerate(paths.items()):
                # the first broad and pale, so that one that lies on it is seen
                width, alpha = (3.2, 0.45) if place == 0 else (1.0, 1.0)
                axes.plot(path, color=t.series[place % len(t.series)], lw=width, alpha=alpha, label=name)
            if truth is not None:
                axes.axhline(truth, color=t.faint, lw=0.8, ls=":", label="truth")
            axes.set(ylim=(0, 1), xlabel=asked, ylabel="probability", title=title)
            axes.margins(x=0.01)
            axes.legend(loc="lower right", ncols=3)
        return fig
