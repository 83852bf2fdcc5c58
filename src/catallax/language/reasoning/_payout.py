"""Who is paid for the answer."""

from __future__ import annotations

import abc
from collections.abc import Sequence

from catallax.core import MICRO


class AbstractPayout(abc.ABC):
    """How the bounty of a judged answer is divided."""

    @abc.abstractmethod
    def shares(self, score: float, bounty: int, authors: Sequence[str]) -> list[int]:
        """Micro-credits for each thought of the chain, in order; they add up to at most the bounty.

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
    """`(2 score - 1) * bounty / length` to every thought: a wrong answer is a fine for all who worked on it.

    Source: Economy of Minds (2026), the path reward of its code.
    """

    def shares(self, score: float, bounty: int, authors: Sequence[str]) -> list[int]:
        return [(2 * scaled(score, bounty) - bounty) // len(authors)] * len(authors)


def scaled(score: float, bounty: int) -> int:
    """`score * bounty`, whole micro-credits."""
    return round(score * MICRO) * bounty // MICRO
