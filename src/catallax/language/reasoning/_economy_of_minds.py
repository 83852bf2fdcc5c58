"""Economy of Minds as a configuration of the reasoning market."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

from catallax.core import to_credits, to_micro
from catallax.language.reasoning._auction import FirstPrice
from catallax.language.reasoning._bid_rule import AbstractBidRule, Outcome, View
from catallax.language.reasoning._market import ReasoningMarket
from catallax.language.reasoning._payout import CentredPathShare
from catallax.language.reasoning._population import (
    AbstractBirths,
    AbstractMutation,
    Bankruptcy,
    Role,
    Society,
    born,
)
from catallax.language.reasoning._thinker import AbstractThinker
from catallax.language.reasoning._treasury import BURN
from catallax.language.reasoning._wealth_share import WealthShare


class NoviceBid(AbstractBidRule):
    """Their `fixed`: `base + premium` until it first wins, `base` ever after.

    Args:
        base: credits.
        premium: credits.
    """

    def __init__(self, base: float = 0.1, premium: float = 0.01) -> None:
        self.base, self.premium = to_micro(base), to_micro(premium)
        self.novice = True

    def bid(self, view: View, wealth: int) -> int:
        return self.base + self.premium * self.novice

    def learn(self, outcome: Outcome) -> None:
        self.novice = False

    def newborn(self, veterans: Sequence[AbstractBidRule]) -> AbstractBidRule:
        return NoviceBid(to_credits(self.base), to_credits(self.premium))


class OutbiddingNovice(AbstractBidRule):
    """Their `fixed_with_eps`, and Baum's rule: a newborn bids the best veteran's bid and `premium` more, for life.

    Args:
        amount: bid of the founders, credits.
        premium: credits.
    """

    def __init__(self, amount: float = 0.1, premium: float = 0.01) -> None:
        self.amount, self.premium = to_micro(amount), to_micro(premium)

    def bid(self, view: View, wealth: int) -> int:
        return self.amount

    def newborn(self, veterans: Sequence[AbstractBidRule]) -> AbstractBidRule:
        best = max(
            (rule.amount + self.premium for rule in veterans if isinstance(rule, OutbiddingNovice)), default=None
        )
        return OutbiddingNovice(to_credits(self.amount if best is None else best), to_credits(self.premium))


def holland(share: float = 0.1, threshold: float = 5.0, base: float = 0.1) -> WealthShare:
    """Their `holland`: a tenth of wealth once it is 5 credits, the base bid before."""
    return WealthShare(share, threshold, base)


class EconomyBirths(AbstractBirths):
    """For each bankrupt a mutant of the richest with `heir`, a repair of the dead with `repair`; `many` more each `every` episodes.

    A periodic newborn is a mutant of the richest with probability `good`, else of anybody. Below `least` thinkers mutants of
    the richest fill up.

    Args:
        mutation: what makes a child of a parent.
        every: episodes.
        many: newborns each time.
        good: probability.
        heir: probability.
        repair: probability.
        least: fewest thinkers.
        capacity: most thinkers.
    """

    def __init__(
        self,
        mutation: AbstractMutation,
        every: int = 5,
        many: int = 2,
        good: float = 0.5,
        heir: float = 0.0,
        repair: float = 0.0,
        least: int = 0,
        capacity: int = 1_000,
    ) -> None:
        if every < 1 or many < 0 or not 0 <= heir + repair <= 1 or not 0 <= good <= 1:
            raise ValueError("EconomyBirths: every >= 1, many >= 0, good and heir + repair in [0, 1].")
        self.mutation, self.every, self.many, self.good = mutation, every, many, good
        self.heir, self.repair, self.least, self.capacity = heir, repair, least, capacity

    async def newborns(self, society: Society, gone: Sequence[AbstractThinker]) -> list[AbstractThinker]:
        if not gone and society.played % self.every and len(society.thinkers) >= self.least:
            return []
        luck = random.Random(f"{society.seed}|births|{society.played}")
        veterans, wealth = list(society.thinkers.values()), society.wealth
        richest = max(veterans, key=lambda thinker: wealth[thinker.name])
        parents: list[AbstractThinker] = []
        for dead in gone:
            draw = luck.random()
            if draw < self.heir + self.repair:
                parents.append(richest if draw < self.heir else dead)
        if society.played % self.every == 0:
            parents += [richest if luck.random() < self.good else luck.choice(veterans) for _ in range(self.many)]
        parents += [richest] * (self.least - len(veterans) - len(parents))
        parents = parents[: max(0, self.capacity - len(veterans))]
        return [
            await self.mutation.child(parent, born(parent, society.played, number), veterans, luck)
            for number, parent in enumerate(parents)
        ]


def economy_of_minds(
    thinkers: Iterable[AbstractThinker],
    mutation: AbstractMutation,
    *,
    bids: AbstractBidRule | None = None,
    births: AbstractBirths | None = None,
    role: Role = lambda thinker: thinker.name.partition("'")[0],
    wealth: float = 0.5,
    rent: float = 0.0,
    rent_every: int = 5,
    replays: int = 4,
    depth: int = 10,
    **others,
) -> ReasoningMarket:
    """The society of Economy of Minds: first price, first payment burnt, an equal path reward, replay after a bankruptcy.

    Wealth may fall below 0 within an episode; whoever ends it there leaves, unless it is the last of its role, and the
    episode is undone and played again without it, at most `replays` times. Figures are the engine's defaults, as the survey
    read them; a terminal bonus and rewards of single acts, which these tasks do not have, are left out.

    Args:
        thinkers: the founders; their bid rules are replaced.
        mutation: makes the newborn.
        bids: `NoviceBid()` by default; `OutbiddingNovice()` and `holland()` are the other two schemes.
        births: `EconomyBirths(mutation)` by default.
        role: what a thinker is for.
        wealth: of a founder or newborn, credits.
        rent: credits.
        rent_every: episodes.
        replays: of an episode.
        depth: most rounds.
        others: further settings of `ReasoningMarket`.

    Source: Economy of Minds (2026, arXiv 2606.02859) and its code; what the survey says of it is in the docs.

    >>> from catallax.language import reasoning as r
    >>> clerk = r.ProgramThinker("clerk", r.FixedBid(0.0), lambda view: r.Act("4", final=True))
    >>> market = r.economy_of_minds([clerk], r.ProgramMutation(lambda parent, luck: parent))
    >>> market.run(r.Task.of("2 + 2", lambda answer: float(answer == "4"))).score, market.wealth["clerk"]
    (1.0, 1390000)
    """
    rule = bids or NoviceBid()
    founders = [thinker.named(thinker.name, rule.newborn(())) for thinker in thinkers]
    settings = {
        "auction": FirstPrice(),
        "payout": CentredPathShare(),
        "first_seller": BURN,
        "credit": 1_000_000.0,
        "departures": Bankruptcy(0.0, role),
    }
    return ReasoningMarket(
        founders,
        endowment=wealth,
        rent=rent,
        rent_every=rent_every,
        replays=replays,
        depth=depth,
        births=births or EconomyBirths(mutation),
        **{**settings, **others},
    )
