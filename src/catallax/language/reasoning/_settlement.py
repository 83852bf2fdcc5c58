"""When the suppliers of a chain are paid: one rule a class."""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from catallax.core import AbstractJournal
from catallax.language.reasoning._billing import buy


@dataclass(frozen=True)
class Purchase:
    """A state that changed hands.

    Args:
        key: of the transaction.
        buyer: who bought it.
        seller: who had made it; the consumer for the request itself.
        price: micro-credits.
        bid: the buyer's, micro-credits.
        after: key of the purchase by which the state was made; empty for the request itself.
    """

    key: str
    buyer: str
    seller: str
    price: int
    bid: int
    after: str = ""

    @property
    def opening(self) -> bool:
        """Whether the request itself was bought."""
        return not self.after


class AbstractSettlement(abc.ABC):
    """How payments along the chains are made and, at the end, settled."""

    @abc.abstractmethod
    def pay(self, journal: AbstractJournal, purchase: Purchase, most: int) -> None:
        """Take the price, and put the bill of the buyer's work aside, when it buys."""

    @abc.abstractmethod
    def settle(
        self, journal: AbstractJournal, picked: Sequence[Purchase], others: Sequence[Purchase]
    ) -> Mapping[str, int]:
        """End all payments.

        Args:
            journal: where the money moves.
            picked: the chain of the offer that was picked, the last purchase first; empty if all were refused.
            others: every other purchase.

        Returns:
            Whose sale brought how much, micro-credits, by key of the purchase; what is not there was refunded.
        """


@dataclass(frozen=True)
class SaleFinal(AbstractSettlement):
    """Who sells is paid at once and keeps it, also where its branch is not picked; who buys carries the risk.

    Only the payments for the request itself wait: they go to the consumer that picks an offer, and to the house if it refuses,
    so that nobody earns by asking and refusing.
    """

    def pay(self, journal: AbstractJournal, purchase: Purchase, most: int) -> None:
        seller = f"escrow:{purchase.key}/opening" if purchase.opening else purchase.seller
        buy(journal, purchase.key, purchase.buyer, {seller: purchase.price}, most, "buy")

    def settle(
        self, journal: AbstractJournal, picked: Sequence[Purchase], others: Sequence[Purchase]
    ) -> Mapping[str, int]:
        for purchase in (*picked, *others):
            if purchase.opening:
                seller = purchase.seller if picked else "house"
                entries = {f"escrow:{purchase.key}/opening": -purchase.price, seller: purchase.price}
                journal.post(entries, f"{purchase.key}/opening", "opening", purchase.key)
        return {purchase.key: purchase.price for purchase in (*picked, *others)}


@dataclass(frozen=True)
class EscrowUntilRelease(AbstractSettlement):
    """All payments wait: those of the chain that is picked are released, the last first, and the others go back to the buyers."""

    def pay(self, journal: AbstractJournal, purchase: Purchase, most: int) -> None:
        buy(journal, purchase.key, purchase.buyer, {f"escrow:{purchase.key}/price": purchase.price}, most, "buy")

    def settle(
        self, journal: AbstractJournal, picked: Sequence[Purchase], others: Sequence[Purchase]
    ) -> Mapping[str, int]:
        for kind, purchases in (("release", picked), ("refund", others)):
            for purchase in purchases:
                payee = purchase.seller if kind == "release" else purchase.buyer
                entries = {f"escrow:{purchase.key}/price": -purchase.price, payee: purchase.price}
                journal.post(entries, f"{purchase.key}/{kind}", kind, purchase.key)
        return {purchase.key: purchase.price for purchase in picked}
