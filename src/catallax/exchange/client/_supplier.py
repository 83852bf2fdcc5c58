"""Suppliers: programs that bid for states by themselves, and append to what they won."""

from __future__ import annotations

import abc
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from catallax.exchange.client._client import Client
from catallax.exchange.client._errors import Refused
from catallax.exchange.client._records import Purchase, Request, State

log = logging.getLogger("catallax.exchange.supplier")
TRIES = 3
"""How often work that fails is begun again."""


@dataclass(frozen=True)
class Sale:
    """A state that is for sale.

    Args:
        request: what is wanted.
        chain: the states that led to it, the request first, the one for sale last; texts one has not bought are None.
    """

    request: Request
    chain: tuple[State, ...]

    @property
    def last(self) -> bool:
        """Whether what is appended now can only be an offer."""
        return self.request.stage >= self.request.stages


@dataclass(frozen=True)
class Job:
    """A state that one has bought, to be worked on.

    Args:
        request: what is wanted.
        chain: the states that led to it, with their texts.
        purchase: what it cost.
    """

    request: Request
    chain: tuple[State, ...]
    purchase: Purchase

    @property
    def text(self) -> str:
        """Everything that was bought, the request first."""
        return "\n\n".join(state.text or "" for state in self.chain)


@dataclass(frozen=True)
class Draft:
    """What is appended.

    Args:
        teaser: what everybody may read.
        text: for those who buy it, or for the requester.
        final: whether it is an offer; at the last stage it is one anyway.
    """

    teaser: str
    text: str
    final: bool = False


class AbstractSupplier(abc.ABC):
    """Bids, and works on what it won."""

    @abc.abstractmethod
    def bid(self, sale: Sale) -> int:
        """What the state is worth to it, micro-credits; 0 for no bid."""

    @abc.abstractmethod
    def work(self, job: Job) -> Draft:
        """What it appends."""


@dataclass(frozen=True)
class ProgramSupplier(AbstractSupplier):
    """Two functions.

    >>> shout = ProgramSupplier(lambda sale: 100_000, lambda job: Draft("in capitals", job.text.upper(), final=True))
    """

    bids: Callable[[Sale], int]
    works: Callable[[Job], Draft]

    def bid(self, sale: Sale) -> int:
        return self.bids(sale)

    def work(self, job: Job) -> Draft:
        return self.works(job)


@dataclass
class Supply:
    """A supplier at an exchange. What it bid and bought stands there, so that it can be stopped and started at any time.

    Args:
        client: of the exchange, with a token that may `read` and `bid`.
        supplier: who bids and works.
    """

    client: Client
    supplier: AbstractSupplier
    _seen: set[tuple[int, int]] = field(default_factory=set)
    _failed: dict[int, int] = field(default_factory=dict)

    def run(self, seconds: float | None = None, pause: float = 0.5) -> None:
        """Bid and work, for some seconds or until it is interrupted.

        Args:
            seconds: how long; None for ever.
            pause: seconds between two looks.
        """
        ends = None if seconds is None else time.monotonic() + seconds
        while ends is None or time.monotonic() < ends:
            self.step()
            time.sleep(pause)

    def step(self) -> None:
        """Deliver what is due, then bid for what is new."""
        for purchase in self.client.purchases("working", limit=200).items:
            self._work(purchase)
        for summary in self.client.requests("bidding", limit=200, newest=True).items:
            self._bid(summary.id)

    def _work(self, purchase: Purchase) -> None:
        assert purchase.request is not None
        if self._failed.get(purchase.id, 0) >= TRIES:
            return
        request = self.client.request(purchase.request)
        try:
            draft = self.supplier.work(Job(request, request.chain(purchase.state), purchase))
        except Exception:  # the supplier's own code; its other purchases wait
            self._failed[purchase.id] = self._failed.get(purchase.id, 0) + 1
            log.exception("work on purchase %d failed, try %d of %d", purchase.id, self._failed[purchase.id], TRIES)
            return
        try:
            self.client.append(purchase.id, draft.teaser, draft.text, draft.final)
        except Refused as refused:
            self._failed[purchase.id] = TRIES
            log.warning("purchase %d was not delivered: %s", purchase.id, refused)

    def _bid(self, number: int) -> None:
        request = self.client.request(number)
        for state in request.states:
            if state.status != "for-sale" or (state.id, request.stage) in self._seen:
                continue
            self._seen.add((state.id, request.stage))
            try:
                amount = self.supplier.bid(Sale(request, request.chain(state.id)))
            except Exception:  # the same
                log.exception("no bid for state %d", state.id)
                continue
            if amount <= 0:
                continue
            try:
                self.client.bid(state.id, amount)
            except Refused as refused:
                log.info("no bid for state %d: %s", state.id, refused)
