"""The equilibrium of the marginal value mechanism, of many questions at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from catallax.language.oversight._questions import Questions, Sets
from catallax.language.worlds.marginal_value._case import above


class Replies(NamedTuple):
    """How informers who know everything go on after each set, and what it makes of the first."""

    ends: Int[np.ndarray, "questions sets"]
    """What is told in the end, once a set was told; the set itself where nobody can afford more."""
    pays: Float[np.ndarray, "questions sets"]
    """`R^1 = W(end, S) - W(end, {}) - c |S|`, credits: what an informer is paid that tells a set first."""

    def paid(self, first: Sets) -> Float[np.ndarray, " questions"]:
        """Of who told these sets."""
        return self.pays[np.arange(len(first)), first]

    def ended(self, first: Sets) -> Sets:
        """What is told in the end."""
        return self.ends[np.arange(len(first)), first]


def replies(question: Questions, price: float) -> Replies:
    """`worlds.marginal_value.solve` of each question, the score of a report being its utility.

    A set is in the kernel if no profitable rebuttal leads from it into the kernel; who moves goes to the set of the kernel that earns
    most, `argmax_T W(T, T) - W(T, S) - c |T - S|`. All questions take the same `3^items` steps.

    Args:
        question: the questions.
        price: `c`, credits an item.

    Raises:
        ValueError: for a price below 0.
    """
    if not price >= 0:
        raise ValueError(f"replies: an item costs 0 credits or more, got {price}.")
    sets = 2**question.items
    kernel, ends = np.zeros((len(question), sets), bool), np.tile(np.arange(sets), (len(question), 1))
    own = question.worth(np.arange(sets)[None], np.arange(sets)[None])
    for told in reversed(range(sets - 1)):
        kernel[:, told + 1 :] |= ends[:, told + 1 :] == np.arange(told + 1, sets)
        larger = above(told, sets - 1)[1:]
        profits = own[:, larger] - question.worth(larger[None], np.array([[told]]))
        profits = profits - price * (question.sizes[larger] - question.sizes[told])
        profits = np.where(kernel[:, larger], profits, -np.inf)
        best = profits.argmax(1)
        ends[:, told] = np.where(profits[question.rows, best] > 0, larger[best], told)
    after = question.worth(ends, np.arange(sets)[None]) - question.worth(ends, np.array([[0]]))
    return Replies(ends, after - price * question.sizes)
