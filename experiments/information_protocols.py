"""Ways to buy information in exact random worlds: what a look, a look at what helps to look, and reading the choice itself are worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

import catallax as cx
from catallax.core import MICRO, to_credits, to_micro
from catallax.lab import Context, Finding, Report
from catallax.language import Bazaar, Buyer, Forecast, worlds
from catallax.language.bazaar import AbstractContractor, Bayesian, Informer, Offer, Planned, Result, Rounds
from catallax.language.worlds import Offers, Plan, Recall, World


@dataclass(frozen=True)
class Config:
    """Settings."""

    worlds: int = 300
    """Random worlds in the sample that is compared with the prototype's."""
    more: int = 3_000
    """Random worlds from the same distribution, for its means."""
    spread: float = 0.7
    """Of the values of the signals, a Dirichlet distribution; fitted."""
    opinion: float = 0.6
    """Of the event given the signals, a Beta distribution; fitted."""
    dearest: float = 0.05
    """Prices are uniform from 0 to this, credits."""
    families: tuple[tuple[float, float], ...] = (
        (2.0, 1.0),
        (1.0, 1.0),
        (0.5, 1.0),
        (1.4, 0.7),
        (1.2, 0.6),
        (1.0, 0.5),
        (0.5, 0.5),
        (1.0, 0.6),
        (0.7, 0.7),
        (0.5, 0.6),
        (0.7, 0.6),
    )
    """Pairs of spread and opinion among which the prototype's distribution is looked for; (2a, a) is Dirichlet(a) over all cells."""
    searched: int = 400
    """Random worlds for each of them."""
    walked: int = 20
    """Random worlds in which the tables are checked case by case, for each of four depths."""
    played: int = 300
    """Random worlds of the sample in which every case is played in a bazaar, for money."""
    key: int = 0
    """Seed of the run."""


OFFERS = (("I1", "I2"), ("I3",))
PROTOTYPE = {
    "no inspection": -0.628,
    "one level": -0.533,
    "successive": -0.508,
    "recursive": -0.461,
    "selection-aware": -0.453,
}
PROTOTYPE_WORLDS = 300
DEEP = (OFFERS, (("I1",), ("I2",), ("I3",)), (("I1", "I2"), ("I3", "I4")), (("I1",), ("I2",), ("I3",), ("I4",)))


def run(config: Config, context: Context) -> Report:
    """Enumerate every protocol in every world, and compare with the prototype."""
    values = drawn(config, config.worlds, config.spread, config.opinion, config.key)
    many = drawn(config, config.more, config.spread, config.opinion, config.key + 1)
    findings = [
        *means(values, many),
        *orders(values, many),
        *started(config),
        depths(config),
        *money(config),
        *examples(),
    ]
    text, family = families(config)
    picture = cx.view.measured(
        {name: (float(values[name].mean()), error(values[name])) for name in values},
        PROTOTYPE,
        "log score less prices, nats",
        "prototype, 300 worlds",
    )
    return Report([*findings, *family], {"information_protocols": picture}, text=TEXT + text)


TEXT = (
    "Log score of the report less the prices of everything bought, exact in each world. `I1` and `I2` are offered for the report, `I3` to "
    "whoever chooses among them. The figures to compare with are those of a prototype on 300 random worlds whose prices were uniform from "
    "0 to 0.05; how it drew its tables is not stated. Ours are from `P(i) ~ Dirichlet(0.7)` and `P(E | i) ~ Beta(0.6, 0.6)`: two numbers "
    "chosen to fit five, so that all five fit says that the protocols agree, not that this is the prototype's distribution.\n\n"
)


def drawn(config: Config, count: int, spread: float, opinion: float, seed: int) -> dict[str, np.ndarray]:
    """The value of each protocol in each of many worlds."""
    luck = np.random.default_rng(seed)
    many = [worlds.random_world(luck, 3, spread, opinion, config.dearest) for _ in range(count)]
    return {name: np.array(found) for name, found in zip(PROTOTYPE, zip(*map(valued, many)), strict=True)}


def valued(world: World) -> tuple[float, ...]:
    """By the protocols in their order."""
    ways = (worlds.one_level, worlds.successive, worlds.recursive, worlds.selection_aware)
    return worlds.none(world).value, *(way(world, OFFERS).value for way in ways)


