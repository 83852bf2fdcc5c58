"""What was not bought is read off what was."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from catallax.language.attacks._attack import AbstractAttack, Settings, Trial
from catallax.language.attacks._field import arena, credits, earned, seller, visit
from catallax.language.bazaar import AbstractContractor, Bazaar, Case, Inspection


@dataclass(frozen=True)
class Captured(AbstractContractor):
    """Does what the buyer's tag says: `all` buys the secret, `bit 3` tells that bit of it by what it buys.

    It buys the decoy where it can, and the secret itself only where there is none, if and only if the bit is 1.
    """

    async def judge(self, case: Case) -> Inspection:
        tag = case.levels[0].brief.tags[0]
        secret = next((e for e in case.exhibits if set(e.text) <= {"0", "1"}), None)
        if secret is None:
            return Inspection(frozenset())
        told = tag == "all" or secret.text[int(tag.removeprefix("bit "))] == "1"
        decoy = next((e for e in case.exhibits if e is not secret), secret)
        return Inspection(frozenset({(secret if tag == "all" else decoy).id}) if told else frozenset())


@dataclass(frozen=True)
class DecisionLeak(AbstractAttack):
    """Steers its contractor so that whether it buys tells one bit a run, and buys no more once it knows all; the twin buys.

    In a slot that stands alone a bit that says yes is a purchase at full price, so that `n` random bits pass for nothing with a
    chance of `2^-n`. A decoy beside it, from the buyer's own friend, says yes for next to nothing.

    Args:
        bits: of the secret, which is worth something as a whole.
        decoys: from a friend; they need a slot beside the secret.
    """

    bits: int = 12
    decoys: bool = False
    name: ClassVar[str] = "leak through decisions"
    defence: ClassVar[str] = "a verdict without words; one slot, so that every yes is a purchase"
    figure: ClassVar[str] = "share of histories in which the secret is known and was not bought"

    def trial(self, settings: Settings, seed: int, attacks: bool) -> Trial:
        luck = random.Random(seed)
        secret, price = f"{luck.getrandbits(self.bits):0{self.bits}b}", credits(luck, 0.1, 0.2)
        sellers = [seller("honest", [(secret, price, price)])]
        if self.decoys and attacks:
            sellers.append(seller("friend", [(f"decoy {seed}", 1, price - 1)]))
        bazaar = arena(settings, sellers, Captured(), seed)
        tags = [f"bit {n}" for n in range(self.bits)] if attacks else ["all"]
        told, spent, bought = self._told(tags, bazaar, secret)
        knows = bought or told == secret
        friend = earned(bazaar, "friend") if len(sellers) > 1 else 0
        return Trial(knows * 2 * price - spent + friend, knows and not bought)

    def _told(self, tags: Sequence[str], bazaar: Bazaar, secret: str) -> tuple[str, int, bool]:
        """Bits as the buyer reads them, what it spent, and whether it bought the secret itself."""
        read, spent = "", 0
        for tag in tags:
            result = visit(bazaar, (tag,))
            spent += result.spent
            if any(receipt.text == secret for receipt in result.receipts):
                return read, spent, True
            read += "1" if result.receipts else "0"
        return read, spent, False

    def exposed(self, settings: Settings) -> tuple[AbstractAttack, Settings]:
        return replace(self, decoys=True), {**settings, "slots": 2, "rounds": 1}
