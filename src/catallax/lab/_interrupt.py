"""Whether Ctrl-C ends one training run or everything around it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_RAISES: ContextVar[bool] = ContextVar("catallax_interrupts_raise", default=False)


@contextmanager
def interrupts_raise() -> Iterator[None]:
    """Inside, an interrupted `train` stores what it reached and then raises `KeyboardInterrupt`.

    For programs made of several runs, whose results are worthless if one of them was cut short.
    """
    before = _RAISES.set(True)
    try:
        yield
    finally:
        _RAISES.reset(before)


def pass_on(interrupted: bool) -> None:
    """Raise if a run was interrupted and whoever called wants to know.

    Raises:
        KeyboardInterrupt: inside `interrupts_raise`.
    """
    if interrupted and _RAISES.get():
        raise KeyboardInterrupt
