"""Every call as a value: what is sent, and how the answer is read. The clients differ in how they wait."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, TypeVar

from catallax.exchange.client._records import Bid, Event, Page, Party, Purchase, Purse, Request, State, Summary, read

T = TypeVar("T")


@dataclass(frozen=True)
class Call(Generic[T]):
    """A call.

    Args:
        method: of HTTP.
        path: below `/api`.
        parse: reads the answer.
        body: as JSON.
        query: what follows the path.
        key: by which the service knows a call that is tried again.
    """

    method: str
    path: str
    parse: Callable[[Any], T]
    body: Mapping[str, Any] | None = None
    query: Mapping[str, Any] = field(default_factory=dict)
    key: str = field(default_factory=lambda: secrets.token_hex(16))

    @property
    def headers(self) -> dict[str, str]:
        """What goes along."""
        return {} if self.method == "GET" else {"Idempotency-Key": self.key}


def _page(kind: type[T]) -> Callable[[Any], Page[T]]:
    return lambda row: Page(tuple(read(kind, item) for item in row["items"]), row["next"])


def _number(row: Any) -> int:
    return row["id"]


def _nothing(row: Any) -> None:
    return None


def sign_up(name: str) -> Call[Party]:
    return Call("POST", "/parties", partial(read, Party), {"name": name})


def me() -> Call[Purse]:
    return Call("GET", "/me", partial(read, Purse))


def requests(phase: str | None, after: int, limit: int, newest: bool) -> Call[Page[Summary]]:
    query = {"after": after, "limit": limit, "newest": newest} | ({"phase": phase} if phase else {})
    return Call("GET", "/requests", _page(Summary), query=query)


def request(number: int) -> Call[Request]:
    return Call("GET", f"/requests/{number}", Request.of)


def ask(title: str, text: str, bounty: int, terms: Mapping[str, Any]) -> Call[int]:
    return Call("POST", "/requests", _number, {"title": title, "text": text, "bounty": bounty, **terms})


def withdraw_request(number: int) -> Call[None]:
    return Call("DELETE", f"/requests/{number}", _nothing)


def pick(number: int, offer: int | None) -> Call[None]:
    return Call("POST", f"/requests/{number}/pick", _nothing, {"offer": offer})


def bid(state: int, amount: int) -> Call[Bid]:
    return Call("POST", "/bids", partial(read, Bid), {"state": state, "amount": amount})


def withdraw_bid(number: int) -> Call[None]:
    return Call("DELETE", f"/bids/{number}", _nothing)


def bids(after: int, limit: int, newest: bool) -> Call[Page[Bid]]:
    return Call("GET", "/me/bids", _page(Bid), query={"after": after, "limit": limit, "newest": newest})


def purchases(status: str | None, after: int, limit: int) -> Call[Page[Purchase]]:
    query = {"after": after, "limit": limit} | ({"status": status} if status else {})
    return Call("GET", "/me/purchases", _page(Purchase), query=query)


def append(purchase: int, teaser: str, text: str, final: bool) -> Call[int]:
    body = {"teaser": teaser, "text": text, "final": final}
    return Call("POST", f"/purchases/{purchase}/state", _number, body)


def state(number: int) -> Call[State]:
    return Call("GET", f"/states/{number}", partial(read, State))


def withdraw_offer(number: int) -> Call[None]:
    return Call("DELETE", f"/offers/{number}", _nothing)


def events(after: int, limit: int, subject: str | None) -> Call[Page[Event]]:
    query = {"after": after, "limit": limit} | ({"subject": subject} if subject else {})
    return Call("GET", "/events", _page(Event), query=query)
