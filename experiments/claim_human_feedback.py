"""Many consumers with different wishes in place of one reward: who is represented, who gains by lying, who is told the truth."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain, combinations, product
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
    tuning: int = 3
    """Further runs, on which each group chooses its lie."""
    ticks: int = 40_000
    """Of a market, over all instances; every other rule gets as many answers as consumers make payments in them."""
    instances: int = 8
    """Parallel worlds of a market."""
    pace: float = 0.005
    """Share of its purse that a consumer pays at most for one service."""
    exploration: float = 0.05
    """Chance that a sale goes to anybody."""
    mistakes: tuple[float, ...] = (0.0, 0.2, 0.4, 0.6)
    """Parts of the raters' answers, and of consumers' payments, that are given by chance."""
    profiles: int = 300
    """Random electorates on which the fit of Bradley and Terry is compared with Borda."""
    goals: int = 200
    """Questions on the test-bed where the truth is known, drawn anew for every seed."""
    steps: int = 400
    """Updates of a policy there."""
    key: int = 0
    """Seed of the run."""


AVERAGED, FITTED, LOTTERY, DICTATOR, MARKET = "averaged reward", "fitted reward (Borda)", "maximal lottery", "random rater", "market"  # fmt: skip
NAMES = "market, an income for each name"
WAYS = (AVERAGED, FITTED, LOTTERY, DICTATOR, MARKET)
STEP, ENDOWMENT, SAVINGS = 0.3, 100.0, 400.0
"""Of a trader: by how much it moves its bids, and its money, credits; of a consumer: its first money, in ticks of its income."""


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
    groups, options = told.likes.shape
    answers = config.ticks * groups  # as many as payments in a market
    heads = told.people / told.people.sum()
    if way == MARKET:
        return served(config, told, seed, mistakes)
    if way == NAMES:
        return served(config, told._replace(wealth=told.people), seed, mistakes)
    if way == DICTATOR:
        # in the long run: what coalitions could better is never below 0, so luck of the draw would only raise it
        return (1 - mistakes) * heads @ np.eye(options)[told.likes.argmax(1)] + mistakes / options
    if way == AVERAGED:
        raters = answers // options
        mean = np.clip(told.likes, 0, 1)[luck.choice(groups, raters, p=heads)]
        slip = luck.random((raters, 1)) < mistakes
        return one(average(np.where(slip, luck.random((raters, options)), mean), np.full(raters, 1 / raters)))
    wins = choices(told.likes, heads, mistaken=mistakes)  # of two options, whatever the scale
    asked = answers // (options * (options - 1) // 2)
    drawn = np.triu(luck.binomial(asked, np.clip(wins, 0, 1)) / asked, 1)
    wins = drawn + np.tril(1 - drawn.T, -1) + np.eye(options) / 2
    return one(bradley_terry(wins, 200)) if way == FITTED else maximal_lottery(wins)


def one(scores: np.ndarray) -> np.ndarray:
    """Always what scores best."""
    return np.eye(len(scores))[scores.argmax()]


def fork(options: int, groups: int, mistakes: float) -> tuple[cx.envs.TabularEnv, np.ndarray]:
    """A start with an end for each option and for what each group takes it for, by mistake any option; no reward of its own.

    Returns:
        the world, and which option each group takes each end for, axes `ends groups`.
    """
    seen = np.array(list(product(range(options), repeat=groups)))
    taken = np.tile(seen, (options, 1))
    right = seen == np.arange(options)[:, None, None]
    chance = ((1 - mistakes) * right + mistakes / options).prod(2)  # of an option's ends
    ends, cells = len(seen), 1 + len(taken)
    successor = np.tile(np.arange(cells)[:, None, None], (1, options, ends))
    successor[0] = 1 + np.arange(options * ends).reshape(options, ends)
    probability = np.full((cells, options, ends), 1 / ends)
    probability[0] = chance
    env = cx.envs.TabularEnv.of("fork", cx.envs.MDP(
        successor=successor, probability=probability, reward=0 * probability, terminal=np.ones(successor.shape, bool), start=np.eye(cells)[0], discount=1.0,
        observation=np.arange(cells),
    ))  # fmt: skip
    return env, taken


def served(config: Config, told: Told, seed: int, mistakes: float) -> np.ndarray:
    """What a market of these consumers serves.

    Every group has two accounts, so that one may split itself; on the second there is nothing unless it does.
    """
    accounts = tuple(
        (tuple(row.tolist()), float(wealth * part))
        for row, wealth, second in zip(told.likes, told.wealth, told.second, strict=True)
        for part in (1 - second, second)
    )
    return services(config, accounts, mistakes, seed)


@cache
def services(
    config: Config, accounts: tuple[tuple[tuple[float, ...], float], ...], mistakes: float, seed: int
) -> np.ndarray:
    """A deep market whose owners are paid by consumers alone: shares of services in the second half.

    Args:
        config: settings.
        accounts: likes and income of each consumer, incomes in credits a tick; two for each group.
        mistakes: chance that a group pays as if any option had been chosen.
        seed: of the run.
    """
    options = len(accounts[0][0])
    env, taken = fork(options, len(accounts) // 2, mistakes)
    market = cx.DeepMarket(
        cx.agents.Tabular.society(env, step=STEP, endowment=ENDOWMENT),
        cx.auctions.Trembling(cx.auctions.CreditConservingVickrey(), config.exploration),
        consumers=[
            cx.agents.Patron(jnp.float32(SAVINGS * income), jnp.float32(income), jnp.array([0.0, *np.array(likes)[taken[:, number // 2]]], jnp.float32), config.pace)
            for number, (likes, income) in enumerate(accounts)
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


def blocked(society: Society, got: np.ndarray, shares: np.ndarray) -> float:
    """The largest `min_{g in S} (share_S u_gk - got_g)` over coalitions `S` and options `k`, at least 0.

    What a coalition could give all its members with its share of the decisions alone, beyond what they get: 0 in the core.

    Args:
        society: groups and their wishes.
        got: what one of each group gets.
        shares: of each group in all decisions, by people or by wealth.
    """
    groups = range(len(shares))
    coalitions = chain.from_iterable(combinations(groups, size) for size in range(1, len(shares) + 1))
    return max(
        0.0,
        *(
            float((shares[list(s)].sum() * society.likes[list(s)] - got[list(s), None]).min(0).max())
            for s in coalitions
        ),
    )


Found = Mapping[tuple[str, str], np.ndarray]
"""A figure for each seed, by society and rule."""


def represented(config: Config) -> Report:
    """Honest raters and consumers."""
    found = {
        (name, way): np.array([decided(config, way, Told.honest(society), seed) for seed in range(config.seeds)])
        for name, society in chosen(config).items() for way in WAYS
    }  # fmt: skip
    got = {key: np.array([welfare(SOCIETIES[key[0]], d) for d in ds]) for key, ds in found.items()}
    core = {key: np.array([blocked(SOCIETIES[key[0]], x, SOCIETIES[key[0]].people) for x in of]) for key, of in got.items()}  # fmt: skip
    findings = [
        Finding("human feedback", f"{name}: {way}: what some coalition could better, by its share of the people", "", f"{interval(x):.3f}",
                note=f"worst group {got[name, way].min(1).mean():.3f}, mean {(got[name, way] @ SOCIETIES[name].people).mean():.3f}")
        for (name, way), x in core.items()
    ]  # fmt: skip
    picture = cx.view.interval_rows(
        {way: {f"{name}: {people:.0%}": interval(got[name, way][:, group])
               for name, society in chosen(config).items() for group, people in enumerate(society.people)} for way in WAYS},
        "welfare of one of the group (society: its part of the people)",
        {f"{name}: {people:.0%}": float(people * society.likes[group].max()) for name, society in chosen(config).items() for group, people in enumerate(society.people)},
        "fair share",
    )  # fmt: skip
    claims = [better_than_rewards(chosen(config), core), better_than_chance(chosen(config), core, got)]
    text = f"{setting(config)}\n\n{by_rule(found, got, core)}"
    return Report([*findings, equal_to_borda(config)], {"representation": picture}, text, claims=claims)


def by_rule(found: Found, got: Found, core: Found) -> str:
    """Decisions, welfare and what coalitions could better, as a table."""
    head = ("society", "rule", "decisions", "welfare by group", "worst group", "mean of the people", "a coalition could better, by people", "by wealth")  # fmt: skip
    rows = []
    for (name, way), x in got.items():
        society = SOCIETIES[name]
        decisions, groups = (", ".join(f"{y:.2f}" for y in of.mean(0)) for of in (found[name, way], x))
        by_wealth = [blocked(society, of, society.wealth) for of in x]
        sure = (x.min(1), x @ society.people, core[name, way], by_wealth)
        rows.append((name, way, decisions, groups, *(f"{interval(y):.3f}" for y in sure)))
    return markdown_table(head, rows)


def better_than_rewards(societies: Mapping[str, Society], core: Found) -> Claim:
    """Less is left to coalitions than by one reward for all, however it is learned."""
    lead = {name: {rival: paired(core[name, rival], core[name, MARKET]).difference for rival in (AVERAGED, FITTED, LOTTERY)} for name in societies}  # fmt: skip
    return Claim.judged(
        "Consumers who pay for states in place of one reward represent diverse human wishes better than an averaged reward and than one fitted to choices, which is Borda's rule.",
        "our test, after " + PAPER.format("section 2.1 (“may be a useful formulation for reinforcement learning from diverse human feedback”)"),
        {name: row[AVERAGED].above and row[FITTED].above for name, row in lead.items()},
        "Measured: what a coalition could better under the rival, less what it could under the market. It holds where both rewards leave more; the lottery is shown beside them.",
        {name: ", ".join(f"{rival} {x:+.3f}" for rival, x in row.items()) for name, row in lead.items()},
    )  # fmt: skip


def better_than_chance(societies: Mapping[str, Society], core: Found, got: Found) -> Claim:
    """Less is left to coalitions than by a random rater, or as much, with more for the mean of the people."""
    core_lead = {name: paired(core[name, DICTATOR], core[name, MARKET]).difference for name in societies}
    mean_lead = {
        name: paired(got[name, MARKET] @ s.people, got[name, DICTATOR] @ s.people).difference
        for name, s in societies.items()
    }
    return Claim.judged(
        "They do so better than chance does: letting one rater, drawn at random, decide each time.", "the plainest proportional rule, as a control; nobody's claim",
        {name: x.above or (not x.below and mean_lead[name].above) for name, x in core_lead.items()},
        "Measured: what a coalition could better, random rater less market; mean welfare of the people, market less random rater. "
        "It holds where the first is above 0 beyond chance, or does not differ from 0 and the second is above it.",
        {name: f"{x:+.3f}; {mean_lead[name]:+.3f}" for name, x in core_lead.items()},
    )  # fmt: skip


def setting(config: Config) -> str:
    """What is compared, and with which budgets."""
    payments = config.ticks * len(OPPOSED)
    return (
        "**Representation.** Groups of raters want different things of three options; a decision is made again and again. With an *averaged reward* one option is always chosen, "
        "that of the best mean rating; a *fitted reward* (Bradley and Terry, as in RLHF) is fitted to which of two options raters prefer, and with every pair asked equally often it chooses as Borda does; a *maximal lottery* mixes options so that no majority "
        "prefers another mixture; a *random rater* decides each time; in the *market* each group is a consumer with an income in proportion to its wealth that pays for an option in proportion to its liking, "
        "agents buy the right to choose from each other and earn what consumers pay, and nobody sees wishes. A coalition *could better* its lot if its share of all decisions, spent on one option alone, would give each of "
        "its members so much more than it has: 0 is the core.\n\n"
        f"**Budgets.** The unit is one utterance of one person about one option or pair. A market runs {config.ticks:,} ticks, in each of which three consumers pay or not: {payments:,} payments; "
        f"the averaged reward gets {payments:,} ratings, the fitted reward and the lottery {payments:,} choices each, and of the random rater its decisions in the long run are taken; "
        f"of the market its second half counts. With so many answers the rules of the raters show no luck of the draw; with few they would. "
        f"The market explores with a chance of {config.exploration:g}, and what it loses to a rule that always picks the same option is partly that. "
        f"Nothing was tuned for any rule; the market's traders move their bids by {STEP:g} of the difference and begin with {ENDOWMENT:g} credits, "
        f"consumers begin with {SAVINGS:g} ticks of their income and pay at most {config.pace:g} of their money for a service."
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
    names = [name for name in ("compromise", "opposed", "cycle") if name in config.societies]
    got = {
        (name, way): np.array([
            [welfare(SOCIETIES[name], decided(config, way, Told.honest(SOCIETIES[name]), seed, part)) for part in config.mistakes]
            for seed in range(config.seeds)
        ])
        for name in names for way in WAYS
    }  # fmt: skip
    bands = {name: cx.view.Band.each(config.mistakes, {way: got[name, way].min(2) for way in WAYS}) for name in names}
    picture = cx.view.band_panels({
        name: cx.view.Panel(of, "answers or payments by chance, part", "welfare of the worst group")
        for name, of in bands.items()
    })  # fmt: skip
    findings = [
        Finding("human feedback", f"{name}, {config.mistakes[-1]:.0%} by chance: {way}, welfare of the worst group", "",
                f"{band.intervals[-1]:.3f}, without mistakes {band.intervals[0]:.3f}")
        for name, of in bands.items() for way, band in of.items()
    ]  # fmt: skip
    return Report(findings, {"mistakes": picture}, MISTAKES, claims=[cost_of_mistakes(config, got)] if names else [])


MISTAKES = (
    "**Mistakes.** A part of the raters' answers is given by chance, each by itself: ratings anywhere from 0 to 1, choices by tossing a coin, a random rater's favourite by drawing any option; "
    "and a group of consumers takes, each time by itself, any option for the one that was chosen, and pays for that."
)


def cost_of_mistakes(config: Config, got: Found) -> Claim:
    """By how much they raise what a coalition could better."""
    core = {
        (name, way): np.array([[blocked(SOCIETIES[name], of[n], SOCIETIES[name].people) for n in (0, -1)] for of in x])
        for (name, way), x in got.items()
    }
    lost = {key: x[:, 1] - x[:, 0] for key, x in core.items()}
    levels = {key: "{:.2f} to {:.2f}".format(*x.mean(0)) for key, x in core.items()}
    more = {(name, rival): paired(lost[name, rival], lost[name, MARKET]).difference for name, rival in core if rival in (AVERAGED, FITTED)}  # fmt: skip
    return Claim.judged(
        "Markets cope with imperfect reward signals: mistakes of those who pay cost less than mistakes of those who rate.",
        "our test, after " + PAPER.format("section 4 (“generalization even from imperfect reward signals”, without a comparison)"),
        {f"{name} against {rival}": x.above for (name, rival), x in more.items()},
        f"Measured: what a coalition could better without and with {config.mistakes[-1]:.0%} of mistakes, rival and market, and how much more it rises under the rival. A rule that is at its worst without mistakes cannot lose more by them.",
        {f"{name} against {rival}": f"{levels[name, rival]}, market {levels[name, MARKET]}: {x:+.2f}" for (name, rival), x in more.items()},
    )  # fmt: skip


SAYS, SPLITS = "by what it says", "under four names"
LIES = {SAYS: ("exaggerates", "says it four times as loud", "hides its second wish"), SPLITS: (SPLITS,)}


def lied(society: Society, group: int, lie: str) -> Told:
    """What is told where one group lies; under a market four names are four times the accounts, with the money of one."""
    likes, people, second = society.likes.copy(), society.people.copy(), np.zeros(len(society.people))
    best = likes[group].argmax()
    if lie == "exaggerates":
        likes[group] = np.eye(likes.shape[1])[best]
    elif lie == "says it four times as loud":
        likes[group] = 4 * likes[group]
    elif lie == SPLITS:
        people[group], second[group] = 4 * people[group], 0.5
    else:
        rest = np.delete(likes[group], best)
        likes[group] = np.where((likes[group] == rest.max()) & (np.arange(len(likes[group])) != best), 0.0, likes[group])  # fmt: skip
    return Told(likes, people, society.wealth, second)


LIARS = (AVERAGED, FITTED, DICTATOR, MARKET, NAMES)


class Best(NamedTuple):
    """The lie that gains its group most on the tuning seeds, on the others."""

    who: str
    gains: np.ndarray
    """Welfare of the liar, lying less honest, by seed."""
    others: float
    """By how much the mean of the people changes."""


def best_lie(config: Config, way: str, society: Society, lies: tuple[str, ...]) -> Best:
    """Chosen among these of all groups; nobody lies where no lie gains."""
    tuning = range(config.seeds, config.seeds + config.tuning)

    def gained(seeds: range, group: int, lie: str) -> np.ndarray:
        told = Told.honest(society), lied(society, group, lie)
        honest, after = (np.array([welfare(society, decided(config, way, said, s)) for s in seeds]) for said in told)
        return after - honest

    tried = {(group, lie): gained(tuning, group, lie)[:, group].mean() for group in range(len(society.people)) for lie in lies}  # fmt: skip
    group, lie = max(tried, key=lambda one: tried[one])
    if tried[group, lie] <= 0:
        return Best("nobody", np.zeros(config.seeds), 0.0)
    gain = gained(range(config.seeds), group, lie)
    return Best(f"the {society.people[group]:.0%}: {lie}", gain[:, group], float((gain @ society.people).mean()))


def manipulated(config: Config) -> Report:
    """What each group gains by its best lie, and what the others lose."""
    best = {
        (kind, name, way): best_lie(config, way, society, lies)
        for kind, lies in LIES.items() for name, society in chosen(config).items() for way in LIARS
    }  # fmt: skip
    picture = cx.view.interval_rows(
        {way: {f"{name}, {kind}": interval(best[kind, name, way].gains) for kind in LIES for name in chosen(config)} for way in LIARS},
        "welfare that the best lie of any group gains for it", line=0.0,
    )  # fmt: skip
    findings = [
        Finding("human feedback", f"the best lie {kind}: {way}, {name}", "", f"{interval(x.gains):.3f}", note=x.who)
        for (kind, name, way), x in best.items()
    ]
    head = ("lie", "society", "rule", "gain of the best lie", "who and how", "mean of the people changes by")
    rows = [(*key, f"{interval(x.gains):.3f}", x.who, f"{x.others:+.3f}") for key, x in best.items()]
    return Report(findings, {"lies": picture}, f"{lies_told(config)}\n\n{markdown_table(head, rows)}", claims=[cost_of_lies(config, best)])  # fmt: skip


def cost_of_lies(config: Config, best: Mapping[tuple[str, str, str], Best]) -> Claim:
    """Where the best lie gains less than under each of the rivals."""

    def less(kind: str, way: str, rivals: tuple[str, ...], names: tuple[str, ...]) -> dict[tuple[str, str], Paired]:
        return {(name, rival): paired(best[kind, name, rival].gains, best[kind, name, way].gains) for name in names for rival in rivals}  # fmt: skip

    rewards, everywhere = (AVERAGED, FITTED), config.societies
    single = {f"{kind}: {name}": less(kind, MARKET, rewards, (name,)) for kind in LIES for name in everywhere}
    several = {f"{kind}: random rater, in all": less(kind, MARKET, (DICTATOR,), everywhere) for kind in LIES}
    several |= {
        f"{SPLITS}, an income for each: averaged and fitted, in all": less(SPLITS, NAMES, rewards, everywhere),
        f"{SPLITS}, an income for each: random rater, in all": less(SPLITS, NAMES, (DICTATOR,), everywhere),
    }
    smallest = {what: min((x.difference for x in of.values()), key=lambda gap: gap.low) for what, of in several.items()}
    return Claim.judged(
        "Whoever has to pay for what it says gains less by lying than a rater does.",
        "our test, after " + POST + " (“proper incentives for the human rater”, who is there the buyer of information)",
        {what: all(x.difference.above for x in of.values()) for what, of in (single | several).items()},
        "Measured: gain of the best lie under the rival less that under the market; it holds where it is above 0 against each (for all societies the smallest is shown). "
        "Where money counts, many names are a matter of the rule: they have the money of one, and cannot gain.",
        {what: ", ".join(f"{rival} {x.difference:+.2f}" for (_, rival), x in of.items()) for what, of in single.items()}
        | {what: f"{x:+.2f}" for what, x in smallest.items()},
    )  # fmt: skip


def lies_told(config: Config) -> str:
    """Which lies, and how the best is chosen."""
    return (
        "**Lies.** Every group lies alone, the others are honest. *By what it says*, in one name: only its favourite is worth anything; all is worth four times as much; its second wish is worth nothing; ratings are bounded by 0 and 1. "
        "*Under four names*: four votes, but in a market the money of one on two accounts; the last rule pays every name an income instead. "
        f"Shown is the lie that gains its group most in true welfare, chosen on {config.tuning} other seeds for each rule; where none gains there, nobody lies."
    )


APPROVAL, UNCHECKED, ROYALTY = "approval", "market, nobody checks", "market, a royalty on the buyer's score"
RATES = (0.25, 1.0)
"""Parts of the claims that are checked in a debate, and audited in a market."""


def debate(rate: float) -> str:
    """Its name."""
    return f"debate, {rate:.0%} checked"


def audit(rate: float) -> str:
    """Its name."""
    return f"market, {rate:.0%} audited"


SIGNALS: Mapping[str, float | None] = {APPROVAL: None} | {debate(rate): rate for rate in RATES}
SETTLED = {UNCHECKED: Trusting()} | {audit(rate): Audited(rate) for rate in RATES} | {ROYALTY: Royalty()}
GOOD, POOR, DOUBT = 0.9, 0.7, 0.1
"""How often the learner's signal is right, how often the rater's, and how little of a difference a rater sees."""


BELIEF = GOOD * POOR + (1 - GOOD) * (1 - POOR)
"""Of the rater, that the learner's signal is its own."""


