"""A market asked about itself: its price, its leader, its inequality, and the price of the very question."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

import numpy as np

import catallax as cx
from catallax.core import MICRO
from catallax.forecasting import LMSR, PredictionMarket, SelfAwareMarket, crossings, literal, reflective
from catallax.lab import Context, Finding, Report


@dataclass(frozen=True)
class Config:
    """Settings."""

    trades: int = 300
    """Small trades on the question about its own price."""
    step: float = 0.05
    """What each of them moves, in log-odds."""
    learned: int = 300
    """Histories of the market from which the forecaster of the market learns."""
    histories: int = 300
    """Histories on which it trades."""
    days: int = 12
    """Trades in a history; the questions are asked in the middle."""
    neighbours: int = 30
    """Past histories that look most alike, whose endings the forecaster counts."""
    key: int = 0
    """Seed of the run."""


ROW = "self-awareness"
DIAGONAL = {
    "below 0.4": lambda own: float(own < 0.4),
    "below 0.4, within 0.05 of it in part": lambda own: float(np.clip((0.45 - own) / 0.1, 0, 1)),
    "above 0.4": lambda own: float(own > 0.4),
}
TRADERS = ("ann", "bob", "cem", "dan")
OPTIONS: tuple[Hashable, ...] = ("richest now", "second", "third", "poorest now")


def run(config: Config, context: Context) -> Report:
    """Ask about the own price, then about tomorrow's price, the leader and the inequality."""
    rng = np.random.default_rng(config.key)
    paths = {
        name: np.stack([crowd(worth, start, config) for start in (0.1, 0.39, 0.41, 0.9)])
        for name, worth in DIAGONAL.items()
    }
    findings = [*diagonal(paths, config), *endings(), *forecast(config, rng)]
    fixed = {name: [c.price for c in crossings(worth) if c.consistent] for name, worth in DIAGONAL.items()}
    return Report(findings, {"self_awareness": cx.view.own_prices(paths, fixed)}, text=TEXT)


TEXT = (
    "A crowd is many small trades, each towards what is true of the question at the price of the moment. The histories are of one market in "
    "which four traders with different, noisy signals take turns; the forecaster of the market has no signal and only looks at "
    "earlier histories: it counts how those ended that looked most alike in the middle. It trades the side markets to its forecast, "
    "so that its mean profit over b is what its knowledge of the market is worth in nats."
)


def crowd(worth: Callable[[float], float], start: float, config: Config) -> np.ndarray:
    """Prices of a question about its own price."""
    market = PredictionMarket(LMSR(2, 1.0, np.array([start, 1 - start])))
    market.open("crowd", 1e4)
    prices = [start]
    for _ in range(config.trades):
        way = np.sign(worth(prices[-1]) - prices[-1])
        market.trade("crowd", 0, shares=float(way * config.step))
        prices.append(float(market.prices[0]))
    return np.array(prices)


def diagonal(paths: dict[str, np.ndarray], config: Config) -> list[Finding]:
    """Where the crowd ends, and whether that is consistent."""
    (paradox,), (soft,) = (crossings(DIAGONAL[name]) for name in list(DIAGONAL)[:2])
    late = {name: path[:, -1] for name, path in paths.items()}
    near = config.step * 0.25
    spread = float(abs(late["below 0.4"] - 0.4).max())
    softened = float(abs(late["below 0.4, within 0.05 of it in part"] - soft.price).max())
    fulfilled = late["above 0.4"]
    return [
        Finding(ROW, "'this price is below 0.4': consistent prices; where its worth jumps", "none; 0.4",
                f"{'one' if paradox.consistent else 'none'}; {paradox.price:.6f}",
                not paradox.consistent and abs(paradox.price - 0.4) < 1e-12),
        Finding(ROW, "a crowd that trades on what is true at the moment ends how far from 0.4", "within one small trade",
                f"{spread:.4f}", spread <= near + 1e-9, f"four starts; a trade moves the price by {near:.4f} there at most"),
        Finding(ROW, "the same with a threshold 0.1 wide: consistent price, and how far the crowd ends from it",
                "one; within one small trade", f"{soft.price:.6f}; {softened:.4f}", soft.consistent and softened <= near + 1e-9),
        Finding(ROW, "'this price is above 0.4': the crowd ends at", "0 from below, 1 from above",
                f"{fulfilled[:2].max():.4f} from below, {fulfilled[2:].min():.4f} from above",
                bool(fulfilled[:2].max() < 0.01 and fulfilled[2:].min() > 0.99)),
    ]  # fmt: skip


