"""Hayek with memory: Post systems with a register, without one, with earn-outs, and with conservation off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import catallax as cx
from catallax.lab import Context, Finding, Report


@dataclass(frozen=True)
class Config:
    """Settings."""

    corridors: tuple[int, ...] = (2, 4, 8)
    """Lengths of the T-maze's corridor."""
    delays: tuple[int, ...] = (1,)
    """Blank steps of delayed recall."""
    seeds: int = 10
    """Societies per case, in one vmap."""
    cases: tuple[str, ...] = ("register", "register and earn-outs", "register, conservation off", "no register")
    """Which of the four are run."""
    looks: int = 20
    """How often success is measured."""
    seasons: int = 48
    """Seasons of births and rest between two looks."""
    agents: int = 128
    """Wanted population."""
    births: int = 4
    """Newborns per tick in the first ticks of a season."""
    season: int = 8
    """Ticks with births."""
    rest: int = 24
    """Ticks without."""
    instances: int = 32
    """Worlds that share a population."""
    episodes: int = 200
    """Episodes per look and seed."""
    earn_out: float = 0.9
    """Share of its gain that a buyer passes back to its seller, where there are earn-outs."""
    discount: float = 0.95
    """Value of a credit one tick later."""
    key: int = 0
    """Seed of the runs."""


def run(config: Config, context: Context) -> Report:
    """Every world in every case."""
    worlds = {f"T-maze {n}": cx.envs.TMaze(n, discount=config.discount) for n in config.corridors}
    worlds |= {f"recall after {n}": cx.envs.DelayedRecall(n, discount=config.discount) for n in config.delays}
    findings, figures, texts = [], {}, []
    for name, env in worlds.items():
        results = {case: learned(config, env, case) for case in config.cases}
        findings += [judged(name, case, result) for case, result in results.items()]
        # who remembers nothing is right half of the time in all of these worlds
        figures[name.replace(" ", "_")] = pictured(results)
        texts += [
            f"{name}, {case}, the richest agents of the first seed (wealth, price, rules):\n\n```\n{result.agents()}\n```"
            for case, result in results.items()
        ]
    return Report(findings, figures, "\n\n".join(texts))


def learned(config: Config, env: cx.core.AbstractEnv, case: str) -> cx.classics.Remembering:
    """One case in one world."""
    sizes = {name: getattr(config, name) for name in ("agents", "births", "season", "rest", "instances")}
    switches = {
        "register": {},
        "register and earn-outs": {"earn_out": config.earn_out},
        "register, conservation off": {"subsidy": 1.0},
        "no register": {"symbols": 0},
    }
    if case not in switches:
        raise ValueError(f"kwee: cases has {case!r}, expected some of {', '.join(switches)}.")
    return cx.classics.hayek_with_memory(
        env,
        system=cx.classics.HayekWithMemory(**sizes, **switches[case]),
        looks=config.looks,
        seasons=config.seasons,
        episodes=config.episodes,
        seeds=config.seeds,
        key=config.key,
    )


def judged(world: str, case: str, result: cx.classics.Remembering) -> Finding:
    """Success over the last quarter of the looks."""
    score = result.success
    low, high = score.interval()
    told = (
        f"mean {score.mean():.3f} [{low:.3f}, {high:.3f}], median {score.median():.3f}, lowest {min(score):.3f}, "
        f"highest {max(score):.3f}; {result.ticks:,} ticks"
    )
    required, reached = "", None
    if case == "no register":
        required, reached = "<= 0.55 (0.5 without memory, exact)", bool(score.mean() <= 0.55)
    elif case == "register":
        required, reached = "interval above 0.5", low > 0.5
    return Finding(
        "Kwee", f"{world}, {case}: success, {len(score)} seeds", required, told, reached, "source: not found"
    )


def pictured(results: dict[str, cx.classics.Remembering]) -> object:
    """Success over ticks, a colour per case."""
    curves = {
        case: [(result.ticks * np.arange(1, row.size + 1) / row.size, row) for row in result.curve]
        for case, result in results.items()
    }
    return cx.view.seed_curves(curves, target=0.5, unit="right, greedy episodes", goal="without memory")
