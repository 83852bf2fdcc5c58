"""Events and webhooks, as they are answered."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from catallax.exchange._answers import Shape, Withdrawn


class EventSeen(Shape):
    id: int
    at: int
    kind: str
    subject: str
    data: dict[str, Any]


class WebhookSeen(Shape):
    id: int
    url: str
    kinds: list[str]
    status: Literal["active", "disabled"]
    failures: int
    failed: str | None
    after: int
    at: int


class WebhookMade(Shape):
    id: int
    url: str
    kinds: list[str]
    status: str
    secret: NotRequired[str]  # told once, the same


class WebhookRemoved(Withdrawn):
    pass
