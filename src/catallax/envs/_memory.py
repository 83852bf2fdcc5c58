"""Worlds in which one must remember: T-maze and delayed recall."""

from __future__ import annotations

from typing import Any

import numpy as np

from catallax.envs._tabular import MDP, TabularEnv, tables


class TMaze(TabularEnv):
    """A cue at the start says which way to turn at the end of a corridor.

    Observations: 0 and 1 the two cues, 2 anywhere in the corridor, 3 the junction.
    Actions: 0 forward, 1 left, 2 right; turns in the corridor and forward at the
    junction stay in place. The right turn pays +1, the wrong one -0.1; both end.

    Source: Bakker (2002) for the task; the sizes are ours.
    """

    def __init__(self, corridor: int = 4, discount: float = 0.95, max_steps: int | None = None) -> None:
        if corridor < 1:
            raise ValueError(f"TMaze: corridor must be at least 1, got {corridor}.")
        length = corridor + 2  # cue cell, corridor, junction
        states = 2 * length
        successor, reward = np.zeros((states, 3), int), np.zeros((states, 3))
        ends, seen = np.zeros((states, 3), bool), np.zeros(states, int)
        for cue in range(2):
            for place in range(length):
                state = cue * length + place
                successor[state] = state
                if place < length - 1:
                    successor[state, 0] = state + 1
                    seen[state] = cue if place == 0 else 2
                else:
                    seen[state] = 3
                    ends[state, 1:] = True
                    reward[state, 1:] = (1.0, -0.1) if cue == 0 else (-0.1, 1.0)
        super().__init__(**_remembering("TMaze", successor, reward, ends, seen, length, discount, max_steps))


class DelayedRecall(TabularEnv):
    """A bit is shown, blanks follow, then it must be told: action = bit pays +1.

    Observations: 0 and 1 the bit, 2 blank, 3 the question. Actions: 0, 1; before
    the question both only pass the time.
    """

    def __init__(self, delay: int = 4, discount: float = 0.95, max_steps: int | None = None) -> None:
        if delay < 0:
            raise ValueError(f"DelayedRecall: delay must be at least 0, got {delay}.")
        length = delay + 2
        states = 2 * length
        place = np.tile(np.arange(length), 2)
        bit = np.repeat([0, 1], length)
        asked = place == length - 1
        successor = np.repeat(np.where(asked, np.arange(states), np.arange(states) + 1)[:, None], 2, axis=1)
        reward = (asked[:, None] & (bit[:, None] == np.arange(2))).astype(float)
        seen = np.where(place == 0, bit, np.where(asked, 3, 2))
        ends = np.repeat(asked[:, None], 2, axis=1)
        super().__init__(**_remembering("DelayedRecall", successor, reward, ends, seen, length, discount, max_steps))


def _remembering(
    name: str,
    successor: np.ndarray,
    reward: np.ndarray,
    ends: np.ndarray,
    seen: np.ndarray,
    length: int,
    discount: float,
    max_steps: int | None,
) -> dict[str, Any]:
    states, actions = successor.shape
    start = np.zeros(states)
    start[[0, length]] = 0.5
    mdp = MDP(
        successor[:, :, None],
        np.ones((states, actions, 1)),
        reward[:, :, None],
        ends[:, :, None],
        start,
        discount,
        seen,
    )
    return tables(name, mdp, max_steps=10 * length if max_steps is None else max_steps)
