"""Lists, page by page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, NamedTuple

from fastapi import Depends, Query
from sqlalchemy import Column, Connection, Select, Table, select


class Paging(NamedTuple):
    """Which part of a list: the `limit` that come after a number, or, the newest first, before it."""

    after: int
    limit: int
    newest: bool

    def read(self, connection: Connection, query: Select, number: Column[Any]) -> dict[str, Any]:
        """Rows of a query that has the column `number` as `id`, and where the next page begins; None at the end."""
        if self.after:
            query = query.where(number < self.after if self.newest else number > self.after)
        rows = connection.execute(query.order_by(number.desc() if self.newest else number).limit(self.limit + 1)).all()
        items = [dict(row._mapping) for row in rows[: self.limit]]
        return {"items": items, "next": items[-1]["id"] if len(rows) > self.limit else None}


def page(
    connection: Connection, table: Table, columns: Iterable[str], paging: Paging, *conditions: Any
) -> dict[str, Any]:
    """A page of a table."""
    query = select(*(table.c[name] for name in columns)).where(*conditions)
    return paging.read(connection, query, table.c.id)


def _paging(
    after: Annotated[int, Query(ge=0, le=2**62, description="The last number one has seen.")] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    newest: Annotated[bool, Query(description="The newest first.")] = False,
) -> Paging:
    return Paging(after, limit, newest)


Page = Annotated[Paging, Depends(_paging)]
