"""A market in which everything is known to whoever tests it: facts, what they are worth, and who reads them well."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from catallax.core import to_credits, to_micro
from catallax.language.attacks._attack import Settings
from catallax.language.bazaar import (
    AbstractContractor,
    AbstractInformer,
    Answer,
    Bazaar,
    Buyer,
    Case,
    Decider,
    Informer,
    Inspection,
    Offer,
    Opened,
    Result,
    View,
    plain,
)
from catallax.language.bazaar._language_model import JUDGE, data, sealed_request, shown, within
from catallax.language.bazaar._language_model import _labels as labels
from catallax.language.models import AbstractModel


class Fact(NamedTuple):
    """Something to know; of a topic one needs to know one fact."""

    topic: str
    text: str
    worth: int
    """Micro-credits to the buyer."""


@dataclass(frozen=True)
class Reader(AbstractContractor):
    """Knows what each text is worth, and of each topic that is not known yet buys the one that leaves most over its price.

    Args:
        facts: all there are; any other text is worth nothing.
    """

    facts: tuple[Fact, ...]

    async def judge(self, case: Case) -> Inspection:
        found = {fact.text: fact for fact in self.facts}
        known = {found[receipt.text].topic for receipt in case.known if receipt.text in found}
        best: dict[str, tuple[int, Opened]] = {}
        for exhibit in case.exhibits:
            fact = found.get(exhibit.text)
            if fact is not None and fact.topic not in known:
                left = fact.worth - exhibit.price
                if left > best.get(fact.topic, (0, exhibit))[0]:
                    best[fact.topic] = (left, exhibit)
        purse, bought = case.purse, set()
        for _, exhibit in sorted(best.values(), key=lambda item: -item[0]):
            if exhibit.price <= purse:
                purse -= exhibit.price
                bought.add(exhibit.id)
        return Inspection(frozenset(bought))


@dataclass(frozen=True)
class AllAtOnce(AbstractContractor):
    """Puts all exhibits to a model in one question, as they stand, and fails where it fails: what others would write first.

    Args:
        model: who is asked.
        price: micro-dollars of a call at most.
    """

    model: AbstractModel
    price: int = 0

    def quote(self, case: Case) -> int:
        return self.price

    async def judge(self, case: Case) -> Inspection:
        goods = [shown(e, n, plain) for n, e in enumerate(case.exhibits)]
        briefs, context = [level.brief.goal.text for level in case.levels], [receipt.text for receipt in case.known]
        content = {"briefs": briefs, "context": context, "exhibits": goods}
        request = sealed_request(JUDGE, content, labels(case.exhibits), 64, case.attempt, f"enclave {case.seed}")
        answer = await data(self.model, request)
        kept = [e for e, good in zip(case.exhibits, goods, strict=True) if good["label"] in answer.parsed["keep"]]
        return Inspection(frozenset(e.id for e in within(kept, case)), answer.cost)


def words(luck: random.Random, count: int = 9) -> str:
    """A sentence of nonsense, unlike any other."""
    return (
        " ".join(
            "".join(luck.choices("bdfglmnprstv", k=1) + luck.choices("aeiou", k=1)) * 2 + f"{luck.randrange(10**4):x}"
            for _ in range(count)
        )
        + "."
    )


def credits(luck: random.Random, least: float, most: float) -> int:
    """So many micro-credits, by chance."""
    return luck.randint(to_micro(least), to_micro(most))


def fact(luck: random.Random, topic: str = "", worth: int | None = None) -> Fact:
    """A new fact, worth 0.3 to 0.6 credits unless told."""
    text = words(luck)
    return Fact(topic or text, text, credits(luck, 0.3, 0.6) if worth is None else worth)


def seller(
    name: str, goods: Sequence[tuple[str, int, int]], when: Callable[[View], bool] = lambda view: True
) -> Informer:
    """Offers texts at prices with bids (micro-credits), whenever it is asked and wants to."""

    def offers(view: View) -> list[Offer]:
        if not when(view):
            return []
        return [
            Offer.of(text, to_credits(price), to_credits(bid), salt=f"{view.seed}{n}")
            for n, (text, price, bid) in enumerate(goods)
        ]

    return Informer(name, offers)


def arena(
    settings: Settings, informers: Sequence[AbstractInformer], contractor: AbstractContractor, seed: int
) -> Bazaar:
    """A bazaar under settings."""
    return Bazaar(informers, **{"contractor": contractor, "seed": seed, **settings})


def visit(bazaar: Bazaar, question: str = "What is known?", name: str = "buyer", budget: float = 1.0) -> Result:
    """One purchase."""
    return bazaar.run(Buyer(Answer(question), budget, Decider(nothing), name))


def nothing(brief: Any, known: Any) -> None:
    """The buyer's output does not matter here, what it knows does."""


def earned(bazaar: Bazaar, *names: str) -> int:
    """Micro-credits that informers have more than was minted for them, their bonds included."""
    start = to_micro(bazaar.wealth) + to_micro(bazaar.bond)
    has = bazaar.journal.balances
    return sum(has.get(f"informer:{name}", 0) + has.get(f"bond:{name}", 0) - start for name in names)


def worth(facts: Iterable[Fact], result: Result) -> int:
    """What was bought is worth, micro-credits: the best of each topic."""
    table, best = {fact.text: fact for fact in facts}, dict[str, int]()
    for receipt in result.receipts:
        if receipt.text in table:
            found = table[receipt.text]
            best[found.topic] = max(best.get(found.topic, 0), found.worth)
    return sum(best.values())
