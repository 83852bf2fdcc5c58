"""Many writers at the same time: every transaction counts whole and once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select

from catallax.exchange import Settings, create_app, faults
from catallax.exchange import _store as stores
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


def test_writers_that_meet_are_tried_again_until_each_counted_once(database: str) -> None:
    create_app(Settings(database)).state.house.store.close()
    store, told = Store(database), []
    store.listen(told.extend)
    for name, grant in (("pot", POT), ("ann", 0), ("bob", 0)):
        store.change(tokens.admit, name, grant)

    def attempt(number: int) -> str:
        who = ("ann", "bob")[number % 2]
        try:
            for _ in range(2):  # each call comes twice, as from a client that lost the answer
                store.change(once, who, f"call {number}", "mark", 200, take, who, f"taken/{number}")
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
    store.close()


def test_a_conflict_that_does_not_end_is_told(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if not database.startswith("postgresql"):
        pytest.skip("SQLite has one writer: there is nothing to conflict with")
    create_app(Settings(database)).state.house.store.close()
    monkeypatch.setattr(stores, "TRIES", 3)
    store, tries = Store(database), []
    for name in ("ann", "bob"):
        store.change(tokens.admit, name, 10)

    def overtaken(unit: Unit) -> None:
        tries.append(unit.ledger["ann"])
        key = f"overtakes/{len(tries)}"
        store.change(lambda other: other.ledger.post({"ann": -1, "bob": 1}, key))
        unit.ledger.post({"ann": -1, "bob": 1}, "overtaken")

    with pytest.raises(Problem) as refusal:
        store.change(overtaken)
    assert (refusal.value.status, refusal.value.code, refusal.value.after, tries) == (503, "busy", 0.5, [10, 9, 8])
    assert (store.look(faults), store.change(lambda unit: unit.ledger["ann"])) == ([], 7)
    store.close()
