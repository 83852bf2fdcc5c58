"""Webhooks: where a party is told of events, from which event on, and what becomes of one that does not answer."""

from __future__ import annotations

import base64
import ipaddress
import secrets
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Row, delete, func, or_, select, update

from catallax.exchange import _tables as tables
from catallax.exchange._feed import newest
from catallax.exchange._problems import Problem, missing
from catallax.exchange._reach import reachable
from catallax.exchange._store import Unit

ACTIVE, DISABLED = "active", "disabled"
MOST = 10
"""Webhooks of a party."""
PAUSES = (5, 30, 120, 600, 3_600, 10_800, 21_600, 43_200)
"""Seconds after the first failure, the second, …; after one more failure a webhook is disabled: about a day."""
LEASE = 60_000
"""Milliseconds in which who took a webhook is done with it, or dead."""
LOT = 50
"""Events that are sent before it is noted which."""
PACE = 1_000
"""Milliseconds between two turns of a webhook, unless it has a full lot to tell."""


def register(
    unit: Unit, caller: str, url: str, kinds: list[str], local: bool, secret: str | None = None
) -> dict[str, Any]:
    """Tell a party of events from now on; the secret that signs them is told now and never again.

    Args:
        unit: of the transaction.
        caller: whose events.
        url: where to.
        kinds: of events; none are all.
        local: whether plain http and addresses of this network will do.
        secret: if the caller chose it.

    Raises:
        Problem: 422 for an address that is none or must not be called; 409 for too many.
    """
    addressed(url, local)
    webhook = tables.webhook.c
    if (unit.connection.scalar(select(func.count()).where(webhook.party == caller)) or 0) >= MOST:
        raise Problem(409, "too-many", f"You have {MOST} webhooks, as many as one may have; delete one.")
    secret = secret or "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    values = {"party": caller, "url": url, "kinds": sorted(set(kinds)), "status": ACTIVE, "at": unit.now}
    values |= {"after": newest(unit.connection), "due": unit.now, "failures": 0}
    number = tables.inserted(unit.connection, tables.webhook, **values, secret=secret)
    return {"id": number, "url": url, "kinds": values["kinds"], "status": ACTIVE, "secret": secret}


def addressed(url: str, local: bool) -> tuple[str, str, int]:
    """Scheme, host and port of an address that may be called.

    Raises:
        Problem: 422.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        ok = (
            bool(host) and host.isascii() and url.isascii() and url.isprintable() and " " not in url and "\\" not in url
        )
    except ValueError:
        host, port, parts, ok = "", None, urlsplit(""), False
    schemes = ("https", "http") if local else ("https",)
    if not ok or parts.scheme not in schemes or parts.username is not None or parts.fragment:
        raise Problem(
            422, "bad-address", f"Expected {' or '.join(schemes)}://HOST/PATH without a user or a fragment.", "url"
        )
    try:
        private = not (local or reachable(ipaddress.ip_address(host)))
    except ValueError:  # a name: what it stands for is looked up at each call
        private = False
    if private or (host == "localhost" and not local):
        raise Problem(422, "private-address", "Expected an address on the public network.", "url")
    return parts.scheme, host, port or (443 if parts.scheme == "https" else 80)


def remove(unit: Unit, caller: str, number: int) -> dict[str, Any]:
    """Forget a webhook and its secret.

    Raises:
        Problem: 404 for one that is not there or somebody else's.
    """
    webhook = tables.webhook
    done = unit.connection.execute(delete(webhook).where(webhook.c.id == number, webhook.c.party == caller))
    if not done.rowcount:
        raise missing("webhook", number)
    return {"id": number, "status": "removed"}


def waiting(connection: Connection, now: int) -> list[int]:
    """Webhooks that have something to tell, and whose time has come; the longest overdue first."""
    webhook = tables.webhook.c
    return list(
        connection.scalars(
            select(webhook.id)
            .where(webhook.status == ACTIVE, webhook.due <= now, webhook.after < newest(connection))
            .order_by(webhook.due)
            .limit(100)
        )
    )


def take(unit: Unit, number: int) -> Row | None:
    """Take a webhook for a while, so that no other process does; None if one has, or there is nothing to do."""
    webhook = tables.webhook
    done = unit.connection.execute(
        update(webhook)
        .where(webhook.c.id == number, webhook.c.status == ACTIVE, webhook.c.due <= unit.now)
        .values(due=unit.now + LEASE)
    )
    return tables.numbered(unit.connection, webhook, number) if done.rowcount else None


def lot(connection: Connection, hook: Row) -> tuple[list[Row], int]:
    """The next events that a webhook tells, and the number up to which there are no others."""
    event, last = tables.event.c, newest(connection)
    conditions = [event.id > hook.after, event.id <= last, or_(event.audience.is_(None), event.audience == hook.party)]
    conditions += [event.kind.in_(hook.kinds)] if hook.kinds else []
    rows = list(connection.execute(select(tables.event).where(*conditions).order_by(event.id).limit(LOT)))
    return rows, rows[-1].id if len(rows) == LOT else max(last, hook.after)


def told(unit: Unit, number: int, after: int, more: bool, answered: bool) -> None:
    """Note up to which event a webhook has been told.

    Args:
        unit: of the transaction.
        number: of the webhook.
        after: the event.
        more: whether there are others, for now.
        answered: whether it took one, and all is well again.
    """
    well = {"failures": 0, "failed": None} if answered else {}
    due = unit.now if more else unit.now + PACE
    tables.changed(unit.connection, tables.webhook, number, after=after, due=due, **well)


def failed(unit: Unit, number: int, after: int, reason: str, gone: bool) -> None:
    """Note that a webhook did not take an event: it is tried again after a pause, or disabled.

    Args:
        unit: of the transaction.
        number: of the webhook.
        after: the last event it took.
        reason: what happened, in a word.
        gone: whether its owner says that nobody is there any more.
    """
    row = tables.numbered(unit.connection, tables.webhook, number)
    if row is None:
        return
    failures = row.failures + 1
    values: dict[str, Any] = {"after": after, "failures": failures, "failed": reason}
    if gone or failures > len(PAUSES):
        values["status"] = DISABLED
        unit.tell("webhook.disabled", f"webhook/{number}", row.party, reason=reason)
    else:
        values["due"] = unit.now + PAUSES[failures - 1] * 1000
    tables.changed(unit.connection, tables.webhook, number, **values)
