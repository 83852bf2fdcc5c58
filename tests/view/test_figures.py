"""Every picture is drawn from plain columns and says what it shows."""

from __future__ import annotations

import numpy as np
import pytest
import synthetic
from matplotlib.figure import Figure

from catallax import view
from catallax.lab import RunFolder


def words(figure: Figure) -> str:
    """Every text in a figure."""
    from matplotlib.text import Text

    return " ".join(t.get_text() for t in figure.findobj(Text))  # pyright: ignore[reportAttributeAccessIssue] - found by type


@pytest.mark.parametrize("name", view.names())
def test_every_picture_draws_and_names_its_units(folder: RunFolder, name: str) -> None:
    figure = view.plot(name, folder)
    figure.canvas.draw()
    assert any(unit in words(figure) for unit in ("credits", "agents", "per second", "0 to 1"))


def test_unknown_pictures_are_listed(folder: RunFolder) -> None:
    with pytest.raises(ValueError, match=r"no picture 'pric'; there are: compare, return, prices"):
        view.plot("pric", folder)


def test_pictures_need_no_more_than_a_trace() -> None:
    bare = {"tick": np.arange(1, 4), "price_mean": np.ones(3), "ticks_per_second": np.ones(3), "seconds": np.arange(3)}
    for name in view.names():
        view.plot(name, bare).canvas.draw()
    assert "train with tracked=1" in words(view.plot("flow", bare))


def test_dark_and_light_differ_and_leave_nothing_behind(folder: RunFolder) -> None:
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    light, dark = view.plot("speed", folder), view.plot("speed", folder, dark=True)
    assert light.get_facecolor() != dark.get_facecolor()
    assert dict(mpl.rcParams) == before


def test_the_price_map_shares_one_scale_and_marks_the_world(folder: RunFolder) -> None:
    arrays = folder.read_arrays("prices")
    assert arrays is not None
    figure = view.price_map(arrays)
    first, second = figure.axes[0].collections[0], figure.axes[1].collections[0]
    assert first.get_clim() == second.get_clim()
    hatched = [p for p in figure.axes[0].patches if p.get_hatch()]
    assert len(hatched) == len(synthetic.HOLES)
    arrows = [c for c in figure.axes[0].collections if type(c).__name__ == "Quiver"]
    assert len(arrows) == 1 and len(arrows[0].get_offsets()) == 64 - len(synthetic.HOLES) - 1


def test_the_scale_does_not_waste_its_colours_on_values_far_from_zero() -> None:
    cells = [(0, 0), (0, 1), (0, 2)]
    arrays = {"prices": np.array([90.0, np.nan, 100.0]), "cells": cells, "rows": 1, "cols": 3, "walls": [], "goal": []}
    figure = view.price_map({name: np.asarray(value) for name, value in arrays.items()})
    assert figure.axes[0].collections[0].get_clim() == (90.0, 100.0)


def test_a_world_without_a_map_gets_a_scatter_or_bars() -> None:
    tick = {"tick": np.arange(1, 3)}
    values = np.array([0.2, 0.6, 1.0])
    scatter = view.plot("prices", view.Source(tick, prices={"prices": values * 0.9, "optimum": values}))
    assert "price = V*" in words(scatter)
    bars = view.plot("prices", view.Source(tick, prices={"prices": values}))
    assert len(bars.axes[0].patches) == 3


def test_chains_follow_the_money() -> None:
    found = view.chains(synthetic.sales(episodes=2))
    assert len(found) == 2
    chain = found[-1]
    assert chain.reward.tolist() == [0.0] * (len(chain.owner) - 1) + [1.0]
    np.testing.assert_allclose(chain.resale[:-1], synthetic.GAMMA * chain.paid[1:])
    total = chain.reward.sum() - chain.paid[0] - (1 - synthetic.GAMMA) * chain.paid[1:].sum()
    np.testing.assert_allclose(chain.profit.sum(), total)
    assert view.choose(found) is chain


def test_a_world_bought_back_by_the_house_ends_a_chain() -> None:
    # agent 5 opens, sells to 6; the clock runs out and the house pays 0.4 to 6; then 7 opens a fresh world
    log = {
        "tick": [0, 1, 2, 3], "instance": [0] * 4, "obs": [0, 1, 2, 0], "seller": [-1, 5, 6, -1],
        "winner": [5, 6, -1, 7], "action": [0] * 4, "pays": [0.2, 0.3, 0.0, 0.1], "receives": [0.2, 0.3, 0.4, 0.1],
        "reward": [0.0, 1.0, 0.0, 0.0], "ended": [False] * 4,
    }  # fmt: skip
    (chain,) = view.chains({name: np.array(values) for name, values in log.items()})
    assert chain.owner.tolist() == [5, 6] and chain.resale.tolist() == [0.3, 0.4]
    np.testing.assert_allclose(chain.profit, [0.1, 1.1])


