"""Idempotency keys: a call that is repeated is answered again and not done again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import bindparam, insert, select, update

from catallax.exchange import _tables as tables
from catallax.exchange._problems import Problem
from catallax.exchange._store import Unit

SECRET = ("token", "secret")
"""Fields that are told once and never stored."""
FORGOTTEN = ""
"""Fingerprint of a call that must not be told any more: it is answered as before to whatever comes under its key."""

_KEEP = insert(tables.answered)
_BEFORE = select(tables.answered.c.fingerprint, tables.answered.c.status, tables.answered.c.body).where(
    tables.answered.c.party == bindparam("party"), tables.answered.c.key == bindparam("key")
)


class Answer(NamedTuple):
    """What a call is answered."""

    status: int
    body: str
    repeated: bool = False


def fingerprint(method: str, path: str, body: bytes) -> str:
    """Of a call: what must be the same when its key is used again."""
    return hashlib.sha256(b"\0".join([method.encode(), path.encode(), body])).hexdigest()


def once(
    unit: Unit, party: str, key: str, mark: str, status: int, work: Callable[..., dict[str, Any]], *arguments: Any
) -> Answer:
    """Do work once for each key of a party; the answer is kept in the same transaction as the effect.

    Raises:
        Problem: of the work, which is then undone and not kept; 422 if the key was used for another call.
    """
    before = unit.connection.execute(_BEFORE, {"party": party, "key": key}).first()
    if before is not None:
        if before.fingerprint not in (mark, FORGOTTEN):
            raise Problem(
                422,
                "key-reused",
                "This Idempotency-Key was used for another call; make a new one for each.",
                "Idempotency-Key",
            )
        return Answer(before.status, before.body, repeated=True)
    answer = work(unit, *arguments)
    kept = json.dumps({name: value for name, value in answer.items() if name not in SECRET})
    values = {"party": party, "key": key, "fingerprint": mark, "status": status, "body": kept, "at": unit.now}
    unit.connection.execute(_KEEP, values)
    return Answer(status, json.dumps(answer))


def forget(unit: Unit, party: str, key: str) -> None:
    """Forget what a call said: a guess at it could be compared with its fingerprint."""
    answered = tables.answered
    unit.connection.execute(
        update(answered).where(answered.c.party == party, answered.c.key == key).values(fingerprint=FORGOTTEN)
    )
