"""Sessions of the page: a token is exchanged for a cookie that scripts cannot read."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from catallax.exchange import _tokens as tokens
from catallax.exchange._answers._operations import LoggedIn, LoggedOut, Session
from catallax.exchange._calls import COOKIE, Here, address, csrf, look, may
from catallax.exchange._forms import NewSession
from catallax.exchange._tokens import Caller

router = APIRouter(prefix="/api", tags=["sessions"])
HOURS = 12


@router.post("/session", status_code=201, response_model=LoggedIn)
async def log_in(form: NewSession, request: Request, response: Response, here: Here) -> dict[str, Any]:
    """Log in with a token; what a page sends along is a session of its own, which ends by itself, and with the token."""
    here.logins.take(address(request), here.store.clock())
    made = await here.store.write(tokens.begin, form.token, HOURS * 3_600_000)
    response.set_cookie(
        COOKIE, made["token"], max_age=HOURS * 3600, httponly=True, samesite="strict", secure=here.settings.secure
    )
    return {"name": made["name"], "csrf": csrf(made["token"])}


@router.get("/session", response_model=Session)
async def session(request: Request, here: Here) -> dict[str, Any]:
    """Who is logged in with this cookie, and what its page repeats in X-CSRF; the name is null for nobody."""
    cookie = request.cookies.get(COOKIE, "")
    found = await look(request, tokens.recognised, cookie, here.store.now())
    if found is None:
        here.strangers.take(address(request), here.store.clock())
        return {"name": None, "scopes": [], "csrf": None}
    return {"name": found.name, "scopes": sorted(found.scopes), "csrf": csrf(cookie)}


@router.delete("/session", response_model=LoggedOut)
async def log_out(response: Response, here: Here, who: Annotated[Caller, may("read")]) -> dict[str, Any]:
    """End the session, here and on the server."""
    await here.store.write(tokens.revoke, who.name, who.token)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=here.settings.secure)
    return {"name": who.name}
