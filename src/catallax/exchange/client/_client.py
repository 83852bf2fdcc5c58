"""The client that waits."""

from __future__ import annotations

import time
from typing import Any, TypeVar

import httpx

from catallax.exchange.client import _calls as calls
from catallax.exchange.client._answers import AGAIN, content, pause
from catallax.exchange.client._calls import Call
from catallax.exchange.client._errors import Unreachable
from catallax.exchange.client._records import Bid, Event, Page, Party, Purchase, Purse, Request, State, Summary

T = TypeVar("T")


class Client:
    """An exchange, from a program: every call is tried again with its key until the service has answered, and counts once.

    Args:
        url: of the service.
        token: whose it is; `sign_up` fills it in.
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
        """Sign up, and go on as that party.

        Raises:
            Refused: for a name that is taken or is no name.
        """
        party = self._send(calls.sign_up(name))
        self.token = party.token
        return party

    def me(self) -> Purse:
        """One's money."""
        return self._send(calls.me())

    def requests(
        self, phase: str | None = None, after: int = 0, limit: int = 50, newest: bool = False
    ) -> Page[Summary]:
        """Requests, of one phase or all."""
        return self._send(calls.requests(phase, after, limit, newest))

    def request(self, number: int) -> Request:
        """A request with all one may see of it."""
        return self._send(calls.request(number))

    def ask(self, title: str, text: str, bounty: int, **terms: Any) -> int:
        """Post a request.

        Args:
            title: a line.
            text: what is wanted.
            bounty: micro-credits for the offer that is picked.
            terms: `stages`, `seats`, `bidding`, … as the service describes them.

        Returns:
            Its number.
        """
        return self._send(calls.ask(title, text, bounty, terms))

    def withdraw_request(self, number: int) -> None:
        """Take a request back before the first sale."""
        self._send(calls.withdraw_request(number))

    def pick(self, request: int, offer: int | None) -> None:
        """Take an offer, or none."""
        self._send(calls.pick(request, offer))

    def bid(self, state: int, amount: int) -> Bid:
        """Bid for a state, sealed, in micro-credits."""
        return self._send(calls.bid(state, amount))

    def withdraw_bid(self, number: int) -> None:
        """Take a sealed bid back."""
        self._send(calls.withdraw_bid(number))

    def bids(self, after: int = 0, limit: int = 50, newest: bool = False) -> Page[Bid]:
        """One's bids."""
        return self._send(calls.bids(after, limit, newest))

    def purchases(self, status: str | None = None, after: int = 0, limit: int = 50) -> Page[Purchase]:
        """What one bought, of one status or all."""
        return self._send(calls.purchases(status, after, limit))

    def append(self, purchase: int, teaser: str, text: str, final: bool = False) -> int:
        """Deliver what a state was bought for; returns the number of the new one."""
        return self._send(calls.append(purchase, teaser, text, final))

    def state(self, number: int) -> State:
        """A state, with its text if one may read it."""
        return self._send(calls.state(number))

    def withdraw_offer(self, number: int) -> None:
        """Take an offer back."""
        self._send(calls.withdraw_offer(number))

    def events(self, after: int = 0, limit: int = 50, subject: str | None = None) -> Page[Event]:
        """What happened since an event."""
        return self._send(calls.events(after, limit, subject))

    def _send(self, call: Call[T]) -> T:
        headers = call.headers | ({"Authorization": f"Bearer {self.token}"} if self.token else {})
        for trial in range(self._tries):
            last = trial + 1 == self._tries
            try:
                response = self._http.request(
                    call.method, call.path, params=call.query, json=call.body, headers=headers
                )
            except httpx.TransportError as error:
                if last:
                    raise Unreachable(
                        f"no answer to {call.method} {call.path} after {self._tries} tries: {error}"
                    ) from error
                time.sleep(pause(trial))
                continue
            if response.status_code not in AGAIN or last:
                return call.parse(content(response))
            time.sleep(pause(trial, response))
        raise AssertionError("unreachable: the last try returns or raises")
