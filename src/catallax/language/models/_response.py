"""What comes back from a language model: an answer, or a typed failure."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Usage:
    """Tokens that were billed.

    Args:
        prompt_tokens: tokens read.
        completion_tokens: tokens written.
        estimated: whether a bound stands in for a figure that nobody reported.

    >>> Usage(3, 4) + Usage(1, 0)
    Usage(prompt_tokens=4, completion_tokens=4, estimated=False)
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated: bool = False

    def __post_init__(self) -> None:
        if self.prompt_tokens < 0 or self.completion_tokens < 0:
            raise ValueError(f"Usage: tokens are 0 or more, got {self.prompt_tokens} and {self.completion_tokens}.")

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.estimated or other.estimated,
        )


def coarse(amount: int | float) -> int:
    """The next power of two; 0 stays: what may be told of a sealed call's amounts."""
    return 1 << (math.ceil(amount) - 1).bit_length() if amount > 0 else 0


class Finish(enum.Enum):
    """Why an answer ended. A refusal is no answer: it is `ModelError` with `Failure.REFUSED`."""

    STOP = "stop"
    """The model had said it."""
    LENGTH = "length"
    """Cut at `max_tokens`."""


class Failure(enum.Enum):
    """Why there is no answer."""

    TIMEOUT = "timeout"
    """It took longer than it may."""
    RATE_LIMITED = "rate_limited"
    """Too many requests (HTTP status 429)."""
    SERVER_ERROR = "server_error"
    """The server failed (HTTP status 5xx)."""
    GONE = "gone"
    """No connection, or it broke."""
    REJECTED = "rejected"
    """The server will not take this request: bad key, unknown model, prompt too long (other HTTP status)."""
    MALFORMED = "malformed"
    """What came is not what was asked for: no valid JSON, or it does not fit the schema."""
    REFUSED = "refused"
    """The model declined, or a filter did."""
    EMPTY = "empty"
    """An answer without text."""
    OVER_BUDGET = "over_budget"
    """It might have cost more than is left; nothing was asked."""
    CANCELLED = "cancelled"
    """The caller gave up; for records, since `asyncio.CancelledError` itself passes through."""
    UNRECORDED = "unrecorded"
    """A replay was asked something that is not on the cassette."""


@dataclass(frozen=True)
class Response:
    """An answer.

    Args:
        text: what the model wrote, never empty; halves of characters, which no file or wire takes, are replaced.
        usage: tokens billed for it, failed tries and repairs included.
        finish: why it ended.
        request_hash: the request that it answers.
        cost: the bill, whole micro-dollars, failed tries and repairs included; 0 where nobody metered.
        seconds: how long it took, waits and failed tries included.
        parsed: the object in the text, where a schema was asked for and checked by `Structured`.
    """

    text: str
    usage: Usage
    finish: Finish
    request_hash: str
    cost: int = 0
    seconds: float = 0.0
    parsed: Any = None

    def __post_init__(self) -> None:
        if not self.text.isascii():
            object.__setattr__(self, "text", mended(self.text))


def mended(text: str) -> str:
    """A text whose halves of characters are put together or, where one is alone, replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class ModelError(Exception):
    """No answer, why, and what was billed for it all the same.

    Args:
        failure: the kind.
        model: name of the model.
        detail: what happened and what to do; never text of the prompt or of the answer.
        usage: tokens billed or, where nobody knows, the most that may be (`estimated`).
        cost: the bill, whole micro-dollars.
        seconds: how long it took.
        retry_after: seconds that the server asks to wait; `None` if it did not say.
    """

    def __init__(
        self,
        failure: Failure,
        model: str,
        detail: str,
        usage: Usage = Usage(),
        cost: int = 0,
        seconds: float = 0.0,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{model}: {failure.value}: {detail}")
        self.failure = failure
        self.model = model
        self.detail = detail
        self.usage = usage
        self.cost = cost
        self.seconds = seconds
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (
            self.failure,
            self.model,
            self.detail,
            self.usage,
            self.cost,
            self.seconds,
            self.retry_after,
        )
