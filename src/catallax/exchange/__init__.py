"""The open marketplace as a service: requests with a bounty, sealed bids, chains of suppliers, settlement backwards.

The service needs the extra `exchange`; `exchange.client`, for those who use one, needs httpx alone;
`exchange.suppliers` puts the agents and models of `language` to work at one.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from catallax.exchange._app import create_app as create_app
    from catallax.exchange._app import first_token as first_token
    from catallax.exchange._ledger import faults as faults
    from catallax.exchange._logs import log_lines as log_lines
    from catallax.exchange._schema import SchemaError as SchemaError
    from catallax.exchange._schema import upgrade as upgrade
    from catallax.exchange._settings import Settings as Settings

_SERVICE = {
    "SchemaError": "_schema",
    "Settings": "_settings",
    "create_app": "_app",
    "faults": "_ledger",
    "first_token": "_app",
    "log_lines": "_logs",
    "upgrade": "_schema",
}

__all__ = ["SchemaError", "Settings", "create_app", "faults", "first_token", "log_lines", "upgrade"]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name in ("client", "suppliers"):
        return import_module(f"catallax.exchange.{name}")
    if name not in _SERVICE:
        raise AttributeError(f"module 'catallax.exchange' has no attribute {name!r}")
    try:
        return getattr(import_module(f"catallax.exchange.{_SERVICE[name]}"), name)
    except ModuleNotFoundError as error:
        raise ImportError(
            f"exchange.{name}: needs {error.name}, which is not installed; run: pip install 'catallax[exchange]'"
        ) from error
