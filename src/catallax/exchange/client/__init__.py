"""An exchange from a program: typed calls that count once, and suppliers that bid and work by themselves."""

from catallax.exchange.client._async_client import AsyncClient
from catallax.exchange.client._client import Client
from catallax.exchange.client._errors import ExchangeError, Refused, Unreachable
from catallax.exchange.client._records import Bid, Event, Offer, Page, Party, Purchase, Purse, Request, State, Summary

__all__ = [
    "AsyncClient",
    "Bid",
    "Client",
    "Event",
    "ExchangeError",
    "Offer",
    "Page",
    "Party",
    "Purchase",
    "Purse",
    "Refused",
    "Request",
    "State",
    "Summary",
    "Unreachable",
]
