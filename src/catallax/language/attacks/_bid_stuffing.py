"""Attention is filled with nonsense, so that a rival is not looked at."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import ClassVar

from catallax.language.attacks._attack import AbstractAttack, Settings, Trial
from catallax.language.attacks._field import Reader, arena, credits, earned, fact, seller, visit, words


@dataclass(frozen=True)
class BidStuffing(AbstractAttack):
    """Sells the same as a rival who is cheaper, and fills all other slots with nonsense that bids just above the rival."""

    name: ClassVar[str] = "bid stuffing"
    defence: ClassVar[str] = "payments by Vickrey, Clarke and Groves, that are not given back; at most 8 offers"
    figure: ClassVar[str] = "share of runs in which the dearer is bought"

    def trial(self, settings: Settings, seed: int, attacks: bool) -> Trial:
        luck = random.Random(seed)
        mine = fact(luck)
        theirs = fact(luck, mine.topic, mine.worth)
        price = credits(luck, 0.05, 0.15)
        dearer = price + credits(luck, 0.05, 0.1)
        fillers = max(1, settings.get("slots", 1) - 1)
        good = (mine.text, dearer, dearer)
        fill = [(words(luck), dearer, price + 1) for _ in range(fillers)] if attacks else []
        sellers = [
            seller("rival", [(theirs.text, price, price)]),
            seller("attacker", [good, *fill], lambda view: view.round == 0),
        ]
        bazaar = arena(settings, sellers, Reader((mine, theirs)), seed)
        bought = [receipt.informer for receipt in visit(bazaar).receipts]
        return Trial(earned(bazaar, "attacker"), "attacker" in bought)
