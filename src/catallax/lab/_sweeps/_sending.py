"""Work that travels to another process, with functions from files that nobody can import by name."""

from __future__ import annotations

import functools
import importlib
import importlib.machinery
import importlib.util
import io
import pickle
import sys
from pathlib import Path
from types import FunctionType
from typing import Any


def packed(work: Any) -> bytes:
    """The work as bytes.

    Raises:
        ValueError: if it holds what another process cannot have.
    """
    buffer = io.BytesIO()
    try:
        _Pickler(buffer).dump(work)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise ValueError(
            f"sweep: the work cannot be sent to another process ({error}); define functions and classes at the top level "
            "of a file, not inside functions, or sweep with Here()."
        ) from error
    return buffer.getvalue()


def unpacked(payload: bytes) -> Any:
    """The work again."""
    return pickle.loads(payload)


class _Pickler(pickle.Pickler):
    def reducer_override(self, thing: Any) -> Any:
        if not isinstance(thing, FunctionType | type) or "<" in thing.__qualname__ or _importable(thing.__module__):
            return NotImplemented
        file = getattr(sys.modules.get(thing.__module__), "__file__", None)
        # a notebook, python -c or the standard input: nobody else could load it
        if thing.__module__ == "__main__" and not (file and Path(file).is_file()):
            raise pickle.PicklingError(f"{thing.__qualname__} was typed in and is in no file")
        return NotImplemented if file is None else (_found, (thing.__module__, thing.__qualname__, file))


@functools.cache
def _importable(module: str) -> bool:
    root = module.partition(".")[0]
    if root == "__main__":
        return False
    return root in sys.builtin_module_names or importlib.machinery.PathFinder.find_spec(root) is not None


def _found(module: str, name: str, file: str) -> Any:
    thing = sys.modules.get(module) or _loaded(module, file)
    if module == "__main__" and getattr(thing, "__file__", None) != file:  # the main program of a foreign process
        thing = sys.modules.get("__sweep_main__") or _loaded("__sweep_main__", file)
    for part in name.split("."):
        thing = getattr(thing, part)
    return thing


def _loaded(name: str, file: str) -> Any:
    if not Path(file).is_file():
        raise FileNotFoundError(
            f"{file} is not on this machine; put the file there (a shared folder), or install it as a module."
        )
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    # helpers beside it
    sys.path.insert(0, str(Path(file).parent))
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    finally:
        sys.path.pop(0)
    return module
