"""Requests, bids, states and offers, as they are answered."""

from __future__ import annotations

from typing import Literal

from catallax.exchange._answers import Ended, Shape, Withdrawn

Phase = Literal["bidding", "working", "choosing", "closed"]


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
