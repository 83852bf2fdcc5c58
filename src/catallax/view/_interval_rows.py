"""Figures with their intervals, row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from catallax.lab.statistics import Interval
from catallax.view._style import figure, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARKERS = "osD^vP"
DASHES = ("-", (0, (5, 1.5)), "-.", (0, (1.5, 1)), (0, (8, 2)), (0, (3, 1, 1, 1, 1, 1)), "--")
"""Curves that lie on each other can still be told apart."""


def interval_rows(
    kinds: Mapping[str, Mapping[str, Interval]],
    unit: str,
    ticks: Mapping[str, float] | None = None,
    source: str = "",
    line: float | None = None,
) -> Figure:
    """A row for each case, from the top; in it a marker with a whisker for each kind, a colour and a shape per kind.

    Args:
        kinds: for each the interval of its cases; rows in the order in which they are first named.
        unit: what is measured.
        ticks: for some rows a value to compare with, drawn as an upright tick.
        source: whose those are.
        line: draws an upright line at this value.

    Raises:
        ValueError: if there is nothing to show.
    """
    cases = list(dict.fromkeys(case for rows in kinds.values() for case in rows))
    if not cases:
        raise ValueError("interval_rows: expected at least one interval.")
    with style() as t:
        axes = (fig := figure(1.1 + (0.2 + 0.055 * len(kinds)) * len(cases), 5.8)).subplots()
        room = 0.7 / max(1, len(kinds))
        for number, (kind, rows) in enumerate(kinds.items()):
            found = list(rows.values())
            # where a row has fewer kinds, those that it has stand together
            present = {case: [k for k, (_, those) in enumerate(kinds.items()) if case in those] for case in rows}
            places = [
                cases.index(case) + (present[case].index(number) - (len(present[case]) - 1) / 2) * room for case in rows
            ]
            middle = np.array([x.value for x in found])
            ends = np.array([(x.low, x.high) for x in found], float).T
            reach = np.nan_to_num(np.maximum(0.0, np.array([middle - ends[0], ends[1] - middle])))
            axes.errorbar(
                middle, places, xerr=reach, fmt=MARKERS[number % len(MARKERS)], color=t.series[number % 6], ms=5, lw=1.5,
                capsize=2.5, label=kind,
            )  # fmt: skip
        told = [case for case in cases if case in (ticks or {})]
        if ticks and told:
            places = [cases.index(case) for case in told]
            axes.plot([ticks[case] for case in told], places, "|", color=t.ink, ms=14, mew=1.6, label=source)
        if line is not None:
            axes.axvline(line, color=t.faint, lw=1, ls=(0, (4, 3)))
        axes.set_yticks(range(len(cases)), cases)
        axes.set_ylim(len(cases) - 0.45, -0.55)
        axes.grid(True, axis="x")
        axes.grid(False, axis="y")
        axes.locator_params(axis="x", nbins=7)
        axes.set_xlabel(unit)
        if len(kinds) > 1 or told:
            fig.legend(loc="outside upper center", ncols=columns([*kinds, *([source] if told else [])], 104))
        return fig


def banded_curves(
    panels: Mapping[str, Mapping[str, Sequence[Interval]]],
    along: Mapping[str, Sequence[float]],
    axes_labels: Mapping[str, tuple[str, str]],
    lines: Mapping[str, Mapping[str, float]] | None = None,
    log: Sequence[str] = (),
) -> Figure:
    """Curves with intervals as bands, a panel beside the other, a colour per curve throughout.

    Args:
        panels: for each panel and curve the interval at each place.
        along: the places of each panel.
        axes_labels: what is across and what is up, of each panel.
        lines: dashed lines of a panel, by name.
        log: panels whose places are on a logarithmic axis.

    Raises:
        ValueError: if there is nothing to show.
    """
    if not any(panels.values()):
        raise ValueError("banded_curves: expected at least one curve.")
    names = list(dict.fromkeys(name for curves in panels.values() for name in curves))
    with style() as t:
        fig = figure(3.5, max(5.0, 3.9 * len(panels)))
        row = fig.subplots(1, len(panels), squeeze=False)[0]
        for axes, (title, curves) in zip(row, panels.items(), strict=True):
            for name, found in curves.items():
                number = names.index(name)
                color, dashes = t.series[number % 6], DASHES[number % len(DASHES)]
                places = np.asarray(along[title], float)
                axes.plot(places, [x.value for x in found], color=color, ls=dashes, label=name)
                axes.fill_between(places, [x.low for x in found], [x.high for x in found], color=color, alpha=0.2, lw=0)
            for name, height in ((lines or {}).get(title, {})).items():
                axes.axhline(height, color=t.faint, lw=1, ls=(0, (4, 3)))
                axes.annotate(
                    name, (0.0, height), (3, 3), ("axes fraction", "data"), "offset points", ha="left", fontsize=7.5
                )
            if title in log:
                axes.set_xscale("log")
            across, up = axes_labels[title]
            axes.set_title(title)
            axes.set_xlabel(across)
            axes.set_ylabel(up)
            axes.margins(x=0.01)
        handles = {
            label: handle for axes in row for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
        }
        fig.legend(
            handles.values(), handles.keys(), loc="outside upper center", ncols=columns(list(handles), 62 * len(panels))
        )
        return fig


def columns(labels: Sequence[str], room: int) -> int:
    """As many as fit into a width in letters, where each label needs five more for its mark.

    >>> columns(["one", "two", "three"], 25), columns(["one", "two", "three"], 99)
    (2, 3)
    """
    widest = max(map(len, labels)) + 5
    return max(1, min(len(labels), room // widest))
