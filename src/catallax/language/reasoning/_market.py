"""The deep market of messages."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping

from catallax.core import Journal, to_credits, to_micro
from catallax.language.reasoning._auction import AbstractStateAuction, FirstPrice
from catallax.language.reasoning._episode import Episode
from catallax.language.reasoning._payout import AbstractPayout, LastOwner
from catallax.language.reasoning._play import Play, Rules
from catallax.language.reasoning._population import AbstractBirths, AbstractDepartures
from catallax.language.reasoning._thinker import AbstractThinker
from catallax.language.reasoning._thought import Task
from catallax.language.reasoning._treasury import BURN, CONSUMER, SPECIAL, Treasury

BATCH = 64
"""Episodes that are opened before those that wait for a model get a turn: answers that are there should not wait."""


class ReasoningMarket:
    """Thinkers buy a chain of thoughts from each other, append to it, and sell it on; the consumer pays for the answer.

    In round t the winner of the auction pays `p_t` to the owner, bears the bill of its work, and owns the state; the last
    owner gets `score * bounty`. So a thinker earns `p_(t+1) - cost - p_t`: what its thought added, as others value it.

    Money is whole micro-credits in a double-entry journal: a bid is cut to what its bidder can pay in full, work included,
    at the moment of the sale, in however many episodes it takes part; the bounty and the dearest bill are put aside before
    anybody works. A thinker whose model fails keeps what it bought, pays its bill and bids no more in that episode.

    Args:
        thinkers: who bids, of different names.
        auction: sells the state.
        payout: divides the bounty of a judged answer.
        endowment: of each founder, credits.
        dowry: of each newborn, credits; the endowment by default. A free start is what swindlers are born for: keep it small.
        funds: of the consumer, credits.
        reserve: lowest price of a state, credits.
        depth: most rounds of an episode.
        bill_cap: most an episode may be billed, credits; None for no cap.
        credit: what a thinker may owe the operator, credits.
        first_seller: who gets the first payment: `consumer`, or `burn`.
        rent: due from every thinker each `rent_every` episodes, as far as money and credit go, credits; burnt.
        departures: who leaves after an episode, or after the rent; None for nobody.
        births: who comes; None for nobody.
        replays: how often an episode after which somebody left is undone and played again without it.
        patience: seconds for one act or one bid; None to wait for ever.
        longest: characters of a thought.
        journal: where all is posted; a new one in memory by default. `Journal.rerun(path)` goes on with a killed run.
        seed: of ties and programs.

    Raises:
        ValueError: for figures outside their range, or thinkers of one name.

    Source: Pallavi Sudhir and Tran-Thanh (2025), Definition 2.1 and section 4, markets of language models.

    >>> from catallax.language import reasoning as r
    >>> add = r.ProgramThinker("add", r.FixedBid(0.4), lambda view: r.Act(str(eval(view.last)), final=True))
    >>> market = r.ReasoningMarket([add])
    >>> episode = market.run(r.Task.of("2 + 3", lambda answer: float(answer == "5")))
    >>> episode.answer, market.wealth["add"], market.journal.audit()
    ('5', 10600000, 0)
    """

    def __init__(
        self,
        thinkers: Iterable[AbstractThinker],
        *,
        auction: AbstractStateAuction | None = None,
        payout: AbstractPayout | None = None,
        endowment: float = 10.0,
        dowry: float | None = None,
        funds: float = 1_000_000.0,
        reserve: float = 0.0,
        depth: int = 8,
        bill_cap: float | None = None,
        credit: float = 0.0,
        first_seller: str = CONSUMER,
        rent: float = 0.0,
        rent_every: int = 1,
        departures: AbstractDepartures | None = None,
        births: AbstractBirths | None = None,
        replays: int = 0,
        patience: float | None = None,
        longest: int = 20_000,
        journal: Journal | None = None,
        seed: int = 0,
    ) -> None:
        dowry = endowment if dowry is None else dowry
        amounts = {
            "endowment": endowment,
            "dowry": dowry,
            "funds": funds,
            "reserve": reserve,
            "credit": credit,
            "rent": rent,
        }
        for name, amount in amounts.items():
            if not amount >= 0:
                raise ValueError(f"ReasoningMarket: {name} is at least 0 credits, got {amount}.")
        if depth < 1 or rent_every < 1 or replays < 0:
            raise ValueError(
                f"ReasoningMarket: depth and rent_every are at least 1, replays at least 0, got {depth}, {rent_every}, {replays}."
            )
        if first_seller not in (CONSUMER, BURN):
            raise ValueError(f"ReasoningMarket: first_seller is 'consumer' or 'burn', got {first_seller!r}.")
        cap = None if bill_cap is None else to_micro(bill_cap)
        self.rules = Rules(
            auction or FirstPrice(), payout or LastOwner(), to_micro(reserve), depth, cap, first_seller, patience, longest
        )  # fmt: skip
        self.journal = Journal() if journal is None else journal
        self.treasury = Treasury(self.journal, to_micro(credit))
        self.dowry, self.rent, self.rent_every = to_micro(dowry), to_micro(rent), rent_every
        self.departures, self.births, self.replays, self.seed = departures, births, replays, seed
        self.thinkers: dict[str, AbstractThinker] = {}
        self.played = 0
        self._started = 0
        self.stakes: Counter[str] = Counter()
        self.treasury.endow(CONSUMER, to_micro(funds), "endow consumer")
        for thinker in thinkers:
            self.admit(thinker, endowment)
        if not self.thinkers:
            raise ValueError("ReasoningMarket: needs at least one thinker.")

    @property
    def wealth(self) -> Mapping[str, int]:
        """Of every thinker, debts taken off, micro-credits."""
        return {name: self.treasury.wealth(name) for name in self.thinkers}

    def admit(self, thinker: AbstractThinker, endowment: float | None = None) -> None:
        """Endow a thinker, with the dowry by default (credits), and let it bid from the next round on.

        Raises:
            ValueError: if its name is taken, now or before.
        """
        if thinker.name in SPECIAL or thinker.name in self.thinkers or thinker.name in self.journal.balances:
            raise ValueError(
                f"ReasoningMarket: the name {thinker.name!r} is taken; give each thinker a name of its own."
            )
        self.thinkers[thinker.name] = thinker
        amount = self.dowry if endowment is None else to_micro(endowment)
        self.treasury.endow(thinker.name, amount, f"endow {thinker.name}")

    def dismiss(self, name: str) -> None:
        """Let a thinker bid no more; what it has is burnt."""
        del self.thinkers[name]
        self.treasury.forgive(name, f"leave {name}")

    def run(self, task: Task) -> Episode:
        """Play one task; `await market.arun(task)` inside a running loop."""
        return asyncio.run(self.arun(task))

    def run_all(self, tasks: Iterable[Task], at_once: int = 1) -> list[Episode]:
        """Play tasks, some of them at once; `await market.arun_all(tasks)` inside a running loop."""
        return asyncio.run(self.arun_all(tasks, at_once))

    async def arun_all(self, tasks: Iterable[Task], at_once: int = 1) -> list[Episode]:
        """Play tasks in order, at most `at_once` of them open; thinkers, their money and what they learn are shared.

        With several open and models that take their time, who bids next depends on who answered first: a run is repeatable
        with programs, or with one open at a time.

        Raises:
            ValueError: unless at least one may be open.
        """
        if at_once < 1:
            raise ValueError(f"ReasoningMarket: at_once is at least 1, got {at_once}.")
        waiting = list(tasks)
        done: list[Episode | None] = [None] * len(waiting)
        numbers = iter(range(len(waiting)))

        async def work() -> None:
            for number in numbers:
                done[number] = await self.arun(waiting[number])

        crew: list[asyncio.Future[None]] = []
        try:
            for number in range(min(at_once, len(waiting))):
                crew.append(asyncio.ensure_future(work()))
                if number % BATCH == BATCH - 1:
                    await asyncio.sleep(0)
            await asyncio.gather(*crew)
        finally:  # after a failure the others are undone before it is raised
            for worker in crew:
                worker.cancel()
            await asyncio.gather(*crew, return_exceptions=True)
        return [episode for episode in done if episode is not None]

    async def arun(self, task: Task) -> Episode:
        """Play one task: its episode, learning, departures (and then the episode again), rent, births.

        Raises:
            ValueError: if the consumer cannot put the bounty aside.
        """
        self._started += 1
        name, gone = str(self._started), list[AbstractThinker]()
        for attempt in range(self.replays + 1):
            episode = await self._attempt(task, f"{name}~{attempt}" if attempt else name)
            leavers = self._leavers()
            again = bool(leavers) and attempt < self.replays
            if again:
                self.treasury.undo(episode.id, f"{episode.id}/undo")
            await self._part_with(leavers, gone)
            self.treasury.moved.pop(episode.id, None)
            if not again:
                break
        self.played += 1
        if self.rent and self.played % self.rent_every == 0:
            self.treasury.burn(dict.fromkeys(self.thinkers, self.rent), f"rent {self.played}", "rent")
            await self._part_with(self._leavers(), gone)
        if self.births is not None:
            for newborn in await self.births.newborns(self, gone):
                self.admit(newborn)
        return episode

    async def _attempt(self, task: Task, id: str) -> Episode:
        bounty, funds = self.rules.payout.most(task.question.bounty), self.journal.balances.get(CONSUMER, 0)
        if bounty > funds:
            raise ValueError(
                f"ReasoningMarket: the consumer has {to_credits(funds)} credits and the bounty is {to_credits(bounty)}; "
                "raise `funds`."
            )
        play = Play(self.rules, self.thinkers, self.treasury, self.stakes, task, id, self.seed)
        try:
            episode = await play.run()
        finally:
            for done in play.bought:
                self.stakes[done] -= 1
        if self.treasury.credit:
            for name in self.thinkers:
                self.treasury.repay(name, f"{id}/repay {name}")
        play.learn(episode)
        return episode

    async def _part_with(self, leavers: list[str], gone: list[AbstractThinker]) -> None:
        left = [self.thinkers[name] for name in leavers]
        for name in leavers:
            self.dismiss(name)
        gone += left
        if left and self.births is not None:
            for newcomer in await self.births.replacements(self, left):
                self.admit(newcomer)

    def _leavers(self) -> list[str]:
        """Those who leave; whoever owns a state or waits for its pay stays until that is settled."""
        if self.departures is None:
            return []
        return [name for name in self.departures.leavers(self) if not self.stakes[name]]
