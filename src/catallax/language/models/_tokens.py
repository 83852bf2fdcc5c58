"""How many tokens a text can be."""

from __future__ import annotations

import json
import math

from catallax.language.models._request import Request
from catallax.language.models._response import Usage

PER_REQUEST = 64
"""Tokens that a chat template may add to a request: opening, date, mark of the answer."""
PER_MESSAGE = 16
"""Tokens that a chat template may add to a message."""
BYTES_PER_TOKEN = 4.0
"""Bytes of English text per token, a rule of thumb for expectations, never for bounds."""


def prompt_bytes(request: Request) -> int:
    """Bytes of the messages and of the schema, UTF-8."""
    schema = 0 if request.schema is None else len(json.dumps(request.schema).encode())
    return schema + sum(len(m.content.encode("utf-8", "replace")) for m in request.messages)


def most(request: Request) -> Usage:
    """The most tokens that a request can be billed for.

    `prompt <= bytes + 16 messages + 64` and `completion <= max_tokens`: a token of a byte-level tokenizer is at least one
    byte of the text, and the rest is room for the chat template. A server whose template is longer can exceed it.

    >>> from catallax.language.models import ask
    >>> most(ask("Two and two?", max_tokens=8))
    Usage(prompt_tokens=92, completion_tokens=8, estimated=True)
    """
    prompt = prompt_bytes(request) + PER_MESSAGE * len(request.messages) + PER_REQUEST
    return Usage(prompt, request.max_tokens, estimated=True)


def usual(request: Request) -> Usage:
    """What a request is likely to be billed for if the answer is as long as it may be: four bytes per token."""
    return Usage(math.ceil(prompt_bytes(request) / BYTES_PER_TOKEN), request.max_tokens, estimated=True)


def tokens_of(request: Request, text: str) -> Usage:
    """The usage of an answer that a program wrote, by the rule of thumb of four bytes per token, at least one."""
    written = max(1, math.ceil(len(text.encode("utf-8", "replace")) / BYTES_PER_TOKEN))
    return Usage(max(1, math.ceil(prompt_bytes(request) / BYTES_PER_TOKEN)), written, estimated=True)
