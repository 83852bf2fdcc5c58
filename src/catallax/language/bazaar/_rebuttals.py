"""One run of the marginal value mechanism: moves, until nobody has one, and what they are paid."""

from __future__ import annotations

import asyncio
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from catallax.core import to_micro
from catallax.language.bazaar._admission import answered, stamped
from catallax.language.bazaar._bill import Bill
from catallax.language.bazaar._contractors import AbstractDecider
from catallax.language.bazaar._enclosed import an_amount
from catallax.language.bazaar._goals import Brief
from catallax.language.bazaar._guarded import guarded
from catallax.language.bazaar._offers import InspectionError, Offer, Opened, Outcome, Reason, Receipt, View, reason_of
from catallax.language.bazaar._result import Rounds, Silence, Slip
from catallax.language.bazaar._sealed import Fingerprint, enclave, opened
from catallax.language.bazaar._seats import Seat
from catallax.language.bazaar._table import seed_for
from catallax.language.bazaar._till import Till, escrow_account, informer_account
from catallax.language.models import ModelError

if TYPE_CHECKING:
    from catallax.language.bazaar._marginal_value import MarginalValueMarket


class Move(NamedTuple):
    """What an informer told at its turn."""

    id: str
    seat: Seat
    price: int
    """Micro-credits for all of it."""


