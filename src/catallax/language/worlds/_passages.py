"""A question whose answer is told by passages: fresh, contradictory, stale, copied and irrelevant ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from catallax.language.worlds._decision import Actions
from catallax.language.worlds._world import World


@dataclass(frozen=True)
class Passage:
    """What a title tells of a passage: what it may turn out to be, and what it costs. With what is left it is irrelevant.

    Args:
        fresh: chance that it states the answer, right as often as the world says.
        contradictory: chance that it states, as freshly, an answer that is wrong.
        stale: chance that it states the answer of an earlier day, and says so.
        copied: chance that it says what the passage before it says.
        price: credits.

    Raises:
        ValueError: for chances that are none, or add up to more than 1.
    """

    fresh: float
    contradictory: float = 0.0
    stale: float = 0.0
    copied: float = 0.0
    price: float = 0.0

    def __post_init__(self) -> None:
        chances = (self.fresh, self.contradictory, self.stale, self.copied)
        if not all(0 <= chance <= 1 for chance in chances) or not sum(chances) < 1 + 1e-12:
            raise ValueError(f"Passage: expected chances that add up to at most 1, got {chances}.")


def passages(
    shelf: Sequence[Passage], answers: int = 3, accuracy: float = 0.9, changed: float = 0.5, value: float = 1.0
) -> World:
    """The world of a question with some answers, all equally likely, and a shelf of passages.

    The outcome `y` is the right answer, deciding right pays `value`. The answer of the earlier day, the same for all stale
    passages, is `y` with the chance `1 - changed`. Each signal `P1, P2, ...` is 0 where the passage is irrelevant, `1 + v`
    where it freshly states the answer `v`, `1 + answers + v` where it states it of the earlier day:

    `P(i | y, z) = prod_j (f_j(i_j | y, z) + copied_j [i_j = i_{j-1}])`, summed over the earlier answer `z`.

    Args:
        shelf: titles, in order; the first has nothing to be copied from.
        answers: how many there are.
        accuracy: chance that a fresh passage is right.
        changed: chance that the answer was another one.
        value: credits for the right answer.

    Raises:
        ValueError: for fewer than 2 answers, an empty shelf, chances that are none, or a copy of nothing.

    >>> world = passages([Passage(fresh=0.6, stale=0.2, price=0.1), Passage(fresh=0.2, copied=0.5, price=0.02)])
    >>> [round(float(world.posterior({"P1": said})[0]), 3) for said in (0, 1, 4)]  # irrelevant, fresh, of an earlier day
    [0.333, 0.9, 0.5]
    """
    if answers < 2 or not shelf or not (0 <= accuracy <= 1 and 0 <= changed <= 1):
        raise ValueError(
            f"passages: expected a shelf, at least 2 answers and chances in [0, 1], got {len(shelf)} passages, {answers}, {accuracy}, {changed}."
        )
    if shelf[0].copied:
        raise ValueError("passages: the first passage has nothing to be copied from; set its `copied` to 0.")
    same = np.eye(answers)
    other = (1 - same) / (answers - 1)
    kinds = 1 + 2 * answers
    earlier = (1 - changed) * same + changed * other
    joint = earlier / answers  # outcomes, earlier answers, then the passages
    for number, passage in enumerate(shelf):
        own = np.zeros((answers, answers, kinds))
        own[:, :, 0] = 1 - passage.fresh - passage.contradictory - passage.stale - passage.copied
        fresh = passage.fresh * (accuracy * same + (1 - accuracy) * other) + passage.contradictory * other
        own[:, :, 1 : 1 + answers] = fresh[:, None, :]
        own[:, :, 1 + answers :] = passage.stale * same[None]
        own = own.reshape(answers, answers, *[1] * number, kinds)
        joint = joint[..., None] * (own + (passage.copied * np.eye(kinds) if number else 0.0))
    joint = np.maximum(joint.sum(1), 0)
    prices = {f"P{n}": passage.price for n, passage in enumerate(shelf, 1)}
    return World(joint / joint.sum(), Actions(value * same), tuple(prices), prices, "answer")


def random_shelf(luck: np.random.Generator, count: int = 4, dearest: float = 0.2) -> tuple[Passage, ...]:
    """Titles by chance: what each passage may be `~ Dirichlet(1)` over the five kinds, its price uniform on `[0, dearest)`.

    Args:
        luck: source of randomness.
        count: passages.
        dearest: no passage costs more, credits.
    """
    shelf = []
    for number in range(count):
        chances = luck.dirichlet(np.ones(5 if number else 4)).tolist()
        fresh, contradictory, stale, _, *copied = chances
        shelf.append(
            Passage(fresh, contradictory, stale, copied[0] if copied else 0.0, float(luck.uniform(0, dearest)))
        )
    return tuple(shelf)
