"""The life of a prediction market: its prices trade by trade."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np

from catallax.core import MICRO
from catallax.view._style import WIDTH, figure, style, tick_axis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from catallax.forecasting import TradeLog


def market_path(
    log: TradeLog,
    names: Sequence[str] = (),
    *,
    truth: Mapping[str, Any] | None = None,
    dark: bool | None = None,
) -> Figure:
    """Prices from trade to trade, a step line for each outcome, and a bubble for each trade, as large as its shares.

    Of two outcomes only the first is drawn, with triangles up where it was bought and down where it was sold.

    Args:
        log: of a market in which something was traded.
        names: of the outcomes.
        truth: a level to draw across, by its name, such as `{"Bayes, all signals": 0.7}`.
        dark: light ink on dark paper; None keeps the mode in force.

    Raises:
        ValueError: for a market without a trade, or names that are not as many as its outcomes.
    """
    path = log.price_path
    if not path.size:
        raise ValueError("market_path: nothing was traded in this market.")
    outcomes = path.shape[1]
    if names and len(names) != outcomes:
        raise ValueError(f"market_path: the market has {outcomes} outcomes, got {len(names)} names.")
    names = list(names) or [f"outcome {number}" for number in range(outcomes)]
    shown = 1 if outcomes == 2 else outcomes
    shares = np.array([entry.shares for entry in log if entry.kind == "trade"]) / MICRO
    moved = np.argmax(np.abs(shares), 1)
    most = np.abs(shares).max() or 1.0
    with style(dark) as t:
        fig = figure(2.7, WIDTH)
        axes = fig.subplots()
        trades = np.arange(1, len(path))
        for outcome, color in zip(range(shown), cycle(t.series), strict=False):
            axes.step(
                range(len(path)),
                path[:, outcome],
                where="post",
                color=color,
                lw=1.5,
                label=f"price of {names[outcome]}",
            )
            of_it = np.ones(len(trades), bool) if shown == 1 else moved == outcome
            signed = shares[:, 0] - shares[:, 1] if shown == 1 else shares[:, outcome]
            for marker, chosen in (("^", of_it & (signed > 0)), ("v", of_it & (signed < 0))):
                size = 12 + 70 * np.abs(signed[chosen]) / most
                axes.scatter(
                    trades[chosen],
                    path[1:][chosen, outcome],
                    size,
                    color=color,
                    marker=marker,
                    alpha=0.8,
                    lw=0,
                    zorder=3,
                )
        for name, level in (truth or {}).items():
            axes.axhline(float(level), color=t.ink, lw=1.0, ls=(0, (4, 3)), label=name)
        axes.set_ylim(0, 1)
        axes.set_ylabel("price, credits")
        tick_axis(axes, "trades; ▲ bought, ▼ sold, larger for more shares")
        axes.margins(x=0.02)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=min(shown + len(truth or {}), 4), borderaxespad=0)
        return fig
