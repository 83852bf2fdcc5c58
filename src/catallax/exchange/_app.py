"""The service, put together."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator, Callable
from importlib.metadata import version

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from catallax.exchange import (
    _event_routes,
    _inquiry_routes,
    _operation_routes,
    _party_routes,
    _question_routes,
    _request_routes,
    _session_routes,
    _webhook_routes,
)
from catallax.exchange import _tokens as tokens
from catallax.exchange._body import Bounded
from catallax.exchange._calls import House
from catallax.exchange._clock import Pulse, keep_time
from catallax.exchange._courier import Courier
from catallax.exchange._described import described
from catallax.exchange._feed import Feed
from catallax.exchange._inspector import Inspector
from catallax.exchange._judges import configured
from catallax.exchange._known import Known
from catallax.exchange._limits import Buckets
from catallax.exchange._metrics import Meters
from catallax.exchange._page import Guarded, PageFiles
from catallax.exchange._problems import Problem, answer
from catallax.exchange._schema import ensure
from catallax.exchange._settings import Settings
from catallax.exchange._store import Store
from catallax.exchange._watch import Watched
from catallax.language.bazaar import AbstractContractor

ROUTERS: tuple[APIRouter, ...] = (
    _session_routes.router,
    _party_routes.router,
    _request_routes.router,
    _question_routes.router,
    _inquiry_routes.router,
    _event_routes.router,
    _webhook_routes.router,
    _operation_routes.router,
)
LOGINS = 20
"""At once."""
NAME = re.compile(r"[A-Za-z_]{1,30}")
"""Of a field, as far as it is repeated."""


def create_app(
    settings: Settings | None = None,
    clock: Callable[[], float] = time.time,
    contractor: AbstractContractor | None = None,
) -> FastAPI:
    """The marketplace as an ASGI application.

    Args:
        settings: how it is run.
        clock: seconds since 1970.
        contractor: who inspects sealed information; by default the language model of the settings, or a program that counts words.
            If it has `aclose`, that is awaited in the end, on the event loop it ran on.

    Raises:
        ValueError: for a kind of database it cannot use.
        SchemaError: if its tables are older (they wait for `catallax migrate`) or newer than this program.
        TypeError: for a contractor that could keep what it reads.
    """
    settings = settings or Settings()
    contractor = configured(settings) if contractor is None else contractor
    store = Store(settings.database, clock, settings.sync)
    try:
        inspector = Inspector(store, contractor, settings.inspecting)
        ensure(store.engine)
    except BaseException:
        store.close()
        raise
    feed, meters, pulse = Feed(store, settings.streams), Meters(), Pulse()
    courier = Courier(store, settings.local_hooks)

    @contextlib.asynccontextmanager
    async def alive(app: FastAPI) -> AsyncIterator[None]:
        feed.start()
        keepers = [asyncio.create_task(work) for work in (keep_time(store, pulse), inspector.keep(), courier.keep())]
        try:
            yield
        finally:
            feed.close()
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)
            store.close()

    app = FastAPI(
        title="catallax exchange",
        version=version("catallax"),
        lifespan=alive,
        openapi_url="/api/openapi.json",
        docs_url=None,  # they would load scripts from elsewhere, which the page's rules forbid
        redoc_url=None,
    )
    app.state.house = House(
        settings,
        store,
        feed,
        Known(store),
        contractor,
        Buckets(settings.rate, settings.burst),
        Buckets(settings.strangers, settings.burst),
        Buckets(settings.logins, LOGINS),
        meters,
        pulse,
    )
    for router in ROUTERS:
        app.router.routes.extend(router.routes)  # `include_router` looks for the route of every call twice
    app.router.routes.append(PageFiles())
    app.openapi = described(app)
    app.add_middleware(Bounded, most=settings.body)
    app.add_middleware(Guarded, secure=settings.secure)
    app.add_middleware(Watched, meters=meters)  # the last is the outermost
    app.add_exception_handler(Problem, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _plain)
    app.add_exception_handler(ClientDisconnect, _gone)
    return app


def first_token(app: FastAPI) -> str | None:
    """The token of the administrator, made and told at the first start of a marketplace; None at every other."""
    return app.state.house.store.change(tokens.founded)


async def _refused(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    return answer(problem)


async def _malformed(request: Request, error: Exception) -> Response:
    """The first field that is wrong, without what was sent: it may be a secret. The name of an unknown field was sent too."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    steps = [str(step) for step in first["loc"][1:]]
    unknown = first["type"] == "extra_forbidden" and not NAME.fullmatch(steps[-1])
    field = ".".join(steps[:-1] if unknown else steps) or str(first["loc"][0])
    return answer(Problem(422, first["type"].replace("_", "-"), f"{field}: {first['msg']}.", field))


async def _gone(request: Request, error: Exception) -> Response:
    """Whoever hung up in the middle of its call hears nothing more, and is no fault of the service."""
    return Response(status_code=400)


async def _plain(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    names = {404: "not-found", 405: "method-not-allowed"}
    code = names.get(error.status_code, "refused")
    refused = answer(Problem(error.status_code, code, f"{error.detail}; /api/openapi.json tells what there is."))
    refused.headers.update(error.headers or {})
    return refused
