"""What was bought once is sold again."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

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
    """Buys a fact like anybody else, then offers it to later buyers; the twin stays away.

    Args:
        copy: what it makes of the text.
        share: of the author's price that it asks.
        buyers: that come after.
    """

    copy: Callable[[str], str] = touched_up
    share: float = 0.5
    buyers: int = 5
    name: ClassVar[str] = "plagiarism"
    defence: ClassVar[str] = "nobody sells what somebody else sold first, nor what is nearly the same"
    figure: ClassVar[str] = "sales of the copy"

    def trial(self, settings: Settings, seed: int, attacks: bool) -> Trial:
        if not attacks:
            return Trial(0)
        luck = random.Random(seed)
        true, price = fact(luck), credits(luck, 0.05, 0.2)
        again, asks = true._replace(text=self.copy(true.text)), round(self.share * price)
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
