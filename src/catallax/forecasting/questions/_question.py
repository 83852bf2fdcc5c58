"""One question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Question:
    """What is asked, what is known beforehand, and what happened.

    >>> asked = Question("rain", "Will it rain?", happened=1).asked
    >>> asked.happened is None
    True
    """

    id: str
    """Unique in its set."""
    text: str
    """In words."""
    outcomes: int = 2
    """Two: an event, whose probability is asked; more: one probability for each."""
    happened: int | None = None
    """0 or 1 for an event, the number of the outcome otherwise; None while it is not known."""
    crowd: float | tuple[float, ...] | None = None
    """What the crowd said when the question was asked, in the form of a forecast."""
    opens: str = ""
    """When it was asked, as written in its source."""
    closes: str = ""
    """When it is decided, as written in its source."""
    source: str = ""
    """Where it comes from."""
    background: str = ""
    """What else is said about it, resolution criteria included."""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    """Numbers that a forecaster may use."""

    @property
    def asked(self) -> Question:
        """The question without its answer: what a forecaster sees."""
        return replace(self, happened=None, evidence=dict(self.evidence))
