"""Suppliers: programs that bid for states by themselves, and append to what they won."""

from __future__ import annotations

import abc
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from catallax.exchange.client._client import Client
from catallax.exchange.client._errors import Refused
from catallax.exchange.client._records import Purchase, Request, State, Summary

log = logging.getLogger("catallax.exchange.supplier")
TRIES = 3
"""How often work that fails is begun again."""


@dataclass(frozen=True)
class Sale:
    """A state that is for sale.

    Args:
        request: what is wanted.
        chain: the states that led to it, the request first, the one for sale last; texts one has not bought are None.
        free: micro-credits that can be bid; more is not bid.
        pending: works that may have to be done already: of bids that are sealed, and of what was bought.
    """

    request: Request
    chain: tuple[State, ...]
    free: int
    pending: int = 0

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

    def learn(self, job: Job, income: int) -> None:  # noqa: B027 - most learn nothing
        """What became of a purchase once its request is closed: `job.purchase` says what it cost, `income` what it brought."""


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
        stake: micro-credits that its party may have less, held bids included, than when it began; None for all it has.
            Nobody else may spend from the account meanwhile.
    """

    client: Client
    supplier: AbstractSupplier
    stake: int | None = None
    _floor: int | None = None
    _seen: set[tuple[int, int]] = field(default_factory=set)
    _sealed: set[tuple[int, int, int]] = field(default_factory=set)
    _jobs: dict[int, Job] = field(default_factory=dict)
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
        """Deliver what is due, tell the supplier what became of what it did, then bid for what is new."""
        working = self.client.purchases("working", limit=200).items
        for purchase in working:
            self._work(purchase)
        for number in sorted({job.request.id for job in self._jobs.values()}):
            self._tell(number)
        for summary, sale in self.sales(len(working)):
            self._bid(summary, sale)

    def sales(self, working: int = 0) -> Iterator[tuple[Summary, Sale]]:
        """What is for sale and was not looked at before.

        Args:
            working: purchases that are to be worked on.
        """
        bidding = self.client.requests("bidding", limit=200, newest=True).items
        open_ = {(one.id, one.stage) for one in bidding}
        self._sealed = {bid for bid in self._sealed if bid[:2] in open_}
        for summary in bidding:
            request = self.client.request(summary.id)
            for state in request.states:
                if state.status == "for-sale" and (state.id, request.stage) not in self._seen:
                    self._seen.add((state.id, request.stage))
                    yield summary, Sale(request, request.chain(state.id), self._free(), working + len(self._sealed))

    def _free(self) -> int:
        purse = self.client.me()
        if self._floor is None:
            whole = purse.balance + purse.in_bids
            self._floor = 0 if self.stake is None else max(whole - self.stake, 0)
        return max(purse.balance - self._floor, 0)

    def _work(self, purchase: Purchase) -> None:
        assert purchase.request is not None
        if self._failed.get(purchase.id, 0) >= TRIES:
            return
        request = self.client.request(purchase.request)
        job = self._jobs[purchase.id] = Job(request, request.chain(purchase.state), purchase)
        try:
            draft = self.supplier.work(job)
        except Exception:  # the supplier's own code; its other purchases wait
            self._failed[purchase.id] = self._failed.get(purchase.id, 0) + 1
            log.exception("work on purchase %d failed, try %d of %d", purchase.id, self._failed[purchase.id], TRIES)
            return
        try:
            self.client.append(purchase.id, draft.teaser, draft.text, draft.final)
        except Refused as refused:
            self._failed[purchase.id] = TRIES
            log.warning("purchase %d was not delivered: %s", purchase.id, refused)

    def _tell(self, number: int) -> None:
        request = self.client.request(number)
        if request.phase != "closed":
            return
        for purchase in request.purchases:
            if (job := self._jobs.pop(purchase.id, None)) is None:
                continue
            try:
                self.supplier.learn(replace(job, request=request, purchase=purchase), request.income(purchase.id))
            except Exception:  # the same
                log.exception("nothing was learnt from purchase %d", purchase.id)

    def _bid(self, summary: Summary, sale: Sale) -> None:
        state = sale.chain[-1].id
        try:
            amount = self.supplier.bid(sale)
        except Exception:  # the same
            log.exception("no bid for state %d", state)
            return
        amount = min(amount, sale.free)
        if amount <= 0:
            return
        try:
            self.client.bid(state, amount)
            self._sealed.add((summary.id, sale.request.stage, state))
        except Refused as refused:
            log.info("no bid for state %d: %s", state, refused)