def error(values: np.ndarray) -> float:
    """Standard error of the mean."""
    return float(values.std(ddof=1)) / len(values) ** 0.5


def means(values: dict[str, np.ndarray], many: dict[str, np.ndarray]) -> Iterable[Finding]:
    """The five means beside the prototype's."""
    for name, theirs in PROTOTYPE.items():
        mine, se = float(values[name].mean()), error(values[name])
        both = (se**2 + se**2 * len(values[name]) / PROTOTYPE_WORLDS) ** 0.5
        yield Finding(
            "protocols",
            f"{name}: mean log score less prices",
            f"{theirs:.3f}, within two standard errors of the difference of two samples",
            f"{mine:.3f} ± {se:.3f}",
            abs(mine - theirs) <= 2 * both,
            f"{many[name].mean():.4f} ± {error(many[name]):.4f} in {len(many[name]):,} other worlds",
        )


def orders(values: dict[str, np.ndarray], many: dict[str, np.ndarray]) -> Iterable[Finding]:
    """Which is at least as good as which, world by world."""
    for better, worse in (
        ("one level", "no inspection"),
        ("successive", "one level"),
        ("recursive", "one level"),
        ("selection-aware", "recursive"),
    ):
        held, others = (sample[better] >= sample[worse] - 1e-12 for sample in (values, many))
        yield Finding(
            "protocols",
            f"{better} is at least as good as {worse}",
            "in all worlds",
            f"in {held.sum()} of {held.size}",
            bool(held.all()),
            f"in {others.sum():,} of {others.size:,} other worlds",
        )
    held, others = (sample["selection-aware"] >= sample["successive"] - 1e-12 for sample in (values, many))
    yield Finding(
        "protocols",
        "selection-aware, started from recursive, is at least as good as successive",
        "",
        f"in {held.sum()} of {held.size}; in {others.sum():,} of {others.size:,} others",
        note="no theorem: taking turns improves on where it starts, and on nothing else",
    )
    short = many["successive"] - many["recursive"]
    lost = short[short > 1e-12]
    sizes = f", short by {lost.min():.5f} to {lost.max():.4f}" if lost.size else ""
    held = values["recursive"] >= values["successive"] - 1e-12
    yield Finding(
        "protocols",
        "recursive, by contents alone, is at least as good as successive",
        "",
        f"in {held.sum()} of {held.size}; in {short.size - lost.size:,} of {short.size:,} others{sizes}",
        note="the prototype: in 297 of 300, short by 0.0004 to 0.0010; the better of the two selection-aware plans never is",
    )


def started(config: Config) -> Iterable[Finding]:
    """Where taking turns ends, by where it begins."""
    luck = np.random.default_rng(config.key)
    found = []
    for _ in range(config.worlds):
        world = worlds.random_world(luck, 3, config.spread, config.opinion, config.dearest)
        found.append(
            [
                worlds.selection_aware(world, OFFERS, start=start).value
                for start in (worlds.recursive, worlds.successive)
            ]
        )
    recursive, successive = np.transpose(found)
    better = np.maximum(recursive, successive)
    plain = drawn(config, config.worlds, config.spread, config.opinion, config.key)["successive"]
    held = better >= plain - 1e-12
    yield Finding(
        "protocols",
        "selection-aware, the better of two starts, is at least as good as successive",
        "in all worlds",
        f"in {held.sum()} of {held.size}",
        bool(held.all()),
    )
    yield Finding(
        "protocols",
        "selection-aware, the better of starts from recursive and from successive",
        "",
        f"{better.mean():.3f} ± {error(better):.3f}",
        note=f"from successive alone {successive.mean():.3f}; better than from recursive in {np.sum(successive > recursive + 1e-9)} worlds: taking turns need not end in the best plan",
    )


