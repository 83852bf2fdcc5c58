"""Why a call came to nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ExchangeError(Exception):
    """A call came to nothing."""


class Refused(ExchangeError):
    """The service said no.

    Args:
        status: of HTTP.
        problem: as the service described it.
    """

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.rule = str(problem.get("type", "")).rpartition(":")[2]
        """Which rule was broken: `insolvent`, `wrong-state`, …"""
        self.field = problem.get("field")
        super().__init__(f"{status} {self.rule}: {problem.get('detail', 'no reason was given')}")


class Unreachable(ExchangeError):
    """The service did not answer; whether it did what it was asked will show when the call is tried again with its key."""
