"""The open marketplace as a service: requests with a bounty, sealed bids, chains of suppliers, settlement backwards."""

try:
    import fastapi as _fastapi  # noqa: F401
    import sqlalchemy as _sqlalchemy  # noqa: F401
except ImportError as error:
    raise ImportError(
        f"the exchange: needs {error.name}, which is not installed; run: pip install 'catallax[exchange]'"
    ) from error

from catallax.exchange._app import create_app, first_token
from catallax.exchange._ledger import faults
from catallax.exchange._schema import SchemaError, upgrade
from catallax.exchange._settings import Settings

__all__ = ["SchemaError", "Settings", "create_app", "faults", "first_token", "upgrade"]
