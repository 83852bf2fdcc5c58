"""Exchange, tâtonnement and demand schedules per good: certificates beside other solvers, Scarf's economy, what complements lose."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import root

import catallax as cx
from catallax.core import Equilibrium, Status
from catallax.equilibria import (
    AdditiveAdjustment,
    ExcessDemandNewton,
    MultiplicativeAdjustment,
    PerGood,
    SpendCap,
    Tatonnement,
    exchange,
    exchange_excess,
    solve,
)
from catallax.equilibria.valuations import CES, CobbDouglas, Concave, Diminishing, Leontief, Linear, Separable
from catallax.lab import Context, Finding, Report

ROW = "exchange"
CYCLE = np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0], [1.0, 0.0, 1.0]])
"""Scarf's pattern: each agent wants two of three goods together."""


@dataclass(frozen=True)
class Config:
    """Settings."""

    agents: int = 10
    """Of the economies that other solvers solve too."""
    goods: int = 4
    """Of these economies."""
    seeds: int = 5
    """Economies of each kind."""
    sizes: tuple[tuple[int, int], ...] = ((100, 20), (1_000, 100))
    """Agents and goods of the economies that are timed."""
    batch: int = 1_000
    """Economies of 20 x 5 at once."""
    complements: int = 100
    """Leontief economies of each shape."""
    leontief: tuple[tuple[int, int], ...] = ((6, 3), (10, 10), (40, 20))
    """Agents and goods of these."""
    shapes: tuple[tuple[int, int], ...] = ((8, 3), (20, 12), (5, 20))
    """Agents and goods of the hard economies."""
    hard_seeds: int = 32
    """Economies of each family and shape."""
    rounds: int = 600
    """Of tâtonnement in Scarf's economy."""
    rivals: bool = True
    """Whether CVXPY runs beside (`pip install 'catallax[bench]'`)."""
    key: int = 0
    """Seed of the economies."""


def run(config: Config, context: Context) -> Report:
    """Certificates first, then speed, complements, tâtonnement, goods one by one."""
    with jax.enable_x64(True):
        findings = [
            *smooth(config),
            linear(config),
            *neural(config),
            *timed(config),
            complements(config),
            *hard(config),
        ]
        walk, figure = tatonnement(config)
        findings += [*walk, *one_by_one(config)]
    text = (
        "Prices are such that everything together is worth one credit; weights are drawn from U(0.1, 1), endowments from U(0, 1). The certificate adds up, as a "
        "share of all incomes, what agents lack of the best they could pay, what they overspend, and what is not sold. Beside stand SciPy's `root` on the "
        "excess demand, and CVXPY with Clarabel on the convex program of Devanur, Garg and Végh (2016), which is in the prices; of neural valuations on the "
        "planner's program whose weights `root` chooses such that nobody spends more than its income (Negishi 1960)."
    )
    return Report(findings, {"tatonnement": figure}, text)


def economies(config: Config) -> list[tuple[np.ndarray, np.ndarray]]:
    """Weights and endowments."""
    drawn = [np.random.default_rng((config.key, seed)) for seed in range(config.seeds)]
    shape = config.agents, config.goods
    return [(rng.uniform(0.1, 1, shape), rng.uniform(0, 1, shape)) for rng in drawn]


def beside(name: str, found: list[Equilibrium], known: list[np.ndarray] | None, whose: str) -> Finding:
    """The worst certificate, and the largest relative difference of prices."""
    gap, error = (max(float(getattr(one, part)) for one in found) for part in ("gap", "clearing_error"))
    measured, reached, required = f"gap {gap:.1e}, clearing error {error:.1e}", max(gap, error) <= 1e-6, "gap <= 1e-6"
    if known is not None:
        off = max(float(np.max(np.abs(one.prices / p - 1))) for one, p in zip(found, known, strict=True))
        measured, reached = f"{measured}; prices off by {off:.1e} from {whose}", reached and off <= 1e-5
        required += f", prices within 1e-5 of {whose}"
    return Finding(ROW, f"{name}, {len(found)} economies", required, measured, reached)


