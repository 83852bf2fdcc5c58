"""Who reads and appends: agents of the wide market and of the supply chain."""

from __future__ import annotations

import abc
import inspect
from collections.abc import Callable, Iterable, Sequence

from catallax.core import to_micro
from catallax.language.reasoning._bid_rule import ABSTAIN, AbstractBidRule, Outcome, Quote
from catallax.language.reasoning._goods import Draft, Holding, Listing, Portion, Reading, Work
from catallax.language.reasoning._thinker import AbstractThinker


class AbstractReader(abc.ABC):
    """An agent that bids for the right to read portions, and appends messages to what it read.

    `appraise` runs on a copy of the agent that is thrown away: the only thing that comes back is the bid, and the market does
    not tell it to the agent.

    Args:
        name: its account.
        group: its owner, by default itself; in a supply chain bids of one owner do not raise each other's price, and what an
            owner bids to itself ranks no offer.
        most: the dearest one `act` may be, micro-credits; put aside before it is called.
        asking: the dearest one `appraise` may be beyond the market's fee, micro-credits; it is charged whatever the call costs, so
            that a bill tells nothing of what was read.
    """

    name: str
    group: str = ""
    most: int = 0
    asking: int = 0

    def wants(self, listings: Sequence[Listing]) -> Iterable[Portion]:
        """Portions it would like to see, judged by their public sides; each is inspected once, for the market's fee.

        Args:
            listings: of all messages. By default every message that is no answer, alone.
        """
        return [(listing.id,) for listing in listings if not listing.final]

    @abc.abstractmethod
    async def appraise(self, reading: Reading) -> int | Quote:
        """What reading the portion is worth to it, all prices included, micro-credits; 0 or less for no bid."""

    @abc.abstractmethod
    async def act(self, reading: Reading) -> Work:
        """Messages appended to the portion, once it is paid."""

    def learn(self, holdings: Sequence[Holding]) -> None:  # noqa: B027 - learning is a choice
        """What became of its licences, after the episode."""


class Bidder(AbstractReader):
    """A reader whose bids are a bid rule's."""

    def __init__(self, name: str, bids: AbstractBidRule, most: int, group: str) -> None:
        self.name, self.bids, self.most, self.group, self.asking = name, bids, most, group, bids.asking

    async def appraise(self, reading: Reading) -> int | Quote:
        bid = self.bids.bid(reading.view, reading.free)
        return await bid if inspect.isawaitable(bid) else bid

    def learn(self, holdings: Sequence[Holding]) -> None:
        for held in holdings:
            self.bids.learn(Outcome(held.reading.view, ABSTAIN, True, held.paid, held.income, held.cost))


class ProgramReader(Bidder):
    """A Python function that appends, and a rule that bids.

    The rule must bid on what it sees: it is asked in a copy that is thrown away, so a rule that has to remember its own bid
    (`Bandit`, `EXP3`) learns nothing here.

    Args:
        name: its account.
        bids: what a portion is worth; hears of each licence once the episode is over.
        work: from what was read to what is appended.
        most: the dearest work, credits.
        wants: which portions it looks at, by what is public; each thought alone by default.
        group: its owner, by default itself.

    >>> import asyncio
    >>> from catallax.language.reasoning import FixedBid, Question
    >>> ann = ProgramReader("ann", FixedBid(0.5), lambda reading: Work((Draft(reading.text + "!"),)))
    >>> asyncio.run(ann.act(Reading(Question("hello", 10), ()))).drafts[0].text
    'hello!'
    """

    def __init__(
        self,
        name: str,
        bids: AbstractBidRule,
        work: Callable[[Reading], Work],
        most: float = 0.0,
        wants: Callable[[Sequence[Listing]], Iterable[Portion]] | None = None,
        group: str = "",
    ) -> None:
        super().__init__(name, bids, to_micro(most), group)
        self.work, self.choice = work, wants

    def wants(self, listings: Sequence[Listing]) -> Iterable[Portion]:
        return super().wants(listings) if self.choice is None else self.choice(listings)

    async def act(self, reading: Reading) -> Work:
        return self.work(reading)


class ThinkerReader(Bidder):
    """A thinker of the deep market, such as a prompted model: each reading gives one thought.

    Args:
        thinker: who bids and writes.
        ask: for reading what it wrote, credits.
    """

    def __init__(self, thinker: AbstractThinker, ask: float = 0.0) -> None:
        super().__init__(thinker.name, thinker.bids, thinker.most, thinker.group)
        self.thinker, self.ask = thinker, to_micro(ask)

    async def appraise(self, reading: Reading) -> int | Quote:
        wants = self.thinker.wants
        return ABSTAIN if wants is not None and not wants(reading.view) else await super().appraise(reading)

    async def act(self, reading: Reading) -> Work:
        act = await self.thinker.act(reading.view)
        return Work((Draft(act.text, self.ask, final=act.final),), act.cost)
