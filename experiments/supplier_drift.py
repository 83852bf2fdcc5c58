"""Suppliers change half-way, one leaves, a better one enters: how soon a market recovers, beside a central Q-learner."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy import stats

import catallax as cx
from catallax.core import to_micro
from catallax.lab import Context, Finding, Report
from catallax.language import reasoning as r


@dataclass(frozen=True)
class Config:
    """Settings."""

    seeds: int = 20
    """Worlds that are compared."""
    tuning_seeds: int = 3
    """Other worlds, on which every method's settings are chosen."""
    orders: int = 3_000
    """Before the change, and again after it."""
    stages: int = 3
    """Steps of an order."""
    suppliers: int = 4
    """For each stage."""
    window: int = 200
    """Orders over which value is averaged."""
    near: float = 0.95
    """Part of the best chain's value that counts as recovered."""
    rates: tuple[float, ...] = (0.05, 0.1)
    """Step sizes that are tried, the same for all methods."""
    explore: tuple[float, ...] = (0.0, 0.05)
    """Rates of exploration that are tried: of actions drawn, and of sales that go to anybody."""
    starts: tuple[float, ...] = (0.6, 1.0)
    """Optimistic starts that are tried, credits, the same for all methods."""


@dataclass
class World:
    """Who supplies which stage, how well and at what cost; the bounty of an order is 1 credit."""

    stages: list[dict[str, float]]
    """By stage, the probability of flawless work of each supplier."""
    cost: dict[str, float]
    """Credits an act."""
    later: list[dict[str, float]] = field(default_factory=list)
    """What `stages` become."""

    @classmethod
    def drawn(cls, config: Config, seed: int) -> World:
        """Qualities in [0.5, 0.98]; at the change all are dealt anew within a stage, the best of the first stage leaves, and
        one of quality 0.99 enters the second."""
        luck = random.Random(f"drift|{seed}")
        names = [[f"{stage}{chr(97 + n)}" for n in range(config.suppliers)] for stage in range(config.stages)]
        qualities = [
            sorted([0.95, *(luck.uniform(0.5, 0.85) for _ in stage[1:])], key=lambda _: luck.random())
            for stage in names
        ]
        cost = {name: luck.uniform(0.01, 0.04) for stage in names for name in stage}
        first = [dict(zip(stage, quality, strict=True)) for stage, quality in zip(names, qualities, strict=True)]
        # everybody gets the next one's quality, so that nobody keeps a good one
        later = [
            dict(zip(stage, quality[1:] + quality[:1], strict=True))
            for stage, quality in zip(names, qualities, strict=True)
        ]
        del later[0][max(first[0], key=first[0].__getitem__)]
        entrant = f"{min(1, config.stages - 1)}new"
        later[min(1, config.stages - 1)][entrant] = 0.99
        cost[entrant] = 0.02
        return cls(first, cost, later)

    def value(self, route: tuple[str, ...]) -> float:
        """`P(flawless) - cost` of a chain, credits."""
        right = np.prod([self.stages[stage].get(name, 0.0) for stage, name in enumerate(route)])
        return float(right) - sum(self.cost[name] for name in route)

    def best(self) -> float:
        """Value of the best chain."""
        return max(self.value(route) for route in itertools.product(*self.stages))

    def change(self) -> None:
        """Half-way."""
        self.stages = self.later


Method = Callable[["World", Config, int], np.ndarray]
"""From a world to the true value of the chain chosen for every order."""


def market(rate: float, start: float, explore: float) -> Method:
    """Suppliers who learn their bids, first price."""

    def play(world: World, config: Config, seed: int) -> np.ndarray:
        def supplier(name: str, stage: int) -> r.AbstractThinker:
            def work(view: r.View) -> r.Act:
                fine = view.last != "flawed" and random.Random(view.seed).random() < world.stages[stage][name]
                return r.Act("fine" if fine else "flawed", stage == config.stages - 1, to_micro(world.cost[name]))

            bids = r.ValueRegression(rate=rate, start=start)
            return r.ProgramThinker(
                name, bids, work, most=world.cost[name], wants=lambda view: len(view.state) == stage
            )  # fmt: skip

        thinkers = [supplier(name, stage) for stage, names in enumerate(world.stages) for name in names]
        society = r.ReasoningMarket(
            thinkers, auction=r.Trembling(r.FirstPrice(), explore), endowment=200.0, depth=config.stages, seed=seed
        )  # fmt: skip
        order = r.Task.of("order", lambda answer: float(answer == "fine"))
        values: list[float] = []
        for half in range(2):
            for episode in society.run_all([order] * config.orders):
                route = tuple(done.winner for done in episode.rounds)
                values.append(world.value(route) if len(route) == config.stages else -sum(world.cost[n] for n in route))
            if half == 0:
                before = set(society.thinkers)
                world.change()
                now = {name: stage for stage, names in enumerate(world.stages) for name in names}
                for name in before - set(now):
                    society.dismiss(name)
                for name in set(now) - before:
                    society.admit(supplier(name, now[name]))
        if society.journal.audit():
            raise AssertionError("the books do not close")
        return np.array(values)

    return play


