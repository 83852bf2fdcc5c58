"""One episode: rounds of bids, a sale and work, until an answer is delivered or nobody goes on."""

from __future__ import annotations

import asyncio
import inspect
import random
from collections import Counter
from collections.abc import Awaitable, Mapping
from typing import NamedTuple, TypeVar

from catallax.language.models import Failure, ModelError
from catallax.language.reasoning._auction import AbstractStateAuction, Bid, Owner, Sold, among_own
from catallax.language.reasoning._bid_rule import ABSTAIN, Outcome, Quote
from catallax.language.reasoning._episode import Ending, Episode, Round
from catallax.language.reasoning._payout import AbstractPayout
from catallax.language.reasoning._thinker import AbstractThinker
from catallax.language.reasoning._thought import Act, Task, Thought, View, fit
from catallax.language.reasoning._treasury import CONSUMER, OPERATOR, Treasury

Asked = tuple[tuple[str, int], ...]
T = TypeVar("T")


class Rules(NamedTuple):
    """What does not change during an episode; amounts in micro-credits."""

    auction: AbstractStateAuction
    payout: AbstractPayout
    reserve: int
    depth: int
    bill_cap: int | None
    first_seller: str
    patience: float | None
    """Seconds for one act or one bid."""
    longest: int
    """Characters of a thought."""


