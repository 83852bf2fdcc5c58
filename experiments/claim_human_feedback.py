"""Many consumers with different wishes in place of one reward: who is represented, who gains by lying, who is told the truth."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain, combinations
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from _sources import PAPER, POST
from _weather_market import said, weather_stall

import catallax as cx
from catallax.core import MICRO
from catallax.lab import Claim, Context, Finding, Report, markdown_table
from catallax.lab.statistics import Paired, interval, paired
from catallax.language.feedback import (
    Audited,
    Counterfactual,
    Royalty,
    Trusting,
    average,
    borda,
    bradley_terry,
    choices,
    maximal_lottery,
)


class Society(NamedTuple):
    """Groups with wishes."""

    likes: np.ndarray
    """What each option is worth to one of each group, 0 to 1."""
    people: np.ndarray
    wealth: np.ndarray

    @classmethod
    def of(cls, likes: list[list[float]], people: list[float], wealth: list[float] | None = None) -> Society:
        """Wealth is as people are, unless told."""
        return cls(np.array(likes), np.array(people), np.array(people if wealth is None else wealth))


OPPOSED = [[1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0]]
SOCIETIES = {
    "opposed": Society.of(OPPOSED, [0.6, 0.3, 0.1]),
    "opposed with a rich few": Society.of(OPPOSED, [0.6, 0.3, 0.1], [0.2, 0.3, 0.5]),
    "compromise": Society.of([[1.0, 0, 0.6], [0, 1.0, 0.6], [0.2, 0.2, 1.0]], [0.45, 0.4, 0.15]),
    "shared wish": Society.of([[1.0, 0, 0.1], [0.9, 0.1, 0], [0, 1.0, 0.2]], [0.3, 0.25, 0.45]),
    "cycle": Society.of([[1.0, 0.6, 0], [0, 1.0, 0.6], [0.6, 0, 1.0]], [0.4, 0.35, 0.25]),
}


@dataclass(frozen=True)
class Config:
    """Settings."""

    societies: tuple[str, ...] = tuple(SOCIETIES)
    """Who wants what."""
    seeds: int = 12
    """Independent runs of everything."""
    ticks: int = 40_000
    """Of a market, over all instances."""
    instances: int = 8
    """Parallel worlds of a market."""
    answers: int = 600
    """Ratings, or choices between two, that raters give; so many for every rule."""
    pace: float = 0.005
    """Share of its purse that a consumer pays at most for one service."""
    exploration: float = 0.05
    """Chance that a sale goes to anybody."""
    mistakes: tuple[float, ...] = (0.0, 0.2, 0.4, 0.6)
    """Parts of the raters' answers, and of consumers' money, that are given by chance."""
    profiles: int = 300
    """Random electorates on which the fit of Bradley and Terry is compared with Borda."""
    goals: int = 200
    """Questions on the test-bed where the truth is known."""
    steps: int = 400
    """Updates of a policy there."""
    key: int = 0
    """Seed of the run."""


AVERAGED, FITTED, LOTTERY, DICTATOR, MARKET = "averaged reward", "reward fitted to choices", "maximal lottery", "random rater", "market"  # fmt: skip
NAMES = "market, an income for each name"
WAYS = (AVERAGED, FITTED, LOTTERY, DICTATOR, MARKET)
DIVERSE = PAPER.format("section 2.1")


def run(config: Config, context: Context) -> Report:
    """Representation, lies, mistakes, and truth."""
    return Report.joined([represented(config), mistaken(config), manipulated(config), truthful(config)])


def chosen(config: Config) -> dict[str, Society]:
    """Those that take part."""
    return {name: SOCIETIES[name] for name in config.societies}


class Told(NamedTuple):
    """What raters say, and what stands behind it."""

    likes: np.ndarray
    people: np.ndarray
    """Heads that are counted, in units of the real society."""
    wealth: np.ndarray
    second: np.ndarray
    """Part of each group's money that is on a second account."""

    @classmethod
    def honest(cls, society: Society) -> Told:
        """The truth."""
        return cls(society.likes, society.people, society.wealth, np.zeros(len(society.people)))


