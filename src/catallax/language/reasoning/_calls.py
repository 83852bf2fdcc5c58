"""Calls of agents: an appraisal that forgets what it saw, work that is checked, and failures as names."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from catallax.language.models import AbstractModel, Failure, ModelError
from catallax.language.reasoning._bid_rule import Quote
from catallax.language.reasoning._goods import Draft, Mishap, Reading, Work
from catallax.language.reasoning._reader import AbstractReader
from catallax.language.reasoning._thought import fit

Agent = TypeVar("Agent")
LONGEST = 20_000
"""Characters of a text that is still taken."""


class Answered(NamedTuple):
    """What came of a call."""

    value: Any
    reason: str = ""
    """Why there is no value: the kind of failure, never its text."""
    cost: int = 0
    """What was billed although there is no value, micro-credits."""


async def answered(call: Callable[[], Awaitable[Any]], seconds: float | None) -> Answered:
    """The value of a call, or why there is none; what an exception says stays behind, and none of an agent ends a run.

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
        known = isinstance(error.failure, Failure) and type(error.cost) is int and error.cost >= 0
        return Answered(None, error.failure.value, error.cost) if known else Answered(None, "broken")
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        return Answered(None, "cancelled")  # nobody cancelled this call: the agent raised it
    except KeyboardInterrupt:
        raise
    except BaseException:  # its name as well could be made of what it read
        return Answered(None, "broken")


def forgetting(agent: Agent) -> Agent:
    """A copy of an agent to be thrown away, so that what it keeps of a call is lost.

    Language models are shared by their holders, not copied: each request to them stands alone. What a program hides outside
    of itself (in a module, a file, on a class) is beyond reach.
    """
    return copy.deepcopy(agent, _models(agent))


def check_copies(part: str, agents: Sequence[object]) -> None:
    """Refuse agents of which no copy can be made to look at what is for sale.

    Raises:
        TypeError: naming the agent.
    """
    for agent in agents:
        try:
            forgetting(agent)
        except Exception as error:  # a copy is the agent's own code
            name = getattr(agent, "name", type(agent).__name__)
            raise TypeError(
                f"{part}: {name!r} cannot be copied ({error}); a copy of it looks at what is for sale and is thrown away: "
                "let it hold models, but no locks or connections, or give it a __deepcopy__."
            ) from error


def _models(part: object, depth: int = 2) -> dict[int, object]:
    """The models an agent holds, itself or in its parts, by identity."""
    if isinstance(part, AbstractModel):
        return {id(part): part}
    inner = vars(part).values() if depth and hasattr(part, "__dict__") else ()
    return {key: model for value in inner for key, model in _models(value, depth - 1).items()}


async def appraised(reader: AbstractReader, reading: Reading, seconds: float | None) -> tuple[Quote, Mishap | None]:
    """The bid of a copy of the reader, which is thrown away; 0 where there is none."""
    said = await answered(lambda: forgetting(reader).appraise(reading), seconds)
    quote = Quote(said.value) if type(said.value) is int else said.value
    if isinstance(quote, Quote) and type(quote.amount) is int and type(quote.cost) is int and quote.cost >= 0:
        return quote, None
    return Quote(0, said.cost), Mishap(reader.name, "appraise", said.reason or "malformed")


async def worked(reader: AbstractReader, reading: Reading, seconds: float | None) -> tuple[Work, Mishap | None]:
    """What a reader appends; nothing if it fails."""
    said = await answered(lambda: reader.act(reading), seconds)
    if _proper(said.value):
        return said.value, None
    return Work((), said.cost), Mishap(reader.name, "act", said.reason or "malformed")


def _proper(work: object) -> bool:
    """Whether what a reader returned can be listed."""
    return (
        isinstance(work, Work)
        and type(work.cost) is int
        and work.cost >= 0
        and all(isinstance(draft, Draft) and _listable(draft) for draft in work.drafts)
    )


def _listable(draft: Draft) -> bool:
    texts = fit(draft.text, LONGEST) and (draft.teaser == "" or fit(draft.teaser, LONGEST))
    return texts and type(draft.ask) is int and draft.ask >= 0
