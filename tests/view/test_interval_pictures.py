"""Pictures of intervals show the numbers that they are given."""

from __future__ import annotations

import numpy as np
import pytest

from catallax import lab, view
from catallax.lab.statistics import Interval


def test_rows_have_a_marker_and_a_whisker_for_each_kind():
    kinds = {"a": {"x": Interval(0.5, 0.4, 0.7), "y": Interval(0.1, 0.1, 0.1)}, "b": {"x": Interval(0.9, 0.8, 1.0)}}
    figure = view.interval_rows(kinds, "share", {"x": 0.6}, "told", line=0.0)
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["x", "y"] and axes.get_xlabel() == "share"
    first = axes.containers[0]
    np.testing.assert_allclose(np.asarray(first[0].get_xdata(), float), [0.5, 0.1])
    np.testing.assert_allclose(np.asarray(first[0].get_ydata(), float), [-0.175, 1.0])  # alone in its row
    np.testing.assert_allclose(first[2][0].get_segments()[0][:, 0], [0.4, 0.7])
    with pytest.raises(ValueError, match="at least one interval"):
        view.interval_rows({}, "share")


def test_a_comparison_shows_each_method_with_all_its_seeds():
    def run(end: float) -> dict[str, list[float]]:
        return {"tick": [10.0, 20.0], "return_mean": [0.0, end]}

    found = lab.compare({f"method {n}": [run(n), run(n + 1.0)] for n in range(2)}, optimum=3.0)
    curves, scores, profiles = view.seed_comparison(found).axes
    assert curves.get_ylabel() == found.unit and len(curves.get_lines()) == 2 + 1  # and the optimum
    for number, method in enumerate(found.methods):
        line, score = curves.get_lines()[number], method.score
        assert line.get_label() == f"{method.name} (2 seeds)"
        np.testing.assert_allclose(np.asarray(line.get_xydata()), [(10, 0), (20, number + 0.5)])
        low, high = curves.collections[number].get_paths()[0].get_extents().intervaly
        assert (low, high) == (0.0, number + 1.0)
        dots, whisker, middle = scores.get_lines()[3 * number : 3 * number + 3]
        np.testing.assert_allclose(np.asarray(dots.get_xdata(), float), method.scores)
        np.testing.assert_allclose(np.asarray(whisker.get_xdata(), float), [score.low, score.high])
        np.testing.assert_allclose(np.asarray(middle.get_xdata(), float), score.value)
        thresholds, above = np.asarray(profiles.get_lines()[number].get_xydata()).T
        np.testing.assert_allclose(above, 100 * (method.scores[:, None] > thresholds).mean(0))
    assert [label.get_text() for label in scores.get_yticklabels()] == [one.name for one in found.methods]


def test_more_methods_than_colours_are_all_drawn():
    time = np.arange(2.0)
    axes = view.compare_runs({f"method {n}": (time, time) for n in range(40)}, [], "return").axes[0]
    assert len(axes.get_lines()) == 40
