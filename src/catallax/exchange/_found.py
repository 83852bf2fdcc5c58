"""A row by its number, or a refusal."""

from __future__ import annotations

from sqlalchemy import Connection, Row, Table

from catallax.exchange import _tables as tables
from catallax.exchange._problems import forbidden, missing


def found(connection: Connection, table: Table, number: int) -> Row:
    """The row with a number.

    Raises:
        Problem: 404.
    """
    row = tables.numbered(connection, table, number)
    if row is None:
        raise missing(table.name, number)
    return row


def owned(connection: Connection, table: Table, caller: str, number: int) -> Row:
    """The row with a number, which is the caller's.

    Raises:
        Problem: 404, or 403 if it is somebody else's.
    """
    row = found(connection, table, number)
    if row.owner != caller:
        raise forbidden(f"{table.name.capitalize()} {number} is {row.owner}'s; only its owner may do that.")
    return row
