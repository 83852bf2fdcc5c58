"""What is asked of a language model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

Role = Literal["system", "user", "assistant", "tool"]
"""Who speaks."""


@dataclass(frozen=True)
class Message:
    """One message of a conversation.

    Args:
        role: `system`, `user`, `assistant` or `tool`.
        content: its text.
    """

    role: Role
    content: str


@dataclass(frozen=True)
class Request:
    """One question to a language model, and all that its answer may depend on.

    `hash = SHA-256(canonical JSON of all fields)`: what a cassette looks up. A question that is asked again on purpose has
    another `attempt`, and a sealed one the `policy` of its enclave, so neither is answered from a store that is not its own.

    Args:
        messages: the conversation, at least one message.
        schema: JSON schema of the answer; `None` for plain text.
        max_tokens: the longest answer, tokens.
        temperature: 0 for the likeliest answer.
        seed: wish for a reproducible draw; servers need not grant it.
        stop: texts that end the answer.
        attempt: how often this was asked before.
        policy: the enclave that asks; empty outside of one.

    Raises:
        ValueError: without a message, or for figures outside their range.
        TypeError: for a schema that is not JSON.

    >>> ask = Request((Message("user", "Two and two?"),), max_tokens=8)
    >>> again = Request((Message("user", "Two and two?"),), max_tokens=8, attempt=1)
    >>> len(ask.hash), ask.hash == again.hash
    (64, False)
    """

    messages: tuple[Message, ...]
    schema: Mapping[str, Any] | None = None
    max_tokens: int = 256
    temperature: float = 0.0
    seed: int | None = None
    stop: tuple[str, ...] = ()
    attempt: int = 0
    policy: str = ""

    def __post_init__(self) -> None:
        if not self.messages:
            raise ValueError("Request: needs at least one message.")
        if self.max_tokens < 1:
            raise ValueError(f"Request: max_tokens is at least 1, got {self.max_tokens}.")
        if not 0.0 <= self.temperature < float("inf"):
            raise ValueError(f"Request: temperature is 0 or more and finite, got {self.temperature}.")
        if self.attempt < 0:
            raise ValueError(f"Request: attempt counts from 0, got {self.attempt}.")
        if self.schema is not None:
            # a copy: a hash must not change with somebody else's dictionary
            object.__setattr__(self, "schema", json.loads(json.dumps(self.schema, allow_nan=False)))

    @cached_property
    def hash(self) -> str:
        """SHA-256 of all fields, in hexadecimal."""
        fields = {
            "messages": [[m.role, m.content] for m in self.messages],
            "schema": self.schema,
            "max_tokens": self.max_tokens,
            "temperature": float(self.temperature),
            "seed": self.seed,
            "stop": self.stop,
            "attempt": self.attempt,
            "policy": self.policy,
        }
        return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()

    def __hash__(self) -> int:
        return hash(self.hash)


def ask(text: str, *, system: str = "", max_tokens: int = 256) -> Request:
    """A request of one user message, after a system message where there is one.

    >>> ask("Two and two?").messages[0].role
    'user'
    """
    head = (Message("system", system),) if system else ()
    return Request((*head, Message("user", text)), max_tokens=max_tokens)
