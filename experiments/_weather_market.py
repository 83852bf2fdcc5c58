"""A market for a forecast in which learners sell one signal, in words that a tiny model can say."""

from __future__ import annotations

from collections.abc import Sequence

from catallax.language import Bazaar, Buyer, Forecast, program_informer
from catallax.language.bazaar import AbstractInformer
from catallax.language.feedback import AbstractSettlement, Stall, WordReader
from catallax.language.worlds import reports

NUMBERS = (0.0, 0.05, 0.1, 0.2, 0.35, 0.5)
"""Prices and bids that can be said, credits. The signal is worth 0.368 to the buyer once it is read, so 0.35 is the best price."""
RIVAL = 0.05
"""Price and bid of who sells the other signal."""
SCALE = 0.25


def weather_stall(settlement: AbstractSettlement, bond: float = 0.0, penalty: float = -0.5) -> Stall:
    """The learner knows the good report of the weather; whoever sells the poor one bids for the only slot as well."""
    world = reports(0.9, 0.7)

    def arena(learners: Sequence[AbstractInformer], seed: int) -> Bazaar:
        return Bazaar([*learners, program_informer(world, "I2", RIVAL)], rounds=1, bond=bond, seed=seed)

    buyer, reader = Buyer(Forecast("E", prior=0.5), budget=1.0), WordReader(signals=("I1",))
    return Stall(world, "I1", buyer, arena, settlement, reader, SCALE, penalty)


def said(claim: int, price: float, bid: float) -> str:
    """An offer in words."""
    return f"I1={claim} {price:g} {bid:g}"


OFFERS = tuple((claim, price, bid) for claim in (0, 1) for price in NUMBERS for bid in NUMBERS)
"""All that can be offered."""
