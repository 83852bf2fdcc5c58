"""Whole goods: when prices of single goods exist, which they are, and what the wealth cap breaks."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from catallax.core import Status
from catallax.equilibria.indivisible import (
    Additive,
    AscendingAuction,
    Assignment,
    AssignmentMarket,
    Capped,
    ConfigurationProgram,
    DescendingAuction,
    Highest,
    Lowest,
    UnitDemand,
    VickreyClarkeGroves,
    XorBids,
    gross_substitutes,
)
from catallax.lab import Context, Finding, Report

ROW = "whole goods"
NONE_CLEAR = Capped(Additive([[4, 4, 4], [2, 1, 1], [4, 3, 3]]), [5, 2, 5])


@dataclass(frozen=True)
class Config:
    """Settings."""

    additive: int = 500
    """Random markets of 3 additive agents without a cap and 3 goods."""
    bids: int = 300
    """Random draws of capped bids on one good."""
    bidders: int = 6
    """Agents who bid on one good."""
    assignments: int = 200
    """Random markets of 4 agents who want one of 3 goods each."""
    capped: int = 500
    """Random markets of capped additive agents, of each shape."""
    shapes: tuple[tuple[int, int], ...] = ((2, 2), (2, 3), (3, 2), (3, 3), (3, 4), (4, 3))
    """Agents and goods of the capped markets."""
    highest: int = 5
    """Values of goods are whole credits from 1 to this, wealth from 1 to twice this."""
    poor: int = 200
    """Random markets of additive agents whose wealth the payments of Vickrey, Clarke and Groves do not know."""
    key: int = 0
    """Seed of all draws."""


def run(config: Config, context: Context) -> Report:
    """Fixed markets first, random ones behind."""
    rng = np.random.default_rng(config.key)
    return Report(
        [
            no_prices(),
            broken_substitutes(),
            additive(config, rng),
            one_good(config, rng),
            *assignments(config, rng),
            *(existence(config, rng, *shape) for shape in config.shapes),
            poor_winners(config, rng),
        ],
        text="That no prices exist is proved twice over: by the linear program, whose prices bound what any allocation can be worth, "
        "and, in the first row, by trying all prices in steps of a quarter credit.",
    )


def no_prices() -> Finding:
    """The program beside a search over a grid of prices."""
    found, table = ConfigurationProgram().solve(NONE_CLEAR), NONE_CLEAR.table()
    held = np.arange(8)[:, None] >> np.arange(3) & 1
    grid = np.array(list(product(np.arange(0, 5.25, 0.25), repeat=3)))
    least = float((grid.sum(1) + (table[:, None, :] - grid @ held.T).max(2).sum(0)).min())
    reached = found.status is Status.NO_WALRASIAN and abs(found.bound - 9.5) < 1e-6 and abs(found.welfare - 9.0) < 1e-9
    return Finding(
        ROW, "values (4,4,4) cap 5; (2,1,1) cap 2; (4,3,3) cap 5", "NO_WALRASIAN, linear program 9.5, whole goods 9.0",
        f"{found.status.name}, linear program {found.bound:.4f}, whole goods {found.welfare:.4f}, gap {found.gap:.4f}; "
        f"least bound on the grid {least:.4f}", reached,
    )  # fmt: skip


def broken_substitutes() -> Finding:
    """What an agent wants before and after the price of the second good rises."""
    free = Additive([[2, 1, 1]])
    poor = Capped(free, [2])
    before, after = (np.flatnonzero(poor.demand(np.array(p))[0]) + 1 for p in ([1.1, 0.5, 0.5], [1.1, 0.7, 0.5]))
    reached = before.tolist() == [2, 3] and after.tolist() == [1] and gross_substitutes(free).all()
    return Finding(
        ROW, "values (2,1,1) cap 2: demand at prices (1.1, .5, .5) and (1.1, .7, .5)", "goods 2 and 3, then good 1 alone",
        f"goods {before.tolist()}, then {after.tolist()}; gross substitutes: {bool(gross_substitutes(poor)[0])}, "
        f"without the cap {bool(gross_substitutes(free)[0])}", bool(reached and not gross_substitutes(poor)[0]),
    )  # fmt: skip


def additive(config: Config, rng: np.random.Generator) -> Finding:
    """Every bundle is a bid, so that the program does not see that the values are sums."""
    found = [
        ConfigurationProgram(Lowest()).solve(XorBids.of(Additive(rng.random((3, 3))))) for _ in range(config.additive)
    ]
    solved = sum(one.status is Status.SOLVED for one in found)
    return Finding(
        ROW, f"additive values without a cap, {config.additive} random markets of 3 agents and 3 goods", "gap 0 in all",
        f"gap 0 in {solved}, largest {max(one.gap for one in found):.1e} credits", solved == config.additive,
    )  # fmt: skip


def one_good(config: Config, rng: np.random.Generator) -> Finding:
    """Lowest and highest prices beside the sorted bids."""
    off = 0.0
    for _ in range(config.bids):
        values, wealth = rng.random(config.bidders), rng.random(config.bidders)
        market = Capped(Additive(values[:, None]), wealth)
        ends = [ConfigurationProgram(select).solve(market).prices[0] for select in (Lowest(), Highest())]
        off = max(off, float(np.abs(np.array(ends) - np.sort(np.minimum(values, wealth))[-2:]).max()))
    return Finding(
        ROW, f"one good, {config.bidders} capped bids, {config.bids} random draws: the Walrasian prices", "from the second to the highest bid",
        f"ends differ from these bids by at most {off:.1e} credits", off < 1e-6,
    )  # fmt: skip


def assignments(config: Config, rng: np.random.Generator) -> list[Finding]:
    """Three ways to the lowest prices, two to the highest."""
    low, high = 0.0, 0.0
    for _ in range(config.assignments):
        market = UnitDemand(rng.integers(0, 20, (4, 3)))
        first, last = (AssignmentMarket(select).solve(market) for select in (Lowest(), Highest()))
        payments = VickreyClarkeGroves(Assignment()).solve(market).payments
        rising, falling = AscendingAuction().solve(market).prices, DescendingAuction().solve(market).prices
        low = max(low, float(np.abs(first.prices - rising).max()), float(np.abs(first.payments - payments).max()))
        high = max(high, float(np.abs(last.prices - falling).max()))
    case = f"4 agents who want one of 3 goods each, {config.assignments} random markets"
    return [
        Finding(
            ROW, f"{case}: lowest prices of the linear program, ascending auction, payments of Vickrey, Clarke and Groves",
            "equal", f"differ by at most {low:.1e} credits", low < 1e-6,
        ),
        Finding(
            ROW, f"{case}: highest prices of the linear program, descending auction", "equal",
            f"differ by at most {high:.1e} credits", high < 1e-6,
        ),
    ]  # fmt: skip


def existence(config: Config, rng: np.random.Generator, agents: int, goods: int) -> Finding:
    """How often capped additive agents have no prices, and how often the cap breaks gross substitutes."""
    none, broken, largest = 0, 0, 0.0
    for _ in range(config.capped):
        values = rng.integers(1, config.highest, (agents, goods), endpoint=True)
        market = Capped(Additive(values), rng.integers(1, 2 * config.highest, agents, endpoint=True))
        found = ConfigurationProgram(Lowest()).solve(market)
        none += found.status is Status.NO_WALRASIAN
        largest = max(largest, found.gap / found.bound)
        broken += not gross_substitutes(market).all()
    return Finding(
        ROW, f"{agents} capped additive agents, {goods} goods, {config.capped} random markets in whole credits", "",
        f"no Walrasian prices in {none}, largest gap {100 * largest:.1f}% of the bound; some agent without gross substitutes in {broken}",
    )  # fmt: skip


def poor_winners(config: Config, rng: np.random.Generator) -> Finding:
    """Payments that do not know of wealth, and those of capped values."""
    over, capped_over = 0, 0
    for _ in range(config.poor):
        values, wealth = Additive(rng.random((4, 3))), rng.random(4)
        over += not VickreyClarkeGroves().solve(values, wealth=wealth).affordable
        capped_over += not VickreyClarkeGroves().solve(Capped(values, wealth), wealth=wealth).affordable
    return Finding(
        ROW, f"payments of Vickrey, Clarke and Groves above wealth, {config.poor} random markets of 4 additive agents and 3 goods",
        "none with values capped by wealth", f"in {capped_over} with values capped, in {over} without", capped_over == 0,
    )  # fmt: skip
