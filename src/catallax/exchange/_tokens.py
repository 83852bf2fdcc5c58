"""Who may do what: parties, tokens that are kept as hashes, and scopes."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, or_, select, update

from catallax.exchange import _tables as tables
from catallax.exchange._ledger import HOUSE, MINT
from catallax.exchange._problems import Problem, missing
from catallax.exchange._store import Unit

SCOPES = {
    "read": "see what one may see",
    "ask": "post requests, pick offers",
    "bid": "bid for states and append to them",
    "inform": "offer information",
    "forecast": "open questions and trade on them",
    "tokens": "make and revoke tokens of one's own",
    "admin": "pay money in and out, and admit parties",
}
"""What a token can be for."""
EVERYDAY = tuple(scope for scope in SCOPES if scope != "admin")
ADMIN = "admin"
REVOKED = "token.revoked"
RESERVED = frozenset({HOUSE, MINT, "escrow", "operator", "consumer", "compute", ADMIN})
DISTINCT = 16
"""Letters that differ in a token of 43, at least: fewer has one random token in ten trillion."""
NAMES = re.compile(r"[a-z0-9][a-z0-9_-]{1,39}")

_HASHED = (
    select(
        tables.token.c.party,
        tables.token.c.scopes,
        tables.token.c.id,
        tables.token.c.expires,
        tables.token.c.origin,
        tables.party.c.id.label("number"),
    )
    .join(tables.party, tables.party.c.name == tables.token.c.party)
    .where(tables.token.c.hash == bindparam("hash"), tables.token.c.revoked.is_(None))
)


class Caller(NamedTuple):
    """Who asks."""

    name: str
    scopes: frozenset[str]
    token: int
    """Number of its token."""
    number: int
    """Of the party, for logs."""
    expires: int | None = None
    """When the token ends, milliseconds since 1970."""
    origin: int | None = None
    """Number of the token that began it, if it is a session."""


def hashed(text: str) -> str:
    """What is kept of a token: it has 256 random bits, so that a plain SHA-256 cannot be turned back."""
    return hashlib.sha256(text.encode()).hexdigest()


def admit(
    unit: Unit, name: str, grant: int, scopes: Iterable[str] = EVERYDAY, token: str | None = None
) -> dict[str, Any]:
    """Make a party with an account and a first token. Who signs up again with a token of that party is answered again.

    Args:
        unit: of the transaction.
        name: of the party and of its account.
        grant: micro-credits it starts with, from the mint.
        scopes: of its token.
        token: its text, if the caller chose it.

    Raises:
        Problem: 422 for a name that is no name or is the market's own, or a token that is a poor one; 409 if either is taken.
    """
    if not NAMES.fullmatch(name) or name in RESERVED:
        raise Problem(
            422,
            "bad-name",
            "A name has 2 to 40 lower-case letters, digits, '-' and '_', begins with a letter or digit, "
            f"and is none of {', '.join(sorted(RESERVED))}.",
            "name",
        )
    if unit.connection.scalar(select(tables.party.c.id).where(tables.party.c.name == name)) is not None:
        again = None if token is None else _issued(unit, name, token)
        if again is None:
            raise Problem(409, "taken", "There is a party of that name already; choose another.", "name")
        return {"name": name, "balance": unit.ledger[name], **again}
    tables.inserted(unit.connection, tables.party, name=name, at=unit.now)
    unit.ledger.post({MINT: -grant, name: grant}, f"admit/{name}", "admit")
    return {"name": name, "balance": grant, **issue(unit, name, "first", scopes, token=token)}


def founded(unit: Unit) -> str | None:
    """The first token of the administrator, who is no party that anybody can sign up as; None if there is one."""
    if unit.connection.scalar(select(tables.party.c.id).where(tables.party.c.name == ADMIN)) is not None:
        return None
    tables.inserted(unit.connection, tables.party, name=ADMIN, at=unit.now)
    return issue(unit, ADMIN, "first", SCOPES)["token"]


def issue(
    unit: Unit,
    party: str,
    label: str,
    scopes: Iterable[str],
    expires: int | None = None,
    token: str | None = None,
    origin: int | None = None,
) -> dict[str, Any]:
    """Make a token; its text is told now and never again.

    Args:
        unit: of the transaction.
        party: whose.
        label: what for.
        scopes: of it.
        expires: when it ends, milliseconds since 1970; None for never.
        token: its text, if the caller chose one.
        origin: number of the token that it ends with.

    Raises:
        Problem: 422 for an unknown scope, or a chosen text that no random one looks like; 409 for one that is in use.
    """
    wanted = sorted(set(scopes))
    unknown = [scope for scope in wanted if scope not in SCOPES]
    if unknown or not wanted:
        raise Problem(422, "bad-scope", f"Scopes are {', '.join(SCOPES)}; name at least one, and no other.", "scopes")
    text = token or "cx_" + secrets.token_urlsafe(32)
    if len(set(text[3:])) < DISTINCT:
        raise Problem(422, "bad-token", "Expected `cx_` and 32 random bytes in base64url; this is not random.", "token")
    if token and unit.connection.scalar(select(tables.token.c.id).where(tables.token.c.hash == hashed(token))):
        raise Problem(409, "taken", "This token was made before; make a new one for each party and use.", "token")
    row = {
        "hash": hashed(text),
        "party": party,
        "label": label,
        "scopes": " ".join(wanted),
        "at": unit.now,
        "expires": expires,
        "origin": origin,
    }
    number = tables.inserted(unit.connection, tables.token, **row)
    return {"id": number, "token": text, "label": label, "scopes": wanted, "expires": expires}


def _issued(unit: Unit, party: str, text: str) -> dict[str, Any] | None:
    """What was answered when a party got a token that still counts; None if it has no such token."""
    found = recognised(unit.connection, text, unit.now)
    if found is None or found.name != party:
        return None
    row = tables.numbered(unit.connection, tables.token, found.token)
    assert row is not None
    return {
        "id": row.id,
        "token": text,
        "label": row.label,
        "scopes": row.scopes.split(),
        "expires": row.expires,
    }


def begin(unit: Unit, text: str, lasting: int) -> dict[str, Any]:
    """Begin a session: a token with the scopes of another one, with which it ends at the latest.

    Args:
        unit: of the transaction.
        text: of that token; a session begins another one as the token would that began it.
        lasting: milliseconds.

    Raises:
        Problem: 401 for a token that is unknown, revoked or too old.
    """
    found = recognised(unit.connection, text, unit.now)
    if found is None:
        raise Problem(401, "no-token", "There is no such token, or it was revoked or is too old.", "token")
    origin = found.origin or found.token
    ends = unit.connection.scalar(select(tables.token.c.expires).where(tables.token.c.id == origin))
    expires = unit.now + lasting if ends is None else min(ends, unit.now + lasting)
    return {"name": found.name, **issue(unit, found.name, "page", found.scopes, expires, origin=origin)}


def revoke(unit: Unit, caller: str, number: int) -> dict[str, Any]:
    """End a token of one's own, and the sessions that it began.

    Raises:
        Problem: 404 if there is none.
    """
    token = tables.token.c
    done = unit.connection.execute(
        update(tables.token)
        .where(or_(token.id == number, token.origin == number), token.party == caller, token.revoked.is_(None))
        .values(revoked=unit.now)
    )
    if not done.rowcount:
        raise missing("token", number)
    unit.tell(REVOKED, f"party/{caller}", caller, token=number)
    return {"id": number, "revoked": unit.now}


def recognised(connection: Connection, text: str, now: int) -> Caller | None:
    """Whose token it is; None for one that is unknown, revoked or too old."""
    row = connection.execute(_HASHED, {"hash": hashed(text)}).first()
    if row is None or (row.expires is not None and row.expires <= now):
        return None
    return Caller(row.party, frozenset(row.scopes.split()), row.id, row.number, row.expires, row.origin)
