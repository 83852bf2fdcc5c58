"""One informer under many names."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from catallax.language.attacks._attack import AbstractAttack, Settings, Trial
from catallax.language.attacks._field import Reader, arena, credits, earned, fact, seller, visit


class Crowd(NamedTuple):
    """Names, and what each of them does.

    Args:
        names: how many.
        bid: as a share of the price.
        others: the same, of all but the first.
        worded: whether each has words of its own.
    """

    names: int = 1
    bid: float = 1.0
    others: float = 1.0
    worded: bool = False


@dataclass(frozen=True)
class Sybils(AbstractAttack):
    """Offers what a rival offers as well, at a price that is the same for all, under many names, to be the one that counts.

    What each name is endowed with is not counted as a gain; an operator who hands endowments out to be kept loses them.
    """

    name: ClassVar[str] = "sybils, one text"
    defence: ClassVar[str] = "of equal offers the highest bid counts and pays the second"
    figure: ClassVar[str] = "share of runs in which they sell"

    def ways(self) -> Mapping[str, Any]:
        return {
            "five names": Crowd(5),
            "five names, half the bid": Crowd(5, 0.5, 0.5),
            "five names, one in earnest": Crowd(5, 1.0, 0.01),
            "five names with words of their own": Crowd(5, worded=True),
            "five with words of their own, half the bid": Crowd(5, 0.5, 0.5, True),
        }

    def honest(self) -> Mapping[str, Any]:
        return {"one name": Crowd(), "one name, half the bid": Crowd(1, 0.5)}

    def trial(self, settings: Settings, seed: int, way: Crowd) -> Trial:
        luck = random.Random(seed)
        known, price = fact(luck), credits(luck, 0.05, 0.25)
        bid = round(price * luck.choice((1.0, 1.0, luck.uniform(0.3, 1.0))))  # who sells with chances bids less
        facts, sellers = [known], [seller("rival", [(known.text, price, bid)])]
        for n in range(way.names):
            mine = known._replace(text=shuffled(known.text, luck) if way.worded else known.text)
            share = way.others if n else way.bid
            sellers.append(seller(f"name{n}", [(mine.text, price, round(share * price))]))
            facts.append(mine)
        bazaar = arena(settings, sellers, Reader(tuple(facts)), seed)
        sold = any(receipt.informer != "rival" for receipt in visit(bazaar).receipts)
        return Trial(earned(bazaar, *(s.name for s in sellers[1:])), sold)


def shuffled(text: str, luck: random.Random) -> str:
    """The same words in an order of chance."""
    found = text.removesuffix(".").split()
    luck.shuffle(found)
    return " ".join(found) + "."


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

    def ways(self) -> Mapping[str, Any]:
        return {"a name for each": (True, self.facts, 0.01), "a name for each, one in earnest": (True, 1, 0.01)}

    def honest(self) -> Mapping[str, Any]:
        return {"one name": (False, self.facts, 0.01), "one name, one in earnest": (False, 1, 0.01)}

    def trial(self, settings: Settings, seed: int, way: tuple[bool, int, float]) -> Trial:
        apart, earnest, rest = way
        luck = random.Random(seed)
        mine, theirs = ([fact(luck) for _ in range(self.facts)] for _ in range(2))
        goods = [(f.text, price, price) for f in (*mine, *theirs) for price in (credits(luck, 0.05, 0.25),)]
        own = sorted(goods[: self.facts], key=lambda good: -good[1])
        own = [*own[:earnest], *((text, price, round(rest * bid)) for text, price, bid in own[earnest:])]
        names = {f"name{n}": [good] for n, good in enumerate(own)} if apart else {"name": own}
        sellers = [seller(f"rival{n}", [good]) for n, good in enumerate(goods[self.facts :])]
        sellers += [seller(name, few) for name, few in names.items()]
        bazaar = arena(settings, sellers, Reader((*mine, *theirs)), seed)
        sales = sum(receipt.informer in names for receipt in visit(bazaar, budget=5.0).receipts)
        return Trial(earned(bazaar, *names), sales)
