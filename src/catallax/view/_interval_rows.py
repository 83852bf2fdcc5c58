"""Figures with their intervals, row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from catallax.lab.statistics import Interval
from catallax.view._style import MARKS, figure, short, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DASHES = ("-", (0, (5, 1.5)), "-.", (0, (1.5, 1)), (0, (8, 2)), (0, (3, 1, 1, 1, 1, 1)), "--")
"""Curves that lie on each other can still be told apart."""


def interval_rows(
    kinds: Mapping[str, Mapping[str, Interval]],
    unit: str,
    ticks: Mapping[str, float] | None = None,
    source: str = "",
    line: float | None = None,
    linear: float | None = None,
) -> Figure:
    """A row for each case, from the top; in it a marker with a whisker for each kind, a colour and a shape per kind.

    Args:
        kinds: for each the interval of its cases; rows in the order in which they are first named.
        unit: what is measured.
        ticks: for some rows a value to compare with, drawn as an upright tick.
        source: whose those are.
        line: draws an upright line at this value.
        linear: if given, the axis is linear up to this distance from 0 and logarithmic beyond.

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
                middle, places, xerr=reach, fmt=MARKS[number % len(MARKS)], color=t.series[number % len(t.series)], ms=5,
                lw=1.5, capsize=2.5, label=kind,
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
        if linear is None:
            axes.locator_params(axis="x", nbins=7)
        else:
            axes.set_xscale("symlog", linthresh=linear)
            axes.xaxis.set_major_formatter(lambda x, _: short(x))
        axes.set_xlabel(unit)
        if len(kinds) > 1 or told:
            fig.legend(loc="outside upper center", ncols=in_a_row([*kinds, *([source] if told else [])], 104))
        return fig


def in_a_row(labels: Sequence[str], room: int) -> int:
    """As many as fit into a width in letters, where each label needs five more for its mark.

    >>> in_a_row(["one", "two", "three"], 25), in_a_row(["one", "two", "three"], 99)
    (2, 3)
    """
    widest = max(map(len, labels)) + 5
    return max(1, min(len(labels), room // widest))
