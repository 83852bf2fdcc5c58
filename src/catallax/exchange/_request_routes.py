"""Requests, bids, states and picks over HTTP."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request

from catallax.exchange import _bids as bids
from catallax.exchange import _offers as offers
from catallax.exchange import _requests as requests
from catallax.exchange import _stages as stages
from catallax.exchange import _tables as tables
from catallax.exchange import _views as views
from catallax.exchange import _work as work
from catallax.exchange._answers import Ended, Listed, Withdrawn
from catallax.exchange._answers._requests import (
    BidMade,
    BidSeen,
    OfferWithdrawn,
    Picked,
    PurchaseSeen,
    RequestMade,
    RequestSeen,
    RequestShort,
    StateMade,
    StateSeen,
)
from catallax.exchange._calls import Once, look, may
from catallax.exchange._forms import NewBid, NewRequest, NewState, Pick
from catallax.exchange._paging import Page, page
from catallax.exchange._store import Unit
from catallax.exchange._tokens import Caller

router = APIRouter(prefix="/api", tags=["requests"])
BID = ("id", "request", "state", "stage", "amount", "status", "at")
PURCHASE = ("id", "request", "state", "stage", "seller", "bid", "price", "after", "status", "received", "at")
Number = Annotated[int, Path(ge=1, le=2**62)]
Reader = Annotated[Caller, may("read")]
Asker = Annotated[Caller, may("ask")]
Bidder = Annotated[Caller, may("bid")]


@router.get("/requests", response_model=Listed[RequestShort])
async def list_requests(
    request: Request,
    who: Reader,
    paging: Page,
    phase: Literal["bidding", "working", "choosing", "closed"] | None = None,
    owner: Annotated[str | None, Query(max_length=40)] = None,
) -> dict[str, Any]:
    """Requests, the oldest first."""
    return await look(request, views.requests, paging, phase, owner)


@router.post("/requests", status_code=201, response_model=RequestMade)
async def post_request(form: NewRequest, who: Asker, call: Once) -> Any:
    """Post a request; its bounty is put aside."""
    return await call.once(who, 201, requests.post, who.name, requests.Terms(**form.model_dump()))


@router.get("/requests/{number}", response_model=RequestSeen)
async def one_request(number: Number, request: Request, who: Reader) -> dict[str, Any]:
    """A request with its states, sales and offers."""
    return await look(request, views.request, who.name, number)


@router.delete("/requests/{number}", response_model=Ended)
async def withdraw_request(number: Number, who: Asker, call: Once) -> Any:
    """Take a request back before the first sale."""
    return await call.once(who, 200, requests.withdraw, who.name, number)


@router.post("/requests/{number}/pick", response_model=Picked)
async def pick(number: Number, form: Pick, who: Asker, call: Once) -> Any:
    """Take an offer, or none; the chain is settled."""
    return await call.once(who, 200, stages.pick, who.name, number, form.offer)


@router.get("/states/{number}", response_model=StateSeen)
async def one_state(number: Number, request: Request, who: Reader) -> dict[str, Any]:
    """A state, with its text if one may read it."""
    return await look(request, views.state, who.name, number)


@router.post("/bids", status_code=201, response_model=BidMade)
async def bid(form: NewBid, who: Bidder, call: Once) -> Any:
    """Bid, sealed, for a state; the amount is held."""
    return await call.once(who, 201, bids.place, who.name, form.state, form.amount)


@router.get("/me/bids", response_model=Listed[BidSeen])
async def my_bids(request: Request, who: Bidder, paging: Page) -> dict[str, Any]:
    """One's bids."""
    return await look(request, page, tables.bid, BID, paging, tables.bid.c.bidder == who.name)


@router.delete("/bids/{number}", response_model=Withdrawn)
async def withdraw_bid(number: Number, who: Bidder, call: Once) -> Any:
    """Take a sealed bid back."""
    return await call.once(who, 200, bids.withdraw, who.name, number)


@router.get("/me/purchases", response_model=Listed[PurchaseSeen])
async def my_purchases(
    request: Request,
    who: Bidder,
    paging: Page,
    status: Literal["working", "delivered", "missed", "settled", "unused"] | None = None,
) -> dict[str, Any]:
    """What one bought."""
    bought = tables.purchase
    conditions = [bought.c.buyer == who.name] + ([bought.c.status == status] if status else [])
    return await look(request, page, bought, PURCHASE, paging, *conditions)


@router.post("/purchases/{number}/state", status_code=201, response_model=StateMade)
async def append(number: Number, form: NewState, who: Bidder, call: Once) -> Any:
    """Append to the state one bought."""
    return await call.once(who, 201, _append, who.name, number, form.teaser, form.text, form.final)


@router.delete("/offers/{number}", response_model=OfferWithdrawn)
async def withdraw_offer(number: Number, who: Bidder, call: Once) -> Any:
    """Take an offer back."""
    return await call.once(who, 200, offers.withdraw, who.name, number)


def _append(unit: Unit, caller: str, purchase: int, teaser: str, text: str, final: bool) -> dict[str, Any]:
    appended = work.append(unit, caller, purchase, teaser, text, final)
    stages.finished_early(unit, appended["request"])
    return appended
