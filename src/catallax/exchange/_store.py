"""The database: one writer for SQLite, several that retry for PostgreSQL, readers beside them."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, OperationalError

from catallax.exchange import _tables as tables
from catallax.exchange._ledger import Ledger
from catallax.exchange._problems import Problem

T = TypeVar("T")

PATIENCE = 5.0
"""Seconds a writer waits for another process that has the database locked."""
TRIES = 12
_CONFLICTS = {"40001", "40P01", "23505"}
"""Of PostgreSQL: could not serialise, deadlock, and a row that another transaction wrote at the same time."""


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
    """Where everything is kept; every change is one serialisable transaction.

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
        kind = make_url(url).get_backend_name()
        if kind not in _ENGINES:
            raise ValueError(f"Store: expected one of {', '.join(_ENGINES)}, got {kind!r}; give `sqlite:///FILE`.")
        self._writes, self._reads, writers = _ENGINES[kind](url, sync)
        self._writers = ThreadPoolExecutor(writers, "writer")
        self._readers = ThreadPoolExecutor(4, "reader")
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
        """Run work on a `Unit` and commit it; what cannot be serialised is tried again.

        Raises:
            Problem: of the work, which is then undone; 503 if the database stays locked; 507 if the disk is full.
        """
        for trial in range(TRIES):
            try:
                with self._writes.begin() as connection:
                    unit = Unit(connection, self.now())
                    result = work(unit, *arguments)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) in _CONFLICTS and trial + 1 < TRIES:
                    time.sleep(random.random() * 0.002 * 2**trial)
                    continue
                raise _explained(error) from None  # its words may be those of a row
            if unit.told:
                for listener in self._listeners:
                    listener(unit.told)
            return result
        raise AssertionError("unreachable: the last try returns or raises")

    def look(self, work: Callable[..., T], *arguments: Any) -> T:
        """Run work on a connection that only reads.

        Raises:
            Problem: of the work; 503 if the database cannot be read.
        """
        try:
            with self._reads.connect() as connection:
                return work(connection, *arguments)
        except OperationalError as error:
            raise _explained(error) from None

    async def write(self, work: Callable[..., T], *arguments: Any) -> T:
        """`change`, beside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._writers, partial(self.change, work, *arguments))

    async def read(self, work: Callable[..., T], *arguments: Any) -> T:
        """`look`, beside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, partial(self.look, work, *arguments))

    def close(self) -> None:
        """Finish what was begun and let go of the database."""
        self._writers.shutdown()
        self._readers.shutdown()
        self._writes.dispose()
        self._reads.dispose()


def _explained(error: DBAPIError) -> Exception:
    """A refusal in place of what the database said, if it is one that time or room can cure; no error tells what is in a row."""
    said = str(error.orig).lower()
    if "locked" in said or "busy" in said:
        return Problem(503, "database-locked", "The database is locked by another process; try again.", after=1.0)
    if "disk is full" in said or "no space left" in said:
        return Problem(507, "disk-full", "The disk is full; nothing was changed. Make room and try again.", after=30.0)
    if getattr(error.orig, "sqlstate", None) in _CONFLICTS:
        return Problem(503, "busy", "Too many changes at the same time; nothing was changed, try again.", after=0.5)
    if isinstance(error, OperationalError):
        return Problem(
            503, "database-away", "The database cannot be used now; nothing was changed, try again.", after=1.0
        )
    rule = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    what = type(error.orig).__name__ if rule is None else f"{type(error.orig).__name__} ({rule})"
    return RuntimeError(f"Store: {what} in {error.statement}".replace("\n", " "))


def _sqlite(url: str, sync: bool) -> tuple[Engine, Engine, int]:
    writes, reads = (
        create_engine(url, pool_size=1, max_overflow=0, hide_parameters=True),
        create_engine(url, pool_size=4, hide_parameters=True),
    )
    for engine in (writes, reads):
        event.listen(engine, "connect", partial(_prepared, level="FULL" if sync else "NORMAL"))
    # the driver's own idea of when a transaction begins would let two of them read first and write later
    event.listen(writes, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    event.listen(reads, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return writes, reads, 1


def _prepared(connection: Any, record: Any, level: str) -> None:
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {int(PATIENCE * 1000)}",
        "journal_mode = WAL",
        f"synchronous = {level}",
        "foreign_keys = ON",
        "secure_delete = ON",  # what is forgotten leaves no bytes behind
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _postgresql(url: str, sync: bool) -> tuple[Engine, Engine, int]:
    writers = 8
    writes = create_engine(
        url, isolation_level="SERIALIZABLE", pool_size=writers, pool_pre_ping=True, hide_parameters=True
    )
    return writes, create_engine(url, pool_size=4, pool_pre_ping=True, hide_parameters=True), writers


_ENGINES = {"sqlite": _sqlite, "postgresql": _postgresql}
