"""Ideas for sale: what resale, royalties, copies with changed words and payment at a milestone make of what authors earn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from _bazaar_worlds import LOOK, PROGRAMS, above, dot, runs, table, told
from scipy.stats import spearmanr

import catallax as cx
from catallax.core import MICRO, to_micro
from catallax.lab import Context, Finding, Report
from catallax.language import Answer, Bazaar, Buyer
from catallax.language.bazaar import (
    Case,
    Contractor,
    Decider,
    Exhibit,
    FlatCost,
    Informer,
    Limits,
    NoRegister,
    Offer,
    Register,
    Result,
    View,
)  # fmt: skip


@dataclass(frozen=True)
class Config:
    """Settings."""

    seeds: int = 24
    """Markets, each with authors, ideas and buyers of its own."""
    briefs: int = 10
    """Problems in a market, each with an idea of every author."""
    authors: int = 5
    """Of different skill."""
    buyers: int = 6
    """For each problem, one after the other."""
    price: float = 0.1
    """Of an idea, credits; a milestone that is reached is worth 1."""
    noise: float = 0.1
    """Of a contractor's estimate of the chance that an idea reaches its milestone."""
    words: int = 30
    """In an idea."""
    key: int = 0
    """Seed of the run."""


@dataclass(frozen=True)
class Licence:
    """What a buyer of an idea may do with it."""

    resale: bool = False
    """Sell it on, at a lower price."""
    royalty: float = 0.0
    """Of the price of what is recognised as an author's idea, to the author."""
    changed: int = 0
    """Words that are changed before it is sold on."""
    share: float = 0.0
    """Of the milestone, to the author; the idea itself then costs a tenth."""
    register: bool = True
    """Whether the bazaar bars who sells what another sold first."""


LICENCES = {
    "no resale": Licence(),
    "resale": Licence(True, register=False),
    "resale, half of it the author's": Licence(True, 0.5, register=False),
    "resale, half of it the author's, two words changed": Licence(True, 0.5, 2, register=False),
    "no resale, word for word in spite of it": Licence(True),
    "no resale, two words changed in spite of it": Licence(True, changed=2),
    "no resale, paid at the milestone": Licence(share=0.2),
}
UNDERCUT = 0.8
"""Price of what is sold on, relative to the author's."""


