"""Worlds of passages, beside a walk through everything that each passage may be."""

import itertools

import numpy as np
import pytest

from catallax.language import worlds
from catallax.language.worlds import Passage

SHELF = (
    Passage(fresh=0.4, contradictory=0.2, stale=0.3, price=0.1),
    Passage(fresh=0.3, contradictory=0.1, stale=0.2, copied=0.25, price=0.05),
    Passage(fresh=0.1, stale=0.1, copied=0.6),
)
ANSWERS, ACCURACY, CHANGED = 3, 0.8, 0.4


def walked() -> np.ndarray:
    """`P(y, i)` by plain enumeration: truths, earlier answers, kinds, what is stated."""
    joint = np.zeros((ANSWERS, *[1 + 2 * ANSWERS] * len(SHELF)))
    others = 1 / (ANSWERS - 1)

    def shelf(y: int, z: int, chance: float, said: tuple[int, ...]) -> None:
        if len(said) == len(SHELF):
            joint[(y, *said)] += chance
            return
        it = SHELF[len(said)]
        left = 1 - it.fresh - it.contradictory - it.stale - it.copied
        shelf(y, z, chance * left, (*said, 0))
        for v in range(ANSWERS):
            right = ACCURACY if v == y else (1 - ACCURACY) * others
            shelf(y, z, chance * it.fresh * right, (*said, 1 + v))
            if v != y:
                shelf(y, z, chance * it.contradictory * others, (*said, 1 + v))
        shelf(y, z, chance * it.stale, (*said, 1 + ANSWERS + z))
        if said:
            shelf(y, z, chance * it.copied, (*said, said[-1]))

    for y, z in itertools.product(range(ANSWERS), repeat=2):
        shelf(y, z, (1 - CHANGED if z == y else CHANGED * others) / ANSWERS, ())
    return joint


def test_the_table_is_that_of_all_that_passages_may_be():
    world = worlds.passages(SHELF, ANSWERS, ACCURACY, CHANGED, value=2.0)
    np.testing.assert_allclose(world.joint, walked(), atol=1e-12)
    assert world.signals == ("P1", "P2", "P3") and world.prices["P2"] == 0.05
    # an answer by chance, and by a fresh passage
    assert world.value({}) == pytest.approx(2 / 3)
    fresh = worlds.passages([Passage(fresh=1.0)], ANSWERS, ACCURACY)
    assert fresh.ex_ante(["P1"]) == pytest.approx(ACCURACY - 1 / 3)
    # a copy tells nothing new
    copy = worlds.passages([Passage(fresh=1.0), Passage(fresh=0.0, copied=1.0)], ANSWERS, ACCURACY)
    assert copy.ex_ante(["P2"], {"P1": 1}) == pytest.approx(0)


def test_what_is_wrong_is_named():
    with pytest.raises(ValueError, match="chances that add up to at most 1"):
        Passage(fresh=0.8, stale=0.3)
    with pytest.raises(ValueError, match="nothing to be copied from"):
        worlds.passages([Passage(fresh=0.2, copied=0.3)])
    with pytest.raises(ValueError, match="at least 2 answers"):
        worlds.passages([], answers=3)


def test_random_shelves_are_worlds():
    shelf = worlds.random_shelf(np.random.default_rng(0), 3, dearest=0.1)
    world = worlds.passages(shelf)
    assert max(world.prices.values()) < 0.1
    # who looks before buying does at least as well as who goes by titles, and that at least as well as nobody
    values = [worlds.none(world).value, worlds.ex_ante(world, [world.signals]).value]
    values.append(worlds.one_level(world, [world.signals]).value)
    assert values == sorted(values) and values[2] > values[1] > values[0]
