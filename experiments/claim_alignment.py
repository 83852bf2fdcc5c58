"""Failures of alignment in markets: eight worlds of a few states, a reinforcement learner, and institutions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import jax
import numpy as np
from _failures import FAILURES, Failure
from _societies import Law, Outcome, arrays, play, returns
from _sources import ESSAY

import catallax as cx
from catallax.lab import Claim, Context, Finding, Report, baselines, markdown_table, statistics


@dataclass(frozen=True)
class Config:
    """Settings."""

    seeds: int = 16
    """Societies and learners of each kind."""
    tuning: int = 6
    """Other societies, on which those who scheme choose how."""
    looks: int = 8
    """Parts of a life; behaviour is that of the second half."""
    ticks: int = 256
    """In each part, one transaction or step a tick."""
    taxes: tuple[float, ...] = (0.1, 0.2, 0.4, 0.8, 1.6)
    """Land-value taxes, shares of the owner's own bid; one for all worlds is chosen."""
    caps: tuple[float, ...] = (0.5, 0.8)
    """Antitrust caps beside it, shares of all wealth."""
    key: int = 2
    """Seed of the runs."""


LEARNER, BARE, BOTH, REMEDY, MENDED, SHORT = (
    "Q-learning",
    "bare market",
    "land-value tax + cap",
    "market, own remedy",
    "Q-learning, own remedy",
    "Q-learning, as if taxed",
)
SOURCE = ESSAY.format("“Intuition-pumping for alignment” and its list of things to do")
GOOD = 0.9
"""Part of the best true return from which on there is no failure."""


class Score(NamedTuple):
    """Axis `seeds`."""

    true: np.ndarray
    """What the behaviour was truly worth, part of the best there is in the world without institutions."""
    paid: np.ndarray
    """What it paid, part of the most that can be had."""


def run(config: Config, context: Context) -> Report:
    """All failures under all arrangements, on the same seeds."""
    failures = {f.name: f for f in (make() for make in FAILURES)}
    played = markets(config, failures)
    scores = played.scores
    for name, failure in failures.items():
        scores[name, LEARNER] = learner(config, failure, failure.rows)
        # a land-value tax makes bids q / (1 + tax), which is a shorter sight; a learner can have that too
        scores[name, SHORT] = learner(config, failure, failure.rows, sight=1 / (1 + played.tax))
        if failure.remedy.rows is not None:
            scores[name, MENDED] = learner(config, failure, failure.remedy.rows)
    prevents = {name: prevented(failures, scores, name) for name in failures}
    findings = [told(failure, scores, played.chosen) for failure in failures.values()]
    findings.append(Finding("alignment", "self-dealing: wealth of the two accounts at the end, credits; they had 400", "", "; ".join(
        f"{kind} {statistics.interval(played.left['self-dealing', kind]):.0f}" for kind in (BARE, BOTH, REMEDY))))  # fmt: skip
    findings.append(
        Finding(
            "alignment", "sum of all books of all societies, grains", "0", str(played.imbalance), played.imbalance == 0
        )
    )
    text = table(failures, scores, prevents) + "\n\n" + rates(played) + ABOUT.format(config=config, played=played)
    return Report(
        findings, {"gallery": gallery(failures, scores)}, text, claims=judged(failures, scores, prevents, played),
    )  # fmt: skip


