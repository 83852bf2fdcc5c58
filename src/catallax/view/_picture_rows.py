"""Pictures that a world shows, in rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from catallax.view._style import figure, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def picture_rows(rows: Mapping[str, np.ndarray]) -> Figure:
    """Grey pictures, a named row of them for each entry.

    Args:
        rows: pictures in [0, 1], axes `pictures rows columns`, equally many in each row.

    Raises:
        ValueError: if there is none, or rows differ in length.
    """
    counts = {len(pictures) for pictures in rows.values()}
    if len(counts) != 1 or 0 in counts:
        raise ValueError(
            f"picture_rows: expected rows of equally many pictures, got {[len(p) for p in rows.values()]}."
        )
    count = counts.pop()
    with style():
        fig = figure(0.35 + 4.2 * len(rows) / count, 5.0)
        panels = fig.subplots(len(rows), count, squeeze=False)
        for line, (name, pictures) in zip(panels, rows.items(), strict=True):
            for axes, picture in zip(line, pictures, strict=True):
                axes.imshow(picture, cmap="Greys_r", vmin=0, vmax=1, interpolation="nearest")
                axes.set_xticks([])
                axes.set_yticks([])
                axes.grid(False)
            line[0].set_ylabel(name, rotation=0, ha="right", va="center")
        return fig
