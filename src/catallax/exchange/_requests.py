"""Requests with a bounty: posted, withdrawn, and looked at by those who may."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, select

from catallax.exchange import _tables as tables
from catallax.exchange._found import owned
from catallax.exchange._problems import Problem, wrong_state
from catallax.exchange._rules import AUCTIONS, RANKS, SETTLEMENTS
from catallax.exchange._store import Unit

BIDDING, WORKING, CHOOSING, CLOSED = "bidding", "working", "choosing", "closed"
FOR_SALE, SOLD_OUT, OFFERED, WITHDRAWN, PICKED = "for-sale", "ended", "offered", "withdrawn", "picked"
_SEALED = (
    select(tables.bid.c.id, tables.bid.c.state, tables.bid.c.bidder, tables.bid.c.amount)
    .where(
        tables.bid.c.request == bindparam("request"),
        tables.bid.c.stage == bindparam("stage"),
        tables.bid.c.status == "sealed",
    )
    .order_by(tables.bid.c.id)
)


class Terms(NamedTuple):
    """What a requester asks for, and how it is to be answered.

    Args:
        title: a line.
        text: the request itself, the first state.
        bounty: micro-credits for the offer that is picked.
        stages: texts in a chain at most.
        seats: states that are sold in a stage at most.
        shown: offers the requester sees at most.
        bidding: milliseconds of a stage in which bids are taken.
        working: milliseconds in which the winners append.
        choosing: milliseconds in which the requester picks.
        reserve: least bid, micro-credits.
        auction: of the seats; a name in `AUCTIONS`.
        settlement: when suppliers are paid; a name in `SETTLEMENTS`.
        rank: by which offers are ordered; a name in `RANKS`.
    """

    title: str
    text: str
    bounty: int
    stages: int = 3
    seats: int = 3
    shown: int = 10
    bidding: int = 10_000
    working: int = 60_000
    choosing: int = 86_400_000
    reserve: int = 0
    auction: str = "first-price"
    settlement: str = "escrow"
    rank: str = "last-bid"


def post(unit: Unit, caller: str, terms: Terms) -> dict[str, Any]:
    """Open a request; its bounty is put aside.

    Raises:
        Problem: 422 for a mechanism there is none of; 409 if the caller cannot pay the bounty.
    """
    for field, known in (("auction", AUCTIONS), ("settlement", SETTLEMENTS), ("rank", RANKS)):
        if getattr(terms, field) not in known:
            raise Problem(
                422, f"bad-{field}", f"Expected one of {', '.join(known)}, got {getattr(terms, field)!r}.", field
            )
    values = {**terms._asdict(), "owner": caller, "at": unit.now, "stage": 1, "phase": BIDDING}
    values["due"] = unit.now + terms.bidding
    number = tables.inserted(unit.connection, tables.request, **values)
    unit.ledger.hold(caller, terms.bounty, held(number), "bounty")
    first = {"request": number, "author": caller, "stage": 0, "teaser": terms.title, "text": terms.text}
    state = tables.inserted(unit.connection, tables.state, **first, status=FOR_SALE, at=unit.now)
    unit.tell(
        "request.posted", subject(number), title=terms.title, bounty=terms.bounty, owner=caller, due=values["due"]
    )
    return {"id": number, "state": state, "bounty": terms.bounty, "phase": BIDDING, "stage": 1, "due": values["due"]}


def withdraw(unit: Unit, caller: str, number: int) -> dict[str, Any]:
    """Take a request back, as long as its first bids can be taken back as well.

    Raises:
        Problem: 404, 403 if it is somebody else's, 409 once those bids stand.
    """
    row = owned(unit.connection, tables.request, caller, number)
    if row.phase != BIDDING or row.stage != 1 or unit.now >= row.due:
        raise wrong_state(
            f"Request {number} is in its phase {row.phase}, stage {row.stage}; it can be withdrawn until its first bids are opened."
        )
    release_bids(unit, number, row.stage)
    close(unit, number, "withdrawn")
    unit.ledger.post({f"escrow:{held(number)}": -row.bounty, caller: row.bounty}, f"{held(number)}/return", "return")
    return {"id": number, "phase": CLOSED, "outcome": "withdrawn"}


def close(unit: Unit, number: int, outcome: str) -> None:
    """Nothing more happens to a request."""
    tables.changed(unit.connection, tables.request, number, phase=CLOSED, due=None, outcome=outcome)
    unit.tell("request.closed", subject(number), outcome=outcome)


def release_bids(unit: Unit, number: int, stage: int, won: frozenset[int] = frozenset()) -> None:
    """Give back what was held for the sealed bids of a stage, and say which of them won."""
    for row in sealed(unit.connection, number, stage):
        unit.ledger.post(
            {f"escrow:bid/{row.id}": -row.amount, row.bidder: row.amount}, f"bid/{row.id}/release", "release"
        )
        status = "won" if row.id in won else "lost"
        tables.changed(unit.connection, tables.bid, row.id, status=status)


def sealed(connection: Connection, number: int, stage: int) -> Sequence[Row]:
    """Bids of a stage that are not yet opened, in the order they came."""
    return connection.execute(_SEALED, {"request": number, "stage": stage}).all()


def held(number: int) -> str:
    """Key of the bounty that is put aside; it waits on `escrow:` and that."""
    return f"request/{number}"


def subject(number: int) -> str:
    """What events of a request are filed under."""
    return f"request/{number}"
