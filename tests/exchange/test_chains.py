"""A request's life: sealed bids, stages, offers, the pick, and money that comes back along the chain."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from marketplace import GRANT, Place
from sqlalchemy import select

from catallax.exchange import _bids as bids
from catallax.exchange import _requests as requests
from catallax.exchange import _stages as stages
from catallax.exchange import _tables as tables
from catallax.exchange import _work as work
from catallax.exchange._problems import Problem


@pytest.fixture
def market(place: Place) -> Place:
    place.sign_up("ann", "bob", "cid", "dot")
    return place


def chain(market: Place, **terms: object) -> tuple[int, int]:
    """A request whose first state bob bought for 2, and whose second cid bought from bob for 5; cid's offer is shown."""
    number, state = market.post("ann", stages=2, **terms)
    market.bid("bob", state, 2_000_000)
    market.until("ann", number, "working")
    second = market.append("bob", "her tastes", "likes surfing")
    assert market.request("ann", number)["phase"] == "bidding"  # everybody delivered: no need to wait
    market.bid("cid", second, 5_000_000)
    market.until("ann", number, "working")
    return number, market.append("cid", "three days", "surf, eat, sleep")


def test_money_comes_back_along_the_chain(market: Place) -> None:
    number, offer = chain(market)
    shown = market.request("ann", number)
    assert [(o["id"], o["seller"], o["bid"]) for o in shown["offers"]] == [(offer, "cid", 5_000_000)]
    assert next(s for s in shown["states"] if s["id"] == offer)["text"] is None
    market.ok("ann", "POST", f"/requests/{number}/pick", {"offer": offer})
    gains = {name: market.balance(name) - GRANT for name in ("ann", "bob", "cid")}
    assert gains == {"ann": -8_000_000, "bob": 3_000_000, "cid": 5_000_000}
    closed = market.request("ann", number)
    assert [(p["status"], p["received"]) for p in closed["purchases"]] == [
        ("settled", 2_000_000),
        ("settled", 5_000_000),
    ]
    assert [s["text"] for s in closed["states"]] == ["Plan it.", "likes surfing", "surf, eat, sleep"]
    assert market.audit() == []


@pytest.mark.parametrize(("rank", "first"), [("last-bid", "cid"), ("opening-bid", "dot")])
def test_offers_are_ordered_as_the_request_says(market: Place, rank: str, first: str) -> None:
    number, state = market.post("ann", stages=2, rank=rank)
    market.bid("bob", state, 1_000_000)
    market.bid("dot", state, 2_000_000)
    market.until("ann", number, "working")
    second = market.append("bob", "her tastes", "surfing")
    market.append("dot", "a plan", "walk", final=True)
    market.bid("cid", second, 5_000_000)
    market.until("ann", number, "working")
    market.append("cid", "three days", "surf")
    assert market.request("ann", number)["offers"][0]["seller"] == first


def test_offers_stay_as_they_were_shown_and_who_is_not_seen_is_not_counted(market: Place) -> None:
    """Being shown lowers a calibrated score: that must not put somebody else in one's place on the way to the pick."""
    number, state = market.post("ann", stages=1, shown=1, rank="calibrated")
    market.bid("bob", state, 3_000_000)
    market.bid("cid", state, 2_999_999)
    market.until("ann", number, "working")
    offers = {who: market.append(who, f"{who}'s plan", "walk") for who in ("bob", "cid")}
    first = market.request("ann", number)["offers"]
    assert [(offer["seller"], offer["score"]) for offer in first] == [("bob", 1_500_000.0)]
    records = {
        row.party: (row.shown, row.picked)
        for row in market.store.look(lambda c: c.execute(select(tables.record)).all())
    }
    assert records == {"bob": (1, 0)}
    market.refused(422, "not-offered", "ann", "POST", f"/requests/{number}/pick", {"offer": offers["cid"]})
    market.ok("bob", "DELETE", f"/offers/{offers['bob']}")
    assert [offer["seller"] for offer in market.request("ann", number)["offers"]] == ["cid"]  # there is room now
    market.ok("ann", "POST", f"/requests/{number}/pick", {"offer": offers["cid"]})
    records = {
        row.party: (row.shown, row.picked)
        for row in market.store.look(lambda c: c.execute(select(tables.record)).all())
    }
    assert (records, market.audit()) == ({"bob": (1, 0), "cid": (1, 1)}, [])
    assert [offer["score"] for offer in market.request("ann", number)["offers"]] == [1_499_999.5]


