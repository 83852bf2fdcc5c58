"""Coverage and convergence: whether the market gives the best policy its chance, how fast, and whether it is best to bid the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any

import _coverage_bids as bids
import _coverage_chance as chance
import _coverage_speed as speed
import numpy as np
from _coverage_chance import Chances
from _sources import PAPER

from catallax import view
from catallax.lab import Claim, Context, Finding, Report, markdown_table, statistics

AGENDA = PAPER.format("section 4, theoretical work")
BRIA = "Oesterheld, Demski & Conitzer (2023), the conditions on allowances of boundedly rational inductive agents, as the agenda of Sudhir & Tran-Thanh (2025), section 4, takes them up"
CONTROL = "constant, as much"
HALF, COVERED, SLACK, MARGIN, TRIFLE = 0.5, 0.95, 0.05, 0.25, 0.01
"""Share of the actions that makes a chance fair; part of the promises covered; slack of a share and of an exponent; a gain below this part is none."""
CHANGED = (
    "**What was changed after runs had been looked at.** Chances: at first every schedule granted n^-e as it stands, so that n^-0.9 granted too little for any promise to be bought; the rich of the deep market "
    "could hold most of the run; late claims lost their first turn; only n^-1/2 was judged. Bandit algorithms were tuned by reward on 4 seeds, then on 20 (on 4, UCB got a width that fails), Q-learning on 4 and the schedules not at all; now all by one measure on "
    "the same seeds. Bandits had 100,000 rounds, then 50,000. A rival was first matched if ours was not surely worse; then 0.05 less was allowed, which is also more lenient where the difference is sure but small, and "
    "stricter where it is not. Speed: 100, then 300, now 256 ticks for each state and action; chains of 4, 8, 16 and 32 cells, then up to 24, now 8 to 32, because with 4 cells most runs arrived at the first look; looks are twice as many. "
    "Truth: worlds with resale had 8 states and exploration 0.3, now those of the speeds; their step size (decay 30) and first bid (half the largest return) were set by hand."
)
"""What a reader cannot see in the last version."""


@dataclass(frozen=True)
class Config:
    """Settings."""

    seeds: int = 10
    """Draws of rewards, worlds and orders."""
    key: int = 0
    """Seed of everything."""
    tuning: int = 10
    """Other seeds on which everybody's settings are chosen."""
    cases: tuple[str, ...] = chance.CASES
    """Worlds in which the best wants its chance; rivals are compared in the first two, of which one at least is needed."""
    amounts: tuple[float, ...] = (0.1, 0.3, 1.0, 3.0)
    """First grants that are tried, credits of the decision auction and births of the deep market."""
    arms: tuple[float, ...] = (0.3, 0.4, 0.5, 0.6, 0.7)
    """Mean rewards of the bandit's arms."""
    levels: int = 10
    """Promises of the decision auction for each arm."""
    rounds: int = 50_000
    """Of a bandit."""
    states: int = 4
    """Of the worlds of the markets of claims."""
    actions: int = 3
    """Likewise."""
    prices: int = 16
    """Prices that are claimed for each state and action."""
    capacity: int = 256
    """Slots of such a market."""
    market_rounds: int = 8_000
    """Of eight ticks."""
    families: tuple[str, ...] = tuple(speed.FAMILIES)
    """Families of growing problems."""
    sizes: int = 4
    """Of each, the smallest first; at least 2."""
    visits: int = 256
    """Budget in ticks for each state and action; in a chain a quarter as many for each of its cells again."""
    looks: int = 512
    """At greedy policies, in equal steps of whole rounds."""
    decays: tuple[float, ...] = (1.0, 10.0, 100.0)
    """Visits that halve a step size, to choose from."""
    firsts: tuple[float, ...] = (0.25, 0.5, 1.0)
    """First bids or values as a part of the largest possible return, to choose from."""
    exploration: float = 0.2
    """Of markets of bidders and Q-learning alike: the probability that anybody acts."""
    auctions: int = 300_000
    """In which four bidders learn to bid."""
    bidders: int = 4
    """That learn to bid."""
    accounts: tuple[int, ...] = (1, 2)
    """Of each bidder in those worlds."""
    resale_ticks: int = 409_600
    """Of the worlds in which every deviation is tried, until then."""
    tried: int = 41
    """Bids up to twice the largest value that an account tries in a state."""


