"""Buyers and informers, or informers among themselves, who are one."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from catallax.language.attacks._attack import AbstractAttack, Settings, Trial
from catallax.language.attacks._field import Reader, arena, credits, earned, fact, seller, visit, words, worth
from catallax.language.bazaar import ToBuyer


@dataclass(frozen=True)
class Collusion(AbstractAttack):
    """The buyer's friend bids just below an honest informer, who then pays more for the buyer's attention."""

    name: ClassVar[str] = "collusion of buyer and informer"
    defence: ClassVar[str] = "what is paid for attention is burned"
    figure: ClassVar[str] = "credits that the honest informer pays for attention"

    def ways(self) -> Mapping[str, Any]:
        """Bids of the friend, as a share of the honest informer's."""
        return {"a friend bids just below": 0.999, "a friend bids half as much": 0.5, "a friend bids above": 1.001}

    def honest(self) -> Mapping[str, Any]:
        return {"buys": 0.0}

    def trial(self, settings: Settings, seed: int, way: float) -> Trial:
        luck = random.Random(seed)
        true, price = fact(luck), credits(luck, 0.05, 0.25)
        friend = (words(luck), price, round(way * price))
        sellers = [seller("honest", [(true.text, price, price)]), seller("friend", [friend], lambda view: way > 0)]
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

    def ways(self) -> Mapping[str, Any]:
        """What those bid who do not bid in earnest, micro-credits: just above what looking costs."""
        return {"only the dearest bids in earnest": 101}

    def honest(self) -> Mapping[str, Any]:
        return {"all bid in earnest": 10**9}

    def trial(self, settings: Settings, seed: int, way: int) -> Trial:
        luck = random.Random(seed)
        facts = [fact(luck) for _ in range(3)]
        goods = sorted(((f.text, p, p) for f in facts for p in (credits(luck, 0.05, 0.25),)), key=lambda g: -g[1])
        goods = [goods[0], *((text, price, min(bid, way)) for text, price, bid in goods[1:])]
        names = [f"i{n}" for n in range(3)]
        sellers = [seller(name, [good]) for name, good in zip(names, goods, strict=True)]
        bazaar = arena(settings, sellers, Reader(tuple(facts)), seed)
        visit(bazaar)
        return Trial(earned(bazaar, *names), bazaar.journal.balances.get("burn", 0) / 1e6)
