"""XCS on the 6, 11 and 20-bit multiplexers: greedy accuracy, rule counts and curves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import catallax as cx
from catallax.lab import Context, Finding, Report, Reproduction, reproduced


@dataclass(frozen=True)
class Config:
    """Settings."""

    sizes: tuple[int, ...] = (6, 11, 20)
    """Bits of the multiplexers."""
    problems: tuple[int, ...] = (2_000, 10_000, 50_000)
    """Explore problems, size by size."""
    seeds: int = 10
    """Runs per size, in one vmap."""
    key: int = 0
    """Seed of the runs."""


def run(config: Config, context: Context) -> Report:
    """Learn every size."""
    findings, curves, text, rows = [], {}, [], []
    for bits, problems in zip(config.sizes, config.problems, strict=True):
        result = cx.classics.xcs_multiplexer(bits, problems, config.seeds, key=config.key)
        findings += judge(result, problems)
        rows += beside(result, problems)
        curves[f"{bits} bits"] = [
            (np.linspace(0, 1, 200) * 100, row[np.linspace(0, row.size - 1, 200).astype(int)])
            for row in result.curve(min(50, problems))
        ]
        text.append(
            f"{bits} bits, the first seed's compact rules:\n\n```\n{result.rules(0, compact=True, limit=16)}\n```"
        )
    figure = cx.view.seed_curves(curves, target=1.0, unit="right, last 50 exploit problems", goal="all right")
    figure.axes[0].set_xlabel(f"explore problems, % of {', '.join(f'{n:,}' for n in config.problems)}")
    return Report(findings, {"curves": figure}, "\n\n".join(text), rows)


def beside(result: cx.classics.XCSResult, problems: int) -> list[Reproduction]:
    """Accuracy and number of rules beside the source's."""
    source, bits = "Wilson (1995), XCS", result.bits
    return [
        reproduced(source, f"{bits} bits, greedy accuracy after {problems:,} explore problems", "", "recalled",
                   100 * np.asarray(result.greedy_accuracy), unit="%", note="recalled: all right after about so many problems"),
        reproduced(source, f"{bits} bits, rules after compaction", "", "computed", np.asarray(result.compact_counts), digits=1,
                   note=f"the least complete map has 2 x 2 x 2^{address_bits(bits)} = {4 << address_bits(bits)} rules"),
    ]  # fmt: skip


def address_bits(bits: int) -> int:
    """k of a multiplexer of k + 2^k bits."""
    return next(k for k in range(1, 6) if k + 2**k == bits)


def judge(result: cx.classics.XCSResult, problems: int) -> list[Finding]:
    """The rows of one size."""
    score, bits = result.greedy_accuracy, result.bits
    address = address_bits(bits)
    low, high = score.interval()
    asked = "all inputs" if 1 << bits <= 16_384 else "16,384 fixed inputs"
    perfect = int(np.sum(np.asarray(score) == 1.0))
    return [
        Finding("XCS", f"{bits} bits, {problems:,} explore problems: median greedy accuracy on {asked}, {len(score)} seeds", "100 %",
                f"{100 * score.median():.2f} %; mean {100 * score.mean():.2f} % [{100 * low:.2f}, {100 * high:.2f}], "
                f"{perfect} of {len(score)} seeds without an error", score.median() == 1.0,
                "100 % after about so many problems: recalled"),
        Finding("XCS", f"{bits} bits: rules after compaction, median", "",
                f"{result.compact_counts.median():g} of {result.rule_counts.median():g} distinct rules; "
                f"least {result.compact_counts.values.min():g}", None,
                f"the minimal complete map has 2 x 2 x 2^{address} = {4 << address} (arithmetic)"),
    ]  # fmt: skip
