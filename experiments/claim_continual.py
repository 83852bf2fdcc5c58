"""Continual learning: digits, bandits and grids whose task changes and comes back, with and without levies against monopoly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import _continual_digits as digits
import _continual_worlds as worlds
import jax
import jax.numpy as jnp
import numpy as np
from _sources import ESSAY

import catallax as cx
from catallax.lab import Claim, Context, Finding, Report, markdown_table, statistics

SOURCE = ESSAY.format("“Generalization and Continual Learning”")


@dataclass(frozen=True)
class Config:
    """Settings."""

    seeds: int = 20
    """Runs of everybody: other splits, tasks and draws."""
    tuning: int = 3
    """Other seeds, on which the settings of everybody are chosen; six times as many lanes as there are seeds of these share a program with the seeds."""
    families: tuple[str, ...] = ("permuted digits", "split digits", "bandit", "grid")
    """What is learned."""
    methods: tuple[str, ...] = ()
    """Names of those that take part; all, if none is named."""
    tasks: int = 4
    """Of the digits."""
    first: int = 800
    """Examples of a task when it is new."""
    again: int = 200
    """Examples of a task when it comes back."""
    tests: int = 150
    """Test examples of a task."""
    rounds: tuple[int, int] = (24, 480)
    """Rounds of 32 ticks that a bandit's regime and a grid's goal stay."""
    looks: int = 24
    """How often a stretch of the bandit and the grid is looked at."""
    near: float = 0.9
    """Part of what it can do from which on somebody has recovered."""
    window: int = 25
    """Examples over which answers are averaged."""
    key: int = 0
    """Seed of everything."""


SGD, EWC, REPLAY, MORE, MIXTURE = (
    "SGD",
    "EWC",
    "replay, memory of the market",
    "replay, 200 examples",
    "mixture of experts",
)
EQUAL, BLIND, BARE, TAXED, CAPPED = (
    "market, all equally rich",
    "market, taxed, bets on all",
    "market, no levy",
    "market, wealth tax",
    "market, antitrust cap",
)
RICH = "market, no levy, nobody short of money"
Q, Q_REPLAY, SEVERAL = "Q-learning", "Q-learning, replay", "Q-learning, mixture of tables"
LEVIED = (TAXED, CAPPED)
RATES = (0.01, 0.03, 0.1, 0.2, 0.3, 0.5)


class Method(NamedTuple):
    """How somebody is made from settings, and the six that are tried."""

    make: Callable[..., Any]
    grid: tuple[tuple[float, ...], ...]


PIXELS = 64
ROOM = (8 * (PIXELS * 10 + 10 + 2 * PIXELS + 3) - (PIXELS * 64 + 64 + 64 * 10 + 10)) // (PIXELS + 1)
"""Examples that a replaying network has room for if it may hold as many numbers as the market."""
ONE = tuple((rate,) for rate in RATES)
SIDE = [(rate, levy) for rate in (0.1, 0.3) for levy in (0.003, 0.01, 0.03)]
CAPS = [(rate, cap) for rate in (0.1, 0.3) for cap in (0.2, 0.3, 0.5)]


def trader(rate: Any, tax: Any, cap: Any) -> digits.Learner:
    """Who bets on what it recognises."""
    return digits.market(rate, tax, cap, PIXELS)


DIGITS = {
    SGD: Method(partial(digits.sgd, features=PIXELS), ONE),
    EWC: Method(partial(digits.ewc, features=PIXELS), tuple((rate, weight) for rate in (0.03, 0.1) for weight in (10.0, 100.0, 1000.0))),
    REPLAY: Method(partial(digits.replay, features=PIXELS, room=ROOM), ONE),
    MORE: Method(partial(digits.replay, features=PIXELS, room=200), ONE),
    MIXTURE: Method(partial(digits.mixture, features=PIXELS), ONE),
    EQUAL: Method(trader, tuple((rate, 1.0, 1.0) for rate in RATES)),
    BLIND: Method(partial(digits.market, features=PIXELS, recognise=False), tuple((rate, tax, 1.0) for rate, tax in SIDE)),
    BARE: Method(trader, tuple((rate, 0.0, 1.0) for rate in RATES)),
    TAXED: Method(trader, tuple((rate, tax, 1.0) for rate, tax in SIDE)),
    CAPPED: Method(trader, tuple((rate, 0.0, cap) for rate, cap in CAPS)),
}  # fmt: skip


def controllers(tasks: worlds.Tasks) -> dict[str, Method]:
    """Who learns to act in worlds of this shape."""
    env = jax.tree.map(lambda x: x[0], tasks.worlds)
    states, actions = env.observation_space.n, env.action_space.n
    pairs = tuple((step, tremble) for step in (0.1, 0.3) for tremble in (0.03, 0.1, 0.2))
    # a market holds three tables of values and of visits for each action; a transition is five numbers
    room = max(8, states * actions * (3 * 2 - 1) // 5)
    trade = partial(worlds.market, env=env)
    return {
        Q: Method(lambda step, tremble: worlds.learner(worlds.single(step), tremble, env), pairs),
        Q_REPLAY: Method(lambda step, tremble: worlds.learner(worlds.replayed(step, room), tremble, env), pairs),
        SEVERAL: Method(lambda step, tremble: worlds.learner(worlds.several(step, 0.1), tremble, env), pairs),
        BARE: Method(trade, tuple((*pair, 0.0, 1.0) for pair in pairs)),
        RICH: Method(partial(trade, endowment=worlds.RICH), tuple((*pair, 0.0, 1.0) for pair in pairs)),
        # one rate of each levy, so that everybody is tried with the same six settings
        TAXED: Method(trade, tuple((*pair, 0.001, 1.0) for pair in pairs)),
        CAPPED: Method(trade, tuple((*pair, 0.0, 0.1) for pair in pairs)),
    }


class Score(NamedTuple):
    """How one method did in one family; axis `seeds`."""

    final: np.ndarray
    """Mean over all tasks, after each was met once."""
    forgetting: np.ndarray
    """What is lost of a task between the end of its stretch and the end of the first pass, mean over tasks but the last."""
    forward: np.ndarray
    """On a task before it was ever met."""
    online: np.ndarray
    """Mean over the whole run, as it went."""
    recovery: np.ndarray
    """Examples or ticks until near what it could do before, when a task comes back."""
    curve: np.ndarray
    """As it went; axes `seeds looks`."""
    imbalance: float
    richest: np.ndarray
    """The largest part of all wealth that one account holds in the end; NaN without money."""
    chosen: tuple[float, ...]
    promise: float
    """What counted, on the seeds for tuning with the settings chosen."""


def run(config: Config, context: Context) -> Report:
    """All families."""
    found = {name: family(config, name) for name in config.families}
    return Report(
        [row for name, scores in found.items() for row in rows(config, name, scores)],
        pictures(config, found),
        text(config, found),
        claims=claims(found),
    )


def family(config: Config, name: str) -> dict[str, Score]:
    """Choose settings on other seeds, then measure."""
    if name.endswith("digits"):
        made = [
            digits.stream(name.split()[0], config.tasks, config.first, config.again, config.tests, config.key + seed)
            for seed in range(config.seeds + config.tuning)
        ]
        streams = jax.tree.map(lambda *x: jnp.stack(x), *made)
        return {label: digit_score(config, method, streams) for label, method in named(config, DIGITS).items()}
    tasks, rounds = (worlds.bandits(), config.rounds[0]) if name == "bandit" else (worlds.grids(), config.rounds[1])
    return {
        label: world_score(config, method, tasks, rounds) for label, method in named(config, controllers(tasks)).items()
    }


def named(config: Config, methods: Mapping[str, Method]) -> dict[str, Method]:
    """Those that take part."""
    return {label: method for label, method in methods.items() if not config.methods or label in config.methods}


def chosen_first(
    config: Config,
    method: Method,
    lanes: Callable[[list[tuple[float, ...]], np.ndarray], Any],
    merit: Callable[[Any], np.ndarray],
) -> tuple[Any, tuple[float, ...], float]:
    """Measures with the settings that do best on the seeds for tuning, these settings, and how well they did there."""
    tried = [setting for setting in method.grid for _ in range(config.tuning)]
    told = merit(lanes(tried, np.tile(config.seeds + np.arange(config.tuning), len(method.grid))))
    told = told.reshape(len(method.grid), config.tuning).mean(1)
    best = method.grid[int(told.argmax())]
    return lanes([best] * config.seeds, np.arange(config.seeds)), best, float(told.max())


def digit_score(config: Config, method: Method, streams: digits.Stream) -> Score:
    """One method on all seeds."""
    keys = jax.random.split(jax.random.key(config.key), config.seeds + config.tuning)

    def lanes(settings: list[tuple[float, ...]], which: np.ndarray) -> digits.Course:
        columns = tuple(jnp.asarray(column, jnp.float32) for column in zip(*settings, strict=True))
        return jax.tree.map(
            np.asarray,
            digits.courses(method.make, columns, jax.tree.map(lambda x: x[which], streams), keys[which], config.first),
        )

    def merit(course: digits.Course) -> np.ndarray:
        return course.tests[:, config.tasks - 1].mean(1)

    course, best, promise = chosen_first(config, method, lanes, merit)
    tests, tasks = course.tests, config.tasks
    own = tests[:, np.arange(tasks), np.arange(tasks)]
    end = tests[:, tasks - 1]
    curve = smooth(course.right, config.window)
    back = []
    for task in range(tasks):
        begin = tasks * config.first + task * config.again
        right = smooth(course.right[:, begin : begin + config.again], min(config.window, config.again))
        back.append(until(right, config.near * own[:, task]))
    before = np.array([tests[:, task - 1, task] for task in range(1, tasks)])
    return Score(
        end.mean(1), (own - end)[:, :-1].mean(1), before.mean(0), course.right.mean(1), np.mean(back, 0), curve,
        float(np.abs(course.imbalance).max()), course.richest, best, promise,
    )  # fmt: skip


def world_score(config: Config, method: Method, tasks: worlds.Tasks, rounds: int) -> Score:
    """One method on all seeds."""
    keys = jax.random.split(jax.random.key(config.key + 1), config.seeds + config.tuning)
    count = tasks.best.size

    def lanes(settings: list[tuple[float, ...]], which: np.ndarray) -> tuple[np.ndarray, Any]:
        columns = tuple(jnp.asarray(column, jnp.float32) for column in zip(*settings, strict=True))
        found, state = worlds.courses(method.make, columns, tasks, keys[which], rounds, config.looks)
        return np.asarray(found, float), state

    order = np.tile(np.arange(count), 2)

    def going(found: np.ndarray) -> np.ndarray:
        return np.stack([found[:, n, :, task] for n, task in enumerate(order)], 1)

    (found, state), best, promise = chosen_first(config, method, lanes, lambda both: going(both[0]).mean((1, 2)))
    own, end = np.stack([found[:, n, -1, n] for n in range(count)], 1), found[:, count - 1, -1]
    went = going(found)
    each = rounds // config.looks * worlds.ROUND * worlds.INSTANCES
    back = [each * (1 + until(went[:, count + n], config.near * own[:, n])) for n in range(count)]
    before = np.array([found[:, n - 1, -1, n] for n in range(1, count)])
    trades = hasattr(state, "ledger")
    imbalance = worlds.audited(state) if trades else 0
    richest = worlds.richest(state) if trades else np.full(config.seeds, np.nan)
    return Score(
        end.mean(1), (own - end)[:, :-1].mean(1), before.mean(0), went.mean((1, 2)), np.mean(back, 0),
        went.reshape(len(went), -1), float(imbalance), richest, best, promise,
    )  # fmt: skip


def smooth(right: np.ndarray, window: int) -> np.ndarray:
    """Running means that end at each example from the window's length on; axes `seeds looks`."""
    total = np.cumsum(np.pad(right, ((0, 0), (1, 0))), 1)
    return (total[:, window:] - total[:, :-window]) / window


