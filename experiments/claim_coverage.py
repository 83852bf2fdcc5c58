"""Coverage and convergence: whether the market gives the best policy its chance, how fast, and whether it is best to bid the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import _coverage_bids as bids
import _coverage_chance as chance
import _coverage_speed as speed
import jax
import numpy as np
from _coverage_chance import Chances
from _sources import PAPER

from catallax import view
from catallax.lab import Claim, Context, Finding, Report, markdown_table, statistics

AGENDA = PAPER.format("section 4, theoretical work")
BRIA = "Oesterheld, Demski & Conitzer (2023), the conditions on allowances of boundedly rational inductive agents, as the agenda of Sudhir & Tran-Thanh (2025), section 4, takes them up"
HALF, SLACK, MARGIN, TRIFLE = 0.5, 0.05, 0.25, 0.01
"""Share of the actions that makes a chance fair; slack of a share and of an exponent; a gain below this part is none."""


@dataclass(frozen=True)
class Config:
    """Settings."""

    seeds: int = 10
    """Draws of rewards, worlds and orders."""
    tuning: int = 4
    """Other seeds on which settings are chosen."""
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
    visits: int = 300
    """Budget in ticks for each state and action; in a chain half as many for each of its cells again."""
    looks: int = 256
    """At greedy policies, in equal steps."""
    exploration: float = 0.2
    """Of markets of bidders and Q-learning alike: the probability that anybody acts."""
    auctions: int = 300_000
    """In which four bidders learn to bid."""
    bidders: int = 4
    """That learn to bid."""
    accounts: tuple[int, ...] = (1, 2)
    """Of each bidder in those worlds."""
    resale_ticks: int = 400_000
    """Of the worlds in which every deviation is tried, until then."""


def run(config: Config, context: Context) -> Report:
    """The three parts, one after the other."""
    first, second, third = chances(config), speeds(config), truths(config)
    return Report(
        first.findings + second.findings + third.findings,
        first.figures | second.figures | third.figures,
        "\n\n".join([first.text, second.text, third.text]),
        claims=[*first.claims, *second.claims, *third.claims],
    )


# --- (i) the best gets its chance

Found = Mapping[str, Mapping[str, Chances]]
"""By case and method."""


def chances(config: Config) -> Report:
    """Shares of the best by schedule, in a BRIA and in a deep market, beside algorithms for bandits and Q-learning."""
    seeds, others = range(config.seeds), range(1_000, 1_000 + config.tuning)
    settings = {
        name: chance.tuned(name, config.arms, config.rounds, range(1_000, 1_000 + 5 * config.tuning))
        for name in chance.RIVALS
    }
    scale = chance.Scale(config.market_rounds, 8, config.prices, config.capacity)
    auctions, markets = {}, {}
    epsilon = chosen_epsilon(config, others)
    for case in chance.CASES:
        rewards, key = chance.bandits(case, config.arms, config.rounds, seeds), jax.random.key(1)
        auctions[case] = {
            name: chance.auction(case, exponent, config.arms, config.levels, rewards, seeds)
            for name, exponent in chance.SCHEDULES.items()
        } | {name: chance.rival(name, setting, config.arms, rewards, key) for name, setting in settings.items()}
        markets[case] = dict(chance.traded(case, config.states, config.actions, scale, seeds))
        worlds = chance.worlds(case, config.states, config.actions, seeds)
        markets[case]["Q-learning"] = chance.walked(worlds, epsilon, scale.rounds * scale.round_ticks, seeds)
    findings = [
        Finding("coverage", f"{room}, {case}, {name}: share of the best in the last quarter", "", str(statistics.interval(of.late)), note=firsts(of))
        for room, found in (("decision auction", auctions), ("deep market", markets))
        for case, methods in found.items()
        for name, of in methods.items()
    ]  # fmt: skip
    told = ", ".join(f"{name} {setting:g}" for name, setting in settings.items())
    text = (
        f"**Chances.** The decision auction of a BRIA sells a bandit with arms of mean {', '.join(f'{arm:g}' for arm in config.arms)} to "
        f"{config.levels} constant promises for each arm, {config.rounds:,} rounds, and grants n^-e credits in round n; the best arm's promises come a "
        "quarter of the rounds late in one case, and in another a boast for the worst arm can pay for a tenth of all rounds. In the deep market "
        f"claims (one state, one action, one price for life; {config.prices} prices) enter a random decision problem of {config.states} states and {config.actions} actions by "
        "rota: each once, then again at a pace of n^-e a round, with twice the largest value as endowment; first price, the bankrupt and the idle leave. "
        f"A chance is fair if the best takes more than half of the actions in the last quarter. Rivals see the same draws; their settings ({told}, Q-learning's exploration "
        f"{epsilon:g}) were chosen on other seeds, those for bandits by reward, Q-learning by the share of the best; that share is worked out from its table and not counted. Rivals know their options from the start, so nothing comes late or is rich there. A bandit's rounds are "
        "too few to tell a schedule that needs exponentially many from one that never succeeds."
    )
    figures = {"chances": pictured(auctions, markets, config)}
    return Report(
        findings,
        figures,
        text,
        claims=[fair(auctions, markets), predicted(auctions, markets), ahead(auctions, markets)],
    )


def chosen_epsilon(config: Config, seeds: Sequence[int]) -> float:
    """Exploration of Q-learning with the largest share of the best over all looks, on worlds of its own."""
    worlds, ticks = chance.worlds("noisy rewards", config.states, config.actions, seeds), config.market_rounds * 8
    return max(
        (0.01, 0.05, 0.1, 0.2), key=lambda epsilon: float(chance.walked(worlds, epsilon, ticks, seeds).share.mean())
    )


def firsts(of: Chances) -> str:
    """When the best came first, and what was covered."""
    covered = "" if np.isnan(of.covered).any() else f"; {100 * of.covered.mean():.0f} % of its promises covered"
    return "" if np.isnan(of.first).any() else f"first in round {np.median(of.first):,.0f} (median){covered}"


def held(of: Chances) -> bool:
    """Whether the best took more than half of the late actions, beyond chance."""
    return bool(statistics.interval(of.late - HALF).above)


def fair(auctions: Found, markets: Found) -> Claim:
    """Under the schedule that meets the conditions with room to spare."""
    rooms = {"decision auction": auctions, "deep market": markets}
    name = chance.FAIR[0]
    cases = {f"{case} in the {room}": held(found[case][name]) for room, found in rooms.items() for case in chance.CASES}
    figures = {
        f"{case} in the {room}": statistics.interval(found[case][name].late)
        for room, found in rooms.items()
        for case in chance.CASES
    }
    return Claim.judged(
        "Given suitable endowments the market gives a fair chance to the best policy: it ends up with most of the actions.", AGENDA, cases,
        "Measured: share of the best in the last quarter, under grants that fall as n^-1/2.", figures,
    )  # fmt: skip


def predicted(auctions: Found, markets: Found) -> Claim:
    """Whether the conditions tell the schedules apart."""
    cases, figures = {}, {}
    for room, found in (("decision auction", auctions), ("deep market", markets)):
        for name in chance.SCHEDULES:
            good = [case for case in chance.CASES if held(found[case][name])]
            cases[f"{room}, {name}"] = (len(good) == len(chance.CASES)) == (name in chance.FAIR)
            figures[f"{room}, {name}"] = f"fair in {len(good)} of {len(chance.CASES)}"
    return Claim.judged(
        "Endowments are suitable exactly if their sum diverges while their mean goes to 0: chances are fair in every case under such schedules, and in some case not under others.",
        BRIA, cases, "Measured: in how many worlds chances are fair. It holds where that is all of them for a schedule that should be fair, and not all for one that should not.", figures,
    )  # fmt: skip


def ahead(auctions: Found, markets: Found) -> Claim:
    """Beside rivals, in the cases that are the same for both."""
    cases, figures = {}, {}
    for room, found in (("decision auction", auctions), ("deep market", markets)):
        for case in ("sure rewards", "noisy rewards"):
            methods = found[case]
            for name in (name for name in methods if name not in chance.SCHEDULES):
                test = statistics.paired(methods[chance.FAIR[0]].late, methods[name].late)
                cases[f"{room} beside {name}, {case}"] = test.difference.low >= -SLACK
                figures[f"{room} beside {name}, {case}"] = test
    return Claim.judged(
        "With suitable endowments the best policy gets no smaller part of the actions than standard exploration gives it.", f"our test of the agenda: {AGENDA}", cases,
        f"Measured: share of the best in the last quarter, ours less the rival's, paired by seed; {SLACK:g} less was allowed.", figures,
    )  # fmt: skip


def banded(where: np.ndarray, rows: np.ndarray) -> view.Band:
    """Mean over seeds with its percentile bootstrap, the same resamples at every point."""
    drawn = rows[np.random.default_rng(0).integers(len(rows), size=(1_000, len(rows)))].mean(1)
    ends = np.quantile(drawn, [0.025, 0.975], axis=0)
    return view.Band(where, [statistics.Interval(*map(float, of)) for of in zip(rows.mean(0), *ends, strict=True)])


def pictured(auctions: Found, markets: Found, config: Config) -> Any:
    """Shares over time, a row per case, auction and market side by side."""
    panels = {}
    for case in chance.CASES:
        for room, found, along, ends, level in (
            ("decision auction", auctions, "rounds", chance.looks(config.rounds), 1 / len(config.arms)),
            ("deep market", markets, "ticks", chance.looks(config.market_rounds) * 8, 1 / config.actions),
        ):
            curves = {name: banded(ends, of.share) for name, of in found[case].items()}
            panels[f"{room}: {case}"] = view.Panel(
                curves,
                along if case == chance.CASES[-1] else "",
                "share of the best" if found is auctions else "",
                levels={"by chance": level},
            )
    return view.band_panels(panels, columns=2, limits=(0.0, 1.05), height=1.75)


# --- (ii) how fast


def speeds(config: Config) -> Report:
    """Ticks until near the optimum, by family and size, beside Q-learning."""
    seeds, others = range(config.seeds), range(1_000, 1_000 + config.tuning)
    courses: dict[str, dict[str, dict[float, speed.Course]]] = {}
    settings: dict[str, dict[str, tuple[float, float]]] = {}
    for name in config.families:
        family = speed.FAMILIES[name]
        sizes = family.sizes[: config.sizes]
        settings[name] = {
            method: speed.tuned(
                method, family._replace(sizes=sizes), others, config.exploration, config.looks, config.visits
            )
            for method in speed.METHODS
        }
        courses[name] = {
            method: {
                size: speed.run(
                    method, family, size, settings[name][method], seeds, config.exploration, config.looks, config.visits
                )
                for size in sizes
            }
            for method in speed.METHODS
        }
    rows, findings = [], []
    for name, methods in courses.items():
        for method, by_size in methods.items():
            times, sizes = speed.times(by_size), sorted(by_size)
            arrived = np.mean([of.arrived for of in by_size.values()])
            decay, share = settings[name][method]
            error = statistics.interval(by_size[sizes[-1]].error[:, -1])
            rows.append([name, method, f"{speed.exponent(sizes, times):.2f}", *(f"{np.exp(np.log(column).mean()):,.0f}" for column in (times[:, 0], times[:, -1])),
                         f"{100 * arrived:.0f} %", f"{error}", f"{decay:g}, {share:g}"])  # fmt: skip
            findings.append(
                Finding("convergence", f"{name}, {method}: exponent of the ticks until {speed.NEAR:g} of the way to the optimum", "", f"{speed.exponent(sizes, times):.2f}",
                        note=f"{speed.FAMILIES[name].size} {sizes[0]:g} to {sizes[-1]:g}; {100 * arrived:.0f} % of the runs arrived")
            )  # fmt: skip
    head = [
        "family",
        "method",
        "exponent",
        "ticks, smallest",
        "ticks, largest",
        "arrived",
        "error of bids or values at the end, largest",
        "decay, first bid",
    ]
    text = (
        "**Speed.** Tabular bidders with a clone each under the credit-conserving Vickrey auction, beside Q-learning: the same tables, budget, instances and exploration "
        f"({config.exploration:g}), decay of the step size and first bid or value chosen from the same grid on other seeds, on the second size of each family. Every seed has its own problem. "
        "The error is the mean distance from Q* as a part of its largest value; settings were chosen for fast arrival, not for a small error. Runs that did not "
        "arrive count with their whole budget, which flattens exponents.\n\n" + markdown_table(head, rows)
    )
    return Report(
        findings,
        {"scaling": scaled(courses), "errors": wrong(courses)},
        text,
        claims=[arrives(courses), same_rate(courses)],
    )


def arrives(courses: speed.Courses) -> Claim:
    """Whether the greedy policy gets near the best."""
    cases, figures = {}, {}
    for name, methods in courses.items():
        last = [of.quality[:, -max(1, of.quality.shape[1] // 8) :].mean(1) for of in methods["market"].values()]
        found = statistics.interval(np.stack(last, 1))
        cases[f"the family {name}"] = found.low >= speed.NEAR
        figures[f"the family {name}"] = found
    return Claim.judged(
        "The deep market converges to the optimal policy.", AGENDA, cases,
        f"Value of the greedy policy in the last eighth of the budget, from the random policy (0) to the best (1), over all sizes; {speed.NEAR:g} was asked of the whole interval.", figures,
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
        "The ticks that a deep market needs grow with the size of the problem no faster than those of Q-learning.", f"our test of the agenda: {AGENDA}", cases,
        f"Market less Q-learning, paired by problem; an exponent of {MARGIN:g} more was allowed.", figures,
    )  # fmt: skip


def scaled(courses: speed.Courses) -> Any:
    """Ticks by size, both axes logarithmic."""
    panels = {}
    for name, methods in courses.items():
        curves = {}
        for method, by_size in methods.items():
            band = banded(np.array(sorted(by_size), float), np.log(speed.times(by_size)))
            curves[method] = view.Band(band.x, [statistics.Interval(*map(float, np.exp(of))) for of in band.intervals])
        gap = " and ".join(f"{speed.exponent(sorted(of), speed.times(of)).value:.1f}" for of in methods.values())
        panels[f"{name}: exponents {gap}"] = view.Panel(curves, speed.FAMILIES[name].size, "ticks until near", log="xy")
    return view.band_panels(panels, height=2.3)


def wrong(courses: speed.Courses) -> Any:
    """Distance from Q* over the budget, largest size of each family."""
    panels = {}
    for name, methods in courses.items():
        largest = max(methods["market"])
        curves = {
            method: banded(by_size[largest].ticks[::4], by_size[largest].error[:, ::4])
            for method, by_size in methods.items()
        }
        panels[f"{name}: {largest:g}"] = view.Panel(curves, "ticks", "distance from Q*, part", log="x")
    return view.band_panels(panels, height=2.3)


# --- (iii) is it best to bid the truth


def truths(config: Config) -> Report:
    """Bids that are learned by profit, and the best deviation from bidding what winning is worth."""
    seeds = range(config.seeds)
    alone = bids.bidding(config.bidders, config.auctions, 40, seeds)
    resold = {
        f"{clones} account{'s' if clones > 1 else ''} each": bids.resale(
            clones, config.resale_ticks, config.looks, config.exploration, seeds
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
        "Resale: tabular bidders bid what winning was worth to them in a deep market on random decision problems, with one or two accounts for each action; then each account tries 41 bids up to "
        "twice the largest value in each state while all others stay, and the long-run credits of every account are worked out exactly. Deviations in several states at once could gain more. "
        "In the market with resale bids are learned from what winning brought, not from own profit; `catallax run societal_bids` has learners by profit there."
    )
    learned = {name: banded(of.rounds, of.bias) for name, of in alone.items()}
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
