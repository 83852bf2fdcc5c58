"""What an answer means, and how long to wait before another try."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from catallax.exchange.client._call import Call
from catallax.exchange.client._errors import Refused, Unreachable

T = TypeVar("T")
AGAIN = frozenset({429, 502, 503, 504})
LONGEST = 30.0
"""Seconds of a pause at most."""


@dataclass(frozen=True)
class Later:
    """The call is to be tried again.

    Args:
        seconds: to wait before.
    """

    seconds: float


def judged(call: Call[T], trial: int, tries: int, came: httpx.Response | httpx.TransportError) -> T | Later:
    """What came of a try: the answer, or that there is to be another.

    Args:
        call: that was sent.
        trial: which try it was, from 0.
        tries: at most.
        came: back.

    Raises:
        Refused: if the answer is no.
        Unreachable: if there is none, after the last try.
    """
    last = trial + 1 >= tries
    if isinstance(came, httpx.TransportError):
        if last:
            raise Unreachable(f"no answer to {call.method} {call.path} after {tries} tries: {came}") from came
        return Later(pause(trial))
    if came.status_code in AGAIN and not last:
        return Later(pause(trial, came))
    return call.read(content(came))


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
    wait = float(said) if said.isdigit() else 0.1 * 2 ** min(trial, 16)  # an outage may last for thousands of tries
    return min(LONGEST, wait * (1 + random.random() / 4))