def until(values: np.ndarray, level: np.ndarray) -> np.ndarray:
    """First place at which a level is reached, the length if never; axis `seeds`."""
    there = values >= level[:, None]
    return np.where(there.any(1), there.argmax(1), values.shape[1])


def rows(config: Config, name: str, scores: Mapping[str, Score]) -> list[Finding]:
    """A row for each method."""
    unit = "examples" if name.endswith("digits") else "ticks"
    return [
        Finding("continual", f"{name}: {label}", "",
                f"all tasks after the first pass {statistics.interval(s.final):.3f}; forgetting {statistics.interval(s.forgetting):.3f}",
                note=f"as it went {statistics.interval(s.online):.3f}, before it was met {statistics.interval(s.forward):.3f}, "
                     f"recovery {statistics.interval(s.recovery):.0f} {unit}; settings {', '.join(f'{x:g}' for x in s.chosen)}"
                     + ("" if np.isnan(s.richest).any() else f"; the richest holds {statistics.interval(s.richest):.2f} of all; books off by {s.imbalance:.0e}"))
        for label, s in scores.items()
    ]  # fmt: skip


def measure(name: str, score: Score) -> np.ndarray:
    """What counts: all tasks at the end where tasks can be told apart by what is seen, and else the whole run as it went."""
    return score.final if name.endswith("digits") else score.online