def depths(config: Config) -> Finding:
    """Tables beside a walk through every case."""
    luck, largest, count = np.random.default_rng(config.key), 0.0, 0
    for offers in DEEP:
        for _ in range(config.walked):
            world = worlds.random_world(luck, sum(map(len, offers)), config.spread, config.opinion, config.dearest)
            for way, recall in ((worlds.recursive, worlds.everything), (worlds.successive, worlds.nearest)):
                largest = max(largest, abs(way(world, offers).value - worlds.walked(world, offers, recall)))
                count += 1
    return Finding(
        "protocols", "depths 2 to 4, 3 and 4 signals: tables and a walk case by case agree", "to 1e-12",
        f"to {largest:.0e} in {count} plans", largest <= 1e-12,
    )  # fmt: skip


class Way(NamedTuple):
    """A bazaar for a plan: who judges, and what is still known further out of what was bought further in."""

    plan: Plan
    contractor: AbstractContractor
    recall: Recall = worlds.everything


def ways(world: World) -> dict[str, Way]:
    """By protocol. The Bayesian knows nothing of plans; what the selection-aware agree on has to be told them."""
    aware = worlds.selection_aware(world, OFFERS)
    return {
        "no inspection": Way(worlds.none(world), Bayesian(world)),
        "one level": Way(worlds.one_level(world, OFFERS), Bayesian(world)),
        "successive": Way(worlds.successive(world, OFFERS), Bayesian(world), worlds.nearest),
        "recursive": Way(worlds.recursive(world, OFFERS), Bayesian(world)),
        "selection-aware": Way(aware, Planned(aware)),
    }


def priced(world: World) -> World:
    """The same world at prices of whole micro-credits."""
    prices = {name: to_credits(to_micro(price)) for name, price in world.prices.items()}
    return World(world.joint, world.decision, world.signals, prices, world.question)


def seller(world: World, name: str, depth: int) -> Informer:
    """Offers a signal to one level."""

    def offers(view):
        if view.brief.depth != depth:
            return []
        return [Offer.of(f"{name}={view.own}", world.prices[name], 0.01, name, salt=view.seed)]

    return Informer(name, offers, signal=name)


def ballast(view) -> list[Offer]:
    """Something dear and worthless: a contractor may spend a share of what is at stake, and plans know no such bound."""
    return [Offer.of("nothing", 0.9 * to_credits(view.brief.budget), 0.01, salt=view.seed)]


def arena(way: Way, offers: Offers) -> Bazaar:
    """A bazaar in which all that is offered to a level is looked at, once."""
    sellers = [seller(way.plan.world, name, depth) for depth, level in enumerate(offers) for name in level]
    return Bazaar(
        [*sellers, Informer("ballast", ballast)], slots=len(sellers) + 1, depth=len(way.plan.offers), rounds=1,
        contractor=way.contractor, recall=way.recall, wealth=100.0, shrink=0.99,
    )  # fmt: skip


def states(world: World) -> Iterable[Mapping[str, int]]:
    """All that can be."""
    for values in np.ndindex(*world.joint.shape[1:]):
        state = dict(zip(world.signals, map(int, values), strict=True))
        if world.probability(state):
            yield state


def bought(market: Rounds, levels: int) -> tuple[tuple[str, ...], ...]:
    """Names of what was bought at each depth, also where it was forgotten; in one round."""
    mine = tuple(sorted(slip.teaser for slip in market.slips if slip.bought))
    return (mine, *bought(market.below[0] if market.below else Rounds(), levels - 1)) if levels else ()


def as_planned(plan: Plan, state: Mapping[str, int], result: Result) -> bool:
    """Whether just that was bought, at just those levels, and the report is what it should be."""
    wanted = plan.play(state)
    same = bought(result.market, len(plan.offers)) == wanted.bought
    spent = result.spent == to_micro(wanted.spent)
    return same and spent and np.allclose(result.output, wanted.belief, rtol=0, atol=1e-12)


