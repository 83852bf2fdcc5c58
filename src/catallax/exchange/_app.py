"""The service, put together."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from importlib.metadata import version

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from catallax.exchange import (
    _event_routes,
    _inquiry_routes,
    _party_routes,
    _question_routes,
    _request_routes,
    _session_routes,
)
from catallax.exchange import _tokens as tokens
from catallax.exchange._calls import House
from catallax.exchange._clock import keep_time
from catallax.exchange._feed import Feed
from catallax.exchange._inspector import Inspector
from catallax.exchange._judges import configured
from catallax.exchange._known import Known
from catallax.exchange._limits import Buckets
from catallax.exchange._page import Guarded, page_files
from catallax.exchange._problems import Problem
from catallax.exchange._schema import ensure
from catallax.exchange._settings import Settings
from catallax.exchange._store import Store
from catallax.language.bazaar import AbstractContractor

ROUTERS: tuple[APIRouter, ...] = (
    _session_routes.router,
    _party_routes.router,
    _request_routes.router,
    _question_routes.router,
    _inquiry_routes.router,
    _event_routes.router,
)


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
    feed = Feed(store)

    @contextlib.asynccontextmanager
    async def alive(app: FastAPI) -> AsyncIterator[None]:
        feed.start()
        keepers = [asyncio.create_task(keep_time(store)), asyncio.create_task(inspector.keep())]
        try:
            yield
        finally:
            feed.close()
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)
            store.close()

    app = FastAPI(
        title="catallax exchange", version=version("catallax"), lifespan=alive, openapi_url="/api/openapi.json"
    )
    app.state.house = House(
        settings,
        store,
        feed,
        Known(store),
        contractor,
        Buckets(settings.rate, settings.burst),
        Buckets(settings.strangers, settings.burst),
    )
    for router in ROUTERS:
        app.router.routes.extend(router.routes)  # `include_router` looks for the route of every call twice
    app.mount("/", page_files())
    app.add_middleware(Guarded)
    app.add_exception_handler(Problem, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _plain)
    app.add_exception_handler(ClientDisconnect, _gone)
    return app


def first_token(app: FastAPI) -> str | None:
    """The token of the administrator, made and told at the first start of a marketplace; None at every other."""
    return app.state.house.store.change(tokens.founded)


async def _refused(request: Request, problem: Exception) -> JSONResponse:
    assert isinstance(problem, Problem)
    headers = {} if problem.after is None else {"Retry-After": str(max(1, round(problem.after)))}
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(problem.body, problem.status, headers, "application/problem+json")


async def _malformed(request: Request, error: Exception) -> JSONResponse:
    """The first field that is wrong, without what was sent: it may be a secret."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    field = ".".join(str(step) for step in first["loc"][1:]) or str(first["loc"][0])
    return await _refused(request, Problem(422, first["type"].replace("_", "-"), f"{field}: {first['msg']}.", field))


async def _gone(request: Request, error: Exception) -> Response:
    """Whoever hung up in the middle of its call hears nothing more, and is no fault of the service."""
    return Response(status_code=400)


async def _plain(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    names = {404: "not-found", 405: "method-not-allowed"}
    return await _refused(
        request,
        Problem(
            error.status_code,
            names.get(error.status_code, "refused"),
            f"{error.detail}: {request.method} {request.url.path}.",
        ),
    )
