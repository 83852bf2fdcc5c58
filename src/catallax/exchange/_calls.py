"""What every route begins with: who calls, whether it may, and whether it called before."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes

from catallax.exchange._answered import fingerprint, once
from catallax.exchange._clock import Pulse
from catallax.exchange._feed import Feed
from catallax.exchange._known import Known
from catallax.exchange._limits import Buckets, neighbourhood
from catallax.exchange._metrics import Meters
from catallax.exchange._problems import Problem, forbidden
from catallax.exchange._settings import Settings
from catallax.exchange._store import Store
from catallax.exchange._tokens import Caller, hashed
from catallax.language.bazaar import AbstractContractor

COOKIE = "session"
_bearer = HTTPBearer(auto_error=False, scheme_name="token", description="A token, `Authorization: Bearer cx_…`.")


@dataclass
class House:
    """What all calls share."""

    settings: Settings
    store: Store
    feed: Feed
    known: Known
    contractor: AbstractContractor
    parties: Buckets
    strangers: Buckets
    logins: Buckets
    meters: Meters
    pulse: Pulse


def house(request: Request) -> House:
    """The house a call came to."""
    return request.app.state.house


def address(request: Request) -> str:
    """Where a call comes from, as far as strangers are told apart."""
    return neighbourhood(request.client.host) if request.client else "nobody"


def csrf(cookie: str) -> str:
    """What a page repeats in the header `X-CSRF`, which no other site can read."""
    return hashed(f"csrf {cookie}")[:32]


async def caller(
    scopes: SecurityScopes,
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
) -> Caller:
    """Who calls; refused without a token, or without one of the scopes it takes.

    Raises:
        Problem: 401, 403, 429.
    """
    here, cookie = house(request), request.cookies.get(COOKIE)
    text = credentials.credentials if credentials else cookie
    found = await here.known.whose(text) if text else None
    if found is None:
        here.strangers.take(address(request), here.store.clock())
        raise Problem(
            401, "no-token", "This takes a token: `Authorization: Bearer cx_…`; POST /api/parties gives you one."
        )
    request.state.party = found.number
    here.parties.take(found.name, here.store.clock())
    by_cookie = credentials is None and request.method not in ("GET", "HEAD")
    if by_cookie and not hmac.compare_digest(request.headers.get("x-csrf", "").encode(), csrf(cookie or "").encode()):
        raise forbidden("A call with a cookie repeats the session's `csrf` in X-CSRF; GET /api/session tells it.")
    lacking = [scope for scope in scopes.scopes if scope not in found.scopes]
    if lacking:
        raise forbidden(f"This token lacks the scope {', '.join(lacking)}; it has {', '.join(sorted(found.scopes))}.")
    return found


def may(*scopes: str) -> Any:
    """The dependency of a route that takes scopes."""
    return Security(caller, scopes=scopes)


@dataclass
class Writing:
    """A call that changes something, once for each `Idempotency-Key`."""

    request: Request
    key: str
    mark: str

    async def once(self, who: Caller, status: int, work: Callable[..., dict[str, Any]], *arguments: Any) -> Response:
        """Do the work, or answer as before."""
        store = house(self.request).store
        answer = await store.write(once, who.name, self.key, self.mark, status, work, *arguments)
        headers = {"Idempotency-Replayed": "true"} if answer.repeated else None
        return Response(answer.body, answer.status, headers, "application/json")


async def writing(
    request: Request,
    key: Annotated[
        str,
        Header(
            alias="Idempotency-Key",
            min_length=8,
            max_length=120,
            pattern=r"^[ -~]+$",
            description="New for each call; the same when it is tried again.",
        ),
    ],
) -> Writing:
    """What a call that writes needs."""
    return Writing(request, key, fingerprint(request.method, request.url.path, await request.body()))


Once = Annotated[Writing, Depends(writing)]


async def _house(request: Request) -> House:
    return house(request)  # a dependency that is no coroutine is given a thread of its own


Here = Annotated[House, Depends(_house)]


async def look(request: Request, work: Callable[..., Any], *arguments: Any) -> Any:
    """Read from the database, beside the event loop."""
    return await house(request).store.read(work, *arguments)
