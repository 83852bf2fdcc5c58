"""Sarsa."""

from __future__ import annotations

from jaxtyping import Array, Float, Int, Key

from catallax.core import AbstractEnv
from catallax.lab.baselines._learned import Learned
from catallax.lab.baselines._loop import Settings, learn


def sarsa(
    env: AbstractEnv,
    *,
    ticks: int,
    instances: int = 64,
    key: Key[Array, ""],
    step: float = 0.05,
    decay: float = 1.0,
    epsilon: float = 0.1,
    epsilon_decay: float = float("inf"),
    initial: float = 0.0,
    seeds: int | None = None,
    chunks: int = 100,
) -> Learned:
    """Learn by `Q(o, a) <- Q(o, a) + a_n (r + discount Q(o', a') - Q(o, a))`, a' the action taken next.

    Its values are those of the exploring policy: they become the optimal ones only as exploration
    decays. At the end of a truncated episode a' is drawn, but not taken.

    Source: Rummery and Niranjan (1994); Sutton and Barto (2018), section 6.4; decaying exploration:
    Singh, Jaakkola, Littman and Szepesvári (2000).

    Args:
        env: a world with Discrete observations and actions.
        ticks: budget over all instances; rounded down to a multiple of them.
        instances: parallel copies of the world that share the table.
        key: of the whole run.
        step: smallest step size, in [0, 1]; step sizes are those of `q_learning`.
        decay: visits of a pair after which its step size has halved.
        epsilon: probability of a uniformly random action, in [0, 1].
        epsilon_decay: visits of an observation after which exploration there has halved; infinity: never.
        initial: values before the first visit, credits.
        seeds: so many independent learners at once (`vmap`), each with its own budget.
        chunks: rows of the trace; they do not change the run.

    Returns:
        Table, greedy policy and trace.

    Raises:
        ValueError: if spaces are not Discrete or a setting is out of range.
    """
    settings = Settings(step, decay, epsilon, epsilon_decay, initial)
    return learn(
        "sarsa", taken, env,
        ticks=ticks, instances=instances, key=key, settings=settings, seeds=seeds, chunks=chunks,
    )  # fmt: skip


def taken(q: Float[Array, " actions"], action: Int[Array, ""]) -> Float[Array, ""]:
    """`Q(o', a')`."""
    return q[action]
