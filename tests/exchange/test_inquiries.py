"""Sealed information: attention, verdicts, money, crashes, and texts that are gone."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from marketplace import GRANT, Place, running
from sqlalchemy import inspect, select

from catallax.exchange import Settings
from catallax.exchange import _information as information
from catallax.exchange import _inspection as inspection
from catallax.exchange import _tables as tables
from catallax.exchange._aside import Aside
from catallax.exchange._judges import configured
from catallax.language.bazaar import AbstractContractor, Case, Contractor, Inspection, InspectionError, Reason
from catallax.language.bazaar._language_model import PLACEBO
from catallax.language.models import FakeServer, Reply

CLOSES = 1_060_000
CANARY = "zanzibar-canary-71c3"
EVERYBODY = ("ann", "bob", "cid", "dot")


def everything(case: Case) -> frozenset[str]:
    return frozenset(exhibit.id for exhibit in case.exhibits)


def whispers(case: Case) -> frozenset[str]:
    """Buys what has the word 'good' in it."""
    return frozenset(exhibit.id for exhibit in case.exhibits if "good" in exhibit.text)


@pytest.fixture
def market(place: Place) -> Place:
    place.sign_up(*EVERYBODY)
    return place


@pytest.fixture
def bazaar(database: str) -> Iterator[Place]:
    with running(database, contractor=Contractor(whispers)) as place:
        place.sign_up(*EVERYBODY)
        yield place


def ask(place: Place, **terms: Any) -> int:
    goal = {"kind": "answer", "text": "Which tram goes to Belem?"}
    body = {"title": "Trams", "goal": goal, "budget": 5_000_000, "closes": CLOSES, **terms}
    return place.ok("ann", "POST", "/inquiries", body)["id"]


def inform(
    place: Place, who: str, number: int, text: str, bid: int = 10_000, price: int = 1_000_000, **more: Any
) -> int:
    body = {"teaser": "I know", "price": price, "bid": bid, "text": text, **more}
    return place.ok(who, "POST", f"/inquiries/{number}/information", body)["id"]


def closed(place: Place, number: int) -> dict[str, Any]:
    place.moment[0] = max(place.moment[0], CLOSES / 1000)
    return place.inquiry_until("ann", number, "closed")


def test_attention_is_sold_and_what_is_good_is_bought(bazaar: Place) -> None:
    number = ask(bazaar, slots=2)
    first = inform(bazaar, "bob", number, f"good {CANARY} one", bid=30_000)
    second = inform(bazaar, "cid", number, f"poor {CANARY} two", bid=20_000, price=2_000_000)
    third = inform(bazaar, "dot", number, f"good {CANARY} three", bid=10_000)
    assert bazaar.ok("cid", "GET", "/me")["in_attention"] == GRANT - bazaar.balance("cid") == 20_000
    open_view = bazaar.ok("bob", "GET", f"/inquiries/{number}")
    assert [offer["bid"] for offer in open_view["offers"]] == [30_000, None, None]
    seen = closed(bazaar, number)
    told = {o["id"]: (o["status"], o["inspected"], o["paid"], o["text"]) for o in seen["offers"]}
    assert told == {
        first: ("bought", True, 10_000, f"good {CANARY} one"),
        second: ("forgotten", True, 10_000, None),
        third: ("forgotten", False, 0, None),
    }
    assert (seen["outcome"], seen["spent"], seen["reason"]) == ("bought", 1_000_000, None)
    gains = {who: bazaar.balance(who) - GRANT for who in EVERYBODY}
    assert gains == {"ann": -1_000_000, "bob": 990_000, "cid": -10_000, "dot": 0}
    (mine,) = bazaar.ok("cid", "GET", "/me/information")["items"]
    assert (mine["status"], mine["title"]) == ("forgotten", seen["title"])
    assert bazaar.audit() == []


def test_texts_are_seen_by_their_buyer_alone_and_forgotten_to_the_last_byte(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A canary in every text: it is in no answer, event, error, log or stored answer, and in the end in no byte on the disk."""
    caplog.set_level(logging.DEBUG)
    luck, answers = random.Random(0), []
    with running(database, contractor=Contractor(whispers)) as place:
        place.sign_up(*EVERYBODY)
        number, left = ask(place, slots=5), ask(place)
        bought = inform(place, "bob", number, f"good tram 15 {CANARY}-sold", bid=50_000)
        sizes = [luck.choice([10, 500, 3_900, 4_100, 19_000]) for _ in range(20)]
        for n, size in enumerate(sizes):
            who = ("bob", "cid", "dot")[n % 3]
            inform(place, who, number, f"{n} {CANARY} " + "x" * size, bid=10_000 + n)
        gone = inform(place, "cid", left, f"withdrawn {CANARY}")
        inform(place, "dot", left, f"left {CANARY}")
        place.ok("cid", "DELETE", f"/information/{gone}")
        place.ok("ann", "DELETE", f"/inquiries/{left}")
        again = {"teaser": "t", "price": 1, "bid": 1, "text": CANARY}
        for body in (again, again | {"text": CANARY + "\0"}, again | {"bid": CANARY}, again | {"bid": 10**12}):
            answers.append(place.call("bob", "POST", f"/inquiries/{number}/information", body).text)
        answers += everywhere(place)
        assert closed(place, number)["outcome"] == "bought"
        answers += everywhere(place)
        mine = [answer for answer in answers if CANARY in answer]
        assert mine and all(answer.startswith("ann ") and f"{CANARY}-sold" in answer for answer in mine)
        assert all(answer.count(CANARY) == 1 for answer in mine)
        stored = place.store.look(everything_stored)
        assert [line for line in stored if CANARY in line] == [line for line in stored if f"{CANARY}-sold" in line]
        if place.store.engine.dialect.name == "sqlite":
            raw = on_disk(place)
            assert (raw.count(CANARY.encode()), raw.count(f"{CANARY}-sold".encode())) == (1, 1)
        prints = place.store.look(lambda c: c.scalars(select(tables.answered.c.fingerprint)).all())
        assert prints.count("") == len(sizes) + 2 and bought
    assert CANARY not in caplog.text


