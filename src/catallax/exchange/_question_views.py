"""Questions, their prices and who trades: all of it is public."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, or_, select

from catallax.exchange import _tables as tables
from catallax.exchange._found import found
from catallax.exchange._paging import Paging, page

SHORT = (
    "id", "owner", "title", "outcomes", "prices", "liquidity", "volume", "closes", "phase", "due", "outcome", "ending", "at",
)  # fmt: skip
TERMS = ("text", "loss", "sold", "turns", "resolving")
HOLDING = ("id", "party", "shares", "paid", "received")
TRADE = ("id", "turn", "party", "outcome", "shares", "cost", "prices", "at")


def questions(connection: Connection, paging: Paging, phase: str | None, owner: str | None) -> dict[str, Any]:
    """Questions, without their texts."""
    table = tables.question
    conditions = [table.c.phase == phase] if phase else []
    conditions += [table.c.owner == owner] if owner else []
    return page(connection, table, SHORT, paging, *conditions)


def question(connection: Connection, caller: str, number: int) -> dict[str, Any]:
    """A question, and what the caller holds of it."""
    row = found(connection, tables.question, number)
    holding = tables.holding.c
    mine = connection.execute(
        select(holding.shares, holding.paid, holding.received).where(
            holding.question == number, holding.party == caller
        )
    ).first()
    held = {"shares": [0] * len(row.outcomes), "paid": 0, "received": None} if mine is None else dict(mine._mapping)
    return {**{name: getattr(row, name) for name in (*SHORT, *TERMS)}, "mine": held}


def trades(connection: Connection, number: int, paging: Paging) -> dict[str, Any]:
    """Trades, in the order they were made."""
    found(connection, tables.question, number)
    return page(connection, tables.trade, TRADE, paging, tables.trade.c.question == number)


def holdings(connection: Connection, number: int, paging: Paging) -> dict[str, Any]:
    """Who holds what of a question: what its trades add up to."""
    found(connection, tables.question, number)
    return page(connection, tables.holding, HOLDING, paging, tables.holding.c.question == number)


def mine(connection: Connection, caller: str, paging: Paging) -> dict[str, Any]:
    """What the caller holds, of all questions."""
    held, asked = tables.holding.c, tables.question.c
    query = select(
        held.id,
        held.question,
        held.shares,
        held.paid,
        held.received,
        asked.title,
        asked.outcomes,
        asked.outcome,
        asked.phase,
    ).join_from(tables.holding, tables.question, held.question == asked.id)
    return paging.read(connection, query.where(held.party == caller), held.id)


def history(connection: Connection, number: int, points: int) -> dict[str, Any]:
    """Prices over time for a chart: at the opening, then after trades evenly spaced, and after the last one."""
    row, trade = found(connection, tables.question, number), tables.trade.c
    every = max(1, -(-row.turns // points))
    rows = connection.execute(
        select(trade.at, trade.prices)
        .where(trade.question == number, or_(trade.turn % every == 0, trade.turn == row.turns))
        .order_by(trade.turn)
    )
    opening = {"at": row.at, "prices": [1 / len(row.outcomes)] * len(row.outcomes)}
    return {"outcomes": row.outcomes, "items": [opening, *(dict(point._mapping) for point in rows)]}
