"""SQLite and PostgreSQL: how each is opened, how one writer at a time is made sure of, and what its errors mean."""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, OperationalError

from catallax.exchange._problems import Problem

PATIENCE = 5.0
"""Seconds a writer waits for another process that writes."""
READERS = 4
_LOCKED, _TOO_SLOW = "55P03", "25P03"
"""Of PostgreSQL: a lock that was not had in time; a transaction that stood still for so long that it was ended."""


def opened(url: str, sync: bool) -> tuple[Engine, Engine]:
    """Open a database.

    Args:
        url: of SQLAlchemy.
        sync: as in `Store`.

    Returns:
        Where changes are made, one transaction after the other, whatever its process; and where is only read, each transaction of
        one moment.

    Raises:
        ValueError: for a kind of database there is no rule for.
    """
    kind = make_url(url).get_backend_name()
    if kind not in _KINDS:
        raise ValueError(f"Store: expected one of {', '.join(_KINDS)}, got {kind!r}; give `sqlite:///FILE`.")
    return _KINDS[kind](url, sync)


def explained(error: DBAPIError) -> Exception:
    """A refusal in place of what the database said, if it is one that time or room can cure; no error tells what is in a row."""
    said, state = str(error.orig).lower(), getattr(error.orig, "sqlstate", None)
    if "locked" in said or "busy" in said or state == _LOCKED:
        return Problem(503, "database-locked", "The database is locked by another process; try again.", after=1.0)
    if "disk is full" in said or "no space left" in said:
        return Problem(507, "disk-full", "The disk is full; nothing was changed. Make room and try again.", after=30.0)
    if isinstance(error, OperationalError) or state == _TOO_SLOW:
        return Problem(
            503, "database-away", "The database cannot be used now; nothing was changed, try again.", after=1.0
        )
    rule = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    what = type(error.orig).__name__ if rule is None else f"{type(error.orig).__name__} ({rule})"
    return RuntimeError(f"Store: {what} in {error.statement}".replace("\n", " "))


def _sqlite(url: str, sync: bool) -> tuple[Engine, Engine]:
    writes, reads = (
        create_engine(url, pool_size=1, max_overflow=0, hide_parameters=True),
        create_engine(url, pool_size=READERS, hide_parameters=True),
    )
    for engine in (writes, reads):
        event.listen(engine, "connect", partial(_prepared, level="FULL" if sync else "NORMAL"))
    # the driver's own idea of when a transaction begins would let two of them read first and write later
    event.listen(writes, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    event.listen(reads, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return writes, reads


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


def _postgresql(url: str, sync: bool) -> tuple[Engine, Engine]:
    # A lock that all writers take, and not SERIALIZABLE: that refuses most of what is written at the same time, since everything
    # is appended to the same pages; and events would appear out of order, so that who reads on from a number missed some.
    # Each statement sees what was committed before it: a snapshot of the whole transaction would be older than the lock.
    common: dict[str, Any] = {"pool_pre_ping": True, "hide_parameters": True}
    common["connect_args"] = {"connect_timeout": int(PATIENCE)}
    writes = create_engine(url, isolation_level="READ COMMITTED", pool_size=1, max_overflow=0, **common)
    reads = create_engine(url, isolation_level="REPEATABLE READ", pool_size=READERS, **common)
    event.listen(writes, "connect", _patient)
    event.listen(writes, "begin", _locked)
    return writes, reads


def _locked(connection: Connection) -> None:
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext(current_schema()))")


def _patient(connection: Any, record: Any) -> None:
    connection.execute(f"SET lock_timeout = {int(PATIENCE * 1000)}")
    # a machine that vanishes in the middle of a change has its lock until the server gives it up
    connection.execute(f"SET idle_in_transaction_session_timeout = {int(2 * PATIENCE * 1000)}")
    connection.commit()


_KINDS = {"sqlite": _sqlite, "postgresql": _postgresql}
