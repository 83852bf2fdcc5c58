"""Calls that nobody sends by mistake: too large, too deep, not text, not JSON; and texts that are code elsewhere."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from marketplace import Place
from starlette.types import Message, Receive, Scope, Send

from catallax.exchange import Settings, create_app
from catallax.exchange import _body as body
from catallax.exchange._logs import JsonLines

JSON = "application/json"
SECRET = "canary-4417"
NASTY = [
    "'; DROP TABLE party; --",
    '" OR 1=1 --',
    "Robert'); DELETE FROM account;--",
    "%27 UNION SELECT hash FROM token --",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "{{7*7}} ${7*7} %(x)s {0}",
    "\u202egnp.exe \U0001f600 é",
]


def send(place: Place, content: bytes, kind: str | None = JSON, path: str = "requests") -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {place.tokens['ann']}", "Idempotency-Key": "a-key-of-ann"}
    headers |= {"Content-Type": kind} if kind else {}
    answer = place.client.post(f"/api/{path}", content=content, headers=headers)
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    assert SECRET not in answer.text
    return answer.status_code, answer.json()["type"].removeprefix("urn:catallax:")


async def answered(receive: Receive) -> int:
    """Status of a call whose body comes as told."""
    said: list[Message] = []

    async def kept(message: Message) -> None:
        said.append(message)

    async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("it was let in")

    scope = {"type": "http", "method": "POST", "path": "/api/bids", "headers": [], "query_string": b""}
    await body.Bounded(nothing, 262_144)(scope, receive, kept)
    return said[0]["status"]


@pytest.fixture
def ann(place: Place) -> Place:
    place.sign_up("ann")
    return place


@pytest.mark.parametrize("kind", [b'"canary-4417"', b'["canary-4417"]', b'{"canary-4417": 1}', b"null"])
def test_a_kind_there_is_none_of_is_not_repeated(ann: Place, kind: bytes) -> None:
    goal = b'{"kind": %b, "text": "t"}' % kind
    inquiry = b'{"title": "t", "goal": %b, "budget": 1000, "closes": 1060000}' % goal
    assert send(ann, inquiry, path="inquiries") == (422, "bad-kind")
    assert send(ann, inquiry.replace(b'"kind"', b'"sort"'), path="inquiries") == (422, "bad-kind")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"[" * 100_000, (422, "too-deep")),
        (b'{"a":' * 40 + b"1" + b"}" * 40, (422, "too-deep")),
        (b'{"a":' * 40_000 + b"1" + b"}" * 40_000, (422, "too-deep")),
        (b'{"title": "canary-4417', (422, "bad-json")),
        (b'{"title": "\xff\xfe"}', (422, "bad-encoding")),
        (b'{"title": "a\\u0000b"}', (422, "bad-character")),
        (b'{"title": "\\ud800 canary-4417"}', (422, "bad-character")),
        (b'{"\\udfff": 1}', (422, "bad-character")),
        (b'{"title": "a", "title": "canary-4417"}', (422, "field-twice")),
        (b'{"bounty": NaN}', (422, "bad-json")),
        (b'{"bounty": -Infinity}', (422, "bad-json")),
        (b'{"bounty": ' + b"9" * 5_000 + b"}", (422, "bad-json")),
        (b'{"bounty": 99999999999999999999}', (422, "number-too-large")),
        (b'{"bounty": 1e999, "title": "t", "text": "t"}', (422, "int-type")),
        (b'["canary-4417"]', (422, "model-attributes-type")),
        (b'"canary-4417"', (422, "model-attributes-type")),
        (b"null", (422, "model-attributes-type")),
        (b"", (422, "missing")),
        (b'{"title": "t", "text": "t", "bounty": "canary-4417"}', (422, "int-type")),
        (b'{"title": "t", "text": "t", "bounty": 1, "canary-4417": 1}', (422, "extra-forbidden")),
        (b'{"title": "t", "text": "t", "bounty": 1, "auction": "canary-4417"}', (422, "literal-error")),
        (b"{}" + b" " * 300_000, (413, "too-large")),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_no_proper_body_is_refused_by_name(ann: Place, content: bytes, expected: tuple[int, str]) -> None:
    assert send(ann, content) == expected
    assert ann.audit() == []


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None])
def test_what_is_not_said_to_be_json_is_not_read(ann: Place, kind: str | None) -> None:
    assert send(ann, b'{"title": "t", "text": "t", "bounty": 1}', kind) == (415, "not-json")


def test_a_body_in_pieces_is_cut_off_when_it_is_too_long(ann: Place) -> None:
    sent = 0

    async def piece() -> Message:
        nonlocal sent
        sent += 1
        return {"type": "http.request", "body": b" " * 1_000, "more_body": True}

    assert asyncio.run(answered(piece)) == 413
    assert sent == 263  # of 262,144 bytes, and no more


def test_a_body_that_lies_about_its_length_is_refused_before_it_comes(ann: Place) -> None:
    headers = {"Content-Length": "9" * 30, "Content-Type": JSON}
    assert ann.client.post("/api/parties", content=b"{}", headers=headers).status_code == 413


def test_a_body_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "PATIENCE", 0.05)

    async def never() -> Message:
        await asyncio.sleep(5)
        raise AssertionError("it waited")

    assert asyncio.run(answered(never)) == 408


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/api/requests?owner=" + "a" * 9_000, {}, 414),
        ("/api/" + "a" * 9_000, {}, 414),
        ("/api/requests", {"X-Long": "a" * 20_000}, 431),
        ("/api/requests?owner=%00", {}, 422),
        ("/%00", {}, 422),
        ("/..%2f..%2fetc%2fpasswd", {}, 404),
        ("/api/requests/99999999999999999999999", {}, 422),
        ("/api/requests?after=-1", {}, 422),
        ("/api/requests/1%27%20OR%201=1", {}, 422),
        ("/api/stream", {"Last-Event-ID": "9" * 19}, 422),
    ],
)
def test_addresses_and_headers_are_bounded(ann: Place, path: str, headers: dict[str, str], status: int) -> None:
    answer = ann.client.get(path, headers={"Authorization": f"Bearer {ann.tokens['ann']}", **headers})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert "passwd" not in answer.text


def test_headers_of_any_bytes_break_nothing(ann: Place) -> None:
    made = ann.client.post("/api/session", json={"token": ann.tokens["ann"]})
    assert made.status_code == 201
    for headers in (
        {"X-CSRF": b"\xe9\xff"},
        {"Authorization": b"Bearer \xe9"},
        {"Idempotency-Key": b"\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9"},
    ):
        answer = ann.client.post("/api/bids", json={"state": 1, "amount": 1}, headers=headers)  # type: ignore[arg-type]
        assert answer.status_code in (401, 403, 422), answer.text


@pytest.mark.parametrize("text", NASTY)
def test_texts_are_kept_as_they_are_and_are_no_code(ann: Place, text: str) -> None:
    number = ann.ok("ann", "POST", "/requests", {"title": text, "text": text, "bounty": 1})["id"]
    answer = ann.call("ann", "GET", f"/requests/{number}")
    assert (answer.json()["title"], answer.json()["states"][0]["text"]) == (text, text)
    assert answer.headers["content-type"] == JSON and answer.headers["x-content-type-options"] == "nosniff"
    rules = answer.headers["content-security-policy"]
    assert "default-src 'none'" in rules and "unsafe" not in rules
    found = ann.client.get(
        "/api/requests", params={"owner": text[:40]}, headers={"Authorization": f"Bearer {ann.tokens['ann']}"}
    )
    assert found.json()["items"] == []
    assert ann.audit() == [] and ann.balance("ann") > 0


def test_an_error_nobody_expected_tells_nothing(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    async def broken() -> None:
        raise RuntimeError(SECRET)

    place.client.app.router.routes.insert(0, APIRoute("/broken", broken))  # type: ignore[attr-defined]
    with caplog.at_level(logging.INFO):
        answer = place.client.get("/broken")
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:catallax:fault")
    assert SECRET not in answer.text and answer.headers["x-request-id"] in answer.json()["detail"]
    lines = [JsonLines().format(record) for record in caplog.records]
    assert not any(SECRET in line for line in lines)
    (failure,) = [json.loads(line) for line in lines if '"call failed"' in line]
    assert failure["error"] == "RuntimeError" and failure["where"][-1].endswith(" broken")


def test_no_script_comes_from_elsewhere(tmp_path: Path) -> None:
    with TestClient(create_app(Settings(f"sqlite:///{tmp_path}/x.db", secure=True))) as client:
        assert [client.get(path).status_code for path in ("/docs", "/redoc", "/openapi.json")] == [404, 404, 404]
        page = client.get("/")
        assert "max-age" in page.headers["strict-transport-security"] and "<script>" not in page.text
        assert client.get("/api/session").headers["cache-control"] == "no-store"
