"""Markets of thoughts on reasoning-gym: learned bids beside the oracle, baselines of equal bill, no prices, and Economy of Minds."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import _reasoning_workers as workers
import numpy as np
from _reasoning_workers import FAMILIES, Worker
from scipy import stats

import catallax as cx
from catallax.core import MICRO
from catallax.lab import Context, Finding, Report
from catallax.language import reasoning as r


@dataclass(frozen=True)
class Config:
    """Settings."""

    seeds: int = 10
    """Societies, each with questions of its own."""
    episodes: int = 12_000
    """Questions of a run."""
    late: int = 3_000
    """Of them, the last, which are compared."""
    endowment: float = 200.0
    """Credits of every thinker; the bounty is 1."""
    rate: float = 0.1
    """Smallest step of the learned bids."""
    dowry: float = 10.0
    """Credits of a newborn."""
    small: float = 1.0
    """Credits of a newborn in the societies with small dowries."""
    newborns: int = 200
    """Episodes between births in the society of ours that has them."""
    capacity: int = 40
    """Most thinkers where some are born."""
    looks: int = 24
    """Points of a curve."""
    key: int = 0
    """Seed of the first society."""


BOAST = 0.95
"""What liars and chatterers bid, credits."""
IDLE = ("lie", "chatter")
SOCIETY = list(FAMILIES)


def run(config: Config, context: Context) -> Report:
    """Play all systems on the same questions, seed by seed."""
    found: dict[str, list[Played]] = {}
    for seed in range(config.key, config.key + config.seeds):
        tasks = [exactly(task) for task in r.gym_tasks(SOCIETY, config.episodes, seed=seed)]
        staff = workers.society(SOCIETY, seed)
        for name, system in {**markets(config, staff, seed), **economies(config, staff, seed)}.items():
            found.setdefault(name, []).append(play(system(), tasks, config))
        bill = found[OURS][-1].bill
        for name, played in baselines(staff, tasks[-config.late :], bill, seed).items():
            found.setdefault(name, []).append(played)
    curves = {
        name: [(np.linspace(0, config.episodes, len(played.curve)), played.curve) for played in found[name]]
        for name in (OURS, "prices off: all bids equal", "winner drawn at random", "Economy of Minds, fixed")
    }
    target = float(np.mean([played.value for played in found[ORACLE]]))
    kinds = {"score": np.array([mean(found, name, "score") for name in found]),
             "score less bill": np.array([mean(found, name, "value") for name in found])}  # fmt: skip
    return Report(
        judged(found),
        {
            "reasoning_market": cx.view.seed_curves(
                curves, target=target, unit="credits a question", goal="oracle", along="questions"
            ),
            "reasoning_market_systems": cx.view.grouped_bars(kinds, list(found), "credits a question"),
        },
        text=table(found),
    )


OURS, SECOND, ORACLE = "learned bids, first price", "learned bids, Vickrey", "oracle's routing"
RIVALS = ("uniform routing", "best single thinker", "self-consistency at equal bill")


@dataclass(frozen=True)
class Played:
    """One system on the late questions of one seed; credits a question."""

    score: float
    bill: float
    length: float = 1.0
    gini: float = float("nan")
    error: float = float("nan")
    """Mean size of winning bid less what the state was worth."""
    curve: Any = None
    thinkers: int = 0
    borne: float = float("nan")
    """What the operator pays to balance the books: differences of prices, loans, bills of undone attempts."""

    @property
    def value(self) -> float:
        """Score less bill: the bounty is 1 credit."""
        return self.score - self.bill


def exactly(task: r.Task) -> r.Task:
    """The same task, paid for a full score alone: verifiers give a little for answers that merely look alike."""
    return r.Task(task.question, lambda answer: float(task.score(answer) == 1.0))


def play(market: r.ReasoningMarket, tasks: Sequence[r.Task], config: Config) -> Played:
    """Run a market on all questions."""
    early = market.run_all(tasks[: -config.late])
    before = market.journal.balances.get("compute", 0), market.journal.balances.get("operator", 0)
    episodes = [*early, *market.run_all(tasks[-config.late :])]
    # undone attempts of an episode are billed as well, though its record does not show them
    bill = (market.journal["compute"] - before[0]) / MICRO / config.late
    borne = (before[1] - market.journal.balances.get("operator", 0)) / MICRO / config.late
    if market.journal.audit():
        raise AssertionError("the books do not close")
    late = r.summarise(episodes[-config.late :], market.wealth)
    curve = [
        np.mean([e.value for e in part]) / MICRO for part in np.array_split(np.array(episodes, object), config.looks)
    ]
    return Played(
        late.accuracy, bill, late.length, late.gini, late.bid_error, np.array(curve), len(market.thinkers), borne
    )  # fmt: skip


def staffed(
    staff: Sequence[Worker], rule: Callable[[], r.AbstractBidRule], boast: float = BOAST
) -> list[r.AbstractThinker]:
    """Workers with learned or given bids, and those who only boast."""
    return [worker.thinker(r.FixedBid(boast) if worker.job in IDLE else rule()) for worker in staff]


def markets(config: Config, staff: list[Worker], seed: int) -> dict[str, Callable[[], r.ReasoningMarket]]:
    """Ours, and ours without one thing at a time."""

    def learned() -> r.AbstractBidRule:
        return r.ValueRegression(rate=config.rate)

    def market(rule=learned, boast=BOAST, **rest: Any) -> Callable[[], r.ReasoningMarket]:
        settings = {"endowment": config.endowment, "depth": 6, "seed": seed, **rest}
        return lambda: r.ReasoningMarket(staffed(staff, rule, boast), **settings)

    seeds = count(1_000 * seed)  # rules of one seed would draw the same level at once
    births = r.PeriodicBirths(r.ProgramMutation(mutant), config.newborns, capacity=config.capacity)
    society = {"births": births, "departures": r.Bankruptcy(0.001, job), "dowry": config.dowry}
    return {
        OURS: market(),
        "learned bids, credit-conserving Vickrey": market(auction=r.CreditConservingVickrey()),
        SECOND: market(auction=r.Vickrey()),
        "bids by UCB1": market(r.Bandit),
        "bids by EXP3": market(lambda: r.EXP3(seed=next(seeds))),
        "bids a share of wealth": market(lambda: r.WealthShare(0.01), 1.0),
        "path shares": market(payout=r.PathShare()),
        "prices off: all bids equal": market(lambda: r.FixedBid(0.1), 0.1, credit=1e6),
        "winner drawn at random": market(auction=r.RandomWinner(), credit=1e6),
        "wealth off: bids on unlimited credit": market(credit=1e6),
        "learned bids, births": market(**society),
        "learned bids, births, small dowry": market(**{**society, "dowry": config.small}),
        "learned bids, Vickrey, births, small dowry": market(auction=r.Vickrey(), **{**society, "dowry": config.small}),
    }


def economies(config: Config, staff: list[Worker], seed: int) -> dict[str, Callable[[], r.ReasoningMarket]]:
    """Economy of Minds with each of its bid schemes, with the same mutants to be born."""
    schemes = {"fixed": r.NoviceBid(), "fixed_with_eps": r.OutbiddingNovice(), "holland": r.Tycoon()}

    def economy(bids: r.AbstractBidRule) -> Callable[[], r.ReasoningMarket]:
        mutation = r.ProgramMutation(mutant)
        # who lies would be mended by what it is told of its failure, which no mutation here can do: the dead stay dead
        births = r.EconomyBirths(mutation, capacity=config.capacity, repair=0.0, role=needed)
        return lambda: r.economy_of_minds(
            staffed(staff, lambda: bids), mutation, bids=bids, births=births, role=needed, depth=6, seed=seed
        )  # fmt: skip

    return {f"Economy of Minds, {name}": economy(bids) for name, bids in schemes.items()}


def job(thinker: r.AbstractThinker) -> str:
    """Its role."""
    return thinker.worker.job  # type: ignore[attr-defined]


def needed(thinker: r.AbstractThinker) -> str:
    """The role that Economy of Minds keeps filled; liars and chatterers have none of their own."""
    return "answer" if job(thinker) in IDLE else job(thinker)


def mutant(parent: r.AbstractThinker, luck: random.Random) -> r.AbstractThinker:
    """A worker that does one family better or worse than its parent."""
    return workers.retrained(parent.worker, luck).thinker(parent.bids)  # type: ignore[attr-defined]


def baselines(staff: list[Worker], tasks: list[r.Task], bill: float, seed: int) -> dict[str, Played]:
    """What needs no market, on the same questions; the oracle knows all skills, others are the best in hindsight."""
    luck = random.Random(f"baselines|{seed}")
    best = workers.best_routes(staff, SOCIETY)
    honest = [worker for worker in staff if worker.skill]
    single = [worker for worker in honest if worker.job == "answer"]

    def along(route: Callable[[str], Sequence[Worker]]) -> Played:
        return measured([chain(task, route(task.question.kind), luck) for task in tasks])

    def alone(votes: float, pick: Callable) -> Played:
        return max((measured([several(task, worker, votes, pick, luck) for task in tasks]) for worker in single),
                   key=lambda played: played.score)  # fmt: skip

    pipeline = workers.pipeline(staff, SOCIETY)
    votes = bill / single[0].cost
    return {
        ORACLE: along(lambda kind: best[kind][1]),
        RIVALS[0]: measured([wander(task, honest, luck) for task in tasks]),
        RIVALS[1]: alone(1, vote),
        RIVALS[2]: alone(votes, vote),
        "self-consistency at four times the bill": alone(4 * votes, vote),
        "best of n at equal bill, the verifier as judge": alone(votes, verified),
        "fixed pipeline": along(lambda kind: pipeline),
    }


def measured(results: list[tuple[float, float]]) -> Played:
    """Means of scores and bills."""
    score, bill = np.mean(results, 0)
    return Played(float(score), float(bill))


def chain(task: r.Task, route: Sequence[Worker], luck: random.Random) -> tuple[float, float]:
    """Score and bill of one route."""
    state: tuple[r.Thought, ...] = ()
    for number, worker in enumerate(route):
        view = r.View(task.question, state, "", "", number, luck.getrandbits(63))
        act = worker.work(view)
        state = (*state, r.Thought("", worker.name, act.text, "", act.cost))
    return task.score(state[-1].text), sum(worker.cost for worker in route)


def wander(task: r.Task, staff: Sequence[Worker], luck: random.Random) -> tuple[float, float]:
    """Any honest worker that can, until one answers."""
    state, bill = (), 0.0
    while True:
        view = r.View(task.question, state, "", "", len(state), luck.getrandbits(63))
        worker = luck.choice([worker for worker in staff if worker.wants(view)])
        act = worker.work(view)
        state, bill = (*state, r.Thought("", worker.name, act.text, "", act.cost)), bill + worker.cost
        if act.final:
            return task.score(act.text), bill


def several(task: r.Task, worker: Worker, votes: float, pick: Callable, luck: random.Random) -> tuple[float, float]:
    """Several answers of one worker, as many as `votes` on average, and the one that is picked."""
    count = max(1, int(votes) + (luck.random() < votes % 1))
    views = [r.View(task.question, (), "", "", 0, luck.getrandbits(63)) for _ in range(count)]
    return task.score(pick(task, [worker.work(view).text for view in views])), count * worker.cost


def vote(task: r.Task, answers: list[str]) -> str:
    """The most frequent answer."""
    return Counter(answers).most_common(1)[0][0]


def verified(task: r.Task, answers: list[str]) -> str:
    """The answer that the verifier likes best."""
    return max(answers, key=task.score)


def values(found: dict[str, list[Played]], name: str, field: str = "value") -> np.ndarray:
    """One figure of every seed."""
    return np.array([getattr(played, field) for played in found[name]])


def mean(found: dict[str, list[Played]], name: str, field: str) -> float:
    """Over seeds."""
    return float(values(found, name, field).mean())


def half_width(sample: np.ndarray) -> float:
    """Of the 95 % interval of the mean, Student's t over seeds."""
    if len(sample) < 2:
        return float("nan")
    return float(stats.t.ppf(0.975, len(sample) - 1) * sample.std(ddof=1) / len(sample) ** 0.5)


