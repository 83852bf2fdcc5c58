"""What the right to act is worth to each primitive of a society that bids its values."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from catallax.core import AbstractEnv
from catallax.envs import planning


def societal_values(env: AbstractEnv, highest: float = 1.0) -> Float[np.ndarray, "obs actions"]:
    """Bids at the fixed point of truthful clones: `Q(s, a) = r + discount * max_b clip(Q(s', b), 0, highest)`, clipped alike.

    Without the clipping this is the optimal value of the action. A clock that runs
    out is no part of it. Rows of states that no policy leaves the start for are NaN,
    as are states in which nothing can be earned any more.

    Args:
        env: a finite world whose observations are its states.
        highest: largest possible bid, credits.

    Raises:
        TypeError: if the world has no tables.
        ValueError: if states are hidden.

    Source: Chang et al. (2020): the optimal societal Q-values.

    >>> import catallax as cx
    >>> societal_values(cx.envs.Bandit()).round(2).tolist()
    [[0.2, 0.4, 0.6, 0.8]]
    """
    mdp = planning.problem(env)
    if not np.array_equal(mdp.observation, np.arange(mdp.start.size)):
        raise ValueError(f"societal_values: {type(env).__name__} hides its states; bids there have no single value.")
    values = np.zeros(mdp.start.size)
    while True:
        q = np.clip(planning.backup(mdp, values), 0.0, highest)
        if np.max(np.abs(q.max(1) - values)) <= 1e-12:
            break
        values = q.max(1)
    reached = mdp.start > 0
    for _ in range(mdp.start.size):
        onward = (mdp.probability > 0) & reached[:, None, None] & ~mdp.terminal
        reached[mdp.successor[onward]] = True
    q[~reached | (values <= 0)] = np.nan
    return q
