"""Something else is handed over than was inspected."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from catallax.core import to_credits
from catallax.language.attacks._attack import AbstractAttack, Settings, Trial
from catallax.language.attacks._field import Reader, arena, earned, fact, visit, words
from catallax.language.attacks._field import credits as by_chance
from catallax.language.bazaar import AbstractInformer, Exhibit, Offer, View

Delivery = Callable[[Offer, str], Any]
"""What is handed over for an offer, by one who has nonsense at hand."""
DELIVERIES: Mapping[str, Delivery] = {
    "nonsense": lambda offer, junk: Exhibit.of(junk, "salt", offer.price, offer.teaser),
    "nonsense, sealed as the fact": lambda offer, junk: replace(
        Exhibit.of(junk, "salt", offer.price, offer.teaser), commitment=offer.exhibit.commitment
    ),
    "nothing": lambda offer, junk: None,
}


class Switcher(AbstractInformer):
    """Shows one text and hands over what it likes under the same name and price."""

    def __init__(self, name: str, shown: str, given: Callable[[Offer], Any], price: int) -> None:
        super().__init__(name)
        self.shown, self.given, self.price = shown, given, to_credits(price)

    async def offers(self, view: View) -> list[Offer]:
        return [Offer.of(self.shown, self.price, self.price, salt=view.seed)]

    async def deliver(self, offer: Offer) -> Exhibit:
        return self.given(offer)

    async def update(self, outcome: object) -> None:
        pass


@dataclass(frozen=True)
class BaitAndSwitch(AbstractAttack):
    """Shows a fact and delivers something else, since a fact that nobody else knows is worth something to itself.

    Args:
        kept: worth of knowing it alone at most, as a share of its price; drawn from 0 on.
    """

    kept: float = 2.0
    name: ClassVar[str] = "bait and switch"
    defence: ClassVar[str] = "hash of text, price and teaser; copies of offers; no delivery, no payment; bond"
    figure: ClassVar[str] = "share of runs in which nonsense was paid for"

    def ways(self) -> Mapping[str, Any]:
        return DELIVERIES

    def honest(self) -> Mapping[str, Any]:
        """Delivers; keeps the fact to itself; whatever of the two is worth more."""
        always: Mapping[str, Callable[[float], bool]] = {
            "sells": lambda kept: True,
            "keeps it": lambda kept: False,
            "sells what is worth more sold": lambda kept: kept < 1,
        }
        return {name: (lambda offer, junk: offer.exhibit, sells) for name, sells in always.items()}

    def trial(self, settings: Settings, seed: int, way: Any) -> Trial:
        luck = random.Random(seed)
        true, junk, price = fact(luck), words(luck), by_chance(luck, 0.05, 0.25)
        kept = luck.uniform(0, self.kept)
        given, sells = way if isinstance(way, tuple) else (way, lambda kept: True)
        if not sells(kept):
            return Trial(round(kept * price))
        switcher = Switcher("attacker", true.text, lambda offer: given(offer, junk), price)
        bazaar = arena(settings, [switcher], Reader((true,)), seed)
        texts = [receipt.text for receipt in visit(bazaar).receipts]
        alone = 0 if true.text in texts else round(kept * price)
        return Trial(earned(bazaar, "attacker") + alone, junk in texts)
