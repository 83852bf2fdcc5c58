"""Sealed texts through the whole life of a request and an inquiry: who may not read one finds it nowhere."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from marketplace import Place, running
from sqlalchemy import select

from catallax.exchange import _tables as tables
from catallax.exchange._logs import JsonLines
from catallax.language.bazaar import Contractor

FIRST, SECOND, OTHER = "canary-first-93b1", "canary-second-0d7e", "canary-other-55aa"
BOUGHT, FORGOTTEN, RETURNED = "canary-bought-good-1c", "canary-forgotten-2d", "canary-returned-3e"
SECRETS = (FIRST, SECOND, OTHER, BOUGHT, FORGOTTEN, RETURNED)
NAMES = ("ann", "bob", "cid", "dot", "eve")


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Place]:
    good = Contractor(lambda case: frozenset(exhibit.id for exhibit in case.exhibits if "good" in exhibit.text))
    with running(f"sqlite:///{tmp_path}/exchange.db", contractor=good, rate=1e6, burst=10**6) as place:
        place.sign_up(*NAMES)
        yield place


def looks(place: Place) -> Iterator[tuple[str, str]]:
    """Everything that anybody can read, by who reads it: all routes, with all numbers there are, and calls that are refused."""
    description = place.client.get("/api/openapi.json").json()
    for path, operations in description["paths"].items():
        if "get" not in operations or path == "/api/stream" or not path.startswith("/api"):
            continue
        for who in (*NAMES, ""):
            for number in range(1, 5) if "{number}" in path else [0]:
                where = path.removeprefix("/api").replace("{number}", str(number))
                where += "?outcome=0&shares=1" if where.endswith("/quote") else ""
                yield who, place.call(who, "GET", where).text
    for number in range(1, 5):
        for where in ("offers", "bids", "information", "inquiries", "requests"):
            yield "eve", place.call("eve", "DELETE", f"/{where}/{number}").text


def seen_by(place: Place) -> dict[str, set[str]]:
    """Which secrets each party could read somewhere."""
    seen: dict[str, set[str]] = {name: set() for name in (*NAMES, "")}
    for who, text in looks(place):
        seen[who] |= {secret for secret in SECRETS if secret in text}
    return seen


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the service logged, as lines of JSON and as plain text; its test's client logs addresses, which is not its fault."""
    records = [record for record in caplog.records if not record.name.startswith("httpx")]
    return [line for record in records for line in (JsonLines().format(record), record.getMessage())]


def kept(place: Place) -> str:
    """What is written down beside the texts: answers, events, postings."""
    rows: list[Any] = []
    for table in (tables.answered, tables.event, tables.posting, tables.account, tables.token, tables.webhook):
        rows += place.store.look(
            lambda connection, table=table: [str(row) for row in connection.execute(select(table))]
        )
    return "\n".join(rows)


def test_a_text_is_read_by_those_who_may_and_by_nobody_else(market: Place, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    number, state = market.post("ann", stages=2, seats=3)
    market.bid("bob", state, 2_000_000)
    market.bid("dot", state, 1_000_000)
    market.until("ann", number, "working")
    market.append("dot", "mine", OTHER)
    second = market.append("bob", "hers", FIRST)
    assert seen_by(market) == {"ann": set(), "bob": {FIRST}, "cid": set(), "dot": {OTHER}, "eve": set(), "": set()}
    market.bid("cid", second, 5_000_000)
    market.until("ann", number, "working")
    bought = market.working("cid")
    body = {"teaser": "t", "text": SECOND}
    for refused in (
        market.call("cid", "POST", f"/purchases/{bought}/state", {**body, SECOND: 1}),
        market.call("cid", "POST", f"/purchases/{bought}/state", {**body, "final": SECOND}),
        market.call("eve", "POST", f"/purchases/{bought}/state", body),
        market.call("cid", "POST", "/parties", {"name": SECOND + " "}),
    ):
        assert refused.status_code in (404, 422) and SECOND not in refused.text
    offer = market.append("cid", "three days", SECOND)
    expected: dict[str, set[str]] = {"ann": set(), "bob": {FIRST}, "cid": {FIRST, SECOND}, "dot": {OTHER}}
    assert seen_by(market) == expected | {"eve": set(), "": set()}
    market.ok("ann", "POST", f"/requests/{number}/pick", {"offer": offer})
    assert seen_by(market) == expected | {"ann": {FIRST, SECOND}, "eve": set(), "": set()}
    assert not any(secret in kept(market) for secret in SECRETS)
    lines = logged(caplog)
    assert any('"say": "call"' in line for line in lines)
    private = (*SECRETS, *market.tokens.values(), *(f'"{name}"' for name in NAMES))
    assert [line for line in lines if any(secret in line for secret in private)] == []


def test_sealed_information_is_read_by_its_buyer_alone(market: Place, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    goal = {"kind": "answer", "text": "Which tram?"}
    inquiry = {"title": "Trams", "goal": goal, "budget": 5_000_000, "closes": 1_060_000}
    number = market.ok("ann", "POST", "/inquiries", inquiry)["id"]
    offers = {
        text: market.ok(
            who,
            "POST",
            f"/inquiries/{number}/information",
            {"teaser": "t", "price": 1_000_000, "bid": 10_000, "text": text},
        )["id"]
        for who, text in (("bob", BOUGHT), ("cid", FORGOTTEN), ("dot", RETURNED))
    }
    nobody: dict[str, set[str]] = {name: set() for name in (*NAMES, "")}
    assert seen_by(market) == nobody
    market.ok("dot", "DELETE", f"/information/{offers[RETURNED]}")
    market.moment[0] = 1_060.0
    market.inquiry_until("ann", number, "closed")
    assert seen_by(market) == nobody | {"ann": {BOUGHT}}
    assert not any(secret in kept(market) for secret in SECRETS)
    texts = market.store.look(lambda c: [text for text in c.scalars(select(tables.information.c.text)) if text])
    assert texts == [BOUGHT]
    assert logged(caplog) and not any(secret in line for line in logged(caplog) for secret in SECRETS)


def test_a_line_of_the_log_says_what_was_called_and_by_which_number(
    market: Place, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "catallax.exchange.calls"):
        answer = market.call("bob", "GET", f"/requests/99?secret={FIRST}")
    (line,) = [json.loads(JsonLines().format(record)) for record in caplog.records if record.name.endswith("calls")]
    assert (line["method"], line["route"], line["status"], line["party"]) == ("GET", "/api/requests/{number}", 404, 2)
    assert line["id"] == answer.headers["x-request-id"] and line["ms"] > 0
    assert set(line) == {"at", "level", "log", "say", "id", "method", "route", "status", "ms", "party"}
