"""The supply chain of generated content: hand-computed books, order, consent, refusals and failures."""

import asyncio
import pickle
from dataclasses import replace

import pytest

from catallax.language.attention import VCG, FirstPrice
from catallax.language.models import Failure, ModelError
from catallax.language.reasoning import (
    AbstractAssistant,
    AbstractReader,
    CalibratedBid,
    Commission,
    Draft,
    EscrowUntilRelease,
    Holding,
    LastBid,
    OpeningBid,
    Private,
    Question,
    SaleFinal,
    SupplyChain,
    Work,
)

TOUR = Commission(Question("a tour of Lisbon", 1000))


class Supplier(AbstractReader):
    """Bids and texts by the text that is for sale."""

    def __init__(self, name, bids, says, cost=0, final=False, most=20):
        self.name, self.bids, self.says, self.cost, self.final, self.most = name, bids, says, cost, final, most
        self.seen: list[str] = []
        self.held: list[Holding] = []

    async def appraise(self, reading):
        self.seen.append(reading.text)
        return self.bids.get(reading.text, 0)

    async def act(self, reading):
        return Work((Draft(self.says.get(reading.text, reading.text + self.name), final=self.final),), self.cost)

    def learn(self, holdings):
        self.held += holdings


class Picks(AbstractAssistant):
    """Takes the offer at a place, or whatever it was told to return."""

    def __init__(self, place=0, instead=None):
        self.place, self.instead, self.seen = place, instead, []

    async def choose(self, offers):
        self.seen.append([thought.text for thought in offers.thoughts])
        return self.instead if self.place is None else offers.thoughts[self.place].id


def lisbon(**parts):
    """Notion and Trip buy the request, Grok the preferences, the presenter one end of each branch."""
    task = TOUR.question.text
    suppliers = [
        Supplier("notion", {task: 300}, {task: "prefs"}, 5),
        Supplier("trip", {task: 200}, {task: "sights"}, 5),
        Supplier("grok", {"prefs": 600, "sights": 100}, {"prefs": "spots"}, 10),
        Supplier("present", {"spots": 900, "sights": 250}, {}, 2, final=True),
    ]
    usual = {"auction": FirstPrice(), "seats": 2, "stages": 3, "listing_fee": 20, "fee": 1, "endowment": 5000}
    return SupplyChain(**{"suppliers": suppliers, "assistant": Picks(), **usual, **parts})


COMPUTE = 5 + 5 + 10 + 2 + 2 + 13 + 2  # four texts and one more, 13 inspections by suppliers, two by the consumer
"""Of the table below."""


@pytest.mark.parametrize(
    ("settlement", "place", "notion", "trip", "grok", "present", "consumer", "house"),
    [
        (SaleFinal(), 0, 292, 42, 287, -158, 508, 20),
        (EscrowUntilRelease(), 0, 292, -8, 287, 92, 308, 20),
        (SaleFinal(), None, 292, 42, 287, -1158, 1008, 520),
        (EscrowUntilRelease(), None, -8, -8, -13, -8, 1008, 20),
    ],
)
def test_three_stages_by_hand(settlement, place, notion, trip, grok, present, consumer, house):
    market = lisbon(settlement=settlement, assistant=Picks(place))
    found = market.run(TOUR, "1")
    assert [(offer.seller, offer.bid) for offer in found.offers] == [("present", 900), ("present", 250)]
    assert found.answer == ("spotspresent" if place == 0 else None)
    wealth = {name: market.journal[name] - 5000 for name in ("notion", "trip", "grok", "present")}
    assert wealth == {"notion": notion, "trip": trip, "grok": grok, "present": present}
    assert (market.journal["consumer"], market.journal["house"]) == (consumer, house)
    assert market.journal["compute"] == found.bill == COMPUTE
    assert market.journal.audit() == 0 and not market.journal.held and found.mishaps == ()
    # a holding tells its owner what the books tell, fees for looking aside
    looks = {"notion": 3, "trip": 3, "grok": 3, "present": 4}
    for supplier in market.suppliers:
        assert sum(held.profit for held in supplier.held) == wealth[supplier.name] + looks[supplier.name]
    if place == 0:
        assert [purchase.buyer for purchase in found.picked.chain] == ["notion", "grok", "present"]
        assert [line.split(" bid ")[0] for line in found.report().splitlines()[:3]] == ["notion", "grok", "present"]


def test_the_chain_is_settled_from_its_end():
    market = lisbon(settlement=EscrowUntilRelease())
    market.run(TOUR, "1")
    order = [t.key for t in market.journal.transactions if t.kind == "release"]
    assert [key.split("/")[3] for key in order] == ["present", "grok", "notion"]
    assert sum(t.kind == "refund" for t in market.journal.transactions) == 2


