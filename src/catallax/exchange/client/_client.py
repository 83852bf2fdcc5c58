"""The client that waits."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count
from typing import TypeVar

import httpx

from catallax.exchange.client._answers import Later, judged
from catallax.exchange.client._call import Call, Waits
from catallax.exchange.client._event_calls import EventCalls
from catallax.exchange.client._inquiry_calls import InquiryCalls
from catallax.exchange.client._party_calls import PartyCalls
from catallax.exchange.client._question_calls import QuestionCalls
from catallax.exchange.client._records import Event, Party
from catallax.exchange.client._request_calls import RequestCalls
from catallax.exchange.client._secrets import new_token
from catallax.exchange.client._stream import Place

T = TypeVar("T")


class Client(Waits, PartyCalls, RequestCalls, QuestionCalls, InquiryCalls, EventCalls):
    """An exchange, from a program: every call is tried again with its key until the service has answered, and counts once.

    Args:
        url: of the service.
        token: whose it is; `sign_up` makes one.
        tries: of a call at most.
        seconds: for an answer.
        transport: how calls travel; over the network by default.

    >>> with Client("http://127.0.0.1:8000") as exchange:  # doctest: +SKIP
    ...     exchange.sign_up("ann")
    ...     number = exchange.ask("Lisbon", "Plan three days.", bounty=10_000_000)
    """

    def __init__(
        self,
        url: str,
        token: str = "",
        tries: int = 8,
        seconds: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.token, self._tries = token, tries
        self._http = httpx.Client(base_url=f"{url.rstrip('/')}/api", timeout=seconds, transport=transport)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def sign_up(self, name: str) -> Party:
        """Sign up with the token of this client, or a new one; signing up again with it is answered as the first time.

        Raises:
            Refused: for a name that is taken or is no name.
        """
        self.token = self.token or new_token()  # before: an answer that is lost takes no token with it
        return self._sign_up(name, self.token)

    def stream(self, after: int | None = None, subject: str | None = None) -> Iterator[Event]:
        """Events as they happen, for ever; goes on where it was when the connection breaks.

        Args:
            after: the last event one knows; None for those from now on.
            subject: such as `request/7`; None for all.

        Raises:
            Refused: if the service says no.
        """
        if after is None:
            after = max((event.id for event in self.events(limit=1, newest=True).items), default=0)
        place = Place(after, subject)
        while True:
            response = None
            try:
                with self._http.stream(**place.call, headers=self._headers) as response:
                    if response.is_success:
                        yield from filter(None, map(place.read, response.iter_lines()))
                    else:
                        response.read()
            except httpx.TransportError:
                response = None
            time.sleep(place.pause(response))

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def _send(self, call: Call[T]) -> T:
        headers = call.headers | self._headers
        for trial in count():
            try:
                came = self._http.request(**call.sent, headers=headers)
            except httpx.TransportError as error:
                came = error
            found = judged(call, trial, self._tries, came)
            if not isinstance(found, Later):
                return found
            time.sleep(found.seconds)
        raise AssertionError("unreachable: the last try returns or raises")
