"""Program markets: prices of sentences that observation neither proves nor refutes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from catallax import view
from catallax.induction import Desk, Order, Program, ProgramMarket, Quantified, Turn, hash_uniform, ranged_value
from catallax.lab import Context, Finding, Report

ROW = "program markets"


@dataclass(frozen=True)
class Config:
    """Settings."""

    hazards: tuple[float, ...] = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)
    """Chance to die within a year, for those alive."""
    men: int = 4
    """Named by falsifiers."""
    years: int = 6
    """Named by verifiers."""
    days: int = 600
    """Of each market; prices are means over the last third."""
    seeds: int = 4
    """Worlds for each hazard."""


def run(config: Config, context: Context) -> Report:
    """Mortality, then what a winning strategy and a trader of oscillations do to prices."""
    markets = {
        hazard: [mortality(config, hazard, seed, config.years) for seed in range(config.seeds)]
        for hazard in config.hazards
    }
    prices = {hazard: [settled(config, market) for market in of] for hazard, of in markets.items()}
    truths = {hazard: (1 - (1 - hazard) ** config.years) ** config.men for hazard in config.hazards}
    errors = [abs(np.mean(prices[hazard]) - truths[hazard]) for hazard in config.hazards]
    patient = mortality(config, 0.3, 0, 200)
    last = float(patient.path("every man dies")[-1])
    findings = [
        Finding(ROW, "mortality: mean price beside the chance that the verifier wins, largest difference over the hazards", "<= 0.06", f"{max(errors):.3f}",
                bool(max(errors) <= 0.06), f"{config.seeds} worlds each; {config.men} men and {config.years} years are named"),
        Finding(ROW, "mortality, hazard 0.3, the verifiers name 200 years: price on the last day", "> 0.9", f"{last:.3f}", last > 0.9,
                "the sentence is true: who can wait, wins"),
        *winning(config), *oscillation(config), books([*(m for of in markets.values() for m in of), patient]), *costs(),
    ]  # fmt: skip
    where = np.asarray(config.hazards)
    fine = np.linspace(where.min(), where.max(), 100)
    figure = view.belief_paths(
        [
            view.BeliefPanel(
                "every man dies",
                {f"world {seed}": (where, np.asarray([prices[h][seed] for h in config.hazards])) for seed in range(config.seeds)},
                {"verifier wins": (fine, (1 - (1 - fine) ** config.years) ** config.men)},
            )
        ],
        time="hazard, per year", dots=True,
    )  # fmt: skip
    text = (
        "For all men there is a year in which they are dead: neither a proof nor a refutation will ever be observed. Holders of shares name finite sets of men and "
        "years, and the bounded sentence is observed. Ten programs with beliefs 0.05 to 0.95 stake a twentieth of their cash each day. The thresholds on prices "
        "are ours."
    )
    return Report(findings, {"hazard": figure}, text)


def believer(name: str, belief: float, men: int, years: int) -> Program:
    """Buys up to its belief, for a twentieth of its cash, and names so many men and years."""

    def trader(desk: Desk) -> Sequence[Order]:
        stake = desk.cash / 20
        return [
            Order("for", belief, int(stake / belief)),
            Order("against", 1 - belief, int(stake / (1 - belief))),
        ]

    def player(turn: Turn) -> range:
        return range(years) if turn.sets else range(men * turn.day, men * (turn.day + 1))

    return Program(name, 40.0, trader, player)


def mortality(config: Config, hazard: float, seed: int, years: int) -> ProgramMarket:
    """Programs of all beliefs, men who never were named before every day."""

    def dead(man: int, year: int) -> bool:
        return hash_uniform(seed, man) < 1 - (1 - hazard) ** (year + 1)

    programs = [believer(f"belief {n / 10 + 0.05:.2f}", n / 10 + 0.05, config.men, years) for n in range(10)]
    market = ProgramMarket([Quantified("every man dies", "AE", dead)], programs)
    market.run(config.days)
    return market


def settled(config: Config, market: ProgramMarket) -> float:
    """Mean price over the last third of the days."""
    return float(market.path("every man dies")[-max(1, config.days // 3) :].mean())


def fixed(name: str, orders: Sequence[Order], endowment: float = 10.0, player=lambda turn: (0,)) -> Program:
    """The same orders every day."""
    return Program(name, endowment, lambda desk: orders, player)


LATER = Quantified("there is always a later day", "AE", lambda day, later: later > day)


def winning(config: Config) -> list[Finding]:
    """T5.5."""
    epsilon = 0.05
    doubters = [fixed(f"doubter {n}", [Order("against", 1 - n / 10, 2), Order("for", n / 10, 1)]) for n in (2, 5, 8)]
    winner = Program(
        "winner", 10.0, lambda desk: [Order("for", 1 - epsilon, 5)], lambda turn: [1 + max(turn.sets[0])], birthday=20
    )
    market = ProgramMarket([LATER], [*doubters, winner])
    market.run(config.days)
    path = market.path(LATER.name)
    above = np.flatnonzero(path <= 1 - epsilon)[-1] + 2
    gain = market.cash("winner") - winner.endowment
    return [
        Finding(ROW, "a winning strategy buys below 0.95: price above that from day", "after finitely many", f"{above}", bool(path[-1] > 1 - epsilon),
                f"it is born on day {winner.birthday}; the price before was {path[winner.birthday - 2]:.2f}"),
        Finding(ROW, "its profit, credits", "<= 30, what the others began with", f"{gain:.2f}", bool(0 < gain <= 30)),
    ]  # fmt: skip


def oscillation(config: Config) -> list[Finding]:
    """T5.6."""

    def swing(desk: Desk) -> Sequence[Order]:
        return [Order("for" if desk.day % 2 else "against", 0.8, 1)]

    low, high = 0.35, 0.65
    steady = fixed("trader", [Order("for", low, 3), Order("against", 1 - high, 3)])
    counts = []
    for programs in ([], [steady]):
        pendulum = Program("pendulum", 10.0, swing, lambda turn: (0,))
        market = ProgramMarket([LATER], [pendulum, *programs], hold=10 * config.days)
        market.run(config.days)
        path = market.path(LATER.name)
        side = path[(path < 0.4) | (path > 0.6)] > 0.5
        counts.append(int(np.count_nonzero(side[1:] != side[:-1])))
    bound = 2 * 10 / (high - low)
    return [
        Finding(ROW, "crossings of [0.4, 0.6] with a trader who buys below and sells above", f"<= {bound:.0f}", f"{counts[1]}", counts[1] <= bound,
                f"{counts[0]} without it, in {config.days} days; the program that swings begins with 10 credits"),
    ]  # fmt: skip


def books(markets: Sequence[ProgramMarket]) -> Finding:
    """T5.4."""
    wrong = max(abs(market.books.imbalance) + abs(market.books.balances.get("escrow", 0)) for market in markets)
    return Finding(
        ROW, "all accounts and the escrow after the last game, micro-credits", "0 exactly", f"{wrong}", wrong == 0,
        f"{sum(len(market.games) for market in markets):,} games in {len(markets)} markets",
    )  # fmt: skip


def costs() -> list[Finding]:
    """Prices of seats are biased by what moves cost."""
    men, years = np.meshgrid(np.arange(31), np.arange(61), indexing="ij")
    window = ranged_value("AE", (1 - 0.7 ** np.arange(7)) ** np.arange(5)[:, None])
    one = ranged_value("E", 1 - 0.8 ** np.arange(60), verifier_cost=0.03)
    both = ranged_value("AE", (1 - 0.7**years) ** men, verifier_cost=0.01, falsifier_cost=0.02)
    return [
        Finding(ROW, "value of the window of 4 men and 6 years, hazard 0.3", "0.606130", f"{window.win:.6f}", abs(window.win - 0.606130) < 1e-6),
        Finding(ROW, "one of independent chances 0.2, cost 0.03 each: best size and value", "9, 0.595782", f"{one.sizes[0]}, {one.verifier:.6f}",
                one.sizes == (9,) and abs(one.verifier - 0.595782) < 1e-6),
        Finding(ROW, "hazard 0.3, costs 0.02 a man and 0.01 a year: men, years, chance to win", "1, 10, 0.9718",
                f"{both.sizes[0]}, {both.sizes[1]}, {both.win:.4f}", both.sizes == (1, 10) and abs(both.win - 0.9718) < 5e-5,
                "without costs and for infinitely many men the sentence has probability 1"),
    ]  # fmt: skip
