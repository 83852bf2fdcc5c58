"""Spans of OpenTelemetry, by its conventions for generative models."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit

try:
    from opentelemetry import trace
    from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer
except ImportError as error:
    raise ImportError(
        f"catallax.language.models: spans need opentelemetry-api, which cannot be imported ({error}); "
        "run: pip install 'catallax[tracing]'"
    ) from error

from catallax.language.models._model import AbstractModel
from catallax.language.models._request import Request
from catallax.language.models._response import Finish, ModelError, Response, Usage, coarse
from catallax.language.models._spans import AbstractSpans, Figure, Note

_SCOPE = "catallax.language"
_PORTS = {"http": 80, "https": 443}
_REASONS = {Finish.STOP: "stop", Finish.LENGTH: "length"}


class Traced(AbstractModel):
    """Opens a span `chat MODEL` for each call: model, settings, tokens, bill, how it ended; never a text.

    Names are those of the conventions of OpenTelemetry for generative models (in development; read in November 2026), the bill
    is `catallax.cost` in micro-dollars. A failure has its kind as `error.type`. Messages and traces of errors are left out, and
    of a sealed call (`Request.policy`) tokens and bill are told as the next power of two. How long it took can be seen.

    A span covers what is inside: around `Retrying` all tries of a question, as the conventions want it, around the server each
    try. `Recorded` belongs outside, since what is read again is no call.

    Args:
        model: who answers.
        provider: whose protocol it is, a name of the conventions where there is one.
        server: the base address, for `server.address` and `server.port`.
        tracer: who makes spans; that of the global provider unless told.

    Raises:
        ImportError: without opentelemetry-api, naming the command that installs it.
    """

    def __init__(
        self, model: AbstractModel, provider: str = "openai", server: str = "", tracer: Tracer | None = None
    ) -> None:
        self._model = model
        self._tracer = tracer or trace.get_tracer(_SCOPE)
        self._about: dict[str, Figure] = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": provider}
        address = urlsplit(server)
        if address.hostname:
            self._about["server.address"] = address.hostname
            self._about["server.port"] = address.port or _PORTS.get(address.scheme, 0)

    @property
    def name(self) -> str:
        return self._model.name

    async def complete(self, request: Request) -> Response:
        asked = {**self._about, "gen_ai.request.model": self.name, **_settings(request)}
        with _opened(self._tracer, f"chat {self.name}", asked, SpanKind.CLIENT) as span:
            try:
                response = await self._model.complete(request)
            except ModelError as error:
                span.set_attributes(_bill(error.usage, error.cost, bool(request.policy)))
                raise
            span.set_attributes(_bill(response.usage, response.cost, bool(request.policy)))
            span.set_attribute("gen_ai.response.finish_reasons", (_REASONS[response.finish],))
            return response


class Spans(AbstractSpans):
    """Spans of OpenTelemetry for the parts of a market; figures are attributes `catallax.FIGURE`.

    Args:
        tracer: who makes spans; that of the global provider unless told.

    Raises:
        ImportError: without opentelemetry-api, naming the command that installs it.
    """

    def __init__(self, tracer: Tracer | None = None) -> None:
        self._tracer = tracer or trace.get_tracer(_SCOPE)

    @contextmanager
    def span(self, name: str, **figures: Figure) -> Iterator[Note]:
        with _opened(self._tracer, name, _own(figures)) as span:
            yield lambda **later: span.set_attributes(_own(later))


def _own(figures: Mapping[str, Figure]) -> dict[str, Figure]:
    return {f"catallax.{name}": value for name, value in figures.items()}


@contextmanager
def _opened(
    tracer: Tracer, name: str, attributes: Mapping[str, Figure | Sequence[str]], kind: SpanKind = SpanKind.INTERNAL
) -> Iterator[Span]:
    """A span around a block; of an error it is told the kind, since message, name and trace may hold what is sealed."""
    with tracer.start_as_current_span(
        name, kind=kind, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield span
        except BaseException as error:
            span.set_attribute("error.type", _kind(error))
            span.set_status(StatusCode.ERROR)
            raise


def _kind(error: BaseException) -> str:
    if isinstance(error, ModelError):
        return error.failure.value
    return "cancelled" if isinstance(error, asyncio.CancelledError) else "_OTHER"


def _settings(request: Request) -> dict[str, Figure | Sequence[str]]:
    """What a request asks for beside its text."""
    found: dict[str, Figure | Sequence[str]] = {
        "gen_ai.output.type": "text" if request.schema is None else "json",
        "gen_ai.request.max_tokens": request.max_tokens,
        "gen_ai.request.temperature": float(request.temperature),
        "catallax.sealed": bool(request.policy),
    }
    if request.seed is not None:
        found["gen_ai.request.seed"] = request.seed
    if request.stop and not request.policy:
        found["gen_ai.request.stop_sequences"] = request.stop
    return found


def _bill(usage: Usage, cost: int, sealed: bool) -> dict[str, Figure]:
    counts = {
        "gen_ai.usage.input_tokens": usage.prompt_tokens,
        "gen_ai.usage.output_tokens": usage.completion_tokens,
        "catallax.cost": cost,
    }
    return {name: coarse(count) if sealed else count for name, count in counts.items()}
