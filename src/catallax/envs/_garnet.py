"""Garnet: random finite decision problems."""

from __future__ import annotations

import jax
import numpy as np
from jaxtyping import Array, Key

from catallax.envs._tabular import MDP, TabularEnv, tables


class Garnet(TabularEnv):
    """Random successors, probabilities and rewards; never ends.

    For each state and action: `branching` different successors drawn uniformly,
    probabilities the gaps between sorted uniforms, one reward uniform in [0, 1].
    Starts uniformly.

    Source: Archibald, McKinnon and Thomas (1995).
    """

    def __init__(
        self,
        states: int,
        actions: int,
        branching: int,
        *,
        key: Key[Array, ""],
        discount: float = 0.9,
        max_steps: int | None = None,
    ) -> None:
        if not 1 <= branching <= states:
            raise ValueError(f"Garnet: branching must lie between 1 and states = {states}, got {branching}.")
        rng = np.random.default_rng(np.asarray(jax.random.key_data(key), np.uint32))
        shape = (states, actions, branching)
        successor = np.stack(
            [[rng.choice(states, branching, replace=False) for _ in range(actions)] for _ in range(states)]
        )
        cuts = np.sort(rng.random((states, actions, branching - 1)), axis=2)
        probability = np.diff(cuts, prepend=0.0, append=1.0, axis=2)
        reward = np.broadcast_to(rng.random((states, actions, 1)), shape)
        start = np.full(states, 1 / states)
        mdp = MDP(successor, probability, reward, np.zeros(shape, bool), start, discount, np.arange(states))
        super().__init__(**tables("Garnet", mdp, max_steps=max_steps))
