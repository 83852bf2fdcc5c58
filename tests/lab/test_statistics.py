"""Intervals hold the truth as often as they say, tests raise false alarms as rarely."""

import numpy as np
import pytest
from scipy import stats

from catallax.lab import statistics


def test_intervals_hold_the_mean_about_as_often_as_they_say() -> None:
    luck = np.random.default_rng(0)
    held = [low <= 0 <= high for _, low, high in
            (statistics.interval(luck.normal(size=40), resamples=400, seed=n) for n in range(300))]  # fmt: skip
    assert 0.9 < np.mean(held) < 0.98


def test_tasks_are_resampled_on_their_own() -> None:
    """Seeds of different tasks are independent: drawn together, opposite rows would cancel and the interval be a point."""
    rows = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    assert statistics.interval(rows[:, :1] + rows[:, 1:]).low == 1.0
    assert statistics.interval(rows).low < 0.4


def test_one_seed_has_no_interval() -> None:
    found = statistics.interval([3.0])
    assert found.value == 3.0 and np.isnan(found.low) and not found.above and not found.below


def test_pairs_agree_with_the_exact_count_of_signs() -> None:
    gain = np.array([0.3, -0.1, 0.4, 0.2, 0.05])
    signs = np.array(np.meshgrid(*[[-1, 1]] * 5)).reshape(5, -1).T
    exact = np.mean(np.abs(signs @ gain) >= abs(gain.sum()) - 1e-12)
    found = statistics.paired(gain, np.zeros(5))
    assert found.p == pytest.approx(exact) and found.better == 0.8
    assert found.difference.value == pytest.approx(gain.mean())


def test_false_alarms_are_rare() -> None:
    luck = np.random.default_rng(1)
    p = [statistics.paired(luck.normal(size=8), luck.normal(size=8)).p for _ in range(120)]
    assert np.mean(np.array(p) <= 0.05) < 0.11


def test_improvement_is_the_u_statistic() -> None:
    luck = np.random.default_rng(2)
    ours, theirs = luck.normal(0.5, size=9), luck.normal(size=7)
    expected = stats.mannwhitneyu(ours, theirs).statistic / (9 * 7)
    assert statistics.probability_of_improvement(ours, theirs) == pytest.approx(expected)


def test_an_outlier_does_not_move_the_interquartile_mean() -> None:
    assert statistics.interquartile_mean([1.0, 2.0, 3.0, 1e9]) == statistics.interquartile_mean([-1e9, 2.0, 3.0, 4.0])


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: statistics.interval([]), "interval: expected values with the axes"),
        (lambda: statistics.interval([1.0, np.nan]), "1 of 2 values are not finite"),
        (lambda: statistics.interval([1.0, 2.0], level=1.5), "0 < level < 1"),
        (lambda: statistics.paired([1.0, 2.0], [1.0]), "the same two or more seeds"),
        (lambda: statistics.probability_of_improvement([[1.0, 2.0]], [1.0]), "the same tasks"),
        (lambda: statistics.holm({"a": 1.2}), "expected probabilities"),
    ],
)  # fmt: skip
def test_bad_input_is_named(call, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        call()
