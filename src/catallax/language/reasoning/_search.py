"""What comes of a search in a wide market."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from catallax.core import Journal
from catallax.language.reasoning._goods import Listing, Mishap
from catallax.language.reasoning._licence import Licence


@dataclass(frozen=True)
class Search:
    """What came of an episode.

    Args:
        answer: the best answer; `None` if none was worth anything.
        grade: its grade.
        listings: the public sides of all messages, in the order in which they were written.
        licences: all readings that were sold.
        earned: what each message brought its author, micro-credits.
        bill: for inspecting and writing, micro-credits.
        mishaps: calls that gave nothing.
        journal: where the money moved.
    """

    answer: str | None
    grade: float
    listings: tuple[Listing, ...]
    licences: tuple[Licence, ...]
    earned: Mapping[str, int]
    bill: int
    mishaps: tuple[Mishap, ...]
    journal: Journal = field(repr=False)
