"""The client that goes on while it waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from typing import TypeVar

import httpx

from catallax.exchange.client._answers import Later, judged
from catallax.exchange.client._call import Call, GoesOn
from catallax.exchange.client._event_calls import EventCalls
from catallax.exchange.client._inquiry_calls import InquiryCalls
from catallax.exchange.client._party_calls import PartyCalls
from catallax.exchange.client._question_calls import QuestionCalls
from catallax.exchange.client._records import Event, Party
from catallax.exchange.client._request_calls import RequestCalls
from catallax.exchange.client._secrets import new_token
from catallax.exchange.client._stream import Place

T = TypeVar("T")


class AsyncClient(GoesOn, PartyCalls, RequestCalls, QuestionCalls, InquiryCalls, EventCalls):
    """The methods of `Client`, to be awaited.

    Args:
        url: of the service.
        token: whose it is; `sign_up` makes one.
        tries: of a call at most.
        seconds: for an answer.
        transport: how calls travel; over the network by default.
    """

    def __init__(
        self,
        url: str,
        token: str = "",
        tries: int = 8,
        seconds: float = 30.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.token, self._tries = token, tries
        self._http = httpx.AsyncClient(base_url=f"{url.rstrip('/')}/api", timeout=seconds, transport=transport)

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def sign_up(self, name: str) -> Party:
        """As `Client.sign_up`."""
        self.token = self.token or new_token()
        return await self._sign_up(name, self.token)

    async def stream(self, after: int | None = None, subject: str | None = None) -> AsyncIterator[Event]:
        """As `Client.stream`."""
        if after is None:
            after = max((event.id for event in (await self.events(limit=1, newest=True)).items), default=0)
        place = Place(after, subject)
        while True:
            response = None
            try:
                async with self._http.stream(**place.call, headers=self._headers) as response:
                    if not response.is_success:
                        await response.aread()
                    async for line in response.aiter_lines():
                        if response.is_success and (event := place.read(line)) is not None:
                            yield event
            except httpx.TransportError:
                response = None
            await asyncio.sleep(place.pause(response))

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    async def _send(self, call: Call[T]) -> T:
        headers = call.headers | self._headers
        for trial in count():
            try:
                came = await self._http.request(**call.sent, headers=headers)
            except httpx.TransportError as error:
                came = error
            found = judged(call, trial, self._tries, came)
            if not isinstance(found, Later):
                return found
            await asyncio.sleep(found.seconds)
        raise AssertionError("unreachable: the last try returns or raises")
