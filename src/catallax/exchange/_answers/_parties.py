"""Parties, tokens and money, as they are answered."""

from __future__ import annotations

from typing import NotRequired

from catallax.exchange._answers import Shape


class TokenMade(Shape):
    id: int
    token: NotRequired[str]  # told once: a call that is repeated is answered without it
    label: str
    scopes: list[str]
    expires: int | None


class Admitted(TokenMade):
    name: str
    balance: int


class TokenSeen(Shape):
    id: int
    label: str
    scopes: str
    at: int
    expires: int | None
    revoked: int | None


class TokenEnded(Shape):
    id: int
    revoked: int


class Me(Shape):
    name: str
    scopes: list[str]
    account: str
    balance: int
    in_bids: int
    in_attention: int


class Movement(Shape):
    id: int
    key: str
    kind: str
    at: int
    amount: int


class Paid(Shape):
    party: str
    amount: int
    balance: int
