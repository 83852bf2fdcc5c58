"""What a run may owe to providers."""

from __future__ import annotations

from dataclasses import dataclass

from catallax.language.bazaar._till import Till


@dataclass
class Bill:
    """Calls at providers are booked before they are made, up to a ceiling.

    Args:
        till: where they are booked.
        limit: micro-dollars; None for no ceiling.
    """

    till: Till
    limit: int | None
    booked: int = 0
    """Micro-dollars so far."""
    overrun: bool = False
    """Whether somebody's bill was above its quote, so that no quote can be trusted."""

    def reserved(self, key: str, quote: int) -> bool:
        """Book a call; False where the ceiling has no room for it."""
        if self.limit is not None and quote and (self.overrun or self.booked + quote > self.limit):
            return False
        self.booked += quote
        self.till.bill(key, quote)
        return True
