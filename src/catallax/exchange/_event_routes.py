"""Events over HTTP: page by page, or as they happen."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse

from catallax.exchange import _feed as feed
from catallax.exchange._calls import Here, look, may
from catallax.exchange._party_routes import After, Limit
from catallax.exchange._tokens import Caller

router = APIRouter(tags=["events"])
Subject = Annotated[str | None, Query(max_length=80, pattern=r"^[a-z]+/[0-9]+$", description="For example request/7.")]


@router.get("/events")
async def list_events(
    request: Request, who: Annotated[Caller, may("read")], after: After = 0, limit: Limit = 50, subject: Subject = None
) -> dict[str, Any]:
    """What happened, the oldest first."""
    rows = await look(request, feed.events, who.name, after, limit + 1, subject)
    items = rows[:limit]
    return {"items": items, "next": items[-1]["id"] if len(rows) > limit else None}


@router.get("/stream", response_class=StreamingResponse)
async def stream(
    here: Here,
    who: Annotated[Caller, may("read")],
    after: After = 0,
    subject: Subject = None,
    last: Annotated[str | None, Header(alias="Last-Event-ID", max_length=20, pattern=r"^[0-9]+$")] = None,
) -> StreamingResponse:
    """Server-sent events; the header Last-Event-ID says where to go on."""
    begin = int(last) if last else after
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(
        here.feed.stream(who.name, begin, subject), headers=headers, media_type="text/event-stream"
    )
