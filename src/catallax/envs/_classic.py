"""The worlds of Chang et al.: bandit, chain, duality."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from catallax.envs._tabular import TabularEnv, deterministic, tables


class Bandit(TabularEnv):
    """One state, one tick; arm k pays `rewards[k]` credits.

    Source: Chang et al. (2020), Market Bandit (0.2, 0.4, 0.6, 0.8).
    """

    def __init__(self, rewards: Sequence[float] = (0.2, 0.4, 0.6, 0.8), discount: float = 0.99) -> None:
        if not rewards:
            raise ValueError("Bandit: expected at least one arm.")
        pay = np.asarray([rewards], np.float64)
        ends = np.ones_like(pay, bool)
        mdp = deterministic(np.zeros_like(pay, int), pay, ends, np.ones(1), discount)
        super().__init__(**tables("Bandit", mdp))


class Chain(TabularEnv):
    """Cells in a row; left (0) and right (1); entering the last cell pays and ends.

    Source: Chang et al. (2020): 6 cells, 0.8 at the goal, 20 ticks at most.
    """

    def __init__(self, cells: int = 6, reward: float = 0.8, discount: float = 0.99, max_steps: int | None = 20) -> None:
        if cells < 2:
            raise ValueError(f"Chain: expected at least 2 cells, got {cells}.")
        here = np.arange(cells)
        successor = np.clip(np.stack([here - 1, here + 1], 1), 0, cells - 1)
        goal = successor == cells - 1
        start = np.eye(cells)[0]
        mdp = deterministic(successor, reward * goal, goal, start, discount)
        super().__init__(**tables("Chain", mdp, max_steps=max_steps))


class Duality(TabularEnv):
    """Two good states and a pit, where the greedy action and the valuable one differ without clones.

    Action 0 leads from state 0 into the pit (-1 credit a tick, for ever) and from
    state 1 back to 0 (+0.5); action 1 leads from 0 to 1 (+0.5) and stays in 1 (+0.3).

    Source: Chang et al. (2020): 10 ticks, then truncated.
    """

    def __init__(self, scale: float = 1.0, discount: float = 0.99, max_steps: int | None = 10) -> None:
        successor = np.array([[2, 1], [0, 1], [2, 2]])
        reward = scale * np.array([[0.0, 0.5], [0.5, 0.3], [-1.0, -1.0]])
        ends = np.zeros((3, 2), bool)
        mdp = deterministic(successor, reward, ends, np.eye(3)[0], discount)
        super().__init__(**tables("Duality", mdp, max_steps=max_steps))
