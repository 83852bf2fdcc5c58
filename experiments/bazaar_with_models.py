"""Answers from bought notices, judged and given by a language model if there is one: the bazaar beside no market and buying all that fits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from _bazaar_worlds import LOOK, eager, table, told
from _model_bills import bills

from catallax.core import MICRO, to_credits, to_micro
from catallax.lab import Context, Finding, Report
from catallax.language import Bazaar, Buyer, Choose, program_informer, worlds
from catallax.language.bazaar import (
    AbstractInformer,
    Brief,
    Case,
    FlatCost,
    Informer,
    LanguageModelContractor,
    LanguageModelDecider,
    Level,
    Limits,
    Offer,
    Opened,
    Receipt,
    View,
)
from catallax.language.models import AbstractAccess, Access, ModelError, Pricing, Program, Provider, Request
from catallax.language.worlds import World

RESUMES = True


@dataclass(frozen=True)
class Config:
    """Settings."""

    model: Provider = field(default_factory=Provider)
    """Whom to ask, and what that costs; programs by default."""
    shelves: int = 4
    """Sets of notices, each with titles and prices of its own."""
    questions: int = 5
    """Asked for each shelf."""
    notices: int = 4
    """On a shelf."""
    purse: float = 0.3
    """Credits for notices; the right answer is worth 1."""
    dearest: float = 0.2
    """Prices are uniform from 0 to this."""
    rounds: int = 2
    """Of a market."""
    key: int = 0
    """Seed of the run."""


PIERS = ("north pier", "south pier", "east pier")
GOAL = Choose("From which pier does the ferry to Orvik leave today?", PIERS)
TODAY, EARLIER = (
    "Notice of this morning: the ferry to Orvik leaves from the ",
    "Notice of last week: the ferry to Orvik left from the ",
)
IDLE = "Notice: the cafe at the harbour is open from nine to five."
WAYS = ("no market", "buy what fits", "bazaar")


def notice(value: int) -> str:
    """What a passage says, in words."""
    if value == 0:
        return IDLE
    if value <= len(PIERS):
        return f"{TODAY}{PIERS[value - 1]}."
    return f"{EARLIER}{PIERS[value - 1 - len(PIERS)]}; it is moved about every other week."


LONGEST = max((notice(value) for value in range(1 + 2 * len(PIERS))), key=len)


def reader(request: Request) -> str:
    """The program in the model's place: buys the cheapest notice of today that is for sale, and believes the majority."""
    content = json.loads(request.messages[-1].content)
    wanted = request.schema["properties"] if request.schema else {}
    if "buy" in wanted:
        news = content["exhibits"][0]["text"].startswith(TODAY) and GOAL.text in content["briefs"]
        return json.dumps({"buy": news and not any(text.startswith(TODAY) for text in content["context"])})
    if "keep" in wanted:
        return json.dumps({"keep": [min(content["exhibits"], key=lambda exhibit: exhibit["price"])["label"]]})
    heard = [text for start in (TODAY, EARLIER) for text in content["known"] if text.startswith(start)]
    return json.dumps({"choice": max(PIERS, key=lambda pier: sum(pier in text for text in heard[:1]))})


class Shelf(NamedTuple):
    """Notices for sale: their exact world, and who sells them."""

    number: int
    world: World
    titles: tuple[str, ...]
    sellers: tuple[AbstractInformer, ...]


def shelf(config: Config, number: int) -> Shelf:
    """One by chance."""
    passages = worlds.random_shelf(np.random.default_rng([config.key, number]), config.notices, config.dearest)
    world = worlds.passages(passages, answers=len(PIERS))
    titles = tuple(f"of this morning {p.fresh:.0%}, of last week {p.stale:.0%}" for p in passages)
    return Shelf(number, world, titles, tuple(map(seller(world), world.signals, titles)))


def seller(world: World) -> Callable[[str, str], Informer]:
    """Sells a notice as a program sells a signal: at the world's price, with a bid by what it knows."""

    def made(name: str, title: str) -> Informer:
        inner = eager(program_informer(world, name))

        async def offers(view: View) -> list[Offer]:
            found = await inner.offers(view)
            words = [(notice(view.own), to_credits(o.price), to_credits(o.bid)) for o in found]
            return [Offer.of(text, price, bid, title, salt=view.seed) for text, price, bid in words]

        return Informer(name, offers, signal=name)

    return made


class Played(NamedTuple):
    """What a way brought on one question."""

    right: float
    """Chance that the answer is right, by all that the notices tell."""
    spent: float
    failed: int = 0
    """Goods whose inspection brought no verdict."""


class Staff(NamedTuple):
    """Who judges, and who answers."""

    judge: LanguageModelContractor
    decider: LanguageModelDecider


def staff(access: AbstractAccess) -> Staff:
    """Both are one model, with a bill each."""
    program = Program(reader, "reader")
    return Staff(
        LanguageModelContractor(access.model("judge", program), max_tokens=64),
        LanguageModelDecider(access.model("answers", program), max_tokens=64),
    )


async def play(config: Config, access: AbstractAccess) -> dict[str, list[list[Played]]]:
    """Every way on every question, by shelf."""
    found: dict[str, list[list[Played]]] = {way: [] for way in WAYS}
    people = staff(access)
    async with access:
        for number in range(config.shelves):
            rows = await _on(config, access, people, shelf(config, number))
            for way in WAYS:
                found[way].append([row[way] for row in rows])
    return found