@dataclass
class Rebuttals:
    """A run: the market it runs in, its till, what was told and decided."""

    market: MarginalValueMarket
    till: Till
    bill: Bill
    decider: AbstractDecider
    brief: Brief
    state: dict[str, Any]
    known: list[Receipt] = field(default_factory=list)
    outputs: list[Any] = field(default_factory=list)
    """At first, and after each move."""
    moves: list[Move] = field(default_factory=list)
    told: Rounds = field(default_factory=Rounds)
    """All offers, by turn."""

    @property
    def account(self) -> str:
        """The escrow that pays."""
        return escrow_account(self.brief.id)

    @property
    def stake(self) -> int:
        """Micro-credits."""
        return to_micro(self.market.stake)

    async def play(self) -> Reason | None:
        """Turns, then payments; the reason why nobody is paid, if there is one: then all have their stakes back."""
        paid: Sequence[int] | Reason = Reason.CANCELLED
        try:
            await self._turns()
            paid = await self._earned()
        except (ModelError, InspectionError) as error:
            paid = error.reason if isinstance(error, InspectionError) else reason_of(error)
        finally:
            self._settle(paid)
        if isinstance(paid, Reason):
            return paid
        await asyncio.gather(*map(self._tell, self.moves, paid))

    async def _turns(self) -> None:
        """One informer after the other, over and over, until nobody has anything to add."""
        seats, silent = tuple(self.market.seats.values()), 0
        await self._decide()
        for turn in itertools.count():
            if silent == len(seats):
                break
            moved = await self._turn(seats[turn % len(seats)], turn)
            silent = 0 if moved else silent + 1

    async def _turn(self, seat: Seat, number: int) -> bool:
        """Whether an informer told something new, and put down its stake for it."""
        path = f"{self.brief.id}/{number}"
        self._reserve(f"{path}/{seat.name} bill", seat.quote)
        shown = tuple(Opened(r.offer, r.teaser, r.price, r.text) for r in self.known)
        seed = seed_for(self.market.seed, path, seat.name)
        view = View(self.brief.copy(), number, seat.told(self.state), shown, seed)
        answer = await answered(seat, view, self.market.limits)
        if isinstance(answer, Reason):
            self.told.silent.append(Silence(number, seat.name, answer))
            return False
        offers = stamped(answer, seat, self.brief.id, path, frozenset())
        taken = self._affordable(self._new(offers), seat)
        for o in offers:
            had = o in taken
            paid = 0 if had else None
            self.told.slips.append(Slip(o.id, o.informer, o.teaser, o.price, o.bid, 0, number, paid, had, had))
        if taken:
            self.till.move(f"{path} stake", "stake", informer_account(seat.name), escrow_account(path), self.stake)
            self.known += map(self._bought, taken)
            self.moves.append(Move(path, seat, sum(offer.price for offer in taken)))
            await self._decide()
        return bool(taken)

    def _new(self, offers: Sequence[Offer]) -> list[Offer]:
        """Those that say what was not told yet."""
        have, new = [Fingerprint.of(receipt.text) for receipt in self.known], []
        for offer in offers:
            mine = offer.exhibit.print()
            if all(mine.likeness(other) < self.market.limits.likeness for other in have):
                have.append(mine)
                new.append(offer)
        return new

    def _affordable(self, offers: list[Offer], seat: Seat) -> list[Offer]:
        """All or nothing: the buyer must have the price, and the informer a stake that is no less."""
        price = sum(offer.price for offer in offers)
        paid = price <= min(self.stake, self.till.has(self.account))
        return offers if paid and self.till.has(informer_account(seat.name)) >= self.stake else []

    def _bought(self, offer: Offer) -> Receipt:
        paid = self.till.move(f"{offer.id} tell", "tell", self.account, self.market.source, offer.price)
        with enclave():
            text = opened(offer.exhibit.text)
        return Receipt(offer.id, offer.informer, offer.price, self.account, paid, text, offer.teaser)

    async def _decide(self) -> None:
        """Note what the buyer would do now."""
        known = tuple(self.known)
        self._reserve(f"{self.brief.id} decides {len(self.outputs)} bill", self.decider.dearest(self.brief, known))
        self.outputs.append(await self.decider.decide(self.brief, known))

    def _reserve(self, key: str, quote: int) -> None:
        """Book a call before it is made.

        Raises:
            InspectionError: where the ceiling of the bill has no room for it.
            ValueError: for what is no amount.
        """
        if not an_amount(quote):
            raise ValueError(
                f"MarginalValueMarket: a quote is whole micro-dollars, at least 0, got {quote!r} for {key!r}."
            )
        if not self.bill.reserved(key, quote):
            raise InspectionError(Reason.OVER_BUDGET)

    async def _earned(self) -> Sequence[int] | Reason:
        """Micro-credits for each move, judged by all that was told."""
        appraiser, case = self.market.appraiser, (self.brief, tuple(self.outputs), tuple(self.known))
        self._reserve(f"{self.brief.id} judges bill", appraiser.fee(*case))
        values = await guarded(partial(appraiser.appraise, *case), self.market.limits.inspection)
        if isinstance(values, Reason):
            return values
        if len(values) != len(self.outputs) or not all(map(math.isfinite, values)):
            return Reason.MALFORMED
        gains = np.diff([to_micro(value) for value in values]).tolist()
        owed = [gain - move.price for gain, move in zip(gains, self.moves, strict=True)]
        return payments(owed, self.stake, self.till.has(self.account))

    def _settle(self, paid: Sequence[int] | Reason) -> None:
        """Stakes go back with what was earned, those who lost first: they pay the others."""
        kind = f"refund:{paid.value}" if isinstance(paid, Reason) else "marginal value"
        amounts = [0] * len(self.moves) if isinstance(paid, Reason) else paid
        for move, amount in sorted(zip(self.moves, amounts, strict=True), key=lambda pair: pair[1]):
            account = informer_account(move.seat.name)
            moves = (escrow_account(move.id), -self.stake), (account, self.stake + amount), (self.account, -amount)
            self.till.post(f"{move.id} settled", kind, *moves)

    async def _tell(self, move: Move, earned: int) -> None:
        if move.seat.learns:
            outcome = Outcome(move.id, self.brief.tag, move.price, True, True, 0, earned)
            await guarded(partial(move.seat.informer.update, outcome), self.market.limits.patience)


def payments(owed: Sequence[int], stake: int, purse: int) -> list[int]:
    """Nobody loses more than its stake; where the purse and the losses do not pay all gains, all shrink alike, rounded down."""
    capped = [max(amount, -stake) for amount in owed]
    gains = sum(amount for amount in capped if amount > 0)
    pot = purse - sum(amount for amount in capped if amount < 0)
    return [amount * pot // gains if amount > 0 and gains > pot else amount for amount in capped]
