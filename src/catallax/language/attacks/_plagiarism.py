"""What was bought once is sold again."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from catallax.language.attacks._attack import AbstractAttack, Settings, Trial
from catallax.language.attacks._field import Reader, arena, credits, earned, fact, seller, visit
from catallax.language.bazaar import NoRegister


def verbatim(text: str) -> str:
    """As it was."""
    return text


def touched_up(text: str) -> str:
    """In capitals and with other marks."""
    return text.upper().replace(" ", ", ")


def reworded(text: str) -> str:
    """With its words in another order: no run of three is left."""
    return " ".join(reversed(text.removesuffix(".").split())) + "."


@dataclass(frozen=True)
class Plagiarism(AbstractAttack):
    """Buys a fact like anybody else, then offers it to later buyers.

    Args:
        copies: what it can make of the text.
        shares: of the author's price that it can ask.
        buyers: that come after.
    """

    copies: tuple[Callable[[str], str], ...] = (verbatim, touched_up)
    shares: tuple[float, ...] = (0.99, 1.3)
    buyers: int = 5
    name: ClassVar[str] = "plagiarism"
    defence: ClassVar[str] = "nobody sells what somebody else sold first, nor what is nearly the same"
    figure: ClassVar[str] = "sales of the copy"

    def ways(self) -> Mapping[str, Any]:
        return {
            f"{copy.__name__.replace('_', ' ')}, {share:g} of the price": (copy, share)
            for copy in self.copies
            for share in self.shares
        }

    def trial(self, settings: Settings, seed: int, way: tuple[Callable[[str], str], float]) -> Trial:
        copy, share = way
        luck = random.Random(seed)
        true, price = fact(luck), credits(luck, 0.05, 0.2)
        again, asks = true._replace(text=copy(true.text)), round(share * price)
        sellers = [
            seller("author", [(true.text, price, price)]),
            seller("copyist", [(again.text, asks, asks)], lambda view: not view.brief.id.startswith("run 0")),
        ]
        bazaar = arena(settings, sellers, Reader((true, again)), seed)
        cost = visit(bazaar, name="accomplice").spent
        sold = sum(r.informer == "copyist" for _ in range(self.buyers) for r in visit(bazaar).receipts)
        return Trial(earned(bazaar, "copyist") - cost, sold)

    def exposed(self, settings: Settings) -> tuple[AbstractAttack, Settings]:
        return self, {**settings, "register": NoRegister()}