def test_refused_offers_return_all_money(market: Place) -> None:
    number, _ = chain(market)
    assert market.ok("ann", "POST", f"/requests/{number}/pick", {"offer": None})["outcome"] == "refused"
    assert {name: market.balance(name) for name in ("ann", "bob", "cid")} == dict.fromkeys(("ann", "bob", "cid"), GRANT)
    assert market.audit() == []


def test_final_sales_stay_sold_and_refusing_earns_nothing(market: Place) -> None:
    number, _ = chain(market, settlement="sale-final")
    market.ok("ann", "POST", f"/requests/{number}/pick", {"offer": None})
    gains = {name: market.balance(name) - GRANT for name in ("ann", "bob", "cid")}
    assert gains == {"ann": 0, "bob": 3_000_000, "cid": -5_000_000}
    assert market.audit() == []


def test_a_requester_who_never_picks_gets_its_bounty_back(market: Place) -> None:
    number, _ = chain(market)
    assert market.until("ann", number, "closed")["outcome"] == "refused"
    assert market.balance("ann") == GRANT
    market.refused(409, "wrong-state", "ann", "POST", f"/requests/{number}/pick", {"offer": None})


def test_a_request_nobody_bids_for_returns(market: Place) -> None:
    number, _ = market.post("ann")
    assert market.balance("ann") == GRANT - 10_000_000
    assert market.until("ann", number, "closed")["outcome"] == "unanswered"
    assert market.balance("ann") == GRANT


def test_who_wins_and_never_answers_forfeits_its_price(market: Place) -> None:
    number, state = market.post("ann", seats=2)
    market.bid("bob", state, 2_000_000)
    market.bid("cid", state, 1_000_000)
    market.until("ann", number, "working")
    market.append("cid", "a plan", "walk", final=True)
    assert market.until("ann", number, "choosing")["purchases"][0]["status"] == "missed"
    assert market.balance("bob") == GRANT - 2_000_000
    market.ok("ann", "POST", f"/requests/{number}/pick", {"offer": market.request("ann", number)["offers"][0]["id"]})
    assert market.balance("ann") == GRANT - 9_000_000
    assert market.audit() == []


@pytest.mark.parametrize(("settlement", "seller"), [("escrow", 0), ("sale-final", 5_000_000)])
def test_what_a_missed_purchase_brought_its_seller_is_told(market: Place, settlement: str, seller: int) -> None:
    number, state = market.post("ann", stages=2, settlement=settlement)
    market.bid("bob", state, 2_000_000)
    market.until("ann", number, "working")
    market.bid("cid", market.append("bob", "her tastes", "likes surfing"), 5_000_000)
    market.until("ann", number, "working")
    missed = market.until("ann", number, "closed")["purchases"][1]
    assert (missed["status"], missed["received"]) == ("missed", seller)
    opening = 2_000_000 if settlement == "sale-final" else 0
    assert (market.balance("bob"), market.balance("cid")) == (GRANT - opening + seller, GRANT - 5_000_000)
    assert (market.balance("ann"), market.audit()) == (GRANT, [])


def test_bids_are_sealed_until_their_stage_is_over(market: Place) -> None:
    number, state = market.post("ann", seats=1)
    market.bid("bob", state, 2_000_000)
    market.bid("cid", state, 3_000_000)
    for who in ("ann", "cid", "dot"):
        seen = market.request(who, number)
        assert (seen["bids"], seen["sealed"]) == ([], 2)
    events = market.store.look(lambda c: [str(row.data) for row in c.execute(select(tables.event.c.data))])
    assert not any("2000000" in text or "bob" in text for text in events)
    seen = market.until("ann", number, "working")
    assert [(b["bidder"], b["amount"], b["status"]) for b in seen["bids"]] == [
        ("bob", 2_000_000, "lost"),
        ("cid", 3_000_000, "won"),
    ]
    assert market.balance("bob") == GRANT


def test_bids_can_be_withdrawn_until_they_are_opened(market: Place) -> None:
    number, state = market.post("ann")
    bid = market.bid("bob", state, 2_000_000)
    market.refused(409, "wrong-state", "bob", "POST", "/bids", {"state": state, "amount": 1})
    market.refused(404, "not-found", "cid", "DELETE", f"/bids/{bid}")
    assert market.balance("bob") == GRANT - 2_000_000
    market.ok("bob", "DELETE", f"/bids/{bid}")
    assert market.balance("bob") == GRANT
    second = market.bid("bob", state, 1_000_000)
    market.until("ann", number, "working")
    market.refused(409, "wrong-state", "bob", "DELETE", f"/bids/{second}")


