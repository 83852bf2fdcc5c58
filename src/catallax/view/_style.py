"""One look for every picture: colours that survive colour blindness, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

WIDTH = 5.0
"""Inches; narrow enough that 9-point text stays readable on a phone."""

MARKS = "osD^vPX*<>"
"""Shapes in the order of use; with the colours, thirty looks that differ."""


@dataclass(frozen=True)
class Theme:
    """Colours of one mode; the series colours are those of Okabe and Ito (2008), lightened on dark."""

    paper: str
    ink: str
    faint: str
    """Axes, grid and second-rank text."""
    shade: str
    """Fills that only set something apart."""
    blue: str
    orange: str
    green: str
    purple: str
    yellow: str
    sky: str
    scale: tuple[str, ...]
    """From the lowest to the highest value of a map."""

    @property
    def series(self) -> tuple[str, ...]:
        """Colours in the order of use."""
        return (self.blue, self.orange, self.green, self.purple, self.yellow, self.sky)


LIGHT = Theme(
    paper="#ffffff",
    ink="#1c2128",
    faint="#68727d",
    shade="#e4e8ec",
    blue="#0072b2",
    orange="#d55e00",
    green="#009e73",
    purple="#b0598f",
    yellow="#c98a00",
    sky="#56b4e9",
    scale=("#f3f7fb", "#b9d5ea", "#64a5d3", "#1f6fae", "#08305f"),
)
DARK = Theme(
    paper="#171b21",
    ink="#e6e9ed",
    faint="#939ca7",
    shade="#313841",
    blue="#58b1ec",
    orange="#f58a4b",
    green="#35c79a",
    purple="#dd95c3",
    yellow="#eec04f",
    sky="#9ad7ff",
    scale=("#1d2733", "#1d4a72", "#2b7ab5", "#74b6e3", "#e3f1fb"),
)

_current: list[Theme] = [LIGHT]


def theme() -> Theme:
    """The colours in force."""
    return _current[-1]


@contextmanager
def style(dark: bool | None = None) -> Iterator[Theme]:
    """Draw in this look; `None` keeps the mode that is in force."""
    import matplotlib as mpl

    chosen = theme() if dark is None else DARK if dark else LIGHT
    _current.append(chosen)
    try:
        with mpl.rc_context(_settings(chosen)):  # pyright: ignore[reportArgumentType] - keys typed as literals
            yield chosen
    finally:
        _current.pop()


def _settings(t: Theme) -> dict[str, Any]:
    from cycler import cycler

    return {
        "figure.facecolor": t.paper,
        "axes.facecolor": t.paper,
        "savefig.facecolor": t.paper,
        "figure.constrained_layout.use": True,
        "figure.dpi": 110,
        "savefig.dpi": 160,
        "font.family": ["sans-serif"],
        "font.sans-serif": ["DejaVu Sans"],
        "font.size": 9.5,
        "axes.titlesize": 10,
        "axes.titlelocation": "left",
        "axes.titlepad": 7,
        "axes.labelsize": 9,
        "xtick.labelsize": 8.5,
        "ytick.labelsize": 8.5,
        "legend.fontsize": 8.5,
        "legend.columnspacing": 1.4,
        "legend.handlelength": 1.6,
        "legend.edgecolor": "none",
        "legend.framealpha": 0.85,
        "text.color": t.ink,
        "axes.labelcolor": t.faint,
        "axes.titlecolor": t.ink,
        "axes.edgecolor": t.faint,
        "axes.linewidth": 0.7,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.grid.axis": "y",
        "axes.axisbelow": True,
        "grid.color": t.shade,
        "grid.linewidth": 0.7,
        "xtick.color": t.faint,
        "ytick.color": t.faint,
        "xtick.major.size": 3,
        "ytick.major.size": 0,
        "lines.linewidth": 1.7,
        "axes.prop_cycle": cycler(color=t.series),
        "hatch.linewidth": 0.6,
    }


def figure(height: float = 2.6, width: float = WIDTH) -> Figure:
    """An empty figure, inches; belongs to nobody's window, so nothing needs closing."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height))


def color_scale() -> Colormap:
    """The map's colours from low to high, for values in credits."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("catallax", list(theme().scale))


def short(number: float) -> str:
    """A number in at most a few characters.

    >>> [short(x) for x in (0, 1500, 2_500_000, 0.25, 12.0, 2e9)]
    ['0', '1.5k', '2.5M', '0.25', '12', '2G']
    """
    if not np.isfinite(number):
        return "–"
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= size:
            return f"{number / size:.3g}{letter}"
    return f"{number:.3g}"


def tick_axis(axes: Axes, label: str = "ticks, all instances together") -> None:
    """Label the time axis."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: short(x)))
    axes.set_xlabel(label)
    axes.margins(x=0.01)


def value_range(axes: Axes, *values: np.ndarray | float | None) -> None:
    """Show zero and a little room, so that flat curves stay flat and noise does not fill the picture."""
    known = [np.atleast_1d(np.asarray(v, float)) for v in values if v is not None]
    finite = np.concatenate([np.zeros(1), *(v[np.isfinite(v)] for v in known)])
    low, high = float(finite.min()), float(finite.max())
    room = 0.08 * (high - low) or 1.0
    axes.set_ylim(low - room if low < 0 else 0.0, high + room if high > 0 else 0.0)


def notice(text: str) -> Figure:
    """A picture that says why there is no picture."""
    with style() as t:
        fig = figure(1.2)
        fig.text(0.5, 0.5, text, ha="center", va="center", color=t.faint, wrap=True)
        return fig
