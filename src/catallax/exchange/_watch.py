"""What is noted of every call: a number, a line in the log, a count and a time; and an error that nobody expected ends here."""

from __future__ import annotations

import logging
import secrets
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from catallax.exchange._metrics import Meters
from catallax.exchange._problems import Problem, answer

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
log = logging.getLogger("catallax.exchange.calls")


class BrokenOff(Exception):
    """An answer was half sent when something went wrong; the connection is cut."""


class Watched:
    """Notes every call by the template of its route, without addresses, queries, bodies or names.

    Args:
        app: the application behind it.
        meters: where calls are counted.
    """

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self._app, self._meters = app, meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        number, begun, status = secrets.token_hex(8), time.perf_counter(), 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), (b"x-request-id", number.encode())]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:
            log.error("call failed", exc_info=error, extra={"id": number})
            if status:
                raise BrokenOff from None
            problem = Problem(500, "fault", f"Something is wrong on this side; nothing was changed. Call {number}.")
            await answer(problem)(scope, receive, noted)
        finally:
            seconds = time.perf_counter() - begun
            method = scope["method"] if scope["method"] in METHODS else "OTHER"
            route = getattr(scope.get("route"), "path", "page")
            self._meters.count(method, route, status, seconds)
            extra = {"id": number, "method": method, "route": route, "status": status, "ms": round(seconds * 1000, 3)}
            log.info("call", extra=extra | {"party": scope.get("state", {}).get("party")})
