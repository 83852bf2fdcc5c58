"""Whose token it is, remembered for a moment: a party that calls often is looked up once a second."""

from __future__ import annotations

from typing import Any

from catallax.exchange._store import Store
from catallax.exchange._tokens import REVOKED, Caller, hashed, recognised

MOMENT = 1_000
"""Milliseconds; so long a token counts here that another process revoked. This process forgets at once."""
MOST = 10_000
"""Tokens remembered."""


class Known:
    """Tokens that were looked up a moment ago.

    Args:
        store: where tokens are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._found: dict[str, tuple[Caller, int]] = {}
        self._revoked = 0
        store.listen(self._hear)

    async def whose(self, text: str) -> Caller | None:
        """Whose token it is; None for one that is unknown, revoked or too old."""
        mark, now, before = hashed(text), self._store.now(), self._revoked
        found, until = self._found.get(mark, (None, 0))
        if found is not None and now < until:
            return found
        found = await self._store.read(recognised, text, now)
        if found is None:
            return None
        if len(self._found) >= MOST:
            self._found.clear()
        self._found[mark] = found, min(now + MOMENT, found.expires or now + MOMENT)
        if self._revoked != before:  # it may have been this one, after it was read and before it was kept
            self._found.pop(mark, None)
        return found

    def _hear(self, told: list[dict[str, Any]]) -> None:
        if any(event["kind"] == REVOKED for event in told):
            self._revoked += 1
            self._found.clear()