class Lesson(NamedTuple):
    """What every signal pays on the questions of one seed, and what a buyer gains."""

    alike: np.ndarray
    """Whether the rater's signal is the true claim, by question."""
    rewards: np.ndarray
    """Of a false and of a true claim, axes `signals questions 2`."""
    buyer: np.ndarray
    """Score of a buyer that believes and pays the same to all, whoever trained the seller, axes `questions 2`."""


def rated(alike: np.ndarray, checked: float | None) -> np.ndarray:
    """What approval, or a debate with a part of the claims checked, pays."""
    held = np.where(alike, BELIEF, 1 - BELIEF)  # of the true claim
    if checked is None:
        liked = 1 / (1 + np.exp(-(2 * held - 1) / DOUBT))
        return np.stack([1 - liked, liked], 1)
    return np.stack([(1 - checked) * (1 - held), (1 - checked) * held + checked], 1)


def lesson(config: Config, seed: int) -> Lesson:
    """Of the questions of one seed."""
    goals = list(range(seed * config.goals, (seed + 1) * config.goals))
    drawn = [weather_stall(Trusting()).nature(goal) for goal in goals]
    alike = np.array([one["I1"] == one["I2"] for one in drawn])
    claims = [1 - one["I1"] for one in drawn], [one["I1"] for one in drawn]
    paid, buyer = [rated(alike, checked) for checked in SIGNALS.values()], np.zeros((len(goals), 2))
    for name, settlement in SETTLED.items():
        design = Counterfactual(weather_stall(settlement, bond=0.0 if name == UNCHECKED else 1.0))
        told = [asyncio.run(design.feedback([said(v, 0.35, 0.1) for v in values], goals)) for values in claims]
        paid.append(np.array([[f.sale.wealth / MICRO if f.sale else 0.0 for f in row] for row in told]).T)
        if name == UNCHECKED:
            buyer = np.array([[f.sale.buyer if f.sale else 0.0 for f in row] for row in told]).T
    return Lesson(alike, np.stack(paid), buyer)


