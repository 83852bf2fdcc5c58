"""An inspection: attention is auctioned and a contractor looks, outside of any transaction; then its net result is posted, once."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select

from catallax.core import Journal, to_credits
from catallax.exchange import _information as information
from catallax.exchange import _inquiries as inquiries
from catallax.exchange import _tables as tables
from catallax.exchange._found import found
from catallax.exchange._goals import goal_of
from catallax.exchange._ledger import HOUSE
from catallax.exchange._store import Unit
from catallax.language.bazaar import (
    AbstractContractor,
    Bazaar,
    Buyer,
    Decider,
    Exhibit,
    FlatCost,
    Informer,
    Limits,
    Offer,
    Reason,
    Result,
)

LONGEST = 20_000
"""Characters of a sealed text."""
MOST_TRIES = 5
"""Times that an inspection is begun; a process that dies of it every time has no verdict."""


class Lot(NamedTuple):
    """An offer, sealed."""

    number: int
    informer: str
    offer: Offer


@dataclass(frozen=True)
class Task:
    """All that an inspection works with."""

    inquiry: Row
    attempt: int
    lots: tuple[Lot, ...]


class Finding(NamedTuple):
    """What became of an offer; nothing of what it says."""

    number: int
    inspected: bool
    bought: bool
    paid: int
    """Micro-credits for attention."""
    reason: str | None
    """Why there was no verdict."""


def waiting(connection: Connection, now: int) -> list[int]:
    """Inquiries to be inspected, the longest waiting first: new ones, and those whose inspector has not come back."""
    return list(connection.scalars(inquiries.DUE, {"phase": inquiries.INSPECTING, "now": now}))


def begin(unit: Unit, number: int, lease: int) -> Task | None:
    """Take an inspection, so that for a while nobody else does.

    Args:
        unit: of the transaction.
        number: of the inquiry.
        lease: milliseconds after which it counts as lost, and is begun anew.

    Returns:
        What to work with; None if there is nothing to be done, or it was begun too often, and is over.
    """
    row = found(unit.connection, tables.inquiry, number)
    if row.phase != inquiries.INSPECTING or row.due > unit.now:
        return None
    if row.tries >= MOST_TRIES:
        settle(unit, number, row.tries, None, Reason.BROKEN.value)
        return None
    inquiries.put(unit, number, tries=row.tries + 1, due=unit.now + lease)
    return Task(row, row.tries + 1, tuple(_lots(unit.connection, row)))


async def inspect(task: Task, contractor: AbstractContractor, seconds: float) -> list[Finding]:
    """Run the bazaar in memory, on money that is held.

    Each offer has an account with exactly its bid, each informer is one bidder, and the buyer has its budget.

    Args:
        task: what to inspect.
        contractor: who looks; it keeps nothing.
        seconds: the longest it may take; what was bought until then counts.

    Raises:
        ValueError: if the money does not come out even.
    """
    row, journal = task.inquiry, Journal()
    for lot in task.lots:
        journal.post({"mint": -lot.offer.bid, _account(lot): lot.offer.bid}, f"held {lot.number}", "hold")
    bazaar = Bazaar(
        [_informer(lot) for lot in task.lots],
        slots=row.slots,
        rounds=row.rounds,
        cost=FlatCost(to_credits(row.reserve)),
        contractor=contractor,
        wealth=0.0,
        limits=Limits(inspection=seconds, run=seconds, characters=LONGEST),
        journal=journal,
        seed=secrets.randbits(63),
        name=f"inquiry {row.id}",
    )
    buyer = Buyer(goal_of(row.goal), to_credits(row.budget), Decider(lambda brief, known: None))
    result = await bazaar.arun(buyer)
    findings = [_finding(lot, result) for lot in task.lots]
    _even(task, findings, journal)
    return findings


def settle(
    unit: Unit, number: int, attempt: int, findings: Sequence[Finding] | None, reason: str | None = None
) -> bool:
    """Post what an inspection came to, all at once: who has paid, what was bought; all other texts are forgotten.

    Args:
        unit: of the transaction.
        number: of the inquiry.
        attempt: which one it was; one that was given up for lost is too late.
        findings: of every offer; None if there are none, and all money goes back.
        reason: why.

    Returns:
        Whether it counted.
    """
    row = found(unit.connection, tables.inquiry, number)
    if row.phase != inquiries.INSPECTING or row.tries != attempt:
        return False
    offers = information.sealed(unit.connection, number)
    by_number = {finding.number: finding for finding in findings or ()}
    nothing = Finding(0, False, False, 0, reason)
    judged = [(offer, by_number.get(offer.id, nothing)) for offer in offers]
    spent = sum(offer.price for offer, finding in judged if finding.bought)
    _pay(unit, number, judged)
    for offer, finding in judged:
        values = {"inspected": finding.inspected, "paid": finding.paid, "reason": finding.reason}
        if finding.bought:
            tables.changed(unit.connection, tables.information, offer.id, **values, status=information.BOUGHT)
        else:
            information.forget(unit, offer, **values, status=information.FORGOTTEN)
        told = {"offer": offer.id, "inspected": finding.inspected, "bought": finding.bought, "paid": finding.paid}
        unit.tell("information.judged", information.subject(number), informer=offer.informer, **told)
    why = reason or next((finding.reason for _, finding in judged if finding.reason is not None), None)
    inquiries.close(unit, row, _outcome([finding for _, finding in judged], why), spent, why)
    return True


def _pay(unit: Unit, number: int, found: Sequence[tuple[Row, Finding]]) -> None:
    """Bids come back but for what attention cost, which the house has; prices go to the informers."""
    attention: dict[str, int] = {HOUSE: sum(finding.paid for _, finding in found)}
    prices: dict[str, int] = {}
    for offer, finding in found:
        attention[f"escrow:{information.held(number, offer.id)}"] = -offer.bid
        attention[offer.informer] = attention.get(offer.informer, 0) + offer.bid - finding.paid
        if finding.bought:
            prices[offer.informer] = prices.get(offer.informer, 0) + offer.price
    key = information.subject(number)
    unit.ledger.post(attention, f"{key}/attention", "attention")
    unit.ledger.post({**prices, f"escrow:{key}": -sum(prices.values())}, f"{key}/prices", "price")


def _outcome(findings: Sequence[Finding], reason: str | None) -> str:
    if any(finding.bought for finding in findings):
        return "bought"
    if any(finding.inspected for finding in findings):
        return "declined"
    return "unanswered" if reason is None else "failed"


def _lots(connection: Connection, row: Row) -> list[Lot]:
    """The offers of an inquiry, sealed as soon as they are read."""
    offer = tables.information.c
    rows = connection.execute(
        select(offer.id, offer.informer, offer.teaser, offer.price, offer.bid, offer.text)
        .where(offer.inquiry == row.id, offer.status == information.SEALED)
        .order_by(offer.id)
    )
    return [
        Lot(o.id, o.informer, Offer(o.teaser, o.price, o.bid, _exhibit(o), row.rounds))
        for o in rows
        if o.text is not None
    ]


def _exhibit(row: Row) -> Exhibit:
    return Exhibit.of(row.text, secrets.token_hex(8), row.price, row.teaser)


def _informer(lot: Lot) -> Informer:
    """It makes its offer in the first round, and lets it stand."""
    return Informer(str(lot.number), lambda view: [] if view.round else [lot.offer], group=lot.informer)


def _account(lot: Lot) -> str:
    """Where the bazaar keeps an informer's money."""
    return f"informer:{lot.number}"