class Ideas:
    """Ideas of a market, what they are good for and what contractors hold of them: the same for every licence."""

    def __init__(self, config: Config, seed: int) -> None:
        luck = np.random.default_rng([config.key, seed])
        shape = (config.briefs, config.authors)
        self.config = config
        self.skill = luck.uniform(0.1, 0.5, config.authors)
        self.chance = luck.beta(4 * self.skill, 4 * (1 - self.skill), shape)
        self.fit = luck.uniform(0.5, 1, (config.buyers, *shape))
        noise = luck.normal(0, config.noise, (config.buyers, *shape))
        self.guess = np.clip(self.chance + noise, 0, 1) * self.fit
        self.lucky = luck.random((config.buyers, *shape)) < self.chance * self.fit

    def text(self, brief: int, author: int, changed: int = 0) -> str:
        """Words of its own; the first of them, at equal distances, changed."""
        words = [f"w{brief}x{author}x{n}" for n in range(self.config.words)]
        for n in range(changed):
            words[(2 * n + 1) * len(words) // (2 * changed)] = f"changed{n}"
        return " ".join([f"brief {brief}", f"author {author}", *words])


def idea(text: str) -> int:
    """Whose it is, for a contractor, who understands what it reads."""
    return int(text.split()[3])


@dataclass
class Held:
    """Who can sell an idea on, for one problem."""

    texts: dict[str, str] = field(default_factory=dict)


class Sold(NamedTuple):
    """What a market did, credits for each problem."""

    authors: np.ndarray
    """Earned, by author."""
    resellers: float
    value: float
    """Milestones that were reached by the ideas bought."""
    paid: float
    """By buyers, prices and shares of milestones."""


def seller(ideas: Ideas, author: int, price: float) -> Informer:
    """An author with an idea for each problem."""

    def offers(view: View) -> list[Offer]:
        brief = int(view.own)
        return [Offer.of(ideas.text(brief, author), price, price / 4, salt=view.seed)]

    return Informer(f"author {author}", offers, signal=f"author {author}")


def holder(ideas: Ideas, name: str, held: Held, price: float) -> Informer:
    """A buyer that sells on what it has bought."""

    def offers(view: View) -> list[Offer]:
        return [Offer.of(held.texts[name], price, price / 4, salt=view.seed)] if name in held.texts else []

    return Informer(name, offers)


def judge(ideas: Ideas, share: float) -> Contractor:
    """Buys the idea that is worth most above its price to this buyer, if one is."""

    def verdict(case: Case) -> frozenset[str]:
        brief, buyer = map(int, case.levels[0].brief.goal.text.split()[1::2])
        worth = {
            good.id: to_micro((1 - share) * float(ideas.guess[buyer, brief, idea(good.text)])) - good.price
            for good in case.exhibits
        }
        best = max(worth, key=lambda id: worth[id])
        return frozenset({best} if worth[best] > 0 else ())

    return Contractor(verdict)


def market(ideas: Ideas, licence: Licence, seed: int) -> Sold:
    """All buyers of all problems."""
    config, held = ideas.config, Held()
    price = config.price / 10 if licence.share else config.price
    authors = [seller(ideas, n, price) for n in range(config.authors)]
    holders = [holder(ideas, f"holder {n}", held, UNDERCUT * price) for n in range(config.buyers)]
    bazaar = Bazaar(
        [*authors, *(holders if licence.resale else ())], slots=config.authors + config.buyers, rounds=1,
        cost=FlatCost(LOOK), contractor=judge(ideas, licence.share), wealth=100.0, seed=seed,
        register=Register() if licence.register else NoRegister(),
    )  # fmt: skip
    value = paid = 0.0
    for brief in range(config.briefs):
        held.texts.clear()
        for number in range(config.buyers):
            # a budget that also covers the author's share
            name = f"buyer {number}"
            buyer = Buyer(Answer(f"brief {brief} buyer {number}"), 1.0, Decider(lambda brief, known: len(known)), name)
            (result,) = runs(bazaar, buyer, [{author.name: brief for author in authors}])
            paid += result.spent / MICRO
            for receipt in result.receipts:
                author = idea(receipt.text)
                royalty(bazaar, ideas, licence, result, brief, author)
                held.texts[f"holder {number}"] = ideas.text(brief, author, licence.changed)
                if ideas.lucky[number, brief, author]:
                    value += 1
                    bazaar.reward(buyer, 1.0, f"{result.run} milestone")
                    paid += licence.share
                    amount = to_micro(licence.share)
                    bazaar.journal.post(
                        {f"buyer:{name}": -amount, f"informer:author {author}": amount}, f"{result.run} share", "share"
                    )
    assert bazaar.journal.audit() == 0
    earned = [bazaar.journal[f"informer:author {n}"] / MICRO - 100.0 for n in range(config.authors)]
    resold = sum(bazaar.journal[f"informer:{h.name}"] / MICRO - 100.0 for h in holders) if licence.resale else 0.0
    return Sold(np.array(earned) / config.briefs, resold / config.briefs, value / config.briefs, paid / config.briefs)


def likeness(one: str, other: str) -> float:
    """Of two texts, as the bazaar measures it."""
    first, second = (Exhibit.of(text, "", 0, "").print() for text in (one, other))
    return first.likeness(second)


def royalty(bazaar: Bazaar, ideas: Ideas, licence: Licence, result: Result, brief: int, author: int) -> None:
    """To the author of what was sold on, where it is recognised."""
    (receipt,) = result.receipts
    if receipt.informer.startswith("holder") and likeness(ideas.text(brief, author), receipt.text) >= Limits().likeness:
        amount = round(licence.royalty * receipt.price)
        entries = {f"informer:{receipt.informer}": -amount, f"informer:author {author}": amount}
        bazaar.journal.post(entries, f"{result.run} royalty", "royalty")


def others(ideas: Ideas) -> dict[str, float]:
    """Value less price for buyers, for each problem, without inspection."""
    config = ideas.config
    value = ideas.chance * ideas.fit
    record = int(np.argmax(ideas.skill))
    best = np.take_along_axis(value, ideas.guess.argmax(-1)[..., None], -1)[..., 0]
    return {
        "no market": 0.0,
        "metadata only: the author with the best record": config.buyers
        * (float(value[..., record].mean()) - config.price),
        "buy all": config.buyers * (float(best.mean()) - config.authors * config.price),
    }


def run(config: Config, context: Context) -> Report:
    """Every licence in every market."""
    found: dict[str, list[Sold]] = {}
    plain: dict[str, list[float]] = {}
    ranks: list[float] = []
    for seed in range(config.seeds):
        ideas = Ideas(config, seed)
        for name, licence in LICENCES.items():
            found.setdefault(name, []).append(market(ideas, licence, seed))
        for name, value in others(ideas).items():
            plain.setdefault(name, []).append(value)
        skill = spearmanr(found["no resale"][-1].authors, ideas.skill)
        ranks.append(float(skill.statistic))  # pyright: ignore[reportAttributeAccessIssue]
    picture = cx.view.measured(
        {f"{who}: {name}": dot(by(found[name])[who]) for who in ("authors", "buyers") for name in LICENCES}, {},
        "credits for each problem",
    )  # fmt: skip
    return Report([*findings(config, found, plain, ranks)], {"bazaar_ideas": picture}, text=TEXT + listed(found, plain))


def by(sold: list[Sold]) -> dict[str, np.ndarray]:
    """What each side has, by market."""
    return {
        "authors": np.array([each.authors.sum() for each in sold]),
        "resellers": np.array([each.resellers for each in sold]),
        "buyers": np.array([each.value - each.paid for each in sold]),
    }


def findings(
    config: Config, found: Mapping[str, list[Sold]], plain: Mapping[str, list[float]], ranks: list[float]
) -> Iterable[Finding]:
    """What is asked."""
    base = by(found["no resale"])
    for name, values in plain.items():
        gain = base["buyers"] - np.array(values)
        yield Finding("ideas", f"buyers' value less price, no resale, less {name}", "above 0", told(gain), above(gain))
    for name in list(LICENCES)[1:]:
        less = by(found[name])["authors"] - base["authors"]
        share = by(found[name])["authors"].mean() / base["authors"].mean()
        yield Finding("ideas", f"authors' income, {name}, less no resale", "", told(less), note=f"{share:.2f} of it")
    yield Finding("ideas", "rank correlation of an author's income with its skill, no resale", "above 0", told(ranks), above(ranks))  # fmt: skip
    ideas = Ideas(config, 0)
    like = [likeness(ideas.text(0, 0), ideas.text(0, 0, changed)) for changed in range(4)]
    caught = sum(value >= Limits().likeness for value in like) - 1
    yield Finding(
        "ideas", f"changed words of {config.words} up to which a copy is recognised", "", f"{caught}",
        note="likeness with 0 to 3 changed: " + ", ".join(f"{value:.2f}" for value in like),
    )  # fmt: skip


def listed(found: Mapping[str, list[Sold]], plain: Mapping[str, list[float]]) -> str:
    """Means over markets."""
    rows = [
        (name, *(told(by(sold)[who]) for who in ("authors", "resellers", "buyers")), told(each.value for each in sold))
        for name, sold in found.items()
    ]
    rows += [(name, "", "", told(values), "") for name, values in plain.items()]
    return table(("licence", "authors earn", "resellers earn", "buyers' value less price", "milestones"), rows)


TEXT = (
    PROGRAMS
    + "Authors of different skill have an idea for each problem, six buyers come one after the other; a contractor estimates an idea's chance "
    "of a milestone, with noise, and buys the best one if it is worth its price. A buyer who may sell on does so at 0.8 of the author's price. Of two "
    "offers in one round that say the same, the bazaar looks at the cheaper one: who undercuts takes the later sales. Where resale is allowed the bazaar has no register "
    "of who sold a text first; *in spite of it*: buyers try to sell on where it has one. A royalty is booked where a copy is "
    "recognised by the bazaar's own measure of likeness. *Buy all* pays for every idea and uses the best, *metadata only* buys from the author with "
    "the highest skill, unseen. *Paid at the milestone*: a tenth of the price at once, 0.2 of the milestone if it is reached. Intervals are over markets.\n\n"
)