def test_a_log_that_begins_in_the_middle_skips_the_first_episode() -> None:
    whole = synthetic.sales(episodes=2)
    late = {name: values[3:] for name, values in whole.items()}
    assert len(view.chains(late)) == 1


def test_an_uneventful_population_says_so() -> None:
    trace = {**synthetic.trace(), "births": np.zeros(60), "deaths": np.zeros(60)}
    assert "nobody was born" in words(view.plot("population", trace))


@pytest.mark.parametrize(("imbalance", "closed"), [(np.zeros(4), True), (np.array([0, 0, 5, 5]), False)])
def test_the_light_is_green_only_at_zero(imbalance: np.ndarray, closed: bool) -> None:
    green, sentence = view.light(imbalance)
    assert green is closed
    assert ("exactly 0" in sentence) if closed else ("up to 5 grains, from reading 3" in sentence)


def test_an_unknown_imbalance_is_not_green() -> None:
    assert view.light(np.array([0.0, np.nan]))[0] is False


def test_compare_puts_methods_beside_the_optimum(folder: RunFolder) -> None:
    text = words(view.plot_compare([folder]))
    assert "98.5%" in text and "optimum 0.62" in text and "Q-learning" in text


def test_compare_names_runs_apart(folder: RunFolder) -> None:
    text = words(view.plot_compare([folder.path, folder.path / "." / "..", folder.path][::2]))
    assert str(folder.path) in text
    with pytest.raises(ValueError, match="at least one run folder"):
        view.plot_compare([])


def test_learning_curves_end_beside_the_optimum_and_the_map(folder: RunFolder) -> None:
    ticks, values = np.arange(1, 4) * 1000.0, np.array([0.1, 0.4, 0.6])
    world = view.Learning(
        "a lake",
        {"market": (ticks, values), "Q-learning": (ticks, values / 2)},
        0.8,
        0.01,
        folder.read_arrays("prices"),
    )
    figure = view.compare_learning([world, world._replace(prices=None)])
    figure.canvas.draw()
    text = words(figure)
    assert "market: 75.0% of the optimum" in text and "Q-learning: 37.5%" in text and "random walk: 0.01" in text
    assert "credits" in text and text.count("market price of every cell") == 1
    assert len(view.compare_learning([world._replace(prices=None, floor=None)]).axes) == 1
    with pytest.raises(ValueError, match="at least one world"):
        view.compare_learning([])


def test_every_seed_gets_a_line_and_the_target_its_name() -> None:
    ticks = np.arange(1, 4) * 1000.0
    figure = view.seed_curves(
        {"market": [(ticks, ticks / 10), (ticks, ticks / 20)], "rival": [(ticks, ticks / 5)]},
        target=475.0,
        unit="return",
        log=True,
    )
    figure.canvas.draw()
    text = words(figure)
    assert "market (2 seeds)" in text and "rival (1 seed)" in text and "target 475" in text
    lines = figure.axes[0].get_lines()
    assert len(lines) == 5  # two seeds and their mean, one seed, the target
    np.testing.assert_allclose(lines[2].get_ydata(), 0.075 * ticks)
    with pytest.raises(ValueError, match="at least one curve"):
        view.seed_curves({"market": []}, target=1.0, unit="return")


def test_success_is_shown_by_size_and_seed() -> None:
    figure = view.success_by_size({"market": {8: [1.0, 0.5], 100: [0.25]}}, required=0.9)
    figure.canvas.draw()
    text = words(figure)
    assert "market" in text and "90 %" in text and "100" in text
    lines = figure.axes[0].get_lines()
    assert len(lines) == 4  # a row of seeds per size, the means, the requirement
    np.testing.assert_allclose(lines[2].get_ydata(), [0.75, 0.25])
    with pytest.raises(ValueError, match="at least one size"):
        view.success_by_size({"market": {}})


def test_a_staircase_counts_the_seeds_that_found_it() -> None:
    figure = view.found_curves(
        {"one": np.array([10, -1, 30, 20]), "none": np.array([-1, -1])}, limit=100, marks={"quoted 25": 25.0}
    )
    figure.canvas.draw()
    text = words(figure)
    assert "one: 3 of 4" in text and "none: 0 of 2" in text and "quoted 25" in text and "presentations" in text
    first, second = figure.axes[0].get_lines()[:2]
    assert np.asarray(first.get_ydata()).tolist() == [0.0, 0.25, 0.5, 0.75, 0.75]
    assert np.asarray(first.get_xdata()).tolist() == [1, 10, 20, 30, 100]
    assert np.asarray(second.get_ydata()).max() == 0
    with pytest.raises(ValueError, match="at least one method"):
        view.found_curves({}, limit=10)


