"""Code that the bazaar calls and does not trust: nothing it does to what it was given, or says besides its answer, counts."""

import asyncio
from dataclasses import dataclass

import pytest

from catallax.language import Answer, Bazaar, Buyer
from catallax.language.attention import FirstPrice
from catallax.language.bazaar import (
    AbstractContractor,
    Contractor,
    Decider,
    Informer,
    Inspection,
    Limits,
    Offer,
    Reason,
    SealedInformer,
)
from catallax.language.bazaar._admission import level

ALL = Contractor(lambda case: frozenset(e.id for e in case.exhibits))
SECRET = "SECRET 4711"
LOOKS = Decider(lambda brief, known: repr((brief, known)))


def seller(name, text="", price=0.1, bid=0.01, kind=Informer, **more):
    def offering(view):
        mine = Offer.of(text or f"{name} knows", price, bid, f"by {name}", salt=name, **more)
        return [mine] if view.brief.depth == 0 else []

    return kind(name, offering)


def run(informers, contractor=ALL, budget=1.0, **settings):
    return Bazaar(informers, contractor=contractor, **settings).run(Buyer(Answer("What is it?"), budget, LOOKS))


def everything(result):
    """What can be read of a run."""
    return repr((result, result.ledger.transactions, result.report()))


@dataclass(frozen=True)
class Quoting(AbstractContractor):
    """Quotes and bills what it is told to."""

    asks: object = 1_000
    bills: object = 0

    def quote(self, case):
        return self.asks(case) if callable(self.asks) else self.asks

    async def judge(self, case):
        return Inspection(frozenset(), self.bills(case) if callable(self.bills) else self.bills)


def number(case):
    return 1_000 * int.from_bytes(case.exhibits[0].text.encode(), "big")


def test_a_quote_is_a_number_made_without_reading():
    def raising(case):
        raise RuntimeError(case.exhibits[0].text)

    for asks in (raising, -5_000, True, 1.5, 10**30, "SECRET"):
        result = run([seller("a", SECRET)], Quoting(asks), rounds=1)
        assert result.market.slips[0].reason is Reason.BROKEN and "SECRET" not in everything(result)
        assert "provider@usd" not in result.ledger
    for text in (SECRET, "another"):  # of lengths alone, in powers of two
        ledger = run([seller("a", text)], Quoting(lambda case: sum(case.exhibits[0].text.encode())), rounds=1).ledger
        assert ledger["provider@usd"] == 128_000 >= 1_024 * ord("x")


def test_what_is_booked_is_the_quote_whatever_was_read():
    books = {
        repr(run([seller("a", text)], Quoting(10**12, number), rounds=1).ledger.transactions)
        for text in ("no", "ha", "a longer text")
    }
    assert len(books) == 1 and "1073741824000" in books.pop()
    sellers = [seller("a", bid=0.02), seller("b")]
    result = run(sellers, Quoting(1_000, 1_001), rounds=3, limits=Limits(bill=9_000))
    assert result.ledger["provider@usd"] == 1_000  # who was dearer than it said is not asked again
    assert {slip.reason for slip in result.market.slips if slip.paid is not None} == {Reason.OVER_BUDGET}


def test_a_contractor_alters_nothing_but_its_own_copy_of_the_case():
    def altering(case):
        alter = object.__setattr__
        level, secret = case.levels[-1], case.exhibits[0].text
        for receipt in case.known:
            alter(receipt, "text", secret)
        alter(level.brief.goal, "question", secret)
        alter(level.brief, "id", secret)
        alter(case, "levels", (level._replace(exhibits=(replace_id(case.exhibits[0], secret),)),))
        alter(case, "purses", (10**9,))
        return frozenset({secret}) if len(case.known) else frozenset({good[0] for good in level.exhibits[:1]})

    def replace_id(good, name):
        return good._replace(id=name, price=0)

    dear = seller("dear", SECRET, price=0.95, bid=0.005)
    result = run([seller("a", bid=0.05), dear], Contractor(altering), rounds=2, shrink=0.0, budget=2.0)
    assert [r.text for r in result.receipts] == ["a knows"]
    assert "SECRET" not in everything(result) + result.output
    assert result.market.slips[-1].reason is Reason.MALFORMED


