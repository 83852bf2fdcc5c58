"""Inquiries and sealed information, as they are answered."""

from __future__ import annotations

from typing import Any, Literal

from catallax.exchange._answers import Shape


class InquiryShort(Shape):
    id: int
    owner: str
    title: str
    budget: int
    slots: int
    reserve: int
    closes: int
    phase: Literal["open", "inspecting", "closed"]
    due: int | None
    outcome: str | None
    spent: int
    at: int


class InformationSeen(Shape):
    id: int
    informer: str
    teaser: str
    price: int
    status: str
    inspected: bool
    paid: int
    reason: str | None
    at: int
    bid: int | None
    text: str | None


class InquirySeen(InquiryShort):
    goal: dict[str, Any]
    rounds: int
    reason: str | None
    offers: list[InformationSeen]


class InquiryMade(Shape):
    id: int
    phase: str
    closes: int
    reserve: int


class InformationMade(Shape):
    id: int
    inquiry: int
    price: int
    bid: int
    status: str


class InformationMine(Shape):
    id: int
    inquiry: int
    title: str
    teaser: str
    price: int
    bid: int
    status: str
    inspected: bool
    paid: int
    reason: str | None
    at: int
