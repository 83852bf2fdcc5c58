"""What callers are answered: the shapes of the description, from which clients can be made."""

from __future__ import annotations

from typing import Any, Generic, Literal, NotRequired, TypeVar

from pydantic import ConfigDict
from typing_extensions import TypedDict

T = TypeVar("T")
Phase = Literal["bidding", "working", "choosing", "closed"]


class Shape(TypedDict):
    """Exactly these fields: one that is not described is never sent."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # pyright: ignore[reportGeneralTypeIssues] - read by pydantic


class Listed(Shape, Generic[T]):
    """A page of a list; `next` is where the next begins, null at the end."""

    items: list[T]
    next: int | None


# Operations and sessions


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


# Parties and money


class TokenMade(Shape):
    id: int
    token: NotRequired[str]  # told once: a call that is repeated is answered without it
    label: str
    scopes: list[str]
    expires: int | None


class Admitted(TokenMade):
    name: str
    balance: int


class TokenSeen(Shape):
    id: int
    label: str
    scopes: str
    at: int
    expires: int | None
    revoked: int | None


class TokenEnded(Shape):
    id: int
    revoked: int


class Me(Shape):
    name: str
    scopes: list[str]
    account: str
    balance: int
    in_bids: int
    in_attention: int


class Movement(Shape):
    id: int
    key: str
    kind: str
    at: int
    amount: int


class Paid(Shape):
    party: str
    amount: int
    balance: int


# Requests


class RequestShort(Shape):
    id: int
    owner: str
    title: str
    bounty: int
    reserve: int
    stages: int
    stage: int
    phase: Phase
    due: int | None
    outcome: str | None
    at: int


class StateSeen(Shape):
    id: int
    parent: int | None
    purchase: int | None
    author: str
    stage: int
    teaser: str
    status: str
    at: int
    text: str | None


class SaleSeen(Shape):
    id: int
    state: int
    stage: int
    buyer: str
    seller: str
    bid: int
    price: int
    after: int | None
    status: str
    received: int


class BidOpened(Shape):
    id: int
    state: int
    stage: int
    bidder: str
    amount: int
    status: str


class OfferSeen(Shape):
    id: int
    seller: str
    teaser: str
    bid: int
    score: float


class RequestSeen(RequestShort):
    text: str
    seats: int
    shown: int
    bidding: int
    working: int
    choosing: int
    auction: str
    settlement: str
    rank: str
    states: list[StateSeen]
    purchases: list[SaleSeen]
    bids: list[BidOpened]
    sealed: int
    offers: list[OfferSeen]


class RequestMade(Shape):
    id: int
    state: int
    bounty: int
    phase: Phase
    stage: int
    due: int


class Ended(Shape):
    id: int
    phase: str
    outcome: str


class Picked(Ended):
    offer: int | None


class BidMade(Shape):
    id: int
    request: int
    state: int
    stage: int
    bidder: str
    amount: int
    status: str


class BidSeen(Shape):
    id: int
    request: int
    state: int
    stage: int
    amount: int
    status: str
    at: int


class Withdrawn(Shape):
    id: int
    status: str


class OfferWithdrawn(Withdrawn):
    phase: str


class PurchaseSeen(Shape):
    id: int
    request: int
    state: int
    stage: int
    seller: str
    bid: int
    price: int
    after: int | None
    status: str
    received: int
    at: int


class StateMade(Shape):
    id: int
    request: int
    parent: int
    purchase: int
    author: str
    stage: int
    status: str


# Questions


class QuestionShort(Shape):
    id: int
    owner: str
    title: str
    outcomes: list[str]
    prices: list[float]
    liquidity: int
    volume: int
    closes: int
    phase: Literal["open", "waiting", "ended"]
    due: int | None
    outcome: int | None
    ending: str | None
    at: int


class Held(Shape):
    shares: list[int]
    paid: int
    received: int | None


class QuestionSeen(QuestionShort):
    text: str
    loss: int
    sold: list[int]
    turns: int
    resolving: int
    mine: Held


class QuestionMade(Shape):
    id: int
    loss: int
    phase: str
    prices: list[float]
    closes: int


class Quoted(Shape):
    question: int
    outcome: int
    shares: list[int]
    cost: int
    pays: int
    prices: list[float]


class Traded(Quoted):
    id: int


class TradeSeen(Shape):
    id: int
    turn: int
    party: str
    outcome: int
    shares: list[int]
    cost: int
    prices: list[float]
    at: int


class PricesAt(Shape):
    at: int
    prices: list[float]


class History(Shape):
    outcomes: list[str]
    items: list[PricesAt]


class Resolved(Shape):
    id: int
    phase: str
    ending: str
    outcome: int | None
    returned: int


class Holding(Held):
    id: int
    question: int
    title: str
    outcomes: list[str]
    outcome: int | None
    phase: str


class HoldingSeen(Held):
    id: int
    party: str


# Inquiries


class InquiryShort(Shape):
    id: int
    owner: str
    title: str
    budget: int
    slots: int
    reserve: int
    closes: int
    phase: Literal["open", "inspecting", "closed"]
    due: int | None
    outcome: str | None
    spent: int
    at: int


class InformationSeen(Shape):
    id: int
    informer: str
    teaser: str
    price: int
    status: str
    inspected: bool
    paid: int
    reason: str | None
    at: int
    bid: int | None
    text: str | None


class InquirySeen(InquiryShort):
    goal: dict[str, Any]
    rounds: int
    reason: str | None
    offers: list[InformationSeen]


class InquiryMade(Shape):
    id: int
    phase: str
    closes: int
    reserve: int


class InformationMade(Shape):
    id: int
    inquiry: int
    price: int
    bid: int
    status: str


class InformationMine(Shape):
    id: int
    inquiry: int
    title: str
    teaser: str
    price: int
    bid: int
    status: str
    inspected: bool
    paid: int
    reason: str | None
    at: int


# Events


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
