"""Inquiries and sealed information."""

from __future__ import annotations

from catallax.exchange.client._call import Call, method
from catallax.exchange.client._records import Goal, Information, Inquiry, InquirySummary, Page


class InquiryCalls:
    """Calls about sealed information."""

    @method
    @staticmethod
    def inquiries(
        phase: str | None = None, after: int = 0, limit: int = 50, newest: bool = False, owner: str | None = None
    ) -> Call[Page[InquirySummary]]:
        """Inquiries, of one phase or all, of one owner or all."""
        query = {"after": after, "limit": limit, "newest": newest, "phase": phase, "owner": owner}
        return Call("GET", "/inquiries", query=query)

    @method
    @staticmethod
    def inquiry(number: int) -> Call[Inquiry]:
        """An inquiry and what is offered; texts that one bought."""
        return Call("GET", f"/inquiries/{number}")

    @method
    @staticmethod
    def inquire(
        title: str, goal: Goal, budget: int, closes: int, slots: int | None = None, rounds: int | None = None
    ) -> Call[int]:
        """Ask for sealed information.

        Args:
            title: a line.
            goal: what one wants to know; everybody sees it.
            budget: micro-credits that it may cost in all.
            closes: when no more is offered and what there is is looked at, milliseconds since 1970.
            slots: offers that are looked at in a round; 3 by default.
            rounds: of looking at most; 1 by default.

        Returns:
            Its number.
        """
        body = {"title": title, "goal": goal.sent, "budget": budget, "closes": closes, "slots": slots, "rounds": rounds}
        return Call("POST", "/inquiries", {name: value for name, value in body.items() if value is not None})

    @method
    @staticmethod
    def withdraw_inquiry(number: int) -> Call[None]:
        """Take an inquiry back before it closes."""
        return Call("DELETE", f"/inquiries/{number}")

    @method
    @staticmethod
    def offer_information(inquiry: int, teaser: str, text: str, price: int, bid: int) -> Call[int]:
        """Offer sealed information.

        Args:
            inquiry: number of it.
            teaser: what everybody sees.
            text: the information; seen by the contractor, and by the buyer if it buys.
            price: micro-credits for it.
            bid: micro-credits for being looked at, at most; at least the inquiry's `reserve`.

        Returns:
            The number of the offer.
        """
        body = {"teaser": teaser, "text": text, "price": price, "bid": bid}
        return Call("POST", f"/inquiries/{inquiry}/information", body)

    @method
    @staticmethod
    def information(
        inquiry: int | None = None, after: int = 0, limit: int = 50, newest: bool = False
    ) -> Call[Page[Information]]:
        """What one offered, for one inquiry or all, and what became of it."""
        query = {"after": after, "limit": limit, "newest": newest, "inquiry": inquiry}
        return Call("GET", "/me/information", query=query)

    @method
    @staticmethod
    def withdraw_information(number: int) -> Call[None]:
        """Take an offer back; its text is forgotten."""
        return Call("DELETE", f"/information/{number}")