def claims(found: Mapping[str, Mapping[str, Score]]) -> list[Claim]:
    """Against everybody else (with the levy that did better on the seeds for tuning), against no levy, and whether gradient descent forgets."""
    keeps, adapts, levied, forgets = {}, {}, {}, {}
    for name, scores in found.items():
        ours = [label for label in LEVIED if label in scores]
        if not ours:
            continue
        best = max(ours, key=lambda label: scores[label].promise)
        for label, score in scores.items():
            if not label.startswith("market"):
                case = f"{name} against {label}"
                where = keeps if name.endswith("digits") else adapts
                where[case] = statistics.paired(measure(name, scores[best]), measure(name, score))
        for label in ours:
            if BARE in scores:
                levied[f"{name}, {label.removeprefix('market, ')}"] = statistics.paired(
                    measure(name, scores[label]), measure(name, scores[BARE])
                )
    for name, scores in found.items():
        if SGD in scores:
            forgets[name] = statistics.interval(scores[SGD].forgetting)
    return [
        *compared("A market learns continually: where what is seen tells tasks apart, it keeps all of them better than networks that learn by gradients.",
                  "right answers in all tasks after the first pass, the market and the other", keeps),
        *compared("Where nothing tells which task it is, a market follows the changes better than learners with tables.",
                  "part of the best policy's value, mean over the whole run, the market and the other", adapts),
        *compared("It does so as long as monopolies are kept from forming: with a levy against them it does better than without.",
                  "the same, with the levy and without", levied),
        *([Claim.judged("Gradient descent forgets what it does not see.", SOURCE, {name: x.above for name, x in forgets.items()},
                        "Measured: accuracy lost.", {name: f"{x:.2f}" for name, x in forgets.items()})] if forgets else []),
    ]  # fmt: skip