def decided(config: Config, way: str, told: Told, seed: int, mistakes: float = 0.0) -> np.ndarray:
    """Shares of all decisions, by option."""
    luck = np.random.default_rng([config.key, seed])
    options = told.likes.shape[1]
    heads = told.people / told.people.sum()
    if way == MARKET:
        return served(config, told, seed, mistakes)
    if way == NAMES:
        return served(config, told._replace(wealth=told.people), seed, mistakes)
    if way == DICTATOR:
        groups = luck.choice(len(heads), config.answers, p=heads)
        picks = np.where(
            luck.random(config.answers) < mistakes,
            luck.integers(options, size=config.answers),
            told.likes.argmax(1)[groups],
        )
        return np.bincount(picks, minlength=options) / config.answers  # fmt: skip
    if way == AVERAGED:
        groups = luck.choice(len(heads), config.answers, p=heads)
        ratings = np.where(
            luck.random((config.answers, 1)) < mistakes,
            luck.random((config.answers, options)),
            np.clip(told.likes, 0, 1)[groups],
        )
        return one(average(ratings, np.full(config.answers, 1 / config.answers)))  # fmt: skip
    wins = choices(told.likes, heads, mistaken=mistakes)  # of two options, whatever the scale
    pairs = options * (options - 1) // 2
    drawn = np.triu(luck.binomial(config.answers // pairs, np.clip(wins, 0, 1)) / (config.answers // pairs), 1)
    wins = drawn + np.tril(1 - drawn.T, -1) + np.eye(options) / 2
    return one(bradley_terry(wins, 200)) if way == FITTED else maximal_lottery(wins)


def one(scores: np.ndarray) -> np.ndarray:
    """Always what scores best."""
    return np.eye(len(scores))[scores.argmax()]


def fork(options: int) -> cx.envs.TabularEnv:
    """A start with an end for each option, and no reward of its own."""
    cells = options + 1
    successor = np.tile(np.arange(cells)[:, None, None], (1, options, 1))
    successor[0, :, 0] = np.arange(1, cells)
    ones = np.ones((cells, options, 1))
    return cx.envs.TabularEnv.of("fork", cx.envs.MDP(
        successor=successor, probability=ones, reward=0 * ones, terminal=ones.astype(bool), start=np.eye(cells)[0], discount=1.0,
        observation=np.arange(cells),
    ))  # fmt: skip


def served(config: Config, told: Told, seed: int, mistakes: float) -> np.ndarray:
    """What a market of these consumers serves.

    Every group has two accounts, so that one may split itself; on the second there is nothing unless it does.
    """
    likes = (1 - mistakes) * told.likes + mistakes * told.likes.mean(1, keepdims=True)
    accounts = tuple(
        (tuple(row.tolist()), float(wealth * part))
        for row, wealth, second in zip(likes, told.wealth, told.second, strict=True)
        for part in (1 - second, second)
    )
    return services(config, accounts, seed)


@cache
def services(config: Config, accounts: tuple[tuple[tuple[float, ...], float], ...], seed: int) -> np.ndarray:
    """A deep market whose owners are paid by consumers alone: shares of services in the second half.

    Args:
        config: settings.
        accounts: likes and income of each consumer, incomes in credits a tick.
        seed: of the run.
    """
    options = len(accounts[0][0])
    env = fork(options)
    market = cx.DeepMarket(
        cx.agents.Tabular.society(env, step=0.3, endowment=100.0),
        cx.auctions.Trembling(cx.auctions.CreditConservingVickrey(), config.exploration),
        consumers=[
            cx.agents.Patron(jnp.float32(400 * income), jnp.float32(income), jnp.array([0.0, *likes], jnp.float32), config.pace)
            for likes, income in accounts
        ],
    )  # fmt: skip
    trained = cx.train(
        market, env, ticks=config.ticks, instances=config.instances, key=jax.random.fold_in(jax.random.key(config.key), seed),
        tracked=config.instances, chunks=1,
    )  # fmt: skip
    assert trained.ledger.audit() == 0
    late = trained.sales["tick"] > trained.sales["tick"].max() / 2
    return np.bincount(trained.sales["action"][late], minlength=options) / late.sum()


def welfare(society: Society, decisions: np.ndarray) -> np.ndarray:
    """What one of each group gets, from 0 to 1."""
    return society.likes @ decisions


def blocked(society: Society, decisions: np.ndarray, shares: np.ndarray) -> float:
    """The largest `min_{g in S} (share_S u_gk - u_g)` over coalitions `S` and options `k`, at least 0.

    What a coalition could give all its members with its share of the decisions alone, beyond what they get: 0 in the core.
    """
    return blocked_by(society, welfare(society, decisions), shares)


def blocked_by(society: Society, got: np.ndarray, shares: np.ndarray) -> float:
    """The same, from what one of each group gets."""
    groups = range(len(shares))
    coalitions = chain.from_iterable(combinations(groups, size) for size in range(1, len(shares) + 1))
    return max(
        0.0,
        *(
            float((shares[list(s)].sum() * society.likes[list(s)] - got[list(s), None]).min(0).max())
            for s in coalitions
        ),
    )


def represented(config: Config) -> Report:
    """Honest raters and consumers."""
    found = {
        (name, way): np.array([decided(config, way, Told.honest(society), seed) for seed in range(config.seeds)])
        for name, society in chosen(config).items() for way in WAYS
    }  # fmt: skip
    by_people = {
        key: np.array([blocked(SOCIETIES[key[0]], d, SOCIETIES[key[0]].people) for d in ds])
        for key, ds in found.items()
    }
    by_wealth = {
        key: np.array([blocked(SOCIETIES[key[0]], d, SOCIETIES[key[0]].wealth) for d in ds])
        for key, ds in found.items()
    }
    got = {key: np.array([welfare(SOCIETIES[key[0]], d) for d in ds]) for key, ds in found.items()}
    findings, rows = [], []
    for name, society in chosen(config).items():
        for way in WAYS:
            key = name, way
            means = got[key] @ society.people
            findings.append(Finding("human feedback", f"{name}: {way}: what some coalition could better, by its share of the people", "",
                                    f"{interval(by_people[key]):.3f}", note=f"worst group {got[key].min(1).mean():.3f}, mean {means.mean():.3f}"))  # fmt: skip
            rows.append((name, way, ", ".join(f"{x:.2f}" for x in found[key].mean(0)), ", ".join(f"{x:.2f}" for x in got[key].mean(0)),
                         f"{interval(got[key].min(1)):.3f}", f"{interval(means):.3f}", f"{interval(by_people[key]):.3f}", f"{interval(by_wealth[key]):.3f}"))  # fmt: skip
    picture = cx.view.interval_rows(
        {way: {f"{name}: {people:.0%}": interval(got[name, way][:, group])
               for name, society in chosen(config).items() for group, people in enumerate(society.people)} for way in WAYS},
        "welfare of one of the group (society: its part of the people)",
        {f"{name}: {people:.0%}": float(people * society.likes[group].max()) for name, society in chosen(config).items() for group, people in enumerate(society.people)},
        "fair share",
    )  # fmt: skip
    rivals = (AVERAGED, FITTED, LOTTERY)
    lead = {
        (name, rival): paired(by_people[name, rival], by_people[name, MARKET])
        for name in chosen(config)
        for rival in rivals
    }
    cases = {name: all(lead[name, rival].difference.above for rival in (AVERAGED, FITTED)) for name in chosen(config)}
    figures = {
        name: ", ".join(f"{rival} {lead[name, rival].difference:+.2f}" for rival in rivals) for name in chosen(config)
    }
    dictator = {name: paired(by_people[name, DICTATOR], by_people[name, MARKET]) for name in chosen(config)}
    plain = {
        name: paired(got[name, MARKET] @ s.people, got[name, DICTATOR] @ s.people) for name, s in chosen(config).items()
    }
    claims = [
        Claim.judged("Consumers who pay for states in place of one reward represent diverse human wishes better than an averaged reward.", DIVERSE, cases,
                     "Measured: what a coalition could better under the rival, less what it could under the market.", figures),
        Claim.judged("They do so better than chance does: letting one rater, drawn at random, decide each time.", "the plainest proportional rule, as a control; nobody's claim",
                     {name: dictator[name].difference.above or (not dictator[name].difference.below and plain[name].difference.above) for name in chosen(config)},
                     "Measured: what a coalition could better, random rater less market; mean welfare of the people, market less random rater.",
                     {name: f"{dictator[name].difference:+.2f}; {plain[name].difference:+.2f}" for name in plain}),
    ]  # fmt: skip
    head = (
        "society",
        "rule",
        "decisions",
        "welfare by group",
        "worst group",
        "mean of the people",
        "a coalition could better, by people",
        "by wealth",
    )
    text = f"{SETTING}\n\n{markdown_table(head, rows)}"
    return Report([*findings, equal_to_borda(config)], {"representation": picture}, text, claims=claims)


SETTING = (
    "**Representation.** Groups of raters want different things of three options; a decision is made again and again. With an *averaged reward* one option is always chosen, "
    "that of the best mean rating; a *reward fitted to choices* (Bradley and Terry, as in RLHF) is fitted to which of two options raters prefer; a *maximal lottery* mixes options so that no majority "
    "prefers another mixture; a *random rater* decides each time; in the *market* each group is a consumer with an income in proportion to its wealth that pays for an option in proportion to its liking, "
    "agents buy the right to choose from each other and earn what consumers pay, and nobody sees wishes. A coalition *could better* its lot if its share of all decisions, spent on one option alone, would give each of "
    "its members so much more than it has: 0 is the core. Raters give 600 answers, a market runs 40,000 ticks and explores with a chance of 0.05, and only its second half counts: "
    "what it loses to a rule that always picks the same option is partly the exploration."
)


def equal_to_borda(config: Config) -> Finding:
    """Whether a fit to pooled choices orders options as Borda does."""
    luck, same, average_same = np.random.default_rng([config.key, 7]), 0, 0
    for _ in range(config.profiles):
        groups, options = int(luck.integers(2, 6)), int(luck.integers(3, 7))
        likes, shares = luck.random((groups, options)), luck.dirichlet(np.ones(groups))
        wins = choices(likes, shares, temperature=0.2)
        order = np.argsort(borda(wins))
        same += bool(np.all(np.argsort(bradley_terry(wins)) == order))
        average_same += bool(np.argmax(average(likes, shares)) == order[-1])
    return Finding("human feedback", "a reward fitted to pooled choices orders options as Borda does", "in all", f"in {same} of {config.profiles}", same == config.profiles,
                   f"the best of them is that of the best mean wish in {average_same}")  # fmt: skip


def mistaken(config: Config) -> Report:
    """Raters who answer, and consumers who pay, by chance."""
    found = {
        (name, way): np.array([
            [welfare(SOCIETIES[name], decided(config, way, Told.honest(SOCIETIES[name]), seed, part)) for part in config.mistakes]
            for seed in range(config.seeds)
        ])
        for name in ("compromise", "opposed", "cycle") if name in config.societies for way in WAYS
    }  # fmt: skip
    names = list(dict.fromkeys(name for name, _ in found))
    curves = {name: {way: [interval(x) for x in found[name, way].min(2).T] for way in WAYS} for name in names}
    picture = cx.view.band_panels({
        name: cx.view.Panel(
            {way: cx.view.Band(config.mistakes, of) for way, of in curves[name].items()},
            "part of answers, or of money, by chance", "welfare of the worst group",
        )
        for name in names
    })  # fmt: skip
    findings = [
        Finding("human feedback", f"{name}, {config.mistakes[-1]:.0%} by chance: {way}, welfare of the worst group", "",
                f"{curves[name][way][-1]:.3f}, without mistakes {curves[name][way][0]:.3f}")
        for name in names for way in WAYS
    ]  # fmt: skip
    core = {
        (name, way): np.array([[blocked_by(SOCIETIES[name], got, SOCIETIES[name].people) for got in (of[0], of[-1])] for of in x])
        for (name, way), x in found.items()
    }  # fmt: skip
    lost = {key: x[:, 1] - x[:, 0] for key, x in core.items()}
    more = {
        (name, rival): paired(lost[name, rival], lost[name, MARKET]) for name in names for rival in (AVERAGED, FITTED)
    }
    claim = Claim.judged(
        "Markets cope with imperfect reward signals: mistakes of those who pay cost less than mistakes of those who rate.",
        PAPER.format("section 4"),
        {f"{name} against {rival}": x.difference.above for (name, rival), x in more.items()},
        f"Measured: by how much {config.mistakes[-1]:.0%} of mistakes raise what a coalition could better, rival less market. An average of many answers hardly feels mistakes that are independent of each other; in a market money that is spent by mistake goes to whatever is served, so it strengthens the many.",
        {f"{name} against {rival}": f"{x.difference:+.2f}" for (name, rival), x in more.items()},
    )  # fmt: skip
    return Report(findings, {"mistakes": picture}, claims=[claim])


LIES = ("exaggerates", "says it four times as loud", "under four names", "hides its second wish")


def lied(society: Society, group: int, lie: str) -> Told:
    """What is told where one group lies; under a market four names are four times the accounts, with the money of one."""
    likes, people, second = society.likes.copy(), society.people.copy(), np.zeros(len(society.people))
    best = likes[group].argmax()
    if lie == "exaggerates":
        likes[group] = np.eye(likes.shape[1])[best]
    elif lie == "says it four times as loud":
        likes[group] = 4 * likes[group]
    elif lie == "under four names":
        people[group], second[group] = 4 * people[group], 0.5
    else:
        rest = np.delete(likes[group], best)
        likes[group] = np.where((likes[group] == rest.max()) & (np.arange(len(likes[group])) != best), 0.0, likes[group])  # fmt: skip
    return Told(likes, people, society.wealth, second)


def manipulated(config: Config) -> Report:
    """What each group gains by its best lie, and what the others lose."""
    ways = (AVERAGED, FITTED, DICTATOR, MARKET, NAMES)
    gains: dict[str, dict[str, np.ndarray]] = {way: {} for way in ways}
    which: dict[str, dict[str, str]] = {way: {} for way in ways}
    rows = []
    for name, society in chosen(config).items():
        for way in ways:
            honest = np.array(
                [welfare(society, decided(config, way, Told.honest(society), s)) for s in range(config.seeds)]
            )
            best, how, lost = np.full(config.seeds, -np.inf), "", 0.0
            for group in range(len(society.people)):
                for lie in LIES:
                    after = np.array(
                        [
                            welfare(society, decided(config, way, lied(society, group, lie), s))
                            for s in range(config.seeds)
                        ]
                    )
                    gain = after[:, group] - honest[:, group]
                    if gain.mean() > best.mean():
                        best, how = gain, f"the {society.people[group]:.0%}: {lie}"
                        lost = float(((after - honest) @ society.people).mean())
            gains[way][name], which[way][name] = best, how
            rows.append((name, way, f"{interval(best):.3f}", how, f"{lost:+.3f}"))
    picture = cx.view.interval_rows({way: {name: interval(x) for name, x in gains[way].items()} for way in ways},
                                    "welfare that the best lie of any group gains for it", line=0.0)  # fmt: skip
    findings = [
        Finding("human feedback", f"the best lie: {way}, {name}", "", f"{interval(found):.3f}", note=which[way][name])
        for way in ways for name, found in gains[way].items()
    ]  # fmt: skip
    rewards = {name: np.maximum(gains[AVERAGED][name], gains[FITTED][name]) for name in gains[MARKET]}
    less: dict[str, Paired] = {name: paired(rewards[name], gains[MARKET][name]) for name in rewards}
    names = {name: paired(rewards[name], gains[NAMES][name]) for name in rewards}
    drawn = {name: paired(gains[DICTATOR][name], gains[MARKET][name]) for name in rewards}
    both = {name: paired(gains[DICTATOR][name], gains[NAMES][name]) for name in rewards}
    several = {
        "an income for each name": names,
        "money against a random rater": drawn,
        "an income for each name against a random rater": both,
    }
    claim = Claim.judged(
        "Whoever has to pay for what it says gains less by lying than a rater does.", POST + " (proper incentives for the human rater)",
        {name: x.difference.above for name, x in less.items()}
        | {what: all(x.difference.above for x in found.values()) for what, found in several.items()},
        "Measured: gain of the best lie, averaged or fitted reward less market, or as the case says (then the smallest over societies).",
        {name: f"{x.difference:+.2f}" for name, x in less.items()}
        | {what: f"{min((x.difference for x in found.values()), key=lambda gap: gap.low):+.2f}" for what, found in several.items()},
    )  # fmt: skip
    head = ("society", "rule", "gain of the best lie", "who and how", "mean of the people changes by")
    return Report(findings, {"lies": picture}, f"{LIED}\n\n{markdown_table(head, rows)}", claims=[claim])


LIED = (
    "**Lies.** Every group tries four lies alone: only its favourite is worth anything; all is worth four times as much; it answers under four names (which are four votes, but in a market the money of one on two accounts); "
    "its second wish is worth nothing. Ratings are bounded by 0 and 1. The others are honest. A market is safe from many names as long as money is counted and not names: the last rule pays every name an income instead. Shown is the lie that gains its group most in true welfare. The fit is on many more answers than groups, so what is left is the rule's own weakness."
)


SIGNALS: Mapping[str, float | None] = {
    "approval": None, "debate, a tenth of claims is checked": 0.1, "debate, half of the claims are checked": 0.5,
}  # fmt: skip
SETTLED = {
    "market, nobody checks": Trusting(), "market, audited": Audited(), "market, one claim in four audited": Audited(0.25),
    "market, a royalty on the buyer's score": Royalty(),
}  # fmt: skip
GOOD, POOR, DOUBT = 0.9, 0.7, 0.1
"""How often the learner's signal is right, how often the rater's, and how little of a difference a rater sees."""


def truthful(config: Config) -> Report:
    """What training signals make of a seller of a forecast, where the rater knows a poorer signal."""
    rewards, buyer, names = {}, {}, (*SIGNALS, *SETTLED)
    stall = weather_stall(Trusting())
    drawn = [stall.nature(goal) for goal in range(config.goals)]
    alike = np.array([one["I1"] == one["I2"] for one in drawn])
    belief = GOOD * POOR + (1 - GOOD) * (1 - POOR)  # of the rater, that the learner's signal is its own
    for name, checked in SIGNALS.items():
        held = np.where(alike, belief, 1 - belief)  # of the true claim
        if checked is None:
            liked = 1 / (1 + np.exp(-(2 * held - 1) / DOUBT))
            rewards[name] = np.stack([1 - liked, liked], 1)
        else:
            rewards[name] = np.stack([(1 - checked) * (1 - held), (1 - checked) * held + checked], 1)
    for name, settlement in SETTLED.items():
        design = Counterfactual(weather_stall(settlement, bond=0.0 if name == "market, nobody checks" else 1.0))
        goals = list(range(config.goals))
        told = [asyncio.run(design.feedback([said(v, 0.35, 0.1) for v in values], goals)) for values in
                ([1 - one["I1"] for one in drawn], [one["I1"] for one in drawn])]  # fmt: skip
        rewards[name] = np.array([[f.sale.wealth / MICRO if f.sale else 0.0 for f in row] for row in told]).T
        buyer[name] = np.array([[f.sale.buyer if f.sale else 0.0 for f in row] for row in told]).T
    table = np.stack([rewards[name] for name in names])
    keys = jax.random.split(jax.random.key(config.key), config.seeds)
    learn = jax.jit(jax.vmap(jax.vmap(partial(learned, config.steps, jnp.asarray(alike)), (None, 0)), (0, None)))
    chances = np.asarray(learn(keys, jnp.asarray(table, jnp.float32)), float)  # seeds signals alike
    found = {name: chances[:, n, :] for n, name in enumerate(names)}
    part = float(alike.mean())
    truth = {name: part * x[:, 1] + (1 - part) * x[:, 0] for name, x in found.items()}
    score = buyer[
        "market, nobody checks"
    ]  # what a buyer gains that believes and pays the same to all, whoever trained the seller
    gains = {name: np.array([float(np.mean(score[:, 1] * p + score[:, 0] * (1 - p))) for p in x[:, alike.astype(int)]]) for name, x in found.items()}  # fmt: skip
    findings = [
        Finding("human feedback", f"test-bed: {name}: says the truth, and what the rater who believes it gains, credits", "", f"{interval(truth[name]):.3f}, {interval(gains[name]):.3f}",
                note=f"where rater and truth disagree it says the truth with a chance of {found[name][:, 0].mean():.2f}")
        for name in names
    ]  # fmt: skip
    better = {name: {rival: paired(truth[name], truth[rival]) for rival in SIGNALS} for name in SETTLED}
    claim = Claim.judged(
        "Market feedback is a generalised debate with proper incentives: trained on it, a seller says the truth where approval and debate make it say what the rater believes.", POST,
        {f"{name.removeprefix('market, ')} against {rival}": x.difference.above for name, row in better.items() for rival, x in row.items()},
        "Measured: part of the claims that are true after training, market less rival. In all: " + "; ".join(f"{name} {interval(x):.2f}" for name, x in truth.items()) + ".",
        {f"{name.removeprefix('market, ')} against {rival}": f"{x.difference:+.2f}" for name, row in better.items() for rival, x in row.items()},
    )  # fmt: skip
    picture = cx.view.interval_rows({"where rater and truth agree": {name: interval(x[:, 1]) for name, x in found.items()},
                                     "where they disagree": {name: interval(x[:, 0]) for name, x in found.items()}},
                                    "chance of a true claim after training", line=0.5)  # fmt: skip
    return Report(findings, {"truth": picture}, TRUTH, claims=[claim])


TRUTH = (
    "**Truth.** A seller knows a signal that is right 9 times of 10, the rater one that is right 7 times of 10; the seller sees both and chooses to say what it knows or its opposite. *Approval*: the rater says which of two claims it prefers, "
    "and finds that better which fits what it believes. *Debate*: a copy says the opposite, and the judge believes by its own signal, or knows where the claim was checked. *Market*: the claim is sold in a bazaar (`language.feedback.Stall`) beside the "
    "poorer signal, and settled by audit, by a royalty on the buyer's score by what happened, or not at all. Audits, checks and outcomes cost nothing here; where nobody checks, no rule can tell what is true. "
    "The policy has two chances, ascends the expected reward by sampled questions, and all signals get the same number of updates. The rater's gain is that of a buyer who believes what it reads."
)


def learned(steps: int, alike: jax.Array, key: jax.Array, rewards: jax.Array) -> jax.Array:
    """Chances of the truth where the rater's signal differs and where it agrees, by policy gradient with an advantage of unit size.

    Args:
        steps: updates, each on 32 questions.
        alike: whether the rater's signal is the true claim, by question.
        key: of the draws.
        rewards: of a false and of a true claim, axes `questions 2`.
    """

    def step(logits: jax.Array, key: jax.Array) -> tuple[jax.Array, None]:
        draw, coin = jax.random.split(key)
        number = jax.random.randint(draw, (32,), 0, len(alike))
        place = alike[number].astype(jnp.int32)
        p = jax.nn.sigmoid(logits[place])
        true = (jax.random.uniform(coin, (32,)) < p).astype(jnp.int32)
        paid = rewards[number, true]
        advantage = (paid - paid.mean()) / (paid.std() + 1e-4)
        return logits.at[place].add(0.1 * advantage * (true - p) / 4), None

    return jax.nn.sigmoid(jax.lax.scan(step, jnp.zeros(2), jax.random.split(key, steps))[0])
