"""Betting on what is neither verifiable nor falsifiable: T5.2 to T5.7 of the spec."""

import numpy as np
import pytest

from catallax.core import MICRO
from catallax.induction import Order, Program, ProgramMarket, Quantified, clear_pairs, hash_uniform, play, ranged_value

LARGEST = Quantified("largest", "EA", lambda x, y: x >= y)
FALSE, TRUE = Quantified("false", "AE", lambda x, y: x > y + x), Quantified("true", "AE", lambda x, y: y > x)


def naming(*numbers):
    return lambda turn: numbers


ZERO = naming(0)


def constant(name, belief, endowment=20.0, player=ZERO, shares=1, side=None):
    """Buys for up to its belief, against up to the rest."""
    both = [Order("for", belief, shares), Order("against", 1 - belief, shares)]
    return Program(name, endowment, lambda desk: [o for o in both if side in (None, o.side)], player)


def test_windows_mislead_but_the_game_does_not():
    """T5.2."""
    for n in (3, 10, 50):
        assert LARGEST.within((frozenset(range(n)), frozenset(range(n))))
    assert not play(LARGEST, naming(5, 9), lambda turn: [max(turn.sets[0]) + 1])[0]


def test_values_of_ranged_games():
    """T5.3 and the goldens with play costs."""
    men, years = np.meshgrid(np.arange(31), np.arange(61), indexing="ij")
    alive = 0.7**years
    window = (1 - alive[:5, :7]) ** men[:5, :7]
    assert abs(ranged_value("AE", window).win - 0.606130) < 5e-7
    one = ranged_value("E", 1 - 0.8 ** np.arange(60), verifier_cost=0.03)
    assert one.sizes == (9,) and abs(one.verifier - 0.595782) < 5e-7
    both = ranged_value("AE", (1 - alive) ** men, verifier_cost=0.01, falsifier_cost=0.02)
    assert both.sizes == (1, 10) and abs(both.win - 0.9718) < 5e-5