class Play:
    """An episode as it goes on.

    Args:
        rules: of the market.
        thinkers: who may bid, by name; read anew each round.
        treasury: pays.
        stakes: how many states each thinker has in open episodes.
        task: what is wanted.
        id: name of the episode.
        seed: of its luck.
    """

    def __init__(
        self,
        rules: Rules,
        thinkers: Mapping[str, AbstractThinker],
        treasury: Treasury,
        stakes: Counter[str],
        task: Task,
        id: str,
        seed: int,
    ) -> None:
        self.rules, self.thinkers, self.treasury, self.stakes = rules, thinkers, treasury, stakes
        self.task, self.id = task, id
        self.luck = random.Random(f"{seed}|{id}")
        self.escrow = f"escrow:{id}"
        self.state: tuple[Thought, ...] = ()
        self.owner = Owner(rules.first_seller, rules.first_seller)
        self.barred: set[str] = set()
        self.views: list[View] = []
        self.unsold: tuple[Bid, ...] = ()
        self.rounds: list[Round] = []
        self.bought: list[str] = []
        self.bill = 0
        self.capped = False

    async def run(self) -> Episode:
        """Play it to its end. If anything but a model fails, what was moved is undone, and the failure raised."""
        most = self.rules.payout.most(self.task.question.bounty)
        self.treasury.moved[self.id] = {}
        try:
            self.treasury.move(self.id, f"{self.id}/open", "open", ((CONSUMER, -most), (self.escrow, most)))
            while True:
                unsold = await self._round()
                if unsold is not None:
                    return self._close(Ending.BILL if self.capped else Ending.NO_BID, unsold)
                if self.rounds[-1].final:
                    return self._close(Ending.DELIVERED, ())
                if len(self.rounds) == self.rules.depth:
                    return self._close(Ending.DEPTH, ())
        except BaseException:
            self.treasury.undo(self.id, f"{self.id}/undo")
            raise

    async def _round(self) -> Asked | None:
        """Sell the state once and let the buyer work; without a sale, the bills of asking."""
        number = len(self.rounds)
        view = View(self.task.question, self.state, self.owner.name, self.id, number, self.luck.getrandbits(63))
        bids, asked = await self._bids(view)
        sold = self.rules.auction.sell(bids, self.rules.reserve, self.luck)
        if sold is None:
            self.views.append(view)
            self.unsold = tuple(bids)
            return asked
        sold = among_own(sold, self.owner, bids)
        thinker = self.thinkers[sold.winner]
        self._pay(sold, thinker.most)
        act, failure, cost = await self._work(thinker, view)
        self.treasury.release(self.id, f"{self.id}/{number}/work", thinker.name, thinker.most, cost)
        self.bill += cost
        thought = None
        if act is None:
            self.barred.add(thinker.name)
        else:
            parent = self.state[-1].id if self.state else ""
            thought = Thought(f"{self.id}/{number}", thinker.name, act.text, parent, cost)
            self.state = (*self.state, thought)
        sale = (self.owner.name, sold.winner, sold.pays, sold.receives)
        self.rounds.append(Round(tuple(bids), *sale, thought, failure, cost, asked, act is not None and act.final))
        self.views.append(view)
        self.owner = Owner(thinker.name, thinker.group)
        return None

    async def _bids(self, view: View) -> tuple[list[Bid], Asked]:
        """The bids of those who take part, cut to what each can pay now, and the bills of asking."""
        stated: list[tuple[AbstractThinker, int]] = []
        asked: list[tuple[AbstractThinker, Awaitable[Quote]]] = []
        for thinker in self.thinkers.values():
            if thinker.name in self.barred or (thinker.wants is not None and not thinker.wants(view)):
                continue
            asking = thinker.bids.asking
            free = self.treasury.free(thinker.name) - thinker.most - asking
            if free < 0:
                continue
            if self.rules.bill_cap is not None and self.bill + thinker.most + asking > self.rules.bill_cap:
                self.capped = True
                continue
            offer = thinker.bids.bid(view, self.treasury.wealth(thinker.name) - thinker.most - asking)
            if type(offer) is int:
                stated.append((thinker, offer))
            elif inspect.isawaitable(offer):
                self._hold_asking(view, thinker)
                self.bill += asking
                asked.append((thinker, offer))
            else:
                raise TypeError(f"{thinker.name}: a bid is whole micro-credits, got {offer!r}; use to_micro.")
        quotes = await self._asked(view, asked)
        stated += [(thinker, quote.amount) for (thinker, _), quote in zip(asked, quotes, strict=True)]
        bids = []
        for thinker, amount in stated:
            # while others were asked, balances may have moved and thinkers left
            free = self.treasury.free(thinker.name) - thinker.most
            fits = self.rules.bill_cap is None or self.bill + thinker.most <= self.rules.bill_cap
            self.capped |= not fits
            if amount >= 0 <= free and fits and thinker.name in self.thinkers:
                bids.append(Bid(thinker.name, thinker.group, min(amount, free)))
        return bids, tuple((thinker.name, quote.cost) for (thinker, _), quote in zip(asked, quotes, strict=True))

    def _hold_asking(self, view: View, thinker: AbstractThinker) -> None:
        moves = ((thinker.name, -thinker.bids.asking), (self.escrow, thinker.bids.asking))
        self.treasury.move(self.id, f"{self.id}/{view.round}/ask {thinker.name}", "hold", moves)

    async def _asked(self, view: View, offers: list[tuple[AbstractThinker, Awaitable[Quote]]]) -> list[Quote]:
        """Ask all at once; who does not answer in time does not bid and is billed what was put aside."""
        if not offers:
            return []

        async def answer(thinker: AbstractThinker, offer: Awaitable[Quote]) -> Quote:
            try:
                quote = await _within(self.rules.patience, offer)
            except TimeoutError:
                return Quote(ABSTAIN, thinker.bids.asking)
            if not isinstance(quote, Quote) or type(quote.amount) is not int:
                raise TypeError(
                    f"{thinker.name}: a bid that is asked for is a Quote of whole micro-credits, got {quote!r}."
                )
            _billed(thinker, quote.cost)
            return quote

        quotes = await asyncio.gather(*(answer(thinker, offer) for thinker, offer in offers))
        for (thinker, _), quote in zip(offers, quotes, strict=True):
            asking, key = thinker.bids.asking, f"{self.id}/{view.round}/asked {thinker.name}"
            self.treasury.release(self.id, key, thinker.name, asking, quote.cost)
            self.bill += quote.cost - asking
        return quotes

    def _pay(self, sold: Sold, most: int) -> None:
        """The buyer pays the seller and puts the dearest bill aside, before it sees more."""
        moves = (
            (sold.winner, -sold.pays - most),
            (self.owner.name, sold.receives),
            (OPERATOR, sold.pays - sold.receives),
            (self.escrow, most),
        )
        self.treasury.move(self.id, f"{self.id}/{len(self.rounds)}/sale", "sale", moves)
        self.stakes[sold.winner] += 1
        self.bought.append(sold.winner)

    async def _work(self, thinker: AbstractThinker, view: View) -> tuple[Act | None, str, int]:
        """The act, the kind of failure, and the bill: all that was put aside where nobody knows it."""
        try:
            act = await _within(self.rules.patience, thinker.act(view))
        except ModelError as error:
            return None, error.failure.value, _billed(thinker, error.cost)
        except TimeoutError:
            return None, Failure.TIMEOUT.value, thinker.most
        if not isinstance(act, Act) or not isinstance(act.text, str):
            raise TypeError(f"{thinker.name}: what a thinker does is an Act with a text, got {act!r}.")
        _billed(thinker, act.cost)
        if not act.text:
            return None, Failure.EMPTY.value, act.cost
        if not fit(act.text, self.rules.longest):
            return None, Failure.MALFORMED.value, act.cost
        return act, "", act.cost

    def _close(self, ending: Ending, unsold: Asked) -> Episode:
        """Judge the answer, pay for it, give the rest of the bounty back."""
        question = self.task.question
        score, shares = 0.0, [0] * len(self.rounds)
        if ending is Ending.DELIVERED:
            score = self.task.score(self.state[-1].text)
        authored = [number for number, done in enumerate(self.rounds) if done.thought is not None]
        if authored:
            authors = [self.rounds[number].winner for number in authored]
            for number, share in zip(authored, self.rules.payout.shares(score, question.bounty, authors), strict=True):
                winner = self.rounds[number].winner
                # a fine takes what there is
                shares[number] = max(share, -(max(0, self.treasury.free(winner)) // authors.count(winner)))
        paid, most = sum(shares), self.rules.payout.most(question.bounty)
        if paid > most:
            part = type(self.rules.payout).__name__
            raise ValueError(
                f"{part}: shares add up to {paid} micro-credits, more than the {most} that were put aside."
            )
        moves = [(self.rounds[number].winner, share) for number, share in enumerate(shares)]
        rest = [(self.escrow, -most), (CONSUMER, most - paid)]
        self.treasury.move(self.id, f"{self.id}/close", "close", [*moves, *rest])
        return Episode(self.id, question, tuple(self.rounds), ending, score, tuple(shares), unsold)

    def learn(self, episode: Episode) -> None:
        """Tell every bid rule what became of its bids."""
        for number, done in enumerate(episode.rounds):
            view = self.views[number]
            for bid in done.bids:
                thinker = self.thinkers.get(bid.bidder)
                if thinker is None:
                    continue
                if bid.bidder == done.winner:
                    got = episode.received(number)
                    thinker.bids.learn(Outcome(view, bid.amount, True, done.pays, got, done.cost))
                elif thinker.bids.hears_losses:
                    thinker.bids.learn(Outcome(view, bid.amount, False))
        for bid in self.unsold:  # a reserve that nobody met is a rival as well
            thinker = self.thinkers.get(bid.bidder)
            if thinker is not None and thinker.bids.hears_losses:
                thinker.bids.learn(Outcome(self.views[-1], bid.amount, False))


def _billed(thinker: AbstractThinker, cost: object) -> int:
    """A bill, which must not give money."""
    if type(cost) is not int or cost < 0:
        raise TypeError(f"{thinker.name}: a cost is whole micro-credits >= 0, got {cost!r}.")
    return cost


async def _within(seconds: float | None, work: Awaitable[T]) -> T:
    return await (work if seconds is None else asyncio.wait_for(work, seconds))
