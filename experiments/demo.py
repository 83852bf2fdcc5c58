"""Cross the frozen lake, ours and Gymnasium's: a market beside Q-learning, a random walk and the exact optimum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

import catallax as cx
from catallax.lab import Context, Finding, Report

RESUMES = True


@dataclass(frozen=True)
class Config:
    """Settings."""

    size: str = "8x8"
    """Which lake: 4x4 or 8x8."""
    ticks: int = 3_000_000
    """Budget of each method, over all instances."""
    instances: int = 64
    """Parallel worlds that share the society's wealth, or the table of Q-learning."""
    exploration: float = 0.1
    """Probability that a sale goes to anybody, at the house's expense; of a random action in Q-learning."""
    step: float = 0.003
    """Smallest step size, of bidders and of Q-learning."""
    decay: float = 100.0
    """Visits after which a step size has halved."""
    episodes: int = 2_000
    """Episodes per evaluation."""
    gymnasium_ticks: int = 256_000
    """Budget of each method on Gymnasium's lake, which is slower."""
    gymnasium_episodes: int = 250
    """Episodes per evaluation there."""
    key: int = 0
    """Seed of the run."""


LIMIT = 200
"""Ticks after which an episode is cut off."""


class Lake(NamedTuple):
    """A lake to cross."""

    title: str
    env: cx.core.AbstractEnv
    model: cx.envs.FrozenLake
    """The same lake as a table, for exact values."""
    ticks: int
    """Budget of each method."""
    folder: Path
    """Of the market's run."""
    play: Callable[[Any, int], cx.lab.Score]
    """Episodes of a policy from a seed."""


class Crossing(NamedTuple):
    """What one lake gave."""

    findings: list[Finding]
    learning: cx.view.Learning


def run(config: Config, context: Context) -> Report:
    """Cross both lakes, draw one picture."""
    crossings = [
        cross(config, context, lake) for lake in (library_lake(config, context), gymnasium_lake(config, context))
    ]
    print(f"report: {cx.view.write_report(context.folder)}")
    print(f"of the other lake: catallax report {context.folder / 'gymnasium'}")
    return Report(
        [finding for crossing in crossings for finding in crossing.findings],
        {"demo": cx.view.compare_learning([crossing.learning for crossing in crossings])},
        text="Both methods have the same budget, the same step sizes and the same exploration, and start from the largest "
        "possible return; the picture shows the exact value of the greedy policy after every hundredth of the budget, without the "
        f"limit of {LIMIT} ticks under which it is trained and played.",
    )


def library_lake(config: Config, context: Context) -> Lake:
    """The lake that comes with the library."""
    env = cx.envs.FrozenLake(config.size, max_steps=LIMIT)

    def play(policy: Any, seed: int) -> cx.lab.Score:
        return cx.evaluate(policy, env, episodes=config.episodes, key=jax.random.key(seed))

    return Lake(f"frozen lake {config.size}", env, env, config.ticks, context.folder, play)


def gymnasium_lake(config: Config, context: Context) -> Lake:
    """Gymnasium's lake, which runs on the host behind the adapter."""
    model = cx.envs.FrozenLake(config.size, max_steps=LIMIT)
    settings = {"map_name": config.size, "is_slippery": True, "max_episode_steps": LIMIT}
    env = cx.adapters.FromGymnasium("FrozenLake-v1", discount=model.discount, **settings)

    def play(policy: Any, seed: int) -> cx.lab.Score:
        return cx.adapters.evaluate_gymnasium(
            policy,
            "FrozenLake-v1",
            episodes=config.gymnasium_episodes,
            seed=seed * config.gymnasium_episodes,
            discount=model.discount,
            instances=config.gymnasium_episodes,
            **settings,
        )

    return Lake(
        f"Gymnasium's FrozenLake-v1 {config.size}", env, model, config.gymnasium_ticks, context.folder / "gymnasium", play
    )  # fmt: skip


def cross(config: Config, context: Context, lake: Lake) -> Crossing:
    """Train market and Q-learning on one lake, play both."""
    best = cx.planning.value_iteration(lake.model).start_value
    trained = train_market(config, context, lake)
    learned = train_learner(config, lake)
    curves = {
        "market": (np.asarray(trained.trace["tick"], float), np.asarray(trained.trace["evaluation"], float)),
        "Q-learning": (learned.trace["tick"].astype(float), np.array([value_of(lake, q) for q in learned.history])),
    }
    # exact, as all actions have the same probability
    floor = cx.planning.policy_value(lake.model, np.full(learned.values.shape, 1 / learned.values.shape[1])).start_value
    scores = {"market": lake.play(trained.policy, 1), "Q-learning": lake.play(learned.policy, 2)}
    rows = [
        {"name": "optimum", "value": best},
        *({"name": name, "value": s.mean_return, "std_error": s.std_error} for name, s in scores.items()),
        {"name": "random", "value": floor},
    ]
    assert trained.folder is not None
    trained.folder.update(
        result=rows,
        curves={"Q-learning": {"tick": curves["Q-learning"][0].tolist(), "value": curves["Q-learning"][1].tolist()}},
    )
    print(trained.summary())
    exact = {"optimum": best, "random": floor, **{name: values[-1] for name, (_, values) in curves.items()}}
    imbalance = trained.ledger.imbalance
    return Crossing(
        [
            *(Finding("demo", f"{lake.title}: {r['name']}", "", told(r, exact[str(r["name"])] / best)) for r in rows),
            Finding("demo", f"{lake.title}: imbalance of the books, grains", "0", str(imbalance), imbalance == 0),
        ],
        # the model knows where the cells lie
        cx.view.Learning(lake.title, curves, best, floor, cx.lab.price_arrays(replace(trained, env=lake.model))),
    )  # fmt: skip


def train_market(config: Config, context: Context, lake: Lake) -> cx.lab.Run:
    """The market's run, evaluated exactly at every look."""
    market = cx.DeepMarket(
        cx.agents.Tabular.society(lake.env, step=config.step, decay=config.decay),
        cx.auctions.Trembling(cx.auctions.CreditConservingVickrey(), config.exploration),
    )
    return cx.train(
        market,
        lake.env,
        ticks=lake.ticks,
        instances=config.instances,
        key=jax.random.key(config.key),
        folder=lake.folder,
        resume=context.resume,
        replace=not context.resume,
        tracked=1,
        progress=context.progress,
        measure=lambda run: {"evaluation": cx.planning.policy_value(lake.model, run.greedy()).start_value},
    )


def train_learner(config: Config, lake: Lake) -> cx.lab.baselines.Learned:
    """Q-learning on the market's budget."""
    return cx.lab.baselines.q_learning(
        lake.env,
        ticks=lake.ticks,
        instances=config.instances,
        key=jax.random.key(config.key),
        step=config.step,
        decay=config.decay,
        epsilon=config.exploration,
        initial=1.0,
    )


def value_of(lake: Lake, q: np.ndarray) -> float:
    """Exact value of the greedy policy of a table, credits."""
    return cx.planning.policy_value(lake.model, q.argmax(1)).start_value


def told(row: dict[str, Any], share: float) -> str:
    """What was played, and the exact value of the greedy policy."""
    played = f"{row['value']:.4f} ± {row['std_error']:.4f} played, " if "std_error" in row else ""
    return f"{played}{100 * share:.2f} % of the optimum, exactly"
