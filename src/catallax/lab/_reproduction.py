"""One row of the page of reproductions: what a source says, and what we measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from catallax.classics import PerSeed

EVIDENCE = {
    "read": True,
    "read in a secondary source": True,
    "computed": False,
    "recalled": False,
    "not found": False,
}
"""Where a figure that is not ours comes from, and whether it may stand as published; `computed` is our own exact
mathematics of the same problem."""


@dataclass(frozen=True)
class Reproduction:
    """A source's figure beside ours.

    Raises:
        ValueError: for a figure that was not read but recalled, say: it belongs into the note, in words.

    >>> Reproduction("Wilson (1995)", "XCS, 6 bits", "2,000", "recalled", "100 %", 10)
    Traceback (most recent call last):
    ValueError: Reproduction 'XCS, 6 bits': '2,000' is recalled and must not stand as published; say it in the note.
    """

    source: str
    """Author and year."""
    case: str
    published: str
    """The source's figure, "" unless it was read."""
    tag: str
    """One of `EVIDENCE`: where that figure comes from."""
    ours: str
    seeds: int
    """Independent runs behind our figure: those with a figure, where some have none."""
    interval: str = ""
    """Where 95 % of the means of resampled seeds lie, or "" for a figure without a spread."""
    note: str = ""

    def __post_init__(self) -> None:
        if self.tag not in EVIDENCE:
            raise ValueError(f"Reproduction {self.case!r}: tag {self.tag!r} is none of {', '.join(EVIDENCE)}.")
        if self.published and not EVIDENCE[self.tag]:
            raise ValueError(
                f"Reproduction {self.case!r}: {self.published!r} is {self.tag} and must not stand as published; "
                "say it in the note."
            )
        if self.seeds < 1:
            raise ValueError(f"Reproduction {self.case!r}: seeds must be at least 1, got {self.seeds}.")


def reproduced(
    source: str,
    case: str,
    published: str,
    tag: str,
    values: Sequence[float] | np.ndarray,
    *,
    digits: int = 2,
    unit: str = "",
    note: str = "",
) -> Reproduction:
    """The row of one number per seed: their mean, and the interval of `PerSeed.interval`.

    Args:
        source: author and year.
        case: what was measured.
        published: the source's figure, "" unless it was read.
        tag: where it comes from.
        values: ours, one per seed.
        digits: after the point.
        unit: of the values, printed behind them.
        note: what differs from the source.

    Raises:
        ValueError: as `Reproduction`, or without values.

    >>> row = reproduced("Wilson (1995)", "XCS, 6 bits", "", "recalled", [1.0, 0.5, 1.0])
    >>> row.ours, row.interval, row.seeds
    ('0.83', '0.50 to 1.00', 3)
    """
    each = PerSeed(values)
    if not np.isfinite(each.values).all():
        raise ValueError(f"reproduced {case!r}: expected numbers, got {each}; say what is missing in a `Reproduction`.")
    low, high = each.interval()
    tail = f" {unit}" if unit else ""
    return Reproduction(
        source, case, published, tag, f"{each.mean():.{digits}f}{tail}", len(each), f"{low:.{digits}f} to {high:.{digits}f}", note
    )  # fmt: skip
