"""The wide market: a search whose frontier is what readers pay for."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from catallax.core import MICRO, Journal
from catallax.language.reasoning._enclave import answered, forgetting
from catallax.language.reasoning._goods import Draft, Holding, Listing, Mishap, Portion, Reading, Work
from catallax.language.reasoning._licence import AbstractLicence, Licence, LicenceBid, PayPerReader
from catallax.language.reasoning._reader import AbstractReader
from catallax.language.reasoning._thought import Thought

TASK = "task"
"""Id of the message every search starts from; it is public."""
RESERVED = frozenset({"consumer", "compute", "house", "mint", "operator"})
"""Accounts of the market itself."""
LONGEST = 20_000
"""Characters of a text that is still taken."""


@dataclass(frozen=True)
class Problem:
    """What a consumer asks for.

    Args:
        name: of the episode, from which the keys of its postings are made; no two episodes of one journal share it.
        text: what everybody may read.
        bounty: for an answer of grade 1, micro-credits.
        grade: what an answer is worth, 0 to 1 of the bounty.

    Raises:
        ValueError: for a negative bounty.
    """

    name: str
    text: str
    bounty: int
    grade: Callable[[str], float] = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.bounty < 0:
            raise ValueError(f"Problem: the bounty is 0 or more micro-credits, got {self.bounty}.")


@dataclass(frozen=True)
class Search:
    """What came of an episode.

    Args:
        answer: the best answer; `None` if none was worth anything.
        grade: its grade.
        listings: the public sides of all messages, in the order in which they were written.
        licences: all readings that were sold.
        earned: what each message brought its author, micro-credits.
        bill: for inspecting and writing, micro-credits.
        mishaps: calls that gave nothing.
        journal: where the money moved.
    """

    answer: str | None
    grade: float
    listings: tuple[Listing, ...]
    licences: tuple[Licence, ...]
    earned: Mapping[str, int]
    bill: int
    mishaps: tuple[Mishap, ...]
    journal: Journal = field(repr=False)


@dataclass(frozen=True)
class WideMarket:
    """A graph of messages, each a good: reading a portion is sold, and who reads may append.

    Round by round: (1) readers name portions they want to see, judging by their public sides; (2) each is inspected, for a
    `fee`, by a copy of the reader that is thrown away and gives back a bid alone; (3) the licence rule sells the readings; (4)
    the texts are delivered, and what the readers append is listed at their asks. It ends with an answer of grade 1, when
    nobody buys, or when the bill is spent. The best answer's author gets `bounty * grade`; the author of any message got what
    its readers paid, so the reward flows back along what was read, and nothing else. What a message brought is its credit.

    Paid readings are final, also when the reader then fails. A reader pays for its inspections and its writing; what it writes
    beyond its `quote` is the operator's loss. Prices and quote are put aside before a reader is called. A text that is already
    for sale, word for word, is not listed again.

    Args:
        readers: who searches.
        licence: how readings are sold.
        seats: readings a round.
        rounds: the most rounds.
        bill: the most that inspecting and writing may cost in an episode, micro-credits.
        fee: an inspection, micro-credits.
        endowment: what a reader starts with that has no account, micro-credits.
        seconds: after which a call of a reader is given up; `None` for never.
        seed: of all luck.
        journal: where the money moves.

    Raises:
        ValueError: for readers without a name of their own, or for figures below their least.

    Source: the section "Markets of LLMs" of the founding paper; bucket brigade of payments as in `DeepMarket`.
    """

    readers: Sequence[AbstractReader]
    licence: AbstractLicence = field(default_factory=PayPerReader)
    seats: int = 4
    rounds: int = 16
    bill: int = 100 * MICRO
    fee: int = 0
    endowment: int = 100 * MICRO
    seconds: float | None = None
    seed: int = 0
    journal: Journal = field(default_factory=Journal)

    def __post_init__(self) -> None:
        names = [reader.name for reader in self.readers]
        wrong = [name for name in names if not name or name in RESERVED or name.startswith("escrow:")]
        if wrong or len(set(names)) < len(names):
            raise ValueError(
                f"WideMarket: every reader needs a name of its own, none of {sorted(RESERVED)}; got {names}."
            )
        for figure, least in (("seats", 1), ("rounds", 1), ("bill", 0), ("fee", 0), ("endowment", 0)):
            if getattr(self, figure) < least:
                raise ValueError(f"WideMarket: {figure} is at least {least}, got {getattr(self, figure)}.")

    def run(self, problem: Problem) -> Search:
        """One episode; `arun` inside a running event loop.

        Raises:
            ValueError: if the journal has an episode of that name that went otherwise.
        """
        return asyncio.run(self.arun(problem))

    async def arun(self, problem: Problem) -> Search:
        """One episode."""
        return await _Episode(self, problem).run()


@dataclass
class _Node:
    """A message with its text, which only the market holds."""

    listing: Listing
    text: str = field(repr=False)
    cost: int = 0
    source: _Sale | None = None
    grade: float = 0.0
    earned: int = 0


@dataclass
class _Sale:
    """A licence, and what happened with it."""

    licence: Licence
    key: str
    quote: int
    cost: int = 0
    income: int = 0


class _Episode:
    """State of one search."""

    def __init__(self, market: WideMarket, problem: Problem) -> None:
        self.market, self.problem, self.journal = market, problem, market.journal
        self.readers = {reader.name: reader for reader in market.readers}
        self.nodes: dict[str, _Node] = {TASK: _Node(Listing(TASK, "consumer"), problem.text)}
        self.known = {_digest(problem.text)}
        self.inspected: set[tuple[str, Portion]] = set()
        self.bids: dict[tuple[str, Portion], int] = {}
        self.sales: list[_Sale] = []
        self.mishaps: list[Mishap] = []
        self.spent = 0

    async def run(self) -> Search:
        held = self._fund()
        for number in range(self.market.rounds):
            await self._inspect(number)
            sales = self._sell(number)
            if not sales:
                break
            works = await asyncio.gather(*(self._write(sale.licence) for sale in sales))
            for sale, work in zip(sales, works):
                self._append(sale, work)
            if any(node.grade >= 1 for node in self.nodes.values()):
                break
        return self._close(held)

    def _fund(self) -> str:
        """Endow who is new, and put the bounty aside."""
        for name in self.readers:
            if name not in self.journal:
                endowment = {"mint": -self.market.endowment, name: self.market.endowment}
                self.journal.post(endowment, f"endow {name}", "endow")
        bounty, name = self.problem.bounty, self.problem.name
        self.journal.post({"mint": -bounty, "consumer": bounty}, f"{name}/fund", "fund")
        return self.journal.hold("consumer", bounty, f"{name}/bounty")

    async def _inspect(self, number: int) -> None:
        """Every portion that is wanted for the first time gets its bid."""
        listings = tuple(node.listing for node in self.nodes.values())
        wanted = [
            (reader, portion)
            for reader in self.market.readers
            for portion in self._wanted(reader, listings)
            if self._charge(reader, portion, number)
        ]
        bids = await asyncio.gather(*(self._appraise(reader, portion) for reader, portion in wanted))
        self.bids |= {(reader.name, portion): bid for (reader, portion), bid in zip(wanted, bids) if bid > 0}

    def _wanted(self, reader: AbstractReader, listings: tuple[Listing, ...]) -> list[Portion]:
        """Portions that exist, hold no answer, and were not inspected before, without repetition."""
        try:
            asked = [tuple(sorted(set(portion))) for portion in reader.wants(listings)]
        except Exception as error:
            self.mishaps.append(Mishap(reader.name, "wants", type(error).__name__))
            return []
        thoughts = {listing.id for listing in listings if not listing.final}
        fresh = [p for p in asked if p and thoughts.issuperset(p) and (reader.name, p) not in self.inspected]
        return list(dict.fromkeys(fresh))

    def _charge(self, reader: AbstractReader, portion: Portion, number: int) -> bool:
        """Bill an inspection, if the reader and the bill can bear it and a reading after it."""
        fee, need = self.market.fee, self.market.fee + reader.quote
        if self.spent + need > self.market.bill or self.journal[reader.name] < need:
            return False
        self.inspected.add((reader.name, portion))
        key = f"{self.problem.name}/{number}/inspect/{reader.name}/{','.join(portion)}"
        self.journal.post({reader.name: -fee, "compute": fee}, key, "inspect")
        self.spent += fee
        return True

    def _shown(self, name: str, portion: Portion, call: str) -> Reading:
        nodes = [self.nodes[message] for message in portion]
        thoughts = tuple(
            Thought(n.listing.id, n.listing.author, n.text, n.listing.parents[0] if n.listing.parents else None, n.cost)
            for n in nodes
        )
        luck = random.Random(f"{self.market.seed}/{self.problem.name}/{name}/{portion}/{call}")
        return Reading(self.problem.text, thoughts, tuple(n.listing for n in nodes), luck)

    async def _appraise(self, reader: AbstractReader, portion: Portion) -> int:
        """The bid of a copy of the reader, which is thrown away; the reader never hears of it."""
        reading, contractor = self._shown(reader.name, portion, "appraise"), forgetting(reader)
        said = await answered(lambda: contractor.appraise(reading), self.market.seconds)
        if type(said.value) is not int:
            self.mishaps.append(Mishap(reader.name, "appraise", said.reason or "malformed"))
            return 0
        return said.value

    def _sell(self, number: int) -> list[_Sale]:
        """Sell the readings of a round, and put the writers' quotes aside."""
        bids = self._affordable()
        dearest = max((self.readers[bid.reader].quote for bid in bids), default=0)
        left = (self.market.bill - self.spent) // dearest if dearest else self.market.seats
        luck = random.Random(f"{self.market.seed}/{self.problem.name}/{number}")
        licences = self.market.licence.sell(bids, min(self.market.seats, left), luck)
        sales = [self._deliver(licence, number) for licence in licences]
        self.sales += sales
        return sales

    def _affordable(self) -> list[LicenceBid]:
        """Standing bids, the highest first, as long as their reader could pay all of them and write."""
        free = {name: self.journal[name] for name in self.readers}
        bids = []
        for (name, portion), amount in sorted(self.bids.items(), key=lambda pair: (-pair[1], pair[0])):
            need = amount + self.readers[name].quote
            if free[name] >= need:
                free[name] -= need
                listings = [self.nodes[message].listing for message in portion]
                asks = {listing.id: listing.ask for listing in listings if listing.author != name}
                bids.append(LicenceBid(name, portion, amount, asks))
        return bids

    def _deliver(self, licence: Licence, number: int) -> _Sale:
        name, quote = licence.reader, self.readers[licence.reader].quote
        key = f"{self.problem.name}/{number}/read/{name}/{','.join(licence.portion)}"
        entries = Counter({name: -licence.paid - quote, "house": licence.seat, f"escrow:{key}": quote})
        for message, price in licence.payments.items():
            node = self.nodes[message]
            self._earn(node, price)
            node.listing = replace(node.listing, readers=node.listing.readers + 1)
            entries[node.listing.author] += price
        self.journal.post(entries, key, "read")
        del self.bids[name, licence.portion]
        return _Sale(licence, key, quote)

    def _earn(self, node: _Node, amount: int) -> None:
        node.earned += amount
        if node.source is not None:
            node.source.income += amount

    async def _write(self, licence: Licence) -> Work:
        """What the holder of a licence writes: nothing if it fails."""
        reading = self._shown(licence.reader, licence.portion, "act")
        said = await answered(lambda: self.readers[licence.reader].act(reading), self.market.seconds)
        if _proper(said.value):
            return said.value
        self.mishaps.append(Mishap(licence.reader, "act", said.reason or "malformed"))
        return Work((), said.cost)

    def _append(self, sale: _Sale, work: Work) -> None:
        """Pay for the writing out of what was put aside, and list the drafts."""
        reader, sale.cost = sale.licence.reader, min(work.cost, sale.quote)
        entries = {
            f"escrow:{sale.key}": -sale.quote,
            reader: sale.quote - sale.cost,
            "compute": work.cost,
            "operator": sale.cost - work.cost,
        }
        self.journal.post(entries, f"{sale.key}/write", "write", sale.key)
        self.spent += work.cost
        for draft in work.drafts:
            if _digest(draft.text) not in self.known:
                self._list(sale, draft, work.cost)

    def _list(self, sale: _Sale, draft: Draft, cost: int) -> None:
        self.known.add(_digest(draft.text))
        name, portion = f"n{len(self.nodes)}", sale.licence.portion
        depth = 1 + max(self.nodes[message].listing.depth for message in portion)
        listing = Listing(name, sale.licence.reader, portion, draft.teaser, draft.ask, depth, 0, draft.final)
        self.nodes[name] = _Node(listing, draft.text, cost, sale, self._grade(listing, draft.text))

    def _grade(self, listing: Listing, text: str) -> float:
        if not listing.final:
            return 0.0
        try:
            return min(max(float(self.problem.grade(text)), 0.0), 1.0)
        except Exception as error:  # a text that breaks the grader is worth nothing
            self.mishaps.append(Mishap(listing.author, "grade", type(error).__name__))
            return 0.0

    def _close(self, held: str) -> Search:
        """Pay the best answer, give the rest back, and tell everybody what its licences brought."""
        luck = random.Random(f"{self.market.seed}/{self.problem.name}/best")
        best = max(self.nodes.values(), key=lambda node: (node.grade, luck.random()))
        reward = round(self.problem.bounty * best.grade)
        self._earn(best, reward)
        entries = Counter({held: -self.problem.bounty, "consumer": self.problem.bounty - reward})
        entries[best.listing.author] += reward
        self.journal.post(entries, f"{self.problem.name}/reward", "reward")
        for reader in self.market.readers:
            self._teach(reader)
        return Search(
            best.text if best.grade > 0 else None,
            best.grade,
            tuple(node.listing for node in self.nodes.values()),
            tuple(sale.licence for sale in self.sales),
            {name: node.earned for name, node in self.nodes.items()},
            self.spent,
            tuple(self.mishaps),
            self.journal,
        )

    def _teach(self, reader: AbstractReader) -> None:
        own = [sale for sale in self.sales if sale.licence.reader == reader.name]
        holdings = [
            Holding(reader.name, self._shown(reader.name, s.licence.portion, "learn"), s.licence.paid, s.cost, s.income)
            for s in own
        ]
        try:
            reader.learn(holdings)
        except Exception as error:
            self.mishaps.append(Mishap(reader.name, "learn", type(error).__name__))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _proper(work: object) -> bool:
    """Whether what a reader returned can be listed."""
    return (
        isinstance(work, Work)
        and type(work.cost) is int
        and work.cost >= 0
        and all(
            isinstance(d, Draft)
            and isinstance(d.text, str)
            and 0 < len(d.text) <= LONGEST
            and isinstance(d.teaser, str)
            and len(d.teaser) <= LONGEST
            and type(d.ask) is int
            and d.ask >= 0
            for d in work.drafts
        )
    )
