"""Who earns in a supply chain of text: sellers that bid high for poor texts, under two prices and two orders of the offers."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.stats import t as student

from catallax.core import MICRO
from catallax.lab import Context, Finding, Report
from catallax.language.attention import VCG, FirstPrice
from catallax.language.reasoning import (
    ABSTAIN,
    AbstractAssistant,
    AbstractBidRule,
    CalibratedBid,
    Commission,
    Draft,
    EscrowUntilRelease,
    FixedBid,
    LastBid,
    OpeningBid,
    ProgramReader,
    Question,
    Reading,
    SaleFinal,
    SupplyChain,
    ValueRegression,
    View,
    Work,
)


@dataclass(frozen=True)
class Config:
    """Settings."""

    requests: int = 100
    """Requests of a run, each with a bounty of one credit."""
    honest: int = 4
    """Sellers whose texts have qualities drawn evenly from 0 to 1."""
    bid: float = 0.2
    """What they bid, parts of the bounty, if they do not learn; a seat is worth 0.25 to each of four if nobody bluffs."""
    bluffers: int = 2
    """Sellers who bid the bounty, always."""
    poor: float = 0.3
    """Quality of a text of theirs that is poor; one that is bad has 0."""
    seats: int = 4
    """Sellers that can buy the request."""
    shown: int = 2
    """Offers the consumer looks at; it takes the best above 0.2."""
    seeds: int = 5
    """Runs."""
    key: int = 0
    """Seed of the first."""


ROW = "supply chain of text"
PRICES = {"first price": FirstPrice(), "VCG": VCG()}
RANKS = {"last bid": LastBid(), "bid x success": CalibratedBid()}
LEAST = 0.2
"""Quality below which the consumer takes nothing."""


class BestOf(AbstractAssistant):
    """Takes the best text it is shown, if it is good enough."""

    async def choose(self, offers: Reading) -> str | None:
        best = max(offers.thoughts, key=lambda thought: float(thought.text.split()[0]))
        return best.id if float(best.text.split()[0]) >= LEAST else None


def run(config: Config, context: Context) -> Report:
    """Serve requests under every pair of rules, deal with oneself, then ask and refuse."""
    return Report([*bluffing(config), *dealing(config), *refusing(config)], {}, text=TEXT)


TEXT = (
    "Program agents, no language models. The consumer looks at the best-ranked offers alone, so a high rank is worth money. "
    "With the price of the best bid that lost, the last bid is not what its seller pays, and a place at the top can be had for "
    "less than it was bid for. Sellers that learn bid the mean of what a seat brought them: those that are not shown stop bidding, "
    "and then no record of the others brings them back. Two accounts of one owner deal with each other: the first buys the request for a "
    "quarter of what honest sellers bid, the second buys from it for the bounty and presents a poor text."
)


def interval(sample: np.ndarray) -> str:
    """Mean and Student's 95 % interval."""
    half = student.ppf(0.975, len(sample) - 1) * sample.std(ddof=1) / len(sample) ** 0.5
    return f"{sample.mean():+.3f} [{sample.mean() - half:+.3f}, {sample.mean() + half:+.3f}]"


def bluffing(config: Config) -> list[Finding]:
    """Quality delivered, and gains of bluffers and honest sellers a request, under each pair of rules."""
    found = []
    for kind, quality in (("bad", 0.0), ("poor", config.poor)):
        for bids, price, rank in product(("steady", "learning"), PRICES, RANKS):
            runs = range(config.key, config.key + config.seeds)
            rows = np.array([serve(config, bids == "learning", price, rank, quality, seed) for seed in runs])
            case = f"{config.bluffers} sellers bid the bounty for {kind} texts beside {config.honest} {bids} ones; {price}, ranked by {rank}"
            measured = (
                f"quality delivered {interval(rows[:, 0])}; a bluffer gains {interval(rows[:, 1])} a request, "
                f"an honest seller {interval(rows[:, 2])}"
            )
            paid = price == "first price"  # the default
            required = "a bluffer gains at most 0" if paid else ""
            found.append(Finding(ROW, case, required, measured, bool(rows[:, 1].max() <= 0) if paid else None))
    return found


def serve(config: Config, learn: bool, price: str, rank: str, quality: float, seed: int) -> tuple[float, float, float]:
    """Mean quality delivered, and mean gain of a bluffer and of an honest seller, credits a request."""

    def bids() -> AbstractBidRule:
        return ValueRegression(lambda view: ("a seat",), start=0.3, rate=0.05) if learn else FixedBid(config.bid)

    honest = [ProgramReader(f"honest{n}", bids(), DRAWN) for n in range(config.honest)]
    bluffers = [ProgramReader(f"bluffer{n}", FixedBid(1.0), writes(lambda _: quality)) for n in range(config.bluffers)]
    rules = {"auction": PRICES[price], "seats": config.seats, "stages": 1, "rank": RANKS[rank], "seed": seed}
    return outcome(config, SupplyChain([*honest, *bluffers], BestOf(), **usual(config), **rules), bluffers, honest)


