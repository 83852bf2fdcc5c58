"""When the database cannot: a full disk, a lock held elsewhere; nothing is half done, and the service goes on."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path

import pytest
from marketplace import GRANT, Place
from sqlalchemy import func, select

from catallax.exchange import _tables as tables
from catallax.exchange._databases import PATIENCE


def rows(place: Place) -> dict[str, int]:
    return place.store.look(
        lambda c: {
            name: c.scalar(select(func.count()).select_from(table)) for name, table in tables.metadata.tables.items()
        }
    )


def pragma(place: Place, words: str) -> int:
    """Set something of the one connection that writes; begins no transaction."""
    connection = place.store.engine.raw_connection()
    try:
        return connection.execute(f"PRAGMA {words}").fetchone()[0]  # type: ignore[attr-defined]
    finally:
        connection.close()


@pytest.fixture
def databases(tmp_path: Path):
    """SQLite alone: a server of PostgreSQL has disks and locks of its own."""
    return lambda: f"sqlite:///{tmp_path}/exchange.db"


def test_a_full_disk_is_told_and_leaves_nothing_half_done(place: Place) -> None:
    place.sign_up("ann", "bob")
    _, state = place.post("ann")
    pragma(place, f"max_page_count = {pragma(place, 'page_count')}")
    before, text = rows(place), "x" * 90_000
    body = {"title": "t", "text": text, "bounty": 1_000}
    refusal = place.call("ann", "POST", "/requests", body, key="tried twice")
    assert (refusal.status_code, refusal.json()["type"]) == (507, "urn:catallax:disk-full")
    assert int(refusal.headers["retry-after"]) >= 1 and text not in refusal.text
    assert (rows(place), place.balance("ann"), place.audit()) == (before, GRANT - 10_000_000, [])
    pragma(place, f"max_page_count = {2**30}")  # somebody made room
    assert place.ok("ann", "POST", "/requests", body, key="tried twice")["bounty"] == 1_000
    place.bid("bob", state, 1)
    assert place.audit() == []


def test_what_is_due_while_the_disk_is_full_waits_and_all_money_comes_back(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    place.sign_up("ann", "bob")
    made = [place.post("ann", bounty=1_000) for _ in range(12)]
    for _, state in made:
        place.bid("bob", state, 2_000)
    goal = {"kind": "answer", "text": "Which tram goes?"}
    body = {"title": "t", "goal": goal, "budget": 5_000, "closes": 1_010_000}
    inquiry = place.ok("ann", "POST", "/inquiries", body)["id"]
    offer = {"teaser": "t", "price": 5_000, "bid": 1_000, "text": "nothing of that"}
    place.ok("bob", "POST", f"/inquiries/{inquiry}/information", offer)
    pragma(place, f"max_page_count = {pragma(place, 'page_count')}")
    place.moment[0] = 1_010.0
    for _ in range(400):
        if any(getattr(record, "code", None) == "disk-full" for record in caplog.records):
            break
        time.sleep(0.01)
    assert any(getattr(record, "code", None) == "disk-full" for record in caplog.records)
    assert place.client.get("/readyz").status_code == 200 and place.audit() == []  # who reads is served
    pragma(place, f"max_page_count = {2**30}")  # somebody made room
    for number, _ in made:
        place.waited(lambda number=number: place.request("ann", number), "working")
    assert place.inquiry_until("ann", inquiry, "closed")["outcome"] == "declined"
    for number, _ in made:
        assert place.until("ann", number, "closed")["outcome"] == "unanswered"
    assert {who: place.balance(who) - GRANT for who in ("ann", "bob")} == {"ann": 0, "bob": -1_000 - 12 * 2_000}
    assert place.audit() == []


def test_a_lock_held_elsewhere_is_waited_for_and_then_told(place: Place, tmp_path: Path) -> None:
    place.sign_up("ann")
    pragma(place, "busy_timeout = 50")
    other = sqlite3.connect(tmp_path / "exchange.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    before = rows(place)  # whoever reads is not in the way of whoever writes
    body = {"title": "t", "text": "x", "bounty": 1_000}
    refusal = place.call("ann", "POST", "/requests", body, key="tried twice")
    assert (refusal.status_code, refusal.json()["type"]) == (503, "urn:catallax:database-locked")
    assert refusal.headers["retry-after"] == "1"
    assert (rows(place), place.balance("ann")) == (before, GRANT)
    pragma(place, f"busy_timeout = {int(PATIENCE * 1000)}")
    threading.Timer(0.1, lambda: other.execute("ROLLBACK")).start()
    assert place.ok("ann", "POST", "/requests", body, key="tried twice")["bounty"] == 1_000
    other.close()


def test_who_hangs_up_in_the_middle_of_a_call_is_no_error(place: Place) -> None:
    """The test client raises what a service would log with a traceback."""
    place.sign_up("ann")
    headers = [(b"authorization", b"Bearer " + place.tokens["ann"].encode()), (b"idempotency-key", b"hung-up-early")]
    scope = {"type": "http", "method": "DELETE", "path": "/api/bids/1", "query_string": b"", "headers": headers}

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def call() -> list[dict[str, object]]:
        sent: list[dict[str, object]] = []

        async def send(message: dict[str, object]) -> None:
            sent.append(message)

        await place.client.app(scope, receive, send)  # type: ignore[arg-type]
        return sent

    assert place.client.portal is not None
    assert place.client.portal.call(call)[0]["status"] == 400
