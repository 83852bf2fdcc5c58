"""Code that the bazaar calls and does not trust: nothing it does to what it was given, or says besides its answer, counts."""

from dataclasses import dataclass

from catallax.language import Answer, Bazaar, Buyer
from catallax.language.bazaar import (
    AbstractContractor,
    Contractor,
    Decider,
    Informer,
    Inspection,
    Limits,
    Offer,
    Reason,
)

ALL = Contractor(lambda case: frozenset(e.id for e in case.exhibits))
SECRET = "SECRET 4711"
LOOKS = Decider(lambda brief, known: repr((brief, known)))


def seller(name, text="", price=0.1, bid=0.01, kind=Informer, **more):
    return kind(name, lambda view: [Offer.of(text or f"{name} knows", price, bid, f"by {name}", salt=name, **more)])


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
        assert ledger["provider@usd"] == -(-1_024 * ord("x") // 1_000) * 1_000


def test_what_is_booked_is_the_quote_whatever_was_read():
    books = {
        repr(run([seller("a", text)], Quoting(10**12, number), rounds=1).ledger.transactions)
        for text in ("no", "ha", "a longer text")
    }
    assert len(books) == 1 and "1000000000000" in books.pop()
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
