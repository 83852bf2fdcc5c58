"""Informers of the bazaar at an exchange."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from catallax.exchange._aside import Aside
from catallax.exchange._goals import goal_of
from catallax.exchange.client import Client, Information, InquirySummary, Refused
from catallax.language.bazaar import (
    AbstractInformer,
    Brief,
    Offer,
    Outcome,
    Reason,
    SealedInformer,
    View,
    enclave,
    opened,
    plain,
)

log = logging.getLogger("catallax.exchange.informing")
REASONS = {reason.value: reason for reason in Reason}


@dataclass
class Informing:
    """An informer of the bazaar at an exchange: offers to every open inquiry once, and hears what became of it.

    Its calls run on an event loop in a thread of its own: end it with `close`.

    Args:
        client: of the exchange, with a token that may `read` and `inform`.
        informer: who is asked for offers; its texts are sealed until they are sent.
        most: micro-credits that its bids for attention may add up to, from the start; a bid that would go above is not made.

    Raises:
        TypeError: for a `SealedInformer`, which comments on sealed goods: these never leave the service.
    """

    client: Client
    informer: AbstractInformer
    most: int | None = None
    bid: int = 0
    """Micro-credits bid so far, what may stand without that an answer told included."""
    _seen: set[int] = field(default_factory=set)
    _waiting: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        if isinstance(self.informer, SealedInformer):
            raise TypeError("Informing: a SealedInformer is shown sealed goods, and these never leave the service.")
        self._aside = Aside(f"informer {self.informer.name}")

    def close(self) -> None:
        """End its thread."""
        self._aside.close()

    def step(self) -> None:
        """Hear what became of offers, then offer to inquiries that are new."""
        for number in sorted(self._waiting):
            self._hear(number)
        for inquiry in self.client.inquiries("open", limit=200, newest=True).items:
            if inquiry.id not in self._seen:
                self._seen.add(inquiry.id)
                self._offer(inquiry)

    def _offer(self, summary: InquirySummary) -> None:
        try:
            offers = self._aside.result(self.informer.offers(View(self._brief(summary.id))))
        except Exception:  # the informer's own code
            log.exception("no information for inquiry %d", summary.id)
            return
        for offer in offers:
            bid = max(offer.bid, summary.reserve)
            if self.most is not None and self.bid + bid > self.most:
                log.info("no information for inquiry %d: the bid would exceed what all may be", summary.id)
                continue
            self.bid += bid  # before: an answer that is lost leaves it open whether the bid stands
            self._waiting.add(summary.id)
            try:
                self.client.offer_information(summary.id, self._teaser(offer), _text(offer), offer.price, bid)
            except Refused as refused:
                self.bid -= bid
                log.info("no information for inquiry %d: %s", summary.id, refused)

    def _brief(self, number: int) -> Brief:
        inquiry = self.client.inquiry(number)
        return Brief(f"inquiry/{number}", goal_of({"value": inquiry.budget} | inquiry.goal.sent), inquiry.budget)

    def _teaser(self, offer: Offer) -> str:
        return " ".join(plain(offer.teaser).split())[:200] or f"information by {self.informer.name}"

    def _hear(self, number: int) -> None:
        inquiry = self.client.inquiry(number)
        if inquiry.phase != "closed":
            return
        self._waiting.discard(number)
        tag = self._brief(number).tag
        for mine in self.client.information(number, limit=200).items:
            try:
                self._aside.result(self.informer.update(_outcome(mine, tag)))
            except Exception:  # the same
                log.exception("nothing was learnt from information %d", mine.id)


def _text(offer: Offer) -> str:
    with enclave():
        return opened(offer.exhibit.text)


def _outcome(mine: Information, tag: str) -> Outcome:
    bought = mine.status == "bought"
    earned, reason = mine.price if bought else 0, REASONS.get(mine.reason or "")
    return Outcome(str(mine.id), tag, mine.price, mine.inspected, bought, mine.paid, earned, reason)
