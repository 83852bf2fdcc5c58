"""Who may read what, and for how much: one rule a class."""

from __future__ import annotations

import abc
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from catallax.equilibria.indivisible import VickreyClarkeGroves, XorBids
from catallax.language.attention import VCG, AbstractSlotAuction, SlotBid
from catallax.language.reasoning._goods import Portion


@dataclass(frozen=True)
class LicenceBid:
    """A bid for reading a portion.

    Args:
        reader: who bids.
        portion: what it would read.
        amount: the most it pays, micro-credits.
        asks: posted price of each message of the portion that somebody else wrote, micro-credits.
    """

    reader: str
    portion: Portion
    amount: int
    asks: Mapping[str, int]

    @property
    def price(self) -> int:
        """Sum of the asks."""
        return sum(self.asks.values())

    @property
    def surplus(self) -> int:
        """What the bid is above the posted price."""
        return self.amount - self.price


@dataclass(frozen=True)
class Licence:
    """The right to read a portion and to append to it.

    Args:
        reader: who holds it.
        portion: what may be read.
        payments: to the owner of each message, micro-credits.
        seat: to the house, for one of the few readings that are made at a time, micro-credits.
    """

    reader: str
    portion: Portion
    payments: Mapping[str, int]
    seat: int = 0

    @property
    def paid(self) -> int:
        """All payments."""
        return sum(self.payments.values()) + self.seat


class AbstractLicence(abc.ABC):
    """How readings are sold, round by round."""

    @abc.abstractmethod
    def sell(self, bids: Sequence[LicenceBid], seats: int, luck: random.Random) -> tuple[Licence, ...]:
        """Licences, those that are worth most first; nobody pays more than it bid.

        Args:
            bids: for portions; a bid below the posted price does not count.
            seats: how many readings can be made.
            luck: breaks ties.
        """


@dataclass(frozen=True)
class PayPerReader(AbstractLicence):
    """Everybody reads who pays the posted price; if there are fewer seats than readers, the seats are auctioned on top.

    Reading does not use a text up, so its price is posted; the seats (the compute of a round) are scarce and go to the highest
    surplus, `amount - price`. The owner gets the posted price, the house gets what the seat costs: nobody gains by bidding
    against the readers of his own message.

    Args:
        seats: the auction of the seats.
    """

    seats: AbstractSlotAuction = field(default_factory=VCG)

    def sell(self, bids: Sequence[LicenceBid], seats: int, luck: random.Random) -> tuple[Licence, ...]:
        wanted = [bid for bid in bids if bid.amount > 0 and bid.surplus >= 0]
        offers = [SlotBid(bid.reader, str(number), bid.surplus) for number, bid in enumerate(wanted)]
        sold = self.seats.sell(offers, min(seats, len(offers)), 0, luck) if offers and seats > 0 else ()
        won = [(wanted[int(slot.offer)], slot.payment) for slot in sold]
        return tuple(Licence(bid.reader, bid.portion, dict(bid.asks), fee) for bid, fee in won)


