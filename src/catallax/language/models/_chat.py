"""The chat-completions protocol: bodies of requests, and what replies mean."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from catallax.language.models._request import Request
from catallax.language.models._response import Failure, Finish, ModelError, Response, Usage, mended
from catallax.language.models._sse import Malformed
from catallax.language.models._tokens import most

MOST_BYTES = 1 << 23
"""The longest reply that is read; a server that sends more is cut off."""
MOST_TOKENS = 10**9
"""A call with more of them was never made: a server that reports them reports nothing."""


class Outcome(NamedTuple):
    """What a server said: a text, or a failure with the reason."""

    text: str = ""
    usage: Usage = Usage()
    cut: bool = False
    """Whether the text ended at `max_tokens`."""
    failure: Failure | None = None
    detail: str = ""
    retry_after: float | None = None


def said(request: Request) -> list[dict[str, str]]:
    """The messages of a request; a tool's go as the user's, since the protocol lets a tool answer its own calls alone."""
    return [{"role": "user" if m.role == "tool" else m.role, "content": m.content} for m in request.messages]


def response_format(schema: Mapping[str, Any]) -> dict[str, Any]:
    """How the protocol asks for data."""
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(schema), "strict": True}}


def sampling(request: Request, stop_field: str = "stop") -> dict[str, Any]:
    """How an answer is drawn, in the words that all protocols share; what was not asked for is left out."""
    fields: dict[str, Any] = {"temperature": request.temperature}
    if request.seed is not None:
        fields["seed"] = request.seed
    if request.stop:
        fields[stop_field] = list(request.stop)
    return fields


def body(model: str, request: Request, limit_field: str) -> dict[str, Any]:
    """The JSON body of a request; `limit_field` is what the server calls `max_tokens`."""
    fields = {"model": model, "messages": said(request), limit_field: request.max_tokens, **sampling(request)}
    if request.schema is not None:
        fields["response_format"] = response_format(request.schema)
    return fields


def read(raw: bytes, request: Request) -> Outcome:
    """What the body of a successful reply means."""
    try:
        return completion(json.loads(raw), request)
    except (ValueError, RecursionError):
        return Outcome(usage=most(request), failure=Failure.MALFORMED, detail="the reply is no JSON.")


def completion(content: Any, request: Request) -> Outcome:
    """What a chat completion means."""
    try:
        if isinstance(content, dict) and content.get("error"):
            return Outcome(failure=Failure.SERVER_ERROR, detail=f"an error in the reply{code(content)}.")
        choice = content["choices"][0]
        message, finish = choice["message"], choice.get("finish_reason")
        return judged(message.get("content"), message.get("refusal"), finish, usage(content, request))
    except (LookupError, TypeError, AttributeError):
        detail = "the reply is no chat completion."
        return Outcome(usage=usage(content, request), failure=Failure.MALFORMED, detail=detail)


def judged(content: object, refusal: object, finish: object, billed: Usage) -> Outcome:
    """An answer, a refusal or an empty text."""
    if refusal or finish == "content_filter":
        return Outcome(usage=billed, failure=Failure.REFUSED, detail="the model, or a filter, declined to answer.")
    if isinstance(content, list):
        content = "".join(part.get("text") or "" for part in content)
    if content is not None and not isinstance(content, str):
        return Outcome(usage=billed, failure=Failure.MALFORMED, detail="the content of the answer is no text.")
    if not content:
        hint = "; max_tokens was used up before the first of it" if finish == "length" else ""
        return Outcome(usage=billed, failure=Failure.EMPTY, detail=f"an answer without text{hint}.")
    return Outcome(content, billed, cut=finish == "length")


class Pieces:
    """An answer that comes in pieces.

    Args:
        request: what was asked.
    """

    def __init__(self, request: Request) -> None:
        self._request = request
        self._texts: list[str] = []
        self._half = ""
        self._refusal = ""
        self._finish: str | None = None
        self._usage = most(request)

    def take(self, event: str) -> str:
        """Add the data of one event; returns its piece of text, which may be empty. Half a character waits for the other half.

        Raises:
            Malformed: if it is no chunk of a chat completion.
        """
        try:
            content = json.loads(event)
            if content.get("error"):
                raise Malformed(f"an error in the stream{code(content)}.")
            if content.get("usage"):
                self._usage = usage(content, self._request)
            text = ""
            for choice in (content.get("choices") or ())[:1]:
                delta = choice.get("delta") or {}
                text += delta.get("content") or ""
                self._refusal += delta.get("refusal") or ""
                self._finish = choice.get("finish_reason") or self._finish
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            raise Malformed("the stream is no chat completion.") from None
        self._texts.append(text)
        if text.isascii() and not self._half:
            return text
        text = self._half + text
        self._half = text[-1:] if "\ud800" <= text[-1:] <= "\udbff" else ""
        return mended(text.removesuffix(self._half))

    def reply(self) -> Outcome:
        """What the pieces add up to."""
        if self._finish is None:
            return Outcome(usage=self._usage, failure=Failure.GONE, detail="the stream ended before the answer did.")
        return judged("".join(self._texts), self._refusal, self._finish, self._usage)


def usage(content: object, request: Request) -> Usage:
    """The tokens a server reports, or the most there may be if it does not."""
    reported = content.get("usage") if isinstance(content, dict) else None
    if isinstance(reported, dict):
        counts = [reported.get("prompt_tokens"), reported.get("completion_tokens")]
        whole = [c for c in counts if type(c) is int and 0 <= c <= MOST_TOKENS]
        if len(whole) == 2:
            return Usage(whole[0], whole[1])
    return most(request)


def refused(status: int, raw: bytes, retry_after: str | None, request: Request) -> Outcome:
    """What a reply with an error status means."""
    try:
        what = code(json.loads(raw))
    except (ValueError, RecursionError):
        what = ""
    return by_status(status, request, what, seconds(retry_after))


def by_status(status: int, request: Request, what: str = "", retry_after: float | None = None) -> Outcome:
    """The failure of an HTTP status; only a gateway that lost the answer may bill for it."""
    hints = {
        401: "check the key",
        402: "the account has no credit",
        403: "check the key's rights",
        404: "check the address and the model",
    }
    if status == 429 and "insufficient_quota" in what:  # waiting does not help
        failure, hint = Failure.REJECTED, hints[402]
    elif status == 429:
        failure, hint = Failure.RATE_LIMITED, "too many requests"
    elif status == 408:
        failure, hint = Failure.TIMEOUT, "the server waited too long for the request"
    elif status >= 500:
        failure, hint = Failure.SERVER_ERROR, "the server failed"
    else:
        failure, hint = Failure.REJECTED, hints.get(status, "the server does not take this request")
    lost = most(request) if status in (502, 504) else Usage()
    return Outcome(usage=lost, failure=failure, detail=f"HTTP status {status}{what}: {hint}.", retry_after=retry_after)


def settled(outcome: Outcome, name: str, request: Request, spent: float) -> Response:
    """The response of an outcome.

    Raises:
        ModelError: if it is a failure.
    """
    if outcome.failure is not None:
        raise ModelError(
            outcome.failure, name, outcome.detail, outcome.usage, seconds=spent, retry_after=outcome.retry_after
        )
    finish = Finish.LENGTH if outcome.cut else Finish.STOP
    return Response(outcome.text, outcome.usage, finish, request.hash, seconds=spent)


def code(content: object) -> str:
    """The name of a server's error in brackets; its message is left out, for it may quote the prompt or the key."""
    error = content.get("error") if isinstance(content, dict) else None
    if isinstance(error, dict):
        for name in (error.get("code"), error.get("type")):
            if isinstance(name, str) and re.fullmatch(r"[A-Za-z_.]{1,48}", name):
                return f" ({name})"
    return ""


def seconds(header: str | None) -> float | None:
    """Seconds of a Retry-After header, which holds a number or a date; `None` if it holds neither."""
    if header is None:
        return None
    try:
        wait = float(header)
    except ValueError:
        try:
            date = parsedate_to_datetime(header)
        except ValueError:
            return None
        date = date if date.tzinfo else date.replace(tzinfo=UTC)
        wait = (date - datetime.now(UTC)).total_seconds()
    return max(0.0, wait) if math.isfinite(wait) else None