def q_learner(rate: float, start: float, explore: float, static: bool = False) -> Method:
    """One table for all, over the same states; `static` does not learn of the entrant."""

    def play(world: World, config: Config, seed: int) -> np.ndarray:
        luck = random.Random(f"q|{seed}")
        table: dict[tuple[str, str], float] = {}
        values: list[float] = []
        for order in range(2 * config.orders):
            if order == config.orders:
                known = {name for names in world.stages for name in names}
                world.change()
                if static:
                    world.stages = [{n: q for n, q in names.items() if n in known} for names in world.stages]
            last, fine, route = "", True, []
            for stage, names in enumerate(world.stages):
                offered = list(names)
                if luck.random() < explore:
                    name = luck.choice(offered)
                else:
                    name = max(offered, key=lambda n: (table.get((last, n), start), luck.random()))
                fine = fine and luck.random() < names[name]
                if stage + 1 == config.stages:
                    future = float(fine)
                else:
                    future = max(table.get((name, n), start) for n in world.stages[stage + 1])
                old = table.get((last, name), start)
                table[last, name] = old + rate * (future - world.cost[name] - old)
                route.append(name)
                last = name
            values.append(world.value(tuple(route)))
        return np.array(values)

    return play


def run(config: Config, context: Context) -> Report:
    """Choose settings on other worlds, then compare."""
    settings = list(itertools.product(config.rates, config.starts, config.explore))
    grids = {
        MARKET: {setting: market(*setting) for setting in settings},
        CENTRAL: {setting: q_learner(*setting) for setting in settings},
    }
    chosen = {name: tuned(config, grid) for name, grid in grids.items()}
    methods = {name: grids[name][settings] for name, settings in chosen.items()}
    methods[STATIC] = q_learner(*chosen[CENTRAL], static=True)
    parts: dict[str, list[np.ndarray]] = {name: [] for name in methods}
    for seed in range(config.seeds):
        for name, method in methods.items():
            parts[name].append(relative(config, method, 1_000 + seed))
    places = np.linspace(0, 2 * config.orders, 2 * config.orders // config.window)
    curves = {
        name: [(places, rows.reshape(-1, config.window).mean(1)) for rows in found] for name, found in parts.items()
    }  # fmt: skip
    return Report(
        judged(config, parts, chosen),
        {
            "supplier_drift": cx.view.seed_curves(
                curves, target=1.0, unit="part of the best chain's value", goal="best", along="orders"
            )
        },
        text=TEXT,
    )


MARKET, CENTRAL, STATIC = "market", "central Q", "central Q, fixed set"


def relative(config: Config, method: Method, seed: int) -> np.ndarray:
    """True value of every chosen chain over that of the best one of its time."""
    world = World.drawn(config, seed)
    before = world.best()
    values = method(world, config, seed)
    world.stages = world.later
    after = world.best()
    return np.concatenate([values[: config.orders] / before, values[config.orders :] / after])


def tuned(config: Config, grid: dict) -> tuple:
    """Settings of the largest mean value after the change, on worlds of their own."""

    def merit(method: Method) -> float:
        return float(
            np.mean([relative(config, method, seed)[config.orders :].mean() for seed in range(config.tuning_seeds)])
        )

    return max(grid, key=lambda settings: merit(grid[settings]))


def recovery(config: Config, row: np.ndarray) -> float:
    """Orders after the change until the mean of a window is near the best; infinite if it never is."""
    after = row[config.orders :]
    means = np.convolve(after, np.ones(config.window) / config.window, "valid")
    near = np.flatnonzero(means >= config.near)
    return float(near[0]) if near.size else np.inf


def judged(config: Config, parts: dict[str, list[np.ndarray]], chosen: dict[str, tuple]) -> list[Finding]:
    """Recovery and what was lost, for each, and market against central learner."""
    findings, lost = [], {}
    for name, rows in parts.items():
        times = np.array([recovery(config, row) for row in rows])
        lost[name] = np.array([(1 - row[config.orders :]).sum() for row in rows])
        done = np.isfinite(times)
        middle = f"median {np.median(times):.0f} orders" if done.mean() > 0.5 else "median beyond the run"
        findings.append(
            Finding("drift", f"{name}: recovery", "", f"{middle}, {done.sum()} of {len(rows)} worlds recovered",
                    note=f"before the change {np.mean([row[config.orders - config.window : config.orders].mean() for row in rows]):.3f} "
                         f"of the best, at the end {np.mean([row[-config.window :].mean() for row in rows]):.3f}; "
                         f"rate, start, exploration {chosen.get(name, chosen[CENTRAL])}")
        )  # fmt: skip
    for name in (CENTRAL, STATIC):
        gain = lost[name] - lost[MARKET]
        spread = stats.t.ppf(0.975, len(gain) - 1) * gain.std(ddof=1) / len(gain) ** 0.5 if len(gain) > 1 else np.nan
        findings.append(
            Finding("drift", f"lost after the change: {name} less market", "",
                    f"{gain.mean():.1f} ± {spread:.1f} best orders", note=f"market {lost[MARKET].mean():.1f}")
        )  # fmt: skip
    return findings


TEXT = (
    "Programs stand in for models. Every method sees the stage and who worked last, begins new entries at the same optimistic "
    "value, and its settings are chosen on other worlds by what it earns after the change. Values are true expectations of the "
    "chains that were chosen, over that of the best chain. The central learner that is told of the entrant differs from the "
    "market in who keeps the table; the fixed one is that of a learner whose actions are laid down in advance."
)
