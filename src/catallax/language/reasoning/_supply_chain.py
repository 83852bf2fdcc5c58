"""The supply chain: a request with a bounty passes through buyers who each add something, and the consumer picks an end of it."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from catallax.core import MICRO, Journal
from catallax.language.attention import AbstractSlotAuction, FirstPrice, SlotBid
from catallax.language.reasoning._billing import bill, bill_flat, buy, check_names, endow, give_back
from catallax.language.reasoning._calls import answered, appraised, check_copies, forgetting, worked
from catallax.language.reasoning._commission import AbstractAssistant, Commission
from catallax.language.reasoning._delivery import Delivery, FinalOffer
from catallax.language.reasoning._goods import Holding, Mishap, Reading, Work
from catallax.language.reasoning._rank import AbstractRank, LastBid
from catallax.language.reasoning._reader import AbstractReader
from catallax.language.reasoning._settlement import AbstractSettlement, Purchase, SaleFinal
from catallax.language.reasoning._thought import Thought


@dataclass(frozen=True)
class SupplyChain:
    """A market for generated content: states of an answer are sold from supplier to supplier, on several branches at a time.

    The bounty is put aside. Stage by stage (1) each supplier bids on each branch it may read, through a copy that is thrown
    away; (2) the seats of the stage are auctioned over all branches; (3) who wins pays the state's owner, reads it and appends
    one text, which it now owns; a branch nobody buys ends. A final text ends its branch as an offer; at the last stage only
    final texts count. (4) The best-ranked offers are shown to the consumer's assistant, which forgets them; (5) what it
    picks is delivered, its seller gets the bounty, and the payments of the chain are settled from its end to its beginning.

    If nothing is picked, the consumer gets the bounty back; the listing fee is gone in any case. Nobody buys from itself. Ties
    are broken by luck. A supplier without consent to a private source does not see it.

    Args:
        suppliers: who bids.
        assistant: picks for the consumer.
        auction: of the seats of a stage; each payment goes to the owner of the state. Where offers are ranked by bids, a bid
            should be what is paid: under second prices a high rank can be had for less than was bid for it.
        seats: purchases a stage.
        stages: the most texts in a chain.
        offers: the most a consumer is shown.
        rank: their order.
        settlement: when the suppliers are paid.
        reserve: the least price of a state, micro-credits.
        listing_fee: what a request costs the consumer, micro-credits.
        fee: an inspection, of a supplier or of an offer, micro-credits.
        endowment: what a supplier starts with that has no account, micro-credits.
        seconds: after which a call is given up; `None` for never.
        seed: of all luck.
        journal: where the money moves.
        record: offers shown and picked so far, by `(owner, "shown")` and `(owner, "picked")`.

    Raises:
        ValueError: for suppliers without a name of their own, or for figures below their least.
        TypeError: for a supplier or an assistant that cannot be copied.

    Source: the section "Markets for Generative AI" of the founding essay on self-improving networks.
    """

    suppliers: Sequence[AbstractReader]
    assistant: AbstractAssistant
    auction: AbstractSlotAuction = field(default_factory=FirstPrice)
    seats: int = 3
    stages: int = 8
    offers: int = 10
    rank: AbstractRank = field(default_factory=LastBid)
    settlement: AbstractSettlement = field(default_factory=SaleFinal)
    reserve: int = 0
    listing_fee: int = 0
    fee: int = 0
    endowment: int = 100 * MICRO
    seconds: float | None = None
    seed: int = 0
    journal: Journal = field(default_factory=Journal)
    record: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        check_names("SupplyChain", [supplier.name for supplier in self.suppliers])
        check_copies("SupplyChain", (*self.suppliers, self.assistant))
        least = {"seats": 1, "stages": 1, "offers": 1, "reserve": 0, "listing_fee": 0, "fee": 0, "endowment": 0}
        for figure, lowest in least.items():
            if getattr(self, figure) < lowest:
                raise ValueError(f"SupplyChain: {figure} is at least {lowest}, got {getattr(self, figure)}.")

    def run(self, commission: Commission, episode: str) -> Delivery:
        """Serve a request; `arun` inside a running event loop.

        Args:
            commission: what is asked.
            episode: its name, with which the keys of its postings begin; another one for each request of a journal.

        Raises:
            ValueError: if the journal has an episode of that name that went otherwise.
        """
        return asyncio.run(self.arun(commission, episode))

    async def arun(self, commission: Commission, episode: str) -> Delivery:
        """Serve a request; if it is cancelled, what is still put aside goes back."""
        try:
            return await _Episode(self, commission, episode).run()
        except BaseException:
            give_back(self.journal, episode)
            raise


@dataclass(frozen=True)
class _Branch:
    """A state of the answer."""

    thoughts: tuple[Thought, ...]
    chain: tuple[Purchase, ...]

    @property
    def id(self) -> str:
        return self.thoughts[-1].id if self.thoughts else "task"


class _Episode:
    """State of one request."""

    def __init__(self, market: SupplyChain, commission: Commission, episode: str) -> None:
        self.market, self.commission, self.episode, self.journal = market, commission, episode, market.journal
        self.suppliers = {supplier.name: supplier for supplier in market.suppliers}
        self.owners = {supplier.name: supplier.group or supplier.name for supplier in market.suppliers}
        self.purchases: list[Purchase] = []
        self.readings: dict[str, Reading] = {}
        self.costs: dict[str, int] = {}
        self.ends: list[_Branch] = []
        self.texts = 0
        self.mishaps: list[Mishap] = []
        self.spent = 0

    async def run(self) -> Delivery:
        held = self._fund()
        branches = [_Branch((), ())]
        for stage in range(self.market.stages):
            bids = await self._bids(branches, stage)
            sold = self._sell(branches, bids, stage)
            works = await asyncio.gather(*(self._work(purchase) for _, purchase in sold))
            branches = [new for (old, purchase), work in zip(sold, works) if (new := self._append(old, purchase, work))]
        offers = self._ranked()
        shown = offers[: self.market.offers]
        picked = await self._choose(shown)
        return self._close(held, shown, offers[self.market.offers :], picked)

    def _fund(self) -> str:
        """Endow who is new, and take from the consumer the bounty, the listing fee and what looking at offers may cost."""
        market, consumer, bounty = self.market, self.commission.consumer, self.commission.question.bounty
        endow(self.journal, self.suppliers, market.endowment)
        need = bounty + market.listing_fee + market.offers * market.fee
        balance = self.journal.balances.get(consumer, 0)
        missing = max(need - balance, 0)
        self.journal.post({"mint": -missing, consumer: missing}, f"{self.episode}/fund", "fund")
        listing = {consumer: -market.listing_fee, "house": market.listing_fee}
        self.journal.post(listing, f"{self.episode}/list", "list")
        return self.journal.hold(consumer, bounty, f"{self.episode}/bounty")

    async def _bids(self, branches: list[_Branch], stage: int) -> list[tuple[int, str, int]]:
        """Number of the branch, supplier and amount of every bid."""
        asked = [
            (number, supplier, self._reading(supplier.name, branch, stage))
            for number, branch in enumerate(branches)
            for supplier in self.market.suppliers
            if self._may_bid(supplier.name, branch) and self._charge(supplier, branch, stage)
        ]
        quotes = await asyncio.gather(*(appraised(who, reading, self.market.seconds) for _, who, reading in asked))
        bids = []
        for (number, supplier, _), (quote, mishap) in zip(asked, quotes):
            self._note(mishap)
            if supplier.asking or quote.cost:
                key = self._key(stage, "inspect", supplier.name, branches[number])
                bill_flat(self.journal, key, supplier.asking, quote.cost)
                self.spent += quote.cost
            if quote.amount > 0:
                bids.append((number, supplier.name, quote.amount))
        return bids

    def _may_bid(self, name: str, branch: _Branch) -> bool:
        owner = branch.chain[-1].buyer if branch.chain else self.commission.consumer
        return name != owner and self.commission.may_read(name, branch.thoughts)

    def _charge(self, supplier: AbstractReader, branch: _Branch, stage: int) -> bool:
        if self.journal[supplier.name] < self.market.fee + supplier.asking + supplier.most:
            return False
        key = self._key(stage, "inspect", supplier.name, branch)
        buy(self.journal, key, supplier.name, {"compute": self.market.fee}, supplier.asking, "inspect")
        self.spent += self.market.fee
        return True

    def _key(self, stage: int, kind: str, name: str, branch: _Branch) -> str:
        return f"{self.episode}/{stage}/{kind}/{name}/{branch.id}"

    def _reading(self, name: str, branch: _Branch, stage: int) -> Reading:
        seed = random.Random(f"{self.market.seed}/{self.episode}/{stage}/{name}/{branch.id}").getrandbits(31)
        return Reading(
            self.commission.question,
            branch.thoughts,
            seed=seed,
            private=self.commission.shown(name),
            last=stage + 1 == self.market.stages,
            free=self.journal[name],
        )

    def _sell(
        self, branches: list[_Branch], bids: list[tuple[int, str, int]], stage: int
    ) -> list[tuple[_Branch, Purchase]]:
        """Auction the seats of a stage over all bids their bidders can pay together, and take the payments."""
        free = {name: self.journal[name] for name in self.suppliers}
        offers = []
        for number, name, amount in sorted(bids, key=lambda bid: -bid[2]):
            need = amount + self.suppliers[name].most
            if free[name] >= need:
                free[name] -= need
                offers.append((number, name, SlotBid(self.owners[name], f"{number}/{name}", amount)))
        luck = random.Random(f"{self.market.seed}/{self.episode}/{stage}")
        found = {bid.offer: (name, branches[number], bid.amount) for number, name, bid in offers}
        slots = self.market.auction.sell([bid for *_, bid in offers], self.market.seats, self.market.reserve, luck)
        return [(found[slot.offer][1], self._buy(*found[slot.offer], slot.payment, stage)) for slot in slots]

    def _buy(self, name: str, branch: _Branch, bid: int, price: int, stage: int) -> Purchase:
        owner = branch.chain[-1].buyer if branch.chain else self.commission.consumer
        purchase = Purchase(
            self._key(stage, "buy", name, branch), name, owner, price, bid, branch.chain[-1].key if branch.chain else ""
        )
        self.market.settlement.pay(self.journal, purchase, self.suppliers[name].most)
        self.readings[purchase.key] = self._reading(name, branch, stage)
        self.purchases.append(purchase)
        return purchase

    async def _work(self, purchase: Purchase) -> Work:
        supplier = self.suppliers[purchase.buyer]
        work, mishap = await worked(supplier, self.readings[purchase.key], self.market.seconds)
        if mishap is None and len(work.drafts) != 1:
            work, mishap = Work((), work.cost), Mishap(supplier.name, "act", "malformed")
        self._note(mishap)
        return work

    def _append(self, branch: _Branch, purchase: Purchase, work: Work) -> _Branch | None:
        """The branch that goes on, if it does: a failure ends it, and a final text makes it an offer."""
        most = self.suppliers[purchase.buyer].most
        self.costs[purchase.key] = bill(self.journal, purchase.key, purchase.buyer, most, work.cost)
        self.spent += work.cost
        if not work.drafts:
            return None
        (draft,) = work.drafts
        self.texts += 1
        parent = branch.thoughts[-1].id if branch.thoughts else ""
        thought = Thought(f"n{self.texts}", purchase.buyer, draft.text, parent, work.cost)
        new = _Branch((*branch.thoughts, thought), (*branch.chain, purchase))
        if draft.final:
            self.ends.append(new)
        return None if draft.final else new

    def _ranked(self) -> list[tuple[FinalOffer, _Branch]]:
        """All offers, the highest score first."""
        luck, record = random.Random(f"{self.market.seed}/{self.episode}/rank"), self.market.record
        offers = []
        for branch in self.ends:
            last, owner = branch.chain[-1], self.owners[branch.chain[-1].buyer]
            bids = [p.bid for p in branch.chain if self.owners[p.buyer] != self.owners.get(p.seller)]
            score = self.market.rank.score(bids, record[owner, "shown"], record[owner, "picked"])
            offers.append((FinalOffer(branch.id, last.buyer, last.bid, score, branch.chain), branch))
        return sorted(offers, key=lambda pair: (-pair[0].score, luck.random()))

    async def _choose(self, shown: list[tuple[FinalOffer, _Branch]]) -> str | None:
        """What a copy of the assistant picks, which is thrown away; something that is not on offer is a refusal."""
        if not shown:
            return None
        cost = self.market.fee * len(shown)
        self.journal.post({self.commission.consumer: -cost, "compute": cost}, f"{self.episode}/look", "inspect")
        self.spent += cost
        seed = random.Random(f"{self.market.seed}/{self.episode}/choose").getrandbits(31)
        reading = Reading(self.commission.question, tuple(branch.thoughts[-1] for _, branch in shown), seed=seed)
        said = await answered(lambda: forgetting(self.market.assistant).choose(reading), self.market.seconds)
        if said.reason or not (said.value is None or said.value in [offer.id for offer, _ in shown]):
            self.mishaps.append(Mishap(self.commission.consumer, "choose", said.reason or "malformed"))
            return None
        return said.value

    def _close(
        self,
        held: str,
        shown: list[tuple[FinalOffer, _Branch]],
        unseen: list[tuple[FinalOffer, _Branch]],
        picked: str | None,
    ) -> Delivery:
        """Release the bounty or give it back, settle the chains, and tell everybody what its purchases brought."""
        offer, branch = next(((offer, branch) for offer, branch in shown if offer.id == picked), (None, None))
        bounty, payee = self.commission.question.bounty, offer.seller if offer else self.commission.consumer
        self.journal.post(
            {held: -bounty, payee: bounty}, f"{self.episode}/release" if offer else f"{self.episode}/return"
        )
        chain = tuple(reversed(offer.chain)) if offer else ()
        keys = {purchase.key for purchase in chain}
        others = [purchase for purchase in self.purchases if purchase.key not in keys]
        received = self.market.settlement.settle(self.journal, chain, others)
        for candidate, _ in shown:
            self.market.record[self.owners[candidate.seller], "shown"] += 1
        if offer:
            self.market.record[self.owners[offer.seller], "picked"] += 1
        self._teach(received, {offer.chain[-1].key: bounty} if offer else {})
        return Delivery(
            branch.thoughts[-1].text if branch else None,
            offer,
            tuple(offer for offer, _ in shown),
            tuple(offer for offer, _ in unseen),
            tuple(self.purchases),
            received,
            self.spent,
            tuple(self.mishaps),
            self.journal,
        )

    def _note(self, mishap: Mishap | None) -> None:
        if mishap is not None:
            self.mishaps.append(mishap)

    def _teach(self, received: Mapping[str, int], bounty: Mapping[str, int]) -> None:
        income = Counter(bounty)
        for purchase in self.purchases:
            income[purchase.after] += received.get(purchase.key, 0)
        for supplier in self.market.suppliers:
            holdings = [
                Holding(p.buyer, self.readings[p.key], received.get(p.key, 0), self.costs[p.key], income[p.key])
                for p in self.purchases
                if p.buyer == supplier.name
            ]
            try:
                supplier.learn(holdings)
            except Exception:  # a supplier's own code; what is settled for the others stays settled
                self.mishaps.append(Mishap(supplier.name, "learn", "broken"))
