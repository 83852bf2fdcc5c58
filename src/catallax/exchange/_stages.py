"""What happens when time is up: bids are opened, work ends, offers are shown, requests are settled."""

from __future__ import annotations

import random
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select, update

from catallax.exchange import _offers as offers
from catallax.exchange import _tables as tables
from catallax.exchange._found import found, owned
from catallax.exchange._ledger import HOUSE, Ledger
from catallax.exchange._problems import Problem, wrong_state
from catallax.exchange._requests import (
    BIDDING,
    CHOOSING,
    FOR_SALE,
    PICKED,
    SOLD_OUT,
    WORKING,
    close,
    held,
    release_bids,
    sealed,
    subject,
)
from catallax.exchange._rules import AUCTIONS, SETTLEMENTS
from catallax.exchange._store import Unit
from catallax.language.attention import SlotBid
from catallax.language.reasoning import Purchase

_DUE = (
    select(tables.request.c.id)
    .where(tables.request.c.due <= bindparam("now"))
    .order_by(tables.request.c.due)
    .limit(100)
)
_BOUGHT = (
    select(tables.purchase)
    .where(tables.purchase.c.request == bindparam("request"), tables.purchase.c.status == bindparam("status"))
    .order_by(tables.purchase.c.id)
)


def due(connection: Connection, now: int) -> list[int]:
    """Requests whose phase is over, the longest overdue first."""
    return list(connection.scalars(_DUE, {"now": now}))


def advance(unit: Unit, number: int, luck: random.Random) -> bool:
    """End the phase of a request if its time is up.

    Args:
        unit: of the transaction.
        number: of the request.
        luck: orders equal bids.

    Returns:
        Whether it was.
    """
    row = found(unit.connection, tables.request, number)
    if row.due is None or row.due > unit.now:
        return False
    if row.phase == BIDDING:
        _open_bids(unit, row, luck)
    elif row.phase == WORKING:
        end_work(unit, row)
    else:
        _settle(unit, row, None)
    return True


def finished_early(unit: Unit, number: int) -> bool:
    """End the work of a stage as soon as every winner has delivered."""
    row = found(unit.connection, tables.request, number)
    if row.phase != WORKING or unit.connection.execute(_BOUGHT, {"request": number, "status": "working"}).first():
        return False
    end_work(unit, row)
    return True


def pick(unit: Unit, caller: str, number: int, offer: int | None) -> dict[str, Any]:
    """The requester takes an offer, or none: the chain is settled from its end to its beginning.

    Raises:
        Problem: 404, 403 if the request is somebody else's, 409 before its offers are shown or after its deadline, 422 for what is
            not among them.
    """
    row = owned(unit.connection, tables.request, caller, number)
    if row.phase != CHOOSING or unit.now >= row.due:
        raise wrong_state(
            f"Request {number} is in its phase {row.phase}; offers are picked in the phase {CHOOSING}, until it is over."
        )
    shown = [state.id for state in offers.shown(unit.connection, number)]
    if offer is not None and offer not in shown:
        raise Problem(
            422,
            "not-offered",
            f"Offers of request {number} are {shown}, got {offer}; pick one, or null for none.",
            "offer",
        )
    _settle(unit, row, offer)
    return {"id": number, "phase": "closed", "outcome": "picked" if offer is not None else "refused", "offer": offer}


def end_work(unit: Unit, request: Row) -> None:
    """Who did not deliver forfeits what it paid; the states that are new are for sale, unless there are none."""
    _forfeit_missing(unit, request)
    state = tables.state.c
    unit.connection.execute(
        update(tables.state)
        .where(state.request == request.id, state.status == FOR_SALE, state.stage < request.stage)
        .values(status=SOLD_OUT)
    )
    alive = unit.connection.scalar(select(func.count()).where(state.request == request.id, state.status == FOR_SALE))
    if alive and request.stage < request.stages:
        _enter(unit, request.id, BIDDING, unit.now + request.bidding, request.stage + 1)
    else:
        _end_stages(unit, request)


