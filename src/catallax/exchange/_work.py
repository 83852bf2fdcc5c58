"""What the winners append: a state that is sold on, or an offer to the requester."""

from __future__ import annotations

from typing import Any

from catallax.exchange import _tables as tables
from catallax.exchange._found import found
from catallax.exchange._problems import missing, wrong_state
from catallax.exchange._requests import FOR_SALE, OFFERED, WORKING, subject
from catallax.exchange._store import Unit


def append(unit: Unit, caller: str, purchase: int, teaser: str, text: str, final: bool) -> dict[str, Any]:
    """Deliver what a state was bought for.

    Args:
        unit: of the transaction.
        caller: who bought.
        purchase: number of it.
        teaser: what everybody may read; of an offer, the requester, and everybody once its request is closed.
        text: for whoever buys the new state, and those after; for the requester, if it picks it.
        final: whether it is an offer to the requester, and not for sale. At the last stage everything is.

    Raises:
        Problem: 404 for a purchase that is not there or somebody else's; 409 if it was delivered, or its time is over.
    """
    row = tables.numbered(unit.connection, tables.purchase, purchase)
    if row is None or row.buyer != caller:
        raise missing("purchase", purchase)
    request = found(unit.connection, tables.request, row.request)
    if row.status != "working" or request.phase != WORKING or unit.now >= request.due:
        raise wrong_state(f"Purchase {purchase} is {row.status}; its request is in its phase {request.phase}.")
    offered = final or row.stage >= request.stages
    values = {"request": request.id, "parent": row.state, "purchase": purchase, "author": caller, "stage": row.stage}
    status = OFFERED if offered else FOR_SALE
    number = tables.inserted(
        unit.connection, tables.state, **values, teaser=teaser, text=text, status=status, at=unit.now
    )
    tables.changed(unit.connection, tables.purchase, purchase, status="delivered")
    told = {} if offered else {"teaser": teaser}  # offers are between their authors and the requester
    unit.tell("state.appended", subject(request.id), state=number, author=caller, status=status, **told)
    return {"id": number, **values, "status": status}
