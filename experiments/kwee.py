"""Hayek with memory: Post systems with a register, without one, and without property rights or conservation."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

import catallax as cx
from catallax.classics import Hayek, HayekWithMemory, Remembering
from catallax.lab import Context, Finding, Report

CASES = {"register": {}, "register, no conservation": {"subsidy": 1.0}, "register, no property": {"property": 0.0}}
"""Settings of the economy, compared in one program."""
WITHOUT = "no register"


@dataclass(frozen=True)
class Config:
    """Settings."""

    corridors: tuple[int, ...] = (2, 8)
    """Lengths of the T-maze's corridor."""
    delays: tuple[int, ...] = (1,)
    """Blank steps of delayed recall."""
    steps: int = 2
    """An episode may last so many times its shortest solution."""
    seeds: int = 10
    """Societies per case."""
    ticks: int = 400_000
    """Of each society."""
    looks: int = 20
    """How often success is measured."""
    episodes: int = 200
    """Per look and seed."""
    key: int = 0
    """Seed of the runs."""


def run(config: Config, context: Context) -> Report:
    """Every world in every case."""
    worlds = {f"T-maze {n}": cx.envs.TMaze(n, max_steps=config.steps * (n + 2)) for n in config.corridors}
    worlds |= {f"recall after {n}": cx.envs.DelayedRecall(n) for n in config.delays}
    findings, figures, texts = [], {}, []
    for name, env in worlds.items():
        results = learned(config, env)
        findings += [judged(name, case, result) for case, result in results.items()]
        figures[name.replace(" ", "_")] = pictured(results)
        seed = int(np.argmax(results["register"].success.values))
        agents = results["register"].agents(seed)
        texts.append(f"{name}, with register, best seed ({seed}): the agents that won most:\n\n```\n{agents}\n```")
    return Report(findings, figures, "\n\n".join(texts))


def learned(config: Config, env: cx.core.AbstractEnv) -> dict[str, Remembering]:
    """All cases in one world; those with a register are one program."""

    def societies(system: HayekWithMemory, seeds: int) -> Remembering:
        return cx.classics.hayek_with_memory(
            env, system=system, ticks=config.ticks, looks=config.looks, episodes=config.episodes, seeds=seeds, key=config.key
        )  # fmt: skip

    system, n = HayekWithMemory(), config.seeds
    together = societies(HayekWithMemory(economy=all_cases(system.economy, n)), n * len(CASES))
    results = {case: together.part(slice(k * n, (k + 1) * n)) for k, case in enumerate(CASES)}
    return results | {WITHOUT: societies(HayekWithMemory(symbols=0), n)}


def all_cases(economy: Hayek, seeds: int) -> Hayek:
    """The settings of all cases with a register, `seeds` of each."""
    values = {
        name: jnp.concatenate([jnp.full(seeds, case.get(name, getattr(economy, name))) for case in CASES.values()])
        for name in ("property", "subsidy")
    }
    return dataclasses.replace(economy, **values)


def judged(world: str, case: str, result: Remembering) -> Finding:
    """Success at the end; without a register also where it was highest."""
    score = result.success
    low, high = score.interval()
    told = (
        f"mean {score.mean():.3f} [{low:.3f}, {high:.3f}], median {score.median():.3f}, "
        f"{int((score.values == 1).sum())} of {len(score)} right every time; {result.ticks[-1]:,} ticks"
    )
    required, reached = "", None
    if case == WITHOUT:
        highest = result.curve.mean(0).max()
        told += f"; highest mean of a look {highest:.3f}"
        required, reached = "<= 0.55 at every look (0.5 without memory, exact)", bool(highest <= 0.55)
    elif case == "register":
        required, reached = "interval above 0.5", low > 0.5
    return Finding(
        "Kwee", f"{world}, {case}: success, {len(score)} seeds", required, told, reached, "source: not found"
    )


def pictured(results: dict[str, Remembering]) -> object:
    """Success over ticks, a colour per case."""
    curves = {case: [(result.ticks, row) for row in result.curve] for case, result in results.items()}
    return cx.view.seed_curves(curves, target=0.5, unit="share of episodes that are right", goal="without memory")
