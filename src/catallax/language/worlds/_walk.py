"""Protocols walked case by case, without tables: slow, and a check of those that are fast."""

from __future__ import annotations

from itertools import product

import numpy as np
from jaxtyping import Float

from catallax.language.worlds._plan import History, Offers, checked, options
from catallax.language.worlds._protocols import Recall, everything, visible
from catallax.language.worlds._world import Contents, World, expected


def walked(world: World, offers: Offers, recall: Recall = everything) -> float:
    """The value of a protocol by plain recursion: in each case, level by level, each purchase that it may make.

    Args:
        world: the table, the decision, the prices; small, as the number of cases and of purchases grows exponentially.
        offers: signals by level.
        recall: what levels know of purchases above them: `everything` of `recursive`, or `nearest` of `successive`.

    Returns:
        Credits, the same as the value of the plan.

    >>> from catallax.language import worlds
    >>> bool(np.isclose(walked(worlds.legume(), [["I1"], ["I2"]]), worlds.recursive(worlds.legume(), [["I1"], ["I2"]]).value))
    True
    """
    levels, total = checked(world, offers), 0.0
    for values in product(*(range(size) for size in world.joint.shape[1:])):
        contents = dict(zip(world.signals, values, strict=True))
        if chance := world.probability(contents):
            pays = _paid(world, levels, len(levels), (), contents, recall)
            total += chance * expected(world.posterior(contents), pays)
    return total


def _paid(
    world: World,
    offers: tuple[tuple[str, ...], ...],
    level: int,
    history: History,
    contents: Contents,
    recall: Recall,
) -> Float[np.ndarray, " outcomes"]:
    """What this level and those below make of one case after a history, by outcome."""
    sees = {name: contents[name] for name in visible(offers, level, recall(history))}
    belief = world.posterior(sees)
    if level == 0:
        return world.decision.payoffs(belief)
    best, most = None, -np.inf
    for option in options(offers[level - 1]):
        pays = _paid(world, offers, level - 1, (option, *history), contents, recall) - world.cost(option)
        worth = expected(belief, pays)
        if best is None or worth > most + 1e-12:
            best, most = pays, worth
    assert best is not None
    return best
