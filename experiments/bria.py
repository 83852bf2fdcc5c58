"""Boundedly rational inductive agents: reward and over-estimation by allowance, coverage, lotteries, games."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass

import numpy as np

from catallax import view
from catallax.induction import (
    BRIA,
    AbstractAllowance,
    PaperAllowance,
    PowerAllowance,
    Promise,
    Trajectory,
    check_coverage,
    check_overestimation,
    constant_auction,
    every_promise,
    hash_uniform,
)
from catallax.lab import Context, Finding, Report

ROW = "BRIA"
ARMS = ("0.4", "0.6")
PAY = {"CC": 0.6, "CD": 0.0, "DC": 1.0, "DD": 0.2}


@dataclass(frozen=True)
class Config:
    """Settings."""

    rounds: int = 100_000
    """Rounds of a bandit with two arms."""
    levels: int = 20
    """Constant promises for each arm."""
    seeds: int = 10
    """Draws of the rewards, each with another order of the hypotheses."""
    game_rounds: int = 4_000
    """Rounds of the prisoner's dilemma."""
    host_rounds: int = 1_000
    """Rounds for which the agent on the host is timed."""


def run(config: Config, context: Context) -> Report:
    """Bandits under three schedules, then each theorem's demonstration."""
    found = {
        (kind, name): [bandit(config, kind, allowance, seed) for seed in range(config.seeds)]
        for kind in ("sure", "Bernoulli")
        for name, allowance in schedules().items()
    }
    findings = [
        *(row for (kind, name), runs in found.items() for row in of_bandit(kind, name, runs)),
        *limits(found["Bernoulli", "n^-1/2"]),
        lottery(config),
        *games(config),
        *speed(config),
    ]
    text = (
        "Two arms of mean 0.4 and 0.6, sure or Bernoulli, and constant promises in an order that is shuffled anew for each seed. The schedule of the source "
        "depends on that order: hypothesis i can bid a promise e after about exp(e i^2) rounds, so that an agent whose good promises stand late "
        "keeps to the worse arm. That a criterion about limits holds is never proved by finitely many rounds."
    )
    return Report(findings, {"reward": picture(config, found)}, text)


def schedules() -> dict[str, AbstractAllowance]:
    """Allowances by name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # measured here on purpose
        return {"n^-1/2": PowerAllowance(), "n^-2/3": PowerAllowance(2 / 3), "1/(n i^2)": PaperAllowance()}


def bandit(config: Config, kind: str, allowance: AbstractAllowance, seed: int) -> Trajectory:
    """One run."""
    means = np.asarray([float(arm) for arm in ARMS])
    draws = np.random.default_rng(seed).random((config.rounds, 2))
    rewards = np.broadcast_to(means, draws.shape) if kind == "sure" else (draws < means).astype(np.float64)
    return constant_auction(every_promise(ARMS, config.levels, seed), ARMS, rewards, allowance)


def of_bandit(kind: str, name: str, runs: list[Trajectory]) -> list[Finding]:
    """Reward and over-estimation; asked of the default schedule alone."""
    rewards = [float(one.average_reward()[-1]) for one in runs]
    errors = [check_overestimation(one).last for one in runs]
    asked = name == "n^-1/2"
    case, note = (
        f"{kind} arms, allowance {name}",
        f"{len(runs)} seeds, {runs[0].rewards.size:,} rounds; lowest and highest",
    )
    return [
        Finding(ROW, f"{case}: average reward, best 0.6", ">= 0.59" if asked else "", span(rewards), min(rewards) >= 0.59 if asked else None, note),
        Finding(ROW, f"{case}: average over-estimation", "<= 0.01" if asked else "", span(errors), max(errors) <= 0.01 if asked else None, note),
    ]  # fmt: skip


def span(values: list[float]) -> str:
    """Lowest and highest."""
    return f"{min(values):.4f} to {max(values):.4f}"


def limits(runs: list[Trajectory]) -> list[Finding]:
    """Accounts, coverage of every hypothesis of the agent's own, and the one that no agent covers."""
    wrong = [float(abs(one.wealth.sum() - one.allowance + np.sum(one.estimates - one.rewards))) for one in runs]
    records = [one.record(place) for one in runs for place in range(one.wealth.size)]
    covered = [check_coverage(record).covered for record in records]
    first = runs[0]
    contrary = check_coverage(first.record_of(1 - first.choices, np.ones(first.rewards.size)))
    return [
        Finding(ROW, "sum of wealth, less allowance, plus over-estimation, credits", "0 exactly", f"{max(wrong):g}", max(wrong) == 0),
        Finding(ROW, "own hypotheses covered, as far as so many rounds tell", "all", f"{sum(covered)} of {len(covered)}", all(covered)),
        Finding(ROW, "the hypothesis that promises 1 for the other option (Theorem 2)", "rejected, never tested, not covered",
                f"rejected {contrary.rejections:,} times, tested {contrary.tests} times", not contrary.covered and contrary.tests == 0),
    ]  # fmt: skip