async def _on(config: Config, access: AbstractAccess, people: Staff, goods: Shelf) -> list[dict[str, Played]]:
    luck = np.random.default_rng([config.key, goods.number, 1])
    bazaar = Bazaar(
        goods.sellers, slots=config.notices, rounds=config.rounds, contractor=people.judge, cost=FlatCost(LOOK),
        wealth=float(config.questions), limits=Limits(**waits(config)), seed=config.key, name=f"shelf {goods.number}",
        spans=access.spans,
    )  # fmt: skip
    rows = []
    for _ in range(config.questions):
        _, state = goods.world.draw(luck)
        chances = dict(zip(PIERS, goods.world.posterior(state), strict=True))
        rows.append({
            "no market": await asked(people, [], chances),
            "buy what fits": await asked(people, fitting(config, goods, state), chances),
            "bazaar": await sold(bazaar, Buyer(GOAL, config.purse, people.decider), state, chances),
        })  # fmt: skip
        access.check()
    if bazaar.journal.audit():
        raise AssertionError("the books do not close")
    return rows


def waits(config: Config) -> dict[str, float]:
    """Seconds enough for all tries of all calls: it is the provider's settings that say what is too long."""
    longest = (config.model.seconds + 60.0) * config.model.tries * (2 * config.notices + 2)
    return {"inspection": longest, "run": 4 * config.rounds * longest}


async def asked(people: Staff, known: Sequence[Receipt], chances: Mapping[str, float]) -> Played:
    """The answer by what is known without a market; a model that declines has none."""
    try:
        right = float(chances[await people.decider.decide(Brief("alone", GOAL, 0), tuple(known))])
    except ModelError:  # what is not the model's own answer ends the run at the next check
        right = 0.0
    return Played(right, sum(receipt.price for receipt in known) / MICRO)


async def sold(bazaar: Bazaar, buyer: Buyer, state: Mapping[str, int], chances: Mapping[str, float]) -> Played:
    """The answer by what the bazaar sells."""
    result = await bazaar.arun(buyer, state)
    failed = sum(slip.reason is not None for slip in result.market.slips)
    return Played(float(chances.get(result.output, 0.0)), result.spent / MICRO, failed)


def fitting(config: Config, goods: Shelf, state: Mapping[str, int]) -> list[Receipt]:
    """As many notices as the budget allows, the cheapest first, unread."""
    left, bought = to_micro(config.purse), []
    for name in sorted(goods.world.signals, key=lambda name: goods.world.prices[name]):
        price = to_micro(goods.world.prices[name])
        if price <= left:
            left -= price
            bought.append(receipt(notice(state[name]), price))
    return bought


def receipt(text: str, price: int = 0) -> Receipt:
    """Of something bought."""
    return Receipt("", "", price, "", "", text)


def ceilings(config: Config, people: Staff) -> dict[str, int]:
    """Micro-dollars of each part at most, whatever is answered: every round inspects all notices, and every inspection is tried again."""
    price = to_micro(config.dearest)
    longest = [receipt(LONGEST)] * config.notices
    goods = tuple(Opened("", "", price, LONGEST) for _ in range(config.notices))
    case = Case((Level(Brief("", GOAL, 0), goods),), tuple(longest) * config.rounds, (9_123_457,), "")
    inspections = config.rounds * Limits().tries
    decisions = people.decider.model.dearest(people.decider.request(Brief("", GOAL, 0), longest * config.rounds))
    questions = config.shelves * config.questions
    return {
        "judge": questions * inspections * people.judge.quote(case),
        "answers": questions * len(WAYS) * decisions,
    }


def price(config: Config, context: Context) -> Pricing:
    """What a run would cost."""
    pricing = Pricing(config.model, context.folder / "answers" if context.resume else None)
    asyncio.run(play(config, pricing))
    for part, amount in ceilings(config, staff(pricing)).items():
        pricing.at_most(part, amount)
    return pricing


def run(config: Config, context: Context) -> Report:
    """Every way on every question, and the bill."""
    access = Access(config.model, context.folder / "answers", context.resume)
    found = asyncio.run(play(config, access))
    findings = []
    for way in WAYS:
        right, spent = (
            [float(np.mean([getattr(p, name) for p in row])) for row in found[way]] for name in ("right", "spent")
        )
        findings.append(
            Finding("bazaar with models", f"{way}: right answers less prices, credits a question", "",
                    told(np.subtract(right, spent)), note=f"right {np.mean(right):.3f}, spent {np.mean(spent):.3f}")
        )  # fmt: skip
    failed = sum(played.failed for row in found["bazaar"] for played in row)
    findings.append(Finding("bazaar with models", "goods whose inspection brought no verdict", "", str(failed)))
    findings += bills("bazaar with models", access, ceilings(config, staff(access)))
    return Report(
        findings, text=TEXT.format(who=config.model.name or "a program in the place of a model") + listed(found)
    )


def listed(found: Mapping[str, list[list[Played]]]) -> str:
    """By shelf."""
    rows = [
        (str(number), *(f"{np.mean([p.right - p.spent for p in found[way][number]]):.3f}" for way in WAYS))
        for number in range(len(found[WAYS[0]]))
    ]
    return table(("shelf", *WAYS), rows)


TEXT = (
    "Asked was {who}. What a program answers is no result about language models. Whether an answer is right counts by the "
    "chance that all notices together give it; intervals are over shelves. Right answers less prices:\n\n"
)
