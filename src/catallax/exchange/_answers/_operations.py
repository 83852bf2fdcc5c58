"""Health and sessions, as they are answered."""

from __future__ import annotations

from catallax.exchange._answers import Shape


class Alive(Shape):
    alive: bool


class Ready(Shape):
    ready: bool


class LoggedIn(Shape):
    name: str
    csrf: str


class Session(Shape):
    name: str | None
    scopes: list[str]
    csrf: str | None


class LoggedOut(Shape):
    name: str
