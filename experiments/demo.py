"""Cross the frozen lake: a market beside Q-learning, a random walk and the exact optimum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import numpy as np

import catallax as cx
from catallax.lab import Context, Finding, Report


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
    key: int = 0
    """Seed of the run."""


class Crossing(NamedTuple):
    """What one lake gave."""

    rows: list[dict[str, Any]]
    """Methods with `name`, `value` (discounted return, credits) and `std_error`."""
    findings: list[Finding]
    learning: cx.view.Learning


def run(config: Config, context: Context) -> Report:
    """Cross every lake, draw one picture."""
    crossings = [cross(config, context) for cross in LAKES]
    return Report(
        [finding for crossing in crossings for finding in crossing.findings],
        {"demo": cx.view.compare_learning([crossing.learning for crossing in crossings])},
        text="Both methods have the same budget, the same step sizes and the same exploration, and start from the largest "
        "possible return; the picture shows the exact value of the greedy policy after every hundredth of the budget.",
    )


def library_lake(config: Config, context: Context) -> Crossing:
    """The lake that comes with the library; its run folder is the context's."""
    env = cx.envs.FrozenLake(config.size, max_steps=200)
    best = cx.planning.value_iteration(env).start_value
    trained = train_market(config, context, env)
    learned = train_learner(config, env)
    curves = {
        "market": (np.asarray(trained.trace["tick"], float), np.asarray(trained.trace["evaluation"], float)),
        "Q-learning": (learned.trace["tick"].astype(float), np.array([value_of(env, q) for q in learned.history])),
    }
    # exact, as all actions have the same probability
    floor = cx.planning.policy_value(env, np.full(learned.values.shape, 1 / learned.values.shape[1])).start_value
    rows = [
        {"name": "optimum", "value": best},
        *played(config, env, {"market": trained.policy, "Q-learning": learned.policy}),
        {"name": "random", "value": floor},
    ]
    assert trained.folder is not None
    trained.folder.update(
        result=rows,
        curves={"Q-learning": {"tick": curves["Q-learning"][0].tolist(), "value": curves["Q-learning"][1].tolist()}},
    )
    print(trained.summary())
    print(f"report: {cx.view.write_report(trained.folder)}")
    title = f"frozen lake {config.size}"
    exact = ", ".join(f"{values[-1] / best:.4f}" for _, values in curves.values())
    return Crossing(
        rows,
        [
            Finding("demo", f"{title}, exact greedy value over the optimum: market, Q-learning", "", exact),
            Finding("demo", f"{title}, discounted return over episodes: {', '.join(r['name'] for r in rows)}", "",
                    ", ".join(f"{r['value']:.4f}" + (f" ± {r['std_error']:.4f}" if "std_error" in r else "") for r in rows)),
            Finding("demo", f"{title}, imbalance of the books, grains", "0", str(trained.ledger.imbalance),
                    trained.ledger.imbalance == 0),
        ],
        cx.view.Learning(title, curves, best, floor, cx.lab.price_arrays(trained)),
    )  # fmt: skip


LAKES = (library_lake,)
"""Functions `(config, context) -> Crossing`, one per lake."""


def train_market(config: Config, context: Context, env: cx.envs.FrozenLake) -> cx.lab.Run:
    """The market's run, evaluated exactly at every look."""
    market = cx.DeepMarket(
        cx.agents.Tabular.society(env, step=config.step, decay=config.decay),
        cx.auctions.Trembling(cx.auctions.CreditConservingVickrey(), config.exploration),
    )
    return cx.train(
        market,
        env,
        ticks=config.ticks,
        instances=config.instances,
        key=jax.random.key(config.key),
        folder=context.folder,
        resume=context.resume,
        replace=not context.resume,
        tracked=1,
        progress=context.progress,
        measure=lambda run: {"evaluation": cx.planning.policy_value(env, run.greedy()).start_value},
    )


def train_learner(config: Config, env: cx.envs.FrozenLake) -> cx.lab.baselines.Learned:
    """Q-learning on the market's budget."""
    return cx.lab.baselines.q_learning(
        env,
        ticks=config.ticks,
        instances=config.instances,
        key=jax.random.key(config.key),
        step=config.step,
        decay=config.decay,
        epsilon=config.exploration,
        initial=1.0,
    )


def value_of(env: cx.envs.FrozenLake, q: np.ndarray) -> float:
    """Exact value of the greedy policy of a table, credits."""
    return cx.planning.policy_value(env, q.argmax(1)).start_value


def played(config: Config, env: Any, policies: dict[str, Any]) -> list[dict[str, Any]]:
    """A row per policy: mean discounted return over episodes."""
    rows = []
    for number, (name, policy) in enumerate(policies.items(), 1):
        score = cx.evaluate(policy, env, episodes=config.episodes, key=jax.random.key(number))
        rows.append({"name": name, "value": score.mean_return, "std_error": score.std_error})
    return rows
