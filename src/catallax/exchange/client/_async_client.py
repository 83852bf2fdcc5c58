"""The client that goes on while it waits."""

from __future__ import annotations

import asyncio
from typing import Any, TypeVar

import httpx

from catallax.exchange.client import _calls as calls
from catallax.exchange.client._answers import AGAIN, content, pause
from catallax.exchange.client._calls import Call
from catallax.exchange.client._errors import Unreachable
from catallax.exchange.client._records import Bid, Event, Page, Party, Purchase, Purse, Request, State, Summary

T = TypeVar("T")


class AsyncClient:
    """An exchange, from a program that goes on meanwhile: every call is tried again with its key until the service has answered, and counts once.

    Args:
        url: of the service.
        token: whose it is; `sign_up` fills it in.
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
        """Sign up, and go on as that party.

        Raises:
            Refused: for a name that is taken or is no name.
        """
        party = await self._send(calls.sign_up(name))
        self.token = party.token
        return party

    async def me(self) -> Purse:
        """One's money."""
        return await self._send(calls.me())

    async def requests(
        self, phase: str | None = None, after: int = 0, limit: int = 50, newest: bool = False
    ) -> Page[Summary]:
        """Requests, of one phase or all."""
        return await self._send(calls.requests(phase, after, limit, newest))

    async def request(self, number: int) -> Request:
        """A request with all one may see of it."""
        return await self._send(calls.request(number))

    async def ask(self, title: str, text: str, bounty: int, **terms: Any) -> int:
        """Post a request.

        Args:
            title: a line.
            text: what is wanted.
            bounty: micro-credits for the offer that is picked.
            terms: `stages`, `seats`, `bidding`, … as the service describes them.

        Returns:
            Its number.
        """
        return await self._send(calls.ask(title, text, bounty, terms))

    async def withdraw_request(self, number: int) -> None:
        """Take a request back before the first sale."""
        await self._send(calls.withdraw_request(number))

    async def pick(self, request: int, offer: int | None) -> None:
        """Take an offer, or none."""
        await self._send(calls.pick(request, offer))

    async def bid(self, state: int, amount: int) -> Bid:
        """Bid for a state, sealed, in micro-credits."""
        return await self._send(calls.bid(state, amount))

    async def withdraw_bid(self, number: int) -> None:
        """Take a sealed bid back."""
        await self._send(calls.withdraw_bid(number))

    async def bids(self, after: int = 0, limit: int = 50, newest: bool = False) -> Page[Bid]:
        """One's bids."""
        return await self._send(calls.bids(after, limit, newest))

    async def purchases(self, status: str | None = None, after: int = 0, limit: int = 50) -> Page[Purchase]:
        """What one bought, of one status or all."""
        return await self._send(calls.purchases(status, after, limit))

    async def append(self, purchase: int, teaser: str, text: str, final: bool = False) -> int:
        """Deliver what a state was bought for; returns the number of the new one."""
        return await self._send(calls.append(purchase, teaser, text, final))

    async def state(self, number: int) -> State:
        """A state, with its text if one may read it."""
        return await self._send(calls.state(number))

    async def withdraw_offer(self, number: int) -> None:
        """Take an offer back."""
        await self._send(calls.withdraw_offer(number))

    async def events(self, after: int = 0, limit: int = 50, subject: str | None = None) -> Page[Event]:
        """What happened since an event."""
        return await self._send(calls.events(after, limit, subject))

    async def _send(self, call: Call[T]) -> T:
        headers = call.headers | ({"Authorization": f"Bearer {self.token}"} if self.token else {})
        for trial in range(self._tries):
            last = trial + 1 == self._tries
            try:
                response = await self._http.request(
                    call.method, call.path, params=call.query, json=call.body, headers=headers
                )
            except httpx.TransportError as error:
                if last:
                    raise Unreachable(
                        f"no answer to {call.method} {call.path} after {self._tries} tries: {error}"
                    ) from error
                await asyncio.sleep(pause(trial))
                continue
            if response.status_code not in AGAIN or last:
                return call.parse(content(response))
            await asyncio.sleep(pause(trial, response))
        raise AssertionError("unreachable: the last try returns or raises")
