"""Hayek machine on Blocks World: final reward only, with features and on colours; what breaks without property, conservation or rent."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

import catallax as cx
from catallax.classics import Hayek, HayekResult, PerSeed
from catallax.lab import Context, Finding, Report, Reproduction, reproduced

ABLATIONS = {
    "as it is": {},
    "no property": {"property": 0.0},
    "no conservation": {"subsidy": 1.0},
    "no rent": {"upkeep": 0.0},
}


@dataclass(frozen=True)
class Config:
    """Settings."""

    blocks: int = 20
    """Largest number of blocks to learn on."""
    seeds: int = 10
    """Economies of each kind, all in one vmap."""
    rising_seeds: int = 20
    """Economies with rising bids; the first `seeds` of them were looked at while the settings were chosen, the others were not."""
    ticks: int = 3_000_000
    """Of learning with features and rising bids."""
    fixed_ticks: int = 2_000_000
    """Of learning with features and fixed bids; 0 leaves it out."""
    ablation_ticks: int = 250_000
    """Of learning without one principle, and of the same with all, to compare."""
    colour_ticks: int = 3_200_000
    """Of learning on colours; 0 leaves it out."""
    sizes: tuple[int, ...] = (2, 4, 6, 8, 10, 14, 20)
    """Numbers of blocks to test on."""
    large: tuple[int, ...] = (100, 200)
    """Numbers of blocks to test transfer on, with features."""
    episodes: int = 100
    """Per seed and size."""
    large_episodes: int = 50
    """Per seed and large size."""
    looks: int = 20
    """Points of the curves."""
    key: int = 0
    """Seed of the runs."""


def run(config: Config, context: Context) -> Report:
    """Learn with rising bids, with fixed bids, without each principle, and on colours."""

    def learn(language: str, ticks: int, seeds: int = config.seeds, economy: Hayek | None = None) -> HayekResult:
        return cx.classics.hayek_blocks_world(
            config.blocks, language, seeds, ticks=ticks, tests=config.sizes, episodes=config.episodes,
            looks=config.looks, key=config.key, economy=economy,
        )  # fmt: skip

    def far(result: HayekResult) -> dict[int, PerSeed]:
        return {n: PerSeed(result.test(n, config.large_episodes, key=config.key)) for n in config.large}

    # one compiled loop keeps one core busy, so two of them run at once, the longest from the start
    with ThreadPoolExecutor(2) as pool:
        colours = pool.submit(learn, "patterns", config.colour_ticks) if config.colour_ticks else None
        main = pool.submit(learn, "rising rules", config.ticks, config.rising_seeds)
        without = pool.submit(ablate, config, learn)
        plain = pool.submit(learn, "rules", config.fixed_ticks) if config.fixed_ticks else None
        rising, ablated = main.result(), without.result()
        fixed, bare = (job.result() if job else None for job in (plain, colours))
    large = far(rising)
    findings = featured(config, "features, bids rising with NumCorrect", rising, large, required=True)
    rows = beside(config, rising, large)
    lines = {"features, rising bids": {**rising.solved, **large}}
    text = agents("with features and rising bids", rising)
    if fixed:
        lines["features, fixed bids"] = {**fixed.solved, **far(fixed)}
        findings += featured(
            config, "features, bids fixed", fixed, {n: lines["features, fixed bids"][n] for n in config.large}
        )
        text += agents("with features and fixed bids", fixed)
    if bare:
        lines["colours, variables"] = {**bare.solved, **far(bare)}
        findings += coloured(bare, {n: lines["colours, variables"][n] for n in config.large})
        text += agents("on colours", bare)
    findings += ablations(config, ablated)
    figures = {
        "sizes": cx.view.success_by_size(lines, required=0.9),
        "curriculum": curves(
            lambda result: result.level, {"rising bids": rising}, "largest size solved well", config.blocks
        ),
        "ablations": curves(lambda result: result.level, ablated, "largest size solved well", config.blocks),
        "economy": curves(
            lambda result: result.looks.wealth, ablated, "wealth of all agents above their credit, credits", 0.0
        ),
    }
    return Report(findings, figures, text, rows)


def ablate(config: Config, learn: Callable[..., HayekResult]) -> dict[str, HayekResult]:
    """All kinds in one vmap, since the settings are numbers."""
    count = config.seeds * len(ABLATIONS)
    settings = {name: np.full(count, getattr(Hayek(), name)) for name in ("property", "subsidy", "upkeep")}
    parts = {}
    for place, (kind, changes) in enumerate(ABLATIONS.items()):
        parts[kind] = slice(place * config.seeds, (place + 1) * config.seeds)
        for name, value in changes.items():
            settings[name][parts[kind]] = value
    economy = Hayek(**{name: jnp.asarray(value, jnp.float32) for name, value in settings.items()})
    everything = learn("rising rules", config.ablation_ticks, count, economy)
    return {kind: everything.part(part) for kind, part in parts.items()}


def agents(where: str, result: HayekResult) -> str:
    """The agents of the best seed."""
    seed = best(result)
    return f"The agents that won most, seed {seed} {where}:\n\n```\n{result.rules(seed, 16)}\n```\n\n"


def wall(case: str, result: HayekResult, ticks: int) -> Finding:
    """The time that learning took."""
    count = result.states.tick.shape[0]
    return Finding(
        "Hayek",
        f"wall time, {case}: {count} economies of {ticks:,} ticks",
        "",
        f"{result.seconds:.0f} s, compilation included",
    )


def beside(config: Config, result: HayekResult, large: dict[int, PerSeed]) -> list[Reproduction]:
    """The rows of reproductions."""
    source = "Baum and Durdanovic (2000), Hayek3 or 4"
    rows = []
    for n, score in large.items():
        said = "almost all random instances" if n == 200 else ""
        rows.append(
            reproduced(
                source, f"Blocks World, {n} blocks, final reward only: share solved", said,
                "read" if said else "not found", np.asarray(score), digits=3,
                note=f"here rules on features from NumCorrect that learned on at most {config.blocks} blocks"
                + ("; what its agents saw: not found" if said else ""),
            )
        )  # fmt: skip
    return rows


def share(score: PerSeed) -> str:
    """Mean with its interval, median and best seed, in percent."""
    low, high = (100 * x for x in score.interval())
    best = score.values.max()
    return f"mean {100 * score.mean():.0f} % [{low:.0f}, {high:.0f}], median {100 * score.median():.0f} %, best seed {100 * best:.0f} %"


def best(result: HayekResult) -> int:
    """The seed that solves most over all sizes."""
    return int(np.argmax(sum(np.asarray(score) for score in result.solved.values())))


def featured(
    config: Config, case: str, result: HayekResult, large: dict[int, PerSeed], *, required: bool = False
) -> list[Finding]:
    """Rows with features."""
    rows = []
    for n, score in {8: result.solved.get(8), **large}.items():
        if score is None:
            continue
        asked = ">= 90 % of instances" if n == 100 and required else ""
        new = score.values[config.seeds :]
        told = share(score) + (
            f"; the {new.size} seeds that chose no setting: {share(PerSeed(new))}" if new.size else ""
        )
        rows.append(
            Finding("Hayek", f"{n} blocks, {case}, final reward only, {len(score)} seeds: solved", asked, told,
                    bool(score.mean() >= 0.9) if asked else None,
                    f"learned on at most {config.blocks} blocks" + (
                    "; 'almost all' random instances of 200 blocks: read in an abstract" if n == 200 else ""))
        )  # fmt: skip
    ticks = int(result.ticks[-1])
    return [*rows, wall(case, result, ticks)]


def coloured(result: HayekResult, large: dict[int, PerSeed]) -> list[Finding]:
    """Rows on colours."""
    size = 8 if 8 in result.solved else next(iter(result.solved))
    rows = []
    for n, score in {size: result.solved[size], **large}.items():
        asked = "solves instances of 8 blocks" if n == 8 else ""
        rows.append(
            Finding("Hayek", f"{n} blocks, colours at the tops, whether stack 1 is right, and variables, final reward only, {len(score)} seeds: solved",
                    asked, share(score), bool(score.mean() > 0.5) if asked else None,
                    "8 blocks learned from the final reward, by raw sensing: read in an abstract, without a rate; "
                    "that half of the instances count as learned, and the bit that says whether stack 1 is right, are ours"
                    if asked else "")
        )  # fmt: skip
    return [*rows, wall("colours", result, int(result.ticks[-1]))]


def ablations(config: Config, results: dict[str, HayekResult]) -> list[Finding]:
    """A row for each principle left out."""
    rows = []
    for kind, result in results.items():
        size = 8 if 8 in result.solved else next(iter(result.solved))
        level = PerSeed(result.level[:, -1])
        rows.append(
            Finding("Hayek", f"ablation, {kind}, {int(result.ticks[-1]):,} ticks: {size} blocks solved", "",
                    f"{share(result.solved[size])}; level {level.mean():.1f} of {config.blocks}",
                    None, "" if kind == "as it is" else "that the economy collapses without property or conservation: read in an abstract; "
                    "without rent: recalled")
        )  # fmt: skip
    together = next(iter(results.values()))
    count = sum(result.states.tick.shape[0] for result in results.values())
    rows.append(
        Finding("Hayek", f"wall time, ablations: {count} economies of {int(together.ticks[-1]):,} ticks", "",
                f"{together.seconds:.0f} s, compilation included")
    )  # fmt: skip
    return rows


def curves(rows: Callable[[HayekResult], np.ndarray], results: dict[str, HayekResult], unit: str, target: float):
    """A curve per seed over the ticks of learning."""
    return cx.view.seed_curves(
        {kind: [(result.ticks, row) for row in rows(result)] for kind, result in results.items()},
        target=target, unit=unit, goal="all" if target else "nothing",
    )  # fmt: skip
