"""Prediction questions: opened by an owner who stands for the loss, closed at their time, resolved or cancelled."""

from __future__ import annotations

import random
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, select, update

from catallax.exchange import _tables as tables
from catallax.exchange._found import found, owned
from catallax.exchange._pricing import MOST_OUTCOMES, cover
from catallax.exchange._problems import Problem, wrong_state
from catallax.exchange._store import Unit

OPEN, WAITING, ENDED = "open", "waiting", "ended"
RESOLVED, CANCELLED, EXPIRED = "resolved", "cancelled", "expired"
YEAR = 31_536_000_000
LOT = 500
"""Payouts in one posting."""

_DUE = (
    select(tables.question.c.id)
    .where(tables.question.c.phase.in_([OPEN, WAITING]), tables.question.c.due <= bindparam("now"))
    .order_by(tables.question.c.due)
    .limit(100)
)


class Terms(NamedTuple):
    """What is asked, and how it is traded.

    Args:
        title: a line.
        text: what exactly is meant, and by what it will be resolved.
        outcomes: of which one will happen.
        liquidity: `b` of the maker, micro-credits.
        closes: when trading ends, milliseconds since 1970.
        resolving: milliseconds after that in which the owner says what happened; then the question is cancelled.
    """

    title: str
    text: str
    outcomes: list[str]
    liquidity: int
    closes: int
    resolving: int = 604_800_000


def post(unit: Unit, caller: str, terms: Terms) -> dict[str, Any]:
    """Open a question; the most that the maker can lose, `b ln n`, is put aside.

    Raises:
        Problem: 422 for outcomes that are too few, too many or alike, or a closing time that is past or further than a year; 409
            if the caller cannot pay.
    """
    count = len(terms.outcomes)
    if not 2 <= count <= MOST_OUTCOMES or len(set(terms.outcomes)) < count:
        raise Problem(
            422, "bad-outcomes", f"Expected 2 to {MOST_OUTCOMES} outcomes, none of them twice; name them.", "outcomes"
        )
    in_time(unit, terms.closes)
    sold = [0] * count
    loss = cover(sold, terms.liquidity)
    values = {**terms._asdict(), "owner": caller, "at": unit.now, "phase": OPEN, "due": terms.closes}
    values |= {"loss": loss, "fund": loss, "sold": sold, "prices": [1 / count] * count, "volume": 0, "turns": 0}
    number = tables.inserted(unit.connection, tables.question, **values)
    unit.ledger.hold(caller, loss, subject(number), "subsidy")
    unit.tell("question.opened", subject(number), title=terms.title, owner=caller, outcomes=terms.outcomes)
    return {"id": number, "loss": loss, "phase": OPEN, "prices": values["prices"], "closes": terms.closes}


def resolve(unit: Unit, caller: str, number: int, outcome: int | None) -> dict[str, Any]:
    """Say what happened, or that nothing counts; everybody is paid. It may be said before trading ends.

    Raises:
        Problem: 404; 403 if the question is somebody else's; 409 if it has ended, or its time is over; 422 for an outcome it does
            not have.
    """
    row = owned(unit.connection, tables.question, caller, number)
    if row.phase == ENDED or unit.now >= row.closes + row.resolving:
        raise wrong_state(f"Question {number} is {row.ending or EXPIRED} already; that stands.")
    if outcome is not None:
        known_outcome(row, outcome)
    return _settle(unit, row, outcome, CANCELLED if outcome is None else RESOLVED)


def due(connection: Connection, now: int) -> list[int]:
    """Questions whose phase is over, the longest overdue first."""
    return list(connection.scalars(_DUE, {"now": now}))


def advance(unit: Unit, number: int, luck: random.Random) -> bool:
    """End the trading of a question, or the wait for its owner, if its time is up.

    Returns:
        Whether it was.
    """
    row = found(unit.connection, tables.question, number)
    if row.due is None or row.due > unit.now:
        return False
    if row.phase == OPEN:
        until = row.closes + row.resolving
        tables.changed(unit.connection, tables.question, number, phase=WAITING, due=until)
        unit.tell("question.closed", subject(number), due=until)
    else:
        _settle(unit, row, None, EXPIRED)
    return True


def known_outcome(row: Row, outcome: int) -> None:
    """Refuse an outcome that a question does not have.

    Raises:
        Problem: 422.
    """
    if not 0 <= outcome < len(row.outcomes):
        raise Problem(
            422,
            "no-outcome",
            f"Question {row.id} has the outcomes 0 to {len(row.outcomes) - 1}, got {outcome}.",
            "outcome",
        )


def subject(number: int) -> str:
    """Key of the money of a question, which waits on `escrow:` and that; what its events are filed under."""
    return f"question/{number}"


def in_time(unit: Unit, closes: int) -> None:
    """Refuse a closing time that nobody can wait for.

    Raises:
        Problem: 422.
    """
    if not unit.now < closes <= unit.now + YEAR:
        raise Problem(
            422, "bad-time", f"Expected a time after {unit.now} and within a year of it, got {closes}.", "closes"
        )


def _settle(unit: Unit, row: Row, outcome: int | None, ending: str) -> dict[str, Any]:
    """A credit for each share of the outcome, and gains that waited; if nothing counts, what was paid. The rest is the owner's."""
    holding, escrow = tables.holding.c, f"escrow:{subject(row.id)}"
    holders = unit.connection.execute(
        select(tables.holding).where(holding.question == row.id).order_by(holding.id)
    ).all()
    owed = {
        holder.party: max(holder.paid, 0) if outcome is None else holder.shares[outcome] + max(-holder.paid, 0)
        for holder in holders
    }
    parties = list(owed)
    for start in range(0, len(parties), LOT):
        lot = {party: owed[party] for party in parties[start : start + LOT]}
        unit.ledger.post({**lot, escrow: -sum(lot.values())}, f"{subject(row.id)}/pay/{start}", "payout")
    rest = unit.ledger[escrow]
    unit.ledger.post({escrow: -rest, row.owner: rest}, f"{subject(row.id)}/rest", "rest")
    if holders:
        unit.connection.execute(
            update(tables.holding).where(holding.id == bindparam("number")).values(received=bindparam("owed")),
            [{"number": holder.id, "owed": owed[holder.party]} for holder in holders],
        )
    tables.changed(unit.connection, tables.question, row.id, phase=ENDED, due=None, outcome=outcome, ending=ending)
    unit.tell(f"question.{ending}", subject(row.id), outcome=outcome)
    return {"id": row.id, "phase": ENDED, "ending": ending, "outcome": outcome, "returned": rest}