def compared(statement: str, unit: str, tests: Mapping[str, statistics.Paired]) -> list[Claim]:
    """Held where the difference is above 0 beyond chance, adjusted for their number."""
    if not tests:
        return []
    return [
        Claim.judged(
            statement,
            SOURCE,
            statistics.larger(tests),
            f"Measured: {unit}; the first less the second.",
            {name: f"{test.difference:+.3f}" for name, test in tests.items()},
        )
    ]


def pictures(config: Config, found: Mapping[str, Mapping[str, Score]]) -> dict[str, Any]:
    """What is kept of all tasks, how soon worlds are mastered again, and the course of both."""
    told = {name: scores for name, scores in found.items() if name.endswith("digits")}
    acted = {name: scores for name, scores in found.items() if name not in told}
    made = {"recovery": courses(config, found)}
    if told:
        points = {
            name: {
                label: (statistics.interval(s.forgetting), statistics.interval(s.final)) for label, s in scores.items()
            }
            for name, scores in told.items()
        }
        made["kept"] = cx.view.trade_offs(points, x="forgetting, part of answers", y="right answers, all tasks")
    if acted:
        waits = {
            name: {label: statistics.interval(s.recovery) for label, s in scores.items()}
            for name, scores in acted.items()
        }
        made["back"] = cx.view.interval_rows(waits, "ticks until a task that comes back is mastered")
    return made


