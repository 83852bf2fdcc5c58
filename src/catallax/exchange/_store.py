"""Where everything is kept: one writer, whose changes that wait are committed together, and readers beside it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from catallax.exchange import _tables as tables
from catallax.exchange._databases import READERS, explained, opened
from catallax.exchange._ledger import Ledger

T = TypeVar("T")

TOGETHER = 32
"""Changes of one commit at most: the first of them is answered after the last."""
log = logging.getLogger("catallax.exchange")


@dataclass
class Unit:
    """What one transaction works with: all of it counts, or nothing.

    Args:
        connection: of the database.
        now: the moment, milliseconds since 1970.
    """

    connection: Connection
    now: int
    told: list[dict[str, Any]] = field(default_factory=list)
    """Events written, for those who listen."""

    @property
    def ledger(self) -> Ledger:
        """The books."""
        return Ledger(self.connection, self.now)

    def tell(self, kind: str, subject: str, audience: str | None = None, **data: Any) -> None:
        """Write down what happened, for everybody or for one party."""
        values = {"at": self.now, "kind": kind, "subject": subject, "audience": audience, "data": data}
        number = tables.inserted(self.connection, tables.event, **values)
        self.told.append({"id": number, **values})


class Store:
    """Where everything is kept.

    Changes follow one another, over all processes: each sees all that was committed before it, and counts whole or not at all.
    Those that wait at the same time share a commit. Events are numbered in the order in which they can be read.

    Args:
        url: of SQLAlchemy: `sqlite:///exchange.db`, or `postgresql+psycopg://…`.
        clock: seconds since 1970.
        sync: wait for the disk at each commit. Without it a commit survives that the process is killed, and not a power failure;
            SQLite only.

    Raises:
        ValueError: for another kind of database.
    """

    def __init__(self, url: str, clock: Callable[[], float] = time.time, sync: bool = False) -> None:
        self.clock = clock
        self._writes, self._reads = opened(url, sync)
        self._waiting: deque[_Change] = deque()
        self._writer = ThreadPoolExecutor(1, "writer")
        self._readers = ThreadPoolExecutor(READERS, "reader")
        self._listeners: list[Callable[[list[dict[str, Any]]], None]] = []

    @property
    def engine(self) -> Engine:
        """Where changes are made."""
        return self._writes

    def listen(self, listener: Callable[[list[dict[str, Any]]], None]) -> None:
        """Tell somebody of events once they are committed."""
        self._listeners.append(listener)

    def now(self) -> int:
        """Milliseconds since 1970."""
        return int(self.clock() * 1000)

    def change(self, work: Callable[..., T], *arguments: Any) -> T:
        """Run work on a `Unit` and commit it.

        Raises:
            Problem: of the work, which is then undone; 503 if the database stays locked; 507 if the disk is full.
        """
        return self._queued(work, arguments).result()

    def look(self, work: Callable[..., T], *arguments: Any) -> T:
        """Run work on a connection that only reads.

        Raises:
            Problem: of the work; 503 if the database cannot be read.
        """
        try:
            with self._reads.connect() as connection:
                return work(connection, *arguments)
        except OperationalError as error:
            raise explained(error) from None

    async def write(self, work: Callable[..., T], *arguments: Any) -> T:
        """`change`, beside the event loop."""
        return await asyncio.wrap_future(self._queued(work, arguments))

    async def read(self, work: Callable[..., T], *arguments: Any) -> T:
        """`look`, beside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, partial(self.look, work, *arguments))

    def close(self) -> None:
        """Finish what was begun and let go of the database."""
        self._writer.shutdown()
        self._readers.shutdown()
        self._writes.dispose()
        self._reads.dispose()

    def _queued(self, work: Callable[..., T], arguments: tuple[Any, ...]) -> Future[T]:
        change = _Change(work, arguments, Future())
        self._waiting.append(change)
        self._writer.submit(self._commit_waiting)
        return change.future

    def _commit_waiting(self) -> None:
        changes = [self._waiting.popleft() for _ in range(min(len(self._waiting), TOGETHER))]
        if changes := [change for change in changes if change.future.set_running_or_notify_cancel()]:
            self._commit(changes)

    def _commit(self, changes: list[_Change]) -> None:
        """All in one transaction; who asked hears what came of it once it is committed."""
        try:
            with self._writes.begin() as connection:
                outcomes = [self._done(connection, change) for change in changes]
        except DBAPIError as error:
            if len(changes) > 1 and not isinstance(error, OperationalError):  # one of them broke a rule of the database
                for change in changes:
                    self._commit([change])
                return
            outcomes = [_Outcome(error=explained(error)) for _ in changes]  # its own words may be those of a row
        except BaseException as error:
            outcomes = [_Outcome(error=error) for _ in changes]
        self._tell([event for outcome in outcomes for event in outcome.told])
        for change, outcome in zip(changes, outcomes, strict=True):
            if outcome.error is None:
                change.future.set_result(outcome.result)
            else:
                change.future.set_exception(outcome.error)

    def _done(self, connection: Connection, change: _Change) -> _Outcome:
        """What came of a change; nothing is left of it if it was refused."""
        unit = Unit(connection, self.now())
        connection.exec_driver_sql("SAVEPOINT one")  # within that of the last; the commit ends all
        try:
            outcome = _Outcome(change.work(unit, *change.arguments), unit.told)
        except DBAPIError:
            raise  # it may have ended the transaction
        except Exception as error:
            connection.exec_driver_sql("ROLLBACK TO SAVEPOINT one")
            outcome = _Outcome(error=error)
        return outcome

    def _tell(self, events: list[dict[str, Any]]) -> None:
        for listener in self._listeners if events else ():
            try:
                listener(events)
            except Exception:  # what is committed is committed, and who asked for it has to hear
                log.exception("listener failed")


class _Change(NamedTuple):
    work: Callable[..., Any]
    arguments: tuple[Any, ...]
    future: Future[Any]


class _Outcome(NamedTuple):
    result: Any = None
    told: list[dict[str, Any]] = []  # noqa: RUF012 - never added to
    error: BaseException | None = None
