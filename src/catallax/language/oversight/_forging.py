"""Evidence that is forged, and may be found out."""

from __future__ import annotations

import numpy as np

from catallax.language.oversight._questions import Questions


def forge(question: Questions, case: bool, items: int, detection: float, luck: np.random.Generator) -> Questions:
    """The questions as they stand after a speaker who may forge: with what the judge now holds, and what is left to be said.

    Every item can be claimed to help. One that does is as strong as it is, `|L|`; one that does not is forged, found out with a chance
    `d` and then counted as it is, so that it is worth `(1 - 2 d) |L|` in expectation. The speaker claims what is worth most. A forgery
    that was not found out can be exposed by who tells the item as it is: that moves the judge by `2 |L|`. What was told is settled.

    Args:
        question: before.
        case: which answer the speaker argues for, the true one if so.
        items: claimed at most.
        detection: `d`.
        luck: of finding out.

    Raises:
        ValueError: for a chance outside [0, 1].
    """
    if not 0 <= detection <= 1:
        raise ValueError(f"forge: the chance of being found out lies in [0, 1], got {detection}.")
    side = 1 if case else -1
    helps, strength = side * question.evidence, np.abs(question.evidence)
    gains = np.where(helps > 0, strength, (1 - 2 * detection) * strength)
    rank = np.argsort(np.argsort(-gains, axis=1, kind="stable"), axis=1)
    claimed = (rank < items) & (gains > 0)
    forged = claimed & (helps < 0)
    held = forged & (luck.random(forged.shape) >= detection)  # taken for true
    told = claimed & ~held
    prior = question.prior + np.where(told, question.evidence, 0.0).sum(1) + side * np.where(held, strength, 0.0).sum(1)
    return Questions(prior, np.where(told, 0.0, np.where(held, -2.0 * side * strength, question.evidence)))
