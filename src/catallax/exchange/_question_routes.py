"""Prediction questions over HTTP."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request

from catallax.exchange import _question_views as views
from catallax.exchange import _questions as questions
from catallax.exchange import _trades as trades
from catallax.exchange._answers import Listed
from catallax.exchange._answers._questions import (
    History,
    Holding,
    HoldingSeen,
    QuestionMade,
    QuestionSeen,
    QuestionShort,
    Quoted,
    Resolved,
    Traded,
    TradeSeen,
)
from catallax.exchange._calls import Once, look, may
from catallax.exchange._forms import NewQuestion, NewTrade, Resolution
from catallax.exchange._paging import Page
from catallax.exchange._pricing import ready
from catallax.exchange._request_routes import Number, Reader
from catallax.exchange._tokens import Caller

router = APIRouter(prefix="/api", tags=["questions"])
Forecaster = Annotated[Caller, may("forecast")]


@router.get("/questions", response_model=Listed[QuestionShort])
async def list_questions(
    request: Request,
    who: Reader,
    paging: Page,
    phase: Literal["open", "waiting", "ended"] | None = None,
    owner: Annotated[str | None, Query(max_length=40)] = None,
) -> dict[str, Any]:
    """Questions with their prices, the oldest first."""
    return await look(request, views.questions, paging, phase, owner)


@router.post("/questions", status_code=201, response_model=QuestionMade)
async def open_question(form: NewQuestion, who: Forecaster, call: Once) -> Any:
    """Open a question; what its market maker can lose at most is put aside."""
    return await call.once(who, 201, questions.post, who.name, questions.Terms(**form.model_dump()))


@router.get("/questions/{number}", response_model=QuestionSeen)
async def one_question(number: Number, request: Request, who: Reader) -> dict[str, Any]:
    """A question, its prices, and what one holds of it."""
    return await look(request, views.question, who.name, number)


@router.get("/questions/{number}/quote", response_model=Quoted)
async def quote(
    number: Number,
    request: Request,
    who: Reader,
    outcome: Annotated[int, Query(ge=0, le=19)],
    shares: Annotated[int | None, Query(ge=-(10**15), le=10**15, description="Micro-shares.")] = None,
    price: Annotated[float | None, Query(ge=1e-6, le=1 - 1e-6, allow_inf_nan=False)] = None,
) -> dict[str, Any]:
    """What a trade would cost now."""
    await asyncio.to_thread(ready)
    return await look(request, trades.quote, who.name, number, trades.Wish(outcome, shares, price))


@router.get("/questions/{number}/trades", response_model=Listed[TradeSeen])
async def list_trades(number: Number, request: Request, who: Reader, paging: Page) -> dict[str, Any]:
    """Trades, the oldest first."""
    return await look(request, views.trades, number, paging)


@router.post("/questions/{number}/trades", status_code=201, response_model=Traded)
async def make_trade(number: Number, form: NewTrade, who: Forecaster, call: Once) -> Any:
    """Buy or sell shares of an outcome, or move its price."""
    await asyncio.to_thread(ready)
    wish = trades.Wish(form.outcome, form.shares, form.price)
    return await call.once(who, 201, trades.trade, who.name, number, wish, form.limit)


@router.get("/questions/{number}/holdings", response_model=Listed[HoldingSeen])
async def list_holdings(number: Number, request: Request, who: Reader, paging: Page) -> dict[str, Any]:
    """Who holds which shares, what it paid in all, and what it received in the end."""
    return await look(request, views.holdings, number, paging)


@router.get("/questions/{number}/history", response_model=History)
async def history(
    number: Number, request: Request, who: Reader, points: Annotated[int, Query(ge=1, le=1000)] = 200
) -> dict[str, Any]:
    """Prices over time, for a chart."""
    return await look(request, views.history, number, points)


@router.post("/questions/{number}/resolve", response_model=Resolved)
async def resolve(number: Number, form: Resolution, who: Forecaster, call: Once) -> Any:
    """Say what happened, or that nothing counts; everybody is paid."""
    return await call.once(who, 200, questions.resolve, who.name, number, form.outcome)


@router.get("/me/holdings", response_model=Listed[Holding])
async def my_holdings(request: Request, who: Reader, paging: Page) -> dict[str, Any]:
    """Shares one holds, what one paid for them in all, and what one got in the end."""
    return await look(request, views.mine, who.name, paging)
