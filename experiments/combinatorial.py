"""Combinatorial markets: the DAGGRE trades, the junction tree beside the joint table, and speed at 100 variables."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import _joint_trades as trades
import numpy as np
import opt_einsum

import catallax as cx
from catallax.forecasting.combinatorial import DenseMarket, JunctionTreeMarket
from catallax.lab import Context, Finding, Report, Reproduction

ROW = "combinatorial"


@dataclass(frozen=True)
class Config:
    """Settings."""

    networks: int = 200
    """Random networks on which the junction tree is compared with the joint table."""
    most: int = 10
    """Variables of the largest of them."""
    edits: int = 12
    """Random edits in each."""
    variables: int = 100
    """Of the large market."""
    width: int = 8
    """Its treewidth."""
    traders: int = 10
    """In the large market."""
    before: int = 500
    """Edits in the large market before anything is timed."""
    timed: int = 1_000
    """Edits, and queries of each kind, that are timed."""
    rival_queries: int = 20
    """Queries that pgmpy answers beside them, if it is installed (extra `bench`); 0 leaves it out."""
    key: int = 0
    """Seed of the run."""


def run(config: Config, context: Context) -> Report:
    """The table, the comparison, the race."""
    market = trades.opened(JunctionTreeMarket)
    table, rows = daggre(market)
    return Report(
        [*table, *beside_the_table(config), *speed(config)],
        {"combinatorial": cx.view.combinations(market)},
        text=TEXT,
        reproductions=rows,
    )


TEXT = (
    "Networks have up to two parents a node, two or three states and random tables; evidence is none, states, and likelihoods. "
    "The large market is a random partial tree of cliques with binary variables; edits condition on two other variables of a clique, "
    "drawn anew each time, and a question for the limits comes before each. Rates are per second of processor time of one core. "
    "pgmpy answers questions about probabilities alone: it has no assets, edits or minima in the form needed."
)


def daggre(market: JunctionTreeMarket) -> tuple[list[Finding], list[Reproduction]]:
    """The seven trades on both markets, and the refusal after them."""
    findings, rows = [], []
    for name, kind in (("joint table", trades.opened(DenseMarket)), ("junction tree", market)):
        found = trades.seven_trades(kind)
        good = sum(trades.agrees(ours, printed) for ours, printed in found)
        findings.append(
            Finding(ROW, f"DAGGRE's seven trades, {name}: numbers and states that agree to all printed digits",
                    f"{len(found)} of {len(found)}", f"{good} of {len(found)}", good == len(found))
        )  # fmt: skip
        rows.append(
            Reproduction("DAGGRE engine, its public tests", f"seven trades on E ← D → F, {name}", f"{len(found)} numbers and states", "read",
                         f"{good} agree", 1, note="one printed limit is cut off, not rounded, at its last digit")
        )  # fmt: skip
    low, _ = market.limits("Eric", "D", given={"F": 0})
    before = trades.snapshot(market)
    try:
        market.edit("Eric", "D", to=0.9 * low, given={"F": 0})
        said = "accepted"
    except ValueError:
        said = "refused, nothing changed" if trades.snapshot(market) == before else "refused, but something changed"
    least = market.quote("Eric", "D", to=0.9 * low, given={"F": 0}, allow_negative=True).minimum
    findings.append(
        Finding(ROW, "an edit below the lower limit; the least assets if negative ones are allowed", "refused, nothing changed; <= 0",
                f"{said}; {least:.3f} credits", said == "refused, nothing changed" and least <= 0)
    )  # fmt: skip
    return findings, rows


def beside_the_table(config: Config) -> list[Finding]:
    """The largest differences over all networks, and the laws of the books."""
    worst = dict.fromkeys(("p", "minimum", "expected", "limits", "books", "P(A)", "undone", "imbalance"), 0.0)
    for seed in range(config.networks):
        one_network(worst, config.key + seed, 4 + seed % (config.most - 3), config.edits)
    size = f"{config.networks} random networks of 4 to {config.most} variables"
    asked = {
        "p": ("junction tree beside joint table, largest difference: probabilities", 1e-9),
        "minimum": ("the same: minimum assets, and assets at the combination found, credits", 1e-9),
        "expected": ("the same: expected assets, credits", 1e-9),
        "limits": ("the same: limits of edits", 1e-9),
        "books": (
            "assets of all traders, and the house's by the prices, largest difference from what came in, credits",
            1e-8,
        ),
        "imbalance": ("imbalance of the books once everybody is paid, micro-credits", 0.0),
        "P(A)": ("an edit of P(T | A = a): how far P(A = a) moved", 1e-12),
        "undone": ("all edits undone one by one: how far from the opening", 1e-9),
    }
    return [
        Finding(
            ROW,
            case,
            f"<= {limit:g}" if limit else "0",
            f"{worst[name]:.1e}" if limit else f"{worst[name]:g}",
            worst[name] <= limit,
            size,
        )
        for name, (case, limit) in asked.items()
    ]


def one_network(worst: dict[str, float], seed: int, nodes: int, edits: int) -> None:
    """Edits and their inverses; then edits while all becomes known."""
    network = trades.RandomNetwork(seed, nodes)
    for _ in range(edits):
        grow(worst, network.edit())
    grow(worst, network.differences())
    grow(worst, {"books": network.unbalanced()})
    for edit in reversed(network.tree.edits):
        network.tree.edit(edit.trader, edit.variable, to=edit.before, given=dict(edit.given))
    gaps = [
        abs(network.tree.chance(states) - before)
        for states, before in zip(network.sample, network.opening, strict=True)
    ]
    grow(worst, {"undone": max(gaps)})
    network = trades.RandomNetwork(seed, nodes)
    order = network.rng.permutation(list(network.exact.variables)).tolist()
    for place, name in enumerate(order):
        for market in network.both:
            market.resolve(name, 0)
        if len(order) - place > 3:
            grow(worst, network.edit())
            grow(worst, network.differences())
    grow(worst, {"imbalance": float(max(abs(market.imbalance) for market in network.both))})


def grow(worst: dict[str, float], found: dict[str, float]) -> None:
    """Keep the larger numbers."""
    for name, value in found.items():
        worst[name] = max(worst[name], value)


def large(config: Config) -> tuple[JunctionTreeMarket, np.random.Generator]:
    """A random partial tree of cliques: each new variable joins all but one of an earlier clique."""
    rng = np.random.default_rng(config.key)
    width = min(config.width, config.variables - 1)
    names = [f"x{i}" for i in range(config.variables)]
    cliques = [list(range(width + 1))]
    for new in range(width + 1, config.variables):
        keep = rng.choice(cliques[rng.integers(len(cliques))], width, replace=False)
        cliques.append([*map(int, keep), new])
    links = {(names[one], names[other]) for clique in cliques for one in clique for other in clique if one < other}
    market = JunctionTreeMarket(dict.fromkeys(names, 2), 100.0, sorted(links))
    for number in range(config.traders):
        market.open(f"trader {number}", 1_000.0)
    return market, rng


def random_edit(market: JunctionTreeMarket, rng: np.random.Generator) -> None:
    """Ask for the limits, and move a probability given two others."""
    names = list(market.variables)
    clique = market.tree.cliques[rng.integers(len(market.tree.cliques))]
    target, *others = (names[v] for v in rng.choice(clique, min(3, len(clique)), replace=False))
    given = {name: int(rng.integers(2)) for name in others}
    user = market.traders[rng.integers(len(market.traders))]
    low, high = market.limits(user, target, given=given)
    market.edit(user, target, to=float(np.clip(rng.uniform(low, high), 0.05, 0.95)), given=given)


def rate(action: Callable[[], object], times: int) -> float:
    """Per second of processor time."""
    start = time.process_time()
    for _ in range(times):
        action()
    return times / max(time.process_time() - start, 1e-9)


def speed(config: Config) -> list[Finding]:
    """Edits and queries in the large market."""
    market, rng = large(config)
    for _ in range(config.before):
        random_edit(market, rng)
    names, users = list(market.variables), market.traders

    def some(number: int) -> list[str]:
        return rng.choice(names, number, replace=False).tolist()

    def conditional() -> None:
        target, one, other = some(3)
        market.probability(target, {one: 1, other: 0})

    size = f"{config.variables} variables, treewidth {market.tree.width}, {len(market.tree.cliques)} cliques, {config.traders} traders"
    queries: dict[str, Callable[[], object]] = {
        "edits, each after a question for its limits": lambda: random_edit(market, rng),
        "queries: a marginal": lambda: market.probability(some(1)[0]),
        "queries: a probability given two other variables": conditional,
        "queries: a trader's minimum assets": lambda: market.minimum(users[rng.integers(len(users))]),
        "queries: a trader's minimum assets given a variable": lambda: market.minimum(
            users[rng.integers(len(users))], {some(1)[0]: 1}
        ),
        "queries: a trader's expected assets": lambda: market.expected(users[rng.integers(len(users))]),
    }
    findings = [
        Finding(ROW, f"{what}, per second", "", f"{rate(action, config.timed):,.0f}", note=size)
        for what, action in queries.items()
    ]
    return [*findings, contracted(market, [some(3) for _ in range(20)], size), *rival(config, market, rng)]


def contracted(market: JunctionTreeMarket, questions: list[list[str]], size: str) -> Finding:
    """The large market's answers beside one contraction of all its tables, which knows of no tree."""
    letters = {name: number for number, name in enumerate(market.variables)}
    tables = [part for names, table in market.factors for part in (table, [letters[name] for name in names])]
    worst = 0.0
    for target, one, other in questions:
        seen = [np.array([0.0, 1.0]), [letters[one]], np.array([1.0, 0.0]), [letters[other]]]
        found = np.asarray(opt_einsum.contract(*tables, *seen, [letters[target]]))
        worst = max(worst, float(np.abs(found / found.sum() - market.probability(target, {one: 1, other: 0})).max()))
    return Finding(ROW, "the large market beside opt_einsum's contraction of all tables, largest difference: probabilities given two others",
                   "<= 1e-9", f"{worst:.1e}", worst <= 1e-9, f"{len(questions)} questions; {size}")  # fmt: skip


