"""Production networks: the golden economy, identities of price recursion, corners, market power, and a hundred thousand nodes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

import catallax as cx
from catallax import view
from catallax.lab import Context, Finding, Report
from catallax.markets import production as pn

ROW = "production"
ESCAPES = {"mirror": (15, 34, 52), "logits": (211, 20_032, None)}
"""Steps known from a derivation of ours; None: beyond a million."""


@dataclass(frozen=True)
class Config:
    """Settings."""

    economies: int = 20
    """Random economies on which the identities are measured."""
    rounds: int = 100
    """Rounds over which protocol and planner are compared."""
    cutoff: int = 1_000_000
    """Steps after which an escape from a corner is given up."""
    buyers: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64)
    """Numbers of strategic buyers."""
    days: int = 4_000
    """Days of trade with a fixed purse, and ticks before and after a shock of supply (a tenth)."""
    nodes: int = 100_000
    """Nodes of the large network."""
    layers: int = 10
    """Its depth."""
    degree: int = 3
    """Edges out of each of its nodes."""
    ticks: int = 20
    """Steps of it that are timed, after a first call."""
    key: int = 0
    """Seed."""


def run(config: Config, context: Context) -> Report:
    """Numbers first, then pictures."""
    with jax.enable_x64(True):
        findings = [*golden(), *identities(config), together(config), *corners(config), *power(config), *purses(config)]
        told, picture = shock(config)
        findings.append(told)
        figures = pictures() | {"supply_shock": picture}
    findings += large(config)
    text = (
        "A corner economy has two options worth 1 and 0.5; the better one starts at a share of 1e-2, 1e-4 and 1e-6, and steps (rate 0.5) are counted until it "
        "passes 0.3. Strategic buyers know how the price answers to what they take, and post the part of their value that is best for "
        "them; the seller has another use for the good. With fixed purses, each buyer begins every day with the same money, and sellers learn; the equilibrium beside it "
        "is that of quasi-linear buyers who may spend no more than their purse. The shock takes half of the ore of one of two mines. The large network is random, layer by layer, with two goods and Cobb-Douglas firms, in single precision; "
        "seconds are those of this machine, compilation apart."
    )
    return Report(findings, figures, text)


def golden() -> list[Finding]:
    """One unit between `3 sqrt` and `4 sqrt`."""
    economy = pn.examples.simple_split()
    best, half = jnp.asarray([[0.36], [0.64]]), economy.uniform()
    top = float(pn.welfare(economy, best))
    solution = pn.solve(economy, half)
    rate = float(pn.dispersion(economy, half, solution, pn.prices(economy, half, solution)))
    path = np.asarray(pn.Planner(pn.MirrorAscent(0.5)).fit(economy, half, 5).welfare)[[1, 2, 5]]
    known = np.array([4.992721, 4.998951, 4.999997])
    return [
        Finding(ROW, "golden economy: W at shares .36 and .64", "5", f"{top:.12f}", abs(top - 5) < 1e-12),
        Finding(ROW, "golden economy: dW/dt at equal shares", "0.125", f"{rate:.15f}", abs(rate - 0.125) < 1e-12),
        Finding(ROW, "golden economy: W after 1, 2 and 5 steps of mirror ascent, rate 0.5",
                ", ".join(f"{w:.6f}" for w in known), ", ".join(f"{w:.6f}" for w in path), bool(abs(path - known).max() < 1e-6)),
    ]  # fmt: skip


def identities(config: Config) -> list[Finding]:
    """Largest errors over random economies."""

    @eqx.filter_jit
    def measure(economy: pn.Economy, logits: Any) -> tuple:
        splits = economy.splits
        shares = splits.softmax(logits)
        solution = pn.solve(economy, shares)
        prices = pn.prices(economy, shares, solution)
        by_share = jax.grad(lambda s: pn.welfare(economy, s))(shares)
        by_logit = jax.grad(lambda t: pn.welfare(economy, splits.softmax(t)))(logits)
        flow = shares * (prices.gradient - splits.mean(shares, prices.gradient))
        climb = jax.jvp(lambda s: pn.welfare(economy, s), (shares,), (flow,))[1]
        rate = pn.dispersion(economy, shares, solution, prices)
        x, y = solution.inputs, solution.outputs
        by_input, by_output = economy.marginal_utility(x, y)
        income = jnp.sum(prices.inputs * economy.endowment)
        earned = (
            jnp.sum(by_input * x) + jnp.sum(by_output * y) - jnp.sum(pn.profits(economy, solution, prices))
        )  # fmt: skip
        return (
            jnp.max(jnp.abs(by_share - prices.gradient)), jnp.max(jnp.abs(by_logit - solution.flows * prices.premium)),
            jnp.abs(climb - rate) / rate, jnp.abs(income - earned) / income,
        )  # fmt: skip

    worst = np.zeros(4)
    for seed in range(config.economies):
        key = jax.random.key(config.key + seed)
        economy = pn.examples.three_layers(key)
        logits = jax.random.normal(key, economy.carries.shape)
        worst = np.maximum(worst, [float(error) for error in measure(economy, logits)])
    names = (
        "dW/ds = y a (T1.1)",
        "dW/dtheta = q (a - abar) (T1.3)",
        "dW/dt = sum y^2 Var(a), relative (T1.7)",
        "income, relative",
    )
    limits = (1e-12, 1e-12, 1e-10, 1e-12)
    return [
        Finding(ROW, f"{name}, {config.economies} random economies", f"error <= {limit:.0e}", f"{error:.1e}", bool(error <= limit))
        for name, limit, error in zip(names, limits, worst, strict=True)
    ]  # fmt: skip


def together(config: Config) -> Finding:
    """Protocol beside planner."""
    economy = pn.examples.three_layers(jax.random.key(config.key))
    shares, rule = economy.uniform(), pn.MirrorAscent(0.3)
    assert economy.levels is not None
    quoting = pn.Synchronous(economy.levels.depth)
    traded = pn.Protocol(rule, quoting).fit(economy, shares, config.rounds)
    planned = pn.Planner(rule).fit(economy, shares, config.rounds)
    error = float(jnp.max(jnp.abs(traded.shares - planned.shares)))
    return Finding(ROW, f"messages beside planner, {config.rounds} rounds, largest difference of shares (T1.17)",
                   "<= 1e-12", f"{error:.1e}; welfare {float(planned.welfare[0]):.4f} to {float(planned.welfare[-1]):.4f}",
                   error <= 1e-12)  # fmt: skip


def corner() -> pn.Economy:
    """Two options worth 1 and 0.5."""
    nodes = [pn.Resource([1.0]), pn.Consumer(pn.LinearUtility([1.0])), pn.Consumer(pn.LinearUtility([0.5]))]
    return pn.Economy(nodes, [(0, 1), (0, 2)])


def corners(config: Config) -> list[Finding]:
    """How long each rule takes to leave a corner."""
    economy, gradient = corner(), jnp.asarray([[1.0], [0.5]])
    rules = {
        "mirror": pn.MirrorAscent(0.5), "replicator": pn.Replicator(0.5), "logits": pn.SoftmaxLogits(0.5),
        "projected": pn.ProjectedGradient(0.5),
    }  # fmt: skip
    rows = []
    for name, rule in rules.items():

        def escape(first: Any, rule: Any = rule) -> Any:
            splits = economy.choices
            start = rule.init(splits, jnp.stack([first, 1 - first])[:, None])

            def short(carry: tuple) -> Any:
                return (rule.shares(splits, carry[0])[0, 0] <= 0.3) & (carry[1] < config.cutoff)

            def step(carry: tuple) -> tuple:
                return rule.update(splits, carry[0], gradient, jnp.sum), carry[1] + 1

            return jax.lax.while_loop(short, step, (start, 0))[1]

        counts = [int(jax.jit(escape)(jnp.asarray(first))) for first in (1e-2, 1e-4, 1e-6)]
        told = ", ".join(f"{n:,}" if n < config.cutoff else f"over {config.cutoff:,}" for n in counts)
        known = ESCAPES.get(name)
        wanted = "" if known is None else ", ".join("over 1,000,000" if n is None else f"{n:,}" for n in known)
        fits = known is None or all(
            n == config.cutoff if k is None or k >= config.cutoff else n == k
            for n, k in zip(counts, known, strict=True)
        )
        rows.append(
            Finding(ROW, f"escape from a corner, {name}", wanted, f"{told} steps", None if known is None else fits)
        )
    return rows


def power(config: Config) -> list[Finding]:
    """Strategic buyers: N of them value a good at `3 sqrt(x)`, the seller's other use is worth `4 sqrt` a head; all grows with N."""
    shades, losses = [], []
    for count in config.buyers:
        buyer = pn.Consumer(pn.PowerUtility([3.0]))
        # N people who value z / N units each at 4 sqrt
        home = pn.Consumer(pn.PowerUtility([4.0 * count**0.5]))
        economy = pn.Economy(
            [pn.Resource([float(count)])] + [buyer] * count + [home], [(0, k) for k in range(1, count + 2)]
        )
        rule, quoting = pn.MirrorAscent(jnp.asarray(0.5 / count)), pn.Synchronous(2)

        def traded(
            theta: Any, economy: Any = economy, rule: Any = rule, quoting: Any = quoting, count: int = count
        ) -> Any:
            shade = jnp.ones(count + 2).at[1 : count + 1].set(theta)
            return pn.Protocol(rule, quoting, shade).fit(economy, economy.uniform(), 300)

        theta, fair = jnp.asarray(1.0), traded(jnp.asarray(1.0)).welfare[-1]
        for _ in range(25):
            x = traded(theta).shares[0, 0] * count
            rest = 1 - x
            # value at the margin less what one more unit costs on all that is bought: p' = (rest)^(-3/2) / N
            best = 1 - x * rest**-1.5 / count / (1.5 * x**-0.5)
            theta = 0.5 * (theta + jnp.clip(best, 0.05, 1.0))
        shades.append(1 - float(theta))
        losses.append(float((fair - traded(theta).welfare[-1]) / fair))
    sizes = np.log(np.asarray(config.buyers, float))
    rows = []
    for name, values in (("part of the value that a strategic buyer holds back", shades), ("share of welfare lost to strategic buyers", losses)):  # fmt: skip
        told = ", ".join(f"{n}: {v:.2e}" for n, v in zip(config.buyers, values, strict=True))
        large = sizes >= np.log(4)
        if large.sum() > 1:
            slope = np.polyfit(sizes[large], np.log(np.maximum(np.asarray(values)[large], 1e-16)), 1)[0]
            told += f"; falls as N^{slope:.2f} from 4 on"
        rows.append(Finding(ROW, name, "", told))
    return rows


