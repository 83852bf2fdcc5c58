"""Clients: typed answers, calls that are tried again and count once, suppliers that work by themselves."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from marketplace import GRANT, Place

from catallax.exchange.client import (
    AsyncClient,
    Client,
    Draft,
    ProgramSupplier,
    Refused,
    Supply,
    Unreachable,
)
from catallax.exchange.client import _answers as answers

PAUSE = answers.pause


class Through(httpx.BaseTransport):
    """Calls reach the marketplace of the test; some answers are lost on the way."""

    def __init__(self, place: Place) -> None:
        self.place, self.lost = place, 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode()
        sent = self.place.client.request(request.method, path, headers=dict(request.headers), content=request.read())
        if self.lost:
            self.lost -= 1
            raise httpx.ReadError("the line broke after the service had answered")
        return httpx.Response(
            sent.status_code, headers={"content-type": sent.headers["content-type"]}, content=sent.content
        )


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catallax.exchange.client._answers.pause", lambda trial, response=None: 0.0)


@pytest.fixture
def through(place: Place) -> Iterator[Callable[[str], Client]]:
    opened: list[Client] = []

    def client(name: str) -> Client:
        opened.append(Client("http://exchange", transport=Through(place)))
        opened[-1].sign_up(name)
        place.tokens[name] = opened[-1].token
        return opened[-1]

    yield client
    for each in opened:
        each.close()


def test_a_request_is_answered_by_programs(place: Place, through: Callable[[str], Client]) -> None:
    ann = through("ann")
    tastes = ProgramSupplier(
        lambda sale: 2_000_000 if len(sale.chain) == 1 else 0, lambda job: Draft("her tastes", "she likes surfing")
    )
    tours = ProgramSupplier(
        lambda sale: 5_000_000 if sale.last else 0, lambda job: Draft("a tour", f"Surf. ({job.text})", final=True)
    )
    supplies = [Supply(through("bob"), tastes), Supply(through("cid"), tours)]
    number = ann.ask("Lisbon", "Plan it.", 10_000_000, stages=2)
    for phase in ("working", "bidding", "working", "choosing"):
        for supply in supplies:
            supply.step()
            supply.step()  # twice is once
        if phase in ("working",):
            place.until("ann", number, phase)
    (offer,) = ann.request(number).offers
    ann.pick(number, offer.id)
    closed = ann.request(number)
    assert closed.chain(offer.id)[-1].text == "Surf. (Plan it.\n\nshe likes surfing)"
    assert [supply.client.me().balance - GRANT for supply in supplies] == [3_000_000, 5_000_000]
    assert [event.kind for event in ann.events(limit=2).items] == ["request.posted", "bid.placed"]
    assert place.audit() == []


def test_an_answer_that_is_lost_is_asked_for_again_and_counts_once(
    place: Place, through: Callable[[str], Client]
) -> None:
    ann, bob = through("ann"), through("bob")
    number = ann.ask("t", "t", 1_000_000)
    state = bob.request(number).states[0].id
    bob._http._transport.lost = 3  # type: ignore[attr-defined]
    bid = bob.bid(state, 2_000_000)
    assert (bob.me().balance, [b.id for b in bob.bids().items]) == (GRANT - 2_000_000, [bid.id])
    bob._http._transport.lost = 99  # type: ignore[attr-defined]
    with pytest.raises(Unreachable, match="after 8 tries"):
        bob.me()


def test_refusals_name_rule_and_field(through: Callable[[str], Client]) -> None:
    ann = through("ann")
    with pytest.raises(Refused, match="insolvent") as refused:
        ann.ask("t", "t", GRANT + 1)
    assert (refused.value.status, refused.value.rule, refused.value.field) == (409, "insolvent", "amount")
    with pytest.raises(Refused, match="extra-forbidden"):
        ann.ask("t", "t", 1, stage=2)
    with pytest.raises(Refused, match="not JSON"):
        answers.content(httpx.Response(200, text="<html>"))


def test_a_stream_outlives_any_outage() -> None:
    assert 0.1 <= PAUSE(0) <= 0.125 and PAUSE(5_000) == answers.LONGEST


def test_a_service_that_says_wait_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    said = [httpx.Response(503, json={"type": "x"}, headers={"retry-after": "2"}), httpx.Response(200, json={"id": 7})]
    waits: list[float] = []
    monkeypatch.setattr(answers, "pause", lambda *a: waits.append(PAUSE(*a)) or 0.0)

    async def asked() -> int:
        transport = httpx.MockTransport(lambda request: said.pop(0))
        async with AsyncClient("http://exchange", "cx_", transport=transport) as client:
            return await client.ask("t", "t", 1)

    assert asyncio.run(asked()) == 7
    assert len(waits) == 1 and 2.0 <= waits[0] <= 2.5


def test_a_supplier_whose_code_fails_goes_on(place: Place, through: Callable[[str], Client], caplog: Any) -> None:
    ann = through("ann")
    failing = ProgramSupplier(lambda sale: 1_000_000, lambda job: Draft("t", 1 / 0))  # type: ignore[arg-type]
    supply = Supply(through("bob"), failing)
    numbers = [ann.ask("t", "t", 1_000_000) for _ in range(2)]
    supply.step()
    for number in numbers:
        place.until("ann", number, "working")
    for _ in range(5):
        supply.step()
    assert sum("ZeroDivisionError" in (record.exc_text or "") for record in caplog.records) == 6


def test_a_supplier_can_be_stopped(through: Callable[[str], Client]) -> None:
    supply = Supply(through("bob"), ProgramSupplier(lambda sale: 0, lambda job: Draft("t", "t")))
    running = threading.Thread(target=supply.run, args=(0.2, 0.05))
    running.start()
    running.join(20.0)
    assert not running.is_alive()
