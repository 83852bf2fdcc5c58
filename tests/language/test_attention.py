"""Rules by which slots of attention are sold."""

import itertools
import random
from fractions import Fraction

import pytest

from catallax.language.attention import GSP, VCG, FirstPrice, SlotBid, UniformPrice, best_deviation


def instance(luck, offers=1):
    """Some bidders with values on a small grid; several offers each where asked."""
    bidders = [f"bidder {n}" for n in range(luck.randint(2, 4))]
    return [
        SlotBid(name, f"{name}/{n}", 4 * luck.randint(0, 6))  # multiples of 4: exact under weights of quarters
        for name in bidders
        for n in range(luck.randint(1, offers))
    ]


def settings(luck):
    return {"slots": luck.randint(1, 3), "reserve": luck.choice((0, 1, 4, 8)), "grid": range(0, 30, 3)}


def brute_force_surplus(bids, weights, reserve):
    """The best assignment of offers to slots, every one tried."""
    best = Fraction(0)
    for count in range(min(len(bids), len(weights)) + 1):
        for places in itertools.combinations(range(len(weights)), count):
            for chosen in itertools.permutations(bids, count):
                best = max(best, sum((weights[p] * b.amount - reserve for p, b in zip(places, chosen)), Fraction(0)))
    return best


@pytest.mark.parametrize("weights", [(), (1, 0.5, 0.25)])
def test_vcg_charges_what_a_bidder_costs_the_others(weights):
    for seed in range(40):
        luck = random.Random(seed)
        bids, at = instance(luck, 2)[:5], settings(luck)
        rule = VCG(weights)
        full = [rule.weight(n) for n in range(at["slots"])]
        sold = rule.sell(bids, at["slots"], at["reserve"], luck)
        amount = {bid.offer: bid.amount for bid in bids}
        for bidder in {slot.bidder for slot in sold}:
            own = [slot for slot in sold if slot.bidder == bidder]
            without = brute_force_surplus([bid for bid in bids if bid.bidder != bidder], full, at["reserve"])
            value = sum(rule.weight(slot.position) * amount[slot.offer] for slot in own)
            owed = value - (brute_force_surplus(bids, full, at["reserve"]) - without)
            assert sum(slot.payment for slot in own) == owed
        assert all(at["reserve"] <= s.payment <= rule.weight(s.position) * amount[s.offer] for s in sold)


def test_the_printed_formulas_are_special_cases():
    bids = [SlotBid(name, name, amount) for name, amount in zip("abcd", (90, 70, 40, 10))]
    assert [s.payment for s in VCG().sell(bids, 2, 5, random.Random(0))] == [40, 40]
    assert [s.payment for s in VCG().sell(bids[:2], 2, 5, random.Random(0))] == [5, 5]
    ordered = VCG((1, 0.5)).sell(bids, 2, 0, random.Random(0))  # (1 - 1/2) 70 + 1/2 40 and 1/2 40
    assert [s.payment for s in ordered] == [55, 20]
    several = [*bids[:2], SlotBid("a", "a2", 60)]
    assert [s.payment for s in VCG().sell(several, 2, 5, random.Random(0))] == [5, 60]  # a's own offer costs a nothing


@pytest.mark.parametrize(
    ("rule", "offers", "found"),
    [
        (VCG(), 2, False),
        (VCG((1, 0.5, 0.25)), 2, False),
        (UniformPrice(), 1, False),
        (UniformPrice(), 2, True),
        (GSP((1, 0.5, 0.25)), 1, True),
        (FirstPrice(), 1, True),
    ],
    ids=lambda v: type(v).__name__ if hasattr(v, "weights") else str(v),
)
def test_only_vcg_leaves_nothing_to_gain_from_lying(rule, offers, found):
    gains = []
    for seed in range(25):
        luck = random.Random(seed)
        gains.append(best_deviation(rule, instance(luck, offers), **settings(luck), seed=seed).gain)
    assert (max(gains) > 0) == found


@pytest.mark.parametrize("rule", [VCG(), VCG((1, 0.5)), UniformPrice(), GSP(), FirstPrice()])
def test_ties_fall_by_chance_and_never_by_arrival(rule):
    bids = [SlotBid(name, name, 8) for name in "abcd"]
    for seed in range(5):
        orders = {rule.sell(order, 2, 1, random.Random(seed)) for order in itertools.permutations(bids)}
        assert len(orders) == 1
    first = [rule.sell(bids, 2, 1, random.Random(seed))[0].offer for seed in range(400)]
    assert all(70 < first.count(name) < 130 for name in "abcd")


def test_nothing_is_sold_below_the_reserve_and_bad_input_is_refused():
    assert VCG().sell([SlotBid("a", "a", 4)], 1, 5, random.Random(0)) == ()
    assert VCG().sell([], 1, 5, random.Random(0)) == ()
    alone = VCG((1, 0.5)).sell([SlotBid(n, n, 9) for n in "ab"], 2, 5, random.Random(0))  # 9 / 2 < 5
    assert [slot.payment for slot in alone] == [9]
    with pytest.raises(ValueError, match="one bid"):
        VCG().sell([SlotBid("a", "a", 1), SlotBid("b", "a", 2)], 1, 0, random.Random(0))
    with pytest.raises(ValueError, match="weight for each"):
        GSP((1,)).sell([], 2, 0, random.Random(0))
    with pytest.raises(ValueError, match="fall"):
        VCG((0.5, 1))
    with pytest.raises(ValueError, match="read alike"):
        UniformPrice((1,))