def told(sample: np.ndarray) -> str:
    """Mean and interval."""
    return f"{sample.mean():.3f} ± {half_width(sample):.3f}"


def judged(found: dict[str, list[Played]]) -> list[Finding]:
    """What was required, and what prices add."""
    ratio = values(found, OURS) / values(found, ORACLE)
    findings = [
        Finding("reasoning market", "learned bids: score less bill, over that of the oracle's routing", ">= 0.95",
                told(ratio), bool(ratio.mean() >= 0.95), "mean over seeds and its 95 % interval")
    ]  # fmt: skip
    for name in RIVALS:
        gain = values(found, OURS) - values(found, name)
        findings.append(
            Finding("reasoning market", f"learned bids less {name}, score less bill", "> 0 beyond the interval",
                    told(gain), bool(gain.mean() > half_width(gain)),
                    f"bills {mean(found, OURS, 'bill'):.3f} and {mean(found, name, 'bill'):.3f}")
        )  # fmt: skip
    borne = values(found, SECOND, "borne")
    findings.append(
        Finding("reasoning market", f"{SECOND}: score less bill, over that of the oracle's routing", "",
                told(values(found, SECOND) / values(found, ORACLE)),
                note=f"the operator bears {told(borne)} credits a question, the difference of the two prices")
    )  # fmt: skip
    for name in ("prices off: all bids equal", "winner drawn at random", "wealth off: bids on unlimited credit",
                 *(name for name in found if name.startswith("Economy"))):  # fmt: skip
        gain = values(found, OURS) - values(found, name)
        findings.append(Finding("reasoning market", f"what learned bids add to: {name}", "", told(gain)))
    return findings