def money(config: Config) -> Iterable[Finding]:
    """Every case of many worlds played in bazaars, beside the plans."""
    luck = np.random.default_rng(config.key)
    planned: dict[str, list[float]] = {name: [] for name in PROTOTYPE}
    gained: dict[str, list[float]] = {name: [] for name in PROTOTYPE}
    same, cases, imbalance = dict.fromkeys(PROTOTYPE, 0), 0, 0
    for _ in range(config.played):
        world = priced(worlds.random_world(luck, 3, config.spread, config.opinion, config.dearest))
        cases += len(list(states(world)))
        for name, way in ways(world).items():
            market, total = arena(way, OFFERS), 0.0
            for state in states(world):
                result = market.run(Buyer(Forecast(world.question, 0.5), budget=1.0), state)
                score = float(world.posterior(state) @ world.decision.payoffs(np.array(result.output)))
                total += world.probability(state) * (score - result.spent / MICRO)
                same[name] += as_planned(way.plan, state, result)
            planned[name].append(way.plan.value)
            gained[name].append(total)
            imbalance += market.journal.audit()
    for name in PROTOTYPE:
        theirs, mine = np.array(planned[name]), np.array(gained[name])
        away = float(np.abs(theirs - mine).max())
        yield Finding(
            "protocols", f"{name}, played for money: mean log score less what was paid, {config.played} worlds",
            "the plan's in each world to 1e-12, and every purchase and report as planned",
            f"{mine.mean():.4f}, the plan's {theirs.mean():.4f}, to {away:.0e}; {same[name]:,} of {cases:,} cases as planned",
            away <= 1e-12 and same[name] == cases, "prices in whole micro-credits",
        )  # fmt: skip
    yield Finding("protocols", "imbalance of all these books, micro-credits", "0", str(imbalance), imbalance == 0)


def examples() -> Iterable[Finding]:
    """Worlds whose answer is known."""
    check = worlds.fact_check()
    nats = [check.information(names) for names in (["I1"], ["I2"], ["I1", "I2"])]
    wanted = (0.021673, 0.001188, 0.024431)
    yield Finding(
        "protocols", "fact check: nats that I1, I2 and both tell of E", ", ".join(map(str, wanted)),
        ", ".join(f"{value:.6f}" for value in nats), bool(np.allclose(nats, wanted, atol=5e-7)),
    )  # fmt: skip
    legume, meals = worlds.legume(), ("rice", "raw legumes", "boiled legumes")
    ends = [
        way(legume, [["I1"], ["I2"]]).play({"I1": 1, "I2": 1}).belief
        for way in (worlds.one_level, worlds.successive, worlds.recursive)
    ]
    cook = legume.decision
    assert isinstance(cook, worlds.Actions)
    eaten = ", ".join(meals[int(cook.best(belief))] for belief in ends)
    wanted = "raw legumes, rice, boiled legumes"
    yield Finding(
        "protocols",
        "legumes that are better boiled: one level, successive, recursive eat",
        wanted,
        eaten,
        eaten == wanted,
    )


def families(config: Config) -> tuple[str, list[Finding]]:
    """How far each family of random tables is from the prototype's five means."""
    rows = []
    for spread, opinion in config.families:
        table = np.array(list(drawn(config, config.searched, spread, opinion, config.key + 2).values()))
        away = table.mean(1) - list(PROTOTYPE.values())
        cover = np.cov(table) * (1 / PROTOTYPE_WORLDS + 1 / config.searched)
        held = np.mean(table[3] >= table[2] - 1e-12)
        rows.append((float(away @ np.linalg.solve(cover, away)), spread, opinion, table.mean(1), held))
    rows.sort(key=lambda row: row[0])
    lines = ["| P(i) ~ Dirichlet | P(E \\| i) ~ Beta | " + " | ".join(PROTOTYPE) + " | recursive ≥ successive | chi² |"]
    lines.append("|---" * (len(PROTOTYPE) + 4) + "|")
    lines += [
        f"| {spread:g} | {opinion:g} | "
        + " | ".join(f"{mean:.3f}" for mean in found)
        + f" | {100 * held:.1f} % | {far:.1f} |"
        for far, spread, opinion, found, held in rows
    ]
    best = rows[0]
    told = f"Distance of the five means from the prototype's, chi² with 5 degrees of freedom, {config.searched:,} worlds each; Dirichlet(a) over all cells at once is (2a, a).\n\n"
    finding = Finding(
        "protocols",
        "random tables nearest to the prototype's means, of those tried",
        "",
        f"P(i) ~ Dirichlet({best[1]:g}), P(E | i) ~ Beta({best[2]:g}): chi² {best[0]:.1f}",
        note="the source does not state its distribution",
    )
    return told + "\n".join(lines), [finding]
