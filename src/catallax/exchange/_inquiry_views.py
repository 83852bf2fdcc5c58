"""Inquiries as one may see them: teasers, prices and what became of them; a text is for the buyer that bought it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from catallax.exchange import _tables as tables
from catallax.exchange._found import found
from catallax.exchange._information import BOUGHT
from catallax.exchange._inquiries import CLOSED
from catallax.exchange._paging import Paging, page

SHORT = ("id", "owner", "title", "budget", "slots", "reserve", "closes", "phase", "due", "outcome", "spent", "at")
TERMS = ("goal", "rounds", "reason")
PUBLIC = ("id", "informer", "teaser", "price", "status", "inspected", "paid", "reason", "at")
MINE = ("id", "inquiry", "teaser", "price", "bid", "status", "inspected", "paid", "reason", "at")


def inquiries(connection: Connection, paging: Paging, phase: str | None, owner: str | None) -> dict[str, Any]:
    """Inquiries, without what is offered."""
    table = tables.inquiry
    conditions = [table.c.phase == phase] if phase else []
    conditions += [table.c.owner == owner] if owner else []
    return page(connection, table, SHORT, paging, *conditions)


def inquiry(connection: Connection, caller: str, number: int) -> dict[str, Any]:
    """An inquiry and what is offered; bids are opened when it is over."""
    row = found(connection, tables.inquiry, number)
    offer = tables.information.c
    rows = connection.execute(
        select(*(offer[name] for name in (*PUBLIC, "bid"))).where(offer.inquiry == number).order_by(offer.id)
    )
    offers = [_offer(one, row, caller) for one in rows]
    bought = _texts(connection, number) if caller == row.owner else {}
    return {
        **{name: getattr(row, name) for name in (*SHORT, *TERMS)},
        "offers": [{**one, "text": bought.get(one["id"])} for one in offers],
    }


def mine(connection: Connection, caller: str, paging: Paging, inquiry: int | None) -> dict[str, Any]:
    """What one offered; not even its author is told a sealed text."""
    offer, asked = tables.information, tables.inquiry.c
    query = select(*(offer.c[name] for name in MINE), asked.title).join_from(
        offer, tables.inquiry, offer.c.inquiry == asked.id
    )
    conditions = [offer.c.informer == caller] + ([offer.c.inquiry == inquiry] if inquiry else [])
    return paging.read(connection, query.where(*conditions), offer.c.id)


def _offer(row: Row, inquiry: Row, caller: str) -> dict[str, Any]:
    opened = inquiry.phase == CLOSED or row.informer == caller
    return {**{name: getattr(row, name) for name in PUBLIC}, "bid": row.bid if opened else None}


def _texts(connection: Connection, number: int) -> dict[int, str | None]:
    offer = tables.information.c
    rows = connection.execute(select(offer.id, offer.text).where(offer.inquiry == number, offer.status == BOUGHT))
    return {row.id: row.text for row in rows}