def table(found: dict[str, list[Played]]) -> str:
    """All systems, with intervals."""
    lines = [
        TEXT,
        "",
        "| system | score | bill | score less bill | thoughts | error of winning bids | Gini | operator bears |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in found:
        score, bill, value, length, error, gini, borne = (
            values(found, name, field) for field in ("score", "bill", "value", "length", "error", "gini", "borne")
        )
        spread = f"{error.mean():.2f} | {gini.mean():.2f} | {borne.mean():.3f}" if np.isfinite(gini).all() else " | | "
        lines.append(f"| {name} | {told(score)} | {told(bill)} | {told(value)} | {length.mean():.2f} | {spread} |")
    return "\n".join(lines)


TEXT = (
    "Programs stand in for models, so nothing here is a result about language models. Credits a question, bounty 1, on the "
    "last questions of each run; mean over seeds and 95 % interval. Ten families of reasoning-gym; two readers, five solvers "
    "with two families each that they are good at, two writers, two generalists, two liars and a chatterer. The oracle knows "
    "all skills and takes the best route for each family. Wrong answers of a generalist differ from each other, which is the "
    "best case for self-consistency. The verifier as judge is more than anybody has. In Economy of Minds the dead are not repaired, as no mutation here mends a liar (the default of its engine), and its bills include the attempts that were undone; the operator "
    "bears differences of prices, loans that are lost, and those bills. Newborn begin at an optimistic value and know nothing: "
    "what they may lose by finding out is their dowry. EXP3 rules draw each for itself and end broke; perhaps since the highest of many draws pays too much, which was not looked into."
)
