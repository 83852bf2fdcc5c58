"""Chang et al. (2020): how far learned bids lie from the societal optimum, by payment rule, with and without clones."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np

import catallax as cx
from catallax.classics import DecentralizedRL, PerSeed, decentralized_rl, societal_values
from catallax.lab import Context, Finding, Report, Reproduction

RULES = {"ccv": (0, 1, 0, 1), "v": (0, 1, 1, 0), "bb": (1, 0, 1, 0), "env": (0, 0, 0, 0)}
"""Weights of the highest and the second bid in what the winner pays and what the seller receives."""
WORLDS = {
    "bandit": cx.envs.Bandit(),
    "chain": cx.envs.Chain(),
    "chain, source's clock": cx.envs.ClockEnds(cx.envs.Chain()),
    "duality": cx.envs.Duality(scale=0.016),
    "duality, half": cx.envs.Duality(scale=0.008),
    "short_duality": cx.envs.Duality(discount=0.4),
    "duality, unscaled": cx.envs.Duality(),
}
"""In the source a world whose clock runs out is not resold. Duality's best states are worth 50 there. Rewards of 0.016 of the
source's make that 0.8, as in the other worlds, those of 0.008 make it 0.4, between floor and ceiling of the bids, and a
discount of 0.4 makes it 0.83."""


@dataclass(frozen=True)
class Config:
    """Settings."""

    worlds: tuple[str, ...] = ("bandit", "chain", "chain, source's clock", "duality", "duality, half", "short_duality")
    """Where bids are held against values."""
    rules: tuple[str, ...] = ("ccv", "v", "bb")
    """Payment rules compared; `ccv` must be one of them."""
    accounts: tuple[int, ...] = (2, 1)
    """Clones of each primitive; 2 must be one of them."""
    extras: bool = True
    """Also the chain without payments and Duality as it is in the source."""
    seeds: int = 10
    """Societies per case, in one vmap."""
    ticks: int = 327_680
    """Ticks of each society."""
    batch: int = 4_096
    """Ticks between two lessons, as in the source."""
    instances: int = 64
    """Parallel worlds of each society."""
    looks: int = 10
    """How often bids are read."""
    policy_rate: float = 3e-3
    """Step size of the bidders; the source's 4e-5 needs far more ticks."""
    entropy: float = 0.1
    """Weight of the bids' entropy, as in the source."""
    key: int = 0
    """Seed of the runs."""


def run(config: Config, context: Context) -> Report:
    """Every world under every rule, with two clones and alone."""
    cases = [(world, rule, clones) for world in config.worlds for rule in config.rules for clones in config.accounts]
    results = {case: learn(config, *case) for case in cases}
    findings, figures, rows = [], {}, []
    for world in config.worlds:
        cloned = {rule: results[world, rule, 2] for rule in config.rules}
        if len(cloned) > 1:
            errors = {
                "highest bid": {rule: price_error(x) for rule, x in cloned.items()},
                "all bids": {rule: bid_error(x) for rule, x in cloned.items()},
            }
            signed = {rule: signed_error(x) for rule, x in cloned.items()}
            returns = {rule: x.final_return for rule, x in cloned.items()}
            findings += [order(world, which, by_rule, signed, returns) for which, by_rule in errors.items()]
            rows += [ranked(world, which, by_rule) for which, by_rule in errors.items()]
        for rule in ("ccv", "v"):
            if rule in config.rules:
                by_clones = {clones: results[world, rule, clones] for clones in config.accounts}
                findings.append(beside(world, rule, by_clones))
        file = re.sub(r"\W+", "_", world.replace("'", ""))
        figures[f"{file}_errors"] = figure({case[1:]: x for case, x in results.items() if case[0] == world})
        figures[f"{file}_bids"] = cx.view.bid_dots(
            {rule: x.bids[:, -1] for rule, x in cloned.items()}, societal_values(WORLDS[world])
        )
    if config.extras:
        findings += [unpaid(learn(config, "chain", "env", 2)), tie(learn(config, "duality, unscaled", "ccv", 2))]
    return Report(findings, figures, table(results), rows)


def learn(config: Config, world: str, rule: str, clones: int) -> DecentralizedRL:
    """All seeds of one case."""
    env, learner = WORLDS[world], cx.agents.PPO(policy_rate=config.policy_rate, entropy=config.entropy)

    def society(key: Any) -> cx.Cohort:
        return cx.agents.Network.society(env, key=key, clones=clones, learner=learner, endowment=50_000.0)

    return decentralized_rl(
        env, auction=cx.auctions.Weighted(*map(jnp.float32, RULES[rule])), society=society, ticks=config.ticks, batch=config.batch, instances=config.instances,
        looks=config.looks, seeds=config.seeds, key=config.key,
    )  # fmt: skip


def price_error(result: DecentralizedRL, look: int = -1) -> PerSeed:
    """Mean over the states of the distance between the highest expected bid and the state's value."""
    return result.price_error(societal_values(result.env), look)


def bid_error(result: DecentralizedRL, look: int = -1) -> PerSeed:
    """Mean distance of expected bids and values over all states and actions."""
    return result.bid_error(societal_values(result.env), look)


def signed_error(result: DecentralizedRL) -> PerSeed:
    """Mean over the states of the highest expected bid less the state's value: above 0 towards the ceiling, below towards the floor."""
    values = societal_values(result.env)
    known = ~np.isnan(values).all(1)
    return PerSeed((result.bids[:, -1, known].max(2) - np.nanmax(values[known], axis=1)).mean(1))


