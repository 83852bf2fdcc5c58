"""A buyer and an informer who are one."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import ClassVar

from catallax.language.attacks._attack import AbstractAttack, Settings, Trial
from catallax.language.attacks._field import Reader, arena, credits, earned, fact, seller, visit, words, worth
from catallax.language.bazaar import ToBuyer


@dataclass(frozen=True)
class Collusion(AbstractAttack):
    """The buyer's friend bids just below an honest informer, who then pays more for the buyer's attention."""

    name: ClassVar[str] = "collusion of buyer and informer"
    defence: ClassVar[str] = "what is paid for attention is burned"
    figure: ClassVar[str] = "credits that the honest informer pays for attention"

    def trial(self, settings: Settings, seed: int, attacks: bool) -> Trial:
        luck = random.Random(seed)
        true, price = fact(luck), credits(luck, 0.05, 0.25)
        sellers = [
            seller("honest", [(true.text, price, price)]),
            seller("friend", [(words(luck), price, price - 1)], lambda view: attacks),
        ]
        bazaar = arena(settings, sellers, Reader((true,)), seed)
        result = visit(bazaar)
        paid = sum(slip.paid or 0 for slip in result.market.slips if slip.informer == "honest")
        return Trial(worth((true,), result) - result.spent + earned(bazaar, "friend"), paid / 1e6)

    def exposed(self, settings: Settings) -> tuple[AbstractAttack, Settings]:
        return self, {**settings, "surplus": ToBuyer()}


@dataclass(frozen=True)
class Cartel(AbstractAttack):
    """Informers agree that only one of them bids in earnest. Nothing stops them; the loss is the fire's."""

    name: ClassVar[str] = "cartel of informers"
    defence: ClassVar[str] = "none"
    figure: ClassVar[str] = "credits that are burned"

    def trial(self, settings: Settings, seed: int, attacks: bool) -> Trial:
        luck = random.Random(seed)
        facts = [fact(luck) for _ in range(3)]
        goods = sorted(((f.text, p, p) for f in facts for p in (credits(luck, 0.05, 0.25),)), key=lambda g: -g[1])
        if attacks:  # the dearest as before, the others only what looking costs
            goods = [goods[0], *((text, price, 101) for text, price, _ in goods[1:])]
        names = [f"i{n}" for n in range(3)]
        bazaar = arena(
            settings, [seller(n, [g]) for n, g in zip(names, goods, strict=True)], Reader(tuple(facts)), seed
        )
        visit(bazaar)
        return Trial(earned(bazaar, *names), bazaar.journal.balances.get("burn", 0) / 1e6)
