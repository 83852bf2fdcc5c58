"""Offers to the requester: ranked once, shown, withdrawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from catallax.exchange import _tables as tables
from catallax.exchange._found import found
from catallax.exchange._problems import missing, wrong_state
from catallax.exchange._requests import CHOOSING, CLOSED, OFFERED, PICKED, WITHDRAWN, subject
from catallax.exchange._rules import RANKS
from catallax.exchange._store import Unit

_SALES = select(tables.purchase.c.id, tables.purchase.c.bid, tables.purchase.c.after).where(
    tables.purchase.c.request == bindparam("request")
)
_NEW = (
    select(
        tables.state.c.id, tables.state.c.author, tables.state.c.purchase, tables.record.c.shown, tables.record.c.picked
    )
    .outerjoin(tables.record, tables.record.c.party == tables.state.c.author)
    .where(
        tables.state.c.request == bindparam("request"),
        tables.state.c.status == OFFERED,
        tables.state.c.score.is_(None),
    )
    .order_by(tables.state.c.id)
)
_SHOWN = (
    select(tables.state.c.id, tables.state.c.author, tables.state.c.teaser, tables.state.c.score, tables.purchase.c.bid)
    .join(tables.purchase, tables.purchase.c.id == tables.state.c.purchase)
    .where(
        tables.state.c.request == bindparam("request"),
        tables.state.c.status.in_([OFFERED, PICKED]),
        tables.state.c.score.is_not(None),
    )
    .order_by(tables.state.c.score.desc(), tables.state.c.id)
)
_BEGIN = insert(tables.record)
_COUNT = (
    update(tables.record)
    .where(tables.record.c.party == bindparam("name"))
    .values(shown=tables.record.c.shown + bindparam("more"), picked=tables.record.c.picked + bindparam("others"))
)


def shown(connection: Connection, request: int) -> Sequence[Row]:
    """What the requester may pick from, the best first; equal ones in the order they came."""
    return connection.execute(_SHOWN, {"request": request}).all()


def show(unit: Unit, request: Row) -> bool:
    """Show the best of the offers there are, as many as the requester looks at.

    An offer is ranked once, when it is shown, and stays where it is: later requests change the records of sellers, and must not change
    what is picked from.

    Returns:
        Whether any are shown.
    """
    before = shown(unit.connection, request.id)
    new = _ranked(unit.connection, request)[: request.shown - len(before)]
    for score, row in new:
        tables.changed(unit.connection, tables.state, row.id, score=score)
        count(unit, row.author, shown=1)
    return bool(before or new)


def withdraw(unit: Unit, caller: str, number: int) -> dict[str, Any]:
    """Take an offer back; its requester sees the next best in its place, and what was paid for it is settled as if it had been refused.

    Raises:
        Problem: 404 for an offer that is not there or somebody else's; 409 once its request is closed.
    """
    row = tables.numbered(unit.connection, tables.state, number)
    if row is None or row.author != caller or row.status != OFFERED:
        raise missing("offer", number)
    request = found(unit.connection, tables.request, row.request)
    if request.phase == CLOSED:
        raise wrong_state(f"Offer {number} stands: its request is closed.")
    tables.changed(unit.connection, tables.state, number, status=WITHDRAWN)
    if request.phase == CHOOSING:
        show(unit, request)
    unit.tell("offer.withdrawn", subject(row.request), state=number)
    return {"id": number, "status": WITHDRAWN, "phase": request.phase}


def count(unit: Unit, party: str, shown: int = 0, picked: int = 0) -> None:
    """Keep the record of a seller."""
    values = {"name": party, "more": shown, "others": picked}
    if not unit.connection.execute(_COUNT, values).rowcount:
        unit.connection.execute(_BEGIN, {"party": party, "shown": shown, "picked": picked})


def chain(rows: Sequence[Row], number: int | None) -> list[Row]:
    """The purchases that led to one of them, which is the first."""
    by_number = {row.id: row for row in rows}
    found: list[Row] = []
    while number is not None:
        found.append(by_number[number])
        number = by_number[number].after
    return found


def _ranked(connection: Connection, request: Row) -> list[tuple[float, Row]]:
    """Offers that are not shown with their scores, the best first."""
    sales = connection.execute(_SALES, {"request": request.id}).all()
    scored = []
    for row in connection.execute(_NEW, {"request": request.id}):
        bids = [sale.bid for sale in reversed(chain(sales, row.purchase))]
        scored.append((RANKS[request.rank].score(bids, row.shown or 0, row.picked or 0), row))
    return sorted(scored, key=lambda pair: -pair[0])
