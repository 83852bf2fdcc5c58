"""The wide market: a search whose frontier is what readers pay for."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from catallax.core import MICRO, Journal
from catallax.language.reasoning._billing import bill, bill_flat, buy, check_names, endow, give_back
from catallax.language.reasoning._calls import appraised, check_copies, worked
from catallax.language.reasoning._goods import Draft, Holding, Listing, Mishap, Portion, Reading, Work
from catallax.language.reasoning._licence import AbstractLicence, Licence, LicenceBid, PayPerReader
from catallax.language.reasoning._reader import AbstractReader
from catallax.language.reasoning._search import Search
from catallax.language.reasoning._thought import Task, Thought

TASK = "task"
"""Id of the message every search starts from; it is public."""


@dataclass(frozen=True)
class WideMarket:
    """A graph of messages, each a good: reading a portion is sold, and who reads may append.

    Round by round: (1) readers name portions they want to see, judging by their public sides; (2) each is inspected, for a
    `fee`, by a copy of the reader that is thrown away and gives back a bid alone; (3) the licence rule sells the readings; (4)
    the texts are delivered, and what the readers append is listed at their asks. It ends with an answer of grade 1, when
    nobody buys, or when the bill is spent. The best answer's author gets `bounty * grade`; the author of any message got what
    its readers paid, so the reward flows back along what was read, and nothing else. What a message brought is its credit.

    Paid readings are final, also when the reader then fails. A reader pays for its inspections and its writing; what it writes
    beyond its `most` is the operator's loss. Prices and bills are put aside before a reader is called. A text that is already
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
        TypeError: for a reader that cannot be copied.

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
        check_names("WideMarket", [reader.name for reader in self.readers])
        check_copies("WideMarket", self.readers)
        for figure, least in (("seats", 1), ("rounds", 1), ("bill", 0), ("fee", 0), ("endowment", 0)):
            if getattr(self, figure) < least:
                raise ValueError(f"WideMarket: {figure} is at least {least}, got {getattr(self, figure)}.")

    def run(self, task: Task, episode: str) -> Search:
        """One episode; `arun` inside a running event loop.

        Args:
            task: what is asked, and how answers are graded.
            episode: its name, with which the keys of its postings begin; another one for each episode of a journal.

        Raises:
            ValueError: if the journal has an episode of that name that went otherwise.
        """
        return asyncio.run(self.arun(task, episode))

    async def arun(self, task: Task, episode: str) -> Search:
        """One episode; if it is cancelled, what is still put aside goes back."""
        try:
            return await _Episode(self, task, episode).run()
        except BaseException:
            give_back(self.journal, episode)
            raise


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

    def __init__(self, market: WideMarket, task: Task, episode: str) -> None:
        self.market, self.task, self.episode, self.journal = market, task, episode, market.journal
        self.bounty = task.question.bounty
        self.readers = {reader.name: reader for reader in market.readers}
        self.nodes: dict[str, _Node] = {TASK: _Node(Listing(TASK, "consumer"), task.question.text)}
        self.known = {_digest(task.question.text)}
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
        endow(self.journal, self.readers, self.market.endowment)
        self.journal.post({"mint": -self.bounty, "consumer": self.bounty}, f"{self.episode}/fund", "fund")
        return self.journal.hold("consumer", self.bounty, f"{self.episode}/bounty")

    async def _inspect(self, number: int) -> None:
        """Every portion that is wanted for the first time gets its bid."""
        listings = tuple(node.listing for node in self.nodes.values())
        wanted = [
            (reader, portion)
            for reader in self.market.readers
            for portion in self._wanted(reader, listings)
            if self._charge(reader, portion, number)
        ]
        bids = await asyncio.gather(*(self._appraise(reader, portion, number) for reader, portion in wanted))
        self.bids |= {(reader.name, portion): bid for (reader, portion), bid in zip(wanted, bids) if bid > 0}

    def _wanted(self, reader: AbstractReader, listings: tuple[Listing, ...]) -> list[Portion]:
        """Portions that exist, hold no answer, and were not inspected before, without repetition."""
        try:
            asked = [tuple(sorted(set(portion))) for portion in reader.wants(listings)]
        except Exception:
            self.mishaps.append(Mishap(reader.name, "wants", "broken"))
            return []
        thoughts = {listing.id for listing in listings if not listing.final}
        fresh = [p for p in asked if p and thoughts.issuperset(p) and (reader.name, p) not in self.inspected]
        return list(dict.fromkeys(fresh))

    def _charge(self, reader: AbstractReader, portion: Portion, number: int) -> bool:
        """Put an inspection's bill aside, if the reader and the bill can bear it and a reading after it."""
        fee, need = self.market.fee, self.market.fee + reader.asking + reader.most
        if self.spent + need > self.market.bill or self.journal[reader.name] < need:
            return False
        self.inspected.add((reader.name, portion))
        buy(
            self.journal,
            self._key(number, "inspect", reader.name, portion),
            reader.name,
            {"compute": fee},
            reader.asking,
            "inspect",
        )
        self.spent += fee + reader.asking
        return True

    def _key(self, number: int, kind: str, name: str, portion: Portion) -> str:
        return f"{self.episode}/{number}/{kind}/{name}/{','.join(portion)}"

    def _shown(self, name: str, portion: Portion) -> Reading:
        nodes = [self.nodes[message] for message in portion if message != TASK]
        thoughts = (
            Thought(n.listing.id, n.listing.author, n.text, n.listing.parents[0].replace(TASK, ""), n.cost)
            for n in nodes
        )
        seed = random.Random(f"{self.market.seed}/{self.episode}/{name}/{portion}").getrandbits(31)
        return Reading(
            self.task.question, tuple(thoughts), tuple(n.listing for n in nodes), seed, free=self.journal[name]
        )

    async def _appraise(self, reader: AbstractReader, portion: Portion, number: int) -> int:
        """The bid of a copy of the reader, of which the reader never hears."""
        quote, mishap = await appraised(reader, self._shown(reader.name, portion), self.market.seconds)
        self._note(mishap)
        if reader.asking or quote.cost:
            bill_flat(self.journal, self._key(number, "inspect", reader.name, portion), reader.asking, quote.cost)
            self.spent += quote.cost - reader.asking
        return quote.amount

    def _sell(self, number: int) -> list[_Sale]:
        """Sell the readings of a round, and put the writers' quotes aside."""
        rest = self.market.bill - self.spent
        bids = [bid for bid in self._affordable() if self.readers[bid.reader].most <= rest]
        dearest = max((self.readers[bid.reader].most for bid in bids), default=0)
        left = rest // dearest if dearest else self.market.seats
        luck = random.Random(f"{self.market.seed}/{self.episode}/{number}")
        licences = self.market.licence.sell(bids, min(self.market.seats, left), luck)
        sales = [self._deliver(licence, number) for licence in licences]
        self.sales += sales
        return sales

    def _affordable(self) -> list[LicenceBid]:
        """Standing bids, the highest first, as long as their reader could pay all of them and write."""
        free = {name: self.journal[name] for name in self.readers}
        bids = []
        for (name, portion), amount in sorted(self.bids.items(), key=lambda pair: (-pair[1], pair[0])):
            need = amount + self.readers[name].most
            if free[name] >= need:
                free[name] -= need
                listings = [self.nodes[message].listing for message in portion]
                asks = {listing.id: listing.ask for listing in listings if listing.author != name}
                bids.append(LicenceBid(name, portion, amount, asks))
        return bids

    def _deliver(self, licence: Licence, number: int) -> _Sale:
        name, quote = licence.reader, self.readers[licence.reader].most
        key = self._key(number, "read", name, licence.portion)
        payments = Counter({"house": licence.seat})
        for message, price in licence.payments.items():
            node = self.nodes[message]
            self._earn(node, price)
            node.listing = replace(node.listing, readers=node.listing.readers + 1)
            payments[node.listing.author] += price
        buy(self.journal, key, name, payments, quote, "read")
        del self.bids[name, licence.portion]
        return _Sale(licence, key, quote)

    def _earn(self, node: _Node, amount: int) -> None:
        node.earned += amount
        if node.source is not None:
            node.source.income += amount

    async def _write(self, licence: Licence) -> Work:
        reading = self._shown(licence.reader, licence.portion)
        work, mishap = await worked(self.readers[licence.reader], reading, self.market.seconds)
        self._note(mishap)
        return work

    def _append(self, sale: _Sale, work: Work) -> None:
        """Pay for the writing out of what was put aside, and list the drafts."""
        sale.cost = bill(self.journal, sale.key, sale.licence.reader, sale.quote, work.cost)
        self.spent += work.cost
        for draft in work.drafts:
            if _digest(draft.text) not in self.known:
                self._list(sale, draft, work.cost)

    def _list(self, sale: _Sale, draft: Draft, cost: int) -> None:
        self.known.add(_digest(draft.text))
        name, portion = f"n{len(self.nodes)}", sale.licence.portion
        depth = 1 + max(self.nodes[message].listing.depth for message in portion)
        listing = Listing(name, sale.licence.reader, portion, draft.teaser, draft.ask, depth, 0, draft.final)
        self.nodes[name] = _Node(listing, draft.text, cost, sale, self.task.score(draft.text) if draft.final else 0.0)

    def _close(self, held: str) -> Search:
        """Pay the best answer, give the rest back, and tell everybody what its licences brought."""
        luck = random.Random(f"{self.market.seed}/{self.episode}/best")
        best = max(self.nodes.values(), key=lambda node: (node.grade, luck.random()))
        reward = round(self.bounty * best.grade)
        self._earn(best, reward)
        entries = Counter({held: -self.bounty, "consumer": self.bounty - reward})
        entries[best.listing.author] += reward
        self.journal.post(entries, f"{self.episode}/reward", "reward")
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

    def _note(self, mishap: Mishap | None) -> None:
        if mishap is not None:
            self.mishaps.append(mishap)

    def _teach(self, reader: AbstractReader) -> None:
        own = [sale for sale in self.sales if sale.licence.reader == reader.name]
        holdings = [
            Holding(reader.name, self._shown(reader.name, s.licence.portion), s.licence.paid, s.cost, s.income)
            for s in own
        ]
        try:
            reader.learn(holdings)
        except Exception:
            self.mishaps.append(Mishap(reader.name, "learn", "broken"))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