def _finding(lot: Lot, result: Result) -> Finding:
    slips = [slip for slip in result.market.slips if slip.informer == str(lot.number)]
    reasons = [slip.reason for slip in slips if slip.reason is not None]
    inspected = any(slip.paid is not None and slip.reason is None for slip in slips)
    bought = any(slip.bought for slip in slips)
    paid = sum(slip.paid or 0 for slip in slips)
    why = reasons[-1] if reasons and not inspected else None
    if why is Reason.CANCELLED and result.stopped is not None:
        why = result.stopped
    return Finding(lot.number, inspected, bought, paid, None if why is None else why.value)


def _even(task: Task, findings: Sequence[Finding], journal: Journal) -> None:
    """What was found must be what was booked."""
    journal.audit()
    for lot, finding in zip(task.lots, findings, strict=True):
        booked = journal[_account(lot)]
        expected = lot.offer.bid - finding.paid + (lot.offer.price if finding.bought else 0)
        if booked != expected or finding.paid > lot.offer.bid:
            raise ValueError(f"inspection of offer {lot.number}: booked {booked}, found {expected} micro-credits.")


def failed(error: BaseException) -> str:
    """What the failure of an inspection as a whole is called; nothing of what the error says."""
    reason: Any = Reason.TIMEOUT if isinstance(error, TimeoutError) else Reason.BROKEN
    return reason.value
