"""A fact that others have as well is sold to a friend first, and is then nobody else's to sell."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from catallax.core import to_credits
from catallax.language.attacks._attack import AWAY, AbstractAttack, Settings, Trial
from catallax.language.attacks._field import Reader, arena, credits, earned, fact, seller, visit
from catallax.language.bazaar import Informer, Offer, View

OTHER = "Anything else?"


@dataclass(frozen=True)
class Squatting(AbstractAttack):
    """Sells to an accomplice, whose question nobody else has an answer to, what a rival knows as well; the register is then its own.

    Args:
        buyers: that come after.
        offered: whether the rival offers the fact to all, at a bid of nothing where it is not asked for it.
    """

    buyers: int = 5
    offered: bool = False
    name: ClassVar[str] = "squatting"
    defence: ClassVar[str] = "who has offered a text before it is sold may sell it as well; none for who has not"
    figure: ClassVar[str] = "sales of the rival"

    def ways(self) -> Mapping[str, Any]:
        """Price, as a share of the rival's or of the least that the fact is worth; and whether there is an accomplice."""
        return {f"an accomplice, {share:g} of its worth": ("worth", share, True) for share in (0.5, 0.9)}

    def honest(self) -> Mapping[str, Any]:
        return {
            **AWAY,
            "cheaper than the rival": ("rival", 0.999, False),
            "as dear as the rival": ("rival", 1.0, False),
            "dearer": ("worth", 0.9, False),
        }

    def trial(self, settings: Settings, seed: int, way: tuple[str, float, bool]) -> Trial:
        of, share, accomplice = way
        luck = random.Random(seed)
        true, rival = fact(luck), credits(luck, 0.05, 0.15)
        price = round(share * (rival if of == "rival" else 300_000))

        def known(view: View) -> list[Offer]:
            asked = view.brief.root.goal.text != OTHER
            good = Offer.of(true.text, to_credits(rival), to_credits(rival * asked), salt=view.seed)
            return [good] if asked or self.offered else []

        sellers = [Informer("rival", known), seller("attacker", [(true.text, price, price)])]
        bazaar = arena(settings, sellers, Reader((true,)), seed)
        cost = visit(bazaar, OTHER, "accomplice").spent if accomplice else 0
        sold = sum(r.informer == "rival" for _ in range(self.buyers) for r in visit(bazaar).receipts)
        return Trial(earned(bazaar, "attacker") - cost, sold)