def test_the_price_is_where_demands_meet():
    rng = np.random.default_rng(0)
    for _ in range(100):
        bids = [
            (
                int(rng.integers(0, 11)) * MICRO // 10,
                str(n),
                ("for", "against")[rng.integers(2)],
                int(rng.integers(0, 4)),
            )
            for n in range(6)
        ]
        price, fills = clear_pairs(bids, MICRO // 2)
        bought = {side: sum(shares for _, of, shares in fills if of == side) for side in ("for", "against")}
        worth = {"for": price, "against": MICRO - price}
        strict = {s: sum(n for limit, _, of, n in bids if of == s and limit > worth[s]) for s in worth}
        weak = {s: sum(n for limit, _, of, n in bids if of == s and limit >= worth[s]) for s in worth}
        assert bought["for"] == bought["against"]
        # at the price nobody who wants more than the price asks for is left out, on the side that could be served
        assert all(max(strict.values()) <= bought[s] or bought[s] == min(weak.values()) for s in worth)
        assert max(min(strict.values()), 0) <= bought["for"] <= min(weak.values())


def test_every_share_has_its_counterpart_and_money_is_conserved():
    """T5.4."""
    rng = np.random.default_rng(1)

    def trader(desk):
        return [Order(("for", "against")[rng.integers(2)], float(rng.random()), int(rng.integers(3))) for _ in range(2)]

    programs = [Program(str(n), 4.0, trader, naming(n), lambda desk: int(rng.integers(5)), 1 + n) for n in range(5)]
    market = ProgramMarket([TRUE, LARGEST], programs, hold=3)
    issued = 0
    for day in range(1, 40):
        market.step()
        open_ = 0
        for sentence in market.sentences:
            sides = [sum(market.shares(sentence.name, side).values()) for side in ("for", "against")]
            assert sides[0] == sides[1]
            open_ += sides[0]
            holders = [set(market.shares(sentence.name, side)) for side in ("for", "against")]
            assert not holders[0] & holders[1]
        assert market.books.imbalance == 0
        # a credit for every pair that is open, and no other money outside the accounts of the programs
        assert market.books.balances.get("escrow", 0) == open_ * MICRO
        assert sum(market.books[p.name] for p in programs[:day]) == 4 * MICRO * min(day, 5) - open_ * MICRO
        issued = max(issued, open_)
    assert issued and market.games


def test_who_wins_every_game_drives_the_price_and_gains_no_more_than_there_is():
    """T5.5."""
    epsilon = 0.2
    others = [constant(f"doubter {n}", 0.1 * n, endowment=3.0, player=naming(n)) for n in (1, 4, 7)]
    winner = Program(
        "winner", 5.0, lambda desk: [Order("for", 1 - epsilon, 5)],
        lambda turn: [1 + max(turn.sets[0])], birthday=10,
    )  # fmt: skip
    market = ProgramMarket([TRUE], [*others, winner])
    market.run(9)
    before = market.path("true")[-1]
    market.run(60)
    assert before < 0.9 and np.all(market.path("true")[-20:] > 1 - epsilon)
    assert 0 < market.cash("winner") - 5 <= 9


def test_oscillations_end():
    """T5.6: who buys below 0.35 and sells above 0.65 ends crossings from below 0.4 to above 0.6."""
    low, high = 0.35, 0.65

    def swing(desk):
        return [Order(("for", "against")[desk.day % 2], 0.8, 1)]

    def contrary(desk):
        return [Order("for", low, 3), Order("against", 1 - high, 3)]

    programs = [Program("pendulum", 10.0, swing, naming(0)), Program("trader", 10.0, contrary, naming(0))]
    market = ProgramMarket([TRUE], programs, hold=1_000)
    market.run(200)
    path = market.path("true")
    above = path[(path < 0.4) | (path > 0.6)] > 0.5
    crossings = np.count_nonzero(above[1:] != above[:-1])
    # each two crossings take (high - low) of the pendulum's 10 credits
    assert 10 < crossings <= 2 * 10 / (high - low) and market.cash("trader") > 15
    assert np.all(path[-50:] == path[-1])


def test_the_price_of_mortality_follows_the_hazard():
    """T5.7: "every man dies", where the players name four men and six years."""
    found = {}
    for hazard in (0.2, 0.4):
        dies = Quantified(
            "mortality", "AE", lambda man, year, h=hazard: hash_uniform(0, man) < 1 - (1 - h) ** (year + 1)
        )

        def falsify(turn):
            return range(4 * turn.day, 4 * turn.day + 4)

        def both(turn):
            return falsify(turn) if not turn.sets else range(6)

        programs = [constant(str(n), n / 10 + 0.05, 6.0, both) for n in range(10)]
        market = ProgramMarket([dies], programs)
        market.run(150)
        found[hazard] = market.path("mortality")[-50:].mean(), (1 - (1 - hazard) ** 6) ** 4
    for price, truth in found.values():
        assert abs(price - truth) < 0.12
    assert found[0.4][0] - found[0.2][0] > 0.3


def test_refusals_change_nothing():
    def wrong(order):
        return lambda desk: [order] if desk.day == 3 else [Order("for", 0.6, 1)]

    for order in (Order("for", 1.2, 1), Order("both", 0.5, 1), Order("for", 0.5, -1), Order("for", float("nan"), 1)):
        market = ProgramMarket([TRUE], [Program("ann", 5.0, wrong(order), naming(0)), constant("bob", 0.3)])
        market.run(2)
        before = market.books.balances
        with pytest.raises(ValueError, match="program 'ann' must order"):
            market.step()
        assert market.books.balances == before and market.day == 2 and len(market.path("true")) == 2
    market = ProgramMarket([TRUE], [constant("ann", 0.6, player=naming(-1)), constant("bob", 0.3)])
    with pytest.raises(ValueError, match="verifier of 'true' must name a finite collection"):
        market.step()
    assert market.day == 0 and market.books.imbalance == 0 and not market.games
    for sentences, programs in (
        ([], [constant("a", 0.5)]),
        ([TRUE, TRUE], [constant("a", 0.5)]),
        ([TRUE], [constant("house", 0.5)]),
    ):
        with pytest.raises(ValueError, match="different names"):
            ProgramMarket(sentences, programs)
    with pytest.raises(ValueError, match="letters A and E"):
        Quantified("x", "AX", lambda x, y: True)
