"""Prediction questions: what trades cost, who is paid, and escrow that always covers it."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from marketplace import GRANT, Place

from catallax.exchange import _questions as questions
from catallax.exchange import _tables as tables
from catallax.exchange import _trades as trades
from catallax.exchange._found import found
from catallax.exchange._pricing import cover, move
from catallax.exchange._problems import Problem
from catallax.forecasting import LMSR

B = 10_000_000


@pytest.fixture
def market(place: Place) -> Place:
    place.sign_up("ann", "bob", "cid")
    return place


def ask(market: Place, outcomes: int = 2, **terms: object) -> int:
    body = {"title": "Rain?", "text": "At noon.", "outcomes": [f"o{n}" for n in range(outcomes)], "liquidity": B}
    return market.ok("ann", "POST", "/questions", body | {"closes": 1_000_000 + 60_000, **terms})["id"]


def trade(market: Place, who: str, number: int, **wish: object) -> dict:
    return market.ok(who, "POST", f"/questions/{number}/trades", wish)


def test_costs_are_those_of_the_rule_rounded_up() -> None:
    luck = random.Random(0)
    for outcomes in (2, 3, 20):
        sold, maker = [0] * outcomes, LMSR(outcomes, float(B))
        for _ in range(5):
            shares = [luck.randint(-1_000_000, 30_000_000) for _ in sold]
            found, said = move(sold, B, cover(sold, B), shares), maker.quote(shares=np.asarray(shares, np.float64))
            assert -1e-3 <= found.cost - float(said.cost) <= 2
            assert found.prices == pytest.approx(said.after, abs=1e-12)
            sold, maker = [q + x for q, x in zip(sold, shares)], maker.apply(said)[0]


def test_a_question_from_its_opening_to_its_payouts(market: Place) -> None:
    number = ask(market)
    assert market.balance("ann") == GRANT - math.ceil(B * math.log(2))
    said = market.ok("bob", "GET", f"/questions/{number}/quote?outcome=0&price=0.75")
    done = trade(market, "bob", number, outcome=0, price=0.75, limit=said["cost"])
    assert {name: done[name] for name in said if name != "question"} | {"question": number} == said
    assert (done["cost"], done["prices"][0]) == (math.ceil(B * math.log(2)), pytest.approx(0.75, abs=1e-6))
    trade(market, "cid", number, outcome=1, shares=5_000_000)
    market.moment[0] += 61
    seen = market.question_until("ann", number, "waiting")
    assert (seen["turns"], len(market.ok("cid", "GET", f"/questions/{number}/history")["items"])) == (2, 3)
    market.refused(409, "wrong-state", "bob", "POST", f"/questions/{number}/trades", {"outcome": 0, "shares": 1})
    market.refused(409, "wrong-state", "bob", "GET", f"/questions/{number}/quote?outcome=0&shares=1")
    market.refused(403, "forbidden", "bob", "POST", f"/questions/{number}/resolve", {"outcome": 0})
    market.ok("ann", "POST", f"/questions/{number}/resolve", {"outcome": 0})
    assert market.balance("bob") == GRANT - done["cost"] + done["shares"][0]
    (held,) = market.ok("bob", "GET", "/me/holdings")["items"]
    assert (held["received"], held["shares"], held["title"]) == (done["shares"][0], done["shares"], "Rain?")
    all_of_them = market.ok("ann", "GET", f"/questions/{number}/holdings")["items"]
    assert [(one["party"], one["received"]) for one in all_of_them] == [("bob", done["shares"][0]), ("cid", 0)]
    assert sum(map(market.balance, ("ann", "bob", "cid"))) == 3 * GRANT
    assert market.audit() == []
    market.refused(409, "wrong-state", "ann", "POST", f"/questions/{number}/resolve", {"outcome": 1})


@pytest.mark.parametrize("how", ["cancelled", "expired"])
def test_a_question_that_comes_to_nothing_returns_all_money(market: Place, how: str) -> None:
    number = ask(market, 3, resolving=1_000)
    trade(market, "bob", number, outcome=0, shares=20_000_000)
    trade(market, "cid", number, outcome=0, price=0.99)
    gain = trade(market, "bob", number, outcome=0, shares=-20_000_000)  # bob has sold for more than it paid
    mine = market.ok("bob", "GET", f"/questions/{number}")["mine"]
    assert gain["cost"] < gain["pays"] < 0 and mine["paid"] < 0 and market.balance("bob") == GRANT
    if how == "cancelled":
        market.ok("ann", "POST", f"/questions/{number}/resolve", {"outcome": None})
    else:
        market.moment[0] += 62
        assert market.question_until("ann", number, "ended")["ending"] == "expired"
    assert {who: market.balance(who) for who in ("ann", "bob", "cid")} == dict.fromkeys(("ann", "bob", "cid"), GRANT)
    assert market.audit() == []


def test_gains_are_paid_when_the_question_is_resolved(market: Place) -> None:
    number = ask(market)
    trade(market, "bob", number, outcome=0, shares=20_000_000)
    trade(market, "cid", number, outcome=0, price=0.99)
    trade(market, "bob", number, outcome=0, shares=-20_000_000)
    gain = -market.ok("bob", "GET", f"/questions/{number}")["mine"]["paid"]
    market.ok("ann", "POST", f"/questions/{number}/resolve", {"outcome": 1})
    assert market.balance("bob") == GRANT + gain > GRANT
    assert market.audit() == []


def test_a_price_goes_down_by_buying_what_else_could_happen(market: Place) -> None:
    number = ask(market, 3)
    trade(market, "bob", number, outcome=0, shares=1_000)
    done = trade(market, "bob", number, outcome=0, price=0.1)
    assert done["shares"][0] == -1_000 and done["shares"][1] == done["shares"][2] > 0
    assert done["prices"] == pytest.approx([0.1, 0.45, 0.45], abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_escrow_covers_every_outcome_after_any_trades(market: Place, seed: int) -> None:
    """Nobody can be paid more than there is, whatever is traded and whatever happens."""
    luck = random.Random(seed)
    outcomes, liquidity = luck.choice([2, 3, 7]), luck.choice([1_000, 77_777, B])
    number = ask(market, outcomes, liquidity=liquidity)
    for _ in range(60):
        who, one = luck.choice(["bob", "cid"]), luck.randrange(outcomes)
        held = market.store.look(lambda c: trades._held(c, found(c, tables.question, number), who))[0]  # noqa: B023
        kind = luck.random()
        if kind < 0.3:
            wish = trades.Wish(one, price=luck.choice([1e-6, 0.01, luck.uniform(0.05, 0.95), 0.999999]))
        elif kind < 0.6 and held[one]:
            wish = trades.Wish(one, -luck.choice([held[one], luck.randint(1, held[one])]))
        else:
            wish = trades.Wish(one, luck.choice([1, luck.randint(1, 10 * liquidity)]))
        try:
            market.store.change(trades.trade, who, number, wish, None)
        except Problem as problem:
            assert problem.code in ("insolvent", "no-trade"), problem.detail
        row = market.store.look(found, tables.question, number)
        rows = market.store.look(lambda c: c.execute(tables.holding.select()).all())
        escrow = market.store.look(
            lambda c: c.scalar(
                tables.account.select()
                .with_only_columns(tables.account.c.balance)
                .where(tables.account.c.name == f"escrow:question/{number}")
            )
        )
        assert row.sold == [sum(r.shares[n] for r in rows) for n in range(outcomes)]
        waiting = sum(max(-r.paid, 0) for r in rows)
        assert escrow - waiting == row.fund >= cover(row.sold, liquidity) >= max(row.sold)
    before = sum(map(market.balance, ("ann", "bob", "cid"))) + escrow
    market.ok("ann", "POST", f"/questions/{number}/resolve", {"outcome": luck.choice([None, *range(outcomes)])})
    assert sum(map(market.balance, ("ann", "bob", "cid"))) == before == 3 * GRANT
    assert market.audit() == []


def test_what_cannot_be_traded_is_refused_by_name(market: Place) -> None:
    number = ask(market)
    path = f"/questions/{number}/trades"
    market.refused(403, "forbidden", "ann", "POST", path, {"outcome": 0, "shares": 1})
    assert market.refused(409, "short", "bob", "POST", path, {"outcome": 0, "shares": -1})["field"] == "shares"
    said = {"outcome": 0, "shares": 1_000_000, "limit": 500_000}
    assert market.refused(409, "above-limit", "bob", "POST", path, said)["field"] == "limit"
    market.refused(409, "insolvent", "bob", "POST", path, {"outcome": 0, "shares": 2 * GRANT})
    assert market.refused(422, "no-outcome", "bob", "POST", path, {"outcome": 2, "shares": 1})["field"] == "outcome"
    market.refused(422, "bad-trade", "bob", "POST", path, {"outcome": 0})
    market.refused(422, "bad-trade", "bob", "POST", path, {"outcome": 0, "shares": 1, "price": 0.5})
    market.refused(422, "no-trade", "bob", "POST", path, {"outcome": 0, "price": 0.5})
    market.refused(404, "not-found", "bob", "POST", "/questions/99/trades", {"outcome": 0, "shares": 1})
    market.refused(404, "not-found", "bob", "GET", "/questions/99/history")
    fine = {"title": "t", "text": "t", "outcomes": ["a", "b"], "liquidity": B, "closes": 1_000_001}
    for field, wrong, code in (
        ("outcomes", ["a", "a"], "bad-outcomes"),
        ("outcomes", ["a"], "too-short"),
        ("closes", 1_000_000, "bad-time"),
        ("liquidity", 999, "greater-than-equal"),
    ):
        assert market.refused(422, code, "bob", "POST", "/questions", fine | {field: wrong})["field"] == field
    market.refused(409, "insolvent", "bob", "POST", "/questions", fine | {"liquidity": 10**14})
    assert market.audit() == []


def test_no_share_is_free_however_small_its_price() -> None:
    sold = [10**9, 0]
    assert move(sold, 1_000, cover(sold, 1_000), [0, 1]).cost == 1


def test_an_owner_is_late_from_the_stated_time_on(market: Place) -> None:
    number = ask(market, resolving=1_000)
    market.moment[0] += 61
    with pytest.raises(Problem, match="expired"):
        market.store.change(questions.resolve, "ann", number, 0)


def test_a_trade_that_is_tried_again_counts_once(market: Place) -> None:
    number = ask(market)
    body = {"outcome": 0, "shares": 1_000_000}
    first = market.ok("bob", "POST", f"/questions/{number}/trades", body, key="same-key-1")
    assert market.ok("bob", "POST", f"/questions/{number}/trades", body, key="same-key-1") == first
    assert market.balance("bob") == GRANT - first["cost"]


def test_a_chart_has_its_ends_however_few_its_points(market: Place) -> None:
    number = ask(market)
    for turn in range(7):
        trade(market, "bob", number, outcome=turn % 2, shares=100_000)
    items = market.ok("bob", "GET", f"/questions/{number}/history?points=3")["items"]
    last = market.ok("bob", "GET", f"/questions/{number}")["prices"]
    assert (items[0]["prices"], items[-1]["prices"], len(items)) == ([0.5, 0.5], last, 4)
