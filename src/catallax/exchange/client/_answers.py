"""What an answer means, and how long to wait before another try."""

from __future__ import annotations

import random
from typing import Any

import httpx

from catallax.exchange.client._errors import Refused

AGAIN = frozenset({429, 502, 503, 504})
LONGEST = 30.0
"""Seconds of a pause at most."""


def content(response: httpx.Response) -> Any:
    """What was answered.

    Raises:
        Refused: if it was no.
    """
    try:
        body = response.json()
    except ValueError:
        body = {"type": "no-json", "detail": "this is no exchange: the answer is not JSON; check the address"}
    if response.is_success and "type" not in body:
        return body
    raise Refused(response.status_code, body)


def pause(trial: int, response: httpx.Response | None = None) -> float:
    """Seconds until the next try: as long as the service says, or twice as long each time."""
    said = response.headers.get("retry-after", "") if response is not None else ""
    wait = float(said) if said.isdigit() else 0.1 * 2**trial
    return min(LONGEST, wait * (1 + random.random() / 4))
