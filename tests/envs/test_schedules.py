"""Schedules: competitive prices, quantity and surplus beside an exhaustive search."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import catallax as cx
from catallax.envs import Schedule


def column(prices, order):
    return np.sort(np.asarray(prices, np.int32))[::order, None]


@given(
    values=st.lists(st.integers(1, 12), min_size=1, max_size=6),
    costs=st.lists(st.integers(1, 12), min_size=1, max_size=6),
)
@settings(max_examples=100, deadline=None)
def test_a_price_is_competitive_if_and_only_if_nobody_wants_otherwise(values, costs):
    schedule = Schedule.of(column(values, -1), column(costs, 1), highest=12)
    values, costs = np.asarray(values), np.asarray(costs)
    low, high = schedule.prices
    for price in range(1, 13):
        # demand and supply meet: some quantity is at once in what buyers and in what sellers are content with
        meet = max((values > price).sum(), (costs < price).sum()) <= min(
            (values >= price).sum(), (costs <= price).sum()
        )
        assert meet == (low <= price <= high)
    gains = [
        np.sort(values)[::-1][:k].sum() - np.sort(costs)[:k].sum() for k in range(min(values.size, costs.size) + 1)
    ]
    assert schedule.surplus == max(gains) == gains[schedule.quantity]


def test_the_three_schedules():
    found = [(s.quantity, s.prices, s.surplus) for s in (cx.envs.SYMMETRIC, cx.envs.FLAT_SUPPLY, cx.envs.FLAT_DEMAND)]
    assert found == [(12, (96, 103), 1127), (17, (60, 60), 1138), (13, (103, 104), 718)]
    assert cx.envs.FLAT_SUPPLY.price == 60.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Schedule.of([[3, 4]], [[1]]), "values must not rise along a row"),
        (lambda: Schedule.of([[4]], [[2, 1]]), "costs must not fall along a row"),
        (lambda: Schedule.of([[4.5]], [[1]]), "values must be a table of whole prices"),
        (lambda: Schedule.of([4], [[1]]), "values must be a table of whole prices"),
        (lambda: Schedule.of([[4]], [[201]]), "costs must lie between 1 and 200 ticks"),
        (lambda: Schedule.of([[4]], [[1]], lowest=0), "expected 1 <= lowest <= highest"),
        (lambda: Schedule.linear((9, 1), (1, 9), units=7, traders=2), "units must be a multiple of traders"),
    ],
)
def test_bad_schedules_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()