def smooth(config: Config) -> list[Finding]:
    """CES and Cobb-Douglas beside root finding."""
    rows = []
    for elasticity in (3.0, 1.0, 0.5):
        kind = CobbDouglas if elasticity == 1 else lambda weights, s=elasticity: CES(weights, s)
        found = [exchange(kind(jnp.asarray(weights)), jnp.asarray(owned)) for weights, owned in economies(config)]
        known = [by_root(weights, owned, elasticity) for weights, owned in economies(config)]
        name = "Cobb-Douglas" if elasticity == 1 else f"CES, elasticity {elasticity:g}"
        rows.append(beside(name, found, known, "SciPy"))
    return rows


def by_root(weights: np.ndarray, owned: np.ndarray, elasticity: float) -> np.ndarray:
    """SciPy on the excess demand of CES agents."""
    supply = owned.sum(0)

    def prices(logs: np.ndarray) -> np.ndarray:
        worth = np.exp(np.r_[logs, 0.0])
        return worth / worth.sum() / supply

    def excess(logs: np.ndarray) -> np.ndarray:
        p = prices(logs)
        bids = weights * p ** (1 - elasticity)
        return (((owned @ p)[:, None] * bids / bids.sum(1, keepdims=True) / p).sum(0) / supply - 1)[:-1]

    return prices(root(excess, np.zeros(supply.size - 1), tol=1e-13).x)


def linear(config: Config) -> Finding:
    """Linear exchange beside its convex program."""
    found = [exchange(Linear(jnp.asarray(v)), jnp.asarray(owned), tol=1e-10) for v, owned in economies(config)]
    known = [by_program(v, owned) for v, owned in economies(config)] if config.rivals else None
    return beside("linear (Arrow-Debreu)", found, known, "CVXPY")


def by_program(values: np.ndarray, endowments: np.ndarray) -> np.ndarray:
    """The convex program of Devanur, Garg and Végh (2016); its optimum is 0."""
    import cvxpy as cp

    supply = endowments.sum(0)
    owned, values = endowments / supply, values * supply
    agents, goods = values.shape
    prices, pacing, bids = cp.Variable(goods), cp.Variable(agents), cp.Variable((agents, goods), nonneg=True)
    cost = sum(owned[a, j] * cp.rel_entr(prices[j], pacing[a]) for a in range(agents) for j in range(goods))
    above = [cp.multiply(values[:, j], pacing) <= prices[j] for j in range(goods)]
    books = [cp.sum(bids, axis=1) == owned @ prices, cp.sum(bids, axis=0) == prices, cp.sum(prices) == 1]
    problem = cp.Problem(cp.Minimize(cost - cp.sum(cp.multiply(bids, np.log(values)))), [*above, *books])
    problem.solve(solver=cp.CLARABEL, tol_gap_abs=1e-11, tol_gap_rel=1e-11, tol_feas=1e-11)
    if not abs(problem.value) <= 1e-7:
        raise ArithmeticError(
            f"exchange_economies: the rival's program ended at {problem.value}, and an equilibrium is worth 0."
        )
    return np.asarray(prices.value) / supply


def net(theta: tuple[Any, Any, Any], x: Any) -> Any:
    """An input-concave network: weights of at least 0, an activation that is concave and increasing."""
    inner, middle, outer = theta
    return outer @ jnp.log1p(middle @ jnp.log1p(inner @ x))


def neural(config: Config) -> list[Finding]:
    """Exchange, and buyers with money, whose values are networks."""
    agents, goods, hidden = 4, 3, 6
    traded, bought, known, dual = [], [], [], []
    for seed in range(config.seeds):
        rng = np.random.default_rng((config.key, seed))
        theta = tuple(rng.uniform(0, 1, shape) for shape in ((agents, hidden, goods), (agents, hidden, hidden)))
        theta = (*theta, rng.uniform(0.5, 2, (agents, hidden)))
        values, owned = Concave(net, jax.tree.map(jnp.asarray, theta), goods), rng.uniform(0.1, 1, (agents, goods))
        traded.append(exchange(values, jnp.asarray(owned), tol=1e-9))
        wealth = np.asarray(values.value(jnp.asarray(np.tile(owned.sum(0) / agents, (agents, 1))))) * 1.2
        bought.append(solve(values, jnp.asarray(owned.sum(0)), jnp.asarray(wealth), tol=1e-10))
        if config.rivals:
            known.append(by_negishi(theta, owned))
            dual.append(planned(theta, owned.sum(0), np.ones(agents), wealth)[0])
    return [
        beside("network valuations", traded, known if config.rivals else None, "CVXPY and SciPy"),
        beside("network valuations with money (`solve`, value cap)", bought, dual if config.rivals else None, "CVXPY"),
    ]