def endings() -> list[Finding]:
    """What a last trade of a hair's breadth does to somebody's profit, and what knowing 0.4 is worth."""
    profits = {}
    for settlement in (literal, reflective):
        for end in (0.4001, 0.3999):
            market = SelfAwareMarket(PredictionMarket(LMSR(2, 1.0)), settlement)
            market.ask("below 0.4", lambda _: lambda own: own < 0.4, liquidity=1.0)
            question = market.questions["below 0.4"]
            for trader, price in (("ann", 0.1), ("bob", end)):
                question.open(trader, 100.0)
                question.trade(trader, 0, to_price=price)
            market.settle("below 0.4")
            profits[settlement.__name__, end] = question.profit("bob")
    swing = {name: abs(profits[name, 0.4001] - profits[name, 0.3999]) for name in ("literal", "reflective")}
    worst = []
    for end in np.linspace(0.02, 0.98, 49):
        market = SelfAwareMarket(PredictionMarket(LMSR(2, 1.0)))
        market.ask("below 0.4", lambda _: lambda own: own < 0.4, liquidity=1.0)
        question = market.questions["below 0.4"]
        for trader, price in (("ann", 0.4), ("bob", float(end))):
            question.open(trader, 100.0)
            if abs(price - question.prices[0]) > 1e-6:
                question.trade(trader, 0, to_price=price)
        market.settle("below 0.4")
        worst.append(question.profit("bob"))
    return [
        Finding(ROW, "settled reflectively, a last trade from 0.4001 to 0.3999 changes a holder's profit by", "<= 0.001 b",
                f"{swing['reflective']:.6f} b", swing["reflective"] <= 1e-3, f"settled literally by {swing['literal']:.2f} b"),
        Finding(ROW, "settled reflectively, the best profit of moving the price away from 0.4", "<= 0",
                f"{max(worst):.6f} b", max(worst) <= 0),
    ]  # fmt: skip


def history(days: int, rng: np.random.Generator) -> tuple[PredictionMarket, np.ndarray, Callable[[], None]]:
    """A market, the traders' beliefs, and what trades one day: whose turn it is goes half way to its belief."""
    market = PredictionMarket(LMSR(2, 10.0))
    truth = rng.beta(2, 2)
    counts = rng.integers(2, 30, len(TRADERS))
    beliefs = (rng.binomial(counts, truth) + 1) / (counts + 2)
    for trader in TRADERS:
        market.open(trader, 200.0)

    def day() -> None:
        turn = int(rng.integers(len(TRADERS)))
        price = float(market.prices[0])
        market.trade(TRADERS[turn], 0, to_price=(price + float(beliefs[turn])) / 2)

    return market, beliefs, day


def wealths(market: PredictionMarket) -> np.ndarray:
    """At the present prices."""
    return np.array([market.wealth(trader) for trader in TRADERS])


def seen(market: PredictionMarket) -> np.ndarray:
    """What the forecaster looks at in the middle of a history."""
    ranked = np.sort(wealths(market))[::-1]
    return np.array([10 * (market.prices[0] - 0.5), *(ranked - ranked.mean()), 100 * cx.lab.gini(ranked)])


