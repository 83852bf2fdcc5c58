"""What a sweep measured, against the fields it swept over."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from catallax.lab import statistics
from catallax.lab._sweeps._points import OWN
from catallax.view._style import WIDTH, color_scale, figure, notice, short, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CELLS = 144
"""Most cells of a map with a number in each."""


def sweep_curves(
    table: Mapping[str, np.ndarray], measure: str, along: str, by: str = "", *, width: float = WIDTH
) -> Figure:
    """The mean of a measured value along a field, a curve for each value of another, over everything else.

    Whiskers are 95 % bootstrap intervals of the mean (over seeds, and over fields that are not shown).

    Args:
        table: of `lab.sweep` or `lab.read_sweep`.
        measure: a measured column.
        along: a field, or `seed`.
        by: another field, or "" for a single curve.
        width: inches.

    Raises:
        ValueError: if there is no such column.
    """
    known = _known(table, measure, along, by)
    if not known.any():
        return notice(f"no point has measured {measure} yet")
    places = list(dict.fromkeys(table[along].tolist()))
    numeric = table[along].dtype.kind in "fiu"
    places = sorted(places) if numeric else places
    # values of a field lie where they are on the axis; words lie side by side
    where = dict(zip(places, places if numeric else range(len(places)), strict=True))
    curves = list(dict.fromkeys(table[by].tolist())) if by else [None]
    with style() as t:
        axes = (fig := figure(3.3, width)).subplots()
        for color, value in zip(itertools.cycle(t.series), curves, strict=False):
            mine = known if value is None else known & (table[by] == value)
            each = {place: table[measure][mine & (table[along] == place)] for place in places}
            each = {place: found for place, found in each.items() if found.size}
            if not each:
                continue
            found = [statistics.interval(values) if values.size > 1 else None for values in each.values()]
            mean = np.array([values.mean() for values in each.values()])
            low, high = (
                np.array([getattr(one, end) if one else value for one, value in zip(found, mean, strict=True)])
                for end in ("low", "high")
            )
            at = [where[place] for place in each]
            label = None if value is None else f"{_words(by)} {_text(value)}"
            axes.plot(at, mean, "-o" if numeric else "o", color=color, ms=4, lw=1.6, label=label)
            axes.vlines(at, low, high, color=color, lw=1.4, alpha=0.75)
        if not numeric:
            axes.set_xticks(range(len(places)), [_text(place) for place in places])
            axes.set_xlim(-0.5, len(places) - 0.5)
        elif len(places) <= 8 and _apart(places):
            axes.set_xticks(places, [f"{place:g}" for place in places])
        axes.set_xlabel(_words(along))
        axes.set_ylabel(_words(measure))
        axes.margins(y=0.12)
        if by:
            axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=max(1, int(width / 1.7)), borderaxespad=0.2)
        return fig


def sweep_map(
    table: Mapping[str, np.ndarray], measure: str, along: str, across: str, *, width: float = WIDTH
) -> Figure:
    """The mean of a measured value for each pair of values of two fields, over everything else.

    Args:
        table: of `lab.sweep` or `lab.read_sweep`.
        measure: a measured column.
        along: the field to the right.
        across: the field upwards.
        width: inches.

    Raises:
        ValueError: if there is no such column.
    """
    known = _known(table, measure, along, across)
    if not known.any():
        return notice(f"no point has measured {measure} yet")
    columns, rows = (_ordered(table[name]) for name in (along, across))
    cells = np.full((len(rows), len(columns)), np.nan)
    for y, row in enumerate(rows):
        for x, column in enumerate(columns):
            here = known & (table[across] == row) & (table[along] == column)
            cells[y, x] = table[measure][here].mean() if here.any() else np.nan
    with style() as t:
        axes = (fig := figure(min(max(2.4, 1.2 + 0.36 * len(rows)), 5.0), width)).subplots()
        image = axes.imshow(cells, origin="lower", aspect="auto", cmap=color_scale())
        low, high = np.nanmin(cells), np.nanmax(cells)
        if cells.size <= CELLS and len(columns) <= 2 * width:
            for (y, x), value in np.ndenumerate(cells):
                # dark figures on the light end of the scale; the other way round by night
                strong = high > low and (value - low) / (high - low) > 0.55
                axes.text(
                    x, y, short(value), ha="center", va="center", fontsize=8, color=t.paper if strong else t.ink
                )  # fmt: skip
        step = max(1, -(-len(columns) // int(2.2 * width)))
        axes.set_xticks(range(0, len(columns), step), [_text(value) for value in columns[::step]])
        step = max(1, -(-len(rows) // 12))
        axes.set_yticks(range(0, len(rows), step), [_text(value) for value in rows[::step]])
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)
        axes.set_xlabel(_words(along))
        axes.set_ylabel(_words(across))
        fig.colorbar(image, ax=axes, label=_words(measure), pad=0.02).outline.set_visible(False)  # pyright: ignore
        return fig


def swept(table: Mapping[str, np.ndarray]) -> list[str]:
    """The fields of a table, those with more than one value first; seeds at last."""
    fields = [name for name in table if name not in OWN][: list(table).index("seed") - 1]
    fields.sort(key=lambda name: len(set(table[name].tolist())) < 2)
    return [*fields, "seed"]


def measured_names(table: Mapping[str, np.ndarray]) -> list[str]:
    """What was measured; values that never differ come last."""
    names = [name for name in list(table)[list(table).index("seed") + 1 :] if name not in OWN]

    def flat(name: str) -> bool:
        finite = table[name][np.isfinite(table[name])]
        return finite.size > 1 and np.ptp(finite) == 0

    return [*sorted(names, key=flat), "seconds"]


def _known(table: Mapping[str, np.ndarray], measure: str, *fields: str) -> Any:
    for name in (measure, *filter(None, fields)):
        if name not in table:
            raise ValueError(f"sweep picture: no column {name!r}; there are: {', '.join(table)}.")
    if table[measure].dtype.kind not in "fiub":
        raise ValueError(f"sweep picture: column {measure!r} is no number.")
    return np.isfinite(table[measure].astype(float))


def _ordered(values: np.ndarray) -> list[Any]:
    found = list(dict.fromkeys(values.tolist()))
    return sorted(found) if values.dtype.kind in "fiu" else found


def _apart(places: list[Any]) -> bool:
    """Whether labels at all places have room."""
    span = places[-1] - places[0]
    return len(places) < 2 or min(b - a for a, b in itertools.pairwise(places)) > 0.09 * span


def _text(value: Any) -> str:
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 18 else f"{text[:17]}…"


def _words(name: str) -> str:
    return name.replace("_", " ")
