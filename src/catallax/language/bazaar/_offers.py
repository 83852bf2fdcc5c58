"""What is offered, bought and told."""

from __future__ import annotations

import enum
import secrets
from dataclasses import dataclass
from typing import Any, NamedTuple

from catallax.core import to_micro
from catallax.language.bazaar._goals import Brief, Good
from catallax.language.bazaar._sealed import Exhibit
from catallax.language.models import Failure, ModelError


@dataclass(frozen=True)
class Offer:
    """Information for sale. The bazaar fills in `id`, `informer`, `brief` and `basis`.

    Args:
        teaser: what everybody sees.
        price: micro-credits for the information.
        bid: micro-credits for a slot of attention.
        exhibit: the sealed information, with the commitment to it.
        ttl: rounds for which the offer stands.
        id: its name in the run.
        informer: who offers it.
        brief: what it answers.
        basis: offers whose sealed text the author was shown; empty if it saw the brief alone.
    """

    teaser: str
    price: int
    bid: int
    exhibit: Exhibit
    ttl: int = 1
    id: str = ""
    informer: str = ""
    brief: str = ""
    basis: frozenset[str] = frozenset()

    @classmethod
    def of(cls, text: str, price: float, bid: float, teaser: str = "", salt: str | None = None, ttl: int = 1) -> Offer:
        """Seal a text and commit to it, its price and its teaser.

        Args:
            text: the information.
            price: credits.
            bid: credits.
            teaser: what everybody sees.
            salt: a secret; by chance unless told otherwise.
            ttl: rounds for which the offer stands.

        >>> Offer.of("Rain at noon.", price=0.2, bid=0.05).price
        200000
        """
        cost = to_micro(price)
        salt = secrets.token_hex(8) if salt is None else salt
        return cls(teaser, cost, to_micro(bid), Exhibit.of(text, salt, cost, teaser), ttl)

    @property
    def good(self) -> Good:
        """What everybody sees."""
        return Good(self.id, self.teaser, self.price)


class Opened(NamedTuple):
    """An exhibit inside an enclave."""

    id: str
    teaser: str
    price: int
    text: str


@dataclass(frozen=True)
class View:
    """What an informer is shown.

    Args:
        brief: the public part of the goal.
        round: of the market, from 0.
        own: what nature told this informer, if anything.
        exhibits: sealed goods of this and outer levels, empty except for sealed informers; in a `MarginalValueMarket` what was told.
        seed: for what it does by chance.
    """

    brief: Brief
    round: int = 0
    own: Any = None
    exhibits: tuple[Opened, ...] = ()
    seed: str = ""


Verdict = frozenset[str]
"""Offers that a contractor buys: all that it can say."""


class Reason(enum.Enum):
    """Why money went back, or somebody was not heard."""

    TIMEOUT = "timeout"
    """It took longer than it may."""
    MALFORMED = "malformed"
    """Not a verdict on these offers within this purse, or not an offer."""
    REFUSED = "refused"
    """A model declined."""
    PROVIDER = "provider"
    """A model could not be reached, or failed."""
    OVER_BUDGET = "over_budget"
    """It would have cost more than the ceiling of the bill."""
    BROKEN = "broken"
    """An error inside; its text stays there."""
    CANCELLED = "cancelled"
    """The run was stopped."""
    MISMATCH = "mismatch"
    """What was delivered is not what was committed to."""
    DISPROVED = "disproved"
    """A claim that was sold as verified turned out to be false."""


SPOILED = frozenset({Reason.BROKEN, Reason.MALFORMED, Reason.REFUSED})
"""Failures that a text can bring about; were they free, anybody could keep others from being looked at."""

_REASONS = {
    Failure.TIMEOUT: Reason.TIMEOUT,
    Failure.MALFORMED: Reason.MALFORMED,
    Failure.EMPTY: Reason.MALFORMED,
    Failure.REFUSED: Reason.REFUSED,
    Failure.OVER_BUDGET: Reason.OVER_BUDGET,
}


def reason_of(error: ModelError) -> Reason:
    """What a model's failure is called outside of an enclave; all that is not told apart is the provider's."""
    return _REASONS.get(error.failure, Reason.PROVIDER)


class Inspection(NamedTuple):
    """What a contractor returns."""

    bought: Verdict
    bill: int = 0
    """Micro-dollars of the provider; compared to the quote, and seen by nobody."""


class InspectionError(Exception):
    """A contractor has no verdict; nothing but the reason and the bill leaves the enclave."""

    def __init__(self, reason: Reason, bill: int = 0) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.bill = bill


@dataclass(frozen=True)
class Receipt:
    """Information that was bought, and is known from now on.

    Args:
        offer: its id.
        informer: who sold it.
        price: micro-credits.
        buyer: the account that paid.
        transaction: key of the payment in the journal.
        text: the information.
        teaser: what it was offered with.
        basis: offers it may tell of, all bought.
    """

    offer: str
    informer: str
    price: int
    buyer: str
    transaction: str
    text: str
    teaser: str = ""
    basis: frozenset[str] = frozenset()


class Outcome(NamedTuple):
    """What an informer is told about its offer in the end."""

    offer: str
    tag: str
    price: int
    inspected: bool
    bought: bool
    paid: int
    """Micro-credits for attention, after refunds."""
    earned: int
    """Micro-credits of sales, after refunds."""
    reason: Reason | None = None
    """Why money went back."""


class Seen(NamedTuple):
    """One inspection, as its buyer may know it."""

    goods: tuple[Good, ...]
    bought: Verdict
    purse: int
    """Micro-credits it could have spent."""
    context: tuple[Receipt, ...]
    """What was bought below and handed up."""
