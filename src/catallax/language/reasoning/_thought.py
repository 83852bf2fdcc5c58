"""A message of a reasoning market."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Thought:
    """A message.

    Args:
        id: its name.
        author: who wrote it.
        text: what it says.
        parent: the message it follows.
        cost: of writing it, micro-credits.
    """

    id: str
    author: str
    text: str
    parent: str | None = None
    cost: int = 0
