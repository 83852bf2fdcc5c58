"""Server-sent events: where the stream stands, whatever breaks."""

from __future__ import annotations

import json
from typing import Any

import httpx

from catallax.exchange.client._answers import AGAIN, content, pause
from catallax.exchange.client._records import Event, made


class Place:
    """Where a reader of the stream is; reads its lines.

    Args:
        after: number of the last event it knows.
        subject: of the events; None for all.

    >>> place = Place(6)
    >>> place.read('data: {"id": 7, "at": 0, "kind": "request.posted", "subject": "request/1", "data": {}}').kind
    'request.posted'
    >>> place.after, place.read(": still here")
    (7, None)
    """

    def __init__(self, after: int, subject: str | None = None) -> None:
        self.after, self.subject = after, subject
        self.trial = 0

    @property
    def call(self) -> dict[str, Any]:
        """What is asked next, for `httpx`."""
        query: dict[str, Any] = {"after": self.after} | ({"subject": self.subject} if self.subject else {})
        return {"method": "GET", "url": "/stream", "params": query}

    def pause(self, response: httpx.Response | None = None) -> float:
        """Seconds until it is asked again, after the stream has ended, broken, or not begun.

        Raises:
            Refused: if asking again is of no use.
        """
        if response is not None and not response.is_success and response.status_code not in AGAIN:
            content(response)
        self.trial += 1
        return pause(self.trial - 1, response)

    def read(self, line: str) -> Event | None:
        """The event of a line, if there is one."""
        self.trial = 0
        if not line.startswith("data:"):
            return None
        event = made(Event, json.loads(line.removeprefix("data:")))
        self.after = max(self.after, event.id)  # numbers may come out of order
        return event
