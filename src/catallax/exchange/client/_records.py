"""What the service answers, typed; amounts in whole micro-credits, moments in milliseconds since 1970."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

R = TypeVar("R")


def made(kind: Any, value: Any) -> Any:
    """A value as an annotation has it: lists are tuples, objects are records; what a newer service adds is left out."""
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        (kind,) = (one for one in get_args(kind) if one is not NoneType)
        return None if value is None else made(kind, value)
    if origin is tuple:
        return tuple(made(get_args(kind)[0], item) for item in value)
    if origin is Page:
        return Page(made(tuple[get_args(kind)[0], ...], value["items"]), value["next"])
    if not is_dataclass(kind):
        return value
    return kind(**{name: made(part, value[name]) for name, part in _parts(kind).items() if name in value})  # pyright: ignore[reportCallIssue]


@functools.cache
def _parts(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


@dataclass(frozen=True)
class Token:
    """A token of one's own; its text is told once."""

    id: int
    label: str
    scopes: tuple[str, ...]
    expires: int | None
    """Milliseconds since 1970; None for never."""
    token: str = field(repr=False)


@dataclass(frozen=True)
class Party(Token):
    """Who has signed up, with its first token."""

    name: str
    balance: int


@dataclass(frozen=True)
class TokenRow:
    """A token in a list, without its text."""

    id: int
    label: str
    scopes: str
    """With spaces between."""
    at: int
    expires: int | None
    revoked: int | None


@dataclass(frozen=True)
class Purse:
    """One's money, and what one's token may do."""

    name: str
    balance: int
    in_bids: int
    """Held for sealed bids."""
    in_attention: int
    """Held for information that is offered."""
    scopes: tuple[str, ...]
    account: str


@dataclass(frozen=True)
class Movement:
    """A posting on one's account."""

    id: int
    key: str
    kind: str
    at: int
    amount: int
    """Below 0 for what was paid."""


@dataclass(frozen=True)
class Payment:
    """Money that an administrator paid in."""

    party: str
    amount: int
    balance: int


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
    at: int


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
    at: int | None = None
    """When it was bought, for the buyer."""


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
    bidder: str | None = None
    """None in a list of one's own."""
    at: int | None = None


@dataclass(frozen=True)
class Opened:
    """A bid that was opened."""

    id: int
    state: int
    stage: int
    bidder: str
    amount: int
    status: str


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
    at: int


@dataclass(frozen=True)
class Request(Summary):
    """A request with all one may see of it."""

    text: str
    seats: int
    shown: int
    bidding: int
    """Milliseconds of the phase, as the next two."""
    working: int
    choosing: int
    auction: str
    settlement: str
    rank: str
    states: tuple[State, ...]
    purchases: tuple[Purchase, ...]
    bids: tuple[Opened, ...]
    offers: tuple[Offer, ...]
    sealed: int
    """Number of sealed bids of this stage."""

    def state(self, number: int) -> State:
        """A state by its number."""
        return next(state for state in self.states if state.id == number)

    def income(self, purchase: int) -> int:
        """What was earned in the end with what one bought: from who bought it next, and the bounty if it was picked."""
        picked = any(state.purchase == purchase and state.status == "picked" for state in self.states)
        return picked * self.bounty + sum(sale.received for sale in self.purchases if sale.after == purchase)

    def chain(self, number: int) -> tuple[State, ...]:
        """The states that led to one, the request first."""
        chain = [self.state(number)]
        while chain[0].parent is not None:
            chain.insert(0, self.state(chain[0].parent))
        return tuple(chain)


@dataclass(frozen=True)
class QuestionSummary:
    """A question in a list."""

    id: int
    owner: str
    title: str
    outcomes: tuple[str, ...]
    prices: tuple[float, ...]
    """Of the outcomes, adding up to 1."""
    liquidity: int
    """`b` of the market maker, micro-credits."""
    volume: int
    closes: int
    phase: str
    """`open`, `waiting` or `ended`."""
    due: int | None
    outcome: int | None
    ending: str | None
    """`resolved`, `cancelled` or `expired`."""
    at: int


@dataclass(frozen=True)
class Held:
    """What one holds of a question."""

    shares: tuple[int, ...]
    """Micro-shares of each outcome."""
    paid: int
    """In all; below 0 for a gain."""
    received: int | None
    """In the end."""