def usual(config: Config) -> dict[str, int]:
    """What is the same in all markets."""
    return {"offers": config.shown, "endowment": config.requests * MICRO}


def writes(worth: Callable[[Reading], float]) -> Callable[[Reading], Work]:
    """Work that gives a final text of some quality."""
    return lambda reading: Work((Draft(f"{worth(reading):.6f} {reading.seed}", final=True),))


DRAWN = writes(lambda reading: random.Random(reading.seed).random())


def outcome(
    config: Config, market: SupplyChain, dubious: Sequence[ProgramReader], honest: Sequence[ProgramReader]
) -> tuple[float, float, float]:
    """Mean quality delivered, and mean gain of a dubious and of an honest seller, credits a request."""
    answers = [market.run(Commission(Question("a text", MICRO)), str(n)).answer for n in range(config.requests)]
    assert market.journal.audit() == 0
    gains = {r.name: (market.journal[r.name] - market.endowment) / MICRO / config.requests for r in market.suppliers}
    return (
        float(np.mean([float(answer.split()[0]) if answer else 0.0 for answer in answers])),
        float(np.mean([gains[r.name] for r in dubious])),
        float(np.mean([gains[r.name] for r in honest])),
    )


def dealing(config: Config) -> list[Finding]:
    """What an owner of two accounts gains that deals with itself, by rank, and whether it is known to be one."""
    found = []
    for rank, group in product((*RANKS, "opening bid"), ("", "firm")):
        rows = np.array([deal(config, rank, group, seed) for seed in range(config.key, config.key + config.seeds)])
        known = "known" if group else "unknown"
        case = f"two accounts of one owner, {known} as such, deal with each other for poor texts; ranked by {rank}"
        measured = (
            f"quality delivered {interval(rows[:, 0])}; the owner gains {interval(2 * rows[:, 1])} a request, "
            f"an honest seller {interval(rows[:, 2])}"
        )
        guarded = bool(group) or rank == "opening bid"
        required = "the owner gains at most 0" if guarded else ""
        found.append(Finding(ROW, case, required, measured, bool(rows[:, 1].max() <= 0) if guarded else None))
    return found


def deal(config: Config, rank: str, group: str, seed: int) -> tuple[float, float, float]:
    """Quality delivered, half of what the owner gains, and what an honest seller gains, credits a request."""
    honest = [ProgramReader(f"honest{n}", Begins(config.bid), DRAWN) for n in range(config.honest)]
    hands_on = lambda reading: Work((Draft(f"a start {reading.seed}"),))  # noqa: E731
    scout = ProgramReader("scout", Begins(config.bid / 4), hands_on, group=group)
    friend = ProgramReader("friend", Follows(1.0), writes(lambda _: config.poor), group=group)
    rules = {
        "auction": FirstPrice(),
        "seats": config.honest + 1,
        "stages": 2,
        "rank": {**RANKS, "opening bid": OpeningBid()}[rank],
    }
    market = SupplyChain([*honest, scout, friend], BestOf(), **usual(config), **rules, seed=seed)
    return outcome(config, market, [scout, friend], honest)


class Begins(FixedBid):
    """Bids for requests alone."""

    def bid(self, view: View, wealth: int) -> int:
        return ABSTAIN if view.state else super().bid(view, wealth)


class Follows(FixedBid):
    """Bids for what its friend began alone."""

    def bid(self, view: View, wealth: int) -> int:
        return super().bid(view, wealth) if view.state else ABSTAIN


class Refuses(AbstractAssistant):
    """Looks, and takes nothing."""

    async def choose(self, offers: Reading) -> str | None:
        return None


def refusing(config: Config) -> list[Finding]:
    """What a consumer gains that asks, looks and refuses."""
    fee, found = MICRO // 100, []
    for name, settlement in (("sale final", SaleFinal()), ("escrow until release", EscrowUntilRelease())):
        sellers = [
            ProgramReader(f"seller{n}", FixedBid(0.5), lambda reading: Work((Draft(f"1 {reading.seed}", final=True),)))
            for n in range(config.honest)
        ]
        market = SupplyChain(
            sellers, Refuses(), FirstPrice(), seats=config.honest, stages=1, listing_fee=fee, settlement=settlement
        )
        market.run(Commission(Question("a text", MICRO)), "1")
        paid = sum(-t.entries.get("mint", 0) for t in market.journal.transactions if t.kind == "fund")
        gain = (market.journal["consumer"] - paid) / MICRO
        case = f"a consumer that asks, looks and refuses gains, {name}"
        found.append(Finding(ROW, case, "at most 0", f"{gain:+.3f} (the listing fee)", gain <= 0))
    return found
