"""A market in which informers are paid what their information turned out to be worth."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from catallax.core import Journal, to_micro
from catallax.language.bazaar._appraisers import AbstractAppraiser
from catallax.language.bazaar._bayesian import Bayesian
from catallax.language.bazaar._bazaar import Buyer
from catallax.language.bazaar._bill import Bill
from catallax.language.bazaar._contractors import AbstractDecider
from catallax.language.bazaar._goals import Brief
from catallax.language.bazaar._guarded import alone
from catallax.language.bazaar._informers import AbstractInformer
from catallax.language.bazaar._limits import Limits
from catallax.language.bazaar._offers import Reason
from catallax.language.bazaar._parts import BURN
from catallax.language.bazaar._rebuttals import Rebuttals
from catallax.language.bazaar._result import Result
from catallax.language.bazaar._seats import Seat
from catallax.language.bazaar._table import Table, endow
from catallax.language.bazaar._till import Till, informer_account


@dataclass(eq=False)
class MarginalValueMarket:
    """The marginal value mechanism: informers take turns, what they tell is bought unseen and shown to all, and they are paid in the end.

    At its turn an informer sees what was told and adds sealed texts, or nothing; when all in turn add nothing, it ends. The buyer
    decides at first and after each move, and all decisions are judged by all that was told:

    `R^n = E[U(x_n) - U(x_{n-1}) | all] - p(x^n)`

    The buyer pays the price of a text at once to its `source`, what it took to find out, and `R^n` in the end to who told it. So
    who rebuts what misleads is paid for it by who misled, and the buyer pays no more than all of it was worth to it. For each
    move a stake is put down until the end. It bounds what can be lost, and it has to be at least what the texts cost; as wealth is
    finite it also bounds the number of moves, which is otherwise open: in a fixed number the last would have to fear no rebuttal.

    Texts are taken for true. Who can lie needs an appraiser that knows better, an audit or what happened.

    Args:
        informers: who takes turns, in this order; none of them sealed, since nothing that is told is sealed from anybody.
        appraiser: who judges. By default a `Bayesian`, if the informers share a finite world.
        stake: credits for each move. If it is less than a move can lose, misleading can pay.
        wealth: credits of each informer, minted once.
        source: account that prices are paid to; burned unless told otherwise.
        limits: hard stops. If the time of the run is over, or its bill is full, stakes go back and nobody is paid.
        journal: where the money is booked; in memory unless told otherwise.
        seed: of all chance.
        name: what the names of runs begin with; two markets on one journal need two.

    Raises:
        ValueError: for settings that fit together badly; the message says which.

    Source: the mechanism is of "Extrapolating Volition with Recursive Information Markets" (2026), arXiv 2604.08606; the stakes are
    ours.

    >>> from catallax.language.bazaar import Forecast, Rebutter
    >>> from catallax.language.worlds import fact_check
    >>> world = fact_check()
    >>> market = MarginalValueMarket([Rebutter("ann", world), Rebutter("bob", world)])
    >>> result = market.run(Buyer(Forecast("E", prior=0.1), budget=1.0), state={"I1": 1, "I2": 1})
    >>> [receipt.text for receipt in result.receipts], round(result.output[0], 3)  # the half that misleads is not told alone
    (['I1=1', 'I2=1'], 0.2)
    >>> market.journal["informer:ann"], market.journal.audit()  # 0.0444 nats
    (10044403, 0)
    """

    informers: Sequence[AbstractInformer]
    appraiser: AbstractAppraiser = None  # pyright: ignore[reportAssignmentType] - filled in below
    stake: float = 1.0
    wealth: float = 10.0
    source: str = BURN
    limits: Limits = field(default_factory=Limits)
    journal: Journal = field(default_factory=Journal)
    seed: int = 0
    name: str = "run"

    def __post_init__(self) -> None:
        self.table = Table.of(self.informers)
        sealed = [seat.name for seat in self.seats.values() if seat.sealed]
        if sealed:
            raise ValueError(f"MarginalValueMarket: {sealed} are sealed informers, and here nothing told is sealed.")
        if to_micro(self.stake) < 1:
            raise ValueError(
                f"MarginalValueMarket: a stake is at least a micro-credit, or a run need not end; got {self.stake}."
            )
        if self.appraiser is None:
            self.appraiser = Bayesian(self.table.common("say who judges: appraiser=..."))
        self._runs = 0
        for name in self.seats:
            endow(self.journal, informer_account(name), self.wealth)

    @property
    def seats(self) -> Mapping[str, Seat]:
        """Who sits at the table, by name."""
        return self.table.seats

    def run(self, buyer: Buyer, state: Mapping[str, Any] | None = None, name: str | None = None) -> Result:
        """One buyer's decision; see `arun`.

        Raises:
            RuntimeError: inside a running event loop; there, await `arun`.
        """
        return alone(lambda: self.arun(buyer, state, name))

    async def arun(self, buyer: Buyer, state: Mapping[str, Any] | None = None, name: str | None = None) -> Result:
        """One buyer's decision, from the brief to the payments.

        Args:
            buyer: whose budget is minted and put into escrow; what is left is its own afterwards.
            state: what nature tells informers, by their signals; drawn from their common world unless told.
            name: of the run in the journal; counted unless told.

        Raises:
            ValueError: if the journal has a run of that name already, nobody can decide or judge on such a goal, or the buyer would end it.
        """
        name = f"{self.name} {self._runs}" if name is None else name
        self._runs += 1
        decider = self._decider(buyer)
        for part in (self.appraiser, decider):
            part.check(buyer.goal)
        till, budget = Till(self.journal, name), to_micro(buyer.budget)
        till.open(buyer.name, budget)
        brief = Brief(name, buyer.goal, budget, buyer.tags, buyer.deadline)
        nature = self.table.nature(self.seed, name) if state is None else state
        run, stopped = Rebuttals(self, till, Bill(till, self.limits.bill), decider, brief, dict(nature)), None
        try:
            async with asyncio.timeout(self.limits.run):
                stopped = await run.play()
        except TimeoutError:
            stopped = Reason.TIMEOUT
        finally:
            rest = till.close(buyer.name)
        output = run.outputs[-1] if run.outputs else None
        return Result(output, tuple(run.known), self.journal, name, (), run.told, stopped, budget - rest)

    def _decider(self, buyer: Buyer) -> AbstractDecider:
        if buyer.stop is not None:
            raise ValueError(
                "MarginalValueMarket: only informers end a run, or the last would have no rebuttal to fear."
            )
        if buyer.decider is not None:
            return buyer.decider
        if isinstance(self.appraiser, AbstractDecider):
            return self.appraiser
        raise ValueError(
            "MarginalValueMarket: nobody can decide for this buyer; give it a decider: Buyer(..., decider=...)."
        )
