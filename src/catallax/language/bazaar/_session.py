"""One run of the bazaar: rounds of offers, slots and inspections, at every depth the same."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeGuard

from catallax.language.attention import SlotBid, SoldSlot
from catallax.language.bazaar._admission import answered, stamped
from catallax.language.bazaar._bill import Bill
from catallax.language.bazaar._contractors import Case, Level
from catallax.language.bazaar._enclosed import enclosed, quoted
from catallax.language.bazaar._goals import Brief, Buy, Good
from catallax.language.bazaar._guarded import guarded
from catallax.language.bazaar._memory import Memory
from catallax.language.bazaar._offers import Offer, Opened, Outcome, Reason, Receipt, Seen, Verdict, View
from catallax.language.bazaar._result import Rounds, Silence, Slip
from catallax.language.bazaar._sealed import Exhibit, enclave, opened
from catallax.language.bazaar._seats import Seat
from catallax.language.bazaar._table import seed_for
from catallax.language.bazaar._till import Till, buyer_account, escrow_account, informer_account
from catallax.language.models import Note

if TYPE_CHECKING:
    from catallax.language.bazaar._bazaar import Bazaar, Buyer


@dataclass
class Place:
    """A market for one goal: what is decided here, who pays, and what was bought so far."""

    brief: Brief
    outer: tuple[Level, ...]
    """Goals and opened goods of the levels further out; empty for the buyer's own market."""
    before: tuple[Receipt, ...]
    """What was known when it opened."""
    memory: Memory
    market: Rounds
    above: Place | None = None
    """The market whose contractor buys here."""
    known: list[Receipt] = field(default_factory=list)
    """Bought here, or below and handed up."""
    seen: list[Seen] = field(default_factory=list)
    standing: list[tuple[Offer, int]] = field(default_factory=list)
    """Offers that go on standing, with the rounds that are left to them."""

    @property
    def account(self) -> str:
        """The escrow that pays for it."""
        return escrow_account(self.brief.id)

    @property
    def depth(self) -> int:
        return len(self.outer)

    @property
    def basis(self) -> frozenset[str]:
        """All goods that somebody inside can see."""
        return basis(self.outer)


