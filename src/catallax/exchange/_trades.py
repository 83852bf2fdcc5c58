"""Shares of outcomes, bought and sold: quotes, trades and what one holds."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from catallax.exchange import _tables as tables
from catallax.exchange._found import found
from catallax.exchange._pricing import Move, move, shares_to
from catallax.exchange._problems import Problem, forbidden, wrong_state
from catallax.exchange._questions import OPEN, known_outcome, subject
from catallax.exchange._store import Unit

MOST_SHARES = 10**15
"""Micro-shares of an outcome that may be out: a float tells all of them apart."""

_holding = tables.holding  # statements are built once
_MINE = (_holding.c.question == bindparam("number"), _holding.c.party == bindparam("name"))
_HELD = select(_holding.c.shares, _holding.c.paid).where(*_MINE)
_KEEP = update(_holding).where(*_MINE).values(shares=bindparam("shares"), paid=bindparam("paid"))
_BEGIN = insert(_holding)


class Wish(NamedTuple):
    """What a trader wants: shares, or a price.

    Args:
        outcome: number of it, from 0.
        shares: micro-shares to buy; negative: to sell.
        price: where the price of the outcome shall be, instead.
    """

    outcome: int
    shares: int | None = None
    price: float | None = None


class Deal(NamedTuple):
    """A trade, worked out."""

    shares: list[int]
    move: Move
    held: list[int]
    """Of the trader, afterwards."""
    paid: int
    """By the trader in all, micro-credits, afterwards; below 0 for a gain."""
    cash: int
    """What it pays now. A gain waits for the end of the question: if that is cancelled, it never was."""


def quote(connection: Connection, caller: str, number: int, wish: Wish) -> dict[str, Any]:
    """What a trade would cost now, without making it.

    Raises:
        Problem: as for `trade`.
    """
    row = found(connection, tables.question, number)
    if row.phase != OPEN:
        raise _closed(row)
    deal = _deal(row, _held(connection, row, caller), wish)
    return {"question": number, "outcome": wish.outcome, **_told(deal)}


def trade(unit: Unit, caller: str, number: int, wish: Wish, limit: int | None) -> dict[str, Any]:
    """Buy or sell shares of an outcome, or move its price.

    Args:
        unit: of the transaction.
        caller: who trades.
        number: of the question.
        wish: what it wants.
        limit: micro-credits that it may cost; negative: that it must bring at least.

    Raises:
        Problem: 404; 403 for one's own question; 409 after its closing, if it would cost more than the limit, if one holds too few
            shares or cannot pay; 422 for a wish that is none.
    """
    row = found(unit.connection, tables.question, number)
    if caller == row.owner:
        raise forbidden(f"Question {number} is your own: who says what happened does not bet on it.")
    if row.phase != OPEN or unit.now >= row.closes:
        raise _closed(row)
    deal = _deal(row, _held(unit.connection, row, caller), wish)
    if limit is not None and deal.move.cost > limit:
        raise Problem(
            409,
            "above-limit",
            f"It costs {deal.move.cost} micro-credits now, and was to cost {limit} micro-credits at most.",
            "limit",
        )
    values = {"question": number, "turn": row.turns + 1, "party": caller, "outcome": wish.outcome}
    values |= {"shares": deal.shares, "cost": deal.move.cost, "prices": deal.move.prices}
    trade = tables.inserted(unit.connection, tables.trade, **values, at=unit.now)
    key = subject(number)
    if deal.cash:
        unit.ledger.post({caller: -deal.cash, f"escrow:{key}": deal.cash}, f"{key}/trade/{trade}", "trade")
    _keep(unit, row, caller, deal)
    unit.tell("trade.made", key, party=caller, outcome=wish.outcome, cost=deal.move.cost, prices=deal.move.prices)
    return {"id": trade, "question": number, "outcome": wish.outcome, **_told(deal)}


def _closed(row: Row) -> Problem:
    return wrong_state(f"Question {row.id} is closed: it was traded until {row.closes}, or until it was resolved.")


def _deal(row: Row, held: tuple[list[int], int], wish: Wish) -> Deal:
    """What a wish comes to at the present prices."""
    known_outcome(row, wish.outcome)
    before, paid = held
    shares = _bundle(row, before, wish)
    after = [h + x for h, x in zip(before, shares, strict=True)]
    if min(after) < 0:
        raise Problem(
            409,
            "short",
            f"You hold {before[wish.outcome]} micro-shares of outcome {wish.outcome}, and were to sell {-shares[wish.outcome]}; "
            "buy the other outcomes to bet against it.",
            "shares",
        )
    if max(q + x for q, x in zip(row.sold, shares, strict=True)) > MOST_SHARES:
        raise Problem(422, "too-many", f"Of no outcome more than {MOST_SHARES} micro-shares can be out.", "shares")
    moved = move(row.sold, row.liquidity, row.fund, shares)
    return Deal(shares, moved, after, paid + moved.cost, max(paid + moved.cost, 0) - max(paid, 0))


def _bundle(row: Row, held: list[int], wish: Wish) -> list[int]:
    """Shares of each outcome. A price goes down by what one sells, and beyond that by buying all the others alike."""
    if (wish.shares is None) == (wish.price is None):
        raise Problem(422, "bad-trade", "Expected either shares or a price, and not both.", "shares")
    wanted = wish.shares
    if wish.price is not None:
        wanted = shares_to(row.sold, row.liquidity, wish.outcome, wish.price)
    if not wanted:
        raise Problem(422, "no-trade", "No shares would change hands; ask for at least one, or another price.")
    sold_by_trader = wanted if wish.price is None else max(wanted, -held[wish.outcome])
    bundle = [sold_by_trader - wanted] * len(held)
    bundle[wish.outcome] = sold_by_trader
    return bundle


def _held(connection: Connection, row: Row, party: str) -> tuple[list[int], int]:
    """Shares of a party, and what it paid in all."""
    mine = connection.execute(_HELD, {"number": row.id, "name": party}).first()
    return (list(mine.shares), mine.paid) if mine else ([0] * len(row.outcomes), 0)


def _keep(unit: Unit, row: Row, party: str, deal: Deal) -> None:
    values = {"shares": deal.held, "paid": deal.paid}
    if not unit.connection.execute(_KEEP, {**values, "number": row.id, "name": party}).rowcount:
        unit.connection.execute(_BEGIN, {**values, "question": row.id, "party": party})
    moved = {
        "sold": [q + x for q, x in zip(row.sold, deal.shares, strict=True)],
        "prices": deal.move.prices,
        "fund": row.fund + deal.move.cost,
        "volume": row.volume + abs(deal.move.cost),
        "turns": row.turns + 1,
    }
    tables.changed(unit.connection, tables.question, row.id, **moved)


def _told(deal: Deal) -> dict[str, Any]:
    return {"shares": deal.shares, "cost": deal.move.cost, "pays": deal.cash, "prices": deal.move.prices}