def order(
    world: str, which: str, errors: dict[str, PerSeed], signed: dict[str, PerSeed], returns: dict[str, PerSeed]
) -> Finding:
    """Whether the credit-conserving rule comes closest, seed by seed paired, with the interval of the differences."""
    rest = [rule for rule in errors if not np.array_equal(errors[rule].values, errors["ccv"].values)]
    gaps = {rule: PerSeed(errors[rule].values - errors["ccv"].values) for rule in rest}
    told = [listed(errors), *(f"{rule} - ccv {said(gap, '+')}" for rule, gap in gaps.items())]
    same = [rule for rule in errors if rule not in ("ccv", *rest)]
    if same:
        told.append(f"{', '.join(same)}: equal to ccv to the last digit, as where nothing is resold")
    told += [f"highest bid - value: {listed(signed, '+')}", f"mean return: {listed(returns)}"]
    return Finding(
        "Chang", f"{world}, two clones, mean abs({which} - value), {len(errors['ccv'])} seeds",
        " and ".join(f"ccv < {rule}" for rule in rest), "; ".join(told), all_above_zero(gaps.values()),
        "that ccv comes closest: read in a secondary source; no figures found",
    )  # fmt: skip


def all_above_zero(gaps: Collection[PerSeed]) -> bool | None:
    """Whether the interval of every difference lies above 0; None where there is none to look at."""
    return all(gap.interval()[0] > 0 for gap in gaps) if gaps else None


def ranked(world: str, which: str, errors: dict[str, PerSeed]) -> Reproduction:
    """The rules by their errors, the closest first."""
    by_error = sorted(errors, key=lambda rule: errors[rule].mean())
    return Reproduction(
        "Chang et al. (2020), decentralized reinforcement learning", f"{world}, two clones: mean abs({which} - value)",
        "ccv closest", "read in a secondary source", ", ".join(f"{rule} {said(errors[rule])}" for rule in by_error),
        len(errors["ccv"]), note="no figures found; closest first, with intervals",
    )  # fmt: skip


def beside(world: str, rule: str, by_clones: dict[int, DecentralizedRL]) -> Finding:
    """One rule with clones and without, paired by seed."""
    errors = {clones: price_error(x) for clones, x in by_clones.items()}
    told = [f"{'cloned' if clones == 2 else 'solitary'} {said(errors[clones])}, mean return {said(x.final_return)}"
            for clones, x in by_clones.items()]  # fmt: skip
    gaps = [PerSeed(errors[1].values - errors[2].values)] if 1 in errors else []
    told += [f"solitary - cloned {said(gap, '+')}" for gap in gaps]
    return Finding(
        "Chang", f"{world}, {rule}: mean abs(highest bid - value), and return", "cloned < solitary" if gaps else "", "; ".join(told),
        all_above_zero(gaps), "that clones come closer: read in a secondary source; no figures found",
    )  # fmt: skip


def unpaid(result: DecentralizedRL) -> Finding:
    """Without payments the chain has nobody to reward the first steps."""
    early = result.bids[:, -1, 0].mean(0)
    return Finding("Chang", "chain, env (no payments): mean return and bids for left and right at the start", "",
                   f"{said(result.final_return)}; bids {early[0]:.2f} and {early[1]:.2f}")  # fmt: skip


def tie(result: DecentralizedRL) -> Finding:
    """Unscaled, both actions of state 1 are worth more than anybody can bid."""
    bids = result.bids[:, -1, 1]
    return Finding("Chang", "duality, unscaled, ccv, cloned: expected bids at state 1, worth 1.49 and 1.29 where no bid exceeds 1", "",
                   f"action 0 {said(PerSeed(bids[:, 0]))}, action 1 {said(PerSeed(bids[:, 1]))}: a tie, decided by the draw")  # fmt: skip


def said(numbers: PerSeed, sign: str = "") -> str:
    """Mean and interval."""
    low, high = numbers.interval()
    return f"{numbers.mean():{sign}.3f} [{low:{sign}.3f}, {high:{sign}.3f}]"


def listed(by_rule: dict[str, PerSeed], sign: str = "") -> str:
    """Mean and interval of each rule."""
    return ", ".join(f"{rule} {said(numbers, sign)}" for rule, numbers in by_rule.items())


def table(results: dict[tuple[str, str, int], DecentralizedRL]) -> str:
    """All cases."""
    lines = [
        "| world | rule | accounts | error of the highest bid | error of all bids | mean return |",
        "|---|---|---|---|---|---|",
    ]
    for (world, rule, clones), result in results.items():
        lines.append(
            f"| {world} | {rule} | {'two clones' if clones == 2 else 'solitary'} | {said(price_error(result))} | "
            f"{said(bid_error(result))} | {said(result.final_return)} |"
        )
    return (
        "\n".join(lines)
        + "\n\nBids are drawn while learning and while returns are counted; errors are those of expected bids."
    )


def figure(results: dict[tuple[str, int], DecentralizedRL]) -> Any:
    """Error of the highest bid over the training, one world."""
    curves = {}
    for (rule, clones), result in results.items():
        rows = np.stack([price_error(result, look).values for look in range(result.ticks.size)], 1)
        if clones == 2 or rule == "ccv":
            curves[f"{rule}, {'cloned' if clones == 2 else 'solitary'}"] = [(result.ticks, row) for row in rows]
    drawn = cx.view.seed_curves(curves, target=0.0, unit="abs(highest bid - value), credits", goal="societal optimum")
    drawn.axes[0].legend(loc="upper right")
    return drawn