@dataclass
class Session:
    """A run: the bazaar it runs in, its till, and what must not be exceeded."""

    bazaar: Bazaar
    buyer: Buyer
    till: Till
    state: dict[str, Any]
    seed: str
    bill: Bill
    stopped: Reason | None = None
    """Why no further round begins."""
    gained: int = 0
    """Micro-credits that the buyer got of informers in this run; it cannot spend them there."""
    slips: dict[tuple[str, int], Slip] = field(default_factory=dict)
    """By offer and round, in which it may stand again."""

    @property
    def account(self) -> str:
        """Of the buyer; what comes in there while the run goes on is not in its escrow."""
        return buyer_account(self.buyer.name)

    def luck(self, *what: object) -> random.Random:
        """Chance for one purpose, the same in each run of the same program."""
        return random.Random(self.seed_for(*what))

    def seed_for(self, *what: object) -> str:
        """A seed for one purpose; from one that is given away no other can be told, by who does not know the bazaar's own."""
        return seed_for(self.seed, *what)

    def reserved(self, key: str, quote: int) -> bool:
        """Book a call at a provider before it is made; False, and the run ends, where the ceiling has no room for it."""
        fits = self.bill.reserved(key, quote)
        self.stopped = self.stopped if fits else Reason.OVER_BUDGET
        return fits

    async def rounds(self, place: Place) -> None:
        """Up to R rounds: collect, admit, sell slots, inspect, settle."""
        for number in range(self.bazaar.rounds):
            if self.stopped is not None:
                break
            path = f"{place.brief.id}/{number}"
            offers = await self._collect(place, path, number)
            admitted = place.memory.admissible(
                offers,
                self.till.has(place.account),
                lambda name: self.till.has(informer_account(name)),
                self.luck(path, "alike"),
                self.bazaar.reserve / self.bazaar.auction.weight(0),
            )
            with self._span("bazaar auction", place, number) as note:
                sold = self._sell(admitted, path, number)
                note(sold=len(sold), paid=sum(slot.payment for _, slot in sold))
            self._remember(place, number, offers)
            if sold:
                await self._inspect(place, path, number, sold)
            await self._tell(place, offers, number)
            if not sold or (place.depth == 0 and self.buyer.stop is not None and self.buyer.stop(tuple(place.known))):
                break

    def _span(self, name: str, place: Place, number: int) -> AbstractContextManager[Note]:
        return self.bazaar.spans.span(name, brief=place.brief.id, depth=place.depth, round=number)

    async def _collect(self, place: Place, path: str, number: int) -> list[Offer]:
        """What everybody offers now: informers that see the brief, inside an enclave also those that see its goods."""
        seats = [seat for seat in self.bazaar.seats.values() if place.outer or not seat.sealed]
        found = await asyncio.gather(*(self._asked(seat, place, path, number) for seat in seats))
        offers = [offer for offer, _ in place.standing]
        new = []
        for seat, answer in zip(seats, found, strict=True):
            if not isinstance(answer, Reason):
                new += stamped(answer, seat, place.brief.id, path, place.basis if seat.sealed else frozenset())
            elif not seat.sealed:
                place.market.silent.append(Silence(number, seat.name, answer))
        left = [(offer, rounds - 1) for offer, rounds in place.standing] + [(offer, offer.ttl - 1) for offer in new]
        place.standing = [(offer, rounds) for offer, rounds in left if rounds > 0]
        return offers + new

    async def _asked(self, seat: Seat, place: Place, path: str, number: int) -> Sequence[Offer] | Reason:
        """An informer's offers, or why there are none."""
        if not self.reserved(
            f"{path}/{seat.name} bill", seat.quote
        ):  # before anything is awaited: always in this order
            return Reason.OVER_BUDGET
        own = seat.told(self.state)
        shown = tuple(exhibit for level in place.outer for exhibit in level.exhibits) if seat.sealed else ()
        view = View(place.brief.copy(), number, own, shown, self.seed_for(path, seat.name))
        return await answered(seat, view, self.bazaar.limits)

    def _sell(self, offers: Sequence[tuple[Offer, int]], path: str, number: int) -> list[tuple[Offer, SoldSlot]]:
        """Sell the slots; payments are held before anybody looks."""
        if not offers:
            return []
        seats = self.bazaar.seats
        bids = [SlotBid(seats[offer.informer].group, offer.id, offer.bid) for offer, _ in offers]
        sold = self.bazaar.auction.sell(bids, self.bazaar.slots, self.bazaar.reserve, self.luck(path, "ties"))
        by_id = {offer.id: (offer, least) for offer, least in offers}
        pairs = []
        for slot in sold:
            offer, least = by_id[slot.offer]
            least = int(self.bazaar.auction.weight(slot.position) * least)
            pairs.append((offer, slot._replace(payment=max(slot.payment, least))))
        for offer, slot in pairs:
            self.till.win(offer, number, slot.payment)
        return pairs

    def _remember(self, place: Place, number: int, offers: Sequence[Offer]) -> None:
        """Note what is offered; of what those offer who see sealed goods the books alone tell, where money moves."""
        for o in offers:
            self.slips[o.id, number] = Slip(o.id, o.informer, o.teaser, o.price, o.bid, place.depth, number)
            if not self.bazaar.seats[o.informer].sealed:
                place.market.slips.append(self.slips[o.id, number])

    def handed_up(self, known: Sequence[Receipt]) -> None:
        """Note what the buyer has in the end."""
        offers = {receipt.offer for receipt in known}
        for slip in self.slips.values():
            slip.handed_up = slip.bought and slip.offer in offers

    async def _inspect(self, place: Place, path: str, number: int, sold: list[tuple[Offer, SoldSlot]]) -> None:
        """A contractor in a fresh context decides on the goods, with a market of its own below where there is room."""
        offers = [offer for offer, _ in sold]
        if not self.bazaar.auction.weights:  # position must not matter where it was not sold
            self.luck(path, "order").shuffle(offers)
        with enclave():
            exhibits = tuple(Opened(o.id, o.teaser, o.price, opened(o.exhibit.text)) for o in offers)
        below = self._below(place, path, exhibits)
        place.market.below[number] = below.market
        bought: Verdict | None = None
        delivered: list[Receipt] = []
        try:
            try:
                with self._span("bazaar inspection", place, number) as note:
                    if self._open(place, below, offers):
                        await self.rounds(below)
                    purse = self._purses(below)[-1]
                    verdict = await self._verdict(below)
                    note(goods=len(offers), **_told(verdict))
            except BaseException:
                self._refund(sold, number, Reason.CANCELLED)
                raise
            finally:
                self._close(place, below)
            with self._span("bazaar settlement", place, number) as note:
                if isinstance(verdict, Reason):
                    self._refund(sold, number, verdict)
                else:
                    self._charge(number, sold, verdict)
                bought = frozenset() if isinstance(verdict, Reason) else verdict
                for offer in offers:
                    if offer.id in bought:
                        delivered += await self._bought(place, offer, number)
                note(delivered=len(delivered), paid=sum(receipt.price for receipt in delivered))
        finally:  # what is paid for is had, also when time runs out
            recalled = chain(*self.bazaar.recall((delivered, below.known))[1:])
            handed = handed_up(recalled, offers, frozenset(receipt.offer for receipt in delivered))
            place.known += [*delivered, *handed]
            if bought is not None:
                place.seen.append(Seen(tuple(o.good for o in offers), bought, purse, tuple(handed)))
        new = (*delivered, *handed)
        place.standing = [(offer, left) for offer, left in place.standing if offer.id not in {r.offer for r in new}]
        place.memory.bought(new)
        for offer in offers:
            if isinstance(verdict, Reason):
                place.memory.failed(offer)
            elif not new:
                place.memory.declined(offer)

    def _below(self, place: Place, path: str, exhibits: tuple[Opened, ...]) -> Place:
        """The contractor's place: it sees the goods of all levels, and what is known."""
        goal = Buy(tuple(Good(e.id, e.teaser, e.price) for e in exhibits))
        levels = (*place.outer, Level(place.brief, exhibits))
        before = (*place.before, *place.known)
        memory = Memory(self.bazaar.limits, self.bazaar.register, basis(levels), before)
        brief = Brief(path, goal, 0, place.brief.tags, place.brief.deadline, place.brief)
        return Place(brief, levels, before, memory, Rounds(), place)

    def _open(self, place: Place, below: Place, offers: Sequence[Offer]) -> int:
        """Put a share of what is at stake aside for the contractor's own purchases; 0 where it may make none."""
        if below.depth >= self.bazaar.depth:
            return 0
        balance = self.till.has(place.account)
        stake = min(sum(offer.price for offer in offers), balance)
        budget = int(stake * Fraction(self.bazaar.shrink))
        if budget:
            below.brief = Brief(
                below.brief.id, below.brief.goal, budget, below.brief.tags, below.brief.deadline, place.brief
            )
            self.till.move(f"{below.brief.id} open", "open", place.account, below.account, budget)
        return budget

    def _close(self, place: Place, below: Place) -> None:
        rest = self.till.has(below.account)
        if rest:
            self.till.move(f"{below.brief.id} close", "close", below.account, place.account, rest)

    async def _verdict(self, below: Place) -> Verdict | Reason:
        """Ask the contractor, again where it fails, within the ceiling of the bill."""
        limits, verdict = self.bazaar.limits, Reason.OVER_BUDGET
        seed = self.seed_for(below.brief.id, "verdict")
        known = (*below.before, *below.known)
        case = Case(below.outer, known, self._purses(below), seed, recall=self.bazaar.recall)
        quote = await quoted(self.bazaar.contractor, case, limits)
        if quote is None:
            return Reason.BROKEN
        for attempt in range(limits.tries):
            # what it cost indeed could tell a lot
            if self.bill.overrun or not self.reserved(f"{below.brief.id} bill {attempt}", quote):
                return Reason.OVER_BUDGET
            found, overrun = await enclosed(self.bazaar.contractor, replace(case, attempt=attempt), limits, quote)
            if overrun and limits.bill is not None:
                self.bill.overrun, self.stopped = True, Reason.OVER_BUDGET
                return Reason.OVER_BUDGET
            if not isinstance(found, Reason):
                return found.bought
            verdict = found
        return verdict

    def _purses(self, below: Place) -> tuple[int, ...]:
        """What the goods of each level may cost: all that their market and those below it still have."""
        total, purses = self.till.has(below.account), []
        place = below.above
        while place is not None:
            total += self.till.has(place.account)
            purses.append(total)
            place = place.above
        return tuple(reversed(purses))

    def _charge(self, number: int, sold: list[tuple[Offer, SoldSlot]], bought: Verdict) -> None:
        for offer, slot in sold:
            cost = self._cost(offer)
            shares = self.bazaar.surplus.share(
                slot.payment - cost, informer_account(offer.informer), self.account, offer.id in bought
            )
            self.gained += shares.get(self.account, 0)
            self.till.inspected(offer, number, slot.payment, cost, shares)
            self.slips[offer.id, number].paid = slot.payment - shares.get(informer_account(offer.informer), 0)

    def _refund(self, sold: list[tuple[Offer, SoldSlot]], number: int, reason: Reason) -> None:
        for offer, slot in sold:
            self.slips[offer.id, number].paid = self.till.refund(offer, number, slot.payment, reason, self._cost(offer))
            self.slips[offer.id, number].reason = reason

    def _cost(self, offer: Offer) -> int:
        """What looking costs; all that it may, where the length could tell of the sealed goods that its author was shown."""
        return (
            self.bazaar.reserve if offer.basis else self.bazaar.cost.metered(offer.exhibit.size(), self.bazaar.reserve)
        )

    async def _bought(self, place: Place, offer: Offer, number: int) -> list[Receipt]:
        """Pay for information that is delivered as it was promised; otherwise the bond of its author is lost."""
        informer, slip = self.bazaar.seats[offer.informer].informer, self.slips[offer.id, number]
        theirs = replace(offer, exhibit=offer.exhibit.copy())
        delivered = await guarded(lambda: informer.deliver(theirs), self.bazaar.limits.patience)
        if not as_promised(delivered, offer):
            slip.reason = Reason.MISMATCH
            place.memory.failed(offer)
            self.gained += self.till.forfeit(
                f"{offer.id} forfeit {len(place.seen)}", offer.informer, self.account, offer.price, Reason.MISMATCH
            )
            return []
        slip.bought = True
        paid = self.till.buy(offer, place.account)
        with enclave():
            text = opened(delivered.text)
        if not offer.basis:
            self.bazaar.register.sold(offer.exhibit.print(), offer.informer, self.bazaar.limits.likeness)
        return [Receipt(offer.id, offer.informer, offer.price, place.account, paid, text, offer.teaser, offer.basis)]

    async def _tell(self, place: Place, offers: Sequence[Offer], number: int) -> None:
        """Tell informers what became of their offers; sealed ones are told nothing."""
        told = []
        for offer in offers:
            seat, slip = self.bazaar.seats[offer.informer], self.slips[offer.id, number]
            if not seat.learns:
                continue
            earned = offer.price if slip.bought else 0
            looked = slip.paid is not None and slip.reason in (None, Reason.MISMATCH)
            outcome = Outcome(
                offer.id, place.brief.tag, offer.price, looked, slip.bought, slip.paid or 0, earned, slip.reason
            )
            told.append(guarded(partial(seat.informer.update, outcome), self.bazaar.limits.patience))
        await asyncio.gather(*told)


def _told(verdict: Verdict | Reason) -> dict[str, int | str]:
    """Of a verdict, what the books tell too."""
    return {"failed": verdict.value} if isinstance(verdict, Reason) else {"bought": len(verdict)}


def basis(levels: Sequence[Level]) -> frozenset[str]:
    """All goods that can be seen at some levels."""
    return frozenset(exhibit.id for level in levels for exhibit in level.exhibits)


def as_promised(delivered: object, offer: Offer) -> TypeGuard[Exhibit]:
    """Whether a delivery is what its author committed to."""
    return (
        type(delivered) is Exhibit
        and delivered.whole
        and delivered.keeps(offer.exhibit.commitment, offer.price, offer.teaser)
    )


def handed_up(known: Iterable[Receipt], goods: Sequence[Offer], delivered: Verdict) -> list[Receipt]:
    """The taint rule: what was told by one who saw the goods comes up only if all of those it saw were bought and
    delivered."""
    here = frozenset(good.id for good in goods)
    return [receipt for receipt in known if receipt.basis & here <= delivered]
