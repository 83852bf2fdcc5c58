"""Is this post misleading? Notes sold at a bazaar with delayed resolution and challenges, beside a bridging score of simulated raters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from _bazaar_worlds import LOOK, PROGRAMS, above, dot, eager, runs, table, told

import catallax as cx
from catallax.core import MICRO
from catallax.lab import Context, Finding, Report
from catallax.language import Bazaar, Buyer, Forecast, program_informer, worlds
from catallax.language.bazaar import Bayesian, FlatCost, Informer
from catallax.language.worlds import World


@dataclass(frozen=True)
class Config:
    """Settings."""

    seeds: int = 20
    """Sites, each with its writers, posts and raters."""
    posts: int = 200
    """On a site; the second half counts."""
    misleading: float = 0.4
    """Share of posts."""
    audited: float = 0.25
    """Share of posts whose notes are all bought, so that writers' records can be kept."""
    delay: int = 40
    """Posts until it is known whether one was misleading."""
    price: float = 0.02
    """Of a note, credits; the reader pays a credit for a nat."""
    raters: int = 100
    """On a site, half on each side."""
    ratings: int = 20
    """Of each note."""
    knows: float = 0.7
    """Chance that a rater who is fair judges a post rightly."""
    partisan: tuple[float, ...] = (0.0, 0.4, 0.8)
    """Shares of ratings given by side alone."""
    fooled: tuple[float, ...] = (0.0, 0.3)
    """Shares of posts on which raters of both sides are mostly wrong."""
    key: int = 0
    """Seed of the run."""


WRITERS = ("expert", "amateur", "left", "right")
MARKETS = ("bazaar, depth 1", "bazaar, depth 2: challenges")
THRESHOLD, LEAST = 0.40, 5
"""Intercept and ratings from which on a note is shown, as the public guide of Community Notes tells them."""
INTERCEPTS, FACTORS = 0.15, 0.03
"""Regularisation of intercepts and of factors in its published code: 5 x 0.03 and 0.03."""


SHARE = 0.9
"""Of the price of a note, for challenges to it."""


class Site(NamedTuple):
    """What happens on a site; axes `posts`, `posts writers`."""

    misleading: np.ndarray
    side: np.ndarray
    """Whom a post helps, 0 or 1."""
    says: np.ndarray
    """Whether a writer holds the post for misleading."""
    audited: np.ndarray


def site(config: Config, luck: np.random.Generator) -> Site:
    """Two writers know something, two write against the posts of the other side."""
    truth = luck.random(config.posts) < config.misleading
    side = luck.integers(2, size=config.posts)
    skill = luck.uniform((0.85, 0.6), (0.95, 0.75))
    right = luck.random((config.posts, 2)) < skill
    party = np.where(luck.random((config.posts, 2)) < 0.9, np.stack([side == 1, side == 0], 1), luck.random((config.posts, 2)) < 0.5)  # fmt: skip
    says = np.concatenate([np.where(right, truth[:, None], ~truth[:, None]), party], 1)
    return Site(truth.astype(int), side, says.astype(int), luck.random(config.posts) < config.audited)


def records(config: Config, found: Site, side: int, now: int) -> World:
    """What the audits of posts that are resolved tell of the writers: `P(says | misleading)` on posts of one side, two notes' worth of trust in advance."""
    seen = (np.arange(config.posts) < now - config.delay) & found.audited & (found.side == side)
    joint = np.array([config.misleading, 1 - config.misleading])
    for writer in range(len(WRITERS)):
        chance = []
        for truth, prior in ((1, 1.2), (0, 0.8)):
            those = seen & (found.misleading == truth)
            chance.append((found.says[those, writer].sum() + prior) / (those.sum() + 2))
        one = np.array(chance).reshape(2, *[1] * writer)
        joint = joint[..., None] * np.stack([1 - one, one], -1)
    return World(joint, signals=WRITERS, prices=dict.fromkeys(WRITERS, config.price), question="misleading")


class Way(NamedTuple):
    """By post that counts: the chance given to "misleading", and what was spent."""

    chance: np.ndarray
    spent: np.ndarray