def rival(config: Config, market: JunctionTreeMarket, rng: np.random.Generator) -> list[Finding]:
    """The same questions to pgmpy, which gets the market's tables."""
    if not config.rival_queries:
        return []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pgmpy.inference import BeliefPropagation, VariableElimination
            from pgmpy.models import DiscreteMarkovNetwork
    except ImportError:
        return [Finding(ROW, "pgmpy beside it", "", "not installed", note="pip install 'catallax[bench]'")]
    names = list(market.variables)
    questions = [rng.choice(names, 3, replace=False).tolist() for _ in range(config.rival_queries)]
    ours, start = [], time.process_time()
    for target, one, other in questions:
        ours.append(market.probability(target, {one: 1, other: 0}))
    our_rate = len(questions) / (time.process_time() - start)
    findings = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = markov_network(market, DiscreteMarkovNetwork)
        for engine in (VariableElimination, BeliefPropagation):
            theirs, start = [], time.process_time()
            solver = engine(network)
            if engine is BeliefPropagation:
                solver.calibrate()
            ready = time.process_time() - start
            start = time.process_time()
            for target, one, other in questions:
                found = solver.query([target], evidence={one: 1, other: 0}, show_progress=False).values
                theirs.append(found / found.sum())  # one of the two does not scale its answers
            rates = len(questions) / (time.process_time() - start)
            gap = np.abs(np.subtract(ours, theirs)).max()
            findings.append(
                Finding(ROW, f"a probability given two others, queries per second, ours over pgmpy's {engine.__name__}", "",
                        f"{our_rate / rates:,.0f} ({our_rate:,.0f} beside {rates:,.1f})",
                        note=f"answers differ by at most {gap:.1e}; {ready:.2f} s before its first query after each edit")
            )  # fmt: skip
    return findings


def markov_network(market: JunctionTreeMarket, kind: type) -> object:
    """The market's tables as factors of pgmpy."""
    from pgmpy.factors.discrete import DiscreteFactor

    network = kind()
    network.add_nodes_from(list(market.variables))
    for clique, table in market.factors:
        network.add_edges_from(combinations(clique, 2))
        network.add_factors(DiscreteFactor(clique, table.shape, table))
    return network