def run(config: Config, context: Context) -> Report:
    """The three parts, one after the other."""
    first, second, third = chances(config), speeds(config), truths(config)
    told = [first.text, second.text, third.text, CHANGED]
    return Report(
        first.findings + second.findings + third.findings,
        first.figures | second.figures | third.figures,
        "\n\n".join(told),
        claims=[*first.claims, *second.claims, *third.claims],
    )


def seeds_of(config: Config) -> tuple[range, range]:
    """Those of the run, and those on which settings are chosen."""
    first = 10_000 * config.key
    return range(first, first + config.seeds), range(first + 5_000, first + 5_000 + config.tuning)


# --- (i) the best gets its chance

Found = Mapping[str, Mapping[str, Chances]]
"""By case and method."""


def chances(config: Config) -> Report:
    """Shares of the best by schedule, in a BRIA and in a deep market, beside algorithms for bandits and Q-learning."""
    seeds, others = seeds_of(config)
    scale = chance.Scale(config.market_rounds, 8, config.prices, config.capacity)
    settings = chosen(config, scale, others)
    plans = chance.schedules(settings["auction's first grant"], config.rounds)
    paces = chance.schedules(settings["market's first births"], config.market_rounds)
    auctions, markets = {}, {}
    for case in config.cases:
        rewards = chance.bandits(case, config.arms, config.rounds, seeds)
        auctions[case] = {
            name: chance.auction(case, plan, config.arms, config.levels, rewards, seeds) for name, plan in plans.items()
        } | {name: chance.rival(name, settings[name], config.arms, rewards, seeds) for name in chance.RIVALS}
        markets[case] = chance.traded(case, config.states, config.actions, scale, paces, seeds)
        worlds = chance.worlds(case, config.states, config.actions, seeds)
        markets[case]["Q-learning"] = chance.walked(worlds, settings["Q-learning"], ticks_of(scale), seeds)
    findings = [
        Finding("coverage", f"{room}, {case}, {name}: share of the best in the last quarter", "", str(statistics.interval(of.late)), note=told(of))
        for room, found in rooms(auctions, markets).items()
        for case, methods in found.items()
        for name, of in methods.items()
    ]  # fmt: skip
    text = (
        f"**Chances.** The decision auction of a BRIA sells a bandit with arms of mean {', '.join(f'{arm:g}' for arm in config.arms)} to "
        f"{config.levels} constant promises for each arm, {config.rounds:,} rounds; round n grants a multiple of n^-e credits. In the deep market "
        f"claims (one state, one action, one price for life; {config.prices} prices) enter a random decision problem of {config.states} states and {config.actions} actions by "
        f"rota: each once, then again at a pace of n^-e a round, at most {config.actions} a round, with twice the largest value as endowment; first price, the bankrupt and the idle leave. "
        "All schedules grant the same over the whole run, but for two (constant, and growing as n^0.5) that begin with the first grant of n^-0.5 and so grant far more: that their mean does not fall shows only if it is large, and "
        "beside them a constant one that grants no more than the others stands as a control. "
        "The best arm's promises, or the claims of best actions, come a quarter of the run late in one case, first turns included. In another, boasts for the worst arm or for every state's worst action "
        f"have what it costs to hold {100 * chance.RICH:.0f} % of the run, reward and resale deducted; they held {incumbents(auctions)} of the rounds of the auction and {incumbents(markets)} of the ticks of the market (range of the means by schedule). "
        f"A chance is fair if the best takes more than half of the actions in the last quarter. A promise is covered if it is not rejected in the last half, or loses credits in tests the more it is. The excess of estimates over rewards is at most the grants for each round, by the books. "
        "Everybody had four settings, chosen by the share of the best over the run on the same other seeds of noisy rewards: "
        f"{', '.join(f'{name} {setting:g}' for name, setting in settings.items())}. Q-learning's share is worked out from its table and not counted. Rivals know their options from the start, so nothing comes late or is rich there. "
        "The deep market's cap makes constant and growing births one where the first births reach it. "
        "Runs are too short to tell a schedule that needs exponentially many rounds from one that never succeeds."
    )
    return Report(
        findings,
        {"chances": pictured(auctions, markets, config)},
        text,
        claims=[fair(auctions, markets), covered(auctions), unfit(auctions, markets), ahead(auctions, markets)],
    )