def test_an_informer_is_who_it_was_and_sees_copies():
    class Turning(Informer):
        async def offers(self, view):
            object.__setattr__(view.brief.goal, "question", "another")
            object.__setattr__(view.brief, "id", "another")
            self.name = self.group = "victim"
            self.signal, self.__class__ = "secret", Sealing
            seen.append((view.own, view.exhibits))
            return await super().offers(view)

    class Sealing(Turning, SealedInformer):
        pass

    seen = []
    sellers = [seller("thief", bid=0.9, kind=Turning), seller("victim", bid=0.5)]
    arena = Bazaar(sellers, contractor=ALL, depth=2, auction=FirstPrice(), rounds=1)
    result = arena.run(Buyer(Answer("What is it?"), 1.0, LOOKS), state={"secret": SECRET})
    assert result.ledger["informer:victim"] == 1_000_000 and "another" not in result.output
    assert seen == [(None, ())] * 2  # at both depths


@pytest.mark.parametrize("late", ["delivery", "verdict"])
def test_what_is_paid_for_is_had_when_time_runs_out(late):
    class Slow(Informer):
        async def deliver(self, offer):
            await asyncio.sleep(60)

    async def verdict(case):
        if late == "verdict" and len(case.levels) == 1:
            await asyncio.sleep(60)
        return frozenset(e.id for e in case.exhibits)

    def advice(view):
        return [Offer.of("public advice", 0.01, 0.01, salt="s")] if view.brief.depth else []

    sellers = [seller("a"), seller("slow", kind=Slow), Informer("public", advice)]
    had = set()
    for seed in range(3):  # the order of presentation is drawn
        result = run(sellers, Contractor(verdict), depth=2, slots=2, rounds=1, limits=Limits(run=0.3), seed=seed)
        texts = {receipt.text for receipt in result.receipts}
        had |= texts
        assert result.stopped is Reason.TIMEOUT and result.spent == sum(r.price for r in result.receipts)
        assert "public advice" in texts and result.ledger["clearing"] == 0
    assert ("a knows" in had) is (late == "delivery")


def test_a_sealed_informer_tells_a_handful_of_levels_and_leaves_no_slip():
    def gossip(view):
        high = view.exhibits[0].text.encode()[0]
        return [Offer.of(f"{n}", high * 0.9**n / 3_000, high / 1_000, f"{high}") for n in range(8)]

    def broken(view):
        raise RuntimeError(view.exhibits[0].text)

    told = set()
    for letter in range(33, 127, 6):
        sealed = [SealedInformer("gossip", gossip), SealedInformer("broken", broken)]
        result = run(
            [seller("a", chr(letter)), *sealed],
            Contractor(lambda case: frozenset()),
            depth=2,
            rounds=1,
            auction=FirstPrice(),
        )
        below = result.market.below[0]
        assert not below.slips and not below.silent
        told.add(repr((result.ledger.transactions, result.market, result.seen, result.report())))
    assert len(told) <= 3  # of sixteen texts
    assert [level(amount) for amount in (0, 999, 1_000, 10**15)] == [0, 0, 1_000, 1_000_000]


def test_an_offer_that_stands_is_sold_once_and_told_once():
    result = run([seller("a", ttl=3), seller("b", bid=0.005)], rounds=3)
    told = [(slip.informer, slip.round, slip.outcome) for slip in result.market.slips]
    assert ("a", 0, "bought") in told and sorted(r.informer for r in result.receipts) == ["a", "b"]
    assert not [row for row in told if "stays below" in row[2]]
    assert sum(slip.bought for slip in result.market.slips) == 2
