"""What one may see: texts are for those who wrote or bought them, bids are sealed until their stage is over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, func, select

from catallax.exchange import _offers as offers
from catallax.exchange import _tables as tables
from catallax.exchange._found import found
from catallax.exchange._paging import Paging, page
from catallax.exchange._problems import missing
from catallax.exchange._requests import CHOOSING, CLOSED, FOR_SALE, PICKED

SHORT = ("id", "owner", "title", "bounty", "reserve", "stages", "stage", "phase", "due", "outcome", "at")
TERMS = ("text", "seats", "shown", "bidding", "working", "choosing", "auction", "settlement", "rank")


def requests(connection: Connection, paging: Paging, phase: str | None, owner: str | None) -> dict[str, Any]:
    """Requests, without their texts."""
    table = tables.request
    conditions = [table.c.phase == phase] if phase else []
    conditions += [table.c.owner == owner] if owner else []
    return page(connection, table, SHORT, paging, *conditions)


def request(connection: Connection, caller: str | None, number: int) -> dict[str, Any]:
    """A request with its states, its purchases, and the bids of stages that are over."""
    row = found(connection, tables.request, number)
    states = connection.execute(
        select(tables.state).where(tables.state.c.request == number).order_by(tables.state.c.id)
    ).all()
    bought = connection.execute(
        select(tables.purchase).where(tables.purchase.c.request == number).order_by(tables.purchase.c.id)
    ).all()
    readable = _readable(states, bought, row, caller)
    return {
        **{name: getattr(row, name) for name in (*SHORT, *TERMS)},
        "states": [_state(state, state.id in readable) for state in states if _visible(state, row, caller, readable)],
        "purchases": [
            {
                name: getattr(sale, name)
                for name in ("id", "state", "stage", "buyer", "seller", "bid", "price", "after", "status", "received")
            }
            for sale in bought
        ],
        "bids": _bids(connection, row),
        "sealed": _sealed(connection, row),
        "offers": _offers(connection, row, caller),
    }


def state(connection: Connection, caller: str | None, number: int) -> dict[str, Any]:
    """One state, with its text if one may read it.

    Raises:
        Problem: 404.
    """
    request_of = connection.scalar(select(tables.state.c.request).where(tables.state.c.id == number))
    if request_of is None:
        raise missing("state", number)
    for known in request(connection, caller, request_of)["states"]:
        if known["id"] == number:
            return known
    raise missing("state", number)


def balance(connection: Connection, name: str) -> dict[str, Any]:
    """Money of a party, and what is held for it."""
    account, bid = tables.account.c, tables.bid.c
    free = connection.scalar(select(account.balance).where(account.name == name)) or 0
    bids = connection.scalar(
        select(func.coalesce(func.sum(bid.amount), 0)).where(and_(bid.bidder == name, bid.status == "sealed"))
    )
    offer = tables.information.c
    attention = connection.scalar(
        select(func.coalesce(func.sum(offer.bid), 0)).where(and_(offer.informer == name, offer.status == "sealed"))
    )
    return {"account": name, "balance": free, "in_bids": int(bids or 0), "in_attention": int(attention or 0)}


def statement(connection: Connection, name: str, paging: Paging) -> dict[str, Any]:
    """Every movement on an account."""
    posting, entry = tables.posting.c, tables.entry.c
    query = (
        select(posting.id, posting.key, posting.kind, posting.at, entry.amount)
        .join(tables.entry, entry.posting == posting.id)
        .where(entry.account == name)
    )
    return paging.read(connection, query, posting.id)


def _readable(states: Sequence[Row], bought: Sequence[Row], request: Row, caller: str | None) -> set[int]:
    """States whose texts the caller may read: the request, its own, what it bought and what led there, what it picked."""
    parents = {state.id: state.parent for state in states}
    ends = [state.id for state in states if state.author == caller or state.parent is None]
    ends += [sale.state for sale in bought if sale.buyer == caller]
    ends += [state.id for state in states if state.status == PICKED and caller == request.owner]
    readable: set[int] = set()
    for end in ends:
        while end is not None and end not in readable:
            readable.add(end)
            end = parents[end]
    return readable


def _visible(state: Row, request: Row, caller: str | None, readable: set[int]) -> bool:
    """Offers are between their authors and the requester until the request is closed."""
    if state.id in readable or state.status == FOR_SALE or state.status == "ended":
        return True
    return request.phase == CLOSED or (caller == request.owner and request.phase == CHOOSING)


def _state(state: Row, readable: bool) -> dict[str, Any]:
    shown = {
        name: getattr(state, name) for name in ("id", "parent", "purchase", "author", "stage", "teaser", "status", "at")
    }
    return {**shown, "text": state.text if readable else None}


def _bids(connection: Connection, request: Row) -> list[dict[str, Any]]:
    """Bids of stages that are over."""
    bid = tables.bid.c
    rows = connection.execute(
        select(bid.id, bid.state, bid.stage, bid.bidder, bid.amount, bid.status)
        .where(bid.request == request.id, bid.status.in_(["won", "lost"]))
        .order_by(bid.id)
    )
    return [dict(row._mapping) for row in rows]


def _sealed(connection: Connection, request: Row) -> int:
    bid = tables.bid.c
    return connection.scalar(select(func.count()).where(bid.request == request.id, bid.status == "sealed")) or 0


def _offers(connection: Connection, request: Row, caller: str | None) -> list[dict[str, Any]]:
    """What the requester may pick from, the best first."""
    if request.phase == CLOSED or (request.phase == CHOOSING and caller == request.owner):
        return [
            {"id": row.id, "seller": row.author, "teaser": row.teaser, "bid": row.bid, "score": row.score}
            for row in offers.shown(connection, request.id)
        ]
    return []
