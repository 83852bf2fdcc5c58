"""What each report on two actions is expected to earn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from catallax.view._style import WIDTH, color_scale, figure, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def decision_gains(
    gains: Mapping[str, Float[np.ndarray, "reports reports"]],
    reports: Float[np.ndarray, " reports"],
    truth: Any,
    best: Mapping[str, Any],
) -> Figure:
    """A map for each way to pay: report on the first action across, on the second up, the expected gain as colour.

    Args:
        gains: for each way, axes of the first report, of the second; units of `b`. What is below -1 looks like -1.
        reports: the probabilities reported.
        truth: what the trader believes of the two actions.
        best: for each way the report that earns most.

    Raises:
        ValueError: if there is nothing to show.
    """
    if not gains:
        raise ValueError("decision_gains: expected at least one way to pay.")
    top = max(float(gain.max()) for gain in gains.values())
    with style() as t:
        fig = figure(3.3, WIDTH)
        axes = fig.subplots(1, len(gains), sharey=True, squeeze=False)[0]
        image: Any = None
        for place, (name, gain) in zip(axes, gains.items(), strict=True):
            image = place.pcolormesh(reports, reports, gain.T, cmap=color_scale(), vmin=-1, vmax=top, rasterized=True)
            place.plot(reports, reports, color=t.faint, lw=0.8, ls=":")
            place.plot(*truth, "+", color=t.green, ms=12, mew=2.2, label="truth")
            place.plot(*best[name], "o", mfc="none", mec=t.orange, mew=2, ms=9, label="best report")
            place.set_title(name.replace(", ", ",\n").replace(": ", ":\n"), fontsize=8.5)
            place.set_xlabel("first action")
            place.set_xticks([0.2, 0.5, 0.8])
            place.set_aspect("equal")
            place.grid(False)
        axes[0].set_ylabel("report on the second action")
        axes[0].legend(loc="lower left", fontsize=7)
        bar = fig.colorbar(image, ax=list(axes), orientation="horizontal", aspect=45, pad=0.03, shrink=0.98)
        bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue] - typed as a spine mapping
        bar.set_label("expected gain, b; below the dotted line the first action looks better", color=t.faint)
        return fig