def courses(config: Config, found: Mapping[str, Mapping[str, Score]]) -> Any:
    """Answers and policies as they went."""
    panels = {}
    for name, scores in found.items():
        picked = [label for label in (SGD, MORE, Q, Q_REPLAY, BARE, TAXED) if label in scores] or list(scores)
        length = next(iter(scores.values())).curve.shape[1]
        shown = np.unique(np.linspace(0, length - 1, min(length, 120)).astype(int))
        each = (
            1
            if name.endswith("digits")
            else config.rounds[name != "bandit"] // config.looks * worlds.ROUND * worlds.INSTANCES
        )
        bands = {label: cx.view.Band.of(each * shown, scores[label].curve[:, shown]) for label in picked}
        unit = (
            ("examples", f"right, last {config.window}")
            if name.endswith("digits")
            else ("ticks", "policy, part of the best")
        )
        panels[name] = cx.view.Panel(bands, *unit)
    return cx.view.band_panels(panels, columns=2, limits=(0.0, 1.05))


def text(config: Config, found: Mapping[str, Mapping[str, Score]]) -> str:
    """What was done, table, limitations."""
    table = [
        [name, label, f"{statistics.interval(s.final):.2f}", f"{statistics.interval(s.forgetting):.2f}", f"{statistics.interval(s.forward):.2f}",
         f"{statistics.interval(s.online):.2f}", f"{statistics.interval(s.recovery):.0f}"]
        for name, scores in found.items() for label, s in scores.items()
    ]  # fmt: skip
    return "\n\n".join([
        markdown_table(["family", "method", "all tasks, first pass", "forgetting", "before it was met", "whole run", "recovery"], table),
        f"*Digits* (8 x 8 pixels): {config.tasks} tasks of {config.first} examples one after the other, each seen once, then each again for {config.again}. Permuted: each task has its own order of pixels. Split: each task has "
        f"two digits, and all ten labels are possible. *Bandit*: three regimes in turn, twice; *grid*: three goals in turn, twice; what is seen does not tell which, so that everybody must forget there, and what counts is the whole run. "
        "Nobody is told of a change, but EWC, which must be. Forgetting is the backward transfer of Lopez-Paz and Ranzato (2017) with the opposite sign.",
        f"*Market on digits.* Eight linear classifiers bet on each label as Kelly traders; each stakes the more of its wealth the more a picture is like those that it has learned from, and learns by its part of what was won. "
        "What a levy takes goes to all alike. All equally rich is a tax of 100 %: a mixture of experts that recognise their inputs, without the market. "
        f"*Market in worlds.* A deep market with three agents, each with two accounts of {worlds.POOR:g} credit ({worlds.RICH:g} where nobody is short), for every action; the wealth tax takes 0.1 % a round of {worlds.ROUND} ticks, the cap is a tenth of all wealth, and both go out of the market; nobody enters. Six settings of everybody were tried on {config.tuning} other seeds; networks have 64 hidden units, and the smaller "
        f"replay has room for {ROOM} examples, as many numbers as the market holds in all.",
        "*Limitations.* Levies on digits come with the recognition of inputs: without it (bets on all) they bring quick recovery and no memory. Pictures are small and tasks few; boundaries are sharp. Money of the digits' market is a float, "
        "of the worlds' market whole grains.",
    ])  # fmt: skip
