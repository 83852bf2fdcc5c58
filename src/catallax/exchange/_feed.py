"""Events as they happen, for those who may know of them."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import Connection, func, or_, select

from catallax.exchange import _tables as tables
from catallax.exchange._paging import Paging, page
from catallax.exchange._store import Store

PAUSE, BEAT, LIFE = 0.1, 15.0, 300.0
"""Seconds between two looks at least; between two signs of life; after which a stream ends and its reader comes again, with a token that still counts."""
ROWS = 400
"""Events of one look at most."""


class Feed:
    """Wakes all who wait when something was committed.

    Args:
        store: whose events.
        most: streams of one party at once.
    """

    def __init__(self, store: Store, most: int = 20) -> None:
        self._most = most
        self._streams: Counter[str] = Counter()
        self._store = store
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news = asyncio.Event()
        self.open = True
        store.listen(self._hear)

    def start(self) -> None:
        """Begin to listen, on the running event loop."""
        self._loop = asyncio.get_running_loop()

    def close(self) -> None:
        """End all streams."""
        self.open = False
        self._wake()

    def full(self, caller: str) -> bool:
        """Whether a party has as many streams as it may."""
        return self._streams[caller] >= self._most

    async def stream(self, caller: str, after: int, subject: str | None) -> AsyncIterator[str]:
        """Server-sent events from a number on, until the stream is old.

        Args:
            caller: who listens; it hears what is public and what is its own.
            after: the last number it knows.
            subject: of the events; None for all.
        """
        self._streams[caller] += 1
        try:
            async for line in self._lines(caller, after, subject):
                yield line
        finally:
            self._streams -= Counter([caller])  # forgets who has none

    async def _lines(self, caller: str, after: int, subject: str | None) -> AsyncIterator[str]:
        ends = self._store.clock() + LIFE
        last, quiet = after, 0.0
        while self.open and self._store.clock() < ends:
            news = self._news
            for row in await self._recent(caller, last, subject):
                last, quiet = row["id"], 0.0
                yield f"id: {last}\ndata: {json.dumps(row)}\n\n"
            if quiet >= BEAT:
                quiet = 0.0
                yield ": still here\n\n"
            await asyncio.sleep(PAUSE)
            # another process may write to the same database, and wakes nobody here
            await _waited(news, 1.0)
            quiet += PAUSE + 1.0

    async def _recent(self, caller: str, last: int, subject: str | None) -> list[dict[str, Any]]:
        paging = Paging(last, ROWS, newest=False)
        return (await self._store.read(events, caller, paging, subject))["items"]

    def _hear(self, told: list[dict[str, Any]]) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


def newest(connection: Connection) -> int:
    """Number of the last event; 0 if there is none."""
    return connection.scalar(select(func.max(tables.event.c.id))) or 0


def events(connection: Connection, caller: str, paging: Paging, subject: str | None) -> dict[str, Any]:
    """Events that a caller may know of."""
    event = tables.event.c
    conditions = [or_(event.audience.is_(None), event.audience == caller)]
    conditions += [event.subject == subject] if subject else []
    columns = ("id", "at", "kind", "subject", "data")
    return page(connection, tables.event, columns, paging, *conditions)


async def _waited(news: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(news.wait(), seconds)
    except TimeoutError:
        return
