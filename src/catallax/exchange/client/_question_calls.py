"""Prediction questions and trades."""

from __future__ import annotations

from collections.abc import Sequence

from catallax.exchange.client._call import Call, method
from catallax.exchange.client._records import (
    Deal,
    History,
    Holder,
    Holding,
    Page,
    Question,
    QuestionSummary,
    Quote,
    Resolution,
    Trade,
)


class QuestionCalls:
    """Calls about questions. Outcomes count from 0; shares are micro-shares, of which each may be worth a micro-credit."""

    @method
    @staticmethod
    def questions(
        phase: str | None = None, after: int = 0, limit: int = 50, newest: bool = False, owner: str | None = None
    ) -> Call[Page[QuestionSummary]]:
        """Questions with their prices, of one phase or all, of one owner or all."""
        query = {"after": after, "limit": limit, "newest": newest, "phase": phase, "owner": owner}
        return Call("GET", "/questions", query=query)

    @method
    @staticmethod
    def question(number: int) -> Call[Question]:
        """A question, its prices, and what one holds of it."""
        return Call("GET", f"/questions/{number}")

    @method
    @staticmethod
    def open_question(
        title: str, text: str, outcomes: Sequence[str], liquidity: int, closes: int, resolving: int | None = None
    ) -> Call[int]:
        """Open a question.

        Args:
            title: a line.
            text: what it is about, and by what it will be resolved.
            outcomes: names of them, two or more.
            liquidity: `b` of its market maker, micro-credits; one loses at most `b ln(outcomes)`, which is put aside.
            closes: when trading ends, milliseconds since 1970.
            resolving: milliseconds one has then to say what happened; a week by default.

        Returns:
            Its number.
        """
        body = {"title": title, "text": text, "outcomes": list(outcomes), "liquidity": liquidity, "closes": closes}
        return Call("POST", "/questions", body | ({} if resolving is None else {"resolving": resolving}))

    @method
    @staticmethod
    def quote(question: int, outcome: int, shares: int | None = None, price: float | None = None) -> Call[Quote]:
        """What a trade would cost now; see `trade`."""
        query = {"outcome": outcome, "shares": shares, "price": price}
        return Call("GET", f"/questions/{question}/quote", query=query)

    @method
    @staticmethod
    def trade(
        question: int, outcome: int, shares: int | None = None, price: float | None = None, limit: int | None = None
    ) -> Call[Deal]:
        """Buy or sell.

        Args:
            question: number of it.
            outcome: number of it.
            shares: micro-shares to buy; negative: to sell.
            price: where the price of the outcome shall be, instead.
            limit: micro-credits that it may cost at most; negative: must bring.
        """
        body = {"outcome": outcome, "shares": shares, "price": price, "limit": limit}
        return Call("POST", f"/questions/{question}/trades", body)

    @method
    @staticmethod
    def trades(question: int, after: int = 0, limit: int = 50, newest: bool = False) -> Call[Page[Trade]]:
        """Who traded what, at which prices."""
        return Call("GET", f"/questions/{question}/trades", query={"after": after, "limit": limit, "newest": newest})

    @method
    @staticmethod
    def price_history(question: int, points: int = 200) -> Call[History]:
        """Prices over time, at about so many points."""
        return Call("GET", f"/questions/{question}/history", query={"points": points})

    @method
    @staticmethod
    def holders(question: int, after: int = 0, limit: int = 50, newest: bool = False) -> Call[Page[Holder]]:
        """Who holds what of a question."""
        return Call("GET", f"/questions/{question}/holdings", query={"after": after, "limit": limit, "newest": newest})

    @method
    @staticmethod
    def resolve(question: int, outcome: int | None) -> Call[Resolution]:
        """Say what happened to a question of one's own, or None: nothing counts."""
        return Call("POST", f"/questions/{question}/resolve", {"outcome": outcome})

    @method
    @staticmethod
    def holdings(after: int = 0, limit: int = 50, newest: bool = False) -> Call[Page[Holding]]:
        """Shares one holds, what one paid, and what one received."""
        return Call("GET", "/me/holdings", query={"after": after, "limit": limit, "newest": newest})
