"""Values, bids and demand say the same of every kind of valuation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catallax.equilibria.indivisible import (
    Additive,
    Capped,
    Mixed,
    UnitDemand,
    WinnerDetermination,
    XorBids,
    gross_substitutes,
)


def kinds(rng):
    values = rng.integers(0, 7, (2, 3))
    wealth = rng.integers(0, 9, 2)
    held = rng.integers(1, 8, 5)[:, None] >> np.arange(3) & 1
    xor = XorBids(rng.integers(0, 2, 5), held, rng.integers(0, 9, 5), agents=2)
    return {
        "additive": Additive(values),
        "unit": UnitDemand(values),
        "budget-additive": Capped(Additive(values), wealth),
        "capped unit": Capped(UnitDemand(values), wealth),
        "capped twice": Capped(Capped(Additive(values), wealth), wealth[::-1]),
        "one without a cap": Capped(Additive(values), np.array([3, np.inf])),
        "xor": xor,
        "capped xor": Capped(xor, wealth),
        "mixed": Mixed((UnitDemand(values), Capped(Additive(values), wealth), xor)),
    }


@given(seed=st.integers(0, 10_000))
@settings(max_examples=6, deadline=None)
@pytest.mark.parametrize("kind", list(kinds(np.random.default_rng(0))))
def test_bids_and_demand_follow_the_values(kind, seed):
    rng = np.random.default_rng(seed)
    valuation = kinds(rng)[kind]
    table = valuation.table()
    bit = 1 << np.arange(3)
    held = (np.arange(8)[:, None] & bit > 0).astype(float)
    assert (table[:, 0] == 0).all()
    for good in bit:
        assert (table[:, np.arange(8) | good] >= table).all()  # more is never worth less
    prices = rng.integers(0, 10, 3) / 2.0
    utilities = table - held @ prices
    _, best = valuation.listed().best(prices)
    np.testing.assert_allclose(best, utilities.max(1))
    demanded = valuation.demand(prices)
    np.testing.assert_allclose(utilities[np.arange(valuation.agents), demanded @ bit], utilities.max(1))
    # bids with caps, uncapped bids and the values agree on what a single agent makes of every bundle
    bundle = held[rng.integers(8)]
    for agent in range(valuation.agents):
        others = [a for a in range(valuation.agents) if a != agent]
        bids = valuation.bids()
        alone = bids.chosen(~np.isin(bids.agent, others))
        got = alone.bundles(WinnerDetermination().accepted(alone, bundle))
        assert valuation.value(got)[agent] == table[agent, int(bundle @ bit)]


def test_every_bundle_as_a_bid_is_the_same_valuation():
    valuation = Capped(Additive([[4, 4, 4], [2, 1, 1], [4, 3, 3]]), [5, 2, 5])
    np.testing.assert_array_equal(XorBids.of(valuation).table(), valuation.table())


def test_values_of_the_kinds():
    values, wealth = [[4, 3, 2]], [6]
    bundle = np.array([[[True, False, True]], [[True, True, False]]])
    assert Additive(values).value(bundle).tolist() == [[6], [7]]
    assert UnitDemand(values).value(bundle).tolist() == [[4], [4]]
    assert Capped(Additive(values), wealth).value(bundle).tolist() == [[6], [6]]
    assert XorBids([0, 0], [[1, 1, 0], [0, 0, 1]], [9, 2]).value(bundle).tolist() == [[2], [9]]


def test_a_cap_can_destroy_gross_substitutes():
    """At a higher price of the second good the agent gives up the third, whose price did not move."""
    poor = Capped(Additive([[2, 1, 1]]), [2])
    assert poor.demand(np.array([1.1, 0.5, 0.5])).tolist() == [[False, True, True]]
    assert poor.demand(np.array([1.1, 0.7, 0.5])).tolist() == [[True, False, False]]
    assert gross_substitutes(Additive([[2, 1, 1]])).all() and not gross_substitutes(poor).any()


def keeps_demand(table: np.ndarray) -> bool:
    """The definition of gross substitutes for 3 goods, tried on a grid of half credits."""
    grid = np.arange(0, table.max() + 1.5, 0.5)
    prices = np.stack(np.meshgrid(grid, grid, grid, indexing="ij"), -1).reshape(-1, 3)
    held = np.arange(8)[:, None] >> np.arange(3) & 1
    utilities = table - prices @ held.T
    wanted = utilities >= utilities.max(1, keepdims=True) - 1e-9
    where = {tuple(p): i for i, p in enumerate(prices)}
    for number, price in enumerate(prices):
        for good in range(3):
            raised = price.copy()
            raised[good] += 0.5
            after = where.get(tuple(raised))
            if after is None:
                continue
            for bundle in np.flatnonzero(wanted[number]):
                kept = bundle & ~(1 << good)
                if not any(kept & ~other == 0 for other in np.flatnonzero(wanted[after])):
                    return False
    return True


def test_the_check_of_gross_substitutes_agrees_with_the_definition():
    rng, seen = np.random.default_rng(3), []
    while len(seen) < 25:
        table = rng.integers(0, 4, 8).astype(float)
        table[0] = 0
        for good in (1, 2, 4):  # monotone
            table = np.maximum(table, table[np.arange(8) & ~good])
        held = np.arange(8)[:, None] >> np.arange(3) & 1
        seen.append(bool(gross_substitutes(XorBids(np.zeros(7, int), held[1:], table[1:]))[0]))
        assert seen[-1] == keeps_demand(table)
    assert 3 < sum(seen) < 22


ONE = [[1.0, 2.0]]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Additive([[1.0, -2.0]]), r"Additive: values .* NaN or negative .*-2"),
        (lambda: Additive([1.0, 2.0]), r"Additive: values must be credits with axes \[agents goods\], got axes \(2,\)"),
        (lambda: UnitDemand([[np.nan]]), "UnitDemand: values .* NaN"),
        (lambda: UnitDemand([[np.inf]]), "UnitDemand: values .* finite; prices would have no bound"),
        (lambda: Capped(Additive(ONE), [-1.0]), "Capped: wealth .* negative"),
        (lambda: Capped(Additive(ONE), [1.0, 2.0]), "Capped: expected the wealth of 1 agents, got 2"),
        (lambda: XorBids([0], [[0, 0]], [1.0]), "XorBids: a bid on the empty bundle"),
        (lambda: XorBids([0], [[1, 0]], [-1.0]), "XorBids: values .* negative"),
        (lambda: XorBids([0, 1], [[1, 0]], [1.0]), "XorBids: expected a bidder, a bundle .* and a value for each bid"),
        (lambda: XorBids([2], [[1, 0]], [1.0], agents=2), "XorBids: bidders are numbered from 0 to 1, got"),
        (lambda: XorBids([-1], [[1, 0]], [1.0]), "XorBids: bidders are numbered"),
        (lambda: Mixed((Additive(ONE), Additive([[1.0]]))), r"Mixed: .* got \[2, 1\] goods"),
        (lambda: Mixed(()), r"Mixed: .* got \[\] goods"),
        (lambda: Additive(np.ones((2, 40))).table(), r"Additive: .* 2 agents x 2\^40 .* limit is 1048576 \(19 goods for 2"),
        (lambda: Capped(Additive(np.ones((2, 40))), [3, 3]).demand(np.ones(40)), r"Capped: a list of all bundles"),
        (lambda: Additive(ONE).demand(np.array([1.0])), "Additive: expected 2 prices, got 1"),
        (lambda: Additive(ONE).demand(np.array([1.0, -1.0])), "Additive: prices .* negative"),
    ],
)  # fmt: skip
def test_errors_name_the_part_and_the_fix(make, said):
    with pytest.raises(ValueError, match=said):
        make()


def test_many_goods_need_no_list_where_no_cap_binds_them():
    values = np.arange(1.0, 81.0).reshape(2, 40)
    assert Additive(values).demand(np.full(40, 40.0)).sum(1).tolist() == [0, 40]
    assert UnitDemand(values).demand(np.full(40, 79.0)).sum(1).tolist() == [0, 1]