@dataclass(frozen=True)
class Exclusive(AbstractLicence):
    """Each message has one reader a round; portions and seats are allocated by Vickrey, Clarke and Groves.

    A reader wins one portion at most, and pays the posted price and what its presence costs the others, of bids above the posted
    prices: `payment = price + W(without it) - [W - surplus]`. The excess is split equally among the messages it bought from
    others, and goes to the house where there are none.

    Args:
        auction: allocates bundles; messages and seats are its goods.

    Source: Vickrey (1961), Clarke (1971), Groves (1973), in the language XOR of Sandholm (2002).
    """

    auction: VickreyClarkeGroves = field(default_factory=VickreyClarkeGroves)

    def sell(self, bids: Sequence[LicenceBid], seats: int, luck: random.Random) -> tuple[Licence, ...]:
        wanted = [bid for bid in bids if bid.amount > 0 and bid.surplus > 0]
        if not wanted or seats < 1:
            return ()
        luck.shuffle(wanted)  # which of two best allocations the solver finds depends on the order
        readers = sorted({bid.reader for bid in wanted}, key=lambda _: luck.random())
        messages = sorted({message for bid in wanted for message in bid.portion})
        # the last good is the seat
        bundles = np.array([[*(message in bid.portion for message in messages), True] for bid in wanted])
        values = np.array([float(bid.surplus) for bid in wanted])
        market = XorBids([readers.index(bid.reader) for bid in wanted], bundles, values, len(readers))
        outcome = self.auction.solve(market, np.array([1] * len(messages) + [seats]))
        licences = []
        for row, reader in enumerate(readers):
            got = {message for message, held in zip(messages, outcome.bundles[row]) if held}
            fits = [bid for bid in wanted if bid.reader == reader and got.issuperset(bid.portion)]
            if got and fits:
                bid = max(fits, key=lambda bid: bid.surplus)
                excess = min(max(round(float(outcome.payments[row])), 0), bid.surplus)
                licences.append((bid.surplus, _shared(bid, excess)))
        return tuple(licence for _, licence in sorted(licences, key=lambda pair: -pair[0]))


@dataclass(frozen=True)
class Ascending(AbstractLicence):
    """Each message has one reader a round; prices start at the asks and rise by a step until nobody is outbid.

    Whoever holds nothing bids on the message that is worth most to it at `price + step` (at the ask where nobody holds it);
    who held it is outbid. Ends with prices within `step * min(readers, messages)` of those of `Exclusive`.

    Args:
        step: micro-credits by which a price rises.

    Raises:
        ValueError: if the step is not positive, or for a portion of several messages.

    Source: Crawford and Knoer (1981); Demange, Gale and Sotomayor (1986), their approximate mechanism.
    """

    step: int

    def __post_init__(self) -> None:
        if self.step < 1:
            raise ValueError(f"Ascending: the step is at least 1 micro-credit, got {self.step}.")

    def sell(self, bids: Sequence[LicenceBid], seats: int, luck: random.Random) -> tuple[Licence, ...]:
        values: dict[str, dict[str, LicenceBid]] = {}
        for bid in bids:
            if len(bid.portion) != 1:
                raise ValueError(
                    f"Ascending: portions of one message only, got {bid.portion}; Exclusive sells larger ones."
                )
            if bid.amount > 0 and bid.surplus >= 0:
                values.setdefault(bid.reader, {})[bid.portion[0]] = bid
        risen: dict[str, int] = {}
        holder: dict[str, str] = {}
        waiting = sorted(values, key=lambda _: luck.random())
        while waiting:
            reader = waiting.pop()
            gains = {
                message: bid.surplus - (risen.get(message, 0) + self.step if message in holder else 0)
                for message, bid in values[reader].items()
            }
            best = max(gains, key=lambda message: (gains[message], luck.random()))
            if gains[best] < 0:
                continue
            if best in holder:
                risen[best] = risen.get(best, 0) + self.step
                waiting.append(holder[best])
            holder[best] = reader
        sold = [(values[reader][message], risen.get(message, 0)) for message, reader in holder.items()]
        sold.sort(key=lambda pair: -pair[0].surplus)
        return tuple(_shared(bid, excess) for bid, excess in sold[: max(seats, 0)])


def _shared(bid: LicenceBid, excess: int) -> Licence:
    """A licence whose price above the asks is split equally among the messages that others wrote."""
    bought = sorted(bid.asks)
    if not bought:
        return Licence(bid.reader, bid.portion, dict(bid.asks), excess)
    each, rest = divmod(excess, len(bought))
    extra = {message: each + (number < rest) for number, message in enumerate(bought)}
    return Licence(bid.reader, bid.portion, {message: ask + extra[message] for message, ask in bid.asks.items()})
