"""What callers send: whole micro-credits, milliseconds, texts of bounded length."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from catallax.exchange._inspection import LONGEST
from catallax.exchange._pricing import MOST_OUTCOMES
from catallax.exchange._rules import AUCTIONS, RANKS, SETTLEMENTS
from catallax.exchange._tokens import NAMES

LARGEST = 10**15
"""Micro-credits in one amount: a billion credits."""
Money = Annotated[int, Field(strict=True, ge=0, le=LARGEST, description="Whole micro-credits; 1,000,000 are a credit.")]
Positive = Annotated[
    int, Field(strict=True, ge=1, le=LARGEST, description="Whole micro-credits; 1,000,000 are a credit.")
]
Span = Annotated[int, Field(strict=True, ge=100, le=31_536_000_000, description="Milliseconds.")]
Moment = Annotated[int, Field(strict=True, ge=0, le=LARGEST, description="Milliseconds since 1970.")]
Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Words = Annotated[str, Field(min_length=1, max_length=100_000, pattern=r"^[^\x00]*$")]


Secret = Annotated[
    str | None,
    Field(
        pattern=r"^cx_[A-Za-z0-9_-]{43}$",
        repr=False,
        description="The token itself, if the caller chooses it, so that it is not lost with an answer: `cx_` and 32 random bytes in "
        "base64url without padding. Anybody who guesses it is the caller.",
    ),
]


class Form(BaseModel):
    """Unknown fields are refused: a misspelled one would count for nothing."""

    model_config = ConfigDict(extra="forbid")


class NewParty(Form):
    """Who signs up."""

    name: str = Field(max_length=40, json_schema_extra={"pattern": f"^{NAMES.pattern}$"})  # `admit` says it in words
    token: Secret = None


class NewToken(Form):
    """A token of one's own."""

    label: Line
    scopes: list[Line] = Field(min_length=1, max_length=20)
    expires: int | None = Field(None, strict=True, ge=0, le=LARGEST, description="Milliseconds since 1970.")
    token: Secret = None


class NewSession(Form):
    """A log-in."""

    token: str = Field(max_length=100)


class NewRequest(Form):
    """A request with a bounty."""

    title: Line
    text: Words
    bounty: Positive
    stages: int = Field(3, strict=True, ge=1, le=20)
    seats: int = Field(3, strict=True, ge=1, le=50)
    shown: int = Field(10, strict=True, ge=1, le=50)
    bidding: Span = 10_000
    working: Span = 60_000
    choosing: Span = 86_400_000
    reserve: Money = 0
    auction: Literal[tuple(AUCTIONS)] = "first-price"  # pyright: ignore[reportInvalidTypeForm] - the names there are
    settlement: Literal[tuple(SETTLEMENTS)] = "escrow"  # pyright: ignore[reportInvalidTypeForm]
    rank: Literal[tuple(RANKS)] = "last-bid"  # pyright: ignore[reportInvalidTypeForm]


class NewBid(Form):
    """A sealed bid for a state."""

    state: int = Field(strict=True, ge=1, le=2**62)
    amount: Positive


class NewState(Form):
    """What is appended."""

    teaser: Line
    text: Words
    final: bool = Field(False, strict=True)


class Pick(Form):
    """An offer, or none."""

    offer: int | None = Field(strict=True, ge=1, le=2**62)


class Payment(Form):
    """Money paid in (or, below 0, out) by an administrator."""

    party: str = Field(max_length=40)
    amount: int = Field(strict=True, ge=-LARGEST, le=LARGEST)


class NewQuestion(Form):
    """A question about what will happen."""

    title: Line
    text: Words
    outcomes: list[Line] = Field(min_length=2, max_length=MOST_OUTCOMES, json_schema_extra={"uniqueItems": True})
    liquidity: int = Field(
        strict=True, ge=1_000, le=10**14, description="Micro-credits; the owner loses at most this times ln(outcomes)."
    )
    closes: Moment
    resolving: Span = 604_800_000


class NewTrade(Form):
    """Shares of an outcome, or a price for it."""

    outcome: int = Field(strict=True, ge=0, lt=MOST_OUTCOMES)
    shares: int | None = Field(None, strict=True, ge=-LARGEST, le=LARGEST, description="Micro-shares; negative: sold.")
    price: float | None = Field(None, ge=1e-6, le=1 - 1e-6, allow_inf_nan=False)
    limit: int | None = Field(
        None, strict=True, ge=-LARGEST, le=LARGEST, description="Micro-credits that it may cost at most."
    )


class Resolution(Form):
    """What happened; null if nothing counts."""

    outcome: int | None = Field(strict=True, ge=0, lt=MOST_OUTCOMES)


Wanted = Annotated[str, Field(min_length=1, max_length=10_000, pattern=r"^[^\x00]*$")]
Value = Annotated[
    int | None, Field(strict=True, ge=1, le=LARGEST, description="Micro-credits it is worth; the budget unless told.")
]


class AnswerGoal(Form):
    """A question with an answer."""

    kind: Literal["answer"]
    text: Wanted
    value: Value = None


class ChooseGoal(Form):
    """One of several options."""

    kind: Literal["choose"]
    text: Wanted
    options: list[Line] = Field(min_length=2, max_length=20)
    value: Value = None


class ForecastGoal(Form):
    """The probability of an event."""

    kind: Literal["forecast"]
    text: Wanted
    prior: float = Field(ge=0.001, le=0.999, allow_inf_nan=False, description="Probability without information.")
    value: Value = None


def _known_kind(goal: Any) -> Any:
    """Refuses a kind there is none of: pydantic's own words would repeat what was sent."""
    if not isinstance(goal, dict) or goal.get("kind") not in ("answer", "choose", "forecast"):
        raise PydanticCustomError("bad_kind", "A goal has the kind answer, choose or forecast")
    return goal


class NewInquiry(Form):
    """What a buyer wants to know."""

    title: Line
    goal: Annotated[AnswerGoal | ChooseGoal | ForecastGoal, Field(discriminator="kind"), BeforeValidator(_known_kind)]
    budget: Positive
    slots: int = Field(3, strict=True, ge=1, le=20)
    rounds: int = Field(1, strict=True, ge=1, le=3)
    closes: Moment


class NewInformation(Form):
    """Sealed information, with a bid for attention."""

    teaser: Line
    price: Money
    bid: Positive
    text: str = Field(min_length=1, max_length=LONGEST, pattern=r"^[^\x00]*$", repr=False)


class NewWebhook(Form):
    """Where events are told."""

    url: str = Field(min_length=8, max_length=500)
    kinds: list[Annotated[str, Field(max_length=40, pattern=r"^[a-z]+\.[a-z]+$")]] = Field(
        [], max_length=40, description="Such as `request.closed`; none are all."
    )
    secret: str | None = Field(
        None,
        pattern=r"^whsec_[A-Za-z0-9+/]{43}=$",
        repr=False,
        description="What signs the events, if the caller chooses it: `whsec_` and 32 random bytes in base64.",
    )
