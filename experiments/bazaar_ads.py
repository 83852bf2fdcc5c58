"""Which product to choose: information that a buyer's contractor looks at, beside adverts that pay for each view, and none."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from _bazaar_worlds import PROGRAMS, above, dot, runs, table, told

import catallax as cx
from catallax.core import to_credits, to_micro
from catallax.lab import Context, Finding, Report
from catallax.language import Bazaar, Buyer, Choose
from catallax.language.attention import VCG, SlotBid
from catallax.language.bazaar import Bayesian, FlatCost, Informer, Offer, View
from catallax.language.worlds import Actions, World


@dataclass(frozen=True)
class Config:
    """Settings."""

    seeds: int = 40
    """Random product markets."""
    margin: float = 0.3
    """What a seller earns by a sale, credits; a good product is worth 1 to the buyer, a bad one -1."""
    look: float = 0.01
    """What reading a text costs, credits."""
    pushes: tuple[float, ...] = (0.0, 0.7, 1.4)
    """How much an advert that a person reads persuades beyond what it says, log-odds for the product of its author."""
    key: int = 0
    """Seed of the run."""


PRODUCTS = ("A", "B")
QUALITIES = tuple(itertools.product((1, 0), repeat=2))
"""Whether A and B are good, by outcome."""
SIGNALS = ("test A", "fault A", "test B", "fault B", "review")


class Ad(NamedTuple):
    """Something that can be said for a product."""

    author: str
    """`A`, `B` or `reviewer`."""
    signal: str
    """What it tells of; empty for praise that says nothing."""
    price: float
    about: str = ""
    """The product that it persuades of, and where it speaks against the other one, that one after a minus."""


ADS = (
    Ad("A", "test A", 0.02, "A"),
    Ad("A", "fault B", 0.01, "-B"),
    Ad("A", "", 0.02, "A"),
    Ad("B", "test B", 0.02, "B"),
    Ad("B", "fault A", 0.01, "-A"),
    Ad("B", "", 0.02, "B"),
    Ad("reviewer", "review", 0.05),
)


class Way(NamedTuple):
    """Expected figures in one market, credits."""

    right: float
    """Chance that the buyer does what it would do if it knew the qualities."""
    buyer: float
    """Utility of what is chosen, less prices of texts and what reading cost it."""
    sellers: float
    reviewer: float
    read: float
    """Texts read by the buyer or its contractor."""

    @property
    def total(self) -> float:
        return self.buyer + self.sellers + self.reviewer


def market(luck: np.random.Generator) -> World:
    """Qualities, what tests, faults and a review tell of them, and what choosing pays."""
    good = luck.uniform(0.3, 0.6, 2)
    passes, shows, sharp = luck.uniform(0.4, 0.7), luck.uniform(0.4, 0.8), luck.uniform(0.75, 0.95)
    prior = [np.prod(np.where(quality, good, 1 - good)) for quality in np.array(QUALITIES, bool)]
    joint = []
    for chance, quality in zip(prior, QUALITIES, strict=True):
        ones = []
        for is_good in quality:
            ones += [0.9 if is_good else passes, 0.02 if is_good else shows]
        a, b = quality
        ones.append(sharp if a > b else 1 - sharp if a < b else 0.5)
        cell = np.array(chance)
        for one in ones:
            cell = cell[..., None] * np.array([1 - one, one])
        joint.append(cell)
    pays = np.array([[0.0] * 4, *([1.0 if quality[n] else -1.0 for quality in QUALITIES] for n in range(2))])
    return World(np.stack(joint), Actions(pays), SIGNALS, {ad.signal: ad.price for ad in ADS if ad.signal})


class Person:
    """Who chooses: by what was read, and pushed by who said it."""

    def __init__(self, world: World, push: float) -> None:
        self.world, self.push = world, push
        self._known: dict[tuple, int] = {}

    def choice(self, read: Sequence[tuple[Ad, int]]) -> int:
        """0 for nothing, 1 for A, 2 for B."""
        key = tuple(sorted(read))
        if key not in self._known:
            self._known[key] = self._chosen(read)
        return self._known[key]

    def _chosen(self, read: Sequence[tuple[Ad, int]]) -> int:
        belief = self.world.posterior({ad.signal: said for ad, said in read if ad.signal})
        for ad, _ in read:
            if ad.about:
                good = np.array([quality[PRODUCTS.index(ad.about[-1])] for quality in QUALITIES])
                belief = belief * np.exp(self.push * (1 - good if ad.about.startswith("-") else good))
        assert isinstance(self.world.decision, Actions)
        return int(self.world.decision.best(belief / belief.sum()))

    def uplift(self, ad: Ad, said: int) -> bool:
        """Whether this text by itself makes the author's product the choice."""
        product = 1 + PRODUCTS.index(ad.author)
        return self.choice([(ad, said)]) == product != self.choice([])


def offered(ad: Ad, state: Mapping[str, int]) -> bool:
    """Sellers keep to themselves what does not speak for them; the reviewer says what it found."""
    return ad.author == "reviewer" or not ad.signal or state[ad.signal] == 1