def chosen(config: Config, scale: chance.Scale, seeds: Sequence[int]) -> dict[str, float]:
    """Settings of everybody, all by the same measure on the same other seeds."""
    case = "noisy rewards"
    rewards = chance.bandits(case, config.arms, config.rounds, seeds)
    worlds = chance.worlds(case, config.states, config.actions, seeds)

    def auction(amount: float) -> np.ndarray:
        plans = chance.schedules(amount, config.rounds)
        return np.stack(
            [
                chance.auction(case, plans[name], config.arms, config.levels, rewards, seeds).share
                for name in chance.FAIR
            ]
        )

    tried = {f"{amount:g} {name}": chance.schedules(amount, config.market_rounds)[name] for amount in config.amounts for name in chance.FAIR}  # fmt: skip
    traded = chance.traded(case, config.states, config.actions, scale, tried, seeds)
    return {
        "auction's first grant": chance.tuned(config.amounts, auction),
        "market's first births": chance.tuned(config.amounts, lambda amount: np.stack([traded[f"{amount:g} {name}"].share for name in chance.FAIR])),
    } | {
        name: chance.tuned(grid, lambda setting, name=name: chance.rival(name, setting, config.arms, rewards, seeds).share)
        for name, (_, grid) in chance.RIVALS.items()
    } | {"Q-learning": chance.tuned(chance.EPSILONS, lambda epsilon: chance.walked(worlds, epsilon, ticks_of(scale), seeds).share)}  # fmt: skip


def ticks_of(scale: chance.Scale) -> int:
    """Of a whole run."""
    return scale.rounds * scale.round_ticks


def rooms(auctions: Found, markets: Found) -> dict[str, Found]:
    """By name."""
    return {"decision auction": auctions, "deep market": markets}


def told(of: Chances) -> str:
    """When the best came first, what was covered, by how much estimates are too high, and what the rich held; what was recorded of it."""
    parts = {
        "first in round {:,.0f} (median)": np.median(of.first),
        "{:.0f} % of its promises covered": 100 * of.covered.mean(),
        "estimates {:+.3f} above rewards": of.excess.mean(),
        "the rich held {:.1f} %": 100 * of.rich.mean(),
    }
    return "; ".join(part.format(value) for part, value in parts.items() if np.isfinite(value))


def incumbents(found: Found) -> str:
    """Range of what the rich held."""
    means = [of.rich.mean() for methods in found.values() for of in methods.values() if np.isfinite(of.rich).all()]
    return f"{100 * min(means):.0f} to {100 * max(means):.0f} %" if means else "nothing (left out)"


def held(of: Chances) -> bool:
    """Whether the best took more than half of the late actions, beyond chance."""
    return bool(statistics.interval(of.late - HALF).above)


def fair(auctions: Found, markets: Found) -> Claim:
    """Under both schedules that meet the conditions."""
    tried = {
        f"{name}, {case} in the {room}": methods[name]
        for room, found in rooms(auctions, markets).items()
        for case, methods in found.items()
        for name in chance.FAIR
    }
    return Claim.judged(
        "Given suitable endowments the market gives a fair chance to the best policy: it ends up with most of the actions.", AGENDA,
        {case: held(of) for case, of in tried.items()},
        f"Measured: share of the best in the last quarter, which is fair above {HALF:g}; what “fair” and “suitable” mean is our reading, after the conditions of BRIA.",
        {case: statistics.interval(of.late) for case, of in tried.items()},
    )  # fmt: skip


def covered(auctions: Found) -> Claim:
    """What the theorem promises where its conditions hold."""
    cases, figures = {}, {}
    for case, methods in auctions.items():
        for name in chance.FAIR:
            share, excess = statistics.interval(methods[name].covered), statistics.interval(methods[name].excess)
            cases[f"{name}, {case}"] = share.low >= COVERED and excess.high <= SLACK
            figures[f"{name}, {case}"] = f"{share} covered, estimates {excess} above rewards"
    return Claim.judged(
        "If what is granted to every hypothesis grows without bound while the mean grant goes to 0, hypotheses are covered and estimates are not too high in the long run.",
        BRIA, cases, f"Measured: part of the best arm's promises that a run of this length shows as covered ({COVERED:g} was asked) and mean of estimate less reward (at most {SLACK:g}).", figures,
    )  # fmt: skip