def purses(config: Config) -> list[Finding]:
    """Three buyers of two goods, two of them with little money each day: the market day beside `Equ` with capped spending, and the planner."""
    worth, purse = np.array([[3.0, 1.0], [1.0, 2.0], [2.0, 2.0]]), jnp.asarray([0.0, 0.3, 0.6, 100.0])
    buyers = [pn.Consumer(pn.PowerUtility(row)) for row in worth]
    economy = pn.Economy([pn.Resource([1.0, 1.0]), *buyers], [(0, 1), (0, 2), (0, 3)], 2)
    market = pn.Simulator(pn.LearningSellers(0.05), pace=0.2)

    @eqx.filter_jit
    def traded(day: pn.MarketDay) -> Any:
        morning = day.ledger
        return jax.lax.scan(
            lambda d, _: (market.tick(economy, d._replace(ledger=morning))[0], None), day, None, config.days
        )[0].shares

    shares = np.asarray(traded(market.open(economy, purse)))
    values = cx.valuations.Separable(lambda u, x: u * jnp.sqrt(x), jnp.asarray(worth))
    found = cx.equilibria.solve(
        values, jnp.ones(2), purse[1:].at[-1].set(jnp.inf), cap=cx.equilibria.SpendCap(), tol=1e-9
    )
    off = float(np.abs(shares - np.asarray(found.bundles)).max())
    best = pn.Planner(pn.MirrorAscent(0.5)).fit(economy, economy.uniform(), 1_000).welfare[-1]
    lost = 1 - float(pn.welfare(economy, jnp.asarray(shares)) / best)
    return [
        Finding(ROW, f"fixed purses: bundles after {config.days:,} days beside Equ with capped spending", "difference <= 1e-3 units", f"{off:.1e}", off <= 1e-3),
        Finding(ROW, "fixed purses: share of the planner's welfare that is lost", "", f"{lost:.4f}"),
    ]  # fmt: skip


