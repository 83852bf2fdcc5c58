"""Consistency of forecasts: an exact arbitrage metric, markets beside their traders, and forecasters that correct themselves."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

import catallax as cx
from catallax.forecasting import LMSR, PredictionMarket, consistency
from catallax.forecasting.consistency import ABSENT, CHECKS, Check
from catallax.lab import Context, Finding, Report


@dataclass(frozen=True)
class Config:
    """Settings."""

    tuples: int = 2_000
    """Tuples of questions of each check."""
    traders: int = 10
    """Forecasters whose mistakes are half their own and half shared."""
    noise: float = 0.7
    """Standard deviation of a mistake, in log-odds."""
    traded: int = 30
    """Tuples of each check on which an arbitrageur trades with accounts."""
    questions: int = 300
    """Questions to the forecasters that correct themselves."""
    key: int = 0
    """Seed of the run."""


GOLDEN = (
    (consistency.NEGATION, (0.5, 0.6), 0.0101534234),
    (consistency.NEGATION, (0.5, 0.51), 0.0001000150),
    (consistency.NEGATION, (0.89, 0.01), 0.0571374165),
    (consistency.PARAPHRASE, (0.7, 0.4), 0.0954114099),
    (consistency.CONSEQUENCE, (0.6, 0.5), 0.0101534234),
    (consistency.AND_OR, (0.6, 0.5, 0.4, 0.5), 0.0203068469),
    (consistency.AND, (0.6, 0.7, 0.2), 0.0080409451),
    (consistency.OR, (0.6, 0.7, 0.65), 0.0028542095),
    (consistency.BUT, (0.3, 0.3, 0.5), 0.0075635649),
    (consistency.CONDITIONAL, (0.5, 0.6, 0.4), 0.0110620733),
    (consistency.DOUBLE_CONDITIONAL, (0.5, 0.6, 0.7, 0.3), 0.0107534461),
    (consistency.EXPECTED_EVIDENCE, (0.5, 0.4, 0.6, 0.6), 0.0101534234),
)
ROW = "consistency"


def run(config: Config, context: Context) -> Report:
    """Certify the metric, compare markets with traders, trade on what is incoherent, correct a forecaster."""
    rng = np.random.default_rng(config.key)
    truths = {check: drawn(check, config.tuples, rng) for check in CHECKS}
    kinds = {check: pooled(truth, config, rng) for check, truth in truths.items()}
    values = {
        name: np.array([consistency.arbitrage(kinds[check][name], check).value.mean() for check in CHECKS])
        for name in ("single trader", "mean of prices", "mean of log-odds")
    }
    findings = [
        golden(),
        *certified(config, rng),
        sampled(config, rng),
        *markets(values, kinds, truths),
        arbitrageur(kinds, config, rng),
        *corrected(config, rng),
    ]
    picture = cx.view.grouped_bars(values, [check.name for check in CHECKS], "arbitrage, nats a tuple")
    return Report(findings, {"consistency": picture}, text=TEXT)


TEXT = (
    "Worlds are drawn from a flat Dirichlet distribution for each tuple. A trader's forecast of a question is the true probability with a "
    "mistake in log-odds, half of its variance shared by all traders, so that no crowd is without error; the market's price is "
    "the mean of the traders' forecasts, of probabilities as where traders of equal wealth bet by Kelly, or of log-odds. The mistakes "
    "on different questions are independent, so that related questions tell something new and a correction also makes the forecasts "
    "more accurate; forecasters whose related answers repeat one mistake gain less."
)


def drawn(check: Check, tuples: int, rng: np.random.Generator) -> np.ndarray:
    """True probabilities of a check's questions in random worlds, away from 0 and 1."""
    worlds = np.asarray(check.worlds)
    pi = rng.dirichlet(np.ones(len(worlds)), 4 * tuples + 100)
    truth = (pi @ (worlds == 1)) / (pi @ (worlds != ABSENT))
    return truth[np.all((truth > 0.02) & (truth < 0.98), 1)][:tuples]


def odds(p: np.ndarray) -> np.ndarray:
    """Log-odds."""
    return np.log(p) - np.log1p(-p)


def chance(x: np.ndarray) -> np.ndarray:
    """Their inverse."""
    return 1 / (1 + np.exp(-x))


