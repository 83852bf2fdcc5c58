"""Suppliers of a reasoning market at an exchange."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType

from catallax.exchange._aside import Aside
from catallax.exchange.client import AbstractSupplier, Draft, Job, Request, Sale, State
from catallax.language.bazaar import plain
from catallax.language.models import Budget
from catallax.language.reasoning import (
    ABSTAIN,
    AbstractReader,
    AbstractThinker,
    Holding,
    Listing,
    Question,
    Reading,
    ThinkerReader,
    Thought,
)
from catallax.language.reasoning import Quote as Bid

log = logging.getLogger("catallax.exchange.supplier")
LINE, WORDS = 200, 100_000
"""Characters of a teaser and of a text that an exchange takes."""


class ReasoningSupplier(AbstractSupplier):
    """An agent of `language.reasoning` as a supplier: whatever works in a `SupplyChain` works at an exchange.

    A request is its question, the states that led to what is for sale its thoughts. Before it has bought, it sees a teaser in the place
    of each text it may not read; in a market in the process it would see the text and forget it. It hears what became of a purchase
    when the request is closed. Its calls run on an event loop in a thread of its own: end it with `close`, or by `with`.

    Args:
        agent: a reader, or a thinker, which writes no teasers: `an answer by NAME` stands there.
        budget: that its models are billed to, if one is to end it: it bids as long as what is left pays for one more bid and one more
            work, beside those that are pending. Work that could not be paid for would be forfeited.
    """

    def __init__(self, agent: AbstractReader | AbstractThinker, budget: Budget | None = None) -> None:
        self.reader = ThinkerReader(agent) if isinstance(agent, AbstractThinker) else agent
        self.budget = budget
        self.ending: Callable[[], Awaitable[None]] | None = None
        """What is awaited in the end, where its calls ran."""
        self._costs: dict[int, int] = {}
        self._aside = Aside(f"supplier {self.reader.name}")

    def __enter__(self) -> ReasoningSupplier:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End its thread, and the connections of its model."""
        self._aside.close(self.ending)

    def affords(self, pending: int) -> bool:
        """Whether the budget pays for one more bid, and for its work beside what is pending."""
        left = None if self.budget is None else self.budget.left
        return left is None or left >= self.reader.asking + (pending + 1) * self.reader.most

    def bid(self, sale: Sale) -> int:
        if not self.affords(sale.pending):
            log.warning("%s bids no more: its budget does not pay for more work", self.reader.name)
            return 0
        said = self._aside.result(self.reader.appraise(reading(sale.request, sale.chain, sale.last, sale.free)))
        amount = said.amount if isinstance(said, Bid) else said
        return 0 if amount == ABSTAIN else amount

    def work(self, job: Job) -> Draft:
        last = job.purchase.stage >= job.request.stages
        work = self._aside.result(self.reader.act(reading(job.request, job.chain, last)))
        self._costs[job.purchase.id] = self._costs.get(job.purchase.id, 0) + work.cost
        if len(work.drafts) != 1:
            raise ValueError(f"{self.reader.name}: expected one draft, got {len(work.drafts)}.")
        (draft,) = work.drafts
        final = draft.final or last
        teaser = (
            " ".join(plain(draft.teaser).split())[:LINE]
            or f"{'an answer' if final else 'a step'} by {self.reader.name}"
        )
        return Draft(teaser, plain(draft.text)[:WORDS], final)

    def learn(self, job: Job, income: int) -> None:
        sale = job.purchase
        paid = sale.price if sale.status == "missed" else sale.received
        read = reading(job.request, job.chain, sale.stage >= job.request.stages)
        self.reader.learn([Holding(self.reader.name, read, paid, self._costs.pop(sale.id, 0), income)])


def reading(request: Request, chain: Sequence[State], last: bool, free: int = 0) -> Reading:
    """A chain of an exchange, the request first, as agents of the library are shown one."""
    text = request.text if request.title in request.text else f"{request.title}\n\n{request.text}"
    states = chain[1:]
    thoughts = tuple(
        Thought(str(state.id), state.author, state.teaser if state.text is None else state.text, str(state.parent), 0)
        for state in states
    )
    listings = tuple(
        Listing(str(state.id), state.author, (str(state.parent),), state.teaser, depth=state.stage) for state in states
    )
    return Reading(Question(text, request.bounty), thoughts, listings, seed=chain[-1].id % 2**31, last=last, free=free)
