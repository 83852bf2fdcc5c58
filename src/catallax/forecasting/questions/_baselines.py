"""Forecasters that know nothing of their own."""

from __future__ import annotations

from catallax.forecasting.questions._question import Question


def uniform(question: Question) -> float | tuple[float, ...]:
    """All outcomes alike.

    >>> uniform(Question("rain", "Will it rain?"))
    0.5
    """
    return 0.5 if question.outcomes == 2 else (1 / question.outcomes,) * question.outcomes


def crowd(question: Question) -> float | tuple[float, ...]:
    """What the crowd said.

    Raises:
        ValueError: where it said nothing.

    >>> crowd(Question("rain", "Will it rain?", crowd=0.3))
    0.3
    """
    if question.crowd is None:
        raise ValueError("no crowd has said anything on this question")
    return question.crowd
