"""Many writers at the same time: every transaction counts whole and once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select

from catallax.exchange import Settings, create_app, faults
from catallax.exchange import _tables as tables
from catallax.exchange import _tokens as tokens
from catallax.exchange._answered import once
from catallax.exchange._problems import Problem
from catallax.exchange._store import Store, Unit

POT, PAYMENTS, WRITERS = 30, 60, 8


def take(unit: Unit, who: str, key: str) -> dict[str, Any]:
    """A credit from the pot that all draw on."""
    unit.ledger.post({"pot": -1, who: 1}, key)
    unit.tell("taken", key, who)
    return {"left": unit.ledger["pot"]}


@pytest.fixture
def stores(database: str) -> Iterator[tuple[Store, Store]]:
    """Two on one database, as two processes have them."""
    create_app(Settings(database)).state.house.store.close()
    both = Store(database), Store(database)
    yield both
    for store in both:
        store.close()


def test_writers_of_two_processes_take_turns_and_each_change_counts_once(stores: tuple[Store, Store]) -> None:
    store, told = stores[0], []
    for one in stores:
        one.listen(told.extend)
    for name, grant in (("pot", POT), ("ann", 0), ("bob", 0)):
        store.change(tokens.admit, name, grant)

    def attempt(number: int) -> str:
        who = ("ann", "bob")[number % 2]
        try:
            for _ in range(2):  # each call comes twice, as from a client that lost the answer
                stores[number // 2 % 2].change(once, who, f"call {number}", "mark", 200, take, who, f"taken/{number}")
        except Problem as problem:
            return problem.code
        return "paid"

    with ThreadPoolExecutor(WRITERS) as pool:
        outcomes = list(pool.map(attempt, range(PAYMENTS)))
    assert {code: outcomes.count(code) for code in set(outcomes)} == {"paid": POT, "insolvent": PAYMENTS - POT}
    balances = store.look(lambda c: dict(c.execute(select(tables.account.c.name, tables.account.c.balance)).all()))
    assert (balances["pot"], balances["ann"] + balances["bob"]) == (0, POT)
    assert len(told) == POT == store.look(lambda c: c.scalar(select(func.count()).select_from(tables.event)))
    assert store.look(faults) == []


def together(store: Store, *works: Callable[[Unit], Any]) -> list[Any]:
    """What comes of changes that all wait for the same commit."""
    free = threading.Event()
    store._writer.submit(free.wait)
    waiting = [store._queued(work, ()) for work in works]
    free.set()
    return [change.exception(10.0) or change.result() for change in waiting]


def pays(key: str, amount: int = 1) -> Callable[[Unit], int]:
    """A change that takes from the pot."""

    def work(unit: Unit) -> int:
        unit.tell("paid", key)
        unit.ledger.post({"pot": -amount, "ann": amount}, key)
        return unit.ledger["pot"]

    return work


def refuses(unit: Unit) -> None:
    """A change that finds out too late that it may not."""
    pays("too early")(unit)
    raise Problem(409, "wrong-state", "Not now.")


def breaks(unit: Unit) -> None:
    """A change with a fault of its own: the database refuses it."""
    pays("too early as well")(unit)
    unit.connection.execute(tables.account.insert(), {"name": "pot", "balance": 1, "may_owe": False})


@pytest.mark.parametrize("bad", [refuses, breaks])
def test_a_change_that_fails_leaves_nothing_and_spoils_nothing(stores: tuple[Store, Store], bad: Any) -> None:
    store, told = stores[0], []
    store.change(tokens.admit, "pot", POT)
    store.change(tokens.admit, "ann", 0)
    store.listen(lambda events: told.append([event["subject"] for event in events]))
    first, refusal, second, poor = together(store, pays("first"), bad, pays("second"), pays("third", POT))
    assert (first, second, poor.code) == (POT - 1, POT - 2, "insolvent")
    assert isinstance(refusal, Problem if bad is refuses else RuntimeError)
    assert told == [["first", "second"]] if bad is refuses else [["first"], ["second"]]
    assert store.look(lambda c: c.scalars(select(tables.event.c.subject)).all()) == ["first", "second"]
    assert (store.look(faults), store.change(lambda unit: unit.ledger["ann"])) == ([], 2)


def test_a_change_that_nobody_waits_for_any_more_is_not_begun(stores: tuple[Store, Store]) -> None:
    store, free = stores[0], threading.Event()
    store.change(tokens.admit, "pot", POT)
    store._writer.submit(free.wait)
    left, kept = store._queued(pays("left"), ()), store._queued(pays("kept"), ())
    assert left.cancel()
    free.set()
    assert kept.result(10.0) == POT - 1


def test_who_listens_and_fails_keeps_nobody_from_an_answer(
    stores: tuple[Store, Store], caplog: pytest.LogCaptureFixture
) -> None:
    store, told = stores[0], []
    store.change(tokens.admit, "pot", POT)
    store.listen(lambda events: events[0]["nothing there"])
    store.listen(told.extend)
    assert store._queued(pays("first"), ()).result(10.0) == POT - 1
    assert [event["subject"] for event in told] == ["first"]
    assert [record.getMessage() for record in caplog.records] == ["listener failed"]


def test_a_server_that_stops_in_the_middle_of_a_change_loses_its_turn(
    databases: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = databases()
    if url.startswith("sqlite"):
        pytest.skip("the system gives back the locks of a file")
    create_app(Settings(url)).state.house.store.close()
    monkeypatch.setattr("catallax.exchange._databases.PATIENCE", 0.3)
    stopped, other = Store(url), Store(url)
    other.change(tokens.admit, "pot", POT)
    begun, free = threading.Event(), threading.Event()

    def stops(unit: Unit) -> None:
        pays("never")(unit)
        begun.set()
        free.wait(10.0)
        pays("never again")(unit)

    change, outcomes = stopped._queued(stops, ()), []
    assert begun.wait(10.0)
    while not outcomes or (isinstance(outcomes[-1], Problem) and len(outcomes) < 20):
        outcomes.append(other._queued(pays(f"other {len(outcomes)}"), ()).exception(10.0))
    free.set()
    refusal = change.exception(10.0)
    assert {problem.code for problem in outcomes[:-1]} == {"database-locked"} and outcomes[-1] is None
    assert isinstance(refusal, Problem) and (refusal.status, refusal.code) == (503, "database-away")
    assert (other.look(faults), other.change(lambda unit: unit.ledger["pot"])) == ([], POT - 1)
    for store in (stopped, other):
        store.close()
