"""Events over HTTP: page by page, or as they happen."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse

from catallax.exchange import _feed as feed
from catallax.exchange._answers import Listed
from catallax.exchange._answers._events import EventSeen
from catallax.exchange._calls import Here, look, may
from catallax.exchange._paging import Page
from catallax.exchange._problems import Problem
from catallax.exchange._tokens import Caller

router = APIRouter(prefix="/api", tags=["events"])
Subject = Annotated[str | None, Query(max_length=80, pattern=r"^[a-z]+/[0-9]+$", description="For example request/7.")]


@router.get("/events", response_model=Listed[EventSeen])
async def list_events(
    request: Request, who: Annotated[Caller, may("read")], paging: Page, subject: Subject = None
) -> dict[str, Any]:
    """What happened, the oldest first."""
    return await look(request, feed.events, who.name, paging, subject)


@router.get(
    "/stream",
    response_class=StreamingResponse,
    responses={200: {"description": "Events.", "content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def stream(
    request: Request,
    here: Here,
    who: Annotated[Caller, may("read")],
    after: Annotated[int | None, Query(ge=0, le=2**62, description="From now on without.")] = None,
    subject: Subject = None,
    last: Annotated[str | None, Header(alias="Last-Event-ID", max_length=18, pattern=r"^[0-9]+$")] = None,
) -> StreamingResponse:
    """Server-sent events; the header Last-Event-ID says where to go on."""
    if here.feed.full(who.name):
        raise Problem(429, "too-many-streams", f"A party has {here.settings.streams} streams at once.", after=5.0)
    begin = int(last) if last else after
    begin = await look(request, feed.newest) if begin is None else begin
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(
        here.feed.stream(who.name, begin, subject), headers=headers, media_type="text/event-stream"
    )
