"""What happened, and where to tell it."""

from __future__ import annotations

from collections.abc import Sequence

from catallax.exchange.client._call import Call, method
from catallax.exchange.client._records import Event, NewWebhook, Page, Webhook
from catallax.exchange.client._secrets import new_secret


class EventCalls:
    """Calls about events."""

    @method
    @staticmethod
    def events(after: int = 0, limit: int = 50, subject: str | None = None, newest: bool = False) -> Call[Page[Event]]:
        """What happened since an event, of one subject (`request/7`) or all."""
        return Call("GET", "/events", query={"after": after, "limit": limit, "newest": newest, "subject": subject})

    @method
    @staticmethod
    def webhooks(after: int = 0, limit: int = 50, newest: bool = False) -> Call[Page[Webhook]]:
        """One's webhooks, without their secrets."""
        return Call("GET", "/me/webhooks", query={"after": after, "limit": limit, "newest": newest})

    @method
    @staticmethod
    def add_webhook(url: str, kinds: Sequence[str] = (), secret: str = "") -> Call[NewWebhook]:
        """Be told of events from now on.

        Args:
            url: where to.
            kinds: of events, such as `request.closed`; none are all.
            secret: that signs what is told; a new one by default. It is chosen here, so that it is not lost with an answer.
        """
        known = {"secret": secret or new_secret()}
        return Call("POST", "/me/webhooks", {"url": url, "kinds": list(kinds)} | known, known=known)

    @method
    @staticmethod
    def remove_webhook(number: int) -> Call[None]:
        """Be told no more."""
        return Call("DELETE", f"/me/webhooks/{number}")
