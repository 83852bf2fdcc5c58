"""Informers who take turns, by whatever rule, and are paid in the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from catallax.language.worlds.marginal_value._case import Case
from catallax.language.worlds.marginal_value._kernel import solve

Policy = Callable[[int], int]
"""From the set told so far to the set told after the move: the same one for null."""


class Episode(NamedTuple):
    """What was told, and what it paid."""

    shown: tuple[int, ...]
    """The set told after each move; null moves are left out."""
    rewards: Float[np.ndarray, " moves"]
    """Credits for each."""


def simulate(case: Case, policies: Sequence[Policy]) -> Episode:
    """Informers move in turn, over and over, until one adds nothing; then `R^n` is paid to each for each move.

    There is no last informer: with a fixed number of moves the last would not be corrected by anyone.

    Args:
        case: what the informers know.
        policies: one for each informer, in the order of moves.

    Raises:
        ValueError: without informers, and for a move that takes back what was told or tells what is not there.
    """
    if not policies:
        raise ValueError("simulate: expected the policy of at least one informer.")
    shown: list[int] = []
    while len(shown) <= len(case.prices):
        now = shown[-1] if shown else 0
        after = policies[len(shown) % len(policies)](now)
        if after == now:
            break
        case.rewards([*shown, after])  # complains of a move that is not allowed
        shown.append(after)
    return Episode(tuple(shown), case.rewards(shown))


def equilibrium(case: Case) -> Policy:
    """The policy of one who knows the kernel."""
    moves = solve(case).moves
    return lambda shown: int(moves[shown])