def truthful(config: Config) -> Report:
    """What training signals make of a seller of a forecast, where the rater knows a poorer signal."""
    names = (*SIGNALS, *SETTLED)
    lessons = [lesson(config, seed) for seed in range(config.seeds)]
    alike = np.stack([one.alike for one in lessons])
    table = jnp.asarray(np.stack([one.rewards for one in lessons]), jnp.float32)  # seeds signals questions 2
    keys = jax.random.split(jax.random.key(config.key), config.seeds)
    learn = jax.jit(jax.vmap(jax.vmap(partial(learned, config.steps), (None, None, 0)), (0, 0, 0)))
    chances = np.asarray(learn(jnp.asarray(alike), keys, table), float)  # seeds signals alike
    on_goals = np.take_along_axis(chances, alike.astype(int)[:, None, :], 2)  # seeds signals questions
    buyer = np.stack([one.buyer for one in lessons])[:, None]
    gains = (buyer[..., 1] * on_goals + buyer[..., 0] * (1 - on_goals)).mean(2)
    truth = {name: on_goals[:, n].mean(1) for n, name in enumerate(names)}
    findings = [
        Finding("human feedback", f"test-bed: {name}: says the truth, and what the rater who believes it gains, credits", "", f"{interval(truth[name]):.3f}, {interval(gains[:, n]):.3f}",
                note=f"where rater and truth disagree it says the truth with a chance of {chances[:, n, 0].mean():.2f}")
        for n, name in enumerate(names)
    ]  # fmt: skip
    picture = cx.view.interval_rows({what: {name: interval(chances[:, n, place]) for n, name in enumerate(names)}
                                     for place, what in ((1, "where rater and truth agree"), (0, "where they disagree"))},
                                    "chance of a true claim after training", line=0.5)  # fmt: skip
    return Report(findings, {"truth": picture}, test_bed(config), claims=[better_than_debate(truth)])


