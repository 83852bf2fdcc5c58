"""Parties, tokens and money over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy import select

from catallax.exchange import _tables as tables
from catallax.exchange import _tokens as tokens
from catallax.exchange import _views as views
from catallax.exchange._answers import Listed
from catallax.exchange._answers._parties import Admitted, Me, Movement, Paid, TokenEnded, TokenMade, TokenSeen
from catallax.exchange._calls import Here, Once, address, look, may
from catallax.exchange._forms import NewParty, NewToken, Payment
from catallax.exchange._ledger import MINT
from catallax.exchange._paging import Page, page
from catallax.exchange._problems import forbidden, missing
from catallax.exchange._request_routes import Number
from catallax.exchange._store import Unit
from catallax.exchange._tokens import Caller

router = APIRouter(prefix="/api", tags=["parties"])


@router.post("/parties", status_code=201, response_model=Admitted)
async def sign_up(form: NewParty, request: Request, here: Here) -> JSONResponse:
    """Sign up: a name, an account, and a token that is shown once.

    Who chooses the `token` and hears no answer calls again with the same one, and is answered again.
    """
    here.strangers.take(address(request), here.store.clock())
    if not here.settings.open:
        raise forbidden("Nobody signs up here by itself; an administrator admits, by POST /api/admissions.")
    return JSONResponse(
        await here.store.write(tokens.admit, form.name, here.settings.grant, tokens.EVERYDAY, form.token), 201
    )


@router.post("/admissions", status_code=201, response_model=Admitted)
async def admit(form: NewParty, who: Annotated[Caller, may("admin")], call: Once, here: Here) -> Any:
    """Admit a party, also where nobody signs up by itself: its account, and a first token that is shown once."""
    return await call.once(who, 201, tokens.admit, form.name, here.settings.grant, tokens.EVERYDAY, form.token)


@router.get("/me", response_model=Me)
async def me(request: Request, who: Annotated[Caller, may("read")]) -> dict[str, Any]:
    """Name, scopes, balance."""
    return {"name": who.name, "scopes": sorted(who.scopes), **await look(request, views.balance, who.name)}


@router.get("/me/statement", response_model=Listed[Movement])
async def statement(request: Request, who: Annotated[Caller, may("read")], paging: Page) -> dict[str, Any]:
    """Every movement on one's account."""
    return await look(request, views.statement, who.name, paging)


@router.get("/me/tokens", response_model=Listed[TokenSeen])
async def my_tokens(request: Request, who: Annotated[Caller, may("tokens")], paging: Page) -> dict[str, Any]:
    """One's tokens, without their texts."""
    token = tables.token
    columns = ("id", "label", "scopes", "at", "expires", "revoked")
    return await look(request, page, token, columns, paging, token.c.party == who.name)


@router.post("/me/tokens", status_code=201, response_model=TokenMade)
async def new_token(form: NewToken, who: Annotated[Caller, may("tokens")], call: Once) -> Any:
    """A token with scopes that one has; its text is shown once."""
    if not set(form.scopes) <= who.scopes:
        raise forbidden(f"A token gives what its maker has: {', '.join(sorted(who.scopes))}.")
    return await call.once(who, 201, tokens.issue, who.name, form.label, form.scopes, form.expires, form.token)


@router.delete("/me/tokens/{number}", response_model=TokenEnded)
async def end_token(number: Number, who: Annotated[Caller, may("tokens")], call: Once) -> Any:
    """Revoke a token of one's own."""
    return await call.once(who, 200, tokens.revoke, who.name, number)


@router.post("/payments", status_code=201, response_model=Paid)
async def pay_in(form: Payment, who: Annotated[Caller, may("admin")], call: Once) -> Any:
    """Pay money in for a party, or out."""
    return await call.once(who, 201, _pay, form.party, form.amount, f"{who.name}/{call.key}")


def _pay(unit: Unit, party: str, amount: int, key: str) -> dict[str, Any]:
    if unit.connection.scalar(select(tables.party.c.id).where(tables.party.c.name == party)) is None:
        raise missing("party", "of that name")
    unit.ledger.post({MINT: -amount, party: amount}, f"payment/{key}", "payment")
    return {"party": party, "amount": amount, "balance": views.balance(unit.connection, party)["balance"]}
