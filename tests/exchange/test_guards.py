"""Cookies, rates and what who runs it sees."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from marketplace import Place, running

from catallax.exchange import Settings, create_app, first_token, log_lines
from catallax.exchange import _limits as limits
from catallax.exchange import _metrics as metrics
from catallax.exchange._limits import Buckets, neighbourhood
from catallax.exchange._metrics import figures
from catallax.exchange._problems import Problem


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/exchange.db"


@pytest.fixture
def ann(url: str) -> Iterator[Place]:
    with running(url) as place:
        place.sign_up("ann")
        yield place


def test_every_write_with_a_cookie_repeats_its_csrf(ann: Place) -> None:
    made = ann.client.post("/api/session", json={"token": ann.tokens["ann"]}).json()
    other = ann.client.post("/api/session", json={"token": ann.tokens["ann"]}).json()["csrf"]
    assert made["csrf"] != other
    writes = 0
    for path, operations in ann.client.get("/api/openapi.json").json()["paths"].items():
        for method in set(operations) - {"get"}:
            if not operations[method].get("security"):
                continue
            writes += 1
            for false in ({}, {"X-CSRF": ""}, {"X-CSRF": "0" * 32}, {"X-CSRF": made["csrf"]}):  # of another session
                headers = {"Idempotency-Key": f"key-{writes:08d}", **false}
                answer = ann.client.request(method, path.replace("{number}", "1"), json={}, headers=headers)
                assert (answer.status_code, answer.json()["type"]) == (403, "urn:catallax:forbidden"), (method, path)
    assert writes >= 15
    assert ann.client.get("/api/session").json()["csrf"] == other
    headers = {"Idempotency-Key": "a-key-that-counts", "X-CSRF": other}
    body = {"title": "t", "text": "t", "bounty": 1}
    assert ann.client.post("/api/requests", json=body, headers=headers).status_code == 201


@pytest.mark.parametrize("secure", [False, True])
def test_a_cookie_is_for_this_site_and_no_script(url: str, secure: bool) -> None:
    with running(url, secure=secure) as place:
        place.sign_up("ann")
        made = place.client.post("/api/session", json={"token": place.tokens["ann"]}).headers["set-cookie"].lower()
        assert {"httponly", "samesite=strict", "path=/"} <= set(made.replace(" ", "").split(";"))
        assert ("secure" in made.replace(" ", "").split(";")) is secure


def test_a_session_ends_with_the_token_that_began_it(ann: Place) -> None:
    def session(text: str) -> str:
        """The cookie of a log-in."""
        ann.client.cookies.clear()
        assert ann.client.post("/api/session", json={"token": text}).status_code == 201
        return ann.client.cookies.pop("session")

    def counts(text: str) -> bool:
        return ann.client.get("/api/me", headers={"Authorization": f"Bearer {text}"}).status_code == 200

    short = ann.ok("ann", "POST", "/me/tokens", {"label": "short", "scopes": ["read"], "expires": 1_060_000})
    lent = ann.ok("ann", "POST", "/me/tokens", {"label": "lent", "scopes": ["read"]})
    sessions = [session(short["token"]), session(session(short["token"]))]  # one begins another, and gains no time
    others = [session(lent["token"]), session(session(lent["token"]))]
    assert all(map(counts, sessions + others))
    ann.moment[0] = 1_060.0
    assert not any(map(counts, sessions)) and all(map(counts, others))
    ann.ok("ann", "DELETE", f"/me/tokens/{lent['id']}")
    assert not any(map(counts, others)) and counts(ann.tokens["ann"])


def test_log_ins_are_counted(ann: Place) -> None:
    answers = [ann.client.post("/api/session", json={"token": "cx_guess"}) for _ in range(21)]
    assert [answer.status_code for answer in answers] == [401] * 20 + [429]
    assert answers[-1].headers["retry-after"] == "1"
    ann.moment[0] += 1.0
    assert ann.client.post("/api/session", json={"token": ann.tokens["ann"]}).status_code == 201


def test_parties_and_strangers_have_a_bucket_each(url: str) -> None:
    with running(url, rate=0.5, burst=3, strangers=0.1) as place:
        place.sign_up("ann", "bob")  # two calls of a stranger
        assert [place.call("ann", "GET", "/me").status_code for _ in range(4)] == [200] * 3 + [429]
        refused = place.call("ann", "GET", "/me")
        assert (refused.headers["retry-after"], refused.json()["type"]) == ("2", "urn:catallax:too-many-calls")
        assert place.call("bob", "GET", "/me").status_code == 200
        assert [place.call("", "GET", "/me").status_code for _ in range(2)] == [401, 429]
        assert place.call("", "GET", "/me").headers["retry-after"] == "10"
        place.moment[0] += 2.0
        assert place.call("ann", "GET", "/me").status_code == 200


def test_buckets_are_bounded_and_a_household_is_one_stranger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "KNOWN", 10)
    buckets = Buckets(rate=1.0, burst=1)
    for number in range(1_000):
        buckets.take(f"stranger {number}", 0.0)
    assert len(buckets._left) == 10
    with pytest.raises(Problem, match="wait 1 s"):
        buckets.take("stranger 999", 0.0)
    assert neighbourhood("2001:db8::1") == neighbourhood("2001:db8::ffff:1") != neighbourhood("2001:db8:0:1::1")
    assert neighbourhood("::ffff:192.0.2.7") == neighbourhood("192.0.2.7") != neighbourhood("192.0.2.8")


def test_streams_of_a_party_are_bounded(ann: Place) -> None:
    feed = ann.client.app.state.house.feed  # type: ignore[attr-defined]

    async def many() -> None:
        streams = [feed.stream("ann", 0, None) for _ in range(20)]
        waiting = [asyncio.ensure_future(anext(stream)) for stream in streams]
        await asyncio.sleep(0.01)
        assert feed.full("ann") and not feed.full("bob")
        refused = await asyncio.to_thread(ann.call, "ann", "GET", "/stream")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    asyncio.run(many())
    assert not feed.full("ann")


def test_health_and_readiness(ann: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ann.client.get("/healthz").json() == {"alive": True}
    assert ann.client.get("/readyz").json() == {"ready": True}
    house = ann.client.app.state.house  # type: ignore[attr-defined]
    monkeypatch.setattr(type(house.pulse), "age", 6.0)
    late = ann.client.get("/readyz")
    assert (late.status_code, late.json()["type"]) == (503, "urn:catallax:clock-late")

    def locked(*_: object) -> None:
        raise Problem(503, "database-locked", "locked")

    monkeypatch.setattr(house.store, "look", locked)
    assert ann.client.get("/readyz").json()["type"] == "urn:catallax:database-locked"
    assert ann.client.get("/healthz").status_code == 200


def test_figures_tell_sums_and_no_names(ann: Place) -> None:
    ann.sign_up("bob-the-supplier")
    _, state = ann.post("ann", bounty=7_000_000)
    ann.bid("bob-the-supplier", state, 2_000_000)
    goal = {"kind": "answer", "text": "Which tram?"}
    inquiry = ann.ok("ann", "POST", "/inquiries", {"title": "t", "goal": goal, "budget": 500_000, "closes": 1_060_000})
    offer = {"teaser": "t", "price": 1, "bid": 30_000, "text": "x"}
    ann.ok("bob-the-supplier", "POST", f"/inquiries/{inquiry['id']}/information", offer)
    ann.call("ann", "GET", "/requests/99")
    ann.client.request("BREW", "/api/me")
    told = ann.client.get("/metrics")
    assert told.headers["content-type"].startswith("text/plain; version=0.0.4")
    figures = dict(re.findall(r"^(\S+(?:\{.*\})?) (\S+)$", told.text, re.M))
    assert (
        float(figures["catallax_held_microcredits"]) == 7_500_000
    )  # what bids and bids for attention are, nobody can work out
    assert float(figures["catallax_imbalance_microcredits"]) == 0
    assert float(figures["catallax_sealed_bids"]) == 1
    assert float(figures['catallax_open{kind="request",phase="bidding"}']) == 1
    assert float(figures['catallax_calls_total{method="GET",route="/api/requests/{number}",status="404"}']) == 1
    assert float(figures['catallax_calls_total{method="OTHER",route="/api/me",status="405"}']) == 1
    assert float(figures['catallax_call_seconds_count{method="POST",route="/api/bids"}']) == 1
    assert "bob-the-supplier" not in told.text and "ann" not in re.sub("channel", "", told.text)


def test_figures_are_counted_once_however_many_ask(ann: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = []
    monkeypatch.setattr(metrics, "figures", lambda connection, now: counts.append(now) or figures(connection, now))
    assert [ann.client.get("/metrics").status_code for _ in range(3)] == [200, 200, 200]
    assert len(counts) == 1
    monkeypatch.setattr(metrics, "LASTING", 0.0)
    ann.client.get("/metrics")
    assert len(counts) == 2


def test_figures_can_be_kept_inside(url: str) -> None:
    with running(url, metrics=False) as place:
        assert place.client.get("/metrics").status_code == 404


def test_where_nobody_signs_up_an_administrator_admits_and_pays(url: str) -> None:
    app = create_app(Settings(url, grant=0, open=False), lambda: 1_000.0)
    admin = first_token(app)
    with TestClient(app) as client:
        place = Place(client, [1_000.0])
        place.tokens["admin"] = admin or ""
        refusal = place.refused(403, "forbidden", "", "POST", "/parties", {"name": "ann"})
        assert "POST /api/admissions" in refusal["detail"]
        made = place.ok("admin", "POST", "/admissions", {"name": "ann"}, key="tried twice")
        place.tokens["ann"] = made.pop("token")
        assert place.ok("admin", "POST", "/admissions", {"name": "ann"}, key="tried twice") == made  # told once
        assert (place.balance("ann"), made["balance"]) == (0, 0)
        place.refused(403, "forbidden", "ann", "POST", "/admissions", {"name": "bob"})
        for amount, balance in ((0, 0), (5, 5), (-2, 3), (0, 3)):
            paid = place.ok("admin", "POST", "/payments", {"party": "ann", "amount": amount})
            assert paid == {"party": "ann", "amount": amount, "balance": balance}
        place.refused(409, "insolvent", "admin", "POST", "/payments", {"party": "ann", "amount": -4})
        assert place.audit() == []


def test_settings_say_which_figure_is_too_small() -> None:
    for name in ("logins", "streams", "rate", "strangers"):
        with pytest.raises(ValueError, match=f"{name} is at least"):
            replace(Settings(), **{name: 0})


def test_logs_are_lines(capsys: pytest.CaptureFixture[str], url: str) -> None:
    before = logging.root.handlers[:], logging.root.level, logging.getLogger("catallax.exchange").level
    try:
        log_lines()
        with TestClient(create_app(Settings(url))) as client:
            client.get("/healthz")
    finally:
        logging.root.handlers[:] = before[0]
        logging.root.setLevel(before[1])
        logging.getLogger("catallax.exchange").setLevel(before[2])
    (line,) = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (line["say"], line["route"], line["party"]) == ("call", "/healthz", None)
