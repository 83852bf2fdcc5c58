"""CartPole through gymnax and through Gymnasium: network bidders beside PPO and DQN of Stable-Baselines3."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

import catallax as cx
from catallax.lab import Context, Finding, Report

WORLD, TARGET = "CartPole-v1", 475.0
RESUMES = True


@dataclass(frozen=True)
class Config:
    """Settings."""

    seeds: int = 3
    """Independent runs per world, and of each rival."""
    ticks: int = 300_000
    """Budget per market, over all instances."""
    rival_ticks: int = 100_000
    """Budget of PPO and of DQN; PPO's step sizes fall to 0 over it, as tuned."""
    every: int = 4_096
    """Ticks between evaluations, of all."""
    episodes: int = 100
    """Episodes per evaluation, of all."""
    instances: int = 16
    """Parallel worlds per society."""
    round_ticks: int = 128
    """Ticks between two lessons."""
    discount: float = 0.98
    """Value of a credit one tick later."""
    earn_out: float = 0.9
    """Share of its gain that a buyer passes back to its seller."""
    width: int = 64
    """Units in each of two hidden layers."""
    policy_rate: float = 1e-3
    """Step size of the bid networks in the first 60 rounds; it then falls by three tenths every 8 rounds."""
    key: int = 0
    """Seed of the first run."""


class Learned(NamedTuple):
    """One run."""

    reached: int | None
    """Ticks at the first evaluation at the target, `None` if there was none."""
    final: float
    """Mean return of fresh episodes in plain Gymnasium after the whole budget."""


def run(config: Config, context: Context) -> Report:
    """Every seed in both worlds, then the rivals."""
    findings, curves = [], {}
    worlds = {"gymnax": cx.adapters.FromGymnax, "Gymnasium": cx.adapters.FromGymnasium}
    for name, bridge in worlds.items():
        runs = []
        for seed in range(config.seeds):
            env = bridge(WORLD, discount=config.discount)
            learned, curve = train_market(config, context, env, name, config.key + seed)
            runs.append(learned)
            curves.setdefault(f"market, {name}", []).append(curve)
        finals = [r.final for r in runs]
        findings.append(
            Finding("e", f"{WORLD} through {name}, {config.seeds} seeds, mean return of {config.episodes} episodes in plain Gymnasium",
                    f">= {TARGET:g} of 500", ", ".join(f"{f:.1f}" for f in finals), bool(min(finals) >= TARGET))
        )  # fmt: skip
        findings.append(Finding("e", f"the same, ticks until an evaluation reaches {TARGET:g}", "", told(runs)))
    for name, train in {"PPO": cx.adapters.train_ppo, "DQN": cx.adapters.train_dqn}.items():
        rivals = []
        for seed in range(config.seeds):
            learned, curve = train_rival(config, train, config.key + seed)
            rivals.append(learned)
            curves.setdefault(f"{name} (Stable-Baselines3)", []).append(curve)
        case = f"{name} of Stable-Baselines3, {config.seeds} seeds"
        findings.append(Finding("e", f"{case}, ticks until an evaluation reaches {TARGET:g}", "", told(rivals)))
        finals = ", ".join(f"{r.final:.1f}" for r in rivals)
        findings.append(Finding("e", f"{case}, mean return after {config.rival_ticks:,} ticks", "", finals))
    walk = cx.adapters.evaluate_gymnasium(
        cx.lab.baselines.Uniform(2), WORLD, episodes=config.episodes, seed=20_000, instances=config.episodes
    )
    findings.append(Finding("e", "random pushes, mean return", "", f"{walk.mean_total:.1f}"))
    return Report(
        findings,
        {
            "cartpole": cx.view.seed_curves(
                curves, target=TARGET, unit=f"mean return of {config.episodes} episodes", log=True
            )
        },
        text="Two primitives (push left, push right) with two clones each bid for the cart; a network per primitive sets "
        f"the Beta distribution of its bids, and PPO on the utilities of its sales trains it; a buyer passes {config.earn_out:g} of its gain back to its seller. "
        f"Markets have {config.ticks:,} ticks, the rivals of Stable-Baselines3 {config.rival_ticks:,} with the settings for this world in RL "
        f"Baselines3 Zoo. All are evaluated greedily every {config.every:,} ticks.",
    )


def train_market(
    config: Config, context: Context, env: Any, world: str, seed: int
) -> tuple[Learned, tuple[np.ndarray, np.ndarray]]:
    """Train one society, look at it now and then, test it in plain Gymnasium."""
    best = float(jnp.sum(config.discount ** jnp.arange(500)))
    society = cx.agents.Network.society(
        env,
        key=jax.random.key(1_000 + seed),
        width=config.width,
        depth=2,
        activation=jnp.tanh,
        bid_scale=best,
        endowment=100 * best,
        learner=cx.agents.PPO(
            policy_rate=config.policy_rate,
            value_rate=1e-3,
            entropy=0.0,
            epochs=10,
            max_gradient=0.5,
            decay=0.7,
            decay_after=60,
            decay_every=8,
        ),
    )
    market = cx.DeepMarket(
        society, cx.auctions.CreditConservingVickrey(), earn_out=config.earn_out, round_ticks=config.round_ticks
    )

    def look(run: cx.lab.Run) -> dict[str, float]:
        score = cx.evaluate(run.policy, env, episodes=config.episodes, key=jax.random.key(seed), horizon=500)
        return {"evaluation": score.mean_total}

    trained = cx.train(
        market,
        env,
        ticks=config.ticks,
        instances=config.instances,
        key=jax.random.key(seed),
        folder=context.folder / f"{world} {seed}",
        resume=context.resume,
        replace=not context.resume,
        chunks=config.ticks // config.every,
        progress=context.progress,
        measure=look,
    )
    assert trained.ledger.audit() == 0
    ticks, returns = np.asarray(trained.trace["tick"]), np.asarray(trained.trace["evaluation"])
    test = cx.adapters.evaluate_gymnasium(
        trained.policy, WORLD, episodes=config.episodes, seed=10_000 + seed, instances=config.episodes
    )
    return Learned(first(ticks, returns), test.mean_total), (ticks, returns)


def train_rival(config: Config, train: Callable[..., Any], seed: int) -> tuple[Learned, tuple[np.ndarray, np.ndarray]]:
    """A rival over its whole budget, evaluated as often."""
    _, curve = train(WORLD, config.rival_ticks, seed=seed, every=config.every, episodes=config.episodes)
    return Learned(first(curve.ticks, curve.returns), float(curve.returns[-1])), (curve.ticks[1:], curve.returns[1:])


def first(ticks: np.ndarray, returns: np.ndarray) -> int | None:
    """Ticks at the first evaluation at the target."""
    return next((int(t) for t, value in zip(ticks, returns, strict=True) if value >= TARGET), None)


def told(runs: list[Learned]) -> str:
    """One figure per seed."""
    return ", ".join("not reached" if r.reached is None else f"{r.reached:,}" for r in runs)