def pooled(truth: np.ndarray, config: Config, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Forecasts of one trader and of two markets."""
    size = config.noise / np.sqrt(2)
    mistakes = rng.normal(size=(config.traders, *truth.shape)) * size + rng.normal(size=truth.shape) * size
    told = odds(truth) + mistakes
    return {
        "single trader": chance(told[0]),
        "mean of prices": chance(told).mean(0),
        "mean of log-odds": chance(told.mean(0)),
    }


def golden() -> Finding:
    """The table of the specification, derived and measured there."""
    worst = max(abs(float(consistency.arbitrage(f, check).value) - v) for check, f, v in GOLDEN)
    return Finding(ROW, "twelve known values over all ten checks: largest difference", "<= 5.1e-11", f"{worst:.1e}",
                   worst <= 5.1e-11)  # fmt: skip


def certified(config: Config, rng: np.random.Generator) -> list[Finding]:
    """The gap between what is sure and what is possible, and the time."""
    gaps, zero, seconds, count = [], [], 0.0, 0
    for check in CHECKS:
        forecasts = rng.uniform(0.01, 0.99, (config.tuples, len(check.questions)))
        start = time.perf_counter()
        found = consistency.arbitrage(forecasts, check)
        seconds, count = seconds + time.perf_counter() - start, count + len(forecasts)
        gaps.append(float((found.value - found.sure).max()))
        zero.append(float(consistency.arbitrage(drawn(check, config.tuples, rng), check).value.max()))
    return [
        Finding(ROW, "largest gap between divergence (dual) and sure profit (primal)", "<= 1e-12", f"{max(gaps):.1e}",
                max(gaps) <= 1e-12, f"{count:,} random tuples, all ten checks; {count / seconds:,.0f} tuples a second"),
        Finding(ROW, "largest arbitrage of coherent forecasts", "<= 1e-12", f"{max(zero):.1e}", max(zero) <= 1e-12),
    ]  # fmt: skip


def sampled(config: Config, rng: np.random.Generator) -> Finding:
    """The frequentist metric is a test of one per cent."""
    shares = {}
    for check in CHECKS:
        if check.equal:
            counted = np.clip(rng.binomial(400, drawn(check, config.tuples, rng)) / 400, 1e-3, 1 - 1e-3)
            shares[check.name] = (consistency.frequentist(counted, check) > consistency.FREQUENTIST_TOLERANCE).mean()
    mean = float(np.mean(list(shares.values())))
    return Finding(ROW, "frequentist metric: alarms at forecasts that count 400 draws, mean over the equalities",
                   "0.5 % to 1.5 %", f"{100 * mean:.2f} %", 0.005 <= mean <= 0.015,
                   f"{100 * min(shares.values()):.2f} % to {100 * max(shares.values()):.2f} % by check")  # fmt: skip


def markets(
    values: Mapping[str, np.ndarray],
    kinds: Mapping[Check, Mapping[str, np.ndarray]],
    truths: Mapping[Check, np.ndarray],
) -> list[Finding]:
    """Whether the price vector of a market hangs together better than its traders do."""
    single = values["single trader"]
    rows = []
    # V is convex in the forecasts: a mean of prices is as coherent as its traders are on average, at least, and no market shows that
    for name, required in (("mean of prices", ""), ("mean of log-odds", "in 10 of 10 checks")):
        better = int((values[name] < single).sum())
        rows.append(
            Finding(ROW, f"a market ({name}) is more coherent than one trader", required,
                    f"in {better} of {len(CHECKS)}; arbitrage {values[name].mean():.4f} beside {single.mean():.4f} nats",
                    better == len(CHECKS) if required else None,
                    "" if required else "a remark: so it must be, by Jensen's inequality")
        )  # fmt: skip
    nearer = {}
    for name in values:
        before, after = [], []
        for check in CHECKS:
            forecasts = kinds[check][name]
            found = consistency.arbitrage(forecasts, check).forecasts
            before.append(((forecasts - truths[check]) ** 2).mean())
            after.append(((found - truths[check]) ** 2).mean())
        nearer[name] = np.mean(before), np.mean(after)
    rows.append(
        Finding(ROW, "squared error to the true probabilities, before and after the projection", "less after it",
                "; ".join(f"{name} {b:.4f} to {a:.4f}" for name, (b, a) in nearer.items()),
                all(a < b for b, a in nearer.values()), "averages over all checks")
    )  # fmt: skip
    return rows


def arbitrageur(kinds: Mapping[Check, Mapping[str, np.ndarray]], config: Config, rng: np.random.Generator) -> Finding:
    """An agent with an account trades each question to the projection; the worst world pays exactly V."""
    off, earned, sure = [], 0.0, 0.0
    for check in CHECKS:
        forecasts = np.clip(kinds[check]["mean of prices"][: config.traded], 0.01, 0.99)
        found = consistency.arbitrage(forecasts, check)
        for prices, goal, value in zip(forecasts, found.forecasts, found.value, strict=True):
            profits = [profit(prices, goal, world) for world in check.worlds]
            off.append(abs(min(profits) - float(value)))
            earned, sure = earned + profits[rng.integers(len(profits))], sure + float(value)
    return Finding(ROW, "an arbitrageur's profit in the worst world, less V: largest difference", "<= 1e-5 credits",
                   f"{max(off):.1e}", max(off) <= 1e-5,
                   f"{len(off)} tuples, one LMSR with accounts for each question; {earned:.2f} credits in worlds by lot, {sure:.2f} sure")  # fmt: skip


def profit(prices: np.ndarray, goal: np.ndarray, world: tuple[int, ...]) -> float:
    """Of moving each question's market, settled by a world; bets on a condition that does not hold are called off."""
    total = 0.0
    for price, to, answer in zip(prices, goal, world, strict=True):
        market = PredictionMarket(LMSR(2, 1.0, np.array([price, 1 - price])))
        market.open("arbitrageur", 100.0)
        if abs(to - price) > 1e-9:
            market.trade("arbitrageur", 0, to_price=float(to))
        market.resolve(None if answer == ABSENT else 1 - answer)
        total += market.profit("arbitrageur")
    return total


Question = tuple[int, str]


def corrected(config: Config, rng: np.random.Generator) -> list[Finding]:
    """A forecaster that checks its negations, and one that checks evidence: what each gains where it looks and elsewhere."""
    p, q, given, otherwise = rng.uniform(0.05, 0.95, (4, config.questions))
    p = q * given + (1 - q) * otherwise
    truth = {"P": p, "not P": 1 - p, "P again": p, "Q": q, "P given Q": given, "P given not Q": otherwise}
    told = {name: chance(odds(value) + config.noise * rng.normal(size=value.shape)) for name, value in truth.items()}

    def base(question: Question) -> float:
        number, name = question
        return float(told[name][number])

    def related(*names: str):
        """The tuple that a question begins; the first name stands for the question itself."""
        return lambda question: (question, *((question[0], name) for name in names))

    flip = {"P": "not P", "not P": "P"}
    negation = (consistency.NEGATION, lambda question: (question, (question[0], flip.get(question[1], question[1]))))
    evidence = (consistency.EXPECTED_EVIDENCE, related("Q", "P given Q", "P given not Q"))
    forecasters = {
        "base": base,
        "negation": only(consistency.ArbitrageForecaster(base, [negation]), base, ("P", "not P")),
        "evidence": only(consistency.ArbitrageForecaster(base, [evidence]), base, ("P",)),
    }
    asked = [
        (consistency.NEGATION, [((i, "P"), (i, "not P")) for i in range(config.questions)]),
        (consistency.PARAPHRASE, [((i, "P"), (i, "P again")) for i in range(config.questions)]),
        (consistency.EXPECTED_EVIDENCE,
         [tuple((i, name) for name in ("P", "Q", "P given Q", "P given not Q")) for i in range(config.questions)]),
    ]  # fmt: skip
    rows = []
    reports = {name: consistency.report(forecaster, asked) for name, forecaster in forecasters.items()}
    for name, watched in (("negation", 0), ("evidence", 2)):
        before, after = reports["base"][watched].arbitrage, reports[name][watched].arbitrage
        rows.append(
            Finding(ROW, f"a forecaster corrected by {name}: arbitrage there", "below a third of before",
                    f"{before:.4f} to {after:.4f}", bool(after < before / 3))
        )  # fmt: skip
    brier = {
        name: np.mean([(forecaster((i, "P")) - p[i]) ** 2 for i in range(config.questions)])
        for name, forecaster in forecasters.items()
    }
    for name in ("negation", "evidence"):
        elsewhere = [
            f"{old.check} {old.arbitrage:.4f} to {new.arbitrage:.4f}"
            for old, new in zip(reports["base"], reports[name], strict=True)
        ]
        rows.append(
            Finding(ROW, f"corrected by {name}: all checks, and squared error on P", "",
                    f"{'; '.join(elsewhere)}; error {brier['base']:.4f} to {brier[name]:.4f}")
        )  # fmt: skip
    return rows


def only(corrected, base, names: tuple[str, ...]):
    """Corrected where the check can be asked, as before elsewhere."""
    return lambda question: corrected(question) if question[1] in names else base(question)
