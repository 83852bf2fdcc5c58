"""Calls that forget: an agent judges a text it has not bought, and keeps nothing of it."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, TypeVar

from catallax.language.models import AbstractModel, ModelError

Agent = TypeVar("Agent")


class Answered(NamedTuple):
    """What came of a call."""

    value: Any
    reason: str = ""
    """Why there is no value: the kind of failure, never its text."""
    cost: int = 0
    """What was billed although there is no value, micro-credits."""


def forgetting(agent: Agent) -> Agent:
    """A copy of an agent to be thrown away, so that what it keeps of a call is lost. Its language models are shared: they are
    asked anew each time and belong to the operator.

    What a program hides outside of itself (in a module, a file, on a class) is beyond its reach.
    """
    models = {id(part): part for part in vars(agent).values() if isinstance(part, AbstractModel)}
    return copy.deepcopy(agent, models)


async def answered(call: Callable[[], Awaitable[Any]], seconds: float | None) -> Answered:
    """The value of a call, or why there is none; what an exception says stays behind.

    Args:
        call: makes what is awaited.
        seconds: how long it may take; `None` for ever.
    """
    try:
        async with asyncio.timeout(seconds):
            return Answered(await call())
    except TimeoutError:
        return Answered(None, "timeout")
    except ModelError as error:
        return Answered(None, error.failure.value, error.cost)
    except Exception as error:
        return Answered(None, type(error).__name__)
