"""What a source claims, and what a measurement says to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SUPPORTED, NOT_SUPPORTED, DEPENDS = "supported", "not supported", "depends on"


@dataclass(frozen=True)
class Claim:
    """One claim put to the test."""

    statement: str
    """In our words."""
    source: str
    """Author, year, section."""
    verdict: str
    """`supported`, `not supported`, or `depends on`."""
    because: str
    """The measured reason, in a sentence, or what the figures of the cases are."""
    cases: Mapping[str, bool]
    """By the condition, whether it held there beyond chance."""
    figures: Mapping[str, str]
    """What was measured in a case, where the reason does not say it."""

    @classmethod
    def judged(
        cls,
        statement: str,
        source: str,
        cases: Mapping[str, bool],
        because: str,
        figures: Mapping[str, object] | None = None,
    ) -> Claim:
        """Supported if it held in every case, not supported if in none, else it depends on the case.

        Args:
            statement: what is claimed, in our words.
            source: author, year, section.
            cases: by the condition, whether the claim held there beyond chance.
            because: the measured reason, in a sentence; with `figures`, what they are and in which unit.
            figures: what was measured in each case; the page shows it beside the case.

        Raises:
            ValueError: if there is no case, or figures belong to other cases.

        >>> claim = Claim.judged("Markets forget less.", "nobody (2026)", {"bandits": True, "digits": False}, "Seen.")
        >>> claim.verdict
        'depends on'
        """
        if not cases:
            raise ValueError(f"Claim.judged: expected at least one case for {statement!r}, got none.")
        told = {name: str(figure) for name, figure in (figures or {}).items()}
        if told and told.keys() != cases.keys():
            stray = sorted(told.keys() ^ cases.keys())
            raise ValueError(
                f"Claim.judged: expected a figure for every case of {statement!r} and no other, see {stray}."
            )
        held = sum(cases.values())
        verdict = SUPPORTED if held == len(cases) else DEPENDS if held else NOT_SUPPORTED
        return cls(statement, source, verdict, because, {name: bool(holds) for name, holds in cases.items()}, told)