def test_texts_are_for_those_who_bought_them(market: Place) -> None:
    number, state = market.post("ann", stages=2, seats=2)
    market.bid("bob", state, 2_000_000)
    market.until("ann", number, "working")
    second = market.append("bob", "her tastes", "likes surfing")
    text = {who: market.ok(who, "GET", f"/states/{second}")["text"] for who in ("ann", "bob", "cid", "dot")}
    assert text == {"ann": None, "bob": "likes surfing", "cid": None, "dot": None}
    market.bid("cid", second, 5_000_000)
    market.until("ann", number, "working")
    assert market.ok("cid", "GET", f"/states/{second}")["text"] == "likes surfing"
    offer = market.append("cid", "three days", "surf")
    market.refused(404, "not-found", "dot", "GET", f"/states/{offer}")
    told = {who: market.ok(who, "GET", "/events?newest=true&limit=9")["items"] for who in ("ann", "dot")}
    assert all("three days" not in str(events) and "'state': 3" in str(events) for events in told.values())
    assert "her tastes" in str(market.ok("dot", "GET", "/events")["items"])  # what is for sale has its teaser
    assert market.request("dot", number)["offers"] == []


def test_an_offer_that_is_withdrawn_cannot_be_picked(market: Place) -> None:
    number, offer = chain(market)
    market.ok("cid", "DELETE", f"/offers/{offer}")
    assert market.request("ann", number)["offers"] == []
    market.refused(422, "not-offered", "ann", "POST", f"/requests/{number}/pick", {"offer": offer})
    market.ok("ann", "POST", f"/requests/{number}/pick", {"offer": None})
    assert market.audit() == []


def test_a_deadline_is_over_at_its_millisecond_whether_the_clock_came_or_not(market: Place) -> None:
    def late(due: int, work: Callable[..., Any], *arguments: Any) -> str:
        """What work says at a deadline; the clock of the place has not seen it."""
        with pytest.raises(Problem) as refusal:
            market.store.change(lambda unit: work(replace(unit, now=due), *arguments))
        return refusal.value.code

    number, state = market.post("ann", stages=1)
    bid, due = market.bid("bob", state, 2_000_000), market.request("ann", number)["due"]
    assert late(due, bids.place, "cid", state, 1) == "wrong-state"
    assert late(due, bids.withdraw, "bob", bid) == "wrong-state"
    assert late(due, requests.withdraw, "ann", number) == "wrong-state"  # a bidder is bound, and so is who asked
    due = market.until("ann", number, "working")["due"]
    assert late(due, work.append, "bob", market.working("bob"), "t", "x", True) == "wrong-state"
    offer = market.append("bob", "a plan", "walk")
    due = market.request("ann", number)["due"]
    assert late(due, stages.pick, "ann", number, offer) == "wrong-state"  # silence is none
    assert market.ok("ann", "POST", f"/requests/{number}/pick", {"offer": offer})["outcome"] == "picked"


def test_an_offer_is_withdrawn_while_others_work(market: Place) -> None:
    number, state = market.post("ann", stages=2)
    market.bid("bob", state, 2_000_000)
    market.bid("dot", state, 1_000_000)
    market.until("ann", number, "working")
    offer = market.append("bob", "a plan", "walk", final=True)
    told = market.ok("bob", "DELETE", f"/offers/{offer}")
    assert told == {"id": offer, "status": "withdrawn", "phase": "working"}


def test_requests_are_withdrawn_before_the_first_sale(market: Place) -> None:
    number, state = market.post("ann")
    market.bid("bob", state, 2_000_000)
    market.refused(403, "forbidden", "bob", "DELETE", f"/requests/{number}")
    market.ok("ann", "DELETE", f"/requests/{number}")
    assert (market.balance("ann"), market.balance("bob")) == (GRANT, GRANT)
    market.refused(409, "wrong-state", "cid", "POST", "/bids", {"state": state, "amount": 1})


