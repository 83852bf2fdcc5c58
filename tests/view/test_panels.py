"""Pictures of figures with intervals."""

import numpy as np
import pytest

from catallax import view
from catallax.lab.statistics import Interval

CELL = Interval(0.5, 0.4, 0.6)


def test_bands_keep_their_colour_and_steps_their_names():
    bands = {"ours": view.Band([0, 1], [CELL, CELL]), "theirs": view.Band([0, 1], [CELL, CELL])}
    panels = {
        "a": view.Panel(bands, "rate", "return", ["none", "0.1"], {"optimum": 1.0}),
        "b": view.Panel({"theirs": bands["theirs"]}, "ticks", "price"),
    }
    left, right = view.band_panels(panels).axes
    assert [text.get_text() for text in left.get_xticklabels()] == ["none", "0.1"]
    assert left.get_lines()[1].get_color() == right.get_lines()[0].get_color() != left.get_lines()[0].get_color()
    values = np.array([[1.0, 2.0], [3.0, np.nan]])
    of = view.Band.of([1, 100], values)
    assert [x.value for x in of.intervals] == [2.0, 2.0]  # a seed without a value does not count there
    (axes,) = view.band_panels(
        {"a": view.Panel(view.Band.each([1, 100], {"ours": values}), log="x", shade=(10, 100), change=50.0)},
        limits=(0.0, 4.0),
    ).axes
    assert (
        axes.get_xscale() == "log" and axes.get_ylim() == (0.0, 4.0) and len(axes.patches) == 1 and len(axes.lines) == 2
    )
    with pytest.raises(ValueError, match="band_panels"):
        view.band_panels({})


def test_cells_hold_value_interval_and_star():
    axes = view.heat_table(
        {"none": [CELL], "tax": [CELL]}, ["monopoly"], unit="return", marked={"tax": [True]}, rules=(1,)
    ).axes[0]
    assert [text.get_text() for text in axes.texts] == ["0.50", "0.40 – 0.60", "0.50*", "0.40 – 0.60"]
    with pytest.raises(ValueError, match="heat_table"):
        view.heat_table({}, [], unit="")


def test_dots_lie_in_the_rows_of_their_kinds():
    panels = {"a": {"ours": CELL, "theirs": (np.nan,) * 3}}
    (axes,) = view.dot_panels(panels, "return", others={"a": {"ours": 0.9}}, labels=("true", "paid"), target=0.9).axes
    assert [text.get_text() for text in axes.get_yticklabels()] == ["ours", "theirs"]
    assert [list(np.ravel(line.get_xdata())) for line in axes.get_lines()[:3]] == [[0.9], [0.4, 0.6], [0.5]]
    with pytest.raises(ValueError, match="dot_panels"):
        view.dot_panels({}, "")


def test_a_cross_of_intervals_for_each_method():
    panels = {"a": {"ours": (CELL, Interval(0.2, 0.1, 0.3)), "theirs": (CELL, CELL)}, "b": {"theirs": (CELL, CELL)}}
    left, right = view.trade_offs(panels, x="forgetting", y="accuracy").axes
    assert [tuple(np.ravel(bars[0].get_data())) for bars in left.containers] == [(0.5, 0.2), (0.5, 0.5)]
    assert left.containers[1][0].get_color() == right.containers[0][0].get_color()
    with pytest.raises(ValueError, match="trade_offs"):
        view.trade_offs({}, x="", y="")


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (
            lambda: view.dot_panels({"a": {"x": CELL, "y": CELL}, "b": {"y": CELL}}, ""),
            "panel 'b' has y; expected x, y",
        ),
        (lambda: view.dot_panels({"a": {"x": CELL}}, "", others={"b": {}}), "others has no 'a'; it has b"),
        (
            lambda: view.heat_table({"r": [CELL] * 2, "s": [CELL]}, ["a", "b"], unit=""),
            "row 's' has 1 cells, expected 2",
        ),
        (
            lambda: view.heat_table({"r": [CELL]}, ["a"], unit="", marked={"r": []}),
            "marked row 'r' has 0 cells, expected 1",
        ),
        (
            lambda: view.band_panels({"p": view.Panel({"c": view.Band([0, 1, 2], [CELL])})}),
            "'c' of panel 'p' has 3 points and 1",
        ),
    ],
)
def test_what_does_not_fit_is_named(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()


def test_every_line_and_kind_has_a_look_of_its_own():
    names = [f"method {number}" for number in range(25)]
    (axes,) = view.band_panels({"a": view.Panel({name: view.Band([0, 1], [CELL] * 2) for name in names})}).axes
    assert len({(line.get_color(), line.get_marker()) for line in axes.get_lines()}) == 25
    (axes,) = view.interval_rows({name: {"row": CELL} for name in names}, "share").axes
    assert len({(bars[0].get_color(), bars[0].get_marker()) for bars in axes.containers}) == 25
