"""Means with their errors, beside what was expected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from catallax.view._style import figure, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def measured(
    means: Mapping[str, tuple[float, float]], expected: Mapping[str, float], unit: str, source: str = "expected"
) -> Figure:
    """A row for each mean: a dot with two standard errors to either side, and a tick where it was expected.

    Args:
        means: for each row, from the top, the mean and its standard error.
        expected: for some rows, the value to compare with.
        unit: what the means are.
        source: whose values those are.

    Raises:
        ValueError: if there is nothing to show.
    """
    if not means:
        raise ValueError("measured: expected at least one mean.")
    with style() as t:
        axes = (fig := figure(0.9 + 0.34 * len(means))).subplots()
        places = dict(zip(means, range(len(means)), strict=True))
        for name, (mean, error) in means.items():
            axes.errorbar(mean, places[name], xerr=2 * error, fmt="o", color=t.blue, ms=5, lw=1.6)
            axes.annotate(
                f"{mean:.3f}", (mean, places[name]), (0, 6), textcoords="offset points", ha="center", fontsize=7.5
            )
        rows = [name for name in means if name in expected]
        if rows:
            axes.plot(
                [expected[name] for name in rows],
                [places[name] for name in rows],
                "|",
                color=t.orange,
                ms=13,
                mew=2,
                label=source,
            )
            axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), borderaxespad=0.2)
        axes.set_yticks(range(len(means)), list(means))
        axes.locator_params(axis="x", nbins=6)
        axes.set_ylim(len(means) - 0.5, -0.7)
        axes.grid(False, axis="y")
        axes.set_xlabel(unit)
        return fig
