"""What is let in: calls of bounded size, in time, with a body that is JSON and nothing worse."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from catallax.exchange._problems import Problem, answer

TARGET, HEADERS = 8_192, 16_384
"""Bytes of an address with its query; of all headers together."""
DEEP = 32
"""Levels of a body; the deepest that is asked for has three."""
LARGEST = 2**63
"""Whole numbers of a body are smaller."""
PATIENCE = 30.0
"""Seconds in which a body arrives."""


class Bounded:
    """Reads the body of a call before anything else looks at it, and refuses what nobody asks for.

    Args:
        app: the application behind it.
        most: bytes of a body.
    """

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app, self._most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        try:
            headers = _headers(scope)
            body = await _body(receive, headers.get(b"content-length"), self._most)
            if body:
                proper(body, headers.get(b"content-type", b""))
        except Problem as problem:
            return await answer(problem)(scope, receive, send)
        return await self._app(scope, _again(body, receive), send)


def proper(body: bytes, kind: bytes) -> None:
    """Refuse a body that is not JSON, or that no database and no reader could be trusted with.

    Args:
        body: as it came.
        kind: its content type.

    Raises:
        Problem: 415, or 422 naming the rule; it repeats nothing of the body.
    """
    if kind.partition(b";")[0].strip().lower() != b"application/json":
        raise Problem(415, "not-json", "Send `Content-Type: application/json`.", "Content-Type")
    try:
        found = json.loads(body.decode(), object_pairs_hook=_once_each, parse_constant=_no_constant)
    except Problem:
        raise
    except RecursionError:
        raise _too_deep() from None
    except UnicodeDecodeError:
        raise Problem(422, "bad-encoding", "The body is not UTF-8.", "body") from None
    except ValueError:  # of its syntax, or of a number with thousands of digits
        raise Problem(422, "bad-json", "The body is not JSON that can be read.", "body") from None
    _walk(found)


def _headers(scope: Scope) -> dict[bytes, bytes]:
    query = scope.get("query_string", b"")
    if len(scope.get("raw_path") or scope["path"].encode()) + len(query) > TARGET:
        raise Problem(414, "address-too-long", f"An address has {TARGET} bytes at most.")
    if sum(len(name) + len(value) for name, value in scope["headers"]) > HEADERS:
        raise Problem(431, "headers-too-long", f"All headers together have {HEADERS} bytes at most.")
    if b"%00" in query or "\0" in scope["path"]:
        raise Problem(422, "bad-character", "No address has the character NUL.", "address")
    return dict(scope["headers"])


async def _body(receive: Receive, length: bytes | None, most: int) -> bytes:
    """All of it, however many pieces it comes in; refused as soon as it is too long."""
    if length is not None and length.isdigit() and (len(length) > 18 or int(length) > most):
        raise _too_large(most)
    pieces, size, more = [], 0, True
    try:
        async with asyncio.timeout(PATIENCE):
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Problem(400, "cut-off", "The body ended before it was complete.", "body")
                pieces.append(message.get("body", b""))
                size, more = size + len(pieces[-1]), message.get("more_body", False)
                if size > most:
                    raise _too_large(most)
    except TimeoutError:
        raise Problem(408, "too-slow", f"A body arrives within {PATIENCE:g} seconds.", "body") from None
    return b"".join(pieces)


def _again(body: bytes, receive: Receive) -> Receive:
    """The body in one piece, then what comes after it."""
    waiting = [body]

    async def received() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return received


def _walk(found: Any) -> None:
    level, depth = [found], 0
    while level:
        if depth > DEEP:
            raise _too_deep()
        inside: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                inside += [*value, *value.values()]
            elif isinstance(value, list):
                inside += value
            elif isinstance(value, str):
                _text(value)
            elif isinstance(value, int) and not -LARGEST < value < LARGEST:
                raise Problem(422, "number-too-large", "Whole numbers have 63 bits at most.", "body")
        level, depth = inside, depth + 1


def _text(value: str) -> None:
    if "\0" in value:
        raise Problem(422, "bad-character", "No text has the character NUL.", "body")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:  # half of a pair, which no database keeps
            raise Problem(422, "bad-character", "A text has half of a surrogate pair.", "body") from None


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Problem(422, "field-twice", "A field is given twice; which one counts?", "body")
    return found


def _no_constant(name: str) -> Any:
    raise Problem(422, "bad-json", "NaN and Infinity are no JSON.", "body")


def _too_deep() -> Problem:
    return Problem(422, "too-deep", f"A body has {DEEP} levels at most.", "body")


def _too_large(most: int) -> Problem:
    return Problem(413, "too-large", f"A body has {most} bytes at most.", "body")
