"""Contractors and sealed informers that do whatever their interface lets them do to tell what they read, and how many bits of it pass."""

from __future__ import annotations

import asyncio
import itertools
import math
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import _bazaar_episodes as episodes

from catallax.language import bazaar as bz
from catallax.language.attention import FirstPrice
from catallax.language.bazaar._admission import LEVELS
from catallax.language.bazaar._enclosed import MOST
from catallax.language.models import Failure, ModelError

STEP, PATIENCE = 1_000, 0.005
"""Micro-dollars of the smallest quote, and seconds that a contractor has."""
BILLS = 2 + (-(-MOST // STEP) - 1).bit_length() + 1
"""What can be seen of a quote: none, no amount, or 1, 2, 4, 8... steps."""
COPIES = tuple(f"a text that everybody knows, number {n} of many" for n in range(8))
"""What accomplices of a sealed informer offer in public, so that it can point at one of them by offering the same."""


def spoken(slots: int, tries: int) -> int:
    """What one inspection can say: at one of its tries a verdict, a reason of failure, or that the run ends."""
    return tries * (2**slots + len(bz.Reason) + 1)


def heard(rounds: int, fickle: bool = True) -> int:
    """What a sealed informer can say: in each round nothing, or a price and a bid and, if it is fickle, whether it delivers."""
    return (1 + len(LEVELS) ** 2 * (2 if fickle else 1)) ** rounds


def bits(observations: Iterable[str]) -> float:
    """What can be told apart, as bits."""
    return math.log2(len(set(observations)))


@dataclass(frozen=True)
class Smuggler(bz.AbstractContractor):
    """Answers each case by chance that depends on all it read, in every way that Python lets it answer.

    Args:
        quotes: whether its quote talks as well, by the lengths of texts and by what it remembers, where it should not.
        verdicts: whether its verdicts do.
        read: what it remembers.
    """

    quotes: bool
    verdicts: bool = True
    read: list[str] = field(default_factory=list)

    def quote(self, case: bz.Case) -> Any:
        luck = episodes.pick("quote", self.read, [e.text for e in case.exhibits])
        amounts = [0, luck.randrange(MOST), *[int(2 ** luck.uniform(0, 40)) for _ in range(8)], -1, 1.5, 2**70]
        return luck.choice(amounts) if self.quotes else STEP

    async def judge(self, case: bz.Case) -> Any:
        texts = " ".join(exhibit.text for exhibit in case.exhibits)
        self.read.append(texts)
        luck = episodes.pick(texts, case.levels[0].exhibits, case.attempt, len(case.levels))
        return await said(luck, case, texts) if self.verdicts else bz.Inspection(frozenset())


async def said(luck: random.Random, case: bz.Case, secret: str) -> Any:
    """A verdict, or anything else."""
    some = frozenset(exhibit.id for exhibit in case.exhibits if luck.random() < 0.5)
    bill: Any = luck.choice((0, STEP, luck.getrandbits(64), -1, secret, 1.5, True))
    failures: list[Exception] = [ModelError(kind, secret, secret, cost=luck.getrandbits(16)) for kind in Failure]
    failures += [bz.InspectionError(reason, bill) for reason in bz.Reason]
    breaks = (RuntimeError, asyncio.CancelledError, SystemExit, GeneratorExit, TimeoutError, StopAsyncIteration)
    ways = [
        *[lambda: some, lambda: bz.Inspection(some, bill), lambda: bz.Inspection(some)] * 3,
        *[lambda: thrown(luck.choice(failures))] * 4,
        lambda: set(some),
        lambda: [*some],
        lambda: secret,
        lambda: bill,
        lambda: frozenset({*some, secret}),
        lambda: frozenset(episodes.Talkative(name, secret) for name in some),
        lambda: thrown(luck.choice(breaks)(secret)),
        lambda: thrown(bz.InspectionError(secret, bill)),  # type: ignore[arg-type]
        lambda: altered(case, secret, some),
        lambda: asyncio.current_task().cancel(secret),  # type: ignore[union-attr]
    ]
    if luck.random() < 0.02:
        await asyncio.sleep(60)
    found = luck.choice(ways)()
    await asyncio.sleep(0)  # where a cancellation arrives
    return found


def thrown(error: BaseException) -> Any:
    raise error


def altered(case: bz.Case, secret: str, some: frozenset[str]) -> frozenset[str]:
    """Writes all over what it was given."""
    for level in case.levels:
        object.__setattr__(level.brief, "id", secret)
        object.__setattr__(level.brief, "budget", 10**12)
        object.__setattr__(level.brief.goal, "question", secret)
    for receipt in case.known:
        object.__setattr__(receipt, "text", secret)
    object.__setattr__(case, "purses", (10**12,) * len(case.purses))
    return some


@dataclass
class Noting(bz.AbstractDecider):
    """A buyer that decides nothing; its prompt is all it may know."""

    watch: episodes.Watch

    async def decide(self, brief: bz.Brief, known: tuple[bz.Receipt, ...], seen: tuple[bz.Seen, ...] = ()) -> None:
        self.watch.prompts.append(repr((brief, known, [(s.goods, sorted(s.bought), s.purse, s.context) for s in seen])))


class Gossip(bz.SealedInformer):
    """Offers, asks, bids, is silent, breaks and, if it is fickle, delivers by chance that depends on the sealed goods it is shown."""

    def __init__(self, fickle: bool) -> None:
        super().__init__("gossip", self.said)
        self.fickle = fickle

    def said(self, view: bz.View) -> Any:
        secret = " ".join(exhibit.text for exhibit in view.exhibits)
        luck = episodes.pick("gossip", secret, view.round)
        if luck.random() < 0.1:
            return luck.choice((lambda: thrown(RuntimeError(secret)), lambda: secret, lambda: None))()
        return [self.offer(luck, secret) for _ in range(luck.randint(0, 9))]

    def offer(self, luck: random.Random, secret: str) -> bz.Offer:
        price, bid = (luck.choice((luck.choice(LEVELS), int(10 ** luck.uniform(2, 6)))) / 1e6 for _ in range(2))
        text = luck.choice((secret, luck.choice(COPIES)))
        return bz.Offer.of(text, price, bid, luck.choice(("", secret)), salt=secret, ttl=luck.randint(1, 4))

    async def deliver(self, offer: bz.Offer) -> bz.Exhibit:
        with bz.enclave():  # it knows what it wrote
            luck = episodes.pick("deliver", bz.opened(offer.exhibit.salt))
        kept = not self.fickle or luck.random() < 0.5
        return offer.exhibit if kept else bz.Exhibit.of("another", "s", offer.price, offer.teaser)


class Public(bz.Informer):
    """Sells in the open, and notes all it is shown and told."""

    def __init__(self, name: str, offering: Any, watch: episodes.Watch) -> None:
        super().__init__(name, offering)
        self.watch = watch

    async def offers(self, view: bz.View) -> Any:
        self.watch.views.append(view)
        return await super().offers(view)

    async def update(self, outcome: bz.Outcome) -> None:
        self.watch.outcomes.append(outcome)


def contractor_says(
    secret: int, judge: Smuggler, slots: int, depth: int = 1, rounds: int = 1, tries: int = 1, long: bool = False
) -> str:
    """All that can be seen of a run whose goods hold a secret in their words, and in their lengths if they are to be `long`."""
    watch = episodes.Watch()

    def goods(view: bz.View) -> list[bz.Offer]:
        if view.brief.depth:
            return []
        luck = episodes.pick("text", secret, view.round)
        sizes = [2 ** luck.randint(5, 14) if long else 32 for _ in range(slots)]
        words = [f"{secret:016x} {view.round} {n}" for n in range(slots)]
        return [bz.Offer.of(w + "x" * size, 0.1, 0.01, salt="s") for w, size in zip(words, sizes, strict=True)]

    def advice(view: bz.View) -> list[bz.Offer]:
        price = view.brief.budget / 2e6 / slots if view.brief.depth else 0.0
        return [bz.Offer.of(f"advice {n}", price, 0.001, salt="s") for n in range(slots if view.brief.depth else 0)]

    arena = bz.Bazaar(
        [Public("a", goods, watch), Public("b", advice, watch)], slots=slots, depth=depth, rounds=rounds, contractor=judge,
        limits=bz.Limits(inspection=PATIENCE, tries=tries, bill=10**11, bill_step=STEP),
    )  # fmt: skip
    return visible(arena.run(bz.Buyer(bz.Answer("?"), 5.0, Noting(watch))), watch)


def gossip_says(secret: int, slots: int, rounds: int, fickle: bool = True) -> str:
    """All that can be seen of a run in which a sealed informer knows what its buyer declines."""
    watch = episodes.Watch()

    def good(view: bz.View) -> list[bz.Offer]:
        return [] if view.brief.depth else [bz.Offer.of(f"{secret:016x}", 2.5, 0.01, salt="s")]

    def accomplice(number: int) -> Any:
        def copies(view: bz.View) -> list[bz.Offer]:
            bids = [0.0005 * (n + 1) * (number + 1) for n in range(len(COPIES))]
            return [
                bz.Offer.of(t, 0.01, bid, salt="s") for t, bid in zip(COPIES, bids, strict=True) if view.brief.depth
            ]

        return Public(f"accomplice{number}", copies, watch)

    def verdict(case: bz.Case) -> frozenset[str]:
        return frozenset(e.id for e in case.exhibits if e.id.endswith("gossip.0") and e.price <= case.purse)

    arena = bz.Bazaar(
        [Public("author", good, watch), accomplice(0), accomplice(1), Gossip(fickle)], slots=slots, depth=2, rounds=rounds,
        auction=FirstPrice(), contractor=bz.Contractor(verdict), bond=1.0, cost=bz.TokenCost(1e-6),
        limits=bz.Limits(characters=1_000, patience=PATIENCE),
    )  # fmt: skip
    return visible(arena.run(bz.Buyer(bz.Answer("?"), 5.0, Noting(watch))), watch)


def visible(result: bz.Result, watch: episodes.Watch) -> str:
    """What a buyer and those who sell in the open can see, and all postings, but not what was bought, nor the time it took."""
    books = [(t.key, t.kind, tuple(t.entries.items())) for t in result.ledger.transactions]
    told = repr((watch.prompts, watch.views, watch.outcomes, result.report(), result.stopped, books))
    for receipt in result.receipts:
        told = told.replace(receipt.text, receipt.offer)
    return told


def secrets(count: int) -> Iterable[int]:
    """Numbers of 64 bits."""
    return itertools.islice((n * 0x9E3779B97F4A7C15 % 2**64 for n in itertools.count(1)), count)
