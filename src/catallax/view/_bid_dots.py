"""Learned bids beside the values, state by state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from catallax.view._style import figure, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def bid_dots(
    bids: Mapping[str, Float[np.ndarray, "seeds obs actions"]], values: Float[np.ndarray, "obs actions"]
) -> Figure:
    """A dot per seed for each state and action, a panel per method, and the value as a line across.

    Args:
        bids: expected bids of each method, credits.
        values: what the bids should be, credits; NaN where nothing is asked.

    Raises:
        ValueError: if there are no bids.
    """
    if not bids:
        raise ValueError("bid_dots: expected the bids of at least one method.")
    pairs = np.argwhere(~np.isnan(values))
    actions = values.shape[1]
    with style() as t:
        panels = (fig := figure(2.7, 5.0 if len(bids) < 3 else 7.5)).subplots(1, len(bids), sharey=True, squeeze=False)[
            0
        ]
        for axes, (name, each) in zip(panels, bids.items(), strict=True):
            for place, (state, action) in enumerate(pairs):
                color = t.series[action % len(t.series)]
                dots = each[:, state, action]
                axes.scatter(place + np.linspace(-0.18, 0.18, dots.size), dots, s=9, color=color, alpha=0.75, lw=0)
                axes.plot((place - 0.38, place + 0.38), [values[state, action]] * 2, color=t.ink, lw=1.2)
            axes.set_title(name)
            middles = [np.flatnonzero(pairs[:, 0] == state).mean() for state in np.unique(pairs[:, 0])]
            axes.set_xticks(middles, [str(state) for state in np.unique(pairs[:, 0])])
            axes.set_xlabel("state")
            axes.set_ylim(0, 1.02)
        panels[0].set_ylabel("expected bid, credits")
        for action in range(actions):
            panels[-1].scatter([], [], s=14, color=t.series[action % len(t.series)], label=f"action {action}")
        panels[-1].plot([], [], color=t.ink, lw=1.2, label="value")
        fig.legend(loc="outside lower center", ncols=actions + 1, handletextpad=0.3)
        return fig