def bid(ad: Ad, said: int, person: Person, config: Config, sells: bool) -> float:
    """What a view is worth to one who knows its reader: the margin where the text makes the sale by itself, else what reading costs where it says something.

    A text that is sold makes no sale where a contractor that reads it alone does not buy it; a reviewer has its price.
    """
    if ad.author == "reviewer":
        return ad.price if sells else 0.0
    bought = not sells or (ad.signal != "" and person.world.ex_post({ad.signal: said}) > 0)
    return config.margin if bought and person.uplift(ad, said) else config.look if ad.signal else 0.0


def figures(world: World, state: Mapping[str, int], chosen: int, config: Config, **flows: float) -> Way:
    """What comes of a choice in a state, given who paid what."""
    belief = world.posterior(state)
    assert isinstance(world.decision, Actions)
    utility = world.decision.table
    right = float(belief @ (utility[chosen] == utility.max(0)))
    sold = config.margin * (chosen > 0)
    return Way(
        right,
        float(belief @ utility[chosen]) - flows.get("prices", 0.0) - flows.get("reading", 0.0),
        sold + flows.get("sales", 0.0) - flows.get("views", 0.0),
        flows.get("reviews", 0.0),
        flows.get("read", 0.0),
    )


def per_view(world: World, state: Mapping[str, int], person: Person, config: Config, slots: int) -> Way:
    """The adverts of the highest bidders are read by the buyer, whatever they say; bidders pay what VCG asks."""
    ads = [ad for ad in ADS if offered(ad, state)]
    bids = [to_micro(bid(ad, state.get(ad.signal, 0), person, config, False)) for ad in ads]
    luck = random.Random(repr(state))
    slips = [SlotBid(ad.author, str(n), amount) for n, (ad, amount) in enumerate(zip(ads, bids, strict=True))]
    sold = VCG().sell(slips, slots, to_micro(config.look), luck)
    read = [(ads[int(slot.offer)], state.get(ads[int(slot.offer)].signal, 0)) for slot in sold]
    views = to_credits(sum(slot.payment for slot in sold))
    chosen = person.choice(read)
    return figures(world, state, chosen, config, reading=config.look * len(read), views=views, read=len(read))


def informer(ad: Ad, person: Person, config: Config) -> Informer:
    """An author's text as an offer."""
    name = f"{ad.author} {ad.signal or 'praise'}"

    def offers(view: View) -> list[Offer]:
        said = view.own or 0
        if not offered(ad, {ad.signal: said}):
            return []
        text = f"{ad.signal}={said}" if ad.signal else f"{ad.author} is the best there is"
        return [Offer.of(text, ad.price, bid(ad, said, person, config, True), ad.signal, salt=view.seed)]

    return Informer(name, offers, group=ad.author, signal=ad.signal or None)


def bazaar(
    world: World,
    states: Sequence[Mapping[str, int]],
    person: Person,
    config: Config,
    depth: int,
    slots: int,
    rounds: int,
) -> list[Way]:
    """The contractor reads what won attention; the person reads what was bought."""
    place = Bazaar(
        [informer(ad, person, config) for ad in ADS], slots, depth, rounds, cost=FlatCost(config.look),
        contractor=Bayesian(world), wealth=100.0,
    )  # fmt: skip
    buyer = Buyer(Choose("Which product?", ("none", *PRODUCTS)), 1.0)
    named = {f"{ad.author} {ad.signal or 'praise'}": ad for ad in ADS}
    found = []
    for state, result in zip(states, runs(place, buyer, states), strict=True):
        assert result.ledger.imbalance == 0
        read = [(named[r.informer], state.get(named[r.informer].signal, 0)) for r in result.receipts]
        slips = [slip for rounds_ in nested(result.market) for slip in rounds_.slips]
        flows = {
            "reading": config.look * len(read),
            "prices": 0.0,
            "sales": 0.0,
            "reviews": 0.0,
            "views": 0.0,
            "read": 0.0,
        }
        for slip in slips:
            reviewer = slip.informer.startswith("reviewer")
            price = to_credits(slip.price) * slip.bought
            flows["read"] += slip.paid is not None
            flows["views"] += 0.0 if reviewer else to_credits(slip.paid or 0)
            flows["reviews"] += price - to_credits(slip.paid or 0) if reviewer else 0.0
            flows["sales"] += 0.0 if reviewer else price
            flows["prices"] += price
        found.append(figures(world, state, person.choice(read), config, **flows))
    return found


def nested(market) -> Iterable:
    """A market and those of its contractors."""
    yield market
    for below in market.below.values():
        yield from nested(below)


def best(world: World, state: Mapping[str, int], config: Config) -> Way:
    """Everything is known that any of them knows."""
    assert isinstance(world.decision, Actions)
    return figures(world, state, int(world.decision.best(world.posterior(state))), config)