def lottery(config: Config) -> Finding:
    """Theorem 4: pseudo-random rewards are worth their mean."""
    bits = [hash_uniform(0, number) < 0.6 for number in range(config.rounds)]
    rewards = np.stack([np.asarray(bits, np.float64), np.full(config.rounds, 0.5)], 1)
    options = ("lottery", "sure")
    promises = [Promise("lottery", 0.55), Promise("sure", 0.5), *every_promise(options, config.levels)]
    found = constant_auction(promises, options, rewards)
    share = float(np.mean(found.choices[config.rounds // 2 :] == 0))
    return Finding(
        ROW, "hash bits of mean 0.6 beside a sure 0.5: share of rounds with the bits (Theorem 4)", ">= 0.9", f"{share:.3f}", share >= 0.9,
        f"average reward {found.average_reward()[-1]:.4f}; last half",
    )  # fmt: skip


def games(config: Config) -> list[Finding]:
    """Theorem 5: nobody gets less than the pure maximin, 0.2 by defecting."""
    ours, theirs = (BRIA(every_promise("CD", config.levels, seed)) for seed in (0, 1))
    lone = BRIA(every_promise("CD", config.levels, 2))
    for _ in range(config.game_rounds):
        mine, other, against = (agent.act("CD")[0] for agent in (ours, theirs, lone))
        ours.update(PAY[f"{mine}{other}"])
        theirs.update(PAY[f"{other}{mine}"])
        lone.update(PAY[f"{against}D"])
    half = config.game_rounds // 2
    both = [agent.trajectory.rewards[half:].mean() for agent in (ours, theirs)]
    alone = lone.trajectory
    regret = 0.2 - float(alone.rewards[half:].mean())
    return [
        Finding(ROW, "prisoner's dilemma between two agents: average reward of the last half", ">= 0.2", f"{both[0]:.3f}, {both[1]:.3f}", bool(min(both) >= 0.2)),
        Finding(ROW, "prisoner's dilemma with one who defects: average reward below 0.2, last half", "<= 0.02", f"{regret:.4f}", regret <= 0.02,
                f"exploration costs something at any time: {config.game_rounds:,} rounds"),
    ]  # fmt: skip


def speed(config: Config) -> list[Finding]:
    """Seconds on this machine, compiling apart."""
    rewards = np.tile([0.4, 0.6], (config.rounds, 1))

    def loop(levels: int) -> float:
        promises = every_promise(ARMS, levels)
        constant_auction(promises, ARMS, rewards)
        begun = time.perf_counter()
        constant_auction(promises, ARMS, rewards)
        return time.perf_counter() - begun

    times = {2 * levels: loop(levels) for levels in (config.levels, 10 * config.levels)}
    agent = BRIA(every_promise(ARMS, config.levels))
    begun = time.perf_counter()
    for row in rewards[: config.host_rounds]:
        agent.update(row[ARMS.index(str(agent.act(ARMS)[0]))])
    host = (time.perf_counter() - begun) / min(config.host_rounds, config.rounds)
    told = ", ".join(f"{config.rounds / seconds:,.0f} with {count} hypotheses" for count, seconds in times.items())
    return [
        Finding(ROW, "compiled loop, rounds per second", "", told),
        Finding(ROW, "agent on the host, rounds per second", "", f"{1 / host:,.0f} with {2 * config.levels} hypotheses"),
    ]  # fmt: skip


def picture(config: Config, found: dict[tuple[str, str], list[Trajectory]]):
    """Reward and over-estimation by round, mean of the seeds."""
    shown = np.unique(np.geomspace(10, config.rounds, 120).astype(int)) - 1
    panels = []
    for kind in ("sure", "Bernoulli"):
        runs = {name: of for (one, name), of in found.items() if one == kind}
        reward = {name: (shown + 1.0, np.mean([r.average_reward()[shown] for r in of], 0)) for name, of in runs.items()}
        error = {
            name: (shown + 1.0, np.mean([check_overestimation(r).average[shown] for r in of], 0))
            for name, of in runs.items()
        }
        ends = np.array([10.0, config.rounds])
        panels += [
            view.BeliefPanel(f"{kind} arms: average reward", reward, {"best arm": (ends, np.full(2, 0.6))}, "reward"),
            view.BeliefPanel(f"{kind} arms: average over-estimation", error, {"bound in the limit": (ends, np.zeros(2))}, "estimate - reward"),
        ]  # fmt: skip
    return view.belief_paths(panels, time="rounds", log=True)