def shock(config: Config) -> tuple[Finding, Any]:
    """Half of the ore of the east mine is gone: prices tick by tick, beside the planner's before and after."""
    before, after = pn.examples.ore_and_tools(1.0), pn.examples.ore_and_tools(0.5)
    market, ticks = pn.Simulator(pn.LearningSellers(0.3), pace=0.3), max(config.days // 10, 1)
    seen = {
        "ore, east smith": (2, 0),
        "ore, west smith": (3, 0),
        "tools, first town": (4, 1),
        "tools, second town": (5, 1),
    }
    nodes, goods = (jnp.asarray(column) for column in zip(*seen.values(), strict=True))

    @eqx.filter_jit
    def trade(economy: pn.Economy, day: pn.MarketDay) -> Any:
        def tick(day: pn.MarketDay, _: None) -> Any:
            day, _ = market.tick(economy, day)
            return day, day.posts[nodes, goods]

        return jax.lax.scan(tick, day, None, ticks)

    def at_rest(economy: pn.Economy) -> np.ndarray:
        course = pn.Planner(pn.MirrorAscent(0.3)).fit(economy, economy.uniform(), 2_000)
        return np.asarray(pn.prices(economy, course.shares).inputs[nodes, goods])

    day, first = trade(before, market.open(before, jnp.full(before.nodes, 100.0)))
    _, then = trade(after, day)
    old, new = at_rest(before), at_rest(after)
    off = np.abs(np.asarray(then) / new - 1).max(1)
    arrived = int(ticks - np.argmax(off[::-1] > 0.01)) if (off > 0.01).any() else 0
    path = np.concatenate([first, then])
    told = "; ".join(f"{name} {a:.3f} to {b:.3f}" for name, a, b in zip(seen, old, new, strict=True))
    finding = Finding(ROW, "half of the ore of one mine is gone: prices within 1 % of the planner's new ones", f"within {ticks} ticks",
                      f"after {arrived} ticks; {told}", arrived < ticks)  # fmt: skip
    rest = {name: (float(a), float(b)) for name, a, b in zip(seen, old, new, strict=True)}
    return finding, view.price_response({name: path[:, k] for k, name in enumerate(seen)}, rest, ticks)


def pictures() -> dict[str, Any]:
    """A network at its best, and the dispersion of prices on the way there and out of a corner."""
    economy = pn.examples.three_layers(jax.random.key(0))
    course = pn.Planner(pn.MirrorAscent(0.5)).fit(economy, economy.uniform(), 400)
    rules = {"mirror": pn.MirrorAscent(0.5), "projected": pn.ProjectedGradient(0.1), "logits": pn.SoftmaxLogits(0.5)}
    ways = {name: pn.Planner(rule).fit(economy, economy.uniform(), 200) for name, rule in rules.items()}
    first = jnp.asarray([[1e-2], [1 - 1e-2]])
    out = {name: pn.Planner(rule).fit(corner(), first, 300) for name, rule in rules.items()}
    return {
        "network": view.network(economy, course.shares),
        "price_dispersion": view.price_dispersion(ways),
        "corner_escape": view.price_dispersion(out),
    }


def random_layers(config: Config) -> pn.Economy:
    """Resources, layers of Cobb-Douglas firms, consumers; edges to random nodes of the next layer."""
    draw = np.random.default_rng(config.key)
    width = config.nodes // config.layers
    firms = width * (config.layers - 2)
    nodes = [
        pn.Many(width, endowment=draw.uniform(0.5, 1.5, (width, 2))),
        pn.Many(firms, pn.CobbDouglas(draw.uniform(0.8, 1.2, (firms, 2)), draw.dirichlet(np.ones(3), (firms, 2))[..., :2]),
                endowment=0.1),
        pn.Many(width, utility=pn.PowerUtility(draw.uniform(0.5, 2, (width, 2)), np.full(width, 0.5))),
    ]  # fmt: skip
    source = np.repeat(np.arange(width * (config.layers - 1)), config.degree)
    target = (source // width + 1) * width + draw.integers(0, width, source.size)
    return pn.Economy(nodes, np.stack([source, target], 1), ("iron", "steel"))


def large(config: Config) -> list[Finding]:
    """Steps a second and memory of a network of many nodes."""
    began = time.perf_counter()
    economy = random_layers(config)
    built = time.perf_counter() - began
    shares = economy.uniform()
    size = f"{economy.nodes:,} nodes, {economy.source.size:,} edges, 2 goods"
    held = sum(leaf.nbytes for leaf in jax.tree.leaves(eqx.filter(economy, eqx.is_array)))
    rule = pn.MirrorAscent(0.05)
    market = pn.Simulator(pn.LearningSellers(0.05))
    day = market.open(economy, jnp.full(economy.nodes, 10.0))
    ways: dict[str, Callable[[], Any]] = {
        "planner (sweep, prices, mirror ascent)": lambda: pn.Planner(rule).fit(economy, shares, config.ticks),
        "protocol (sweep, one round of quotes, mirror ascent)": lambda: pn.Protocol(rule).fit(economy, shares, config.ticks),
        "simulator on the exact ledger": lambda: market.run(economy, day, config.ticks),
    }  # fmt: skip
    rows = []
    for name, call in ways.items():
        first = seconds(call)
        warm = seconds(call)
        told = f"{config.ticks / warm:.1f} ticks/s, {economy.source.size * 2 * config.ticks / warm / 1e6:.1f} million flows/s"
        rows.append(Finding(ROW, f"{name}, {size}", "", f"{told}; compiled and run in {first:.1f} s"))
    after, book = market.run(economy, day, config.ticks)
    imbalance = after.ledger.audit()
    arrays, rest = eqx.partition(economy, eqx.is_array)
    tick = jax.jit(lambda numbers, now: market.tick(eqx.combine(numbers, rest), now))
    peak = tick.lower(arrays, day).compile().memory_analysis()
    temporary = getattr(peak, "temp_size_in_bytes", 0) + getattr(peak, "output_size_in_bytes", 0)
    rows.append(
        Finding(ROW, f"books after {config.ticks} ticks, {size}", "imbalance exactly 0",
                f"{imbalance} grains; turnover of the last tick {float(book.turnover[-1]):,.0f} credits", imbalance == 0)
    )  # fmt: skip
    rows.append(
        Finding(ROW, f"memory, {size}", "",
                f"economy {held / 2**20:.0f} MiB, a tick of the simulator {temporary / 2**20:.0f} MiB more; built in {built:.1f} s")
    )  # fmt: skip
    return rows


def seconds(call: Callable[[], Any]) -> float:
    """Wall time of a call, its result included."""
    began = time.perf_counter()
    jax.block_until_ready(call())
    return time.perf_counter() - began
