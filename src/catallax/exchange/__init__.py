"""The open marketplace as a service: requests with a bounty, bids, chains, sealed information, forecasts."""

from catallax.exchange._app import create_app
from catallax.exchange._settings import Settings

__all__ = ["Settings", "create_app"]
