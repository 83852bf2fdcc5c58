"""Something else is handed over than was inspected."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import ClassVar

from catallax.core import to_credits
from catallax.language.attacks._attack import AbstractAttack, Settings, Trial
from catallax.language.attacks._field import Reader, arena, credits, earned, fact, visit, words
from catallax.language.bazaar import AbstractInformer, Exhibit, Offer, View


class Switcher(AbstractInformer):
    """Shows one text and hands over another under the same name and price."""

    def __init__(self, name: str, shown: str, given: str, price: int, bid: int) -> None:
        super().__init__(name)
        self.shown, self.given, self.price, self.bid = shown, given, price, bid

    async def offers(self, view: View) -> list[Offer]:
        return [Offer.of(self.shown, to_credits(self.price), to_credits(self.bid), salt=view.seed)]

    async def deliver(self, offer: Offer) -> Exhibit:
        return Exhibit.of(self.given, "salt", offer.price, offer.teaser)

    async def update(self, outcome: object) -> None:
        pass


class Keeper(Switcher):
    """Hands over what it showed."""

    async def deliver(self, offer: Offer) -> Exhibit:
        return offer.exhibit


@dataclass(frozen=True)
class BaitAndSwitch(AbstractAttack):
    """Shows a fact and delivers nonsense, since a fact that nobody else knows is worth something to itself.

    Args:
        kept: worth of knowing it alone, as a share of its price.
    """

    kept: float = 0.5
    name: ClassVar[str] = "bait and switch"
    defence: ClassVar[str] = "hash of text, price and teaser; copies of offers; no delivery, no payment; bond"
    figure: ClassVar[str] = "share of runs in which nonsense was paid for"

    def trial(self, settings: Settings, seed: int, attacks: bool) -> Trial:
        luck = random.Random(seed)
        true, junk, price = fact(luck), words(luck), credits(luck, 0.05, 0.25)
        attacker = (Switcher if attacks else Keeper)("attacker", true.text, junk, price, price)
        bazaar = arena(settings, [attacker], Reader((true,)), seed)
        texts = [receipt.text for receipt in visit(bazaar).receipts]
        alone = 0 if true.text in texts else round(self.kept * price)
        return Trial(earned(bazaar, "attacker") + alone, junk in texts)
