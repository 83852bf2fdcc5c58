"""A finite logical inductor: frequencies and patterns learned, coherence, and what one budget spoils."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

import catallax as cx
from catallax import view
from catallax.induction import AbstractTraders, Constants, DutchBook, Frequency, LogicalInductor, Provability, Rule
from catallax.lab import Context, Finding, Report

ROW = "logical induction"
BELIEFS = [0.05 + 0.1 * step for step in range(10)]


@dataclass(frozen=True)
class Config:
    """Settings."""

    days: int = 6_000
    """Days of the streams, a sentence each."""
    frequency: float = 0.3
    """Of truth among the sentences, which come from a keyed hash."""
    parity: tuple[float, float] = (0.7, 0.1)
    """Frequencies on odd and even days."""
    seeds: int = 3
    """Keys of the hash."""
    theorem_days: int = 1_500
    """Days of the stream of theorems, and of the sentences about their own prices."""
    theory_days: int = 300
    """Days of the small theories."""
    open_days: int = 2_000
    """Days of the sentence that is never decided."""


def run(config: Config, context: Context) -> Report:
    """Streams, small theories, then what holds in all of them."""
    begun = time.process_time()
    counted = {key: counted_market(config, key) for key in range(config.seeds)}
    seconds = (time.process_time() - begun) / (config.seeds * config.days / 1_000)
    even = [counted_market(config, key, weights=None) for key in range(config.seeds)]
    single = {budget: counted_market(config, 0, single=budget, frequency=False, weights=None) for budget in (1.0, 4.0)}
    patterns = {key: pattern_market(config, key) for key in range(config.seeds)}
    theories = small_theories(config)
    markets = [*counted.values(), *even, *patterns.values(), *theories.values()]
    findings = [
        *(near(config, f"frequency {config.frequency}, key {key}", market, (config.frequency,), 0.02) for key, market in counted.items()),
        *(near(config, f"the same, all traders of one weight, key {key}", market, (config.frequency,), None) for key, market in enumerate(even)),
        *(stuck(config, budget, market) for budget, market in single.items()),
        *(near(config, f"pattern {config.parity}, key {key}", market, config.parity, 0.03) for key, market in patterns.items()),
        *of_theories(config, theories),
        *others(config),
        *everywhere([*markets, *single.values()]),
        gained("eight budgets", markets),
        gained("one budget, of 1 or 4", [*single.values()]),
        Finding(ROW, "processor seconds per thousand days of a stream", "", f"{seconds:.2f}", None, "11 traders, 8 budgets, 5 open sentences"),
    ]  # fmt: skip
    text = (
        "Sentences of a stream are traded on their day and decided five days later; prices are means over the last twentieth of the days. Ten traders "
        "believe constants 0.05 to 0.95; the trader who counts has half the weight, and the weight of the others is shared alike. That weight was chosen: "
        "the rows with all traders of one weight stand beside it and nothing is asked of them. Thresholds are ours: the theory speaks of limits alone."
    )
    return Report(findings, {"prices": picture(config, counted[0], single, patterns[0], theories)}, text)


def coin(key: int, chance: Callable[[int], float]) -> cx.induction.Stream:
    """Pseudo-random truths."""
    return cx.induction.Stream(lambda day, price: cx.induction.hash_uniform(key, day) < chance(day))


def counted_market(
    config: Config,
    key: int,
    *,
    single: float | None = None,
    frequency: bool = True,
    weights: Sequence[float] | None = (0.5, *[0.05] * 10),
) -> LogicalInductor:
    """A stream of one frequency."""
    traders: list[AbstractTraders] = [Frequency()] if frequency else []
    market = LogicalInductor(
        coin(key, lambda _: config.frequency), [*traders, Constants(BELIEFS)],
        ladder=None if single is None else cx.induction.BudgetLadder(1, single), weights=weights,
    )  # fmt: skip
    market.run(config.days)
    return market


def pattern_market(config: Config, key: int) -> LogicalInductor:
    """A stream of two phases, a trader who knows them, and one who has them the wrong way round."""
    odd, even = config.parity
    right = Rule("right", lambda place: np.where(place % 2 == 0, odd, even))
    wrong = Rule("wrong", lambda place: np.where(place % 2 == 0, even, odd))
    market = LogicalInductor(
        coin(key, lambda day: odd if day % 2 else even), [right, wrong, Constants(BELIEFS), Frequency()]
    )
    market.run(config.days)
    return market


def small_theories(config: Config) -> dict[str, LogicalInductor]:
    """Fixed sentences that are traded every day."""
    third, half = config.theory_days // 30, config.theory_days // 2
    schedules = {
        "exactly one of three": cx.induction.Schedule(
            ("a", "b", "c"), {third: (cx.induction.exactly_one("a", "b", "c"),)}
        ),
        "connectives": cx.induction.Schedule(("a", "b", "a & b", "a | b", "a -> b"), {half: ("a",)}),
    }
    markets = {
        name: LogicalInductor(schedule, [Constants(BELIEFS), DutchBook(), Provability()])
        for name, schedule in schedules.items()
    }
    for market in markets.values():
        market.run(config.theory_days)
    return markets


def late(config: Config, market: LogicalInductor, phases: int) -> list[float]:
    """Mean prices over the last twentieth of the days, of each phase."""
    prices = market.first_prices()
    last = max(phases, config.days // 20)
    places = np.arange(config.days)
    return [
        float(prices[(places >= config.days - last) & (places % phases == phase)].mean()) for phase in range(phases)
    ]


def near(config: Config, case: str, market: LogicalInductor, truths: Sequence[float], within: float | None) -> Finding:
    """Late prices beside frequencies."""
    prices = late(config, market, len(truths))
    error = max(abs(price - truth) for price, truth in zip(prices, truths, strict=True))
    return Finding(
        ROW, case, "" if within is None else f"within {within}", ", ".join(f"{price:.3f}" for price in prices),
        None if within is None else error <= within, f"off by {error:.3f} after {config.days:,} days",
    )  # fmt: skip


def stuck(config: Config, budget: float, market: LogicalInductor) -> Finding:
    """The failure that the ladder of budgets is there for."""
    prices = market.first_prices()[-max(1, config.days // 5) :]
    alive = [name for name in market.names if market.exploit_report(name).budgets]
    return Finding(
        ROW, f"one budget of {budget:g}: the price sticks", "same price for a fifth of the days, off by more than 0.02",
        f"{prices[-1]:.3f}, spread {np.ptp(prices):.1g}", bool(np.ptp(prices) == 0 and abs(prices[-1] - config.frequency) > 0.02),
        f"not ruined: {', '.join(alive) or 'nobody'}",
    )  # fmt: skip


def of_theories(config: Config, theories: dict[str, LogicalInductor]) -> list[Finding]:
    """Coherence, convergence, and certainty about what is proved."""
    found = []
    for name, market in theories.items():
        seen = market.properties()
        found += [
            Finding(ROW, f"{name}: coherence gap", "<= 0.02", f"{seen.coherence:.4f}", seen.coherence <= 0.02),
            Finding(ROW, f"{name}: largest spread of a price over the last fifth", "<= 0.02", f"{seen.restlessness:.1g}", seen.restlessness <= 0.02),
        ]  # fmt: skip
    total = sum(theories["exactly one of three"].price(name) for name in "abc")
    theorem = theories["connectives"].price("a | b")
    return [
        *found,
        Finding(
            ROW, "exactly one of three: sum of the prices", "1 within 0.03", f"{total:.4f}", abs(total - 1) <= 0.03
        ),
        Finding(ROW, "price of what a proof implies", ">= 0.98", f"{theorem:.4f}", theorem >= 0.98),
    ]


def others(config: Config) -> list[Finding]:
    """Theorems before their proof, a sentence about its own price, and one that is never decided."""
    theorems = LogicalInductor(cx.induction.Stream(lambda day, price: True, delay=8), [Constants([*BELIEFS, 1.0])])
    theorems.run(config.theorem_days)
    before = float(theorems.first_prices()[-1])
    point = 0.4
    about = LogicalInductor(
        cx.induction.Stream(lambda day, price: price < point), [Constants(list(np.linspace(0, 1, 21)))]
    )
    about.run(config.theorem_days)
    price = float(about.first_prices()[-max(1, config.theorem_days // 5) :].mean())
    undecided = LogicalInductor(cx.induction.Schedule(("a",), {}), [Constants([0.05, 1.0])], weights=[0.1, 1.0])
    undecided.run(config.open_days)
    path = undecided.path("a")
    away = float(min(path.min(), 1 - path.max()))
    return [
        Finding(ROW, "theorems of one kind, eight days before the proof", "> 0.95", f"{before:.3f}", before > 0.95, f"after {config.theorem_days:,} of them"),
        Finding(ROW, f"true if and only if its price is below {point}", f"{point} within 0.02", f"{price:.3f}", abs(price - point) <= 0.02),
        Finding(ROW, "never decided: least distance of the price from 0 and 1", ">= 0.001", f"{away:.3g}", away >= 1e-3,
                f"{config.open_days:,} days; ten times the weight is sure of it at first, the last price is {path[-1]:.3f}"),
    ]  # fmt: skip


def everywhere(markets: Sequence[LogicalInductor]) -> list[Finding]:
    """What is certain, in all markets above."""
    seen = [market.properties() for market in markets]
    gain, slack = max(one.firm for one in seen), max(one.slack for one in seen)
    margin = min(one.margin for one in seen)
    return [
        Finding(ROW, "all markets: most that the firm is worth in a plausible world, credits", f"<= {slack:.6f}, the sum of the tolerances", f"{gain:.2g}", gain <= slack),
        Finding(ROW, "all markets: least b + worth of a budgeted trader, credits", ">= 0 up to rounding", f"{margin:.2g}", margin >= -1e-9),
    ]  # fmt: skip


def gained(case: str, markets: Sequence[LogicalInductor]) -> Finding:
    """Evidence on exploitation: traders who risk little, and what they still gain late."""
    reports = [market.exploit_report(name) for market in markets for name in market.names]
    grown = max((one.highest - one.highest_before for one in reports if one.lowest > -4), default=0.0)
    return Finding(
        ROW, f"{case}: most that a trader who never was worth less than -4 gained in the second half, credits", "", f"{grown:.2g}", None,
        "without budgets, in the best plausible world; bounded below and unbounded above is exploitation",
    )  # fmt: skip


def picture(config, counted, single, patterns, theories):
    """Prices beside the truth."""
    days = np.arange(1, config.days + 1)
    ends = np.array([1.0, config.days])
    odd, even = config.parity
    first, prices = counted.first_prices(), patterns.first_prices()
    small = theories["exactly one of three"]
    theory_days = np.arange(1, config.theory_days + 1)
    total = sum(small.path(name) for name in "abc")
    return view.belief_paths(
        [
            view.BeliefPanel(
                f"pseudo-random, frequency {config.frequency}",
                {"eight budgets": (days, first), **{f"one, of {b:g}": (days, m.first_prices()) for b, m in single.items()}},
                {"frequency": (ends, np.full(2, config.frequency))},
            ),
            view.BeliefPanel(
                "two phases",
                {"odd days": (days[::2], prices[::2]), "even days": (days[1::2], prices[1::2])},
                {f"frequency {chance}": (ends, np.full(2, chance)) for chance in (odd, even)},
            ),
            view.BeliefPanel(
                f"exactly one of three, proved on day {config.theory_days // 30}",
                {"sum of prices": (theory_days, total), "one price": (theory_days, small.path("a"))},
                {"coherent": (np.array([1.0, config.theory_days]), np.ones(2))},
            ),
        ]
    )  # fmt: skip
