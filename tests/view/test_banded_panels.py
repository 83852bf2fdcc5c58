"""Panels of mean curves with bands."""

import numpy as np
import pytest

from catallax import view


def test_each_panel_has_its_curves_bands_and_lines():
    values = np.arange(12.0).reshape(3, 4)
    fig = view.banded_panels({"a": {"x": values, "y": -values}, "b": {"y": values}}, np.arange(4), unit="credits", along="ticks", target=1.0, change=2.0)  # fmt: skip
    first, second = fig.axes
    assert (len(first.collections), len(first.lines)) == (2, 4) and (len(second.collections), len(second.lines)) == (
        1,
        3,
    )
    np.testing.assert_allclose(first.lines[0].get_ydata(), values.mean(0))
    assert first.lines[1].get_color() == second.lines[0].get_color()


def test_nothing_to_show_is_refused():
    with pytest.raises(ValueError, match="at least one panel"):
        view.banded_panels({"a": {}}, np.arange(3), unit="", along="")
