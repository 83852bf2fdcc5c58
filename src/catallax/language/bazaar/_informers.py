"""Who has information for sale."""

from __future__ import annotations

import abc
import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from catallax.language.bazaar._offers import Offer, Outcome, View
from catallax.language.bazaar._sealed import Exhibit

Offering = Callable[[View], Sequence[Offer] | Awaitable[Sequence[Offer]]]


class AbstractInformer(abc.ABC):
    """Answers briefs with offers. It is shown the brief and what nature told it, and nothing else.

    Args:
        name: of its account; letters, digits, and no `:`, `/` or `@`.
        group: informers that belong together share one; an auction counts them as one bidder.
        signal: what nature tells it, if anything; names of several signals for their values by name.
        quote: micro-dollars at most that one answer of it costs the operator at a provider, with all it does when it is told what
            became of its offers; booked each time before it is asked. 0 for who asks no model, or pays for it by itself.
    """

    signal: str | tuple[str, ...] | None = None
    quote: int = 0

    def __init__(self, name: str, group: str = "") -> None:
        if not name or set(name) & set(":/@"):
            raise ValueError(f"Informer: a name is letters and digits without ':', '/' and '@', got {name!r}.")
        self.name = name
        self.group = group or name

    @abc.abstractmethod
    async def offers(self, view: View) -> Sequence[Offer]:
        """What it offers for this brief; asked once a round."""

    async def update(self, outcome: Outcome) -> None:  # noqa: B027 - most do not learn
        """Told once a round what became of each of its offers."""

    async def deliver(self, offer: Offer) -> Exhibit:
        """What it hands over after a sale; anything but what it committed to is refunded and costs it its bond."""
        return offer.exhibit


class Informer(AbstractInformer):
    """A function from views to offers, plain or asynchronous.

    >>> weatherman = Informer("ann", lambda view: [Offer.of("Rain at noon.", price=0.2, bid=0.05)])
    >>> weatherman.name
    'ann'
    """

    def __init__(
        self, name: str, offering: Offering, group: str = "", signal: str | None = None, quote: int = 0
    ) -> None:
        super().__init__(name, group)
        self.offering = offering
        self.signal = signal
        self.quote = quote

    async def offers(self, view: View) -> Sequence[Offer]:
        return await _called(self.offering, view)


class SealedInformer(AbstractInformer):
    """A function that is shown the sealed goods in question, inside the enclave, to comment on them.

    It has no memory: it is never told what became of its offers, it is no object of the caller's that could keep anything,
    and what it sells is tainted: it leaves the enclave only together with all goods it was shown. It has one
    offer a round, without teaser, at a price and a bid of one of five levels, since both can be seen from outside.
    """

    def __init__(self, name: str, offering: Offering, group: str = "", quote: int = 0) -> None:
        super().__init__(name, group)
        self.offering = offering
        self.quote = quote

    async def offers(self, view: View) -> Sequence[Offer]:
        return await _called(self.offering, view)

    async def update(self, outcome: Outcome) -> None:
        raise TypeError("SealedInformer: it is told nothing.")


async def _called(offering: Offering, view: View) -> Any:
    found = offering(view)
    return await found if inspect.isawaitable(found) else found