def test_price_paths_name_the_market_and_leave_out_what_was_not_traded() -> None:
    paths = np.array([[90.0, 80.0, np.nan], [70.0, np.nan, np.nan]])
    figure = view.price_paths({"flat": {"ZI-C": paths, "ZIP": paths - 5}}, {"flat": (60, 60)})
    figure.canvas.draw()
    assert "flat: competitive price 60" in words(figure) and "ZIP" in words(figure)
    assert [line.get_xydata().shape[0] for line in figure.axes[0].lines] == [2, 1, 2, 1]
    with pytest.raises(ValueError, match="price_paths: expected at least one panel"):
        view.price_paths({}, {})


def test_bids_beside_values_and_pictures_in_rows():
    values = np.array([[0.2, 0.4], [np.nan, np.nan]])
    drawn = view.bid_dots({"ccv": np.full((3, 2, 2), 0.3), "bb": np.full((3, 2, 2), 0.1)}, values)
    assert [axes.get_title(loc="left") for axes in drawn.axes] == ["ccv", "bb"]
    rows = view.picture_rows({"seen": np.zeros((3, 4, 4)), "turned": np.ones((3, 4, 4))})
    assert len(rows.axes) == 6
    with pytest.raises(ValueError, match="equally many pictures"):
        view.picture_rows({"seen": np.zeros((3, 4, 4)), "turned": np.ones((2, 4, 4))})
    with pytest.raises(ValueError, match="at least one method"):
        view.bid_dots({}, values)


def test_price_simplex_puts_each_good_in_a_corner() -> None:
    paths = np.array([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0], [1.0, 1.0, 1.0]])
    figure = view.price_simplex(
        {"a": {"auctioneer": paths}, "b": {"auctioneer": paths}}, dict.fromkeys("ab", np.ones(3))
    )
    (way,) = (line for line in figure.axes[0].lines if line.get_label() == "auctioneer")
    np.testing.assert_allclose(way.get_xydata(), [[0, 0], [1, 0], [0.5, np.sqrt(3) / 6]], atol=1e-12)
    assert [axes.get_title("left") for axes in figure.axes] == ["a", "b"]
    with pytest.raises(ValueError, match="price_simplex: expected at least one panel"):
        view.price_simplex({}, {})


def test_decision_gains_mark_the_truth_and_the_best_report() -> None:
    gains = {"called off": np.array([[0.0, 0.5], [-2.0, 0.1]]), "weighted": np.zeros((2, 2))}
    figure = view.decision_gains(gains, np.array([0.3, 0.7]), (0.3, 0.7), dict.fromkeys(gains, (0.7, 0.3)))
    panel = figure.axes[0]
    marks = {line.get_label(): line.get_xydata().tolist() for line in panel.get_lines()[1:]}
    assert marks == {"truth": [[0.3, 0.7]], "best report": [[0.7, 0.3]]}
    assert panel.collections[0].get_array().ravel().tolist() == [0.0, -2.0, 0.5, 0.1]  # the first report goes across
    with pytest.raises(ValueError, match="decision_gains: expected"):
        view.decision_gains({}, np.zeros(1), (0, 0), {})


def test_measured_and_defence_draw_what_they_are_given() -> None:
    means = view.measured({"a": (-0.6, 0.01), "b": (-0.5, 0.02)}, {"a": -0.61}, "nats").axes[0]
    assert [line.get_xdata()[0] for line in means.lines if line.get_marker() == "|" and line.get_markersize() > 10] == [
        -0.61
    ]
    assert [text.get_text() for text in means.texts] == ["-0.600", "-0.500"]
    sizes = np.array([0.0, 0.0, 0.2, 0.4])
    top, bottom = view.defence(np.arange(3.0), {"reward": np.arange(3.0)}, 1.5, {"random": sizes}).axes
    assert {line.get_xdata()[0] for line in top.lines} == {0.0, 1.5}
    assert bottom.lines[0].get_ydata().max() == 50
    with pytest.raises(ValueError, match="measured: expected"):
        view.measured({}, {}, "nats")
    with pytest.raises(ValueError, match="defence: expected"):
        view.defence(np.zeros(1), {}, 1.0, {})


def test_grouped_bars_and_own_prices_draw_what_they_are_given() -> None:
    bars = view.grouped_bars({"one": np.array([1.0, 2.0]), "two": np.array([3.0, 4.0])}, ["a", "b"], "nats")
    assert [patch.get_width() for patch in bars.axes[0].patches] == [1.0, 2.0, 3.0, 4.0]
    own = view.own_prices(
        {"below 0.4": np.array([[0.1, 0.2]]), "above 0.4": np.array([[0.9, 1.0]])},
        {"below 0.4": [], "above 0.4": [0.0, 1.0]},
    )
    assert [len(axes.get_lines()) for axes in own.axes] == [1, 3] and "none" in own.axes[0].get_title("left")
    for draw, told in (
        (lambda: view.grouped_bars({}, [], ""), "grouped_bars"),
        (lambda: view.own_prices({}, {}), "own_prices"),
    ):
        with pytest.raises(ValueError, match=told):
            draw()
