"""What is sold in a reasoning market: a chain of thoughts, and what a thinker sees of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from catallax.core import to_micro


class Thought(NamedTuple):
    """One message of the chain; a state is a tuple of them."""

    id: str
    """Episode and round, `"7/2"`."""
    author: str
    text: str
    parent: str
    """Id of the thought it was appended to, `""` for the first."""
    cost: int
    """What its making was billed, micro-credits."""


class Question(NamedTuple):
    """The public part of a task."""

    text: str
    bounty: int
    """What a perfect answer is paid, micro-credits."""
    kind: str = ""
    """A public tag, such as the name of a family of questions."""


@dataclass(frozen=True)
class Task:
    """What a consumer wants, and how it judges an answer.

    Args:
        question: what thinkers see.
        grade: score of an answer, in [0, 1]; thinkers do not see it. A grader that raises or leaves [0, 1] gives 0.

    Raises:
        ValueError: for a negative bounty.

    >>> sum_ = Task.of("2 + 3 =", lambda answer: float(answer == "5"), bounty=1.0)
    >>> sum_.score("5"), sum_.score("6"), sum_.question.bounty
    (1.0, 0.0, 1000000)
    """

    question: Question
    grade: Callable[[str], float]

    def __post_init__(self) -> None:
        if self.question.bounty < 0:
            raise ValueError(f"Task: the bounty is at least 0 micro-credits, got {self.question.bounty}.")

    @classmethod
    def of(cls, text: str, grade: Callable[[str], float], bounty: float = 1.0, kind: str = "") -> Task:
        """A task whose bounty is given in credits."""
        return cls(Question(text, to_micro(bounty), kind), grade)

    def score(self, answer: str) -> float:
        """Score of an answer that a thinker may have written to hurt: 0 where the grader cannot read it."""
        try:
            score = float(self.grade(answer))
        except Exception:
            return 0.0
        return score if 0.0 <= score <= 1.0 else 0.0


class View(NamedTuple):
    """What every thinker is shown of a round before it bids, and the winner when it works."""

    question: Question
    state: tuple[Thought, ...]
    owner: str
    """Who sells the state."""
    episode: str
    round: int
    seed: int
    """For programs that draw; the same in a replay."""

    @property
    def last(self) -> str:
        """Text of the last thought, or of the question."""
        return self.state[-1].text if self.state else self.question.text


class Act(NamedTuple):
    """What a thinker appends."""

    text: str
    final: bool = False
    """Whether it is the answer, for the consumer."""
    cost: int = 0
    """What its making is billed, micro-credits."""


def fit(text: object, longest: int) -> bool:
    """Whether a text can be shown and sent: not empty, not too long, and Unicode (a lone half of a surrogate pair is not).

    >>> fit("five", 20), fit("", 20), fit("five", 3), fit("\\ud800", 20), fit(5, 20)
    (True, False, False, False, False)
    """
    if not isinstance(text, str) or not 0 < len(text) <= longest:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def transcript(view: View) -> str:
    """Question and thoughts as one JSON document."""
    thoughts = [{"author": thought.author, "text": thought.text} for thought in view.state]
    return json.dumps({"question": view.question.text, "thoughts": thoughts}, ensure_ascii=False)
