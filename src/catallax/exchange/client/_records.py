"""What the service answers, typed; amounts in whole micro-credits, moments in milliseconds since 1970."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

R = TypeVar("R")


def read(kind: type[R], row: Mapping[str, Any]) -> R:
    """A record of what a row says; fields that a newer service adds are left out."""
    return kind(**{field.name: row[field.name] for field in fields(kind) if field.name in row})  # pyright: ignore[reportArgumentType]


@dataclass(frozen=True)
class Party:
    """Who has signed up; the token is told once."""

    name: str
    token: str
    balance: int


@dataclass(frozen=True)
class Purse:
    """One's money."""

    name: str
    balance: int
    in_bids: int
    """Held for sealed bids."""


@dataclass(frozen=True)
class State:
    """A state of an answer."""

    id: int
    parent: int | None
    purchase: int | None
    """With which it was made."""
    author: str
    stage: int
    teaser: str
    text: str | None
    """None for those who may not read it."""
    status: str
    """`for-sale`, `ended`, `offered`, `withdrawn` or `picked`."""


@dataclass(frozen=True)
class Purchase:
    """A state that changed hands."""

    id: int
    state: int
    stage: int
    seller: str
    bid: int
    price: int
    status: str
    """`working`, `delivered`, `missed`, `settled` or `unused`."""
    request: int | None = None
    buyer: str | None = None
    after: int | None = None
    received: int = 0
    """What its seller got."""


@dataclass(frozen=True)
class Bid:
    """A bid of one's own."""

    id: int
    request: int
    state: int
    stage: int
    amount: int
    status: str
    """`sealed`, `won`, `lost` or `withdrawn`."""


@dataclass(frozen=True)
class Offer:
    """What a requester may pick."""

    id: int
    seller: str
    teaser: str
    bid: int
    score: float


@dataclass(frozen=True)
class Summary:
    """A request in a list."""

    id: int
    owner: str
    title: str
    bounty: int
    reserve: int
    stages: int
    stage: int
    phase: str
    """`bidding`, `working`, `choosing` or `closed`."""
    due: int | None
    """When the phase ends."""
    outcome: str | None


@dataclass(frozen=True)
class Request(Summary):
    """A request with all one may see of it."""

    text: str
    states: tuple[State, ...]
    purchases: tuple[Purchase, ...]
    offers: tuple[Offer, ...]
    sealed: int
    """Number of sealed bids of this stage."""

    @staticmethod
    def of(row: Mapping[str, Any]) -> Request:
        """What the service answers."""
        parts = {
            "states": tuple(read(State, state) for state in row["states"]),
            "purchases": tuple(read(Purchase, sale) for sale in row["purchases"]),
            "offers": tuple(read(Offer, offer) for offer in row["offers"]),
        }
        return read(Request, {**row, **parts})

    def state(self, number: int) -> State:
        """A state by its number."""
        return next(state for state in self.states if state.id == number)

    def chain(self, number: int) -> tuple[State, ...]:
        """The states that led to one, the request first."""
        chain = [self.state(number)]
        while chain[0].parent is not None:
            chain.insert(0, self.state(chain[0].parent))
        return tuple(chain)


@dataclass(frozen=True)
class Event:
    """Something that happened."""

    id: int
    at: int
    kind: str
    subject: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Page(Generic[R]):
    """A part of a list."""

    items: tuple[R, ...]
    next: int | None
    """After which the next page begins; None at the end."""
