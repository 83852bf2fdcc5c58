"""Every call as a value: what is sent, and how the answer is read. It is written once; the clients differ in how they wait."""

from __future__ import annotations

import functools
import inspect
import secrets
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, ParamSpec, TypeVar, get_args, get_type_hints, overload

from catallax.exchange.client._records import made

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Call(Generic[T]):
    """A call.

    Args:
        method: of HTTP.
        path: below `/api`.
        body: as JSON.
        query: what follows the path; what is None is left out.
        key: by which the service knows a call that is tried again.
        known: secrets that the caller chose: a repeated answer does not tell them.
        kind: of the answer; set by `method` from what its function is said to return.
    """

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    query: Mapping[str, Any] = field(default_factory=dict)
    key: str = field(default_factory=lambda: secrets.token_hex(16))
    known: Mapping[str, str] = field(default_factory=dict, repr=False)
    kind: Any = None

    @property
    def headers(self) -> dict[str, str]:
        """What goes along."""
        return {} if self.method == "GET" else {"Idempotency-Key": self.key}

    @property
    def sent(self) -> dict[str, Any]:
        """The call for `httpx`."""
        query = {name: value for name, value in self.query.items() if value is not None}
        return {"method": self.method, "url": self.path, "params": query, "json": self.body}

    def read(self, answer: Any) -> T:
        """The answer as a record; of one that is a number, the number; nothing where nothing is expected."""
        if self.kind is int:
            return answer["id"]
        return made(self.kind, {**self.known, **answer}) if self.kind is not type(None) else None  # pyright: ignore[reportReturnType]


class Waits:
    """A client that waits for its answers."""


class GoesOn:
    """A client that goes on meanwhile."""


class Method(Generic[P, T]):
    """A call as a method of both clients: `client.name(...)` sends it.

    Args:
        make: makes the call.
    """

    def __init__(self, make: Callable[P, Call[T]]) -> None:
        self.make: Callable[P, Call[T]] = inspect.unwrap(make)
        self.__doc__ = make.__doc__

    @functools.cached_property
    def kind(self) -> Any:
        """What is answered."""
        return get_args(get_type_hints(self.make)["return"])[0]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Call[T]:
        return replace(self.make(*args, **kwargs), kind=self.kind)

    @overload
    def __get__(self, client: None, owner: Any = None) -> Method[P, T]: ...
    @overload
    def __get__(self, client: Waits, owner: Any = None) -> Callable[P, T]: ...
    @overload
    def __get__(self, client: GoesOn, owner: Any = None) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, client: Any, owner: Any = None) -> Any:
        if client is None:
            return self

        @functools.wraps(self.make)
        def send(*args: Any, **kwargs: Any) -> Any:
            return client._send(self(*args, **kwargs))

        return send


method = Method
"""Makes a method of both clients of a static one that makes a call."""
