"""What a run of the bazaar leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from catallax.core import Journal, to_credits
from catallax.language.bazaar._offers import Reason, Receipt, Seen


@dataclass
class Slip:
    """What became of one offer in one round; nothing of what it says."""

    offer: str
    informer: str
    teaser: str
    price: int
    bid: int
    depth: int
    round: int
    paid: int | None = None
    """Micro-credits for attention; None if it was not looked at."""
    bought: bool = False
    handed_up: bool = False
    """Whether the buyer of this run has it now."""
    reason: Reason | None = None
    """Why money went back."""

    @property
    def outcome(self) -> str:
        """In words."""
        words = "not looked at" if self.paid is None else "bought" if self.bought else "declined"
        words += "" if not self.bought or self.handed_up else ", stays below"
        return words if self.reason is None else f"{words}, refunded: {self.reason.value}"


class Silence(NamedTuple):
    """An informer that was asked and made no offer that counts."""

    round: int
    informer: str
    reason: Reason


@dataclass
class Rounds:
    """A market for one goal, as it is remembered: slips, and the markets of its contractors by round."""

    slips: list[Slip] = field(default_factory=list)
    silent: list[Silence] = field(default_factory=list)
    below: dict[int, Rounds] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """What came out.

    Args:
        output: what the buyer decided, or the `Reason` why its model could not.
        receipts: what it bought, and knows.
        ledger: the journal of the bazaar.
        run: the name of this run in the journal.
        seen: what was looked at and bought in each round.
        market: who offered what, without texts.
        stopped: why it ended before its time, if it did.
        spent: micro-credits of the buyer that others have now.
    """

    output: Any
    receipts: tuple[Receipt, ...]
    ledger: Journal
    run: str
    seen: tuple[Seen, ...]
    market: Rounds
    stopped: Reason | None
    spent: int

    def report(self) -> str:
        """Who offered, was looked at, was bought and paid: a readable tree, without the texts of what was not bought."""
        lines = [f"{self.run}: output {self.output}, spent {to_credits(self.spent):g} credits"]
        if self.stopped is not None:
            lines.append(f"stopped: {self.stopped.value}")
        lines += ["  round  informer      teaser        price     bid       paid      outcome"]
        lines += self._lines(self.market, "  ")
        lines += [f"  bought from {r.informer} for {to_credits(r.price):g}: {r.text!r}" for r in self.receipts]
        return "\n".join(lines)

    def _lines(self, market: Rounds, margin: str) -> list[str]:
        lines = []
        for number in sorted({row.round for row in (*market.slips, *market.silent)}):
            lines += [
                f"{margin}{n:<7}{who[:13]:<14}no offer: {why.value}" for n, who, why in market.silent if n == number
            ]
            for slip in (slip for slip in market.slips if slip.round == number):
                paid = "" if slip.paid is None else f"{to_credits(slip.paid):g}"
                lines.append(
                    f"{margin}{number:<7}{slip.informer[:13]:<14}{printable(slip.teaser[:13]):<14}"
                    f"{to_credits(slip.price):<10g}{to_credits(slip.bid):<10g}{paid:<10}{slip.outcome}"
                )
            if number in market.below and (market.below[number].slips or market.below[number].silent):
                lines += [f"{margin}  its contractor asked whether to buy:"]
                lines += self._lines(market.below[number], margin + "    ")
        return lines


def printable(text: str) -> str:
    """A seller's words on one line, without marks that move the cursor of who reads them."""
    return "".join(c if c.isprintable() else " " for c in text)