def on_disk(place: Place) -> bytes:
    """All bytes of the database, once its log is empty."""
    files = [Path(place.store.engine.url.database + end) for end in ("", "-wal")]
    place.waited(lambda: {"phase": "not yet" if files[1].stat().st_size else "clean"}, "clean")
    return b"".join(file.read_bytes() for file in files)


def everywhere(place: Place) -> list[str]:
    """What everybody is answered on every route that shows something."""
    paths = [
        path.removeprefix("/api").replace("{number}", str(number))
        for path, methods in place.client.get("/api/openapi.json").json()["paths"].items()
        if "get" in methods and not path.endswith("/stream")
        for number in (1, 2)
    ]
    assert len(set(paths)) > 20
    return [f"{who} {path} {place.call(who, 'GET', path).text}" for who in EVERYBODY for path in sorted(set(paths))]


def everything_stored(connection: Any) -> list[str]:
    names = inspect(connection).get_table_names()
    return [str(row) for name in names for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"')]


def test_an_error_of_the_database_tells_nothing_of_a_row(market: Place) -> None:
    with pytest.raises(RuntimeError, match="INSERT INTO information") as caught:
        market.store.change(lambda unit: tables.inserted(unit.connection, tables.information, text=CANARY))
    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_nothing_is_bought_where_nothing_is_good_or_nobody_offers(bazaar: Place) -> None:
    number, empty = ask(bazaar), ask(bazaar)
    inform(bazaar, "bob", number, "poor", bid=5_000)
    assert closed(bazaar, number)["outcome"] == "declined"
    assert closed(bazaar, empty)["outcome"] == "unanswered"
    assert (bazaar.balance("ann"), bazaar.balance("bob")) == (GRANT, GRANT - 1_000)
    assert bazaar.audit() == []


def test_words_are_counted_where_no_model_is_configured(market: Place) -> None:
    number = ask(market, budget=1_950_000, slots=4)
    inform(market, "bob", number, "The tram to Belem is yellow.", price=1_000_000, teaser="a colour")
    inform(market, "cid", number, "Tram 15 goes to Belem.", price=900_000, teaser="a number")
    inform(market, "dot", number, "Which tram goes to Belem?", price=1)
    inform(market, "dot", number, "Buy my soap.", price=1)
    assert [o["status"] for o in closed(market, number)["offers"]] == ["bought", "bought", "forgotten", "forgotten"]
    dear = ask(market, budget=1_000_000, closes=2 * CLOSES)
    inform(market, "bob", dear, "The tram to Belem is yellow.", price=1_000_000)
    inform(market, "cid", dear, "Tram 15 goes to Belem.", price=1_000_000)
    market.moment[0] = 2 * CLOSES / 1000
    assert [o["status"] for o in closed(market, dear)["offers"]] == ["forgotten", "bought"]  # it has more of the words


@dataclass(frozen=True)
class Failing(AbstractContractor):
    """Has no verdict, and says a sealed text where it should not."""

    error: type[Exception]
    reason: Reason = Reason.BROKEN

    async def judge(self, case: Case) -> Inspection:
        if self.error is InspectionError:
            raise InspectionError(self.reason)
        raise self.error(case.exhibits[0].text)


@pytest.mark.parametrize(
    ("error", "reason", "cost"),
    [
        (InspectionError, Reason.PROVIDER, 0),
        (InspectionError, Reason.REFUSED, 1_000),
        (RuntimeError, Reason.BROKEN, 1_000),
    ],
)
def test_failures_have_reasons_and_money_goes_back(
    database: str, error: type[Exception], reason: Reason, cost: int, caplog: pytest.LogCaptureFixture
) -> None:
    """What a text can bring about costs its author the look, and no more."""
    with running(database, contractor=Failing(error, reason)) as place:
        place.sign_up(*EVERYBODY)
        number = ask(place)
        inform(place, "bob", number, CANARY)
        seen = closed(place, number)
        assert (seen["outcome"], seen["reason"], seen["offers"][0]["reason"]) == ("failed", reason.value, reason.value)
        assert (place.balance("ann"), place.balance("bob")) == (GRANT, GRANT - cost)
        assert CANARY not in str(place.store.look(everything_stored)) + caplog.text
        assert place.audit() == []


def test_a_slow_model_holds_up_nothing_and_ends_in_time(database: str) -> None:
    async def never(case: Case) -> frozenset[str]:
        await asyncio.sleep(3600)
        return frozenset()

    with running(database, contractor=Contractor(never), inspecting=0.3) as place:
        place.sign_up(*EVERYBODY)
        number = ask(place)
        inform(place, "bob", number, CANARY)
        request, _ = place.post("ann")
        place.moment[0] = CLOSES / 1000
        assert place.until("ann", request, "closed")["outcome"] == "unanswered"
        seen = closed(place, number)
        assert (seen["outcome"], seen["reason"]) == ("failed", "timeout")
        assert (place.balance("ann"), place.balance("bob")) == (GRANT, GRANT)
        assert place.audit() == []


def test_an_inspection_that_died_is_begun_again_and_paid_once(database: str) -> None:
    begun, moment = threading.Event(), [1_000.0]

    async def dying(case: Case) -> frozenset[str]:
        begun.set()
        await asyncio.sleep(3600)
        return frozenset()

    with running(database, moment, Contractor(dying)) as place:
        place.sign_up(*EVERYBODY)
        number = ask(place)
        inform(place, "bob", number, "a good text")
        place.moment[0] = CLOSES / 1000
        assert begun.wait(10)
        assert not place.store.change(inspection.settle, number, 0, None, "timeout")  # of an earlier attempt
        tokens = place.tokens
    with running(database, moment, Contractor(whispers)) as place:
        place.tokens = tokens
        assert place.ok("ann", "GET", f"/inquiries/{number}")["phase"] == "inspecting"  # somebody may be at it still
        place.moment[0] += 3_600
        assert place.inquiry_until("ann", number, "closed")["outcome"] == "bought"
        assert (place.balance("ann"), place.balance("bob")) == (GRANT - 1_000_000, GRANT + 999_000)
        late = [inspection.Finding(1, True, True, 1_000, None)]
        for attempt in (1, 2):
            assert not place.store.change(inspection.settle, number, attempt, late, None)
        assert place.audit() == []


def test_an_inspection_that_kills_its_process_every_time_is_given_up(database: str) -> None:
    with running(database, contractor=Contractor(everything)) as place:
        place.sign_up(*EVERYBODY)
        number = ask(place)
        inform(place, "bob", number, "good")
        worn = tables.inquiry.update().values(tries=inspection.MOST_TRIES)
        place.store.change(lambda unit: unit.connection.execute(worn) and None)
        seen = closed(place, number)
        assert (seen["outcome"], seen["reason"], place.balance("bob")) == ("failed", "broken", GRANT)


def test_the_highest_bids_have_room(bazaar: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(information, "MOST", 2)
    monkeypatch.setattr(information, "MOST_OF_ONE", 1)
    number = ask(bazaar)
    low = inform(bazaar, "bob", number, "low", bid=2_000)
    inform(bazaar, "cid", number, "good", bid=3_000)
    path, body = f"/inquiries/{number}/information", {"teaser": "t", "price": 1, "text": "t"}
    bazaar.refused(409, "too-many", "bob", "POST", path, body | {"bid": 9_000})
    bazaar.refused(409, "full", "dot", "POST", path, body | {"bid": 2_000})
    inform(bazaar, "dot", number, "good", bid=4_000)
    offers = bazaar.ok("bob", "GET", f"/inquiries/{number}")["offers"]
    assert (offers[0]["id"], offers[0]["status"], bazaar.balance("bob")) == (low, "displaced", GRANT)


def test_what_cannot_be_is_refused_by_name_of_its_rule(bazaar: Place) -> None:
    number = ask(bazaar)
    path = f"/inquiries/{number}/information"
    body = {"teaser": "t", "price": 1, "bid": 5_000, "text": "t"}
    for field, wrong, code in (
        ("bid", 999, "below-reserve"),
        ("price", 5_000_001, "above-budget"),
        ("text", "", "string-too-short"),
        ("text", "x" * 20_001, "string-too-long"),
        ("teaser", "two\nlines", "string-pattern-mismatch"),
    ):
        assert bazaar.refused(422, code, "bob", "POST", path, body | {field: wrong})["field"] == field
    bazaar.refused(403, "forbidden", "ann", "POST", path, body)
    bazaar.refused(409, "insolvent", "bob", "POST", path, body | {"bid": GRANT + 1})
    bazaar.refused(404, "not-found", "bob", "POST", "/inquiries/99/information", body)
    mine = inform(bazaar, "bob", number, "good")
    bazaar.refused(404, "not-found", "cid", "DELETE", f"/information/{mine}")
    bazaar.refused(403, "forbidden", "bob", "DELETE", f"/inquiries/{number}")
    fine = {"title": "t", "goal": {"kind": "answer", "text": "t"}, "budget": 1_000, "closes": CLOSES}
    bazaar.refused(422, "bad-time", "ann", "POST", "/inquiries", fine | {"closes": 1})
    same = {"kind": "choose", "text": "t", "options": ["a", "a"]}
    bazaar.refused(422, "bad-options", "ann", "POST", "/inquiries", fine | {"goal": same})
    bazaar.refused(422, "bad-kind", "ann", "POST", "/inquiries", fine | {"goal": {"kind": "x", "text": "t"}})
    bazaar.refused(409, "insolvent", "ann", "POST", "/inquiries", fine | {"budget": 2 * GRANT})
    assert closed(bazaar, number)["outcome"] == "bought"
    bazaar.refused(409, "wrong-state", "bob", "DELETE", f"/information/{mine}")
    bazaar.refused(409, "wrong-state", "ann", "DELETE", f"/inquiries/{number}")
    bazaar.refused(409, "wrong-state", "bob", "POST", path, body)
    assert bazaar.audit() == []


def test_a_goal_that_the_contractor_cannot_judge_is_refused(database: str) -> None:
    from catallax.language.bazaar import Bayesian
    from catallax.language.worlds import fact_check

    with running(database, contractor=Bayesian(fact_check())) as place:
        place.sign_up("ann")
        goal = {"kind": "forecast", "text": "an event of another world", "prior": 0.5}
        body = {"title": "t", "goal": goal, "budget": 1_000, "closes": CLOSES}
        assert place.refused(422, "bad-goal", "ann", "POST", "/inquiries", body)["field"] == "goal"


def test_a_contractor_that_could_keep_what_it_reads_is_refused(database: str) -> None:
    class Keeper(AbstractContractor):
        async def judge(self, case: Case) -> Inspection:
            return Inspection(frozenset())

    with pytest.raises(TypeError, match="could keep"), running(database, contractor=Keeper()):
        pass


@pytest.mark.parametrize("seed", range(3))
def test_books_close_after_any_offers_rounds_and_verdicts(database: str, seed: int) -> None:
    luck = random.Random(seed)

    def moody(case: Case) -> frozenset[str]:
        if luck.random() < 0.2:
            raise InspectionError(luck.choice([Reason.PROVIDER, Reason.MALFORMED]))
        left, bought = case.purse, set()
        for exhibit in case.exhibits:
            if exhibit.price <= left and luck.random() < 0.5:
                left -= exhibit.price
                bought.add(exhibit.id)
        return frozenset(bought)

    with running(database, contractor=Contractor(moody)) as place:
        place.sign_up(*EVERYBODY)
        numbers = [ask(place, slots=luck.randint(1, 4), rounds=luck.randint(1, 3), budget=3_000_000) for _ in range(4)]
        for number in numbers:
            for n in range(luck.randint(0, 10)):
                text = luck.choice(["the same old text", f"text {n} of {number}"])
                who, price = luck.choice(["bob", "cid", "dot"]), luck.randint(0, 2_000_000)
                inform(place, who, number, text, bid=luck.randint(1_000, 9_000), price=price)
        for number in numbers:
            seen = closed(place, number)
            bought = [offer for offer in seen["offers"] if offer["status"] == "bought"]
            assert seen["spent"] == sum(offer["price"] for offer in bought) <= seen["budget"]
            assert all(offer["paid"] <= offer["bid"] for offer in seen["offers"])
            assert all((offer["text"] is not None) == (offer in bought) for offer in seen["offers"])
        money = place.store.look(
            lambda c: dict(c.execute(select(tables.account.c.name, tables.account.c.balance)).all())
        )
        assert {name: has for name, has in money.items() if name.startswith("escrow") and has} == {}
        assert sum(money.get(name, 0) for name in (*EVERYBODY, "house")) == 4 * GRANT
        assert place.audit() == []


def obliging(asked: Mapping[str, Any]) -> Reply:
    """A model that buys what says 'good', where there is a goal to buy it for."""
    case = json.loads(asked["messages"][-1]["content"])
    if case["task"] == "Buy it?":
        return Reply(json.dumps({"buy": "good" in case["exhibits"][0]["text"] and PLACEBO not in case["briefs"]}))
    return Reply(json.dumps({"keep": [exhibit["label"] for exhibit in case["exhibits"]]}))


@pytest.mark.parametrize("status", [200, 401])
def test_a_language_model_inspects_where_one_is_configured(
    database: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its failures have a reason and cost nobody anything."""
    monkeypatch.setenv("MODEL_KEY", "k-71c3")
    with serving(obliging if status == 200 else lambda asked: Reply(status=status)) as server:
        named: dict[str, Any] = {"model_url": server.url, "model": "tiny", "model_key": "MODEL_KEY"}
        with running(database, **named) as place:
            place.sign_up(*EVERYBODY)
            number = ask(place)
            inform(place, "bob", number, "a good text")
            inform(place, "cid", number, "another text")
            seen = closed(place, number)
        assert {headers["authorization"] for headers in server.headers} == {"Bearer k-71c3"}
    told = (seen["outcome"], seen["reason"], [offer["status"] for offer in seen["offers"]])
    if status == 200:
        assert told == ("bought", None, ["bought", "forgotten"])
    else:
        assert told == ("failed", "provider", ["forgotten", "forgotten"])
        assert [offer["paid"] for offer in seen["offers"]] == [0, 0]


@contextmanager
def serving(replies: Callable[[Mapping[str, Any]], Reply]) -> Iterator[FakeServer]:
    """A model's server in a thread of its own."""
    aside, server = Aside(), FakeServer(replies)
    asyncio.run(aside.run(server.__aenter__()))
    try:
        yield server
    finally:
        asyncio.run(aside.run(server.__aexit__(None, None, None)))
        aside.close()


def test_a_model_has_a_name_an_address_and_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MODEL_KEY", raising=False)
    with pytest.raises(ValueError, match="model and model_url"):
        Settings(model="tiny")
    with pytest.raises(ValueError, match="MODEL_KEY is empty"):
        configured(Settings(model="tiny", model_url="http://localhost:1/v1", model_key="MODEL_KEY"))
