"""Access to language models: one small asynchronous protocol, backends, and parts that wrap them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from catallax.language.models._access import AbstractAccess, Access, Bill, Price, Pricing
from catallax.language.models._dry_run import DryRun, Quote, estimate
from catallax.language.models._fake_server import FakeServer, Reply
from catallax.language.models._fault import Fault
from catallax.language.models._limits import Limited, Timed
from catallax.language.models._metered import Budget, Call, Metered, Prices
from catallax.language.models._model import AbstractModel
from catallax.language.models._offline import Program, Scripted
from catallax.language.models._provider import Provider
from catallax.language.models._recorded import Recorded
from catallax.language.models._request import Message, Request, Role, ask
from catallax.language.models._response import Failure, Finish, ModelError, Response, Usage
from catallax.language.models._retrying import Retrying
from catallax.language.models._spans import AbstractSpans, NoSpans, Note
from catallax.language.models._structured import Structured
from catallax.language.models._tokens import most, usual

if TYPE_CHECKING:
    from catallax.language.models._open_ai import OpenAI as OpenAI
    from catallax.language.models._streamed import Streamed as Streamed
    from catallax.language.models._traced import Spans as Spans
    from catallax.language.models._traced import Traced as Traced

__all__ = [
    "AbstractAccess",
    "AbstractModel",
    "AbstractSpans",
    "Access",
    "Bill",
    "Budget",
    "Call",
    "DryRun",
    "Failure",
    "FakeServer",
    "Fault",
    "Finish",
    "Limited",
    "Message",
    "Metered",
    "ModelError",
    "NoSpans",
    "Note",
    "Price",
    "Prices",
    "Pricing",
    "Program",
    "Provider",
    "Quote",
    "Recorded",
    "Reply",
    "Request",
    "Response",
    "Retrying",
    "Role",
    "Scripted",
    "Structured",
    "Timed",
    "Usage",
    "ask",
    "estimate",
    "most",
    "usual",
]

_EXTRAS = {"OpenAI": "_open_ai", "Spans": "_traced", "Streamed": "_streamed", "Traced": "_traced"}
"""They need httpx or opentelemetry-api, which come with extras."""


def __getattr__(name: str) -> Any:
    if name in _EXTRAS:
        return getattr(import_module(f"catallax.language.models.{_EXTRAS[name]}"), name)
    raise AttributeError(f"module 'catallax.language.models' has no attribute {name!r}")