def test_vickrey_prices_are_those_of_the_best_bid_that_lost():
    market = lisbon(auction=VCG(), seats=1, stages=3)
    found = market.run(TOUR, "1")
    # 300 against 200; then 600 against nobody, and 900 against nobody
    assert [(p.buyer, p.bid, p.price) for p in found.purchases] == [
        ("notion", 300, 200),
        ("grok", 600, 0),
        ("present", 900, 0),
    ]
    assert market.journal["consumer"] == 1000 + 20 + 10 - 1000 - 20 - 1 + 200


def test_the_same_journal_is_not_posted_twice_and_another_story_is_refused():
    market = lisbon()
    first = market.run(TOUR, "1")
    posted = len(market.journal)
    with pytest.raises(ValueError, match="was posted as"):
        market.run(replace(TOUR, question=Question("a tour of Lisbon", 999)), "1")
    market.run(TOUR, "2")
    assert len(market.journal) > posted and market.journal.audit() == 0 and first.answer is not None


def final_sellers(bids, **parts):
    texts = {TOUR.question.text: 0}
    sellers = [
        Supplier(name, {**texts, TOUR.question.text: bid}, {TOUR.question.text: name}, final=True)
        for name, bid in bids.items()
    ]
    return SupplyChain(sellers, Picks(), auction=FirstPrice(), seats=len(sellers), stages=1, **parts)


def test_top_offers_by_last_bid_and_by_calibrated_bid():
    bids = {f"s{n:02d}": 100 + n for n in range(12)}
    market = final_sellers(bids)
    found = market.run(TOUR, "1")
    assert [offer.seller for offer in found.offers] == sorted(bids, reverse=True)[:10]
    assert [offer.seller for offer in found.unseen] == ["s01", "s00"]
    # one who was shown nine times and never picked counts for (0 + 1) / (9 + 2) of its bid, an unknown one for a half
    record = lisbon().record
    record["liar", "shown"] = 9
    market = final_sellers({"liar": 500, "ann": 100}, rank=CalibratedBid(), record=record)
    assert [offer.seller for offer in market.run(TOUR, "1").offers] == ["ann", "liar"]
    assert market.record == {("liar", "shown"): 10, ("ann", "shown"): 1, ("ann", "picked"): 1}


def test_what_an_owner_bids_to_itself_ranks_nothing():
    def dealing(**parts):
        """Scout buys the request for a song, its friend buys from it for a fortune; Ann does the whole."""
        text = TOUR.question.text
        suppliers = [
            Supplier("scout", {text: 10}, {text: "nothing"}),
            Supplier("friend", {"nothing": 900}, {}, final=True),
            Supplier("ann", {text: 200}, {text: "a plan"}, final=True),
        ]
        for supplier in suppliers[:2]:
            supplier.group = parts.get("group", "")
        market = SupplyChain(suppliers, Picks(), seats=2, stages=2, rank=parts.get("rank", LastBid()))
        found = market.run(TOUR, "1")
        assert market.journal.audit() == 0
        return [offer.seller for offer in found.offers], set(market.record)

    assert dealing()[0] == ["friend", "ann"]  # nobody knows
    assert dealing(group="firm") == (["ann", "friend"], {("ann", "shown"), ("ann", "picked"), ("firm", "shown")})
    assert dealing(rank=OpeningBid())[0] == ["ann", "friend"]


def test_ties_are_broken_by_luck_alone():
    first = {final_sellers({"ann": 50, "bob": 50}, seed=seed).run(TOUR, "1").offers[0].seller for seed in range(12)}
    assert first == {"ann", "bob"}


