"""A server on this machine that speaks the chat-completions protocol, and misbehaves on request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

_REASONS = {200: "OK", 429: "Too Many Requests", 500: "Internal Server Error"}


@dataclass(frozen=True)
class Reply:
    """What the server does with one request.

    Args:
        text: the answer.
        status: HTTP status; other than 200, the body is an error of the protocol.
        finish: the reason that the answer ended.
        refusal: text of a refusal; the answer is then empty.
        usage: whether tokens are reported.
        delay: seconds before the reply.
        headers: further headers, `{"Retry-After": "2"}` say.
        raw: body to send instead, whatever it is.
        fault: `"hang"` never answers, `"drop"` closes the connection without a word, `"cut"` closes it in the middle.
    """

    text: str = ""
    status: int = 200
    finish: str = "stop"
    refusal: str | None = None
    usage: bool = True
    delay: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    fault: Literal["hang", "drop", "cut"] | None = None


class FakeServer:
    """An OpenAI-compatible server on the loopback, for tests and for trying things out.

    Args:
        replies: one after the other, a text standing for `Reply(text)`; or a function from the body of a request to one.
            A request beyond the last reply gets status 500.

    Inside `async with`, `url` is the base address, `requests` the bodies and `headers` the headers that came, and
    `peak` the most requests that were answered at once.

    >>> import asyncio
    >>> from catallax.language.models import OpenAI, ask
    >>> async def main():
    ...     async with FakeServer(["four"]) as server, OpenAI(server.url, "tiny") as model:
    ...         return (await model.complete(ask("Two and two?"))).text
    >>> asyncio.run(main())
    'four'
    """

    def __init__(self, replies: Sequence[Reply | str] | Callable[[Mapping[str, Any]], Reply | str]) -> None:
        self._replies = replies
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.peak = 0
        self._running = 0
        self._connections: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> FakeServer:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    @property
    def url(self) -> str:
        """The base address on this machine, up to and with `/v1`."""
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    def _reply(self, asked: Mapping[str, Any]) -> Reply:
        turn = len(self.requests) - 1
        if callable(self._replies):
            reply = self._replies(asked)
        elif turn < len(self._replies):
            reply = self._replies[turn]
        else:
            reply = Reply(status=500)
        return Reply(reply) if isinstance(reply, str) else reply

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client left, or the server closes
        finally:
            self._connections.discard(task)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether the connection stays."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        asked = json.loads(await reader.readexactly(int(headers.get("content-length", 0))) or b"{}")
        self.requests.append(asked)
        self.headers.append(headers)
        reply = self._reply(asked) if head[0].startswith("POST /v1/chat/completions ") else Reply(status=404)
        self._running += 1
        self.peak = max(self.peak, self._running)
        try:
            await asyncio.sleep(1e9 if reply.fault == "hang" else reply.delay)
        finally:
            self._running -= 1
        if reply.fault == "drop":
            return False
        payload = _payload(asked, reply)
        kind = "text/event-stream" if asked.get("stream") and reply.status == 200 else "application/json"
        lines = [f"HTTP/1.1 {reply.status} {_REASONS.get(reply.status, 'Status')}", f"Content-Type: {kind}"]
        lines += [f"Content-Length: {len(payload)}", *(f"{name}: {value}" for name, value in reply.headers.items())]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        writer.write(payload[: len(payload) // 2] if reply.fault == "cut" else payload)
        await writer.drain()
        return reply.fault != "cut"


def _payload(asked: Mapping[str, Any], reply: Reply) -> bytes:
    """The body of a reply: an error, a chat completion, or a stream of its chunks."""
    if reply.raw is not None:
        return reply.raw
    if reply.status != 200:
        return json.dumps({"error": {"message": "as it was asked to", "type": "fake_error", "code": None}}).encode()
    said = reply.text if reply.refusal is None else None
    prompt = sum(len(str(message["content"]).split()) for message in asked["messages"])
    written = len(reply.text.split())
    usage = {"prompt_tokens": prompt, "completion_tokens": written, "total_tokens": prompt + written}
    head = {"id": "fake", "created": 0, "model": asked.get("model")}
    if not asked.get("stream"):
        message = {"role": "assistant", "content": said, "refusal": reply.refusal}
        choice = {"index": 0, "message": message, "finish_reason": reply.finish}
        tail = {"usage": usage} if reply.usage else {}
        return json.dumps({**head, "object": "chat.completion", "choices": [choice], **tail}).encode()
    words = [word + " " for word in reply.text.split(" ")]
    pieces = (
        [{"content": w} for w in [*words[:-1], words[-1][:-1]]] if said is not None else [{"refusal": reply.refusal}]
    )
    choices = [[{"index": 0, "delta": piece, "finish_reason": None}] for piece in pieces]
    choices.append([{"index": 0, "delta": {}, "finish_reason": reply.finish}])
    chunks = [{**head, "object": "chat.completion.chunk", "choices": choice} for choice in choices]
    if reply.usage:
        chunks.append({**head, "object": "chat.completion.chunk", "choices": [], "usage": usage})
    return b"".join(f"data: {json.dumps(chunk)}\n\n".encode() for chunk in chunks) + b"data: [DONE]\n\n"