def _open_bids(unit: Unit, request: Row, luck: random.Random) -> None:
    opened = sealed(unit.connection, request.id, request.stage)
    by_number = {str(row.id): row for row in opened}
    slots = AUCTIONS[request.auction].sell(
        [SlotBid(row.bidder, str(row.id), row.amount) for row in opened], request.seats, request.reserve, luck
    )
    release_bids(unit, request.id, request.stage, frozenset(int(slot.offer) for slot in slots))
    for slot in slots:
        _sell(unit, request, by_number[slot.offer], slot.payment)
    unit.tell(
        "stage.sold",
        subject(request.id),
        stage=request.stage,
        bids=[{"bidder": row.bidder, "state": row.state, "amount": row.amount} for row in opened],
        sold=[{"bidder": slot.bidder, "state": by_number[slot.offer].state, "price": slot.payment} for slot in slots],
    )
    if slots:
        _enter(unit, request.id, WORKING, unit.now + request.working, request.stage)
    else:
        _end_stages(unit, request)


def _sell(unit: Unit, request: Row, bid: Row, price: int) -> None:
    state = found(unit.connection, tables.state, bid.state)
    values = {"request": request.id, "state": state.id, "stage": request.stage, "buyer": bid.bidder}
    values |= {"seller": state.author, "bid": bid.amount, "price": price, "after": state.purchase}
    number = tables.inserted(unit.connection, tables.purchase, **values, status="working", received=0, at=unit.now)
    SETTLEMENTS[request.settlement].pay(unit.ledger, _purchase(found(unit.connection, tables.purchase, number)), 0)
    unit.tell("purchase.made", subject(request.id), bid.bidder, purchase=number, state=state.id, price=price)


def _forfeit_missing(unit: Unit, request: Row) -> None:
    """A winner that never answers has taken a seat from somebody who would have."""
    for row in unit.connection.execute(_BOUGHT, {"request": request.id, "status": "working"}).all():
        received = row.price - _swept(unit.ledger, _key(row))  # where sales are final its seller has it already
        tables.changed(unit.connection, tables.purchase, row.id, status="missed", received=received)
        unit.tell("purchase.missed", subject(request.id), purchase=row.id, buyer=row.buyer, price=row.price)


def _swept(ledger: Ledger, key: str) -> int:
    """What waits under a purchase, by whatever rule, goes to the house; returns how much it was."""
    total = 0
    for account in (f"escrow:{key}/price", f"escrow:{key}/opening"):
        waiting = ledger[account] if account in ledger else 0  # noqa: SIM401 - a ledger is no dict
        ledger.post({account: -waiting, HOUSE: waiting}, f"{key}/forfeit {account}", "forfeit", key)
        total += waiting
    return total


def _end_stages(unit: Unit, request: Row) -> None:
    """Show the offers, if there are any."""
    if offers.show(unit, request):
        _enter(unit, request.id, CHOOSING, unit.now + request.choosing, request.stage)
    else:
        _settle(unit, request, None)


def _enter(unit: Unit, number: int, phase: str, until: int, stage: int) -> None:
    tables.changed(unit.connection, tables.request, number, phase=phase, due=until, stage=stage)
    unit.tell(f"stage.{phase}", subject(number), stage=stage, due=until)


def _settle(unit: Unit, request: Row, offer: int | None) -> None:
    """Bounty to the seller of the offer and payments along its chain; without one, money back."""
    rows = unit.connection.execute(_BOUGHT, {"request": request.id, "status": "delivered"}).all()
    picked = offers.chain(rows, None if offer is None else found(unit.connection, tables.state, offer).purchase)
    on_chain = {row.id for row in picked}
    payee = picked[0].buyer if picked else request.owner
    key = f"{held(request.id)}/{'release' if picked else 'return'}"
    unit.ledger.post(
        {f"escrow:{held(request.id)}": -request.bounty, payee: request.bounty}, key, key.rpartition("/")[2]
    )
    received = SETTLEMENTS[request.settlement].settle(
        unit.ledger, [_purchase(row) for row in picked], [_purchase(row) for row in rows if row.id not in on_chain]
    )
    for row in rows:
        values = {"status": "settled" if row.id in on_chain else "unused", "received": received.get(_key(row), 0)}
        tables.changed(unit.connection, tables.purchase, row.id, **values)
    if picked and offer is not None:
        offers.count(unit, picked[0].buyer, picked=1)
        tables.changed(unit.connection, tables.state, offer, status=PICKED)
    close(unit, request.id, "picked" if picked else "refused" if request.phase == CHOOSING else "unanswered")


def _key(row: Row) -> str:
    return f"purchase/{row.id}"


def _purchase(row: Row) -> Purchase:
    after = "" if row.after is None else f"purchase/{row.after}"
    return Purchase(_key(row), row.buyer, row.seller, row.price, row.bid, after)