def counted(config: Config, found: Site) -> np.ndarray:
    """The posts that count: of the second half, those that were not audited."""
    posts = np.arange(config.posts)
    return posts[(posts >= config.posts // 2) & ~found.audited]


def writer(world: World, name: str, config: Config) -> Informer:
    """Sells its note, and as a challenge to another note, which a part of that note's price has to pay, a little cheaper."""
    note = eager(program_informer(world, name, config.price))
    challenge = eager(program_informer(world, name, SHARE * config.price))
    return Informer(name, lambda view: (challenge if view.brief.parent else note).offers(view), signal=name)


def sold(config: Config, found: Site, depth: int, seed: int, earned: dict[str, float]) -> Way:
    """The bazaar: one note is looked at in each of two rounds; at depth 2 it can be challenged before it is bought."""
    chance, spent = [], []
    batch = 20
    for now in range(config.posts // 2, config.posts, batch):
        for side in range(2):
            posts = [post for post in counted(config, found) if now <= post < now + batch and found.side[post] == side]
            world = records(config, found, side, now)
            informers = [writer(world, name, config) for name in WRITERS]
            bazaar = Bazaar(
                informers,
                1,
                depth,
                2,
                cost=FlatCost(LOOK),
                contractor=Bayesian(world),
                wealth=10.0,
                shrink=SHARE,
                seed=seed,
            )
            buyer = Buyer(Forecast(world.question, config.misleading), 1.0)
            states = [dict(zip(WRITERS, map(int, found.says[post]), strict=True)) for post in posts]
            for post, result in zip(posts, runs_of(bazaar, buyer, states), strict=True):
                chance.append((post, result.output[0], result.spent / MICRO))
            for name in WRITERS:
                earned[name] = earned.get(name, 0.0) + bazaar.journal[f"informer:{name}"] / MICRO - 10.0
    chance.sort()
    spent = np.array([row[2] for row in chance])
    return Way(np.array([row[1] for row in chance]), spent)


def runs_of(bazaar: Bazaar, buyer: Buyer, states: list) -> list:
    """Runs, if there are any."""
    return runs(bazaar, buyer, states) if states else []


def unseen(config: Config, found: Site) -> dict[str, Way]:
    """No market, notes bought by their writers' records alone, and all notes; by the same records."""
    ways: dict[str, list[tuple[float, float]]] = {"no market": [], "records alone": [], "buy all": []}
    for post in counted(config, found):
        world = records(config, found, int(found.side[post]), post - post % 20)
        says = dict(zip(WRITERS, map(int, found.says[post]), strict=True))
        plan = worlds.ex_ante(world, [WRITERS]).play(says)
        ways["no market"].append((config.misleading, 0.0))
        ways["records alone"].append((float(plan.belief[0]), plan.spent))
        ways["buy all"].append((float(world.posterior(says)[0]), config.price * len(WRITERS)))
    return {name: Way(*np.array(rows).T) for name, rows in ways.items()}


def rated(
    config: Config, found: Site, partisan: float, fooled: float, luck: np.random.Generator
) -> tuple[np.ndarray, ...]:
    """Raters, notes and whether each rating is "helpful"; with the post of each note."""
    posts, _ = np.nonzero(found.says)
    hard = luck.random(config.posts) < fooled
    raters = np.stack([luck.permutation(config.raters)[: config.ratings] for _ in posts])
    post = np.broadcast_to(posts[:, None], raters.shape)
    knows = np.where(hard, 1 - config.knows, config.knows)[post]
    fair = np.where(luck.random(raters.shape) < knows, found.misleading[post], 1 - found.misleading[post])
    against = (raters % 2) != found.side[post]
    helpful = np.where(luck.random(raters.shape) < partisan, against, fair)
    notes = np.broadcast_to(np.arange(len(posts))[:, None], raters.shape)
    return raters.ravel(), notes.ravel(), helpful.ravel().astype(float), posts


def bridging(
    raters: np.ndarray, notes: np.ndarray, helpful: np.ndarray, luck: np.random.Generator, sweeps: int = 100
) -> np.ndarray:
    """Intercepts of notes: `min mean (r - mu - i_u - i_n - f_u f_n)^2 + l_i (mu^2 + mean i_u^2 + mean i_n^2) + l_f (mean f_u^2 + mean f_n^2)`.

    By alternating least squares. What both sides find helpful has a high intercept; what one side does is explained by the factors.

    Source: the published scoring of Community Notes, whose loss this is (without its later refinements).
    """
    sides = (raters, notes)
    counts = [int(index.max()) + 1 for index in sides]
    intercepts = [np.zeros(count) for count in counts]
    factors = [luck.normal(0, 0.3, count) for count in counts]
    for _ in range(sweeps):
        rest = helpful - sum(i[index] for i, index in zip(intercepts, sides)) - factors[0][raters] * factors[1][notes]
        middle = rest.mean() / (1 + INTERCEPTS)
        for mine in (0, 1):
            index, other, each = sides[mine], sides[1 - mine], len(helpful) / counts[mine]
            target, slope = helpful - middle - intercepts[1 - mine][other], factors[1 - mine][other]
            ones, s, ss, t, st = (
                np.bincount(index, weights, counts[mine])
                for weights in (np.ones_like(target), slope, slope**2, target, slope * target)
            )
            ones, ss = ones + INTERCEPTS * each, ss + FACTORS * each
            size = ones * ss - s**2
            intercepts[mine], factors[mine] = (t * ss - s * st) / size, (ones * st - s * t) / size
    return intercepts[1]


def crowd(config: Config, found: Site, partisan: float, fooled: float, luck: np.random.Generator) -> dict[str, float]:
    """Share of the posts that count which a crowd judges rightly; a post is held for misleading if a note of it is shown."""
    raters, notes, helpful, posts = rated(config, found, partisan, fooled, luck)
    intercepts = bridging(raters, notes, helpful, luck)
    ratings = np.bincount(notes)
    enough, share = ratings >= LEAST, np.bincount(notes, helpful) / ratings
    audits = np.flatnonzero(found.audited & (np.arange(config.posts) < config.posts // 2 - config.delay))
    these = counted(config, found)

    def right(shown: np.ndarray, among: np.ndarray) -> float:
        return float(np.mean(np.isin(among, posts[enough & shown]) == found.misleading[among]))

    bars = np.linspace(-0.5, 0.8, 27)
    learnt = max(bars, key=lambda bar: right(intercepts >= bar, audits)) if len(audits) else THRESHOLD
    return {
        "bridging": right(intercepts >= THRESHOLD, these),
        "bridging, threshold by audits": right(intercepts >= learnt, these),
        "bridging, best threshold": max(right(intercepts >= bar, these) for bar in bars),
        "majority": right(share > 0.5, these),
    }


def worth(config: Config, way: Way, truth: np.ndarray) -> float:
    """`ln r_y / p_y` less what was spent, credits a post: what the reader is paid for and pays."""
    odds = np.where(truth, way.chance / config.misleading, (1 - way.chance) / (1 - config.misleading))
    return float(np.mean(np.log(np.maximum(odds, 1e-12)) - way.spent))


def run(config: Config, context: Context) -> Report:
    """Every way on every site."""
    right: dict[str, list[float]] = {}
    spent: dict[str, list[float]] = {}
    value: dict[str, list[float]] = {}
    crowds: dict[tuple[float, float, str], list[float]] = {}
    money: dict[tuple[str, str], list[float]] = {}
    for seed in range(config.seeds):
        luck = np.random.default_rng([config.key, seed])
        found = site(config, luck)
        truth = found.misleading[counted(config, found)]
        ways = unseen(config, found)
        for depth, name in enumerate(MARKETS, 1):
            earned: dict[str, float] = {}
            ways[name] = sold(config, found, depth, seed, earned)
            for who, credits in earned.items():
                money.setdefault((name, who), []).append(credits / len(truth))
        for name, way in ways.items():
            right.setdefault(name, []).append(float(np.mean((way.chance > 0.5) == truth)))
            spent.setdefault(name, []).append(float(way.spent.mean()))
            value.setdefault(name, []).append(worth(config, way, truth))
        for partisan in config.partisan:
            for fooled in config.fooled:
                for name, share in crowd(config, found, partisan, fooled, luck).items():
                    crowds.setdefault((partisan, fooled, name), []).append(share)
    dots = {name: dot(values) for name, values in right.items()}
    dots |= {f"{name}, partisan {p:g}, fooled {f:g}": dot(values) for (p, f, name), values in crowds.items() if name != "majority"}  # fmt: skip
    picture = cx.view.measured(dots, {}, "share of posts judged rightly")
    rows = findings(config, right, spent, value, crowds, money)
    return Report(
        [*rows], {"bazaar_notes": picture}, text=TEXT + listed(right, spent, value, crowds) + "\n\n" + incomes(money)
    )


def findings(
    config: Config, right: Mapping, spent: Mapping, value: Mapping, crowds: Mapping, money: Mapping
) -> Iterable[Finding]:
    """What is asked."""
    deep = right["bazaar, depth 2: challenges"]
    for name in ("no market", "bazaar, depth 1", "records alone", "buy all"):
        asked = name == "no market"
        gain = np.subtract(deep, right[name])
        yield Finding(
            "notes", f"judged rightly, bazaar with challenges less {name}", "above 0" if asked else "", told(gain),
            above(gain) if asked else None, f"spent on a post {np.mean(spent['bazaar, depth 2: challenges']):.4f} and {np.mean(spent[name]):.4f}",
        )  # fmt: skip
        less = np.subtract(value["bazaar, depth 2: challenges"], value[name])
        yield Finding("notes", f"nats less prices, bazaar with challenges less {name}, credits a post", "", told(less))
    for partisan in config.partisan:
        for fooled in config.fooled:
            others = {name: values for (p, f, name), values in crowds.items() if (p, f) == (partisan, fooled)}
            hindsight = others.pop("bridging, best threshold")
            best = max(others, key=lambda name: np.mean(others[name]))
            yield Finding(
                "notes", f"raters partisan {partisan:g}, fooled {fooled:g}: judged rightly, bazaar with challenges less the best score of the crowd", "",
                told(np.subtract(deep, others[best])),
                note=f"{best}; {told(np.subtract(deep, hindsight))} less bridging at the threshold that is best in hindsight",
            )  # fmt: skip
    for name in MARKETS:
        gain = np.subtract(money[name, "expert"], np.maximum(money[name, "left"], money[name, "right"]))
        yield Finding("notes", f"{name}: earned by the expert less by the better of the partisans, credits a post", "above 0", told(gain), above(gain))  # fmt: skip
        kept = np.sum([np.mean(money[name, who]) for who in WRITERS]) / np.mean(spent[name])
        yield Finding(
            "notes", f"{name}: share of what readers pay that writers keep", "", f"{kept:.2f}",
            note="the rest is burned: writers outbid each other for one slot of attention",
        )  # fmt: skip


def listed(right: Mapping, spent: Mapping, value: Mapping, crowds: Mapping) -> str:
    """Means over sites."""
    rows = [(name, "", told(values), told(spent[name]), told(value[name])) for name, values in right.items()]
    rows += [
        (name, f"partisan {partisan:g}, fooled {fooled:g}", told(values), "", "")
        for (partisan, fooled, name), values in crowds.items()
    ]
    return table(
        ("way", "raters", "judged rightly", "spent on a post, credits", "nats less prices, credits a post"), rows
    )


def incomes(money: Mapping) -> str:
    """What writers earn, by market."""
    rows = [(name, *(told(money[name, who]) for who in WRITERS)) for name in MARKETS]
    return table(("earned on a post, credits", *WRITERS), rows)


TEXT = (
    PROGRAMS
    + "An expert, an amateur and two partisans write notes; 0.4 of the posts are misleading. At the bazaar the reader's records of writers "
    "come from audits of posts that are resolved by then; the contractor infers exactly by these records. *Records alone* buys the best set of notes "
    "before it sees any. The bridging score factorises all ratings of the site in hindsight, with the loss and the regularisation of the published code of "
    "Community Notes and none of its refinements, and shows a note from an intercept of 0.40 and 5 ratings on (public guide); a post is judged misleading if a "
    "note of it is shown. That threshold was set for other people: *threshold by audits* takes the one that does best on the audits of the first half, from which the "
    "reader learns as well, *best threshold* the best one for each site in hindsight, *majority* shows a note that more than half of its raters find helpful. "
    "Raters cost nothing here, and audits do. Who knows how much is assumed (a fair rater is right with the chance 0.7, the expert with 0.85 to 0.95): "
    "the rows show what each way depends on, and not which is better on a real site. Intervals are over sites.\n\n"
)