def forecast(config: Config, rng: np.random.Generator) -> list[Finding]:
    """Learn from histories, then trade the questions of others."""
    half = config.days // 2
    past, level = [], 0.0
    for number in range(config.learned + config.histories):
        main, _, day = history(config.days, rng)
        for _ in range(half):
            day()
        looks, order = seen(main), np.argsort(-wealths(main))
        if number == config.learned:
            level = float(np.median([row[2] for row in past]))
            told: list[tuple[float, ...]] = []
        if number >= config.learned:
            self_aware = SelfAwareMarket(main)
            ask(self_aware, order, level, config.days - half)
            trade(self_aware, nearest(looks, past[: config.learned], config.neighbours), level)
        for _ in range(config.days - half):
            day()
        ended = wealths(main)
        leader = int(np.flatnonzero(order == int(np.argmax(ended)))[0])
        past.append((looks, leader, cx.lab.gini(ended), float(main.prices[0])))
        if number >= config.learned:
            bought = {name: float(question.prices[0]) for name, question in self_aware.questions.items()}
            closing = {name: question.prices for name, question in self_aware.questions.items()}
            for name in self_aware.questions:
                self_aware.settle(name)
            profits = [question.profit("learner") for question in self_aware.questions.values()]
            off = self_aware.price("price") - bought["price"]
            # what the learner is owed, from prices and the outcome alone: b is 1, and all options began alike
            owed = [
                float(np.asarray(question.resolution) / MICRO @ np.log(closing[name] * question.outcomes))
                for name, question in self_aware.questions.items()
            ]
            wrong = float(np.abs(np.subtract(profits, owed)).max())
            told.append((*profits, off, bought["Gini"], self_aware.price("Gini"), wrong))
    rows = np.array(told)
    mean, error = rows.mean(0), rows.std(0) / np.sqrt(len(rows))
    likely = rows[:, 4] > 0.5
    often, seldom = (float(rows[side, 5].mean()) if side.any() else float("nan") for side in (likely, ~likely))
    return [
        *(
            Finding(ROW, f"{name}: mean profit of a forecaster of the market, over b", "> 0 by 2 standard errors",
                    f"{mean[i]:+.3f} ± {error[i]:.3f} nats", bool(mean[i] > 2 * error[i]))
            for i, name in enumerate(("its price in the end", "whether its Gini will be above the median", "who will be richest"))
        ),
        Finding(ROW, "price of the question on the price, less what it paid", "0 within 4 standard errors",
                f"{-mean[3]:+.4f} ± {error[3]:.4f}", bool(abs(mean[3]) < 4 * error[3])),
        Finding(ROW, "Gini: how often above the median where the market said likely, and unlikely", "more and less than half",
                f"{often:.2f} of {likely.sum()} and {seldom:.2f} of {(~likely).sum()}",
                often > 0.5 > seldom),
        Finding(ROW, "profit on a question, less sum_i worth_i ln(n price_i) of what came true: largest", "<= 1e-5 b",
                f"{rows[:, -1].max():.1e} b", bool(rows[:, -1].max() <= 1e-5), f"{3 * len(rows):,} settled questions"),
    ]  # fmt: skip


def ask(market: SelfAwareMarket, order: np.ndarray, level: float, after: int) -> None:
    """Three questions about the end of the history."""
    market.ask("price", lambda m: float(m.main.prices[0]), 1.0, after)
    market.ask("Gini", lambda m: cx.lab.gini(np.array([m.main.wealth(t) for t in TRADERS])) > level, 1.0, after)
    ranks = {TRADERS[place]: OPTIONS[rank] for rank, place in enumerate(order)}
    market.ask_which("leader", lambda m: ranks[max(TRADERS, key=m.main.wealth)], OPTIONS, 1.0, after)


def nearest(looks: np.ndarray, past: list, count: int) -> list:
    """The histories that looked most alike."""
    return sorted(past, key=lambda row: float(np.sum((row[0] - looks) ** 2)))[:count]


def trade(market: SelfAwareMarket, alike: list, level: float) -> None:
    """Move each question to how often it came true, none to 0 or 1."""
    leaders = np.bincount([row[1] for row in alike], minlength=len(OPTIONS)) + 0.5
    above = (sum(row[2] > level for row in alike) + 0.5) / (len(alike) + 1)
    goals = {
        "price": np.array([x := float(np.mean([row[3] for row in alike])), 1 - x]),
        "Gini": np.array([above, 1 - above]),
        "leader": leaders / leaders.sum(),
    }
    for name, goal in goals.items():
        question = market.questions[name]
        question.open("learner", 100.0)
        question.trade("learner", shares=(np.log(goal) - np.log(question.prices)).tolist())
