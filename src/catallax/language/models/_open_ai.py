"""Any server that speaks the chat-completions protocol of OpenAI."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import os
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any

try:
    import httpx
except ImportError as error:
    raise ImportError(
        f"catallax.language.models.OpenAI: needs httpx, which cannot be imported ({error}); "
        "run: pip install 'catallax[language]'"
    ) from error

from catallax.language.models._chat import MOST_BYTES, Outcome, Pieces, body, read, refused, settled
from catallax.language.models._model import AbstractModel
from catallax.language.models._per_loop import PerLoop
from catallax.language.models._provider import Provider
from catallax.language.models._request import Request
from catallax.language.models._response import Failure, Response, Usage
from catallax.language.models._sse import Malformed, events
from catallax.language.models._tokens import most


class _Secret:
    """A text that does not print, and does not travel."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "***"

    def __reduce__(self) -> Any:
        raise TypeError("OpenAI: a key is not pickled; build the model anew where it is used.")

    def reveal(self) -> str:
        return self._text


class OpenAI(AbstractModel):
    """A model behind an OpenAI-compatible server (vLLM, the llama.cpp server, Ollama, gateways, OpenAI itself).

    One try: put `Retrying`, `Limited` and `Metered` around it. Connections are kept for each event loop; close them with
    `aclose` or by `async with`.

    Args:
        base_url: the server's address up to and with its version, `http://localhost:8000/v1` say.
        model: name of the model there.
        key: the key itself; it is neither shown nor logged nor pickled.
        key_from: name of the environment variable that holds the key, instead of `key`; no other is looked at.
        seconds: the longest a call may take, all in all.
        connections: the most connections at once; further calls wait, and their time runs.
        limit_field: what the server calls the longest answer; newer models of OpenAI say `max_completion_tokens`.
        extra: further fields of the body; they replace ours of the same name.
        transport: what carries the requests, for tests.

    Raises:
        ImportError: without httpx, naming the command that installs it.
        ValueError: for an address that is not http or https or that holds a password or a query, an empty variable, or a key that
            no header can hold.

    Failures (`ModelError`): a status of 429 is `RATE_LIMITED`, of 5xx `SERVER_ERROR`, another one `REJECTED`; an answer that
    is no chat completion `MALFORMED`. What nobody reports is billed at its bound; a call that never left, or came back with
    an error, is not billed, except after 502 and 504, when the answer may be lost on its way.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        key: str | None = None,
        key_from: str | None = None,
        seconds: float = 60.0,
        connections: int = 100,
        limit_field: str = "max_tokens",
        extra: Mapping[str, Any] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        if not _address(base_url):
            raise ValueError(
                "OpenAI: base_url is like http://localhost:8000/v1, without user, password and query; use key."
            )
        if seconds <= 0 or connections < 1:
            raise ValueError(f"OpenAI: seconds and connections are above 0, got {seconds} and {connections}.")
        self._model = model
        self._url = f"{base_url.rstrip('/')}/chat/completions"
        self._key = _Secret(_key(key, key_from))
        self._seconds = seconds
        self._connections = connections
        self._limit_field = limit_field
        self._extra = dict(extra or {})
        self._transport = transport
        self._clients = PerLoop(self._connect)

    @classmethod
    def of(cls, provider: Provider) -> OpenAI:
        """The model of a run's settings."""
        return cls(
            provider.url,
            provider.name,
            key_from=provider.key_from or None,
            seconds=provider.seconds,
            connections=provider.at_once,
            limit_field=provider.limit_field,
        )

    def __repr__(self) -> str:
        return f"OpenAI({self._url!r}, {self._model!r})"

    @property
    def name(self) -> str:
        """The model, and the further fields of the body if there are any."""
        return self._model + (json.dumps(self._extra, sort_keys=True) if self._extra else "")

    def _connect(self) -> httpx.AsyncClient:
        secret = self._key.reveal()
        return httpx.AsyncClient(
            headers={"Authorization": f"Bearer {secret}"} if secret else {},
            timeout=self._seconds,
            limits=httpx.Limits(max_connections=self._connections, max_keepalive_connections=self._connections),
            # a proxy has no way to this machine
            trust_env=not _loopback(httpx.URL(self._url).host),
            transport=self._transport,
        )

    async def aclose(self) -> None:
        """Close the connections of the running event loop."""
        client = self._clients.drop()
        if client is not None:
            await client.aclose()

    async def __aenter__(self) -> OpenAI:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def complete(self, request: Request) -> Response:
        async def ask() -> Outcome:
            async with self._post(request) as reply:
                raw = await _whole(reply)
                if reply.status_code != 200:
                    return refused(reply.status_code, raw, reply.headers.get("retry-after"), request)
                return read(raw, request)

        return await self._answer(request, ask)

    async def stream(self, request: Request, on_text: Callable[[str], None]) -> Response:
        """The answer, with its pieces handed over as they come.

        Args:
            request: what is asked.
            on_text: called with each piece of text, in order.

        Raises:
            ModelError: as in `complete`; a stream that ends before the answer does is `Failure.GONE`.
        """

        async def ask() -> Outcome:
            fields = {"stream": True, "stream_options": {"include_usage": True}}
            async with self._post(request, fields) as reply:
                if reply.status_code != 200:
                    raw = await _whole(reply)
                    return refused(reply.status_code, raw, reply.headers.get("retry-after"), request)
                pieces = Pieces(request)
                async with aclosing(events(reply.aiter_bytes(), MOST_BYTES)) as data:
                    async for event in data:
                        if event == "[DONE]":
                            break
                        if text := pieces.take(event):
                            _tell(on_text, text)
                return pieces.reply()

        return await self._answer(request, ask)

    @asynccontextmanager
    async def _post(self, request: Request, fields: Mapping[str, Any] | None = None) -> AsyncIterator[httpx.Response]:
        content = _encoded(body(self._model, request, self._limit_field) | self._extra | dict(fields or {}))
        headers = {"Content-Type": "application/json"}
        async with self._clients.get().stream("POST", self._url, content=content, headers=headers) as reply:
            yield reply

    async def _answer(self, request: Request, ask: Callable[[], Awaitable[Outcome]]) -> Response:
        started = time.perf_counter()
        outcome: Outcome | Exception
        try:
            async with asyncio.timeout(self._seconds):
                outcome = await ask()
        except _ListenerError as error:
            outcome = error.theirs
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            outcome = _lost(Failure.GONE, f"no connection ({type(error).__name__}); is the server running?", Usage())
        except (TimeoutError, httpx.TimeoutException):
            outcome = _lost(Failure.TIMEOUT, f"no answer within {self._seconds:g} seconds.", most(request))
        except httpx.DecodingError:
            outcome = _lost(Failure.MALFORMED, "the reply cannot be decompressed.", most(request))
        except httpx.RequestError as error:
            outcome = _lost(Failure.GONE, f"the connection broke ({type(error).__name__}).", most(request))
        except _HalfError:
            outcome = _lost(Failure.REJECTED, "the request holds half of a character; nothing was asked.", Usage())
        except Malformed as error:
            outcome = _lost(Failure.MALFORMED, str(error), most(request))
        # raised out here: an error in flight would carry the request, and with it the prompt, as its context
        if isinstance(outcome, Exception):
            raise outcome
        return settled(outcome, self.name, request, time.perf_counter() - started)


