"""Requests, bids and what is appended."""

from __future__ import annotations

from typing import Literal, TypedDict, Unpack

from catallax.exchange.client._call import Call, method
from catallax.exchange.client._records import Bid, Page, Purchase, Request, State, Summary


class Terms(TypedDict, total=False):
    """How a request is answered; what is not said is as the service has it."""

    stages: int
    """Texts in a chain at most."""
    seats: int
    """Sales of a stage at most."""
    shown: int
    """Offers that are shown at most."""
    bidding: int
    """Milliseconds of the phase, as the next two."""
    working: int
    choosing: int
    reserve: int
    """Least bid, micro-credits."""
    auction: Literal["first-price", "gsp", "vcg"]
    settlement: Literal["escrow", "sale-final"]
    rank: Literal["last-bid", "calibrated", "opening-bid"]


class RequestCalls:
    """Calls about requests."""

    @method
    @staticmethod
    def requests(
        phase: str | None = None, after: int = 0, limit: int = 50, newest: bool = False, owner: str | None = None
    ) -> Call[Page[Summary]]:
        """Requests, of one phase or all, of one owner or all."""
        query = {"after": after, "limit": limit, "newest": newest, "phase": phase, "owner": owner}
        return Call("GET", "/requests", query=query)

    @method
    @staticmethod
    def request(number: int) -> Call[Request]:
        """A request with all one may see of it."""
        return Call("GET", f"/requests/{number}")

    @method
    @staticmethod
    def ask(title: str, text: str, bounty: int, **terms: Unpack[Terms]) -> Call[int]:
        """Post a request.

        Args:
            title: a line.
            text: what is wanted.
            bounty: micro-credits for the offer that is picked.
            terms: `stages`, `seats`, `bidding`, … as in `Terms`.

        Returns:
            Its number.
        """
        return Call("POST", "/requests", {"title": title, "text": text, "bounty": bounty, **terms})

    @method
    @staticmethod
    def withdraw_request(number: int) -> Call[None]:
        """Take a request back before the first sale."""
        return Call("DELETE", f"/requests/{number}")

    @method
    @staticmethod
    def pick(request: int, offer: int | None) -> Call[None]:
        """Take an offer, or none."""
        return Call("POST", f"/requests/{request}/pick", {"offer": offer})

    @method
    @staticmethod
    def bid(state: int, amount: int) -> Call[Bid]:
        """Bid for a state, sealed, in micro-credits."""
        return Call("POST", "/bids", {"state": state, "amount": amount})

    @method
    @staticmethod
    def withdraw_bid(number: int) -> Call[None]:
        """Take a sealed bid back."""
        return Call("DELETE", f"/bids/{number}")

    @method
    @staticmethod
    def bids(after: int = 0, limit: int = 50, newest: bool = False) -> Call[Page[Bid]]:
        """One's bids."""
        return Call("GET", "/me/bids", query={"after": after, "limit": limit, "newest": newest})

    @method
    @staticmethod
    def purchases(
        status: str | None = None, after: int = 0, limit: int = 50, newest: bool = False
    ) -> Call[Page[Purchase]]:
        """What one bought, of one status or all."""
        query = {"after": after, "limit": limit, "newest": newest, "status": status}
        return Call("GET", "/me/purchases", query=query)

    @method
    @staticmethod
    def append(purchase: int, teaser: str, text: str, final: bool = False) -> Call[int]:
        """Deliver what a state was bought for; returns the number of the new one."""
        return Call("POST", f"/purchases/{purchase}/state", {"teaser": teaser, "text": text, "final": final})

    @method
    @staticmethod
    def state(number: int) -> Call[State]:
        """A state, with its text if one may read it."""
        return Call("GET", f"/states/{number}")

    @method
    @staticmethod
    def withdraw_offer(number: int) -> Call[None]:
        """Take an offer back."""
        return Call("DELETE", f"/offers/{number}")
