"""The information bazaar: buyers, informers, and a wall between what is inspected and what is bought."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from catallax.core import Journal, to_micro
from catallax.language.attention import VCG, AbstractSlotAuction
from catallax.language.bazaar._bayesian import Bayesian
from catallax.language.bazaar._bill import Bill
from catallax.language.bazaar._contractors import AbstractContractor, AbstractDecider
from catallax.language.bazaar._enclosed import MOST, an_amount
from catallax.language.bazaar._goals import Answer, Brief, Choose, Forecast, Write
from catallax.language.bazaar._guarded import alone, guarded
from catallax.language.bazaar._informers import AbstractInformer
from catallax.language.bazaar._limits import Limits
from catallax.language.bazaar._memory import Memory
from catallax.language.bazaar._offers import Reason, Receipt, reason_of
from catallax.language.bazaar._parts import AbstractCost, AbstractSurplus, BurnSurplus, FlatCost
from catallax.language.bazaar._register import Register
from catallax.language.bazaar._result import Result, Rounds
from catallax.language.bazaar._seats import Seat
from catallax.language.bazaar._session import Place, Session
from catallax.language.bazaar._table import Table, endow
from catallax.language.bazaar._till import MINT, Till, bond_account, buyer_account, informer_account
from catallax.language.models import AbstractSpans, ModelError, NoSpans
from catallax.language.worlds import Recall, everything


@dataclass(frozen=True)
class Buyer:
    """Who wants to know something, and pays for it.

    Args:
        goal: what it wants; all of it is public.
        budget: credits it spends at most.
        decider: its own policy, the only one that sees all it bought; in a finite world it may be left out.
        name: of its account.
        tags: what the goal is about.
        deadline: seconds that informers have for an offer.
        stop: whether it knows enough; asked after each round.

    Raises:
        ValueError: for a budget below a micro-credit, or a name with `:`, `/` or `@`.
    """

    goal: Answer | Forecast | Choose | Write
    budget: float
    decider: AbstractDecider | None = None
    name: str = "buyer"
    tags: tuple[str, ...] = ()
    deadline: float | None = None
    stop: Callable[[tuple[Receipt, ...]], bool] | None = None

    def __post_init__(self) -> None:
        if to_micro(self.budget) < 1 or not self.name or set(self.name) & set(":/@"):
            raise ValueError(
                f"Buyer: expected a budget of at least a micro-credit and a name without ':', '/' and '@', "
                f"got {self.budget} and {self.name!r}."
            )


@dataclass(eq=False)
class Bazaar:
    """A market for information that can be inspected before it is bought, since who inspects it forgets it.

    A buyer's goal is told in public; informers offer sealed texts and bid for `slots` of attention; a contractor reads what won
    in a context of its own and returns which to buy, and nothing else. The contractor is a buyer as well: its goal is *which of
    these to buy?*, and its own market, a level deeper, sells it information about the goods. It ends, three times over:

    * depth, rounds and slots are bounded: at most `sum_d R^d` contractors for depths 0 to D;
    * each inspection burns at least a micro-credit, and nothing inside a run mints;
    * a contractor may spend at most `shrink < 1` of what is at stake, out of its buyer's own escrow.

    Args:
        informers: who has information; each has an account of its own.
        slots: exhibits that are looked at in a round.
        depth: 0 buys nothing, 1 inspects, 2 gives contractors a market, and so on.
        rounds: of a market, at most.
        auction: how slots are sold.
        surplus: where payments for attention go, beyond what looking costs.
        cost: what looking costs; burned.
        contractor: who judges. By default a `Bayesian`, if the informers share a finite world.
        wealth: credits of each informer, minted once.
        bond: credits an informer loses at most for breaking a commitment, minted once.
        shrink: share of what is at stake that may be spent on verifying it.
        recall: what a level still knows, beside what was bought for it, of what was bought further in: `worlds.everything`, the
            recursive protocol, or `worlds.nearest`, the successive one, in which each level forgets what helped it to choose.
        limits: hard stops.
        register: who sold a text first.
        journal: where the money is booked; in memory unless told otherwise.
        seed: of all chance. Who knows it foretells ties, orders and the seeds of all informers: keep it to yourself where that is
            worth something.
        name: what the names of runs begin with; two bazaars on one journal need two.
        spans: who watches runs, auctions, inspections and settlements: names, counts and amounts that the books tell too.

    Raises:
        ValueError: for settings that fit together badly; the message says which.
        TypeError: for a contractor that could keep what it reads.

    Source: "Language Models Can Reduce Asymmetry in Information Markets" (2024), arXiv 2403.14443, and the sketch of recursive
    contractors by A. P. Sudhir, with its accounts, its attention and its forgetting made exact.

    >>> from catallax.language.bazaar import program_informer
    >>> from catallax.language.worlds import fact_check
    >>> joint = fact_check()
    >>> bazaar = Bazaar([program_informer(joint, signal) for signal in ("I1", "I2")], slots=1, depth=2)
    >>> result = bazaar.run(Buyer(Forecast("E", prior=0.1, subsidy=1.0), budget=1.0), state={"I1": 1, "I2": 1})
    >>> [receipt.text for receipt in result.receipts], round(result.output[0], 3), result.ledger.audit()
    (['I1=1', 'I2=1'], 0.2, 0)
    """

    informers: Sequence[AbstractInformer]
    slots: int = 1
    depth: int = 1
    rounds: int = 2
    auction: AbstractSlotAuction = field(default_factory=VCG)
    surplus: AbstractSurplus = field(default_factory=BurnSurplus)
    cost: AbstractCost = field(default_factory=FlatCost)
    contractor: AbstractContractor = None  # pyright: ignore[reportAssignmentType] - filled in below
    wealth: float = 1.0
    bond: float = 0.0
    shrink: float = 0.5
    recall: Recall = everything
    limits: Limits = field(default_factory=Limits)
    register: Register = field(default_factory=Register)
    journal: Journal = field(default_factory=Journal)
    seed: int = 0
    name: str = "run"
    spans: AbstractSpans = field(default_factory=NoSpans)

    def __post_init__(self) -> None:
        self.informers = tuple(self.informers)
        self.table = Table.of(self.informers)
        if self.slots < 1 or self.depth < 0 or self.rounds < 1 or not 0 <= self.shrink < 1:
            raise ValueError(
                "Bazaar: expected at least 1 slot and 1 round, a depth of at least 0 and a shrink in [0, 1), got "
                f"{self.slots}, {self.rounds}, {self.depth} and {self.shrink}."
            )
        if self.contractor is None:
            self.contractor = Bayesian(self.table.common("say who judges: contractor=..."))
        settings = vars(type(self.contractor)).get("__dataclass_params__")  # its own, and not of a class it comes from
        if settings is None or not settings.frozen:
            raise TypeError(
                f"Bazaar: {type(self.contractor).__name__} could keep what it reads; make it a frozen dataclass."
            )
        self._runs = 0
        for name in self.seats:
            endow(self.journal, informer_account(name), self.wealth)
            endow(self.journal, bond_account(name), self.bond)

    @property
    def seats(self) -> Mapping[str, Seat]:
        """Who sits at the table, by name."""
        return self.table.seats

    @property
    def reserve(self) -> int:
        """What looking at one exhibit may cost, micro-credits."""
        return self.cost.quote(self.limits.characters)

    def run(self, buyer: Buyer, state: Mapping[str, Any] | None = None, name: str | None = None) -> Result:
        """One buyer's purchase, from the brief to its output; see `arun`.

        Raises:
            RuntimeError: inside a running event loop; there, await `arun`.
        """
        return alone(lambda: self.arun(buyer, state, name))

    async def arun(self, buyer: Buyer, state: Mapping[str, Any] | None = None, name: str | None = None) -> Result:
        """One buyer's purchase, from the brief to its output.

        Args:
            buyer: whose budget is minted and put into escrow; what is left is its own afterwards.
            state: what nature tells informers, by their signals; drawn from their common world unless told.
            name: of the run in the journal; counted unless told.

        Raises:
            ValueError: if the journal has a run of that name already, or nobody can decide or judge on such a goal.
        """
        name = f"{self.name} {self._runs}" if name is None else name
        self._runs += 1
        decider = self._decider(buyer)
        for part in (self.contractor, decider):
            part.check(buyer.goal)
        till = Till(self.journal, name)
        place = self._open(buyer, till, name)
        nature = dict(self.nature(name) if state is None else state)
        session = Session(self, buyer, till, nature, str(self.seed), Bill(till, self.limits.bill))
        stopped = None
        with self.spans.span("bazaar run", run=name, goal=buyer.goal.kind, budget=place.brief.budget) as note:
            try:
                if self.depth > 0:
                    async with asyncio.timeout(self.limits.run):
                        await session.rounds(place)
            except TimeoutError:
                stopped = Reason.TIMEOUT
            finally:
                rest = till.close(buyer.name)
            session.handed_up(place.known)
            output, failed = await self._decided(decider, place, session)
            ended = stopped or session.stopped or failed
            spent = place.brief.budget - rest - session.gained
            note(bought=len(place.known), spent=spent, stopped="" if ended is None else ended.value)
        return Result(
            output, tuple(place.known), self.journal, name, tuple(place.seen), place.market, ended,
            spent,
        )  # fmt: skip

    async def _decided(self, decider: AbstractDecider, place: Place, session: Session) -> tuple[Any, Reason | None]:
        """The output, or why there is none; an error of the buyer's own code is the buyer's to see."""
        quote = decider.dearest(place.brief, tuple(place.known), tuple(place.seen))
        if not an_amount(quote):
            raise ValueError(
                f"Bazaar: what a decider costs at most is whole micro-dollars from 0 to {MOST}, got {quote!r}."
            )
        if not session.reserved(f"{place.brief.id} decides bill", quote):
            return None, Reason.OVER_BUDGET
        errors: list[Exception] = []

        async def decided() -> Any:
            try:
                return await decider.decide(place.brief, tuple(place.known), tuple(place.seen))
            except ModelError as error:
                return reason_of(error)
            except Exception as error:  # raised again outside of the guard, which would make a reason of it
                errors.append(error)

        output = await guarded(decided, self.limits.inspection)
        if errors:
            raise errors[0]
        return (None, output) if isinstance(output, Reason) else (output, None)

    def nature(self, run: str) -> dict[str, int]:
        """What nature tells in a run: the outcome, by the name of the question, and all signals of the informers' world."""
        return self.table.nature(self.seed, run)

    def reward(self, buyer: Buyer, amount: float, key: str, sponsor: str = MINT) -> None:
        """Pay a final reward or a bounty to a buyer.

        Args:
            buyer: who gets it.
            amount: credits, at least 0.
            key: of the posting; a reward is paid once.
            sponsor: account that pays.
        """
        if amount < 0:
            raise ValueError(f"Bazaar: a reward is at least 0, got {amount}.")
        self.journal.post({sponsor: -to_micro(amount), buyer_account(buyer.name): to_micro(amount)}, key, "reward")

    def disproved(self, receipt: Receipt, buyer: Buyer) -> int:
        """Take back the price of a claim that was sold as verified and is false, and as much again from the bond.

        Returns:
            Micro-credits that came back; less than the price where the informer has spent it, 0 if they had come back before.

        Raises:
            ValueError: for a receipt of a sale that is not in the journal.
        """
        sale = self.journal.transaction(receipt.transaction)
        sold = {receipt.buyer: -receipt.price, informer_account(receipt.informer): receipt.price}
        if sale is None or sale.kind != "buy" or dict(sale.entries) != {k: v for k, v in sold.items() if v}:
            raise ValueError(
                f"Bazaar: the journal has no sale {receipt.transaction!r} as on the receipt of {receipt.offer!r}."
            )
        key = f"{receipt.transaction} disproved"
        if self.journal.posted(key):
            return 0
        account, bond = informer_account(receipt.informer), bond_account(receipt.informer)
        has = self.journal.balances  # without a bond there is no such account
        back = {name: min(receipt.price, has.get(name, 0)) for name in (account, bond)}
        entries = {name: -amount for name, amount in back.items()}
        entries[buyer_account(buyer.name)] = sum(back.values())
        self.journal.post(entries, key, f"refund:{Reason.DISPROVED.value}")
        return sum(back.values())

    def _decider(self, buyer: Buyer) -> AbstractDecider:
        if buyer.decider is not None:
            return buyer.decider
        if isinstance(self.contractor, AbstractDecider):
            return self.contractor
        raise ValueError("Bazaar: nobody can decide for this buyer; give it a decider: Buyer(..., decider=...).")

    def _open(self, buyer: Buyer, till: Till, name: str) -> Place:
        """The buyer's own market, with its budget in escrow."""
        budget = to_micro(buyer.budget)
        till.open(buyer.name, budget)
        brief = Brief(name, buyer.goal, budget, buyer.tags, buyer.deadline)
        return Place(brief, (), (), Memory(self.limits, self.register), Rounds())
