"""Golden checks of market makers, Kelly traders, a play-money pool and wagering: what must hold, and the worst deviation measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import _golden as golden
import numpy as np

from catallax.forecasting import LMSR, Quadratic
from catallax.lab import Context, Finding, Report


@dataclass(frozen=True)
class Config:
    """Settings."""

    sets: int = 20
    """Random sets of trades, of beliefs and of traders."""
    trades: int = 20
    """Of each set."""
    beliefs: int = 5
    """Of risk-neutral traders, each tried with 99 reports."""
    streams: int = 10_000
    """Of trades, in which the house is to lose as much as it can."""
    signals: int = 200_000
    """Drawn for an informed trader."""
    rounds: int = 1_000
    """Questions for the bettors who learn as Laplace does."""
    sequences: int = 8
    """Of questions, for bettors of all kinds."""
    stakes: int = 300
    """Random reports, wagers and events on which wagering is searched for a violation."""
    key: int = 0
    """Seed of the run."""


def run(config: Config, context: Context) -> Report:
    """Every check on random cases; the worst counts."""
    return Report([*makers(config), *bettors(config), *pool(), *wagering(config)], text=TEXT)


TEXT = (
    "Deviations are the worst over all random cases, in credits, shares or probability; makers are those of `_golden.MAKERS` in `experiments/_golden.py`, where "
    "every check stands that this page shares with the tests. Figures of a prototype were measured before the library was written, none was published. "
    "The golden tables of combinatorial markets, decision markets and fact-checkers are measured by `combinatorial` and `decision_markets`."
)
LOGARITHMIC = ("lmsr", "lmsr with a prior")


def at_most(case: str, deviation: float, tolerance: float, note: str = "") -> Finding:
    """A row that a deviation above the tolerance misses."""
    return Finding("golden", case, f"<= {tolerance:g}", f"{deviation:.1e}", bool(deviation <= tolerance), note)


def worst(check: Callable[[str, int], float], names: tuple[str, ...] | list[str], config: Config) -> float:
    """Over makers and seeds."""
    return max(check(name, config.key + seed) for name in names for seed in range(config.sets))


def makers(config: Config) -> list[Finding]:
    """T1.1 to T1.8."""

    def bundles(name: str, seed: int) -> np.ndarray:
        return golden.drawn(golden.MAKERS[name], config.trades, seed)

    def traded(name: str, seed: int) -> float:
        maker, _ = golden.sold(golden.MAKERS[name], bundles(name, seed))
        return golden.complete_sets(maker, 2.5)

    rng = np.random.default_rng(config.key)
    cases = [
        (rng.dirichlet(np.ones(2)), rng.uniform(0.5, 9), rng.integers(1, 100) / 100) for _ in range(config.beliefs)
    ]
    told = [golden.best_report(LMSR(2, b, prior), belief) for prior, b, belief in cases]
    joints, ends = rng.dirichlet(np.ones(4), config.sets), rng.uniform(0.02, 0.98, config.sets)
    moved = max(golden.condition_moved(LMSR(4, 2.0, p), to) for p, to in zip(joints, ends, strict=True))
    other = golden.condition_moved(Quadratic(4, 2.0), 0.8)
    off, error, mutual = golden.information(config.key, config.signals)
    losses = {
        name: golden.largest_loss(golden.MAKERS[name], config.streams, config.key)
        for name in ("lmsr with a prior", "quadratic")
    }
    sets = f"{config.sets} sets of {config.trades} trades"
    return [
        at_most("T1.1: profits of all traders, less the score of the last prices, plus that of the first (LMSR)",
                worst(lambda name, seed: golden.telescoping(golden.MAKERS[name], bundles(name, seed)), LOGARITHMIC, config), 1e-12, sets),
        at_most("T1.2: a trade in parts costs what it costs at once",
                worst(lambda name, seed: golden.path(golden.MAKERS[name], bundles(name, seed)), list(golden.MAKERS), config), 1e-10,
                f"{sets}, {len(golden.MAKERS)} makers"),
        at_most("T1.3: 2.5 complete sets cost 2.5 and move no price", worst(traded, golden.ADD_UP, config), 1e-12,
                f"after {config.trades} trades, {len(golden.ADD_UP)} makers whose prices add up to 1"),
        at_most("T1.4: best report in whole per cent less the belief", max(report for report, _ in told), 1e-12, f"{config.beliefs} beliefs"),
        at_most("T1.4: expected profit of that report over b KL(h, p), less 1", max(profit for _, profit in told), 1e-10),
        at_most("T1.5: how far P(A) moves when P(B | A) is traded (LMSR)", moved, 1e-12,
                f"{config.sets} joint distributions; by {other:.3f} under the quadratic rule, for which it need not hold"),
        Finding("golden", "T1.6: mean profit of an informed trader, less b I(X; Y)", "0 within 4 standard errors", f"{off:+.5f} ± {error:.5f}",
                bool(abs(off) < 4 * error), f"b I(X; Y) = {mutual:.5f}; {config.signals:,} draws"),
        at_most("T1.7: prices less the weights of Hedge with the rate 1 / b",
                worst(lambda name, seed: golden.beside_hedge(golden.MAKERS[name], bundles(name, seed)), ["lmsr"], config), 1e-12, sets),
        *(Finding("golden", f"T1.8: largest loss of the house over its bound ({name})", "0.99 to 1 + 1e-9", f"{exact:.6f}",
                  bool(0.99 < exact <= 1 + 1e-9), f"{config.streams:,} streams in single precision, there {single:.6f}; the worst again in double")
          for name, (single, exact) in losses.items()),
    ]  # fmt: skip


def bettors(config: Config) -> list[Finding]:
    """T1.9 to T1.12."""
    far, spans = [], []
    for seed in range(config.sequences):
        happened = golden.tosses(config.key + seed, config.rounds)
        off = golden.beside_laplace(golden.grid_market(1.0, happened).prices[:, 0], happened)
        far.append(off.max(initial=0.0))
        spans.append(off.size)
    rng = np.random.default_rng(config.key)
    crowds = [
        (rng.uniform(0.1, 0.9, 5), rng.uniform(0.5, 3, 5), rng.dirichlet(np.ones(4), 5)) for _ in range(config.sets)
    ]
    sides, mixtures = np.array([golden.own_fractions(*crowd) for crowd in crowds]).max(0)
    rows = [
        at_most("T1.9: price of 100 Kelly bettors less (s + 1) / (t + 2)", max(far), 1e-7,
                f"{config.sequences} sequences of {config.rounds:,} questions, {sum(spans):,} of them after both answers had come four times"),
    ]  # fmt: skip
    for fraction, (deviation, decay, bound) in golden.FORGETS.items():
        found, distance = golden.forgetting(fraction, config.sequences)
        rows += [
            Finding("golden", f"T1.10: fraction {fraction:g}, standard deviation of the price", f"{deviation} within 15 %",
                    f"{found:.4f} ({100 * (found / deviation - 1):+.0f} %)", bool(abs(found / deviation - 1) < 0.15),
                    f"{config.sequences} sequences of 2,000; the figure of a prototype"),
            Finding("golden", f"T1.10: fraction {fraction:g}, mean distance to a frequency that forgets by {decay}", f"< {bound}",
                    f"{distance:.4f}", bool(distance < bound), "the figure of a prototype"),
        ]  # fmt: skip
    alone = max(golden.newcomer(wealth, beliefs) for _, wealth, beliefs in crowds)
    traders = f"{config.sets} sets of five traders, four outcomes"
    return [
        *rows,
        at_most("T1.11: fractions of their own: shares of one outcome less those of another, over the most", sides, 1e-12, traders),
        at_most("T1.11: prices and profits less those of full bettors who believe in the mixture", mixtures, 1e-12, traders),
        at_most("T1.12: who believes the prices moves nothing and gains nothing", alone, 1e-12, traders),
    ]  # fmt: skip


def pool() -> list[Finding]:
    """Of maniswap; the prototype's figures have seven decimals."""
    found = golden.maniswap()
    notes = {"shares": "the closed form in fifty digits is 40.2103815156: the prototype's last digit is one too high"}
    return [
        Finding("golden", f"maniswap, 100 and 60 shares, exponent 0.3, 10 credits: {name}", f"{said:.7f} to 1e-7",
                f"{found[name]:.9f}, {abs(found[name] - said):.1e} off", bool(abs(found[name] - said) <= 1e-7),
                notes.get(name, "the figure of a prototype"))
        for name, said in golden.MANISWAP.items()
    ]  # fmt: skip


def wagering(config: Config) -> list[Finding]:
    """The seven properties by random search."""
    rng = np.random.default_rng(config.key)
    cases = [golden.stakes(rng) for _ in range(config.stakes)]
    return [
        at_most(f"wagering is {name}: largest violation", max(0.0, *(violation(*case) for case in cases)), 1e-12, f"{config.stakes} sets of five traders")
        for name, violation in golden.WAGERING.items()
    ]  # fmt: skip
