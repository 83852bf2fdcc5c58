"""For who runs it: whether it is alive, whether it is ready, and what it does."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection, text

from catallax.exchange._answers._operations import Alive, Ready
from catallax.exchange._calls import Here, address
from catallax.exchange._problems import Problem

router = APIRouter(tags=["operations"])
LATE, PATIENCE = 5.0, 2.0
"""Seconds without a look of the clock; in which the database answers."""


@router.get("/healthz", response_model=Alive)
async def alive() -> dict[str, bool]:
    """Whether the process answers; if not, start it again."""
    return {"alive": True}


@router.get("/readyz", response_model=Ready)
async def ready(here: Here) -> dict[str, bool]:
    """Whether calls can be sent here: the database answers, and the clock is not late."""
    try:
        async with asyncio.timeout(PATIENCE):
            await here.store.read(_answers)
    except TimeoutError:
        raise Problem(503, "database-away", f"The database did not answer in {PATIENCE:g} s.", after=1.0) from None
    if here.pulse.age > LATE:
        raise Problem(503, "clock-late", f"The clock has not looked for {LATE:g} s.", after=1.0)
    return {"ready": True}


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(request: Request, here: Here) -> Response:
    """Figures for Prometheus, without names of parties."""
    if not here.settings.metrics:
        raise Problem(404, "not-found", "Figures are not told here; Settings.metrics is off.")
    here.strangers.take(address(request), here.store.clock())
    found = await here.meters.counted(here.store)
    return Response(here.meters.told(found, here.pulse.age), media_type="text/plain; version=0.0.4")


def _answers(connection: Connection) -> None:
    connection.execute(text("SELECT 1"))
