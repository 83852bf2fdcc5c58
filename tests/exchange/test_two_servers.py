"""Two servers on one database: their clocks, inspectors and memories of tokens get in nobody's way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from marketplace import GRANT, Place, running
from sqlalchemy import select

from catallax.exchange import _tables as tables
from catallax.exchange._known import MOMENT
from catallax.language.bazaar import Case, Contractor

looked: list[int] = []


def everything(case: Case) -> frozenset[str]:
    """Buys all there is, and notes that it was asked."""
    looked.append(len(case.exhibits))
    return frozenset(exhibit.id for exhibit in case.exhibits)


@pytest.fixture
def places(database: str) -> Iterator[tuple[Place, Place]]:
    looked.clear()
    moment = [1_000.0]
    with (
        running(database, moment, Contractor(everything)) as one,
        running(database, moment, Contractor(everything)) as two,
    ):
        one.sign_up("ann", "bob", "cid")
        two.tokens = one.tokens
        yield one, two


def kinds(place: Place) -> Counter[str]:
    """How often each kind of event was told."""
    return Counter(place.store.look(lambda c: list(c.scalars(select(tables.event.c.kind)))))


def test_what_two_clocks_end_ends_once(places: tuple[Place, Place]) -> None:
    one, two = places
    requests = [one.post("ann", stages=1, seats=2, bounty=1_000_000, choosing=100) for _ in range(4)]
    for _, state in requests:
        two.bid("bob", state, 2_000)
        one.bid("cid", state, 1_000)
    for number, _ in requests:
        two.until("ann", number, "working")
    for number, _ in requests:  # nobody delivers
        assert one.until("ann", number, "closed")["outcome"] == "unanswered"
    told = kinds(one)
    assert {kind: told[kind] for kind in ("stage.sold", "purchase.made", "purchase.missed", "request.closed")} == {
        "stage.sold": 4, "purchase.made": 8, "purchase.missed": 8, "request.closed": 4,
    }  # fmt: skip
    assert {who: two.balance(who) - GRANT for who in ("ann", "bob", "cid")} == {"ann": 0, "bob": -8_000, "cid": -4_000}
    assert two.audit() == []


def test_one_of_two_inspectors_looks(places: tuple[Place, Place]) -> None:
    one, two = places
    goal = {"kind": "answer", "text": "Which tram?"}
    body = {"title": "Trams", "goal": goal, "budget": 10_000, "closes": 1_060_000}
    numbers = [one.ok("ann", "POST", "/inquiries", body)["id"] for _ in range(4)]
    for number in numbers:
        offer = {"teaser": "t", "price": 700, "bid": 2_000, "text": "15"}
        two.ok("bob", "POST", f"/inquiries/{number}/information", offer)
    one.moment[0] = 1_060.0
    outcomes = [two.inquiry_until("ann", number, "closed")["outcome"] for number in numbers]
    assert (outcomes, looked, kinds(one)["inquiry.closed"]) == (["bought"] * 4, [1] * 4, 4)
    assert (one.balance("ann"), two.balance("bob")) == (GRANT - 2_800, GRANT + 2_800 - 4 * 1_000)
    assert one.audit() == []


def test_a_token_that_one_server_revoked_counts_at_the_other_for_a_moment_at_most(places: tuple[Place, Place]) -> None:
    one, two = places
    number = next(token["id"] for token in one.ok("bob", "GET", "/me/tokens")["items"])
    assert two.call("bob", "GET", "/me").status_code == 200  # it is remembered from now on
    one.ok("bob", "DELETE", f"/me/tokens/{number}")
    one.refused(401, "no-token", "bob", "GET", "/me")
    one.moment[0] += MOMENT / 1000
    two.refused(401, "no-token", "bob", "GET", "/me")
