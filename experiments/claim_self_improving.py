"""Self-improving networks: gradients, payments, Shapley values and evolution on the same networks, and many Q-learners against one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import _improving_worlds as networks
import _supplier_market as chain
import jax
import jax.numpy as jnp
import numpy as np
from _sources import NETWORKS

from catallax import view
from catallax.lab import Claim, Context, Finding, Report, markdown_table, statistics

NEAR = 0.95
"""Part of the optimum that counts as reached."""
ALIKE = 0.02
"""Differences of the final value below this part of the optimum are none."""
AWAY = 0.05
"""Part of the best order's value by which bids may miss Q*."""


@dataclass(frozen=True)
class Config:
    """Settings."""

    seeds: int = 20
    """Networks, and chains of suppliers, of each kind."""
    tuning: int = 4
    """Others, on which step sizes are chosen."""
    evaluations: int = 6_000
    """Of the objective, for every way of improving a network; a gradient counts as three."""
    worlds: tuple[str, ...] = (networks.CHAIN, networks.NETWORK)
    """Networks."""
    attributions: tuple[str, ...] = networks.ATTRIBUTIONS
    """Attributions; back-propagation and market payments among them."""
    adjustments: int = 2
    """Of each network, 1 or 2."""
    suppliers: tuple[int, ...] = (4, 8, 16)
    """Suppliers of a chain, each of whom can do every stage."""
    patterns: tuple[float, ...] = (0.0, 1.0)
    """Part of the value added that is the supplier's skill, whoever worked before."""
    rounds: int = 2_400
    """Of four orders side by side; half-way the busiest supplier leaves and a better one enters."""
    steps: tuple[float, ...] = (0.05, 0.2, 0.4)
    """Step sizes tried by market and central learners alike."""
    explore: tuple[float, ...] = (0.05, 0.2)
    """Rates of exploration tried by all of them."""
    auctions: tuple[str, ...] = ("Vickrey", "credit-conserving Vickrey")
    """Of the market; the first is compared with the central learners."""


def run(config: Config, context: Context) -> Report:
    """Networks first, suppliers next."""
    return Report.joined([recipe(config), supplied(config)])


# --- objective, attribution, adjustment

Ways = Mapping[tuple[str, str, str], networks.Course]
"""By network, adjustment, attribution."""


def recipe(config: Config) -> Report:
    """Every attribution with every adjustment."""
    ways = {
        (world, change, credit): networks.improved(
            world, credit, change, config.evaluations, config.tuning, config.seeds
        )
        for world in config.worlds
        for change in networks.ADJUSTMENTS[world][: config.adjustments]
        for credit in config.attributions
    }
    agreements = {world: networks.agreement(world, config.attributions, config.seeds) for world in config.worlds}
    findings = [
        Finding("improving", f"{world}, {change}, {credit}: final value", "", f"{statistics.interval(last(way)):.3f}",
                note=f"{near(way, config)}; step size {way.size:g}, {way.cost} evaluations a step")
        for (world, change, credit), way in ways.items()
    ]  # fmt: skip
    findings += [
        Finding("attribution", f"{world}, {credit}: rank correlation with exact Shapley values", "", f"{statistics.interval(found):.2f}")
        for world, all_ in agreements.items()
        for credit, found in all_.items()
    ]  # fmt: skip
    rows = [
        (world, change, credit, f"{statistics.interval(last(way)):.3f}", f"{np.median(way.needed(NEAR, config.evaluations)):,.0f}",
         f"{np.mean(way.needed(NEAR, config.evaluations) < config.evaluations):.0%}", str(way.cost))
        for (world, change, credit), way in ways.items()
    ]  # fmt: skip
    table = markdown_table(
        ("network", "adjustment", "attribution", "final value", f"evaluations until {NEAR:.0%} (median)", "seeds that got there", "evaluations a step"), rows
    )  # fmt: skip
    text = (
        f"**Networks.** Each way has {config.evaluations:,} evaluations of the objective, a gradient or a round of payments counting as three, and the best of {len(networks.SIZES['gradient step'])} "
        "step sizes on other seeds. Values are parts of the optimum: of the best route through a chain of three stages with four suppliers, whose shares of the market "
        "are the influences; of the variance explained by eight neurons, whose weights are. A median equal to the budget means that half of the seeds did not get there. "
        "Shapley values of a neuron price its weights only by way of their norm, and so say little about which to change. *Credit by chance* is a control: prices drawn at random. "
        "Prices in the market payments are marginal by construction, so that at rest payments are the gradients; what can differ is only that news travels one sale a step. "
        "Nobody has said that prices of real networks are marginal. Both networks are small and known, and the objective is exact.\n\n"
        + table
    )
    return Report(findings, {"improving": pictured(ways, config)}, text, claims=[improves(ways), pays(ways)])