def planned(
    theta: tuple[np.ndarray, ...], supply: np.ndarray, weights: np.ndarray, wealth: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Prices and bundles of a planner who weighs agents."""
    import cvxpy as cp

    bundles = cp.Variable((weights.size, supply.size), nonneg=True)
    worth = [
        cp.sum(cp.multiply(w, cp.log1p(b @ cp.log1p(a @ bundles[i]))))
        for i, (a, b, w) in enumerate(zip(*theta, strict=True))
    ]
    counted = worth if wealth is None else [cp.minimum(v, w) for v, w in zip(worth, wealth, strict=True)]
    clears = cp.sum(bundles, axis=0) <= supply
    problem = cp.Problem(cp.Maximize(sum(w * v for w, v in zip(weights, counted, strict=True))), [clears])
    problem.solve(solver=cp.CLARABEL, tol_gap_abs=1e-9, tol_gap_rel=1e-9, tol_feas=1e-9)
    return np.asarray(clears.dual_value), np.asarray(bundles.value)


def by_negishi(theta: tuple[np.ndarray, ...], owned: np.ndarray) -> np.ndarray:
    """Weights of the planner at which every bundle costs what its agent owns."""
    agents, supply = len(owned), owned.sum(0)

    def weights(logs: np.ndarray) -> np.ndarray:
        drawn = np.exp(np.r_[logs, 0.0])
        return drawn / drawn.sum()

    def transfers(logs: np.ndarray) -> np.ndarray:
        prices, bundles = planned(theta, supply, weights(logs))
        return (((bundles - owned) @ prices) / (supply @ prices))[:-1]

    found = root(transfers, np.zeros(agents - 1), tol=1e-10, options={"eps": 1e-5})
    prices, _ = planned(theta, supply, weights(found.x))
    return prices / (supply @ prices)


def timed(config: Config) -> list[Finding]:
    """Seconds of linear and CES economies, warm calls, and many at once."""
    rows = []
    kinds: dict[str, Callable[[Any], Any]] = {"linear": Linear, "CES, elasticity 3": lambda weights: CES(weights, 3.0)}
    for name, kind in kinds.items():
        for agents, goods in config.sizes:
            rng = np.random.default_rng(config.key)
            valuation = kind(jnp.asarray(rng.uniform(0.1, 1, (agents, goods))))
            rows.append(
                speed(f"{name}, {agents:,} x {goods}", valuation, jnp.asarray(rng.uniform(0, 1, (agents, goods))))
            )
        rng = np.random.default_rng(config.key)
        weights, owned = (jnp.asarray(rng.uniform(low, 1, (config.batch, 20, 5))) for low in (0.1, 0.0))
        rows.append(speed(f"{name}, {config.batch:,} economies of 20 x 5 in one vmap", jax.vmap(kind)(weights), owned))
    return rows


def speed(name: str, valuation: Any, endowments: Any) -> Finding:
    """The second call's seconds, checks of the economy included."""
    exchange(valuation, endowments)
    began = time.perf_counter()
    found = jax.block_until_ready(exchange(valuation, endowments))
    seconds = time.perf_counter() - began
    gap = float(np.max(found.gap))
    return Finding(ROW, name, "gap <= 1e-6", f"{seconds:.4f} s, gap {gap:.1e}, {int(np.max(found.iterations))} iterations at most", gap <= 1e-6)  # fmt: skip


def complements(config: Config) -> Finding:
    """Leontief exchange is hard in general: how many of random economies end with a certificate."""
    told, worst, count, steps = [], 0.0, 0, 0
    for agents, goods in config.leontief:
        rng = np.random.default_rng(config.key)
        needs, owned = (jnp.asarray(rng.uniform(low, 1, (config.complements, agents, goods))) for low in (0.1, 0.0))
        found = exchange(jax.vmap(Leontief)(needs), owned)
        alone = exchange(jax.vmap(Leontief)(needs), owned, method=ExcessDemandNewton())
        good, newton = (np.asarray(one.status == Status.SOLVED) for one in (found, alone))
        worst, count = max(worst, float(np.max(found.gap))), count + int((~good).sum())
        steps = max(steps, int(np.max(found.iterations)))
        told.append(f"{agents} x {goods}: {good.sum()} of {good.size} (Newton's method alone {newton.sum()})")
    return Finding(ROW, "Leontief: economies with a certificate of 1e-6", "gap <= 1e-6, or a status that says it is not", f"{'; '.join(told)}; {steps} steps at most",
                   count == 0 or worst > 1e-6, "no method is known that is always quick: finding one is as hard as a Nash equilibrium of two players")  # fmt: skip


def families(agents: int, goods: int, rng: np.random.Generator) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Nine kinds of weights and endowments, the hard ones too."""
    weights, owned = rng.uniform(0.01, 1, (agents, goods)), rng.uniform(0, 1, (agents, goods))
    agent, good, ring = np.arange(agents), np.arange(goods), np.zeros((agents, goods))
    ring[agent, agent % goods] = ring[good % agents, good] = 1.0
    sparse = np.where(rng.random((agents, goods)) < 0.25, weights, 0.0)
    sparse[agent, (agent + 1) % goods] += rng.uniform(0.1, 1, agents)  # everybody wants the next one's good
    sparse[(good - 1) % agents, good] += 0.3
    low = np.exp(rng.normal(size=(agents, 5)) @ (rng.normal(size=(5, goods)) * 0.6))
    rich = owned.copy()
    rich[0] *= 1e4
    return {
        "uniform": (weights, owned),
        "lognormal": (np.exp(2 * rng.normal(size=(agents, goods))), owned),
        "low rank": (low, owned),
        "one good each": (weights, ring),
        "sparse, one good each": (sparse, ring),
        "one rich": (weights, rich),
        "Pareto endowments": (weights, rng.pareto(1.0, (agents, goods)) + 1e-3),
        "identical": (np.ones((agents, goods)), owned),
        "sparse": (sparse, np.where(rng.random((agents, goods)) < 0.3, owned, 0) + 0.1 * ring),
    }


def hard(config: Config) -> list[Finding]:
    """Nine families in each shape, linear and Leontief."""
    rows = []
    for kind in (Linear, Leontief):
        solved, tried, worst, failed = 0, 0, 0, []
        for shape in config.shapes:
            drawn = [families(*shape, np.random.default_rng((config.key, seed))) for seed in range(config.hard_seeds)]
            for family in drawn[0]:
                weights, owned = (jnp.asarray(np.stack([one[family][part] for one in drawn])) for part in range(2))
                found = exchange(jax.vmap(kind)(weights), owned)
                good = np.asarray((found.status == Status.SOLVED) & (found.gap <= 1e-6))
                solved, tried = solved + int(good.sum()), tried + good.size
                worst = max(worst, int(np.max(found.iterations)))
                failed += [f"{family} {shape[0]} x {shape[1]}"] * int((~good).sum())
        asked = f"{tried} of {tried}" if kind is Linear else ""
        rows.append(Finding(ROW, f"hard economies solved to a gap of 1e-6, {kind.__name__}", asked,
                            f"{solved} of {tried}; {worst} iterations at most", solved == tried if asked else None,
                            "not solved: " + ", ".join(sorted(set(failed))) if failed else ""))  # fmt: skip
    return rows


def tatonnement(config: Config) -> tuple[list[Finding], Any]:
    """Where an auctioneer gets to."""
    rows, begin = [], np.array([1.1, 1.0, 0.95])
    for rule in (AdditiveAdjustment(0.02), MultiplicativeAdjustment(0.2)):
        found = [
            exchange(CES(jnp.asarray(w), 3.0), jnp.asarray(owned), method=Tatonnement(rule))
            for w, owned in economies(config)
        ]
        most = max(int(one.iterations) for one in found)
        row = beside(f"tâtonnement, substitutes, {type(rule).__name__}({rule.step:g})", found, None, "")
        rows.append(replace(row, measured=f"{row.measured}, {most} rounds at most"))
    buyers = Diminishing(Leontief(jnp.asarray(CYCLE)), 0.5)
    slow = Tatonnement(AdditiveAdjustment(0.05), 1e-9)
    paid = solve(buyers, jnp.ones(3), jnp.full(3, jnp.inf), cap=SpendCap(), method=slow)
    rows.append(Finding(ROW, "tâtonnement, quasi-linear complements in Scarf's pattern", "gap <= 1e-6",
                        f"gap {float(paid.gap):.1e}, {int(paid.iterations)} rounds", bool(paid.gap <= 1e-6)))  # fmt: skip
    needs, owned, budgets = jnp.asarray(CYCLE), jnp.eye(3), jnp.full(3, jnp.inf)
    quick = Tatonnement(AdditiveAdjustment(0.2))
    scarf = np.asarray(
        quick.path(lambda p: exchange_excess(Leontief(needs), owned, p), jnp.asarray(begin), config.rounds)
    )
    share = scarf / scarf.sum(1, keepdims=True)
    away = np.linalg.norm(share - 1 / 3, axis=1)
    rows.append(Finding(ROW, f"tâtonnement, Scarf's exchange of the same complements, {config.rounds:,} rounds",
                        "further from the equilibrium at the end than at the start", f"distance {away[0]:.3f} at the start, {away[-1]:.3f} at the end",
                        bool(away[-1] > away[0])))  # fmt: skip

    def excess(prices: Any) -> Any:
        worth = buyers.value(jnp.ones((3, 3)))
        return jnp.sum(cx.equilibria.demand(buyers, prices, jnp.minimum(budgets, worth), SpendCap()), 0) - 1

    quasi = np.asarray(slow.path(excess, 0.5 * jnp.asarray(begin) ** 4, config.rounds))
    substitutes = CES(jnp.asarray(CYCLE + 0.1), 3.0)
    trade = np.asarray(
        quick.path(lambda p: exchange_excess(substitutes, owned, p), jnp.asarray(begin) ** 8, config.rounds)
    )
    known = np.asarray(exchange(substitutes, owned).prices)
    figure = cx.view.price_simplex(
        {
            "exchange": {"substitutes": trade, "complements (Scarf)": scarf},
            "buyers with money": {"complements": quasi},
        },
        {"exchange": known, "buyers with money": np.asarray(paid.prices)},
    )
    return rows, figure


def saturating(scale: Any, amount: Any) -> Any:
    """What an amount of one good is worth."""
    return scale * jnp.log1p(3 * amount)


def one_by_one(config: Config) -> list[Finding]:
    """Goods priced apart beside goods priced together."""
    rows = []
    for name, elasticity in (
        ("strong complements", 0.3),
        ("complements", 0.6),
        ("additive", None),
        ("substitutes", 3.0),
    ):
        lost: dict[int, list[float]] = {1: [], 3: [], 10: []}
        for weights, owned in economies(config):
            supply, free = jnp.asarray(owned.sum(0) / len(owned)), jnp.full(len(owned), jnp.inf)
            if elasticity is None:
                values = Separable(saturating, jnp.asarray(weights))
            else:
                values = Diminishing(CES(jnp.asarray(weights), elasticity), 0.5)
            best = float(jnp.sum(values.value(solve(values, supply, free, tol=1e-9).bundles)))
            for rounds in lost:
                apart = solve(values, supply, free, method=PerGood(rounds=rounds))
                lost[rounds].append(1 - float(jnp.sum(values.value(apart.bundles))) / best)
        told = "; ".join(
            f"{rounds} round{'s' * (rounds > 1)}: {np.mean(loss):.2e} (at most {np.max(loss):.2e})"
            for rounds, loss in lost.items()
        )
        required = "0 (within 1e-6)" if elasticity is None else ""
        reached = max(lost[1]) <= 1e-6 if elasticity is None else None
        rows.append(
            Finding(ROW, f"a schedule per good, {name}: share of the joint welfare lost", required, told, reached)
        )
    return rows
