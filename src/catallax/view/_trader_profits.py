"""Who earned and who lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from catallax.view._style import WIDTH, figure, style, tick_axis

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def trader_profits(
    wealth: Mapping[str, Any], *, label: str = "trades", most: int = 6, dark: bool | None = None
) -> Figure:
    """Profit of each trader over time, and below it how far each stands under its own peak.

    The best and the worst at the end are in colour, the others grey.

    Args:
        wealth: of each trader over time, credits, such as `scoring.wealth_paths`; NaN before it began.
        label: what the time counts.
        most: traders in colour, half of them from either end.
        dark: light ink on dark paper; None keeps the mode in force.

    Raises:
        ValueError: if there is no trader, or paths of several lengths.
    """
    paths = {name: np.asarray(path, float) for name, path in wealth.items()}
    if not paths or len({path.shape for path in paths.values()}) > 1:
        raise ValueError("trader_profits: expected the wealth of at least one trader, all over the same moments.")
    profit = {name: path - path[np.isfinite(path)][0] for name, path in paths.items()}
    order = sorted(profit, key=lambda name: -profit[name][-1])
    told = order if len(order) <= most else [*order[: most - most // 2], *order[-(most // 2) :]]
    with style(dark) as t:
        fig = figure(3.8, WIDTH)
        top, bottom = fig.subplots(2, 1, sharex=True, height_ratios=(2.2, 1))
        colors = {name: t.series[place % len(t.series)] for place, name in enumerate(told)}
        for name in sorted(order, key=lambda name: name in told):  # those in colour above the others
            look = {
                "color": colors.get(name, t.faint),
                "lw": 1.6 if name in told else 0.6,
                "alpha": 1 if name in told else 0.4,
            }
            top.plot(profit[name], **look)
            peak = np.fmax.accumulate(paths[name])
            with np.errstate(invalid="ignore", divide="ignore"):
                bottom.plot(np.where(peak > 0, 100 * (paths[name] / peak - 1), 0.0), **look)
        for name in told:
            top.plot([], [], color=colors[name], label=f"{name} {profit[name][-1]:+.3g}".replace(" -", " −"))
        if len(order) > len(told):
            top.plot([], [], color=t.faint, lw=0.8, label=f"{len(order) - len(told)} others")
        top.axhline(0, color=t.faint, lw=0.7)
        top.set_ylabel("profit, credits")
        bottom.set_ylabel("below peak, %")
        bottom.set_ylim(top=0.5)
        tick_axis(bottom, label)
        fig.legend(*top.get_legend_handles_labels(), loc="outside upper left", ncols=3, borderaxespad=0.3)
        return fig