def unseen(world: World, state: Mapping[str, int], person: Person, config: Config) -> Way:
    """The review is bought by its title, if it can be expected to be worth its price and the reading of it."""
    review = ADS[-1]
    if world.ex_ante([review.signal]) <= config.look:
        return figures(world, state, person.choice([]), config)
    chosen = person.choice([(review, state[review.signal])])
    return figures(world, state, chosen, config, prices=review.price, reviews=review.price, reading=config.look, read=1)


def ways(world: World, config: Config, push: float) -> dict[str, Way]:
    """Expected figures of every way, exact."""
    states = [dict(zip(SIGNALS, values, strict=True)) for values in itertools.product((0, 1), repeat=len(SIGNALS))]
    person = Person(world, push)
    found = {
        "no adverts": [figures(world, state, person.choice([]), config) for state in states],
        "review by its title": [unseen(world, state, person, config) for state in states],
        "pay per view, 1 advert": [per_view(world, state, person, config, 1) for state in states],
        "pay per view, 2 adverts": [per_view(world, state, person, config, 2) for state in states],
        "pay per view, 4 adverts": [per_view(world, state, person, config, 4) for state in states],
        "bazaar, depth 1": bazaar(world, states, person, config, 1, 1, 2),
        "bazaar, depth 2": bazaar(world, states, person, config, 2, 1, 2),
        "bazaar, 2 slots": bazaar(world, states, person, config, 1, 2, 1),
        "all is known": [best(world, state, config) for state in states],
    }
    mass = np.array([world.probability(state) for state in states])
    return {name: Way(*(mass @ np.array(rows)).tolist()) for name, rows in found.items()}


def run(config: Config, context: Context) -> Report:
    """Every way in every market, for each push."""
    found: dict[float, dict[str, list[Way]]] = {}
    for push in config.pushes:
        for seed in range(config.seeds):
            for name, way in ways(market(np.random.default_rng([config.key, seed])), config, push).items():
                found.setdefault(push, {}).setdefault(name, []).append(way)
    names = list(found[config.pushes[0]])
    picture = cx.view.measured(
        {
            f"push {push:g}: {name}": dot(way.buyer for way in many[name])
            for push, many in found.items()
            for name in names[1:-1]
        },
        {
            f"push {push:g}: {name}": float(np.mean([way.buyer for way in many[names[0]]]))
            for push, many in found.items()
            for name in names[1:-1]
        },
        "welfare of the buyer, credits",
        "no adverts",
    )
    return Report([*findings(found)], {"bazaar_ads": picture}, text=TEXT + listed(found))


def findings(found: Mapping[float, Mapping[str, list[Way]]]) -> Iterable[Finding]:
    """What is asked."""
    for push, many in found.items():
        buyer = {name: np.array([way.buyer for way in rows]) for name, rows in many.items()}
        total = {name: np.array([way.total for way in rows]) for name, rows in many.items()}
        for bazaar_, rival in (
            ("bazaar, depth 2", "no adverts"),
            ("bazaar, depth 2", "review by its title"),
            ("bazaar, 2 slots", "pay per view, 2 adverts"),
            ("bazaar, depth 2", "pay per view, 4 adverts"),
            ("bazaar, depth 2", "bazaar, depth 1"),
        ):
            gain = buyer[bazaar_] - buyer[rival]
            yield Finding("ads", f"push {push:g}: buyer's welfare, {bazaar_} less {rival}", "above 0", told(gain), above(gain))  # fmt: skip
        gain = total["bazaar, depth 2"] - total["pay per view, 4 adverts"]
        yield Finding(
            "ads", f"push {push:g}: welfare of all, bazaar, depth 2 less pay per view, 4 adverts", "", told(gain),
            note="what adverts and looks cost counts as lost",
        )  # fmt: skip


def listed(found: Mapping[float, Mapping[str, list[Way]]]) -> str:
    """Means over markets."""
    rows = [
        (
            f"{push:g}",
            name,
            *(told(getattr(way, part) for way in rows) for part in ("right", "buyer", "sellers", "reviewer", "read")),
        )
        for push, many in found.items()
        for name, rows in many.items()
    ]
    return table(("push", "way", "right choice", "buyer", "sellers", "reviewer", "texts read"), rows)


TEXT = (
    PROGRAMS
    + "Two products, each good (worth 1 to the buyer) or bad (-1); a test and a hidden fault tell of each, a review compares them. "
    "A seller knows its own test and its rival's fault, says only what speaks for it, and can also praise itself and say nothing; "
    "it bids its margin where the text alone makes the sale, at a bazaar where a contractor would buy it. The reviewer lives by what it sells, so adverts per view have none. "
    "*Push* is an assumption: the log-odds by which an advert moves a person who reads it beyond what it says; the contractor, "
    "who takes each text for what it says, is held for immune. All texts are true but praise; sellers' silence is not read as bad news by either. "
    "What a person reads costs it attention: adverts that are paid by the view, and what it bought. "
    "Expectations are exact in each market; intervals are over markets.\n\n"
)
