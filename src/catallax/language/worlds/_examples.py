"""Worlds that make a point, and worlds by chance."""

from __future__ import annotations

import numpy as np

from catallax.language.worlds._decision import Actions, LogScore
from catallax.language.worlds._world import World


def fact_check() -> World:
    """A claim that misleads, and the note that corrects it: `P(E) = 0.1`, `P(E | I1=1) = 0.4`, `P(E | I1=1, I2=1) = 0.2`.

    Whoever knows both prefers to sell the first alone: a buyer who inspects it believes in a gain of 0.3112 nats, and knowing both it
    is a loss of 0.0471.

    Source: the example in "Extrapolating Volition with Recursive Information Markets" (2026), arXiv 2604.08606.

    >>> world = fact_check()
    >>> [float(world.posterior(known)[0].round(4)) for known in ({}, {"I1": 1}, {"I1": 1, "I2": 1})]
    [0.1, 0.4, 0.2]
    """
    weights = np.array([[15 / 32, 15 / 32], [1 / 24, 1 / 48]])
    event = np.array([[0.08, 0.08], [0.5, 0.2]])
    return World(np.stack([weights * event, weights * (1 - event)]))


def legume() -> World:
    """Rice, raw legumes or boiled ones: what context tells is needed by the cook, not only by who chooses what to read.

    The note (`I1 = 1`) says that legumes feed better than rice. The context (`I2 = 1`), offered to who decides whether to buy the note,
    says that this holds for boiled ones and raw ones are poison; otherwise raw ones are as good and boiling is wasted work. Successive
    inspection forgets the context when it has been used: whoever reads the note alone eats raw legumes, so nothing is bought and rice
    is eaten. Recursive inspection hands the context up, and boiled legumes are eaten.

    The outcomes are (legumes no better), (better, raw is fine), (better, raw is poison). The example is the source's, in words; the
    numbers are ours.

    Source: as `fact_check`.
    """
    joint = np.zeros((3, 2, 2))
    joint[0, 0, :] = 0.6 * 0.9, 0.6 * 0.1
    joint[1, 1, 0] = 0.4 * 0.9
    joint[2, 1, 1] = 0.4 * 0.1
    meals = Actions(np.array([[1.0, 1.0, 1.0], [0.0, 3.0, -4.0], [-0.5, 2.0, 2.0]]))
    return World(joint, meals, prices={"I1": 0.05, "I2": 0.05}, question="food")


def rebuttal(defence: float, price: float = 0.1) -> World:
    """A true answer, what refutes it, and what refutes that: who can afford the defence is not attacked.

    By default the buyer does nothing. `I1 = 1` makes acting worth 1, `I2 = 1` then makes it worth -1, and `I3 = 1` makes it worth 1 again;
    without the first the others change nothing. To whoever knows all three the answer is right, and 1 is at stake.

    Args:
        defence: price of the last signal, credits.
        price: of the other two.

    Source: the example is that of "Extrapolating Volition with Recursive Information Markets" (2026), arXiv 2604.08606; the table that
    makes it exact is ours.
    """
    right = np.full((2, 2, 2), 0.05)
    right[1, 0, :], right[1, 1] = 0.875, (0.125, 0.75)
    follows = np.array([[1.0, 0.0], [0.8, 0.2]])  # I3 = 1 comes only with I2 = 1
    weights = np.array([0.8, 0.2])[:, None, None] * np.array([0.8, 0.2])[:, None] * follows
    act = Actions(np.array([[0.0, 0.0], [2.0, -2.0]]))
    prices = {"I1": price, "I2": price, "I3": defence}
    return World(np.stack([weights * right, weights * (1 - right)]), act, prices=prices, question="right")


def reports(*right: float) -> World:
    """An even event and reports of it, independent given the event: `P(y, i) = 1/2 prod_k P(i_k | y)`, where `i_k = y` with the chance `right[k]`.

    Args:
        right: chance that each report is right; 0 says that the event happens.

    Raises:
        ValueError: for no report, and chances outside of (0, 1).

    >>> reports(0.9, 0.7).posterior({"I1": 0}).round(4).tolist()
    [0.9, 0.1]
    """
    if not right or not all(0 < chance < 1 for chance in right):
        raise ValueError(f"reports: expected the chance in (0, 1) of each report to be right, got {right}.")
    joint = np.full(2, 0.5)
    for chance in right:
        given = np.array([[chance, 1 - chance], [1 - chance, chance]])
        joint = joint[..., None] * given.reshape(2, *[1] * (joint.ndim - 1), 2)
    return World(joint)


def random_world(
    luck: np.random.Generator,
    signals: int = 3,
    spread: float = 0.7,
    opinion: float = 0.6,
    dearest: float = 0.05,
    outcomes: int = 2,
) -> World:
    """A table by chance, `P(i) ~ Dirichlet(spread)` and `P(y | i) ~ Dirichlet(opinion)`, prices uniform on `[0, dearest)`, and the bare log score.

    With `spread = outcomes * opinion` it is a Dirichlet distribution over all cells at once.

    Args:
        luck: source of randomness.
        signals: how many, each with two values.
        spread: how even the values of the signals are; small numbers make a few sets of values likely.
        opinion: how undecided the signals leave the outcome; small numbers make it nearly sure.
        dearest: no signal costs more, credits.
        outcomes: how many.
    """
    cells = 2**signals
    weights = luck.dirichlet(np.full(cells, spread))
    given = luck.dirichlet(np.full(outcomes, opinion), cells).T
    prices = {f"I{n}": float(luck.uniform(0, dearest)) for n in range(1, signals + 1)}
    return World((weights * given).reshape(outcomes, *[2] * signals), LogScore(), prices=prices)