def better_than_debate(truth: Mapping[str, np.ndarray]) -> Claim:
    """How often the truth is said, each signal beside the one with as many checks."""
    pairs = {f"{rate:.0%} checked: audited market against debate": (audit(rate), debate(rate)) for rate in RATES}
    pairs |= {
        "nobody checks: market against approval": (UNCHECKED, APPROVAL),
        "no checks, but outcomes are seen: royalty against approval": (ROYALTY, APPROVAL),
    }
    lead = {what: paired(truth[ours], truth[theirs]).difference for what, (ours, theirs) in pairs.items()}
    return Claim.judged(
        "Market feedback is a generalised debate with proper incentives: trained on it, a seller says the truth where approval and debate make it say what the rater believes.",
        "our test, after " + POST + " (“a generalized form of Debate, except with proper incentives for the human rater”)",
        {what: x.above for what, x in lead.items()},
        "Measured: part of the claims that are true after training, market and rival, and the lead; beside each other stand those with as many checks.",
        {what: "{:.2f} and {:.2f}: {:+.2f}".format(*(interval(truth[name]) for name in pairs[what]), x) for what, x in lead.items()},
    )  # fmt: skip


def test_bed(config: Config) -> str:
    """The setting of the truth."""
    return (
        f"**Truth.** A seller knows a signal that is right {GOOD:.0%} of the time, the rater one that is right {POOR:.0%} of it; the seller sees both and chooses to say what it knows or its opposite. *Approval*: the rater says which of two claims it prefers, "
        "and finds that better which fits what it believes. *Debate*: a copy says the opposite, and the judge believes by its own signal, or knows where the claim was checked. *Market*: the claim is sold in a bazaar (`language.feedback.Stall`) beside the "
        "poorer signal, and settled by audit, by a royalty on the buyer's score by what happened, or not at all. Audits, checks and outcomes cost nothing here; where nobody checks, no rule can tell what is true. "
        f"Where the rater is wrong, the truth pays in debate if more than {(2 * BELIEF - 1) / (2 * BELIEF):.2f} of the claims are checked. "
        f"The policy has two chances, ascends the expected reward by sampled questions, and all signals get the same {config.steps} updates on the same {config.goals} questions, which are drawn anew for each seed. The rater's gain is that of a buyer who believes what it reads."
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
