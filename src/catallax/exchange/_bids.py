"""Sealed bids for the right to work on a state; what is bid is held."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, bindparam, select

from catallax.exchange import _tables as tables
from catallax.exchange._found import found
from catallax.exchange._problems import Problem, forbidden, missing, wrong_state
from catallax.exchange._requests import BIDDING, FOR_SALE, subject
from catallax.exchange._store import Unit

_MINE = select(tables.bid.c.id).where(
    tables.bid.c.request == bindparam("request"),
    tables.bid.c.stage == bindparam("stage"),
    tables.bid.c.status == "sealed",
    tables.bid.c.bidder == bindparam("bidder"),
    tables.bid.c.state == bindparam("state"),
)

MOST = 1_000
"""Sealed bids of a stage; its opening is one transaction, for which all others wait."""
_RANKED = (
    select(tables.bid.c.id, tables.bid.c.bidder, tables.bid.c.amount)
    .where(
        tables.bid.c.request == bindparam("request"),
        tables.bid.c.stage == bindparam("stage"),
        tables.bid.c.status == "sealed",
    )
    .order_by(tables.bid.c.amount.desc(), tables.bid.c.id)
    .limit(1)
    .offset(bindparam("place"))
)


def place(unit: Unit, caller: str, state: int, amount: int) -> dict[str, Any]:
    """Bid for a state that is for sale.

    Raises:
        Problem: 404; 403 for one's own state; 409 after its deadline, without the money, with a bid there already, or if there are
            too many that are as high; 422 below the reserve.
    """
    row = found(unit.connection, tables.state, state)
    request = found(unit.connection, tables.request, row.request)
    if request.phase != BIDDING or row.status != FOR_SALE or unit.now >= request.due:
        raise wrong_state(f"State {state} is not for sale now; request {request.id} is in its phase {request.phase}.")
    if caller in (row.author, request.owner):
        raise forbidden("Nobody buys from itself: this state, or its request, is your own.")
    if amount < max(request.reserve, 1):
        raise Problem(
            422, "below-reserve", f"The least bid is {max(request.reserve, 1)} micro-credits, got {amount}.", "amount"
        )
    mine = {"request": request.id, "state": state, "stage": request.stage, "bidder": caller}
    if (number := unit.connection.scalar(_MINE, mine)) is not None:
        raise wrong_state(f"You have bid {number} there; withdraw it before you bid again.")
    _room(unit, request.id, request.stage, amount)
    values = {**mine, "amount": amount}
    number = tables.inserted(unit.connection, tables.bid, **values, status="sealed", at=unit.now)
    unit.ledger.hold(caller, amount, f"bid/{number}", "bid")
    unit.tell("bid.placed", subject(request.id), state=state, stage=request.stage)
    return {"id": number, **values, "status": "sealed"}


def withdraw(unit: Unit, caller: str, number: int) -> dict[str, Any]:
    """Take a sealed bid back, and the money.

    Raises:
        Problem: 404 for one that is not there or somebody else's; 409 once it is opened.
    """
    row = own(unit, caller, number)
    request = found(unit.connection, tables.request, row.request)
    if row.status != "sealed" or unit.now >= request.due:
        raise wrong_state(f"Bid {number} is {row.status}, and the bidding of its stage over; it stands as it is.")
    unit.ledger.post({f"escrow:bid/{number}": -row.amount, caller: row.amount}, f"bid/{number}/withdraw", "withdraw")
    tables.changed(unit.connection, tables.bid, number, status="withdrawn")
    unit.tell("bid.withdrawn", subject(row.request), state=row.state, stage=row.stage)
    return {"id": number, "status": "withdrawn"}


def _room(unit: Unit, request: int, stage: int, amount: int) -> None:
    """The lowest of too many bids makes room for a higher one; so many are above it that it could win nothing."""
    where = {"request": request, "stage": stage, "place": MOST - 1}
    last = unit.connection.execute(_RANKED, where).first()
    if last is None:
        return
    if amount <= last.amount:
        raise Problem(409, "full", f"There are {MOST} bids that are as high or higher; bid more.", "amount")
    unit.ledger.post(
        {f"escrow:bid/{last.id}": -last.amount, last.bidder: last.amount}, f"bid/{last.id}/displace", "displace"
    )
    tables.changed(unit.connection, tables.bid, last.id, status="displaced")
    unit.tell("bid.displaced", subject(request), last.bidder, bid=last.id)


def own(unit: Unit, caller: str, number: int) -> Row:
    """A bid of the caller.

    Raises:
        Problem: 404; a bid of somebody else is as good as none.
    """
    row = tables.numbered(unit.connection, tables.bid, number)
    if row is None or row.bidder != caller:
        raise missing("bid", number)
    return row