def unfit(auctions: Found, markets: Found) -> Claim:
    """The converse, which the theorem does not say."""
    cases, figures = {}, {}
    for room, found in rooms(auctions, markets).items():
        for name in chance.UNFIT:
            lost = [case for case, methods in found.items() if not held(methods[name])]
            cases[f"{name}, {room}"] = bool(lost)
            figures[f"{name}, {room}"] = (
                f"no fair chance in {len(lost)} of {len(found)}" + f": {', '.join(lost)}" * bool(lost)
            )
    return Claim.judged(
        "Schedules that miss one of the two conditions leave the best without most of the actions in some world.",
        f"our converse of {BRIA}", cases, f"Measured: worlds in which the share of the best in the last quarter is not above {HALF:g} beyond chance.", figures,
    )  # fmt: skip


def ahead(auctions: Found, markets: Found) -> Claim:
    """Beside rivals, in the cases that are the same for both."""
    cases, figures = {}, {}
    for room, found in rooms(auctions, markets).items():
        for case, methods in found.items():
            if case not in chance.CASES[:2]:
                continue
            for ours in chance.FAIR:
                for name in (name for name in methods if name not in chance.SCHEDULES):
                    test = statistics.paired(methods[ours].late, methods[name].late)
                    cases[f"{room}, {ours}, beside {name}, {case}"] = test.difference.low >= -SLACK
                    figures[f"{room}, {ours}, beside {name}, {case}"] = test
    return Claim.judged(
        "With suitable endowments the best policy gets no smaller part of the actions than standard exploration gives it.", f"our test of the agenda: {AGENDA}", cases,
        f"Measured: share of the best in the last quarter, ours less the rival's, paired by seed; {SLACK:g} less was allowed.", figures,
    )  # fmt: skip


def shown(method: str, case: str) -> bool:
    """Rivals only where the world is the same for them, the control only in the table: fewer lines."""
    return method != CONTROL and (method in chance.SCHEDULES or case in chance.CASES[:2])


def pictured(auctions: Found, markets: Found, config: Config) -> Any:
    """Shares over time, a row per case, auction and market side by side."""
    panels = {}
    for case in auctions:
        for room, found, along, ends, level in (
            ("decision auction", auctions, "rounds", chance.looks(config.rounds), 1 / len(config.arms)),
            ("deep market", markets, "ticks", chance.looks(config.market_rounds) * 8, 1 / config.actions),
        ):
            panels[f"{room}: {case}"] = view.Panel(
                view.Band.each(ends, {name: of.share for name, of in found[case].items() if shown(name, case)}),
                along if case == list(auctions)[-1] else "",
                "share of the best" if found is auctions else "",
                levels={"by chance": level},
            )
    return view.band_panels(panels, columns=2, limits=(0.0, 1.05), height=1.75)


# --- (ii) how fast


def speeds(config: Config) -> Report:
    """Ticks until near the optimum, by family and size, beside Q-learning."""
    seeds, others = seeds_of(config)
    plan = speed.Plan(config.exploration, config.looks, config.visits, list(product(config.decays, config.firsts)))
    families = {name: speed.FAMILIES[name].smallest(config.sizes) for name in config.families}
    settings = {
        name: {method: speed.tuned(method, family, others, plan) for method in speed.METHODS}
        for name, family in families.items()
    }
    courses = {
        name: {
            method: {size: speed.run(method, family, size, setting, seeds, plan) for size in family.sizes}
            for method, setting in settings[name].items()
        }
        for name, family in families.items()
    }
    rows, findings = [], []
    for name, methods in courses.items():
        for method, by_size in methods.items():
            times, sizes = speed.times(by_size), sorted(by_size)
            arrived = np.mean([of.arrived for of in by_size.values()])
            decay, share = settings[name][method]
            error = statistics.interval(by_size[sizes[-1]].error[:, -1])
            looks = [
                f"{np.exp(np.log(times[:, at]).mean()):,.0f} ({by_size[sizes[at]].ticks[0]:,.0f})" for at in (0, -1)
            ]
            rows.append(
                [
                    name,
                    method,
                    f"{speed.exponent(sizes, times):.2f}",
                    *looks,
                    f"{100 * arrived:.0f} %",
                    f"{error}",
                    f"{decay:g}, {share:g}",
                ]
            )
            findings.append(
                Finding("convergence", f"{name}, {method}: exponent of the ticks until {speed.NEAR:g} of the way to the optimum", "", f"{speed.exponent(sizes, times):.2f}",
                        note=f"{speed.FAMILIES[name].size} {sizes[0]:g} to {sizes[-1]:g}; {100 * arrived:.0f} % of the runs arrived")
            )  # fmt: skip
    head = [
        "family",
        "method",
        "exponent",
        "ticks, smallest (between looks)",
        "ticks, largest (between looks)",
        "arrived",
        "error of bids or values at the end, largest",
        "decay, first bid",
    ]
    text = (
        "**Speed.** Tabular bidders with a clone each under the credit-conserving Vickrey auction, beside Q-learning: the same tables, budget, instances and exploration "
        f"({config.exploration:g}); decay of the step size and first bid or value chosen from the same {len(plan.grid)} pairs on the same other seeds, on the second size of each family. A bidder's clone bids as high as it does, so the price is the highest bid and "
        "the bidders' tables follow Q-learning's rule to the letter: what is compared is what the auction decides, who acts while bidders explore or are tied. It says nothing about markets whose bidders learn otherwise. "
        "Every seed has its own problem; the families states, actions, noise and horizon share one of them, the same run in each. The error is the mean distance from Q* as a part of its largest value; settings were chosen for fast arrival, not for a small error. Runs that did not "
        "arrive count with their whole budget, which flattens exponents; nothing faster than the time between looks can be seen.\n\n"
        + markdown_table(head, rows)
    )
    return Report(
        findings,
        {"scaling": scaled(courses), "errors": wrong(courses)},
        text,
        claims=[arrives(courses), same_rate(courses)],
    )


