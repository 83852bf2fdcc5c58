"""The neural bucket brigade on exclusive or and the moving light: how often and how soon, beside 619 and 223."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import catallax as cx
from catallax.classics import NeuralBucketBrigade
from catallax.lab import Context, Finding, Report, Reproduction, reproduced

THREE = "619 to find, 674 to a stable one (per pattern or in all: not said)"
DRAWN, ROUNDS = cx.envs.DrawnOrder(), cx.envs.ShuffledRounds()
XOR = {
    "3 hidden units": ((3,), False, DRAWN, THREE),
    "3 hidden units, in rounds": ((3,), False, ROUNDS, THREE),
    "3 hidden units and shortcuts": ((3,), True, DRAWN, THREE),
    "3 hidden units and shortcuts, in rounds": ((3,), True, ROUNDS, THREE),
    "2 hidden units": ((2,), False, DRAWN, "160 per pattern, not stable"),
    "2 hidden units and shortcuts": ((2,), True, DRAWN, "160 per pattern, not stable"),
    "two subsets of 2 hidden units": ((2, 2), False, DRAWN, "263 per pattern, in 8 of 10 runs"),
    "two subsets of 2 and shortcuts": ((2, 2), True, DRAWN, "263 per pattern, in 8 of 10 runs"),
}
"""Hidden subsets, whether inputs feed the outputs directly, the order of the patterns, and what is quoted of the source."""


@dataclass(frozen=True)
class Config:
    """Settings."""

    seeds: int = 100
    """Independent networks in each row."""
    presentations: int = 4_000
    """Limit for each network."""
    watch: int = 100
    """Presentations in a row after which a solution counts as stable."""
    ticks: int = 2_000
    """Ticks without reward over which the books of the weights are checked."""
    wirings: tuple[str, ...] = tuple(XOR)
    """Networks for exclusive or, of those in the table of this file."""
    key: int = 0
    """Seed of the runs."""


SOURCE, TAG = "Schmidhuber (1989), the neural bucket brigade", "read in a secondary source"
QUOTED = "known from a public reproduction that quotes the author's page; not read in the paper by us"
WINDOWS = (1, 4, 20, 100)
"""Lengths of a solution that the table of lasting solutions asks for, presentations."""


def run(config: Config, context: Context) -> Report:
    """All wirings of both tasks, the books, and the rounding."""
    key = jax.random.key(config.key)
    settings: dict[str, Any] = {
        "key": key, "seeds": config.seeds, "presentations": config.presentations, "watch": config.watch,
    }  # fmt: skip
    xor = {}
    for name in config.wirings:
        hidden, shortcuts, order, _ = XOR[name]
        xor[name] = cx.classics.neural_bucket_brigade_xor(hidden, shortcuts=shortcuts, order=order, **settings)
    light = cx.classics.neural_bucket_brigade_moving_light(**settings)
    with jax.enable_x64(True):
        twin = cx.classics.neural_bucket_brigade_xor(dtype=jnp.float64, **settings)
    findings = [told(f"XOR, {name}", found, XOR[name][3]) for name, found in xor.items()]
    findings.append(told("moving light, 5 cells", light, "223 cycles per sequence, in 9 of 10 runs"))
    single = xor.get("3 hidden units") or cx.classics.neural_bucket_brigade_xor(**settings)
    findings += [reading(xor), books(config), rounding(single, twin)]
    figures = {
        "xor": cx.view.found_curves(
            {name: r.found for name, r in xor.items() if XOR[name][2] is DRAWN},
            limit=config.presentations,
            marks={"619 in all": 619, "619 per pattern": 4 * 619},
        ),
        "moving_light": cx.view.found_curves(
            {"first found": light.found, "stable": light.stable},
            limit=config.presentations,
            marks={"223 in all": 223, "223 per sequence": 446},
        ),
    }
    rows = [row for name, r in xor.items() for row in beside(f"XOR, {name}", r, XOR[name][3])]
    rows += beside("moving light, 5 cells", light, "223 cycles per sequence, in 9 of 10 runs")
    return Report(findings, figures, TEXT + lasting(xor | {"moving light": light}, config), rows)


def beside(case: str, result: NeuralBucketBrigade, quoted: str) -> list[Reproduction]:
    """Presentations until the first and until the lasting solution, beside what is quoted of the source."""
    rows = []
    for name, at in (("found", result.found), ("stable", result.stable)):
        solved, what = at[at >= 0], f"{case}: presentations until {name}"
        share = f"{len(solved)} of {len(at)} seeds"
        if not len(solved):
            rows.append(Reproduction(SOURCE, what, quoted, TAG, "never", len(at), note=share))
            continue
        per_pattern = f"{share}; {solved.mean() / result.patterns:.0f} per pattern"
        rows.append(reproduced(SOURCE, what, quoted, TAG, solved, digits=0, note=per_pattern))
    return rows


TEXT = """*Found*: after that many presentations a check without learning had every pattern right for the first time.
*Stable*: from then on the checks after 100 presentations in a row (the setting `watch`) had every pattern right.
Means are over the seeds that got there, with 95 % intervals. *Shortcuts* are connections from the inputs to the outputs.
*In rounds*: each round presents every pattern once, in an order of its own; otherwise each presentation draws its pattern.
One subset of 2 hidden units without shortcuts cannot represent exclusive or: which of the two wins is a linear threshold
of the inputs, and the output depends on the winner alone.

Seeds with a solution that lasted at least so many presentations, and when the first such solution began:

