"""Spans of OpenTelemetry: what they tell of calls and markets, and that no text is among it."""

import asyncio
import json

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from catallax.language import Answer, Bazaar, Buyer
from catallax.language.bazaar import Informer, LanguageModelContractor, LanguageModelDecider, Offer
from catallax.language.models import (
    Access,
    Budget,
    Failure,
    Fault,
    Metered,
    ModelError,
    Prices,
    Program,
    Provider,
    Request,
    Retrying,
    Spans,
    Traced,
    ask,
)

PRICES = Prices.dollars(prompt=1.0, completion=2.0)


@pytest.fixture
def watched():
    """A tracer, and what it has exported."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider.get_tracer("test"), exporter


def test_a_call_is_a_span_with_the_names_of_the_conventions(watched) -> None:
    tracer, exporter = watched
    model = Metered(Program(lambda request: "canary answer", "tiny"), PRICES, Budget())
    asyncio.run(Traced(model, server="https://here/v1", tracer=tracer).complete(ask("canary question", max_tokens=8)))
    (span,) = exporter.get_finished_spans()
    assert (span.name, span.kind, span.status.status_code) == ("chat tiny", SpanKind.CLIENT, StatusCode.UNSET)
    assert dict(span.attributes) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "tiny",
        "gen_ai.request.max_tokens": 8,
        "gen_ai.request.temperature": 0.0,
        "gen_ai.output.type": "text",
        "gen_ai.usage.input_tokens": 4,
        "gen_ai.usage.output_tokens": 4,
        "gen_ai.response.finish_reasons": ("stop",),
        "server.address": "here",
        "server.port": 443,
        "catallax.cost": 12,
        "catallax.sealed": False,
    }
    assert "canary" not in span.to_json()


@pytest.mark.parametrize("failure", [Failure.TIMEOUT, Failure.REFUSED])
def test_a_failure_is_told_by_its_kind_and_its_bill(failure: Failure, watched) -> None:
    tracer, exporter = watched
    budget = Budget()
    model = Retrying(Metered(Fault(Program(lambda request: "four"), [failure] * 2), PRICES, budget), tries=2, pause=0.0)
    with pytest.raises(ModelError):
        asyncio.run(Traced(model, tracer=tracer).complete(ask("canary question")))
    (span,) = exporter.get_finished_spans()
    assert span.attributes["error.type"] == failure.value and span.status.status_code is StatusCode.ERROR
    assert span.attributes["catallax.cost"] == budget.spent > 0
    assert not span.events and not span.status.description and "canary" not in span.to_json()


def judge(request: Request) -> str:
    """Buys what is cheap; breaks over what is dear, with the text in its error."""
    content = json.loads(request.messages[-1].content)
    if "answer" in request.schema["properties"]:
        return json.dumps({"answer": str(content["known"])})
    good = content["exhibits"][0]
    if good["price"] > 0.2:
        raise RuntimeError(good["text"])
    return json.dumps({"buy": content["briefs"][0].startswith("What")})


def watch(watched, secret: str) -> list:
    """Spans of a run in which a cheap text is bought, a second one declined by a broken judgement."""
    tracer, exporter = watched
    exporter.clear()
    sellers = [
        Informer(name, lambda view, name=name, price=price: [Offer.of(f"{name} {secret}", price, 0.01, salt=secret)])
        for name, price in (("cheap", 0.1), ("dear", 0.5))
    ]
    model = Traced(Metered(Program(judge, "tiny"), PRICES, Budget()), tracer=tracer)
    bazaar = Bazaar(
        sellers, rounds=2, contractor=LanguageModelContractor(model, max_tokens=8), spans=Spans(tracer), seed=3
    )
    bazaar.run(Buyer(Answer("What is it?"), 1.0, LanguageModelDecider(model)))
    return list(exporter.get_finished_spans())


def test_a_market_is_a_tree_of_spans_that_tells_nothing_of_what_is_sealed(watched) -> None:
    spans = watch(watched, "canary-1")
    by_id = {span.context.span_id: span for span in spans}
    tree = {(span.name, by_id[span.parent.span_id].name if span.parent else "") for span in spans}
    assert tree == {
        ("bazaar run", ""),
        ("bazaar auction", "bazaar run"),
        ("bazaar inspection", "bazaar run"),
        ("bazaar settlement", "bazaar run"),
        ("chat tiny", "bazaar inspection"),
        ("chat tiny", "bazaar run"),
    }
    run = next(span for span in spans if span.name == "bazaar run").attributes
    assert (run["catallax.bought"], run["catallax.spent"], run["catallax.goal"]) == (1, 100_000, "answer")
    inspections = [dict(span.attributes) for span in spans if span.name == "bazaar inspection"]
    assert {(i.get("catallax.bought"), i.get("catallax.failed")) for i in inspections} == {(1, None), (None, "broken")}
    assert not [span for span in spans if span.events or "canary" in span.to_json()]
    sealed = [span.attributes for span in spans if span.attributes.get("catallax.sealed")]
    counts = [s.get(name, 0) for s in sealed for name in ("gen_ai.usage.input_tokens", "catallax.cost")]
    assert max(counts) > 0 and all(count & (count - 1) == 0 for count in counts)
    assert {s.get("error.type") for s in sealed} == {None, "_OTHER"}

    def told(spans: list) -> list:
        return [(span.name, dict(span.attributes), span.status.status_code) for span in spans]

    assert told(watch(watched, "canary-2")) == told(spans)  # another secret, the same spans


def test_a_run_is_traced_if_it_is_asked_for(watched, monkeypatch, tmp_path) -> None:
    tracer, exporter = watched
    monkeypatch.setattr("opentelemetry.trace.get_tracer", lambda scope: tracer)
    for trace in (False, True):
        access = Access(Provider(trace=trace), tmp_path)
        with access.spans.span("part"):
            asyncio.run(access.model("judge", Program(lambda request: "four")).complete(ask("Two and two?")))
        assert [span.name for span in exporter.get_finished_spans()] == ["chat program", "part"] * trace
