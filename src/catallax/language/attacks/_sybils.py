"""One informer under many names."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import ClassVar

from catallax.language.attacks._attack import AbstractAttack, Settings, Trial
from catallax.language.attacks._field import Reader, arena, credits, earned, fact, seller, visit


@dataclass(frozen=True)
class Sybils(AbstractAttack):
    """Offers what a rival offers as well, at the same price, under many names instead of one, to be the one that counts.

    What each name is endowed with is not counted as a gain; an operator who hands endowments out to be kept loses them.

    Args:
        names: that it takes on.
    """

    names: int = 5
    name: ClassVar[str] = "sybils, one text"
    defence: ClassVar[str] = "of equal offers the highest bid counts and pays the second"
    figure: ClassVar[str] = "share of runs in which they sell"

    def trial(self, settings: Settings, seed: int, attacks: bool) -> Trial:
        luck = random.Random(seed)
        known, price = fact(luck), credits(luck, 0.05, 0.25)
        names = [f"name{n}" for n in range(self.names if attacks else 1)]
        sellers = [seller(name, [(known.text, price, price)]) for name in ("rival", *names)]
        bazaar = arena(settings, sellers, Reader((known,)), seed)
        sold = any(receipt.informer != "rival" for receipt in visit(bazaar).receipts)
        return Trial(earned(bazaar, *names), sold)


@dataclass(frozen=True)
class FalseNames(AbstractAttack):
    """Has several facts and bids for each under a name of its own, which an auction takes for rivals of each other.

    Args:
        facts: that it knows, and as many are known to others.
    """

    facts: int = 3
    name: ClassVar[str] = "sybils, several texts"
    defence: ClassVar[str] = "slots alike: a name among others pays the price of all others"
    figure: ClassVar[str] = "sales"

    def trial(self, settings: Settings, seed: int, attacks: bool) -> Trial:
        luck = random.Random(seed)
        mine, theirs = ([fact(luck) for _ in range(self.facts)] for _ in range(2))
        goods = [(f.text, price, price) for f in (*mine, *theirs) for price in (credits(luck, 0.05, 0.25),)]
        own = goods[: self.facts]
        names = {f"name{n}": [good] for n, good in enumerate(own)} if attacks else {"name": own}
        sellers = [seller(f"rival{n}", [good]) for n, good in enumerate(goods[self.facts :])]
        sellers += [seller(name, few) for name, few in names.items()]
        bazaar = arena(settings, sellers, Reader((*mine, *theirs)), seed)
        sales = sum(receipt.informer in names for receipt in visit(bazaar, budget=5.0).receipts)
        return Trial(earned(bazaar, *names), sales)
