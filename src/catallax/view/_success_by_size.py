"""Success against the size of the instance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from catallax.view._style import figure, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def success_by_size(shares: Mapping[str, Mapping[int, Any]], *, required: float | None = None) -> Figure:
    """A dot per seed and size, their mean as a line, a colour per method; sizes on a logarithmic axis.

    Args:
        shares: for each method and size the share solved by every seed, in [0, 1].
        required: share of the dashed line.

    Raises:
        ValueError: if there is nothing to show.
    """
    if not any(shares.values()):
        raise ValueError("success_by_size: expected at least one size.")
    with style() as t:
        axes = (fig := figure(3.3)).subplots()
        every = sorted({size for sizes in shares.values() for size in sizes})
        for place, (color, (name, sizes)) in enumerate(zip(t.series, shares.items(), strict=False)):
            order = sorted(sizes)
            spread = 1.0 + 0.03 * (place - (len(shares) - 1) / 2)
            for size in order:
                values = np.asarray(sizes[size])
                axes.plot(np.full(values.size, size * spread), values, ".", color=color, ms=5, alpha=0.4)
            means = [float(np.mean(np.asarray(sizes[size]))) for size in order]
            axes.plot(np.asarray(order) * spread, means, "-o", color=color, lw=1.8, ms=4, label=name)
        if required is not None:
            axes.axhline(required, color=t.faint, lw=1.0, ls="--", label=f"{100 * required:.0f} %")
        axes.set_xscale("log")
        axes.set_xticks(every, [str(size) for size in every])
        axes.minorticks_off()
        axes.set_ylim(-0.03, 1.03)
        axes.set_xlabel("blocks")
        axes.set_ylabel("share of fresh instances solved")
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, borderaxespad=0.2)
    return fig
