"""Pictures of intervals show the numbers that they are given."""

from __future__ import annotations

import numpy as np
import pytest

from catallax import view
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
