"""Who makes and who uses the energy of each hour, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from catallax.view._style import WIDTH, figure, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def dispatch_stack(
    made: Mapping[str, Float[np.ndarray, " hours"]],
    used: Mapping[str, Float[np.ndarray, " hours"]],
    prices: Mapping[str, Float[np.ndarray, " hours"]],
) -> Figure:
    """What is made above the line, what is used below it, hour by hour, and the prices under both.

    Args:
        made: MWh by maker.
        used: MWh by user.
        prices: credits per MWh, by who says so; the first as a line, others dashed.

    Raises:
        ValueError: if nothing is made, or there is no price.
    """
    if not made or not prices:
        raise ValueError("dispatch_stack: expected at least one maker and one curve of prices.")
    hours = np.arange(len(next(iter(made.values()))))
    with style() as t:
        fig = figure(4.6, WIDTH)
        stack, below = fig.subplots(2, height_ratios=(2.2, 1), sharex=True)
        for side, amounts in ((1, made), (-1, used)):
            base, hatch = np.zeros(len(hours)), None if side > 0 else "////"
            for color, (name, amount) in zip(cycle(t.series), amounts.items(), strict=False):
                stack.bar(hours, side * amount, 0.92, base, color=color, label=name, hatch=hatch, alpha=1 if side > 0 else 0.55,
                          edgecolor=t.paper, lw=0.3)  # fmt: skip
                base = base + side * amount
        stack.axhline(0, color=t.ink, lw=0.8)
        stack.set_ylabel("MWh, made (up), used (down)")
        stack.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=5, borderaxespad=0.2, handlelength=1.1)
        for number, (name, price) in enumerate(prices.items()):
            dash = "-" if number == 0 else (0, (2, 2))
            below.step(hours, price, where="mid", color=t.ink if number == 0 else t.orange, ls=dash, label=name)
        below.set_ylim(0)
        below.set_ylabel("credits per MWh")
        below.set_xlabel("hour")
        below.legend(loc="lower left", ncols=2)
        below.set_xticks(hours[:: max(1, len(hours) // 8)])
        below.margins(x=0.01)
        return fig
