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
    """The measured reason, in a sentence."""

    @classmethod
    def judged(cls, statement: str, source: str, cases: Mapping[str, bool], because: str) -> Claim:
        """Supported if it held in every case, not supported if in none, else it depends on the case.

        Args:
            statement: what is claimed, in our words.
            source: author, year, section.
            cases: by the condition, in words that can follow "holds for", whether the claim held there beyond chance.
            because: the measured reason, in a sentence.

        Raises:
            ValueError: if there is no case.

        >>> claim = Claim.judged("Markets forget less.", "nobody (2026)", {"bandits": True, "digits": False}, "Seen.")
        >>> claim.verdict, claim.because
        ('depends on', 'Holds for bandits; does not hold for digits. Seen.')
        """
        if not cases:
            raise ValueError(f"Claim.judged: expected at least one case for {statement!r}, got none.")
        held = [name for name, holds in cases.items() if holds]
        failed = [name for name in cases if name not in held]
        if held and failed:
            split = f"Holds for {', '.join(held)}; does not hold for {', '.join(failed)}."
            return cls(statement, source, DEPENDS, f"{split} {because}")
        return cls(statement, source, SUPPORTED if held else NOT_SUPPORTED, because)
