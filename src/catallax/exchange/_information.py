"""Sealed information: offered with a bid for attention, returned, forgotten."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, select

from catallax.exchange import _answered as answered
from catallax.exchange import _tables as tables
from catallax.exchange._found import found
from catallax.exchange._problems import Problem, forbidden, missing, wrong_state
from catallax.exchange._store import Unit

SEALED, WITHDRAWN, DISPLACED, BOUGHT, FORGOTTEN = "sealed", "withdrawn", "displaced", "bought", "forgotten"
MOST, MOST_OF_ONE = 50, 10
"""Offers of an inquiry; of one informer."""
PLAIN = ("id", "inquiry", "informer", "teaser", "price", "bid", "key", "status")
"""All but the text."""


class Sheet(NamedTuple):
    """An offer as its informer writes it.

    Args:
        teaser: what everybody sees.
        price: micro-credits for the text.
        bid: micro-credits for attention, at most.
        text: the information.
    """

    teaser: str
    price: int
    bid: int
    text: str

    def __repr__(self) -> str:
        return f"Sheet({self.teaser!r}, {self.price}, {self.bid}, <sealed>)"


def offer(unit: Unit, caller: str, inquiry: int, sheet: Sheet, key: str) -> dict[str, Any]:
    """Offer information; the bid is held. Where there are many offers, it takes the place of the one that bids least.

    Args:
        unit: of the transaction.
        caller: who informs.
        inquiry: number of it.
        sheet: the offer.
        key: under which the answer to this call is kept; what tells of the text there is forgotten with it.

    Raises:
        Problem: 404; 403 for one's own inquiry; 409 after its closing, without the money, with too many offers; 422 for a bid below
            what looking costs, or a price above the budget.
    """
    row = found(unit.connection, tables.inquiry, inquiry)
    if row.phase != "open" or unit.now >= row.closes:
        raise wrong_state(f"Inquiry {inquiry} is in its phase {row.phase}; information is offered until it closes.")
    if caller == row.owner:
        raise forbidden(f"Nobody sells to itself: inquiry {inquiry} is your own.")
    if sheet.bid < row.reserve:
        raise Problem(
            422,
            "below-reserve",
            f"Looking costs {row.reserve} micro-credits, the least bid; got {sheet.bid} micro-credits.",
            "bid",
        )
    if sheet.price > row.budget:
        raise Problem(
            422,
            "above-budget",
            f"The budget is {row.budget} micro-credits, the price {sheet.price} micro-credits.",
            "price",
        )
    _room(unit, caller, inquiry, sheet.bid)
    values = {**sheet._asdict(), "inquiry": inquiry, "informer": caller, "key": key, "status": SEALED, "at": unit.now}
    number = tables.inserted(unit.connection, tables.information, **values, inspected=False, paid=0)
    unit.ledger.hold(caller, sheet.bid, held(inquiry, number), "attention")
    told = {"offer": number, "informer": caller, "teaser": sheet.teaser, "price": sheet.price}
    unit.tell("information.offered", subject(inquiry), **told)
    return {"id": number, "inquiry": inquiry, "price": sheet.price, "bid": sheet.bid, "status": SEALED}


def withdraw(unit: Unit, caller: str, number: int) -> dict[str, Any]:
    """Take an offer back before its inquiry closes; its text is forgotten.

    Raises:
        Problem: 404 for one that is not there or somebody else's; 409 once it is looked at.
    """
    information = tables.information
    row = unit.connection.execute(
        select(*(information.c[name] for name in PLAIN)).where(information.c.id == number)
    ).first()
    if row is None or row.informer != caller:
        raise missing("information", number)
    closes = unit.connection.scalar(select(tables.inquiry.c.closes).where(tables.inquiry.c.id == row.inquiry))
    if row.status != SEALED or closes is None or unit.now >= closes:
        raise wrong_state(f"Information {number} is {row.status}; it can be withdrawn until its inquiry closes.")
    returned(unit, row, WITHDRAWN)
    unit.tell("information.withdrawn", subject(row.inquiry), offer=number)
    return {"id": number, "status": WITHDRAWN}


def returned(unit: Unit, row: Row, status: str) -> None:
    """Give the bid back and forget the text."""
    key = held(row.inquiry, row.id)
    unit.ledger.post({f"escrow:{key}": -row.bid, row.informer: row.bid}, f"{key}/return", "return")
    forget(unit, row, status=status)


def forget(unit: Unit, row: Row, **values: Any) -> None:
    """Delete a text, and what a guess at it could be compared with."""
    answered.forget(unit, row.informer, row.key)
    tables.changed(unit.connection, tables.information, row.id, **values, text=None, key=None)


def sealed(connection: Connection, inquiry: int) -> list[Row]:
    """Offers that stand, without their texts."""
    information = tables.information.c
    return list(
        connection.execute(
            select(*(information[name] for name in PLAIN))
            .where(information.inquiry == inquiry, information.status == SEALED)
            .order_by(information.id)
        )
    )


def held(inquiry: int, number: int) -> str:
    """Key of a bid, which waits on `escrow:` and that."""
    return f"{subject(inquiry)}/offer/{number}"


def subject(inquiry: int) -> str:
    """What all money and all events of an inquiry are filed under."""
    return f"inquiry/{inquiry}"


def _room(unit: Unit, caller: str, inquiry: int, bid: int) -> None:
    information = tables.information.c
    mine, all_of_them = unit.connection.execute(
        select(func.count().filter(information.informer == caller), func.count()).where(
            information.inquiry == inquiry, information.status == SEALED
        )
    ).one()
    if mine >= MOST_OF_ONE:
        raise Problem(409, "too-many", f"You have {mine} offers there, as many as one may have; withdraw one.")
    if all_of_them < MOST:
        return
    last = min(sealed(unit.connection, inquiry), key=lambda row: (row.bid, -row.id))
    if bid <= last.bid:
        raise Problem(409, "full", f"There are {MOST} offers that bid as much or more; bid more.", "bid")
    returned(unit, last, DISPLACED)
    unit.tell("information.displaced", subject(inquiry), last.informer, offer=last.id)
