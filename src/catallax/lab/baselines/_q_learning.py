"""Q-learning."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from catallax.core import AbstractEnv
from catallax.lab.baselines._learned import Learned
from catallax.lab.baselines._loop import Settings, learn


def q_learning(
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
    """Learn by `Q(o, a) <- Q(o, a) + a_n (r + discount max_b Q(o', b) - Q(o, a))`.

    The step size of the n-th visit is `a_n = max(step, 1 / (1 + (n - 1) / decay))`; k instances that
    visit the same pair in one tick move it by `1 - (1 - a_n)**k` towards their mean. Explores with
    probability `epsilon / (1 + visits(o) / epsilon_decay)`. Nothing follows a terminated world; a
    truncated one keeps its value. Actions are chosen from the table of the tick before.

    Source: Watkins (1989); Sutton and Barto (2018), section 6.5; decaying exploration: Singh,
    Jaakkola, Littman and Szepesvári (2000).

    Args:
        env: a world with Discrete observations and actions.
        ticks: budget over all instances; rounded down to a multiple of them.
        instances: parallel copies of the world that share the table.
        key: of the whole run.
        step: smallest step size, in [0, 1].
        decay: visits of a pair after which its step size has halved; `step=0, decay=1` averages.
        epsilon: probability of a uniformly random action, in [0, 1].
        epsilon_decay: visits of an observation after which exploration there has halved; infinity: never.
        initial: values before the first visit, credits; with a large `decay` an upper bound on the
            return makes the learner try everything.
        seeds: so many independent learners at once (`vmap`), each with its own budget.
        chunks: rows of the trace; they do not change the run.

    Returns:
        Table, greedy policy and trace.

    Raises:
        ValueError: if spaces are not Discrete or a setting is out of range.

    >>> import catallax as cx, jax
    >>> env = cx.envs.Chain()
    >>> learned = cx.lab.baselines.q_learning(env, ticks=20_000, key=jax.random.key(0))
    >>> round(cx.planning.policy_value(env, learned.policy).start_value, 4)
    0.7685
    """
    settings = Settings(step, decay, epsilon, epsilon_decay, initial)
    return learn(
        "q_learning", highest, env,
        ticks=ticks, instances=instances, key=key, settings=settings, seeds=seeds, chunks=chunks,
    )  # fmt: skip


def highest(q: Float[Array, " actions"], action: Int[Array, ""]) -> Float[Array, ""]:
    """`max_b Q(o', b)`, whatever is done next."""
    return jnp.max(q)
