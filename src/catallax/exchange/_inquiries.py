"""Inquiries: what a buyer wants to know, what it can spend on that, and until when sealed information is offered."""

from __future__ import annotations

import random
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, func, select

from catallax.exchange import _information as information
from catallax.exchange import _tables as tables
from catallax.exchange._found import found, owned
from catallax.exchange._problems import Problem, wrong_state
from catallax.exchange._questions import in_time
from catallax.exchange._store import Unit

OPEN, INSPECTING, CLOSED = "open", "inspecting", "closed"

DUE = (
    select(tables.inquiry.c.id)
    .where(tables.inquiry.c.phase == bindparam("phase"), tables.inquiry.c.due <= bindparam("now"))
    .order_by(tables.inquiry.c.due)
    .limit(100)
)
"""Inquiries in a phase whose time has come, the longest overdue first."""


class Terms(NamedTuple):
    """What is asked, and how information on it is looked at.

    Args:
        title: a line.
        goal: fields of `goal_of`; all of it is public.
        budget: micro-credits that the information may cost in all.
        slots: offers that are looked at in a round.
        rounds: of looking, at most.
        reserve: least bid for attention, micro-credits; what looking costs.
        closes: when no more is offered, milliseconds since 1970.
    """

    title: str
    goal: dict[str, Any]
    budget: int
    slots: int
    rounds: int
    reserve: int
    closes: int


def post(unit: Unit, caller: str, terms: Terms) -> dict[str, Any]:
    """Open an inquiry; its budget is put aside.

    Raises:
        Problem: 422 for options that are alike, or a closing time that is past or further than a year; 409 if the caller cannot pay.
    """
    in_time(unit, terms.closes)
    options = terms.goal.get("options", [])
    if len(set(options)) < len(options):
        raise Problem(422, "bad-options", "Expected options that differ, got one twice.", "goal.options")
    values = {**terms._asdict(), "owner": caller, "at": unit.now, "phase": OPEN, "due": terms.closes}
    number = tables.inserted(unit.connection, tables.inquiry, **values, tries=0, spent=0)
    unit.ledger.hold(caller, terms.budget, subject(number), "budget")
    told = {"title": terms.title, "owner": caller, "budget": terms.budget, "closes": terms.closes}
    unit.tell("inquiry.posted", subject(number), **told)
    return {"id": number, "phase": OPEN, "closes": terms.closes, "reserve": terms.reserve}


def withdraw(unit: Unit, caller: str, number: int) -> dict[str, Any]:
    """Take an inquiry back before it closes; what was offered is forgotten.

    Raises:
        Problem: 404, 403 if it is somebody else's, 409 once it closes.
    """
    row = owned(unit.connection, tables.inquiry, caller, number)
    if row.phase != OPEN or unit.now >= row.closes:
        raise wrong_state(f"Inquiry {number} is in its phase {row.phase}; it can be withdrawn until it closes.")
    for offer in information.sealed(unit.connection, number):
        information.returned(unit, offer, information.FORGOTTEN)
    close(unit, row, "withdrawn")
    return {"id": number, "phase": CLOSED, "outcome": "withdrawn"}


def due(connection: Connection, now: int) -> list[int]:
    """Inquiries that close, the longest overdue first."""
    return list(connection.scalars(DUE, {"phase": OPEN, "now": now}))


def advance(unit: Unit, number: int, luck: random.Random) -> bool:
    """End the time in which information is offered, if it is over; it is looked at by an `Inspector`.

    Returns:
        Whether it was.
    """
    row = found(unit.connection, tables.inquiry, number)
    if row.phase != OPEN or row.due > unit.now:
        return False
    offer = tables.information.c
    sealed = select(func.count()).where(offer.inquiry == number, offer.status == information.SEALED)
    if unit.connection.scalar(sealed):
        put(unit, number, phase=INSPECTING, due=unit.now)
        unit.tell("inquiry.inspecting", subject(number))
    else:
        close(unit, row, "unanswered")
    return True


def close(unit: Unit, row: Row, outcome: str, spent: int = 0, reason: str | None = None) -> None:
    """Nothing more happens to an inquiry; what is left of its budget is its owner's."""
    held, rest = f"escrow:{subject(row.id)}", row.budget - spent
    unit.ledger.post({held: -rest, row.owner: rest}, f"{subject(row.id)}/rest", "rest")
    put(unit, row.id, phase=CLOSED, due=None, outcome=outcome, spent=spent, reason=reason)
    unit.tell("inquiry.closed", subject(row.id), outcome=outcome, spent=spent, reason=reason)


def put(unit: Unit, number: int, **values: Any) -> None:
    """Change a row."""
    tables.changed(unit.connection, tables.inquiry, number, **values)


def subject(number: int) -> str:
    """Key of the budget, which waits on `escrow:` and that; what events are filed under."""
    return information.subject(number)
