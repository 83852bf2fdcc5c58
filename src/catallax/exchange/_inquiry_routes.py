"""Inquiries and sealed information over HTTP."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request

from catallax.exchange import _information as information
from catallax.exchange import _inquiries as inquiries
from catallax.exchange import _inquiry_views as views
from catallax.exchange._answers import Ended, Listed, Withdrawn
from catallax.exchange._answers._inquiries import (
    InformationMade,
    InformationMine,
    InquiryMade,
    InquirySeen,
    InquiryShort,
)
from catallax.exchange._calls import Here, Once, look, may
from catallax.exchange._forms import NewInformation, NewInquiry
from catallax.exchange._goals import goal_of
from catallax.exchange._paging import Page
from catallax.exchange._problems import Problem
from catallax.exchange._request_routes import Asker, Number, Reader
from catallax.exchange._tokens import Caller

router = APIRouter(prefix="/api", tags=["information"])
Informant = Annotated[Caller, may("inform")]


@router.get("/inquiries", response_model=Listed[InquiryShort])
async def list_inquiries(
    request: Request,
    who: Reader,
    paging: Page,
    phase: Literal["open", "inspecting", "closed"] | None = None,
    owner: Annotated[str | None, Query(max_length=40)] = None,
) -> dict[str, Any]:
    """Inquiries, the oldest first."""
    return await look(request, views.inquiries, paging, phase, owner)


@router.post("/inquiries", status_code=201, response_model=InquiryMade)
async def post_inquiry(form: NewInquiry, who: Asker, call: Once, here: Here) -> Any:
    """Ask for information; the budget is put aside."""
    goal = form.goal.model_dump(exclude_none=True)
    goal.setdefault("value", form.budget)
    try:
        here.contractor.check(goal_of(goal))
    except ValueError as error:
        raise Problem(422, "bad-goal", "The contractor here judges other kinds of goals.", "goal") from error
    terms = inquiries.Terms(form.title, goal, form.budget, form.slots, form.rounds, here.settings.looking, form.closes)
    return await call.once(who, 201, inquiries.post, who.name, terms)


@router.get("/inquiries/{number}", response_model=InquirySeen)
async def one_inquiry(number: Number, request: Request, who: Reader) -> dict[str, Any]:
    """An inquiry and what is offered; texts are for the buyer that bought them."""
    return await look(request, views.inquiry, who.name, number)


@router.delete("/inquiries/{number}", response_model=Ended)
async def withdraw_inquiry(number: Number, who: Asker, call: Once) -> Any:
    """Take an inquiry back before it closes."""
    return await call.once(who, 200, inquiries.withdraw, who.name, number)


@router.post("/inquiries/{number}/information", status_code=201, response_model=InformationMade)
async def offer_information(number: Number, form: NewInformation, who: Informant, call: Once) -> Any:
    """Offer sealed information; the bid for attention is held."""
    sheet = information.Sheet(form.teaser, form.price, form.bid, form.text)
    return await call.once(who, 201, information.offer, who.name, number, sheet, call.key)


@router.get("/me/information", response_model=Listed[InformationMine])
async def my_information(
    request: Request,
    who: Informant,
    paging: Page,
    inquiry: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> dict[str, Any]:
    """What one offered, and what became of it."""
    return await look(request, views.mine, who.name, paging, inquiry)


@router.delete("/information/{number}", response_model=Withdrawn)
async def withdraw_information(number: Number, who: Informant, call: Once) -> Any:
    """Take an offer back; its text is forgotten."""
    return await call.once(who, 200, information.withdraw, who.name, number)