def arrives(courses: speed.Courses) -> Claim:
    """Whether the greedy policy gets near the best, and stays."""
    found = {
        f"{name}, {size:g}": statistics.interval(of.quality[:, -max(1, of.quality.shape[1] // 8) :].mean(1))
        for name, methods in courses.items()
        for size, of in sorted(methods["market"].items())
    }
    return Claim.judged(
        f"A deep market of tabular bidders reaches {speed.NEAR:g} of the way from the random policy to the best, and stays.", f"our test of the agenda, which lists convergence as future work: {AGENDA}",
        {case: of.low >= speed.NEAR for case, of in found.items()},
        f"Measured: value of the greedy policy in the last eighth of the budget, from the random policy (0) to the best (1); {speed.NEAR:g} was asked of the whole interval.", found,
    )  # fmt: skip


def same_rate(courses: speed.Courses) -> Claim:
    """Whether the exponents differ by more than a margin."""
    cases, figures = {}, {}
    for name, methods in courses.items():
        sizes = sorted(methods["market"])
        ratio = np.log(speed.times(methods["market"])) - np.log(speed.times(methods["Q-learning"]))
        gap = statistics.interval(ratio, partial(speed.slope, sizes))
        level = statistics.interval(ratio)
        cases[f"the family {name}"] = gap.high <= MARGIN
        times = f"ticks x {np.exp(level.value):.2f} [{np.exp(level.low):.2f}, {np.exp(level.high):.2f}]"
        figures[f"the family {name}"] = f"exponent {gap:+.2f}, {times}"
    return Claim.judged(
        "The ticks that a deep market of tabular bidders needs grow with the size of the problem no faster than those of Q-learning.", f"our test of the agenda: {AGENDA}", cases,
        f"Market less Q-learning, paired by problem; an exponent of {MARGIN:g} more was allowed.", figures,
    )  # fmt: skip


def scaled(courses: speed.Courses) -> Any:
    """Ticks by size, both axes logarithmic."""
    panels = {}
    for name, methods in courses.items():
        curves = {}
        for method, by_size in methods.items():
            band = view.Band.of(sorted(by_size), np.log(speed.times(by_size)))
            curves[method] = view.Band(band.x, [statistics.Interval(*map(float, np.exp(of))) for of in band.intervals])
        gap = " and ".join(f"{speed.exponent(sorted(of), speed.times(of)).value:.1f}" for of in methods.values())
        panels[f"{name}: exponents {gap}"] = view.Panel(curves, speed.FAMILIES[name].size, "ticks until near", log="xy")
    return view.band_panels(panels, height=2.3)


def wrong(courses: speed.Courses) -> Any:
    """Distance from Q* over the budget, largest size of each family."""
    panels = {}
    for name, methods in courses.items():
        largest = {method: by_size[max(by_size)] for method, by_size in methods.items()}
        curves = {method: view.Band.of(of.ticks[3::4], of.error[:, 3::4]) for method, of in largest.items()}
        panels[f"{name}: {max(methods['market']):g}"] = view.Panel(curves, "ticks", "distance from Q*, part", log="x")
    return view.band_panels(panels, height=2.3)


# --- (iii) is it best to bid the truth


def truths(config: Config) -> Report:
    """Bids that are learned by profit, and the best deviation from bidding what winning is worth."""
    seeds, _ = seeds_of(config)
    alone = bids.bidding(config.bidders, config.auctions, 40, seeds)
    resold = {
        f"{clones} account{'s' if clones > 1 else ''} each": bids.resale(
            clones,
            config.resale_ticks,
            config.looks,
            config.exploration,
            config.tried,
            [seed + 1_000 for seed in seeds],
        )
        for clones in config.accounts
    }
    findings = [
        Finding("truth", f"one good, {name}: bid less value after {config.auctions:,} auctions", "", f"{statistics.interval(of.bias[:, -1])}",
                note=f"best answer gains {statistics.interval(of.truthful)} over the truth, {statistics.interval(of.own)} over what was learned, credits an auction")
        for name, of in alone.items()
    ] + [
        Finding("truth", f"resale, {name}, {accounts}: best deviation of one account in one state, part of the reward", "", f"{statistics.interval(of.gain)}",
                note=f"highest bid less value {statistics.interval(of.price_bias)} of the largest value")
        for accounts, rules in resold.items() for name, of in rules.items()
    ]  # fmt: skip
    text = (
        f"**Truth.** One good: {config.bidders} bidders, values drawn anew for each auction from 0, 0.1, ..., 1, learn by their own profit what of 21 bids is best at each value "
        "(exploration 0.1, step 0.02); both Vickrey rules are one rule for a buyer. The best answer is enumerated exactly against all profiles of the others. "
        f"Resale: tabular bidders bid what winning was worth to them in a deep market on random decision problems, with one or two accounts for each action; then each account tries {config.tried} bids up to "
        "twice the largest value in each state while all others stay, and the long-run credits of every account are worked out exactly. Deviations in several states at once could gain more. "
        "In the market with resale bids are learned from what winning brought, not from own profit; `catallax run societal_bids` has learners by profit there."
    )
    learned = {name: view.Band.of(of.rounds, of.bias) for name, of in alone.items()}
    gains = {
        accounts: {name: statistics.interval(of.gain) for name, of in rules.items()}
        for accounts, rules in resold.items()
    }
    figures = {
        "bid_bias": view.band_panels(
            {
                "one good: bids that are learned": view.Panel(
                    learned, "auctions", "bid less value, credits", levels={"truth": 0.0}
                )
            },
            height=2.8,
        ),
        "deviations": view.interval_rows(
            gains, "gain of the best deviation, part of the reward per tick", line=0.0, linear=TRIFLE
        ),
    }
    return Report(findings, figures, text, claims=[truthful(alone, resold)])


def truthful(alone: Mapping[str, bids.Bidding], resold: Mapping[str, Mapping[str, bids.Resale]]) -> Claim:
    """A gain that surely stays below a trifle."""
    rules = ("credit-conserving Vickrey", "Vickrey")
    one = alone["credit-conserving Vickrey"]
    answer, learned = statistics.interval(one.truthful), statistics.interval(one.bias[:, -1])
    best, bids_ = (
        "one good: the truth as an answer to learners",
        "one good: learned bids, which come within a hundredth of values",
    )
    cases = {best: answer.high <= TRIFLE, bids_: np.abs(learned).max() <= TRIFLE}
    figures = {best: f"the best answer gains {answer}", bids_: f"bids less values {learned}"}
    for accounts, by_rule in resold.items():
        for rule in rules:
            gain = statistics.interval(by_rule[rule].gain)
            cases[f"resale by {rule} with {accounts}"] = gain.high <= TRIFLE
            figures[f"resale by {rule} with {accounts}"] = f"the best deviation gains {gain}"
    return Claim.judged(
        "Under a Vickrey auction agents do best to bid what winning is worth to them, and learn to.", PAPER.format("sections 1 and 2, after Chang et al. (2020)"), cases,
        "Measured: gains from a deviation as a part of the reward. Where the seller is paid more than the buyer pays, who owns the world sells it to itself at a high bid, at the house's expense; where it has no rival of its own kind, it bids up the "
        "second price at which it sells.", figures,
    )  # fmt: skip
