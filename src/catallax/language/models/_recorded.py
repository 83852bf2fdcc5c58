"""A cassette: answers that were paid for once and are read again."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from catallax.language.models._model import AbstractModel
from catallax.language.models._request import Request
from catallax.language.models._response import Failure, Finish, ModelError, Response, Usage

KEPT = frozenset({Failure.REFUSED, Failure.EMPTY})
"""Failures that are the model's own answer; the others may be over the next time and are not recorded."""


class Recorded(AbstractModel):
    """Records what a model answers, and answers from the record what was asked before.

    The key is the model's name and `Request.hash`, so whoever wants another answer asks with another `attempt` or `seed`,
    and a sealed request (`policy`) is found by its own enclave alone. The cassette is a file of one JSON object a line; a
    line is written whole, before its answer counts, and one that a crash tore off is dropped on opening. It holds answers
    and hashes, no prompts. Two equal requests at once ask once.

    Put it around `Metered`: what is read again is not billed again, while `Response.cost` stays what it was.

    Args:
        model: who answers what is not on the cassette; `None` to replay only.
        path: the cassette, made if it is not there and a model is given.
        name: the model to replay, where the cassette holds several.

    Raises:
        FileNotFoundError: if there is nothing to replay.
        ValueError: if the cassette is damaged before its last line, or holds several models and none is named.

    In replay, `complete` raises `ModelError` with `Failure.UNRECORDED` for what was never asked.
    """

    def __init__(self, model: AbstractModel | None, path: str | os.PathLike[str], name: str | None = None) -> None:
        self._model = model
        self._path = Path(path)
        if model is None and not self._path.exists():
            raise FileNotFoundError(f"Recorded: no cassette {self._path} to replay; record it by giving a model.")
        self._tape = _load(self._path, mend=model is not None)
        self._name = name or (self._only_name() if model is None else model.name)
        # a lock lives as long as somebody holds it
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def _only_name(self) -> str:
        names = {model for model, _ in self._tape}
        if len(names) > 1:
            raise ValueError(f"Recorded: {self._path} holds several models, {sorted(names)}; choose with name.")
        return next(iter(names), "recorded")

    def __len__(self) -> int:
        return len(self._tape)

    @property
    def name(self) -> str:
        return self._name

    async def complete(self, request: Request) -> Response:
        key = self._name, request.hash
        if key not in self._tape:
            if self._model is None:
                detail = f"{self._path.name} has no answer to request {request.hash[:12]}; record it by giving a model."
                raise ModelError(Failure.UNRECORDED, self._name, detail)
            lock = self._locks.setdefault(request.hash, asyncio.Lock())
            async with lock:
                if key not in self._tape:
                    await self._record(self._model, request)
        told = _told(self._tape[key], request.hash)
        if isinstance(told, ModelError):
            raise told
        return told

    async def _record(self, model: AbstractModel, request: Request) -> None:
        try:
            response = await model.complete(request)
        except ModelError as error:
            if error.failure not in KEPT:
                raise
            entry = {"failure": error.failure.value, "detail": error.detail, **_bill(error)}
        else:
            if response.parsed is not None:
                raise TypeError("Recorded: only text is recorded; put Structured around Recorded, not into it.")
            entry = {"text": response.text, "finish": response.finish.value, **_bill(response)}
        entry = {"model": self._name, "request": request.hash, **entry}
        _append(self._path, entry)
        self._tape[self._name, request.hash] = entry


def _bill(of: Response | ModelError) -> dict[str, Any]:
    usage = [of.usage.prompt_tokens, of.usage.completion_tokens, of.usage.estimated]
    return {"usage": usage, "cost": of.cost, "seconds": of.seconds}


def _told(entry: Mapping[str, Any], request_hash: str) -> Response | ModelError:
    """What an entry says."""
    usage, cost, seconds = Usage(*entry["usage"]), entry["cost"], entry["seconds"]
    if "failure" in entry:
        return ModelError(Failure(entry["failure"]), entry["model"], entry["detail"], usage, cost, seconds)
    return Response(entry["text"], usage, Finish(entry["finish"]), request_hash, cost, seconds)


def _append(path: Path, entry: dict[str, Any]) -> None:
    """One write of a whole line to the end of the file."""
    line = json.dumps(entry).encode() + b"\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        end = os.fstat(file).st_size
        if os.write(file, line) != len(line):
            os.ftruncate(file, end)  # the next line must not go on from half of this one
            raise OSError(f"Recorded: {path} takes no more; is the disk full?")
    finally:
        os.close(file)


def _load(path: Path, mend: bool) -> dict[tuple[str, str], dict[str, Any]]:
    """The entries of a cassette; a torn last line is left out and, where we go on writing, cut off the file."""
    raw = path.read_bytes() if path.exists() else b""
    whole = raw[: raw.rfind(b"\n") + 1]
    if mend and len(whole) < len(raw):
        os.truncate(path, len(whole))
    tape: dict[tuple[str, str], dict[str, Any]] = {}
    for number, line in enumerate(whole.splitlines(), start=1):
        try:
            entry = json.loads(line)
            _told(entry, "")
            tape.setdefault((entry["model"], entry["request"]), entry)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise ValueError(
                f"Recorded: line {number} of {path} is damaged; remove it to have it asked again."
            ) from error
    return tape
