"""Webhooks over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request

from catallax.exchange import _tables as tables
from catallax.exchange import _webhooks as webhooks
from catallax.exchange._answers import Listed
from catallax.exchange._answers._events import WebhookMade, WebhookRemoved, WebhookSeen
from catallax.exchange._calls import Here, Once, look, may
from catallax.exchange._forms import NewWebhook
from catallax.exchange._paging import Page, page
from catallax.exchange._request_routes import Number
from catallax.exchange._tokens import Caller

router = APIRouter(prefix="/api", tags=["webhooks"])
WEBHOOK = ("id", "url", "kinds", "status", "failures", "failed", "after", "at")
Listener = Annotated[Caller, may("read", "tokens")]


@router.post("/me/webhooks", status_code=201, response_model=WebhookMade)
async def register_webhook(form: NewWebhook, who: Listener, call: Once, here: Here) -> Any:
    """Be told of events from now on; the secret that signs them is shown once."""
    local = here.settings.local_hooks
    return await call.once(who, 201, webhooks.register, who.name, form.url, form.kinds, local, form.secret)


@router.get("/me/webhooks", response_model=Listed[WebhookSeen])
async def my_webhooks(request: Request, who: Listener, paging: Page) -> dict[str, Any]:
    """One's webhooks, without their secrets."""
    table = tables.webhook
    return await look(request, page, table, WEBHOOK, paging, table.c.party == who.name)


@router.delete("/me/webhooks/{number}", response_model=WebhookRemoved)
async def remove_webhook(number: Number, who: Listener, call: Once) -> Any:
    """Be told no more."""
    return await call.once(who, 200, webhooks.remove, who.name, number)