def last(way: networks.Course) -> np.ndarray:
    """Mean of the last tenth, a failure no worse than -1."""
    return np.clip(way.values[:, -max(way.values.shape[1] // 10, 1) :], -1.0, 1.0).mean(1)


def near(way: networks.Course, config: Config) -> str:
    """How soon."""
    needed = way.needed(NEAR, config.evaluations)
    return f"{np.mean(needed < config.evaluations):.0%} of the seeds reached {NEAR:.0%} of the optimum, median {np.median(needed):,.0f} evaluations"


def improves(ways: Ways) -> Claim:
    """The recipe: above the start, above no network at all (0), and above credit by chance."""
    judged = {key: way for key, way in ways.items() if key[2] != networks.CHANCE}
    gains = {key: statistics.paired(last(way), np.maximum(way.values[:, 0], 0.0)) for key, way in judged.items()}
    beyond = {
        key: statistics.paired(last(way), last(ways[*key[:2], networks.CHANCE]))
        for key, way in judged.items()
        if (*key[:2], networks.CHANCE) in ways
    }
    held = {("gain", *key): test for key, test in gains.items()} | {
        ("chance", *key): test for key, test in beyond.items()
    }
    sure = statistics.larger(held)
    named = {key: f"{key[2]} with {key[1]} ({key[0]})" for key in judged}
    return Claim.judged(
        "Networks of any kind improve by one recipe, objective, attribution and adjustment, whichever way contributions are measured.",
        NETWORKS.format("The recipe"), {named[key]: sure["gain", *key] and sure.get(("chance", *key), True) for key in judged},
        "Measured: gain over the start or, where that is worse than no network, over none, part of the optimum; then over credit by chance.",
        {named[key]: f"{gains[key].difference:+.2f}" + (f"; {beyond[key].difference:+.2f}" if key in beyond else "") for key in judged},
    )  # fmt: skip


def pays(ways: Ways) -> Claim:
    """Payments do what gradients do."""
    cases, figures = {}, {}
    for (world, change, credit), way in ways.items():
        if credit == networks.PAYMENTS:
            gap = statistics.interval(last(way) - last(ways[world, change, networks.GRADIENT]))
            cases[f"{change} ({world})"] = max(abs(gap.low), abs(gap.high)) < ALIKE
            figures[f"{change} ({world})"] = f"{gap:+.3f}"
    return Claim.judged(
        "Money that flows from buyer to seller does what gradients do: both reward each node by its contribution.",
        NETWORKS.format("The recipe"), cases,
        f"Measured: final values at payments less those at gradients, part of the optimum; alike means within {ALIKE:g}. Prices are marginal here by construction: measured is that their delay does no harm.", figures,
    )  # fmt: skip


def pictured(ways: Ways, config: Config) -> Any:
    """Value against evaluations, a panel for each network and adjustment."""
    places = np.unique(np.geomspace(10, config.evaluations, 60).astype(int))
    panels: dict[str, dict[str, np.ndarray]] = {}
    for (world, change, credit), way in ways.items():
        panels.setdefault(f"{world}: {change}", {})[credit] = np.clip(way.at(places), 0.0, 1.0)
    return view.band_panels(
        {
            title: view.Panel(view.Band.each(places, curves), "evaluations of the objective", "part of the optimum", levels={"near": NEAR}, log="x")
            for title, curves in panels.items()
        },
        share=True,
    )  # fmt: skip


# --- one Q for all, or one for each


class Learned(NamedTuple):
    """One learner on one kind of chains."""

    value: np.ndarray
    """Axes `[seeds, rounds]`."""
    error: np.ndarray
    setting: tuple[float, float]
    imbalance: int

    def soon(self, first: int, end: int, window: int = 20) -> np.ndarray:
        """Rounds until the mean of a window is near the optimum, from `first` on; all there are if it never is."""
        rows = self.value[:, first:end]
        window = min(window, rows.shape[1])
        means = np.lib.stride_tricks.sliding_window_view(rows, window, axis=1).mean(2)
        return np.where((means >= NEAR).any(1), np.argmax(means >= NEAR, axis=1), end - first).astype(float)


TOLD, FIXED, SHARED = "central Q, told of the entrant", "central Q, fixed actions", "central Q, shared pattern"
Kind = tuple[int, float]
"""Suppliers and pattern."""


def learners(config: Config, kind: Kind) -> dict[str, Learned]:
    """All on the same chains, each with the settings that were best on others."""
    runs: dict[str, Any] = {}
    first, rest = range(1_000, 1_000 + config.tuning), range(config.seeds)
    drawn = {seeds: chain.drawn(seeds, *kind) for seeds in (first, rest)}
    envs = {seeds: chain.environments(chains) for seeds, chains in drawn.items()}
    keys = {seeds: jax.random.split(jax.random.key(seeds.start), len(seeds)) for seeds in drawn}
    for auction in config.auctions:
        runs[auction] = lambda seeds, setting, auction=auction: chain.market(
            auction, config.rounds, envs[seeds], drawn[seeds], setting, keys[seeds]
        )
    for number, name in enumerate((TOLD, FIXED, SHARED)):
        runs[name] = lambda seeds, setting, number=number: chain.central(
            config.rounds, jnp.asarray(number), drawn[seeds], setting, keys[seeds]
        )
    found = {}
    for name, play in runs.items():
        settings = [(step, explore) for step in config.steps for explore in config.explore]
        merit = [float(jnp.mean(play(first, jnp.array(s)).value)) for s in settings] if len(settings) > 1 else [0.0]
        setting = settings[int(np.argmax(merit))]
        course = play(rest, jnp.array(setting))
        away = max(map(abs, course.imbalance)) if name in config.auctions else 0
        found[name] = Learned(np.asarray(course.value), np.asarray(course.error), setting, away)
    return found


def supplied(config: Config) -> Report:
    """Speed, waste, robustness."""
    kinds = [(suppliers, pattern) for suppliers in config.suppliers for pattern in config.patterns]
    found = {kind: learners(config, kind) for kind in kinds}
    half = config.rounds // 2
    findings, rows = [], []
    for kind, all_ in found.items():
        for name, learned in all_.items():
            soon, back = (4 * learned.soon(*span) for span in ((0, half), (half, config.rounds)))
            after = statistics.interval(learned.value[:, half:].mean(1))
            samples = soon.mean() * chain.STAGES
            findings.append(
                Finding("suppliers", f"{told(kind)}, {name}: value after the change", "", f"{after:.3f}",
                        note=f"orders until {NEAR:.0%}: {statistics.interval(soon, np.median):.0f} at first, "
                             f"{statistics.interval(back, np.median):.0f} after the change; step {learned.setting[0]:g}, exploration {learned.setting[1]:g}")
            )  # fmt: skip
            rows.append((told(kind), name, f"{statistics.interval(soon, np.median):.0f}", f"{samples:,.0f}", f"{samples / kind[0]:,.0f}" if name in config.auctions else "–",
                         f"{statistics.interval(back, np.median):.0f}", f"{after:.3f}"))  # fmt: skip
    worst = max(learned.imbalance for all_ in found.values() for learned in all_.values())
    findings.append(Finding("suppliers", "imbalance of the markets' books, grains", "0", str(worst), worst == 0))
    table = markdown_table(
        ("chains", "learner", f"orders until {NEAR:.0%} (median)", "updates till then (mean)", "a supplier", f"orders until {NEAR:.0%} after the change", "value after the change"), rows
    )  # fmt: skip
    text = (
        f"**Suppliers.** A product goes through {chain.STAGES} stages; every supplier can do each of them, and what it adds depends on the stage, and, where there is no common "
        "pattern, on who worked last. All learners begin with the same optimistic estimates, see the same number of orders and choose step size and exploration from one grid on other "
        "seeds. Values are expectations of the route that would be chosen, over the best of its time. In the market each supplier keeps a table of its own; only winners learn, so a sale is one update, "
        "as it is for a central table. *Shared pattern* learns one number for each state and one for each stage and supplier. Plain Vickrey auctions "
        "pay sellers the highest bid and buyers only the second: the house bears the difference. *Fixed actions* may not use the entrant, who is good at every stage: what it loses after the change is "
        "by construction. *Told* makes the same updates as the market. Quantities in the table whose median is the whole half of the run were not reached there.\n\n"
        + table
    )
    figures = {"suppliers": pictured_suppliers(found, config)}
    return Report(
        findings, figures, text, claims=[*bids(found, config), wasteful(found, config), robust(found, config)]
    )


def told(kind: Kind) -> str:
    """In words."""
    suppliers, pattern = kind
    return f"{suppliers} suppliers, {'no common pattern' if pattern == 0 else f'{pattern:.0%} common pattern'}"


def bids(found: Mapping[Kind, Mapping[str, Learned]], config: Config) -> list[Claim]:
    """Bids against Q*, auction by auction."""
    source = NETWORKS.format("Supply chain = reinforcement learning")
    stated = {
        "Vickrey": ("In a Vickrey auction, sellers being paid the highest bid by the house, a supplier's best bid is the optimal Q(s, a), so that learned bids become Q*.", source),
        "credit-conserving Vickrey": ("They become Q* where sellers get no more than buyers pay, the second bid.", f"our test, after {source}"),
    }  # fmt: skip
    made = []
    for auction in config.auctions:
        away = {told(kind): statistics.interval(all_[auction].error) for kind, all_ in found.items()}
        made.append(Claim.judged(
            *stated[auction], {name: bool(miss.high < AWAY * chain.HIGHEST) for name, miss in away.items()},
            f"Measured: by how much winning bids along the chosen route miss Q*, credits, orders being worth up to {chain.HIGHEST:g}; {AWAY * chain.HIGHEST:g} is allowed.",
            {name: f"{miss:.3f}" for name, miss in away.items()},
        ))  # fmt: skip
    return made


def wasteful(found: Mapping[Kind, Mapping[str, Learned]], config: Config) -> Claim:
    """Central learners are faster."""
    half, tests = config.rounds // 2, {}
    for kind, all_ in found.items():
        # where there is no common pattern, to share one is a mistake and not a test
        for rival in (TOLD, SHARED) if kind[1] > 0 else (TOLD,):
            tests[f"{rival}, {told(kind)}"] = statistics.paired(
                4 * all_[config.auctions[0]].soon(0, half), 4 * all_[rival].soon(0, half)
            )
    return Claim.judged(
        "Learning supplier by supplier is redundant: one central Q-function, which pools experience and exploits common patterns, learns faster.",
        NETWORKS.format("Centralisation vs decentralisation"), statistics.larger(tests),
        f"Measured: orders that the market needs until {NEAR:.0%} of the optimum less those of the central learner.",
        {name: f"{test.difference:+.0f}" for name, test in tests.items()},
    )  # fmt: skip


def robust(found: Mapping[Kind, Mapping[str, Learned]], config: Config) -> Claim:
    """Entry and exit."""
    half, tests = config.rounds // 2, {}
    for kind, all_ in found.items():
        for rival in (FIXED, TOLD):
            tests[f"{rival}, {told(kind)}"] = statistics.paired(
                all_[config.auctions[0]].value[:, half:].mean(1), all_[rival].value[:, half:].mean(1)
            )
    return Claim.judged(
        "A central Q-function is static; suppliers who come, go and innovate make the decentralised network robust.",
        NETWORKS.format("Centralisation vs decentralisation"), statistics.larger(tests),
        "Measured: value after the change, part of the optimum, market less central.",
        {name: f"{test.difference:+.3f}" for name, test in tests.items()},
    )  # fmt: skip


def pictured_suppliers(found: Mapping[Kind, Mapping[str, Learned]], config: Config) -> Any:
    """The smallest and the largest number of suppliers."""
    kinds = [kind for kind in found if kind[0] in (min(config.suppliers), max(config.suppliers))]
    width = max(config.rounds // 60, 1)
    points = config.rounds // width
    places = 4 * width * (np.arange(points) + 0.5)
    names = {config.auctions[0]: f"market ({config.auctions[0]})", TOLD: TOLD, FIXED: FIXED, SHARED: SHARED}
    panels = {
        told(kind): {
            label: found[kind][name].value[:, : points * width].reshape(-1, points, width).mean(2)
            for name, label in names.items()
        }
        for kind in kinds
    }
    return view.band_panels(
        {
            title: view.Panel(view.Band.each(places, curves), "orders", "part of the best route", levels={"near": NEAR}, change=2.0 * config.rounds)
            for title, curves in panels.items()
        },
        columns=2,
        share=True,
    )  # fmt: skip