def test_what_cannot_be_is_refused_by_name(market: Place) -> None:
    _, state = market.post("ann", reserve=1_000)
    assert market.refused(403, "forbidden", "ann", "POST", "/bids", {"state": state, "amount": 2_000})
    assert (
        market.refused(422, "below-reserve", "bob", "POST", "/bids", {"state": state, "amount": 999})["field"]
        == "amount"
    )
    assert market.refused(409, "insolvent", "bob", "POST", "/bids", {"state": state, "amount": GRANT + 1})
    assert market.refused(404, "not-found", "bob", "POST", "/bids", {"state": 99, "amount": 2_000})
    assert (
        market.refused(422, "extra-forbidden", "bob", "POST", "/bids", {"state": state, "amount": 1, "x": 1})["field"]
        == "x"
    )
    assert market.refused(422, "int-type", "bob", "POST", "/bids", {"state": state, "amount": 1.5})["field"] == "amount"
    assert market.refused(409, "insolvent", "ann", "POST", "/requests", {"title": "t", "text": "t", "bounty": GRANT})
    assert market.audit() == []


def test_a_call_that_is_tried_again_counts_once(market: Place) -> None:
    _, state = market.post("ann")
    body = {"state": state, "amount": 2_000_000}
    first = market.ok("bob", "POST", "/bids", body, key="same-key-1")
    again = market.call("bob", "POST", "/bids", body, key="same-key-1")
    assert (again.json(), again.headers["idempotency-replayed"]) == (first, "true")
    assert market.balance("bob") == GRANT - 2_000_000
    other = market.call("bob", "POST", "/bids", {**body, "amount": 1}, key="same-key-1")
    assert (other.status_code, other.json()["type"]) == (422, "urn:catallax:key-reused")
    assert market.ok("cid", "POST", "/bids", body, key="same-key-1")["id"] != first["id"]


@pytest.mark.parametrize("settlement", ["escrow", "sale-final"])
@pytest.mark.parametrize("auction", ["first-price", "gsp", "vcg"])
def test_books_close_whatever_happens(place: Place, settlement: str, auction: str) -> None:
    luck, names = random.Random(f"{settlement} {auction}"), ["ann", "bob", "cid", "dot", "eve"]
    place.sign_up(*names)
    numbers = [place.post(luck.choice(names), stages=3, settlement=settlement, auction=auction)[0] for _ in range(3)]
    for _ in range(120):
        number, who = luck.choice(numbers), luck.choice(names)
        seen = place.request(who, number)
        for_sale = [state["id"] for state in seen["states"] if state["status"] == "for-sale"]
        if seen["phase"] == "bidding" and for_sale and luck.random() < 0.8:
            place.call(who, "POST", "/bids", {"state": luck.choice(for_sale), "amount": luck.randint(1, 9_000_000)})
        elif seen["phase"] == "working" and luck.random() < 0.8:
            for bought in place.ok(who, "GET", "/me/purchases?status=working")["items"]:
                body = {"teaser": "t", "text": "x", "final": luck.random() < 0.4}
                place.call(who, "POST", f"/purchases/{bought['id']}/state", body)
        elif seen["phase"] == "choosing" and luck.random() < 0.3:
            offers = place.request(seen["owner"], number)["offers"]
            choice = luck.choice([None, *(offer["id"] for offer in offers)])
            place.ok(seen["owner"], "POST", f"/requests/{number}/pick", {"offer": choice})
        else:
            place.moment[0] += luck.choice([1.0, 11.0, 61.0])
    place.moment[0] += 10 * 86_400
    for number in numbers:
        for _ in range(500):
            if place.request("ann", number)["phase"] == "closed":
                break
            place.moment[0] += 86_400
        assert place.request("ann", number)["phase"] == "closed"
    held = place.store.look(
        lambda c: c.scalars(select(tables.account.c.name).where(tables.account.c.balance > 0)).all()
    )
    assert {name for name in held if name.startswith("escrow")} == set()
    assert place.audit() == []


def test_a_full_stage_keeps_the_highest_bids(market: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bids, "MOST", 2)
    number, state = market.post("ann", seats=1)
    lowest = market.bid("bob", state, 1_000)
    market.bid("cid", state, 3_000)
    market.refused(409, "full", "dot", "POST", "/bids", {"state": state, "amount": 1_000})
    market.bid("dot", state, 2_000)
    assert market.balance("bob") == GRANT and market.request("cid", number)["sealed"] == 2
    assert [b["status"] for b in market.ok("bob", "GET", "/me/bids")["items"]] == ["displaced"]
    market.refused(409, "wrong-state", "bob", "DELETE", f"/bids/{lowest}")
    heard = {who: {e["kind"] for e in market.ok(who, "GET", "/events")["items"]} for who in ("bob", "cid")}
    assert heard["bob"] - heard["cid"] == {"bid.displaced"}
    sold = market.until("ann", number, "working")
    assert [b["bidder"] for b in sold["bids"]] == ["cid", "dot"] and market.audit() == []