class _ListenerError(Exception):
    """Whoever listens to a stream failed; none of our own failures may be mistaken for it, nor it for one of them."""

    def __init__(self, theirs: Exception) -> None:
        super().__init__()
        self.theirs = theirs


def _tell(on_text: Callable[[str], None], text: str) -> None:
    try:
        on_text(text)
    except Exception as error:
        raise _ListenerError(error) from None


class _HalfError(Exception):
    """A request holds half of a character, which no wire takes."""


def _encoded(fields: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(fields, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise _HalfError from None


def _address(base_url: str) -> bool:
    """Whether it can have a path put after it, and holds no secret."""
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL:
        return False
    return url.scheme in ("http", "https") and bool(url.host) and not (url.userinfo or url.query or url.fragment)


def _lost(failure: Failure, detail: str, billed: Usage) -> Outcome:
    return Outcome(usage=billed, failure=failure, detail=detail)


def _key(key: str | None, key_from: str | None) -> str:
    if key is not None and key_from is not None:
        raise ValueError("OpenAI: give key or key_from, not both.")
    found = key or "" if key_from is None else os.environ.get(key_from, "")
    if key_from is not None and not found:
        raise ValueError(f"OpenAI: the environment variable {key_from} is empty; set it, or give key.")
    if found and not re.fullmatch(r"[!-~]+", found):  # a line break at its end is the usual one
        where = "key" if key_from is None else f"the environment variable {key_from}"
        raise ValueError(f"OpenAI: {where} holds a space, a line break or a letter that no header can hold.")
    return found


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _whole(reply: httpx.Response) -> bytes:
    raw = bytearray()
    async for chunk in reply.aiter_bytes():
        raw += chunk
        if len(raw) > MOST_BYTES:
            raise Malformed(f"the reply is longer than {MOST_BYTES} bytes.")
    return bytes(raw)
