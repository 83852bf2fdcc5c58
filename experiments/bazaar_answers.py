"""Answers from purchased passages: what inspection is worth beside titles alone, at each budget, and how near it comes to the best purchase there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
from _bazaar_worlds import LOOK, PROGRAMS, above, burned, dot, eager, runs, table, told

import catallax as cx
from catallax.core import MICRO
from catallax.lab import Context, Finding, Report
from catallax.language import Bazaar, Buyer, Choose, program_informer, worlds
from catallax.language.bazaar import AbstractInformer, Bayesian, FlatCost
from catallax.language.worlds import Actions, World


@dataclass(frozen=True)
class Config:
    """Settings."""

    seeds: int = 24
    """Shelves of passages."""
    episodes: int = 30
    """Questions drawn for each shelf and budget."""
    budgets: tuple[float, ...] = (0.05, 0.1, 0.2, 0.4)
    """Credits; the right answer is worth 1."""
    passages: int = 4
    """On a shelf."""
    dearest: float = 0.2
    """Prices are uniform from 0 to this."""
    key: int = 0
    """Seed of the run."""


WAYS = ("no market", "buy what fits", "titles alone", "bazaar", "bazaar, all looked at", "best purchase")
MARKETS = WAYS[3:5]


class Books(NamedTuple):
    """For every set of passages: its price, and the chance that the answer given by it is right, for each state of the world."""

    prices: np.ndarray
    right: np.ndarray
    """Axes `sets`, then the passages."""
    mass: np.ndarray
    sets: list[tuple[str, ...]]

    def affordable(self, budget: float) -> np.ndarray:
        """Numbers of the sets within a budget."""
        return np.flatnonzero(self.prices <= budget + 1e-12)


def books(world: World) -> Books:
    """By enumeration."""
    sets = [chosen for size in range(len(world.signals) + 1) for chosen in combinations(world.signals, size)]
    assert isinstance(world.decision, Actions)
    right = []
    for chosen in sets:
        said = np.broadcast_to(world.decision.best(world.seen(chosen)), world.joint.shape[1:])
        right.append(np.take_along_axis(world.joint, said[None], 0)[0])
    mass = world.joint.sum(0)
    right = np.divide(right, mass, out=np.zeros((len(sets), *mass.shape)), where=mass > 0)
    return Books(np.array([world.cost(chosen) for chosen in sets]), right, mass, sets)


def by_titles(found: Books, budget: float) -> int:
    """The set within a budget that is worth most before any text is seen."""
    within = found.affordable(budget)
    accuracy = (found.mass * found.right).reshape(len(found.sets), -1).sum(1)
    return int(within[np.argmax(accuracy[within] - found.prices[within])])


def exact(found: Books, budget: float) -> dict[str, tuple[float, float]]:
    """Accuracy and spending of each way that needs no market, expected."""
    within = found.affordable(budget)
    axes = tuple(range(1, found.right.ndim))
    accuracy = (found.mass * found.right).sum(axes)
    titles = by_titles(found, budget)
    most = max(within, key=lambda n: (len(found.sets[n]), -found.prices[n]))
    prices = found.prices.reshape(-1, *[1] * found.mass.ndim)
    best = within[np.argmax((found.right - prices)[within], axis=0)]
    seen = np.take_along_axis(found.right, best[None], 0)[0]
    return {
        "no market": (float(accuracy[0]), 0.0),
        "buy what fits": (float(accuracy[most]), float(found.prices[most])),
        "titles alone": (float(accuracy[titles]), float(found.prices[titles])),
        "best purchase": (float((found.mass * seen).sum()), float((found.mass * found.prices[best]).sum())),
    }


class Sold(NamedTuple):
    """What a market did on one shelf at one budget."""

    accuracy: float
    """Chance that the answer is right, averaged over the questions drawn."""
    spent: float
    burned: float
    """Of attention, for each question."""
    short: float
    """Of the best purchase in the same states, value less price."""
    gain: float
    """Value less price over that of the set bought by titles alone, in the same states."""
    exact: float
    """Share of questions in which it bought a set that is best of those that it looked at."""


def judged(found: Books, world: World, looked: Mapping[str, int]) -> np.ndarray:
    """What each set is worth less its price, to one who sees some of the passages."""
    cell = tuple(looked.get(name, slice(None)) for name in world.signals)
    mass, right = found.mass[cell], found.right[(slice(None), *cell)]
    return (mass * right).reshape(len(found.sets), -1).sum(1) / mass.sum() - found.prices


def sold(
    world: World, found: Books, informers: Sequence[AbstractInformer], budget: float, config: Config, seed: int
) -> Sold:
    """Run the bazaar on questions drawn from a shelf."""
    luck = np.random.default_rng([config.key, seed, 1])
    states = [world.draw(luck)[1] for _ in range(config.episodes)]
    bazaar = Bazaar(
        informers,
        slots=config.passages,
        rounds=1,
        cost=FlatCost(LOOK),
        wealth=float(config.episodes),
        contractor=Bayesian(world),
        seed=seed,
    )
    buyer = Buyer(Choose("Which is it?", tuple(map(str, range(len(world.joint))))), budget)
    titles = by_titles(found, budget)
    right, spent, short, gain, same = [], [], [], [], []
    for state, result in zip(states, runs(bazaar, buyer, states), strict=True):
        assert result.ledger.imbalance == 0
        cell = tuple(state[name] for name in world.signals)
        worth = found.right[(slice(None), *cell)] - found.prices
        names = tuple(sorted(receipt.teaser for receipt in result.receipts))
        bought = found.sets.index(names)
        looked = {good.teaser for look in result.seen for good in look.goods}
        within = found.affordable(budget)
        told = judged(found, world, {name: state[name] for name in looked})
        best = max(told[n] for n in within if set(found.sets[n]) <= looked)
        right.append(found.right[(bought, *cell)])
        spent.append(result.spent / MICRO)
        short.append(worth[within].max() - worth[bought])
        gain.append(worth[bought] - worth[titles])
        same.append(told[bought] >= best - 2e-6 * (1 + len(names)))  # prices are whole micro-credits
    cost = burned(bazaar.journal) / config.episodes
    means = [float(np.mean(each)) for each in (right, spent, short, gain, same)]
    return Sold(means[0], means[1], cost, *means[2:])


def run(config: Config, context: Context) -> Report:
    """Every way at every budget, on every shelf."""
    found: dict[tuple[float, str], list[tuple[float, float]]] = {}
    markets: dict[tuple[float, str], list[Sold]] = {}
    for seed in range(config.seeds):
        luck = np.random.default_rng([config.key, seed])
        world = worlds.passages(worlds.random_shelf(luck, config.passages, config.dearest))
        kept = books(world)
        informers = [program_informer(world, name) for name in world.signals]
        for budget in config.budgets:
            for way, pair in exact(kept, budget).items():
                found.setdefault((budget, way), []).append(pair)
            for way, sellers in zip(MARKETS, (informers, [eager(informer) for informer in informers]), strict=True):
                market = sold(world, kept, sellers, budget, config, seed)
                markets.setdefault((budget, way), []).append(market)
                found.setdefault((budget, way), []).append((market.accuracy, market.spent))
    picture = cx.view.measured(
        {f"{b:g}: {way}": dot(net(found[b, way])) for b in config.budgets for way in WAYS[1:5]},
        {f"{b:g}: {way}": float(np.mean(net(found[b, WAYS[-1]]))) for b in config.budgets for way in MARKETS},
        "by budget: right answers less prices, credits a question",
        "best purchase there is",
    )
    return Report([*findings(config, found, markets)], {"bazaar_answers": picture}, text=TEXT + listed(found))


def net(pairs: list[tuple[float, float]]) -> list[float]:
    """Value of the answers less what was paid, by shelf."""
    return [accuracy - spent for accuracy, spent in pairs]


def findings(config: Config, found: Mapping, markets: Mapping[tuple[float, str], list[Sold]]) -> Iterable[Finding]:
    """What is asked, budget by budget."""
    same = float(np.mean([market.exact for many in markets.values() for market in many]))
    yield Finding(
        "answers", "the contractor buys a best set of those it looks at, by enumeration", "always",
        f"in {100 * same:.1f} % of questions", same == 1.0,
    )  # fmt: skip
    for budget in config.budgets:
        gain = [market.gain for market in markets[budget, "bazaar"]]
        cost = np.mean([market.burned for market in markets[budget, "bazaar"]])
        yield Finding(
            "answers", f"budget {budget:g}: inspection less titles alone, credits a question", "above 0",
            told(gain), above(gain), f"burned for looking: {cost:.4f}",
        )  # fmt: skip
        per = {way: ratio(found[budget, way], found[budget, "no market"]) for way in WAYS[1:4]}
        yield Finding(
            "answers",
            f"budget {budget:g}: right answers gained for a credit",
            "",
            ", ".join(f"{way} {value:.2f}" for way, value in per.items()),
        )
        some, all_ = (told(market.short for market in markets[budget, way]) for way in MARKETS)
        yield Finding(
            "answers",
            f"budget {budget:g}: short of the best purchase, credits a question",
            "",
            some,
            note=f"{all_} where everyone bids at least what looking costs: bids by what a text would sell for alone leave out texts that sell beside others, and what the budget cannot pay is not looked at",
        )


def ratio(pairs: list[tuple[float, float]], without: list[tuple[float, float]]) -> float:
    """Accuracy gained over no market, for each credit spent, all shelves together."""
    gain = np.sum([a for a, _ in pairs]) - np.sum([a for a, _ in without])
    spent = np.sum([s for _, s in pairs])
    return float(gain / spent) if spent else 0.0


def listed(found: Mapping) -> str:
    """Accuracy, spending and their difference."""
    rows = [
        (f"{budget:g}", way, told(a for a, _ in pairs), told(s for _, s in pairs), told(net(pairs)))
        for (budget, way), pairs in sorted(found.items(), key=lambda item: (item[0][0], WAYS.index(item[0][1])))
    ]
    return table(("budget", "way", "right", "spent", "right less spent"), rows)


TEXT = (
    PROGRAMS
    + "A shelf has passages that may be fresh, contradictory, stale, copied or irrelevant; a title tells the chances "
    "and the price, the text which it is. *Titles alone* buys the best set by the titles, *buy what fits* as many as the budget "
    "allows, the *best purchase* looks at all texts for nothing and buys the best set within the budget. All of these are exact "
    "for each shelf; the bazaar is run on questions drawn from it. Intervals are over shelves.\n\n"
)
