"""A buyer that looks and never buys."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import ClassVar

from catallax.language.attacks._attack import AbstractAttack, Settings, Trial
from catallax.language.attacks._field import Reader, arena, credits, fact, seller, visit
from catallax.language.bazaar import ToBuyer


@dataclass(frozen=True)
class InspectionFarming(AbstractAttack):
    """Asks for offers to be paid for its attention; the twin stays away."""

    name: ClassVar[str] = "inspection farming"
    defence: ClassVar[str] = "what is paid for attention is burned"
    figure: ClassVar[str] = "credits that informers paid for attention"

    def trial(self, settings: Settings, seed: int, attacks: bool) -> Trial:
        if not attacks:
            return Trial(0)
        luck = random.Random(seed)
        prices = [credits(luck, 0.05, 0.25) for _ in range(3)]
        sellers = [seller(f"i{n}", [(fact(luck).text, price, price)]) for n, price in enumerate(prices)]
        result = visit(arena(settings, sellers, Reader(()), seed))
        return Trial(-result.spent, sum(slip.paid or 0 for slip in result.market.slips) / 1e6)

    def exposed(self, settings: Settings) -> tuple[AbstractAttack, Settings]:
        return self, {**settings, "surplus": ToBuyer()}
