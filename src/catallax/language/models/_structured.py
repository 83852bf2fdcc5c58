"""Answers that are data: parsed, checked, repaired a bounded number of times."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from catallax.language.models._model import AbstractModel
from catallax.language.models._request import Message, Request
from catallax.language.models._response import Failure, Finish, ModelError, Response, Usage
from catallax.language.models._schema import Unfit, check, inlined, read_json, unbounded, unknown

_MOST_QUOTED = 2000
"""Characters of a faulty answer, and of what is wrong with it, that go into the question for a better one."""
_LONGEST = "\U0001f600" * (_MOST_QUOTED + 64)
"""As many bytes as those can have, with what is said of an answer that was cut."""


class Structured(AbstractModel):
    """Asks for data of one form, and returns it or says why not.

    The text is read as JSON (whole, or its only fenced block) and checked against the schema. An answer that does not fit is
    asked for again, with what is wrong with it, at most `repairs` times; `Response.usage` and `cost` are those of all tries.
    There is no default: after the last try it is `Failure.MALFORMED`.

    Args:
        model: who answers.
        schema: a bounded JSON schema, or a pydantic model class of bounded fields that forbids others; `None` for the schema
            of each request.
        repairs: further tries, at least 0.

    Raises:
        ValueError: for a schema with an answer of any size, with a keyword that is not supported, or none at all.

    `Response.parsed` is the value, or the instance of the pydantic model (in its strict mode).

    >>> import asyncio
    >>> from catallax.language.models import Scripted, ask
    >>> price = {"type": "integer", "minimum": 0, "maximum": 9}
    >>> asyncio.run(Structured(Scripted(["about 7", "7"]), price).complete(ask("Price?"))).parsed
    7
    """

    def __init__(self, model: AbstractModel, schema: Mapping[str, Any] | type[Any] | None, repairs: int = 1) -> None:
        if repairs < 0:
            raise ValueError(f"Structured: repairs is 0 or more, got {repairs}.")
        self._model = model
        self._repairs = repairs
        self._form = None if schema is None else _form(schema)

    @property
    def name(self) -> str:
        return self._model.name

    def dearest(self, request: Request) -> int:
        schema, _ = self._form or _form(request.schema)
        again = _again(request, schema, _LONGEST, _LONGEST, 0)
        first = self._model.dearest(replace(request, schema=schema))
        return first + self._repairs * self._model.dearest(again)

    async def complete(self, request: Request) -> Response:
        schema, parse = self._form or _form(request.schema)
        asked = replace(request, schema=schema)
        usage, cost, seconds = Usage(), 0, 0.0
        for attempt in range(self._repairs + 1):
            try:
                response = await self._model.complete(asked)
            except ModelError as error:
                error.usage, error.cost, error.seconds = error.usage + usage, error.cost + cost, error.seconds + seconds
                raise
            usage, cost, seconds = usage + response.usage, cost + response.cost, seconds + response.seconds
            try:
                parsed = parse(response.text)
            except Unfit as error:
                fault = str(error)[:_MOST_QUOTED]
                if response.finish is Finish.LENGTH:
                    fault = f"{fault}, for it was cut at max_tokens = {asked.max_tokens}"
                asked = _again(request, schema, response.text, fault, attempt)
                continue
            return replace(response, parsed=parsed, usage=usage, cost=cost, seconds=seconds, request_hash=request.hash)
        detail = f"no answer of {self._repairs + 1} fits the schema"
        raise ModelError(Failure.MALFORMED, self.name, f"{detail}; the last: {fault}.", usage, cost, seconds)


def _again(request: Request, schema: Mapping[str, Any], text: str, fault: str, attempt: int) -> Request:
    """The question for a better answer: a request of its own, so that no cassette takes it for the first."""
    words = f"This is not accepted: {fault}. Answer with JSON alone that fits this schema:\n{json.dumps(schema)}"
    repair = (Message("assistant", text[:_MOST_QUOTED]), Message("user", words))
    return replace(request, schema=schema, messages=(*request.messages, *repair), attempt=request.attempt + attempt + 1)


def _form(schema: Mapping[str, Any] | type[Any] | None) -> tuple[dict[str, Any], Callable[[str], Any]]:
    """What to ask for, and how to read it."""
    if schema is None:
        raise ValueError("Structured: neither it nor the request has a schema; give one to either.")
    return _pydantic(schema) if isinstance(schema, type) else _plain(schema)


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    faults = list(unbounded(schema))
    if faults:
        raise ValueError(f"Structured: the schema has answers of any size or form: {'; '.join(faults[:4])}.")
    return schema


def _plain(schema: Mapping[str, Any]) -> tuple[dict[str, Any], Callable[[str], Any]]:
    whole = _closed(inlined(schema))
    faults = list(unknown(whole))
    if faults:
        raise ValueError(f"Structured: {'; '.join(faults[:4])}.")

    def parse(text: str) -> Any:
        value = read_json(text)
        check(value, whole)
        return value

    return whole, parse


def _pydantic(kind: type[Any]) -> tuple[dict[str, Any], Callable[[str], Any]]:
    if not hasattr(kind, "model_json_schema"):
        raise TypeError(f"Structured: schema is a JSON schema or a pydantic model class, got {kind.__name__}.")
    from pydantic import ValidationError

    schema = _closed(inlined(kind.model_json_schema()))

    def parse(text: str) -> Any:
        try:
            return kind.model_validate_json(json.dumps(read_json(text)), strict=True)
        except ValidationError as error:
            # without the input, which may be sealed
            first = error.errors(include_input=False, include_url=False, include_context=False)[0]
            where = ".".join(["answer", *map(str, first["loc"])])
        raise Unfit(f"{where}: {first['type']}")

    return schema, parse