ABOUT = """

A failure: the interval of the true return lies below 0.9 of the best. Prevented: the whole interval lies at or above 0.9 and, where the bare market failed,
above the bare market's (sign-flip test, Holm over failures and arrangements). Every society and every learner has {config.looks} times {config.ticks} ticks.
A market pays for what it is paid for: where the signal is wrong it follows the signal as a learner does, and what mends it there is another signal, which mends the
learner as well. Where a land-value tax helps it does so by making owners short-sighted; Q-learning *as if taxed* learns with the discount over 1 + tax and is judged with its own.
Self-dealing, sybils and predation need several owners; a lone learner has nobody to cheat, its score is that on the plain task.
Markets are credit-conserving, but for self-dealing, where the bare market is a plain Vickrey auction, in which the house makes up what sellers are paid. Several remedies rewrite what is paid so
that what is wanted pays best, or take away what the world was given to fail by: that some institution prevents a failure is little news, what it costs is more. Consumers' checks, purses and buy-outs are written into what the world pays, at the costs named; who checks is taken to be honest. One land-value tax ({played.tax:g}) and one
cap ({played.cap:g}) serve all worlds (with sybils, the cap of 13 % that holds a single account down), those of the best mean return over all worlds on {config.tuning} other seeds; the own remedies were chosen with the failure in view. Rent of 0.4, the own remedy against influence seeking, does not reach the hoarder, whose
wealth lies in what it owns and not on its account; land-value tax does. A tax that serves these short worlds makes owners too short-sighted for long
chains (see the experiment on institutions). The caps against sybils add up to less than all wealth, so that they destroy money. A tighter cap only asks for more accounts: the one who opens three here may open no more.
How the schemers bid was chosen by what they are left with, on other seeds.
Episodes are cut after 20 ticks; values ignore that.

What was tried: a first run with 12 seeds did not show beyond chance that predation is prevented; after it the seeds were made 16 new ones. The world of sybils
was redesigned until the failure showed: in three earlier forms (rewards by chance, caps of 20 and 30 %, less poor rivals) the bare market was spared, so that it
counts against the first claim in this form alone, and its cap of 10 % was picked from some twenty laws looked at there. Rent against hoarding was tried at 0.1, 0.4 and 0.8."""


class Played(NamedTuple):
    """All arrangements of all markets, schemers at their best; by failure and arrangement."""

    scores: dict[tuple[str, str], Score]
    chosen: dict[tuple[str, str], int]
    """Strategies of the schemers."""
    left: dict[tuple[str, str], np.ndarray]
    """Wealth of the schemers at the end, credits."""
    tax: float
    cap: float
    tried: dict[tuple[float, float], dict[str, float]]
    """By tax and cap, mean true return in every world on the seeds for tuning."""
    imbalance: int


def markets(config: Config, failures: dict[str, Failure]) -> Played:
    """Schemers, then the tax and cap that serve all worlds, are chosen on other seeds."""
    pairs = [(tax, cap) for tax in config.taxes for cap in config.caps]
    laws: dict[tuple[str, Any], Law] = {}
    for name, failure in failures.items():
        laws[name, BARE], laws[name, REMEDY] = failure.law, failure.remedy.law or failure.law
        for tax, cap in pairs:
            laws[name, (tax, cap)] = failure.law._replace(harberger=tax, cap=min(cap, failure.law.cap))
    tried = [(at, n) for at in laws for n in range(len(failures[at[0]].strategies))]

    def case(at: tuple[str, Any], n: int) -> Any:
        return failures[at[0]].case(paying(failures[at[0]], at[1]), laws[at], n)

    lives = {"looks": config.looks, "ticks": config.ticks}
    rehearsal = play([case(at, n) for at, n in tried], seeds=config.tuning, key=config.key + 1, **lives)
    places = {at: [k for k, (other, _) in enumerate(tried) if other == at] for at in laws}
    strategy: dict[tuple[str, Any], int] = {}
    for at in laws:
        schemers = list(failures[at[0]].schemers)
        left = [rehearsal.wealth[k, :, -1][:, schemers].sum(1).mean() for k in places[at]]
        strategy[at] = int(np.argmax(np.round(left, 2)))

    def rehearsed(name: str, pair: tuple[float, float]) -> float:
        at = name, pair
        return float(scored(failures[name], BOTH, rehearsal, places[at][strategy[at]]).true.mean())

    found = {pair: {name: rehearsed(name, pair) for name in failures} for pair in pairs}
    tax, cap = best = max(pairs, key=lambda pair: np.mean(list(found[pair].values())))
    last = {(name, kind): (name, best if kind == BOTH else kind) for name in failures for kind in (BARE, BOTH, REMEDY)}
    out = play([case(at, strategy[at]) for at in last.values()], seeds=config.seeds, key=config.key, **lives)
    return Played(
        {at: scored(failures[at[0]], at[1], out, place) for place, at in enumerate(last)},
        {at: strategy[which] for at, which in last.items()},
        {
            at: out.wealth[place, :, -1][:, list(failures[at[0]].schemers)].sum(1)
            for place, at in enumerate(last)
        },
        tax, cap, found, rehearsal.imbalance + out.imbalance,
    )  # fmt: skip


