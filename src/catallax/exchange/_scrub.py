"""What was deleted leaves the log of the database too."""

from __future__ import annotations

from sqlalchemy import Engine

PATIENCE = 100
"""Milliseconds to wait for readers; with less luck it is tried again."""


def scrubbed(engine: Engine) -> bool:
    """Empty SQLite's write-ahead log into the database, where what is deleted is overwritten; it holds older pages otherwise.

    In PostgreSQL deleted texts go with the next `VACUUM` and the recycling of its log; that is its keeper's to arrange.

    Returns:
        Whether it is done.
    """
    if engine.dialect.name != "sqlite":
        return True
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        (before,) = cursor.execute("PRAGMA busy_timeout").fetchone()
        cursor.execute(f"PRAGMA busy_timeout = {PATIENCE}")
        try:
            busy, _, _ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {before}")
            cursor.close()
    finally:
        connection.close()
    return not busy
