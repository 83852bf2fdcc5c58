"""The page: files that the service hands out as they are, under rules for browsers."""

from __future__ import annotations

from pathlib import Path

from starlette.routing import Match, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FOLDER = Path(__file__).parent / "page"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""No script but ours, no frame around us, no word to others of where one was."""
SECURE = {"Strict-Transport-Security": "max-age=31536000"}
PRIVATE = (b"cache-control", b"no-store")
"""Of what the service answers, as against its page: no copy of it stays anywhere."""


class PageFiles(Mount):
    """The files, at every address but those of the service: a wrong method there is told as such."""

    def __init__(self) -> None:
        super().__init__("/", StaticFiles(directory=FOLDER, html=True))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether a call is for a file."""
        return (Match.NONE, {}) if scope["path"].startswith("/api/") else super().matches(scope)


class Guarded:
    """Adds the rules for browsers to every answer.

    Args:
        app: the application behind it.
        secure: whether browsers are to come by HTTPS alone.
    """

    def __init__(self, app: ASGIApp, secure: bool = False) -> None:
        self._app = app
        rules = HEADERS | (SECURE if secure else {})
        self._headers = [(name.lower().encode(), value.encode()) for name, value in rules.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                private = [PRIVATE] if scope["path"].startswith("/api/") else []
                before = [pair for pair in message.get("headers", []) if pair[0] != PRIVATE[0] or not private]
                message["headers"] = [*before, *self._headers, *private]
            await send(message)

        await self._app(scope, receive, guarded if scope["type"] == "http" else send)
