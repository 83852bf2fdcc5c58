"""A buyer that looks and never buys."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from catallax.language.attacks._attack import AbstractAttack, Settings, Trial
from catallax.language.attacks._field import Reader, arena, credits, earned, fact, seller, visit, words
from catallax.language.bazaar import ToBuyer


@dataclass(frozen=True)
class InspectionFarming(AbstractAttack):
    """Asks for offers to be paid for its attention, alone or with a friend who makes it dearer."""

    name: ClassVar[str] = "inspection farming"
    defence: ClassVar[str] = "what is paid for attention is burned"
    figure: ClassVar[str] = "credits that informers paid for attention"

    def ways(self) -> Mapping[str, Any]:
        return {"alone": (), "with a friend": ("friend",)}

    def trial(self, settings: Settings, seed: int, way: tuple[str, ...]) -> Trial:
        luck = random.Random(seed)
        prices = [credits(luck, 0.05, 0.25) for _ in range(3)]
        sellers = [seller(f"i{n}", [(fact(luck).text, price, price)]) for n, price in enumerate(prices)]
        sellers += [seller(name, [(words(luck), 1, max(prices) - 1)], lambda view: view.round == 0) for name in way]
        bazaar = arena(settings, sellers, Reader(()), seed)
        result = visit(bazaar)
        paid = sum(slip.paid or 0 for slip in result.market.slips if slip.informer not in way)
        return Trial(earned(bazaar, *way) - result.spent, paid / 1e6)

    def exposed(self, settings: Settings) -> tuple[AbstractAttack, Settings]:
        return self, {**settings, "surplus": ToBuyer()}
