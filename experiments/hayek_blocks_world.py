"""Hayek machine on Blocks World: final reward only, with features and with bare colours; what breaks without property, conservation or rent."""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

import catallax as cx
from catallax.classics import HayekResult, PerSeed
from catallax.lab import Context, Finding, Report

ABLATIONS = {
    "as it is": {},
    "no property": {"property": 0.0},
    "no conservation": {"subsidy": 1.0},
    "no rent": {"upkeep": 0.0},
}


@dataclass(frozen=True)
class Config:
    """Settings."""

    blocks: int = 14
    """Largest number of blocks to learn on."""
    seeds: int = 10
    """Economies of each kind, all in one vmap."""
    ticks: int = 64_000
    """Of learning with features, per instance."""
    colour_ticks: int = 64_000
    """Of learning on bare colours, per instance; 0 leaves it out."""
    sizes: tuple[int, ...] = (2, 4, 6, 8, 10, 14)
    """Numbers of blocks to test on."""
    large: tuple[int, ...] = (100, 200)
    """Numbers of blocks to test transfer on, with features."""
    episodes: int = 100
    """Per seed and size."""
    large_episodes: int = 30
    """Per seed and large size."""
    looks: int = 16
    """Points of the curves."""
    key: int = 0
    """Seed of the runs."""


def run(config: Config, context: Context) -> Report:
    """Learn with and without each principle, then on bare colours."""
    count = config.seeds * len(ABLATIONS)
    settings = {name: np.full(count, getattr(cx.classics.Hayek(), name)) for name in ("property", "subsidy", "upkeep")}
    parts = {}
    for place, (kind, changes) in enumerate(ABLATIONS.items()):
        parts[kind] = slice(place * config.seeds, (place + 1) * config.seeds)
        for name, value in changes.items():
            settings[name][parts[kind]] = value
    economy = cx.classics.Hayek(**{name: jnp.asarray(value, jnp.float32) for name, value in settings.items()})
    everything = cx.classics.hayek_blocks_world(
        config.blocks, "rules", count, ticks=config.ticks, tests=config.sizes, episodes=config.episodes,
        looks=config.looks, key=config.key, economy=economy,
    )  # fmt: skip
    results = {kind: everything.part(part) for kind, part in parts.items()}
    plain = results["as it is"]
    large = {n: PerSeed(plain.test(n, config.large_episodes, key=config.key)) for n in config.large}
    findings = featured(config, plain, large) + ablations(config, results)
    findings.append(
        Finding("Hayek", f"wall time, {count} economies of {config.ticks:,} ticks x {plain.economy.instances} worlds at once", "",
                f"{everything.seconds:.0f} s, compilation included")
    )  # fmt: skip
    figures = {
        "sizes": cx.view.success_by_size({"features": {**plain.solved, **large}}, required=0.9),
        "curriculum": curves(config, {"as it is": plain}, "level", "largest size solved well", config.blocks),
        "ablations": curves(config, results, "solved", "share solved while learning", 1.0),
        "economy": curves(config, results, "wealth", "wealth of all agents, credits per instance", 0.0),
    }
    text = f"The agents that won most, seed {best(plain)} with features:\n\n```\n{plain.rules(best(plain), 16)}\n```"
    if config.colour_ticks:
        bare = cx.classics.hayek_blocks_world(
            config.blocks, "rules on colours", config.seeds, ticks=config.colour_ticks, tests=config.sizes,
            episodes=config.episodes, looks=config.looks, key=config.key,
        )  # fmt: skip
        findings += coloured(config, bare)
        both = {"features": {**plain.solved, **large}, "bare colours": bare.solved}
        figures["sizes"] = cx.view.success_by_size(both, required=0.9)
        text += f"\n\nOn bare colours, seed {best(bare)}:\n\n```\n{bare.rules(best(bare), 16)}\n```"
    return Report(findings, figures, text)


def share(score: PerSeed) -> str:
    """Mean with its interval, median and best seed, in percent."""
    low, high = (100 * x for x in score.interval())
    best = score.values.max()
    return f"mean {100 * score.mean():.0f} % [{low:.0f}, {high:.0f}], median {100 * score.median():.0f} %, best seed {100 * best:.0f} %"


def best(result: HayekResult) -> int:
    """The seed that solves most over all sizes."""
    return int(np.argmax(sum(np.asarray(score) for score in result.solved.values())))


def featured(config: Config, result: HayekResult, large: dict[int, PerSeed]) -> list[Finding]:
    """Rows with features."""
    rows = []
    for n, score in {8: result.solved.get(8), **large}.items():
        if score is None:
            continue
        asked = ">= 90 % of instances" if n == 100 else ""
        reached = bool(score.mean() >= 0.9) if n == 100 else None
        rows.append(
            Finding("Hayek", f"{n} blocks, features (NumCorrect, tops), final reward only, {len(score)} seeds: solved", asked,
                    share(score), reached, "learned on at most "
                    f"{config.blocks} blocks; 'almost all' instances of 200 blocks by other agent languages: read in an abstract")
        )  # fmt: skip
    return rows


def coloured(config: Config, result: HayekResult) -> list[Finding]:
    """Rows on bare colours."""
    score = result.solved[8] if 8 in result.solved else next(iter(result.solved.values()))
    return [
        Finding("Hayek", f"8 blocks, bare colours around the tops, final reward only, {len(score)} seeds: solved",
                "solves instances of 8 blocks and more", share(score), bool(score.values.max() > 0.5),
                "8 blocks learned from the final reward: read in an abstract, without a rate; what its agents saw: not found"),
        Finding("Hayek", f"wall time on bare colours, {len(score)} economies of {config.colour_ticks:,} ticks", "",
                f"{result.seconds:.0f} s, compilation included"),
    ]  # fmt: skip


def ablations(config: Config, results: dict[str, HayekResult]) -> list[Finding]:
    """A row for each principle left out."""
    rows = []
    for kind, result in results.items():
        score = result.solved[8] if 8 in result.solved else next(iter(result.solved.values()))
        level = PerSeed(np.asarray(result.looks.level)[:, -1])
        rows.append(
            Finding("Hayek", f"ablation, {kind}: 8 blocks solved", "", f"{share(score)}; level {level.mean():.1f} of {config.blocks}",
                    None, "" if kind == "as it is" else "that the economy collapses without property or conservation: read in an abstract; "
                    "without rent: recalled")
        )  # fmt: skip
    return rows


def curves(config: Config, results: dict[str, HayekResult], what: str, unit: str, target: float):
    """A curve per seed over the ticks of learning."""
    return cx.view.seed_curves(
        {kind: [(result.ticks, np.asarray(row)) for row in getattr(result.looks, what)] for kind, result in results.items()},
        target=target, unit=unit, goal="all" if target else "nothing",
    )  # fmt: skip
