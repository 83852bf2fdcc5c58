"""What callers are answered: the shapes of the description, from which clients can be made."""

from __future__ import annotations

from typing import Generic, TypeVar

from pydantic import ConfigDict
from typing_extensions import TypedDict

T = TypeVar("T")


class Shape(TypedDict):
    """Exactly these fields: one that is not described is never sent."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # pyright: ignore[reportGeneralTypeIssues] - read by pydantic


class Listed(Shape, Generic[T]):
    """A page of a list; `next` is where the next begins, null at the end."""

    items: list[T]
    next: int | None


class Ended(Shape):
    """What is over, and how."""

    id: int
    phase: str
    outcome: str


class Withdrawn(Shape):
    """What was taken back."""

    id: int
    status: str
