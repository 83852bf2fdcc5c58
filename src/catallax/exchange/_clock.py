"""Time passes: phases that are over are ended, one after the other, whoever calls or not."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy import Connection

from catallax.exchange import _inquiries as inquiries
from catallax.exchange import _questions as questions
from catallax.exchange import _stages as stages
from catallax.exchange._problems import Problem
from catallax.exchange._store import Store

T = TypeVar("T")

TICK = 0.05
"""Seconds between two looks."""
ENDS = ((stages.due, stages.advance), (questions.due, questions.advance), (inquiries.due, inquiries.advance))
"""What is due, and how it ends."""
log = logging.getLogger("catallax.exchange")


class Pulse:
    """When the clock last looked at everything."""

    def __init__(self) -> None:
        self._at = time.monotonic()

    def beat(self) -> None:
        """It did now."""
        self._at = time.monotonic()

    @property
    def age(self) -> float:
        """Seconds since."""
        return time.monotonic() - self._at


async def keep_time(store: Store, pulse: Pulse) -> None:
    """End what is due, until cancelled; what cannot be ended now is tried again at the next look, and holds up nothing else."""
    while True:
        for advance, number in await tried(store.read(_due, store.now())) or ():
            await tried(store.write(advance, number, secrets.SystemRandom()))
        pulse.beat()
        await asyncio.sleep(TICK)


def _due(connection: Connection, now: int) -> list[tuple[Callable[..., bool], int]]:
    return [(advance, number) for due, advance in ENDS for number in due(connection, now)]


async def tried(call: Awaitable[T]) -> T | None:
    """What a call returns; None, and a line in the log, if it fails."""
    try:
        return await call
    except Problem as problem:
        log.warning("clock waits", extra={"code": problem.code})
    except Exception:  # one thing that cannot be ended must not stop the clock for all others
        log.exception("clock stumbled")
    return None
