"""Economy of Minds as a configuration of the reasoning market."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterable, Sequence

from catallax.language.reasoning._auction import FirstPrice
from catallax.language.reasoning._bid_rule import AbstractBidRule
from catallax.language.reasoning._economy_bids import NoviceBid
from catallax.language.reasoning._market import ReasoningMarket
from catallax.language.reasoning._payout import CentredPathShare
from catallax.language.reasoning._population import (
    AbstractBirths,
    AbstractMutation,
    Bankruptcy,
    Role,
    Society,
    born,
    stem,
)
from catallax.language.reasoning._thinker import AbstractThinker
from catallax.language.reasoning._treasury import BURN


class EconomyBirths(AbstractBirths):
    """For each bankrupt a mutant of the richest with `heir`, a repair of the dead with `repair`; `many` more each `every` episodes.

    A periodic newborn is a mutant of the richest with probability `good`, else a repair of the poorest. Below `least` thinkers
    mutants of the richest fill up. Where the last of a role left, a repair of one that left takes its place at once. A
    repair is a mutant, too: what it makes of a failure is the mutation's.

    Args:
        mutation: what makes a child of a parent.
        every: episodes.
        many: newborns each time.
        good: probability.
        heir: probability.
        repair: probability.
        least: fewest thinkers.
        capacity: most thinkers.
        role: what a thinker is for.

    Raises:
        ValueError: for figures outside their range.

    Source: Economy of Minds (2026), its code.
    """

    def __init__(
        self,
        mutation: AbstractMutation,
        every: int = 5,
        many: int = 2,
        good: float = 0.5,
        heir: float = 0.0,
        repair: float = 1.0,
        least: int = 0,
        capacity: int = 1_000,
        role: Role = stem,
    ) -> None:
        if every < 1 or many < 0 or not 0 <= heir + repair <= 1 or not 0 <= good <= 1:
            raise ValueError("EconomyBirths: every >= 1, many >= 0, good and heir + repair in [0, 1].")
        self.mutation, self.every, self.many, self.good = mutation, every, many, good
        self.heir, self.repair, self.least, self.capacity, self.role = heir, repair, least, capacity, role
        self._made = 0

    async def replacements(self, society: Society, gone: Sequence[AbstractThinker]) -> list[AbstractThinker]:
        living = {self.role(thinker) for thinker in society.thinkers.values()}
        missing: dict[str, list[AbstractThinker]] = {}
        for dead in gone:
            if self.role(dead) not in living:
                missing.setdefault(self.role(dead), []).append(dead)
        luck = random.Random(f"{society.seed}|roles|{self._made}")
        return await self._children(society, [luck.choice(dead) for dead in missing.values()], luck)

    async def newborns(self, society: Society, gone: Sequence[AbstractThinker]) -> list[AbstractThinker]:
        if not gone and society.played % self.every and len(society.thinkers) >= self.least:
            return []
        veterans, wealth = list(society.thinkers.values()), society.wealth
        if not veterans:
            return []
        luck = random.Random(f"{society.seed}|births|{society.played}")
        richest = max(veterans, key=lambda thinker: wealth[thinker.name])
        poorest = min(veterans, key=lambda thinker: wealth[thinker.name])
        parents: list[AbstractThinker] = []
        for dead in gone:
            draw = luck.random()
            if draw < self.heir + self.repair:
                parents.append(richest if draw < self.heir else dead)
        if society.played % self.every == 0:
            parents += [richest if luck.random() < self.good else poorest for _ in range(self.many)]
        parents += [richest] * (self.least - len(veterans) - len(parents))
        return await self._children(society, parents[: max(0, self.capacity - len(veterans))], luck)

    async def _children(
        self, society: Society, parents: Sequence[AbstractThinker], luck: random.Random
    ) -> list[AbstractThinker]:
        veterans, first = list(society.thinkers.values()), self._made
        self._made += len(parents)
        return [
            await self.mutation.child(parent, born(parent, society.played, number), veterans, luck)
            for number, parent in enumerate(parents, first)
        ]


def economy_of_minds(
    thinkers: Iterable[AbstractThinker],
    mutation: AbstractMutation,
    *,
    bids: AbstractBidRule | None = None,
    births: AbstractBirths | None = None,
    role: Role = stem,
    wealth: float = 0.5,
    rent: float = 0.0,
    rent_every: int = 5,
    replays: int = 3,
    depth: int = 10,
    **others,
) -> ReasoningMarket:
    """The society of Economy of Minds: first price, first payment burnt, an equal path reward, replay after a bankruptcy.

    Wealth may fall below 0 within an episode; whoever ends it there leaves, and the episode is undone and played again without
    it, at most `replays` times. An episode without an answer has score 0. Figures are the defaults of its engine, whose reward
    is the path's alone; its other reward is `payout=CentredPathShare(bonus=0.5)`.

    Args:
        thinkers: the founders; their bid rules are replaced.
        mutation: makes the newborn.
        bids: `NoviceBid()` by default; `OutbiddingNovice()` and `Tycoon()` are the other two schemes.
        births: `EconomyBirths(mutation, role=role)` by default.
        role: what a thinker is for; each role keeps at least one.
        wealth: of a founder or newborn, credits.
        rent: credits.
        rent_every: episodes.
        replays: of an episode; their four trials are three replays.
        depth: most rounds.
        others: further settings of `ReasoningMarket`.

    Source: Economy of Minds (2026, arXiv 2606.02859) and its code.

    >>> from catallax.language import reasoning as r
    >>> clerk = r.ProgramThinker("clerk", r.FixedBid(0.0), lambda view: r.Act("4", final=True))
    >>> market = r.economy_of_minds([clerk], r.ProgramMutation(lambda parent, luck: parent))
    >>> market.run(r.Task.of("2 + 2", lambda answer: float(answer == "4"))).score, market.wealth["clerk"]
    (1.0, 1390000)
    """
    rule = copy.deepcopy(bids or NoviceBid())  # its newborn are of one society
    founders = [thinker.named(thinker.name, rule.newborn(())) for thinker in thinkers]
    settings = {
        "auction": FirstPrice(),
        "payout": CentredPathShare(),
        "first_seller": BURN,
        "credit": 1_000_000.0,
        "departures": Bankruptcy(0.0),
    }
    return ReasoningMarket(
        founders,
        endowment=wealth,
        rent=rent,
        rent_every=rent_every,
        replays=replays,
        depth=depth,
        births=births or EconomyBirths(mutation, role=role),
        **{**settings, **others},
    )
