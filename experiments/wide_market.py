"""The wide market beside the deep one and a planner: a supply chain, foraging bodies, independent subtasks."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from _wide_economy import INCOME, ROW, books, eaten, interval, welfare, windows

import catallax as cx
from catallax.auctions import CreditConservingVickrey
from catallax.classics import PerSeed
from catallax.core import AbstractEnv
from catallax.envs import Foraging, OneTechniqueATick, Rights, Subtasks, SupplyChain, TakingTurns
from catallax.lab import Context, Finding, Report
from catallax.markets import Firms, Households, WideRecord, WideRun


@dataclass(frozen=True)
class Config:
    """Settings."""

    seeds: int = 10
    """Random economies, and runs of the foraging worlds and subtasks."""
    chain_ticks: int = 4_000
    """Ticks of the supply chains; the last half is judged."""
    foraging_ticks: int = 200_000
    """Ticks of the foraging world; the last tenth is judged."""
    bodies: int = 4
    """Of the foraging world."""
    subtasks: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64)
    """How many independent subtasks there are."""
    joint: tuple[int, ...] = (1, 2, 4, 8)
    """How many of them a deep market tries with an action for each combination."""
    subtask_ticks: int = 4_000
    """Ticks of each; the last quarter is judged."""
    sizes: tuple[tuple[int, int], ...] = ((5, 8), (10, 40), (20, 200), (40, 1_000))
    """Goods and firms of the economies that are timed."""
    key: int = 0
    """Seed of the first run; the others follow."""


def run(config: Config, context: Context) -> Report:
    """Supply chains, foraging, subtasks, cost."""
    return Report.joined([supply_chains(config), foraging(config), subtasks(config), cost(config)])


def supply_chains(config: Config) -> Report:
    """A village, and random economies, beside their planners; the village beside a deep market."""
    village = SupplyChain.village()
    income, best = INCOME, village.steady_state(INCOME)
    ran = economy(village.with_storage(), income, config.chain_ticks, config.key)
    half = eaten(ran.record)[config.chain_ticks // 2 :].mean(0)
    reached = welfare(half, best.consumed, income)
    late = np.asarray(ran.record.prices[config.chain_ticks // 2 :])
    prices, scarce = np.median(late, axis=0), best.prices > 1e-6
    apart = float(np.max(np.abs(late / np.where(scarce, best.prices, 1.0) - 1)[:, scarce]))
    deep, deep_value = deep_chain(config, village, best, income)
    rows, hasty = random_chains(config, storage=True), random_chains(config, storage=False)
    findings = [
        Finding(ROW, f"supply chain of 7 goods, {config.chain_ticks:,} ticks: consumption beside the planner's", ">= 0.95",
                f"{reached:.3f}; value at the planner's prices {half @ best.prices / (best.consumed @ best.prices):.3f}", reached >= 0.95,
                "geometric mean over consumers, weighted by income; the planner knows everything and starts in the steady state"),
        Finding(ROW, f"supply chain of 7 goods, {config.chain_ticks:,} ticks: prices beside what one more unit is worth to the planner", "within 0.01",
                f"off by at most {apart:.1e}", apart <= 0.01, "worst scarce good and tick of the last half"),
        Finding(ROW, f"supply chain of 7 goods, deep market, equal ticks, {config.seeds} seeds", "",
                f"{deep.mean():.3f} {interval(deep)}; value at the planner's prices {deep_value.mean():.3f} {interval(deep_value)}", None,
                "one owner of everything runs one technique a tick"),
        Finding(ROW, f"random supply chains of 10 goods and 20 techniques, {config.seeds} economies", ">= 0.95",
                f"{rows.mean():.3f} {interval(rows)}, lowest {rows.values.min():.3f}", bool(rows.mean() >= 0.95), "of the mean"),
        Finding(ROW, f"random supply chains of 10 goods and 20 techniques, {config.seeds} economies, nobody may hold goods back", ">= 0.95",
                f"{hasty.mean():.3f} {interval(hasty)}, lowest {hasty.values.min():.3f}", bool(hasty.mean() >= 0.95),
                "of the mean; goods that are in plenty go, for nothing, to techniques that waste them"),
        *books(f"supply chain of 7 goods, {config.chain_ticks:,} ticks", [ran]),
    ]  # fmt: skip
    told = "\n".join(
        f"| {name} | {p:.3f} | {q:.3f} |" for name, p, q in zip(village.names, prices, best.prices, strict=True)
    )
    text = (
        "Prices of the village, credits per unit: the market's median over the last half, and what one more unit is worth to a planner.\n\n"
        f"| good | market | planner |\n|---|---|---|\n{told}"
    )
    return Report(findings, {"supply_chain": _curve(ran.record, best.consumed, income)}, text)


def random_chains(config: Config, storage: bool) -> PerSeed:
    """Consumption of random economies beside their planners'."""
    reached = []
    for seed in range(config.seeds):
        world = SupplyChain.drawn(10, 20, seed)
        wants = np.where(np.arange(10) >= 7, 1.0, 0.0)
        ran = economy(world.with_storage() if storage else world, wants, config.chain_ticks, config.key)
        late = eaten(ran.record)[config.chain_ticks // 2 :].mean(0)
        reached.append(welfare(late, world.steady_state(wants).consumed, wants))
    return PerSeed(np.asarray(reached))


def economy(world: SupplyChain, income: np.ndarray, ticks: int, key: int) -> WideRun:
    """Two firms for each technique, one consumer for each good that is wanted."""
    firms = Firms.of(world.inputs, world.outputs, copies=2, rate=0.01, outlay=0.02, endowment=5.0)
    wanted = np.flatnonzero(income)
    market = cx.WideMarket(world, producers=firms, consumers=Households.wanting(wanted, income[wanted], world.goods))
    return market.run(ticks, key)


def deep_chain(config: Config, village: SupplyChain, best: Any, income: np.ndarray) -> tuple[PerSeed, PerSeed]:
    """A deep market with one primitive for each technique, paid the planner's prices for what is consumed."""
    prices = jnp.asarray(np.where(income > 0, best.prices, 0.0), jnp.float32)
    env = OneTechniqueATick(village, prices)
    shares, values = [], []
    for seed in range(config.seeds):
        society = cx.agents.Tabular.society(env, clones=2, initial_bid=100.0, endowment=1e4)
        market = cx.DeepMarket(society, CreditConservingVickrey())
        trained = cx.train(market, env, ticks=config.chain_ticks, instances=1, key=jax.random.key(config.key + seed))
        consumed = consumed_by(trained.policy, env, config.chain_ticks // 2, config.key + seed)
        shares.append(welfare(consumed, best.consumed, income))
        values.append(float(consumed @ best.prices / (best.consumed @ best.prices)))
    return PerSeed(np.asarray(shares)), PerSeed(np.asarray(values))


def consumed_by(policy: Any, env: OneTechniqueATick, ticks: int, seed: int) -> np.ndarray:
    """Units of each good that a trained deep market has consumed per tick."""

    def step(carry: Any, key: Any) -> tuple[Any, Any]:
        state, obs = carry
        act_key, step_key = jax.random.split(key)
        done = env.step(step_key, state, policy(act_key, obs))
        return (done.state, done.obs), done.info["consumed"]

    start = env.reset(jax.random.key(seed))
    _, consumed = eqx.filter_jit(jax.lax.scan)(step, start, jax.random.split(jax.random.key(seed), ticks))
    return np.asarray(consumed, float).mean(0)


def foraging(config: Config) -> Report:
    """Bodies that gather two resources, all at once or one a tick."""
    world = Foraging.far_and_near(config.bodies)
    income = np.full(2, 0.0625 * config.bodies)
    best = world.steady_state(income)
    ran = [forage(world, income, config.foraging_ticks, config.key + seed) for seed in range(config.seeds)]
    tenth = config.foraging_ticks // 10
    wide = PerSeed(np.asarray([welfare(eaten(one.record)[-tenth:].mean(0), best, income) for one in ran]))
    paid = eqx.tree_at(lambda body: body.payoff, world.right, jnp.ones(2))
    env = TakingTurns(paid, config.bodies)
    deep = []
    for seed in range(config.seeds):
        society = cx.agents.Tabular.society(env, clones=2, initial_bid=5.0, step=0.2, endowment=1e4)
        market = cx.DeepMarket(society, CreditConservingVickrey())
        trained = cx.train(market, env, ticks=config.foraging_ticks, instances=1, key=jax.random.key(config.key + seed))
        deep.append(float(np.asarray(trained.trace["reward_mean"])[-1]) / best.sum())
    turns = PerSeed(np.asarray(deep))
    case = f"foraging, {config.bodies} bodies, {config.foraging_ticks:,} ticks"
    findings = [
        Finding(ROW, f"{case}: consumption beside the planner's, {config.seeds} seeds", ">= 0.95",
                f"{wide.mean():.3f} {interval(wide)}", bool(wide.mean() >= 0.95), "last tenth of the ticks; geometric mean over the resources"),
        Finding(ROW, f"{case}: deep market, units delivered beside the planner's, {config.seeds} seeds", "",
                f"{turns.mean():.3f} {interval(turns)}", None, f"one body moves a tick, the next one after a delivery: at most {1 / config.bodies:.3f}; 5^{config.bodies} joint actions would lift that bound"),
        *books(case, ran[:1]),
    ]  # fmt: skip
    curves = {"wide": [windows(one.record, best, income, 20) for one in ran]}
    figure = cx.view.seed_curves(curves, target=1.0, unit="consumption beside the planner's", goal="planner")
    figure.axes[0].axhline(1 / config.bodies, color="#68727d", lw=1, ls=":")
    figure.axes[0].annotate(
        "at most one body a tick",
        (0.01, 1 / config.bodies),
        (0, 3),
        ("axes fraction", "data"),
        "offset points",
        fontsize=8,
    )
    figure.axes[0].set_xlabel("ticks")
    figure.axes[0].set_ylim(0, 1.08)
    return Report(findings, {"foraging": figure})


def forage(world: Foraging, income: np.ndarray, ticks: int, key: int) -> WideRun:
    """One primitive for each move of a body, one consumer for each resource."""
    actors = cx.agents.Tabular.society(world.right, clones=2, initial_bid=5.0, step=0.2, endowment=1e4)
    consumers = Households.wanting([0, 1], income, 2, worth=1.0)
    market = cx.WideMarket(world, actors=actors, consumers=consumers, auction=CreditConservingVickrey())
    return market.run(ticks, key)


def subtasks(config: Config) -> Report:
    """Independent tasks of one step and two ways, the right one paying a credit: all of them a tick, or one, or all by one owner."""
    lines: dict[str, dict[int, list[float]]] = {"wide": {}, "deep, one task a tick": {}, "deep, joint actions": {}}
    seeds = range(config.key, config.key + config.seeds)
    for count in config.subtasks:
        lines["wide"][count] = [all_at_once(tasks(count, key), config.subtask_ticks, key) for key in seeds]
        lines["deep, one task a tick"][count] = [
            one_at_a_time(tasks(count, key), config.subtask_ticks, key) for key in seeds
        ]
        if count in config.joint:
            lines["deep, joint actions"][count] = [
                jointly(tasks(count, key), config.subtask_ticks, key) for key in seeds
            ]
    findings = []
    for count in config.subtasks:
        wide, deep = np.mean(lines["wide"][count]), np.mean(lines["deep, one task a tick"][count])
        findings.append(
            Finding(ROW, f"{count} independent subtasks: credits earned each tick", f">= {0.95 * count:g}",
                    f"wide {wide:.2f}, deep {deep:.2f}"
                    + (f", deep with {2**count:,} joint actions {np.mean(lines['deep, joint actions'][count]):.2f}" if count in config.joint else ""),
                    bool(wide >= 0.95 * count))
        )  # fmt: skip
    figure = cx.view.scaling(lines, size="independent subtasks", unit="credits earned each tick")
    return Report(findings, {"subtasks": figure})


def tasks(count: int, key: int) -> Subtasks:
    """As many tasks, the right way of each drawn."""
    return Subtasks(np.random.default_rng(key).integers(2, size=count), ways=2)


def all_at_once(env: Subtasks, ticks: int, key: int) -> float:
    """What a wide market earns each tick at the end: a right for each task."""
    actors = cx.agents.Tabular.society(env, clones=2, initial_bid=1.0, endowment=100.0)
    count = env.observation_space.n
    market = cx.WideMarket(Rights(env, count), actors=actors, auction=CreditConservingVickrey())
    return float(np.asarray(market.run(ticks, key).record.reward)[-ticks // 4 :].sum(1).mean())


def one_at_a_time(env: AbstractEnv, ticks: int, key: int, initial_bid: float = 1.0) -> float:
    """What a deep market earns each tick at the end."""
    society = cx.agents.Tabular.society(env, clones=2, initial_bid=initial_bid, endowment=100.0 * initial_bid)
    market = cx.DeepMarket(society, CreditConservingVickrey())
    trained = cx.train(market, env, ticks=ticks, instances=1, key=jax.random.key(key))
    return float(np.asarray(trained.trace["reward_mean"])[-1])


def jointly(env: Subtasks, ticks: int, key: int) -> float:
    """What a deep market earns that has an action for each combination of ways, and does all tasks at once."""
    right = np.asarray(env.right)
    ways = (np.arange(2**right.size)[:, None] >> np.arange(right.size)) & 1
    values = tuple(float(earned) for earned in (ways == right[None, :]).sum(1))
    return one_at_a_time(cx.envs.Bandit(values), ticks, key, initial_bid=float(right.size))


def cost(config: Config) -> Report:
    """Time of a tick by numbers of goods and firms."""
    findings = []
    for goods, firms in config.sizes:
        world = SupplyChain.drawn(goods, firms // 2, 0)
        income = np.where(np.arange(goods) >= goods - max(1, goods // 4), 1.0, 0.0)
        economy(world, income, 100, config.key)
        began = time.perf_counter()
        economy(world, income, 100, config.key)
        tick = (time.perf_counter() - began) / 100
        findings.append(Finding(ROW, f"time of a tick, {goods} goods, {firms:,} firms", "", f"{1e3 * tick:.2f} ms", None, "its equilibrium included"))  # fmt: skip
    return Report(findings)


def _curve(record: WideRecord, best: np.ndarray, income: np.ndarray) -> Any:
    curve = windows(record, best, income, 40)
    figure = cx.view.seed_curves(
        {"village": [curve]}, target=1.0, unit="consumption beside the planner's", goal="planner"
    )
    figure.axes[0].set_xlabel("ticks")
    figure.axes[0].set_ylim(0, 1.08)
    return figure