@dataclass(frozen=True)
class Holding(Held):
    """The same in a list, with its question."""

    id: int
    question: int
    title: str
    outcomes: tuple[str, ...]
    outcome: int | None
    """What happened; None until it is told, and where nothing counts."""
    phase: str


@dataclass(frozen=True)
class Holder(Held):
    """What somebody holds of a question."""

    id: int
    party: str


@dataclass(frozen=True)
class Question(QuestionSummary):
    """A question with its terms, and what one holds of it."""

    text: str
    loss: int
    """What its owner put aside."""
    sold: tuple[int, ...]
    """Micro-shares that are out."""
    turns: int
    """Trades so far."""
    resolving: int
    mine: Held


@dataclass(frozen=True)
class Quote:
    """What a trade would cost now."""

    question: int
    outcome: int
    shares: tuple[int, ...]
    """Micro-shares of each outcome."""
    cost: int
    pays: int
    """Now; a gain waits for the end of the question."""
    prices: tuple[float, ...]
    """Afterwards."""


@dataclass(frozen=True)
class Deal(Quote):
    """A trade of one's own."""

    id: int


@dataclass(frozen=True)
class Trade:
    """Somebody's trade."""

    id: int
    turn: int
    party: str
    outcome: int
    shares: tuple[int, ...]
    cost: int
    prices: tuple[float, ...]
    """Afterwards."""
    at: int


@dataclass(frozen=True)
class Prices:
    """Of all outcomes at a moment."""

    at: int
    prices: tuple[float, ...]


@dataclass(frozen=True)
class History:
    """Prices over time."""

    outcomes: tuple[str, ...]
    items: tuple[Prices, ...]


@dataclass(frozen=True)
class Resolution:
    """How a question ended."""

    id: int
    phase: str
    ending: str
    outcome: int | None
    returned: int
    """To its owner, micro-credits."""


@dataclass(frozen=True)
class Goal:
    """What a buyer of information wants.

    Args:
        kind: `answer`, `choose` or `forecast`.
        text: in words.
        options: to choose from, two or more.
        prior: of a forecast: the probability without information.
        value: micro-credits it is worth; the budget by default.

    >>> Goal("forecast", "rain at noon", prior=0.3).sent
    {'kind': 'forecast', 'text': 'rain at noon', 'prior': 0.3}
    """

    kind: str
    text: str
    options: Sequence[str] | None = None
    prior: float | None = None
    value: int | None = None

    @property
    def sent(self) -> dict[str, Any]:
        """As it is sent."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True)
class InquirySummary:
    """An inquiry in a list."""

    id: int
    owner: str
    title: str
    budget: int
    slots: int
    reserve: int
    """Least bid for attention."""
    closes: int
    phase: str
    """`open`, `inspecting` or `closed`."""
    due: int | None
    outcome: str | None
    """`bought`, `declined`, `unanswered`, `withdrawn` or `failed`."""
    spent: int
    at: int


@dataclass(frozen=True)
class InformationOffer:
    """Information that is offered, as everybody sees it."""

    id: int
    informer: str
    teaser: str
    price: int
    status: str
    """`sealed`, `withdrawn`, `displaced`, `bought` or `forgotten`."""
    inspected: bool
    paid: int
    """For attention."""
    reason: str | None
    at: int
    bid: int | None
    """None until it is over."""
    text: str | None = field(default=None, repr=False)
    """For the buyer that bought it."""


@dataclass(frozen=True)
class Inquiry(InquirySummary):
    """An inquiry and what is offered."""

    goal: Goal
    rounds: int
    reason: str | None
    """Why it failed."""
    offers: tuple[InformationOffer, ...]


@dataclass(frozen=True)
class Information:
    """Information one offered."""

    id: int
    inquiry: int
    title: str
    """Of the inquiry."""
    teaser: str
    price: int
    bid: int
    status: str
    """As of an `InformationOffer`."""
    inspected: bool
    paid: int
    reason: str | None
    at: int


@dataclass(frozen=True)
class NewWebhook:
    """A webhook with the secret that signs what it is told; the secret is told once."""

    id: int
    url: str
    kinds: tuple[str, ...]
    status: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Webhook:
    """Where one is told of events."""

    id: int
    url: str
    kinds: tuple[str, ...]
    """None are all."""
    status: str
    """`active` or `disabled`."""
    failures: int
    failed: str | None
    """Why, the last time."""
    after: int
    """The last event it was told."""
    at: int


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
