"""Foreign frameworks, imported where they are used."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def need(module: str, extra: str = "adapters") -> Any:
    """A module of an optional dependency.

    Args:
        module: full name, `gymnax.environments` say.
        extra: the extra of catallax that brings it.

    Raises:
        ImportError: if it is not installed, naming the command that does.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise ImportError(
            f"catallax.adapters: needs {module.split('.')[0]}, which cannot be imported ({error}); "
            f"run: pip install 'catallax[{extra}]'"
        ) from error
