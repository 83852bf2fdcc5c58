"""Attention for sale: who gains by not bidding the truth, searched on a grid under each rule."""

from __future__ import annotations

import random
from dataclasses import dataclass
from fractions import Fraction

from catallax.lab import Context, Finding, Report
from catallax.language.attention import (
    GSP,
    VCG,
    AbstractSlotAuction,
    FirstPrice,
    SlotBid,
    SoldSlot,
    UniformPrice,
    best_deviation,
)
from catallax.language.bazaar import ReturnIfUnbought


@dataclass(frozen=True)
class Config:
    """Settings."""

    instances: int = 1_000
    """Random auctions under each rule."""
    bidders: int = 4
    """At most, in an auction."""
    slots: int = 3
    """At most."""
    key: int = 0
    """Seed."""


WEIGHTS = (1, Fraction(1, 2), Fraction(1, 4))
CASES: dict[str, tuple[AbstractSlotAuction, int, bool]] = {
    "VCG, slots alike": (VCG(), 2, False),
    "VCG, slots read less and less": (VCG(WEIGHTS), 2, False),
    "uniform price, one offer a bidder": (UniformPrice(), 1, False),
    "uniform price, up to two offers a bidder": (UniformPrice(), 2, True),
    "GSP, slots read less and less": (GSP(WEIGHTS), 2, True),
    "first price, slots alike": (FirstPrice(), 2, True),
}
"""Rule, offers of a bidder at most, whether lying is expected to pay."""
STEP = 4
"""Values are multiples of this, so that payments under the weights are whole and gains exact, micro-credits."""


def auction(config: Config, luck: random.Random, offers: int) -> tuple[list[SlotBid], int, int]:
    """Values, slots, reserve."""
    bids = [
        SlotBid(f"bidder {n}", f"offer {n}.{m}", STEP * luck.randint(0, 8))
        for n in range(luck.randint(2, config.bidders))
        for m in range(luck.randint(1, offers))
    ]
    return bids, luck.randint(1, config.slots), luck.choice((0, 1, STEP, 2 * STEP))


def gains(config: Config, rule: AbstractSlotAuction, offers: int, kept: Fraction | None = None) -> list[float]:
    """Gain of the best deviation in each auction, as a share of the highest value there can be.

    With `kept`, informers get the surplus of their payment back where the reader does not buy, and it buys with the chance `kept`.
    """
    found = []
    for number in range(config.instances):
        luck = random.Random(f"{config.key}/{number}")
        values, slots, reserve = auction(config, luck, offers)

        def charge(sold: SoldSlot, reserve: int = reserve) -> Fraction:
            if kept is None:
                return Fraction(sold.payment)
            back = (
                ReturnIfUnbought().share(sold.payment - reserve, "informer", "buyer", bought)
                for bought in (True, False)
            )
            bought, unbought = (shares.get("informer", 0) for shares in back)
            return sold.payment - kept * bought - (1 - kept) * unbought

        grid = range(0, 8 * STEP + STEP, STEP // 2)
        best = best_deviation(rule, values, slots, reserve, grid, number, charge)
        found.append(float(best.gain / (8 * STEP)))
    return found


def run(config: Config, context: Context) -> Report:
    """Search under each rule, then under VCG whose surplus comes back to those nobody bought from."""
    rows = []
    for name, (rule, offers, expected) in CASES.items():
        found = gains(config, rule, offers)
        rows.append(row(name, found, expected))
    returned = gains(config, VCG(), 1, Fraction(1, 2))
    rows.append(row("VCG, surplus returned if unbought (half the time)", returned, True))
    return Report(rows, text=TEXT)


def row(name: str, found: list[float], expected: bool) -> Finding:
    """How often and how much lying pays."""
    profitable = sum(gain > 0 for gain in found)
    asked = "a profitable deviation is found" if expected else "no profitable deviation"
    told = f"{profitable} of {len(found)} auctions; most {max(found):.3f} of the highest value"
    return Finding("auction", f"{name}: deviations that pay", asked, told, (profitable > 0) == expected)


TEXT = (
    "Every unilateral deviation on the grid is tried in every auction, all offers of a bidder together, while the others bid "
    "their values. The last row is why the surplus of a payment is burned by default: given back to those whose information "
    "was not bought, the expected payment lies below the winning threshold, and bidding above one's value pays."
)