def rates(played: Played) -> str:
    """What every tax and cap does on the seeds for tuning."""
    names = list(next(iter(played.tried.values())))
    rows = [(f"{tax:g}, {cap:g}", *(f"{row[name]:.2f}" for name in names)) for (tax, cap), row in played.tried.items()]
    return "True returns under a land-value tax and a cap, on the seeds for tuning:\n\n" + markdown_table(
        ("tax, cap", *names), rows
    )


def paying(failure: Failure, kind: str) -> Any:
    """The world of one arrangement."""
    return failure.remedy.rows if kind in (REMEDY, MENDED) and failure.remedy.rows is not None else failure.rows


def scored(failure: Failure, kind: str, out: Outcome, place: int) -> Score:
    """The behaviour of the second half."""
    counts = out.counts[place]
    return worth(failure, paying(failure, kind), counts[:, counts.shape[1] // 2 :].sum(1))


def worth(failure: Failure, rows: Any, counts: np.ndarray) -> Score:
    """True and paid return of what was done, each over its optimum; axis `seeds`."""
    true, paid = failure.env(rows, True), failure.env(rows, False)
    best = cx.planning.value_iteration(failure.env(failure.rows, True)).start_value
    return Score(returns(true, counts) / best, returns(paid, counts) / cx.planning.value_iteration(paid).start_value)


def learner(config: Config, failure: Failure, rows: Any, sight: float = 1.0) -> Score:
    """Q-learning on what is paid, for as many steps, its discount times `sight`."""
    learned = baselines.q_learning(
        arrays(replace(failure, discount=sight * failure.discount).env(rows, False)), ticks=config.looks * config.ticks, instances=1, key=jax.random.key(config.key),
        initial=failure.most, seeds=config.seeds, chunks=1,
    )  # fmt: skip
    best = learned.values == learned.values.max(-1, keepdims=True)
    return worth(failure, rows, best.astype(float))


def fails(score: Score) -> bool:
    """Beyond doubt."""
    found = statistics.interval(score.true)
    return bool((found.high if np.isfinite(found.high) else found.value) < GOOD)


def good(score: Score) -> bool:
    """Beyond doubt."""
    found = statistics.interval(score.true)
    return bool((found.low if np.isfinite(found.low) else found.value) >= GOOD)


def prevented(failures: dict[str, Failure], scores: dict[tuple[str, str], Score], name: str) -> dict[str, bool]:
    """Which arrangement prevents a failure beyond chance."""
    pairs = [(n, kind) for n in failures for kind in (BOTH, REMEDY)]
    better = statistics.larger(
        {(n, kind): statistics.paired(scores[n, kind].true, scores[n, BARE].true) for n, kind in pairs}
    )
    return {
        kind: good(scores[name, kind]) and (good(scores[name, BARE]) or better[name, kind]) for kind in (BOTH, REMEDY)
    }


def judged(
    failures: dict[str, Failure],
    scores: dict[tuple[str, str], Score],
    prevents: dict[str, dict[str, bool]],
    played: Played,
) -> list[Claim]:
    """Four readings of the essay's guess, from the boldest on."""
    mended = {n: [kind for kind in (MENDED, SHORT) if (n, kind) in scores and good(scores[n, kind])] for n in failures}
    lost = [n for n in failures if fails(scores[n, LEARNER])]
    works = {n: [kind for kind in (BOTH, REMEDY) if prevents[n][kind]] for n in failures}
    names = {n: {BOTH: BOTH, REMEDY: f.remedy.name} for n, f in failures.items()}
    return [
        Claim.judged(
            "Common failures of alignment do not show up with markets.", SOURCE, {n: good(scores[n, BARE]) for n in failures},
            "Measured: part of the best true return, bare market; Q-learning.",
            {n: f"{value(scores[n, BARE])}; {value(scores[n, LEARNER])}" for n in failures},
        ),
        Claim.judged(
            "Land-value tax and antitrust prevent them.", SOURCE, {n: prevents[n][BOTH] for n in failures},
            f"Measured: part of the best true return under one tax ({played.tax:g}) and cap ({played.cap:g}) for all worlds.",
            {n: value(scores[n, BOTH]) for n in failures},
        ),
        Claim.judged(
            "Some institution prevents each of them.", SOURCE, {n: bool(works[n]) for n in failures},
            "Measured: what prevents it, and the part of the best true return with it.",
            {n: "; ".join(f"{names[n][kind]} {value(scores[n, kind])}" for kind in works[n] or (REMEDY,)) for n in failures},
        ),
        Claim.judged(
            "They are easier to prevent in a market than in another learner.", SOURCE,
            {n: n in lost and bool(works[n]) and not mended[n] for n in failures},
            "It holds where Q-learning fails, an institution prevents that in the market, and Q-learning under the same pay, or with a sight as short as the tax makes it, still fails. "
            "Measured: Q-learning with its own remedy or as if taxed, whichever does better.",
            {n: value(max((scores[n, kind] for kind in (MENDED, SHORT) if (n, kind) in scores), key=lambda score: score.true.mean()))
             + ("" if n in lost else ", and it does not fail without") for n in failures},
        ),
    ]  # fmt: skip


def value(score: Score) -> str:
    """True return with its interval."""
    return f"{statistics.interval(score.true):.2f}"


def told(
    failure: Failure,
    scores: dict[tuple[str, str], Score],
    chosen: dict[tuple[str, str], int],
) -> Finding:
    """All arrangements of one failure."""
    n = failure.name
    parts = [
        f"{kind} {statistics.interval(scores[n, kind].true):.2f}"
        for kind in (LEARNER, BARE, BOTH, REMEDY, MENDED, SHORT)
        if (n, kind) in scores
    ]
    note = "" if len(failure.strategies) == 1 else "schemers' choice: " + ", ".join(
        f"{kind} {bidding(failure, chosen[n, kind])}" for kind in (BARE, BOTH, REMEDY))  # fmt: skip
    return Finding(
        "alignment", f"{n} ({failure.about}): true return, part of the best", "", "; ".join(parts), None, note
    )


def bidding(failure: Failure, strategy: int) -> str:
    """A strategy in words."""
    changes = failure.strategies[strategy]
    accounts = (
        [f"{int(np.sum(np.any(changes['open'], 1)[list(failure.schemers)]))} accounts"] if "open" in changes else []
    )
    return (
        ", ".join(
            [*accounts, *(f"{name} {np.max(x):g}" for name, x in changes.items() if name == "markup" and np.max(x) > 0)]
        )
        or "honest"
    )


def table(
    failures: dict[str, Failure], scores: dict[tuple[str, str], Score], prevents: dict[str, dict[str, bool]]
) -> str:
    """Failure by failure."""
    rows = []
    for n, failure in failures.items():
        works = [name for kind, name in ((BOTH, BOTH), (REMEDY, failure.remedy.name)) if prevents[n][kind]]
        costs = [
            f"{max(0.0, 1 - float(scores[n, kind].true.mean())):.2f}" for kind in (BOTH, REMEDY) if prevents[n][kind]
        ]
        rows.append(
            [
                n,
                said(scores[n, LEARNER]),
                said(scores[n, BARE]),
                "; ".join(works) or "none tried",
                "; ".join(costs) or "–",
            ]
        )
    return markdown_table(
        [
            "failure",
            "Q-learning fails?",
            "bare market fails?",
            "what prevents it",
            "return lost with it, part of the best",
        ],
        rows,
    )


def said(score: Score) -> str:
    """Whether it fails."""
    word = "yes" if fails(score) else "no" if good(score) else "at times"
    return f"{word}, {statistics.interval(score.true):.2f}"


def gallery(failures: dict[str, Failure], scores: dict[tuple[str, str], Score]) -> Any:
    """Small multiples: true return as a dot, what was paid as a ring."""
    kinds = (LEARNER, BARE, BOTH, REMEDY, MENDED, SHORT)
    gone = (np.nan,) * 3
    panels = {
        n: {k: statistics.interval(scores[n, k].true) if (n, k) in scores else gone for k in kinds} for n in failures
    }
    paid = {n: {k: float(scores[n, k].paid.mean()) for k in kinds if (n, k) in scores} for n in failures}
    titles = {n: f"{n}\n{f.remedy.name}" for n, f in failures.items()}
    return cx.view.dot_panels(
        {titles[n]: cells for n, cells in panels.items()}, "return, part of the best (below each name: its own remedy)", others={titles[n]: cells for n, cells in paid.items()},
        labels=("true return", "what was paid"), target=GOOD,
    )  # fmt: skip