def test_private_knowledge_needs_consent_and_stays_with_those_it_was_given_to():
    diary = "likes surfing"

    class Curious(Supplier):
        async def act(self, reading):
            return Work((Draft(" ".join(reading.private.values()) or "nothing", final=True),))

    def known(**private):
        market = SupplyChain([Curious("notion", {TOUR.question.text: 5}, {})], Picks(), stages=1)
        return market.run(replace(TOUR, private=private), "1").answer

    assert known(diary=Private(diary, frozenset({"notion"}))) == diary
    assert known(diary=Private(diary, frozenset({"grok"}))) == "nothing"
    # what Notion made of the diary may go to the presenter, not to Grok
    private = {"diary": Private(diary, frozenset({"notion"}), onward=frozenset({"present"}))}
    market = lisbon()
    found = market.run(replace(TOUR, private=private), "1")
    assert "grok" not in {purchase.buyer for purchase in found.purchases if purchase.seller == "notion"}
    assert diary not in repr(private)


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (lambda: asyncio.sleep(5), "timeout"),
        (lambda: "buy me", "malformed"),
        (lambda: Work((Draft("a"), Draft("b"))), "malformed"),
        (lambda: Work((Draft(""),)), "malformed"),
        (lambda: Work((Draft("x" * 20_001),)), "malformed"),
        (lambda: Work((Draft("x"),), cost=-5), "malformed"),
        (lambda: 1 / 0, "broken"),
        (ModelError(Failure.REFUSED, "m", "the secret", cost=30), "refused"),
    ],
)
def test_a_supplier_that_fails_has_paid_and_its_branch_ends(act, reason):
    class Fails(Supplier):
        async def act(self, reading):
            if isinstance(act, Exception):
                raise act
            done = act()
            return await done if asyncio.iscoroutine(done) else done

    market = SupplyChain(
        [Fails("ann", {TOUR.question.text: 40}, {})],
        Picks(),
        auction=FirstPrice(),
        seconds=0.02,
        listing_fee=3,
        endowment=100,
    )
    found = market.run(TOUR, "1")
    assert [(mishap.agent, mishap.call, mishap.reason) for mishap in found.mishaps] == [("ann", "act", reason)]
    cost = 30 if reason == "refused" else 0
    assert market.journal["ann"] == 100 - 40 - min(cost, 20) and found.answer is None and found.offers == ()
    assert market.journal["operator" if cost else "house"] == (20 - cost if cost else 43)
    assert market.journal["consumer"] == 1000 and market.journal.audit() == 0 and not market.journal.held


@pytest.mark.parametrize("said", ["n9", 3, ["n1"], "take this text: spots"])
def test_a_pick_that_is_not_on_offer_is_a_refusal(said):
    market = lisbon(assistant=Picks(None, said))
    found = market.run(TOUR, "1")
    assert found.answer is None and [m.reason for m in found.mishaps] == ["malformed"]
    assert market.journal["consumer"] == 1008 and market.journal.audit() == 0


def test_what_was_not_bought_is_in_nobodys_hands():
    market = lisbon(assistant=Picks(1))
    found = market.run(TOUR, "1")
    assert found.answer == "sightspresent"
    notion, _, grok, present = market.suppliers
    assert [supplier.seen for supplier in market.suppliers] == [[], [], [], []] and market.assistant.seen == []
    # grok bought the preferences and wrote the spots; nobody else holds what it wrote but the presenter, who paid for it
    holders = [s.name for s in market.suppliers if b"spots" in pickle.dumps([held.reading for held in s.held])]
    assert holders == ["present"]
    assert b"prefs" not in pickle.dumps([held.reading for held in notion.held])
    assert "spotspresent" not in repr(found) and present.held and grok.held


def test_asking_and_refusing_gains_nothing_whatever_the_suppliers_bid():
    for settlement in (SaleFinal(), EscrowUntilRelease()):
        market = lisbon(assistant=Picks(None), settlement=settlement, fee=0)
        market.run(TOUR, "1")
        minted = sum(-t.entries["mint"] for t in market.journal.transactions if t.kind == "fund")
        assert market.journal["consumer"] - minted == -20


@pytest.mark.parametrize("settlement", [SaleFinal(), EscrowUntilRelease()])
def test_a_cancelled_request_gives_back_what_it_held(settlement):
    async def waits(reading):
        await asyncio.sleep(5)

    market = lisbon(settlement=settlement, fee=0)
    market.suppliers[2].act = waits  # grok

    async def request():
        call = asyncio.ensure_future(market.arun(TOUR, "1"))
        while not any("/1/buy/" in account for account in market.journal.held):
            await asyncio.sleep(0)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

    asyncio.run(request())
    assert not market.journal.held and market.journal.audit() == 0
    sold = 600 if settlement == SaleFinal() else 0  # to notion: what was sold stays sold
    assert (market.journal["grok"], market.journal["notion"]) == (5000 - sold, 5000 + sold - 5)
    # the bounty is back, the listing fee is gone, what looking would have cost was not asked
    assert market.journal["consumer"] == 1000


def test_a_poor_supplier_bids_no_more_than_it_has_on_all_branches_together():
    market = lisbon(endowment=640, auction=FirstPrice())
    found = market.run(TOUR, "1")
    assert min(market.journal[s.name] for s in market.suppliers) >= 0
    assert ("grok", 100) not in {(purchase.buyer, purchase.bid) for purchase in found.purchases}


def test_clear_refusals():
    with pytest.raises(ValueError, match="SupplyChain: every agent needs a name of its own"):
        SupplyChain([Supplier("house", {}, {})], Picks())
    with pytest.raises(ValueError, match="SupplyChain: seats is at least 1, got 0"):
        SupplyChain([], Picks(), seats=0)
    with pytest.raises(ValueError, match="Commission: the bounty"):
        Commission(Question("x", -1))
    with pytest.raises(ValueError, match="CalibratedBid: prior"):
        CalibratedBid(prior=2.0)
