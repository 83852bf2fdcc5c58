"""What stands in an order book."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from catallax.view._style import WIDTH, figure, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from catallax.forecasting import OrderBook


def book_depth(book: OrderBook, *, dark: bool | None = None) -> Figure:
    """Shares that stand at each price or better, bids to the left and asks to the right.

    Args:
        book: with at least one order.
        dark: light ink on dark paper; None keeps the mode in force.

    Raises:
        ValueError: for an empty book.
    """
    bids, asks = book.depth(buys=True), book.depth(buys=False)
    if not bids.size and not asks.size:
        raise ValueError("book_depth: no order stands in this book.")
    with style(dark) as t:
        fig = figure(2.6, WIDTH)
        axes = fig.subplots()
        for levels, color, name, edge in ((bids, t.blue, "bids", 0.0), (asks, t.orange, "asks", 1.0)):
            if not levels.size:
                continue
            # from the best price outwards, at the edge of the range everything stands
            price = np.concatenate([levels[:1, 0], levels[:, 0], [edge]])
            total = np.concatenate([[0.0], np.cumsum(levels[:, 1])])
            height = np.append(total, total[-1])
            axes.fill_between(price, height, step="post", color=color, alpha=0.22, lw=0)
            axes.step(price, height, where="post", color=color, lw=1.5)
            axes.annotate(
                f"{name}, {total[-1]:g} shares", (edge, total[-1]), xytext=(3 if edge == 0 else -3, 4),
                textcoords="offset points", ha="left" if edge == 0 else "right", color=color, fontsize=8.5,
            )  # fmt: skip
        if bids.size and asks.size:
            best = bids[0, 0], asks[0, 0]
            axes.axvspan(*best, color=t.shade, lw=0)
            axes.set_title(f"best bid {best[0]:g}, best ask {best[1]:g}, spread {best[1] - best[0]:.2g} credits")
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.18 * max(levels[:, 1].sum() for levels in (bids, asks)))  # room for the words
        axes.set_xlabel("price of the first outcome, credits")
        axes.set_ylabel("shares standing\nat this price or better")
        return fig