"""


def lasting(results: dict[str, NeuralBucketBrigade], config: Config) -> str:
    """A table: for each network, solutions by how long they lasted."""
    windows = [w for w in WINDOWS if w <= config.watch]
    rows = [f"| network | {' | '.join(map(str, windows))} |", "|---" * (len(windows) + 1) + "|"]
    for name, result in results.items():
        cells = []
        for window in windows:
            full = (result.classified == result.patterns).astype(int)
            runs = np.apply_along_axis(np.convolve, 1, full, np.ones(window, int), "valid") == window
            begun = runs.argmax(1)[runs.any(1)] + 1
            cells.append(f"{len(begun)} of {len(full)}" + (f", mean {begun.mean():.0f}" if len(begun) else ""))
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(rows)


def told(case: str, result: NeuralBucketBrigade, quoted: str) -> Finding:
    """Solve rates and mean presentations, in all and per pattern."""
    parts = [
        f"{name} by {(at >= 0).sum()} of {len(at)} {_means(at, result.patterns)}".strip()
        for name, at in (("found", result.found), ("stable", result.stable))
    ]
    return Finding(
        "NBB", case, "", f"{'; '.join(parts)} ({len(result.found)} seeds)", None, f"beside {quoted}; {QUOTED}"
    )


def _means(at: np.ndarray, patterns: int) -> str:
    if not (at >= 0).any():
        return ""
    mean, (low, high) = averaged(at[at >= 0])
    per_pattern = f"{mean / patterns:.0f} [{low / patterns:.0f}, {high / patterns:.0f}] per pattern"
    return f"after {mean:.0f} [{low:.0f}, {high:.0f}] presentations = {per_pattern}"


def averaged(values: np.ndarray) -> tuple[float, tuple[float, float]]:
    """Mean and its 95 % interval over seeds."""
    seeds = cx.classics.PerSeed(values)
    return seeds.mean(), seeds.interval()


def reading(xor: dict[str, NeuralBucketBrigade]) -> Finding:
    """Which reading of 619 the first solutions of three hidden units are near to."""
    parts = []
    for name, result in xor.items():
        if XOR[name][0] != (3,):
            continue
        cases = {name: result.found}
        if XOR[name][2] is ROUNDS:
            last = result.classified[:, result.patterns - 1 :: result.patterns] == result.patterns
            cases[f"{name}, checked once a round"] = np.where(last.any(1), (last.argmax(1) + 1) * result.patterns, -1)
        parts += [f"{case}: {_beside(at[at >= 0])}" for case, at in cases.items()]
    return Finding("NBB", "mean first solution over the two readings of 619", "", "; ".join(parts), note=QUOTED)


def _beside(at: np.ndarray) -> str:
    if not len(at):
        return "never found"
    mean, (low, high) = averaged(at)
    told = [
        f"{mean / quoted:.2f} of {label} ({'inside' if low <= quoted <= high else 'outside'} the interval)"
        for label, quoted in (("619 in all", 619), ("619 per pattern", 4 * 619))
    ]
    return f"{mean:.0f} [{low:.0f}, {high:.0f}], {' and '.join(told)}"


def books(config: Config) -> Finding:
    """The worst gap between the change of the sum of all weights and the payments to input units."""
    single = worst(config, jnp.float32)
    with jax.enable_x64(True):
        double = worst(config, jnp.float64)
    return Finding("NBB", f"sum of weights falls by the payments to inputs alone, {config.ticks:,} ticks without reward", "within 1e-6 credits a tick",
                   f"off by at most {single:.1e} in float32, {double:.1e} in float64", bool(single < 1e-6))  # fmt: skip


def worst(config: Config, dtype: Any) -> float:
    """Largest gap of one tick over both networks, credits; the sums are taken in double precision."""
    gaps = []
    for groups, wires in (((3, 3, 2), ((0, 1), (1, 2))), ((6, 2), ((0, 1), (1, 1)))):
        network = cx.markets.WinnerTakeAllNetwork(groups, wires)
        first_key, lots_key, input_key = jax.random.split(jax.random.key(config.key), 3)
        inputs = jax.random.bernoulli(input_key, 0.5, (config.ticks, groups[0])).astype(jnp.float32)

        def tick(state: Any, drawn: Any, network: Any = network) -> Any:
            fired = network.fire(drawn[0], state, drawn[1])
            after, flow = network.settle(state, fired, jnp.zeros((), jnp.float32))
            return after, (after.weights, flow.dissipated)

        start = network.init(first_key, dtype=dtype)
        drawn = (network.lots(lots_key, config.ticks), inputs)
        weights, left = jax.jit(lambda s, d, tick=tick: jax.lax.scan(tick, s, d)[1])(start, drawn)
        total = np.concatenate([np.asarray(start.weights)[None], np.asarray(weights)]).astype(np.float64).sum((1, 2))
        gaps.append(float(np.abs(np.diff(total) + np.asarray(left, np.float64)).max()))
    return max(gaps)


def rounding(single: NeuralBucketBrigade, double: NeuralBucketBrigade) -> Finding:
    """How far the same draws lead apart in float32 and float64."""
    both = (single.found >= 0) & (double.found >= 0)
    same = int((single.found == double.found).sum())
    shared = min(single.classified.shape[1], double.classified.shape[1])
    differ = single.classified[:, :shared] != double.classified[:, :shared]
    first = np.where(differ.any(1), differ.argmax(1) + 1, shared)
    means = [_means(result.found[both], result.patterns) for result in (single, double)] if both.any() else []
    return Finding(
        "NBB", "rounding: the same draws in float32 and in float64, XOR, 3 hidden units", "",
        f"{same} of {len(both)} seeds find at the same presentation; the checks first differ after {np.median(first):.0f} presentations "
        f"(median); mean found {' and '.join(means) or 'never'}",
    )  # fmt: skip
