"""What the experiments that can ask a language model share: their bills beside what the dry run said."""

from __future__ import annotations

from collections.abc import Mapping

from catallax.core import to_credits
from catallax.lab import Finding
from catallax.language.models import Access


def bills(row: str, access: Access, most: Mapping[str, int]) -> list[Finding]:
    """A finding for each part of a run that costs something.

    Args:
        row: of the findings.
        access: who was asked.
        most: micro-dollars by part, whatever is answered.
    """
    if not access.provider.priced:
        return []
    return [
        Finding(row, f"bill of the part {bill.part}, dollars", "at most what the dry run said",
                f"{to_credits(bill.cost):.6f} of {to_credits(most[bill.part]):.6f}", bill.cost <= most[bill.part],
                f"{bill.asked} questions")
        for bill in access.bills
    ]  # fmt: skip
