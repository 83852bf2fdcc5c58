"""Whether Ctrl-C ends one training run or everything around it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

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


@contextmanager
def unbroken() -> Iterator[None]:
    """Inside, Ctrl-C waits for the end of the block, whose first half would be lost without the second."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return
    came: list[Any] = []
    signal.signal(signal.SIGINT, lambda *call: came.append(call))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        before(*came[0])
