"""Events: what is public, what is one's own, and a stream that goes on where it was left."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from marketplace import Place

from catallax.exchange import _feed
from catallax.exchange._feed import Feed


def test_events_are_told_page_by_page_to_those_they_concern(place: Place) -> None:
    place.sign_up("ann", "bob", "cid")
    number, state = place.post("ann")
    place.bid("bob", state, 1_000_000)
    place.until("ann", number, "working")
    kinds = {who: [row["kind"] for row in place.ok(who, "GET", "/events")["items"]] for who in ("bob", "cid")}
    assert kinds["cid"] == ["request.posted", "bid.placed", "stage.sold", "stage.working"]
    assert kinds["bob"] == ["request.posted", "bid.placed", "purchase.made", "stage.sold", "stage.working"]
    first = place.ok("cid", "GET", "/events?limit=2")
    rest = place.ok("cid", "GET", f"/events?after={first['next']}&subject=request/{number}")
    assert [row["kind"] for row in first["items"] + rest["items"]] == kinds["cid"]
    assert place.ok("cid", "GET", "/events?subject=request/99")["items"] == []
    place.refused(422, "string-pattern-mismatch", "cid", "GET", "/events?subject=drop")


def test_a_stream_goes_on_where_it_was_left_and_hears_what_comes(place: Place) -> None:
    place.sign_up("ann", "bob")
    number, state = place.post("ann")

    async def told() -> list[dict[str, Any]]:
        feed, heard = Feed(place.store), []
        feed.start()
        async for line in feed.stream("bob", 0, f"request/{number}"):
            heard.append(json.loads(line.split("data: ")[1]))
            if len(heard) == 1:
                await asyncio.to_thread(place.bid, "bob", state, 1_000_000)
            else:
                break
        again = await anext(aiter(feed.stream("bob", heard[0]["id"], None)))
        assert json.loads(again.split("data: ")[1]) == heard[1]
        feed.close()
        assert [line async for line in feed.stream("bob", 0, None)] == []
        return heard

    assert [row["kind"] for row in asyncio.run(told())] == ["request.posted", "bid.placed"]


def test_a_stream_gets_through_more_than_it_looks_at_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_feed, "ROWS", 2)
    place.sign_up("ann")
    for _ in range(5):
        place.post("ann")

    async def told() -> list[int]:
        feed, heard = Feed(place.store), []
        async for line in feed.stream("ann", 0, None):
            heard.append(json.loads(line.split("data: ")[1])["id"])
            if len(heard) == 5:
                return heard
        raise AssertionError("the stream ended")

    assert asyncio.run(told()) == [1, 2, 3, 4, 5]


def test_a_page_logs_in_with_a_cookie_and_repeats_its_csrf(place: Place) -> None:
    place.sign_up("ann")
    body = {"title": "t", "text": "t", "bounty": 1}
    refused = place.call("", "POST", "/session", {"token": "cx_no"})
    assert (refused.status_code, refused.json()["field"]) == (401, "token")
    made = place.client.post("/api/session", json={"token": place.tokens["ann"]})
    assert "httponly" in made.headers["set-cookie"].lower() and "samesite=strict" in made.headers["set-cookie"].lower()
    assert place.tokens["ann"] not in made.headers["set-cookie"]
    assert place.ok("", "GET", "/session")["csrf"] == made.json()["csrf"]
    place.refused(403, "forbidden", "", "POST", "/requests", body)
    headers = {"X-CSRF": made.json()["csrf"], "Idempotency-Key": "a-key-of-the-page"}
    assert place.client.post("/api/requests", json=body, headers=headers).status_code == 201
    assert place.client.delete("/api/session", headers=headers).status_code == 200
    assert place.ok("", "GET", "/session")["name"] is None
