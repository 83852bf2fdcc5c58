"""Attention is filled with nonsense, so that a rival is not looked at."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from catallax.language.attacks._attack import AbstractAttack, Settings, Trial
from catallax.language.attacks._field import Reader, arena, credits, earned, fact, seller, visit, words


class Stand(NamedTuple):
    """What a seller brings along.

    Args:
        price: of its fact, micro-credits, given what it would ask and what the rival asks.
        fill: offers of nonsense.
        bid: for each of them, given the same.
        rounds: in which it comes.
    """

    price: Callable[[int, int], int] = lambda mine, rival: mine
    fill: int = 0
    bid: Callable[[int, int], int] = lambda mine, rival: rival + 1
    rounds: int = 1


@dataclass(frozen=True)
class BidStuffing(AbstractAttack):
    """Sells the same as a rival who is nearly free, and fills other slots with nonsense that bids above the rival."""

    name: ClassVar[str] = "bid stuffing"
    defence: ClassVar[str] = "one slot, in which nonsense can only be in its author's own way"
    figure: ClassVar[str] = "share of runs in which the dearer is bought"

    def ways(self) -> Mapping[str, Any]:
        return {
            "one beside its own": Stand(fill=1),
            "two beside its own": Stand(fill=2),
            "as many as it may": Stand(fill=7),
            "two, in each round": Stand(fill=2, rounds=9),
            "two, at all it can get": Stand(fill=2, bid=lambda mine, rival: mine),
        }

    def honest(self) -> Mapping[str, Any]:
        return {
            "its own alone": Stand(),
            "its own in each round": Stand(rounds=9),
            "cheaper than the rival": Stand(lambda mine, rival: rival - 1),
            "cheaper, in each round": Stand(lambda mine, rival: rival - 1, rounds=9),
        }

    def trial(self, settings: Settings, seed: int, way: Stand) -> Trial:
        luck = random.Random(seed)
        good = fact(luck)
        theirs = fact(luck, good.topic, good.worth)
        rival = credits(luck, 0.002, 0.05)
        mine = rival + credits(luck, 0.05, 0.2)
        price = way.price(mine, rival)
        fill = [(words(luck), mine, way.bid(mine, rival)) for _ in range(way.fill)]
        sellers = [
            seller("rival", [(theirs.text, rival, rival)]),
            seller("attacker", [(good.text, price, price), *fill], lambda view: view.round < way.rounds),
        ]
        bazaar = arena(settings, sellers, Reader((good, theirs)), seed)
        bought = [receipt.informer for receipt in visit(bazaar).receipts]
        return Trial(earned(bazaar, "attacker"), "attacker" in bought)

    def exposed(self, settings: Settings) -> tuple[AbstractAttack, Settings]:
        return self, {**settings, "slots": 3, "rounds": 1}
