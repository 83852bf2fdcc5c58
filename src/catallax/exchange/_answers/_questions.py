"""Prediction questions, as they are answered."""

from __future__ import annotations

from typing import Literal

from catallax.exchange._answers import Shape


class QuestionShort(Shape):
    id: int
    owner: str
    title: str
    outcomes: list[str]
    prices: list[float]
    liquidity: int
    volume: int
    closes: int
    phase: Literal["open", "waiting", "ended"]
    due: int | None
    outcome: int | None
    ending: str | None
    at: int


class Held(Shape):
    shares: list[int]
    paid: int
    received: int | None


class QuestionSeen(QuestionShort):
    text: str
    loss: int
    sold: list[int]
    turns: int
    resolving: int
    mine: Held


class QuestionMade(Shape):
    id: int
    loss: int
    phase: str
    prices: list[float]
    closes: int


class Quoted(Shape):
    question: int
    outcome: int
    shares: list[int]
    cost: int
    pays: int
    prices: list[float]


class Traded(Quoted):
    id: int


class TradeSeen(Shape):
    id: int
    turn: int
    party: str
    outcome: int
    shares: list[int]
    cost: int
    prices: list[float]
    at: int


class PricesAt(Shape):
    at: int
    prices: list[float]


class History(Shape):
    outcomes: list[str]
    items: list[PricesAt]


class Resolved(Shape):
    id: int
    phase: str
    ending: str
    outcome: int | None
    returned: int


class Holding(Held):
    id: int
    question: int
    title: str
    outcomes: list[str]
    outcome: int | None
    phase: str


class HoldingSeen(Held):
    id: int
    party: str
