"""Who is paid for the answer."""

from __future__ import annotations

import abc
from collections.abc import Sequence

from catallax.core import MICRO


class AbstractPayout(abc.ABC):
    """How the bounty is divided; without an answer the score is 0."""

    def most(self, bounty: int) -> int:
        """What it pays at most, put aside before anybody works, micro-credits; the bounty by default."""
        return bounty

    @abc.abstractmethod
    def shares(self, score: float, bounty: int, authors: Sequence[str]) -> list[int]:
        """Micro-credits for each thought of the chain, in order; they add up to at most `most(bounty)`.

        Args:
            score: of the answer, in [0, 1].
            bounty: micro-credits.
            authors: of the thoughts, the owner of the answer last.
        """


class LastOwner(AbstractPayout):
    """`score * bounty` to the owner of the answer: others were paid when they sold."""

    def shares(self, score: float, bounty: int, authors: Sequence[str]) -> list[int]:
        return [0] * (len(authors) - 1) + [scaled(score, bounty)]


class PathShare(AbstractPayout):
    """`score * bounty / length` to every thought, whatever it added, on top of what the sales brought.

    Source: Economy of Minds (2026), for the equal split.
    """

    def shares(self, score: float, bounty: int, authors: Sequence[str]) -> list[int]:
        return [scaled(score, bounty) // len(authors)] * len(authors)


class CentredPathShare(AbstractPayout):
    """`(2 score - 1) * bounty / length` to every thought: a wrong answer, or none, is a fine for all who worked on it.

    Args:
        bonus: of the last thought's author, `bonus * (2 score - 1) * bounty`, on top; in [0, 1].

    Raises:
        ValueError: for a bonus outside [0, 1].

    Source: Economy of Minds (2026), the path reward of its code; 0 is its engine's default (`path_reward_only`), and 0.5 the
    terminal output bonus of the other scheme.
    """

    def __init__(self, bonus: float = 0.0) -> None:
        if not 0 <= bonus <= 1:
            raise ValueError(f"CentredPathShare: bonus lies in [0, 1], got {bonus}.")
        self.bonus = bonus

    def most(self, bounty: int) -> int:
        return bounty + scaled(self.bonus, bounty)

    def shares(self, score: float, bounty: int, authors: Sequence[str]) -> list[int]:
        signal = 2 * scaled(score, bounty) - bounty
        shares = [signal // len(authors)] * len(authors)
        shares[-1] += round(self.bonus * signal)
        return shares


def scaled(score: float, bounty: int) -> int:
    """`score * bounty`, whole micro-credits."""
    return round(score * MICRO) * bounty // MICRO
