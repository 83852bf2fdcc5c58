"""Informers that know nothing of kernels and learn from what the mechanism pays them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from catallax.language.worlds.marginal_value._case import Case
from catallax.language.worlds.marginal_value._play import Policy


class Trained(NamedTuple):
    """What a row of bandits has learned, many times over."""

    values: Float[np.ndarray, "seeds informers sets sets"]
    """Credits that each move is held to earn: axes of the set told before it and after it; `-inf` where there is no such move."""

    def moves(self, informer: int, shown: Int[np.ndarray, " seeds"]) -> Int[np.ndarray, " seeds"]:
        """What an informer tells, having learned."""
        return self.values[np.arange(len(shown)), informer, shown].argmax(-1)

    @property
    def told(self) -> Int[np.ndarray, "seeds informers"]:
        """The set told after each informer's move."""
        shown, path = np.zeros(len(self.values), np.int64), []
        for informer in range(self.values.shape[1]):
            path.append(shown := self.moves(informer, shown))
        return np.stack(path, 1)

    def policies(self, seed: int) -> list[Policy]:
        """What the informers of one seed do."""
        return [
            lambda shown, informer=informer: int(self.values[seed, informer, shown].argmax())
            for informer in range(self.values.shape[1])
        ]


def train(case: Case, episodes: int = 4_000, seeds: int = 20, step: float = 0.1, seed: int = 0) -> Trained:
    """One bandit for each place in the order of moves, `Q_n(S, T) += step (R^n - Q_n(S, T))`, paid `R^n` and told nothing else.

    Exploration falls from always to never, `eps = 1 - t / episodes`. There is a place more than atoms, so that nobody's move is sure to
    stay without reply.

    Args:
        case: what the informers know.
        episodes: games played.
        seeds: rows of informers that learn side by side, each for itself.
        step: how far a value moves to what was paid.
        seed: of the run.
    """
    sets, places = len(case.beliefs), len(case.prices) + 1
    every = np.arange(sets)
    worth, costs = case.worth(every[:, None], every[None]), case.costs
    allowed = every[:, None] & ~every[None] == 0
    values = np.broadcast_to(np.where(allowed, 0.0, -np.inf), (seeds, places, sets, sets)).copy()
    luck, rows = np.random.default_rng(seed), np.arange(seeds)
    for episode in range(episodes):
        path = np.zeros((places + 1, seeds), np.int64)
        ended = np.zeros(seeds, bool)
        for place in range(places):
            now = path[place]
            greedy = values[rows, place, now].argmax(-1)
            anything = np.where(allowed[now], luck.random((seeds, sets)), -1.0).argmax(-1)
            move = np.where(luck.random(seeds) < 1 - episode / episodes, anything, greedy)
            path[place + 1] = np.where(ended, now, move)
            ended |= path[place + 1] == now
        last = path[-1]
        for place in range(places):
            now, after = path[place], path[place + 1]
            paid = worth[last, after] - worth[last, now] - costs[after] + costs[now]
            spot = (rows, place, now, after)
            values[spot] += step * (paid - values[spot])  # null is paid 0, also after the end
    return Trained(values)
