"""An exchange from a program: typed calls that count once, and suppliers that bid and work by themselves."""

from catallax.exchange.client._async_client import AsyncClient
from catallax.exchange.client._client import Client
from catallax.exchange.client._errors import ExchangeError, Refused, Unreachable
from catallax.exchange.client._records import Bid, Event, Offer, Page, Party, Purchase, Purse, Request, State, Summary
from catallax.exchange.client._supplier import AbstractSupplier, Draft, Job, ProgramSupplier, Sale, Supply

__all__ = [
    "AbstractSupplier",
    "AsyncClient",
    "Bid",
    "Client",
    "Draft",
    "Event",
    "ExchangeError",
    "Job",
    "Offer",
    "Page",
    "Party",
    "ProgramSupplier",
    "Purchase",
    "Purse",
    "Refused",
    "Request",
    "Sale",
    "State",
    "Summary",
    "Supply",
    "Unreachable",
]
