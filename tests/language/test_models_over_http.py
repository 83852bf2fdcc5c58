"""Models behind a server: every way of going wrong has one clear outcome, with its bill."""

import asyncio
import json
import logging
import pickle

import pytest

from catallax.language.models import (
    Budget,
    Failure,
    FakeServer,
    Finish,
    Message,
    Metered,
    ModelError,
    OpenAI,
    Prices,
    Recorded,
    Reply,
    Request,
    Retrying,
    Streamed,
    Structured,
    Usage,
    ask,
    most,
)
from catallax.language.models._sse import events

QUESTION = Request(
    (Message("system", "Be brief."), Message("user", "canary-prompt: two and two?"), Message("tool", "4")),
    max_tokens=16,
    seed=7,
    stop=("\n",),
)
UNKNOWN = most(QUESTION)
PRICES = Prices.dollars(prompt=1.0, completion=2.0)
PRICE = {"type": "integer", "minimum": 0, "maximum": 9}


def talk(replies, conversation, **settings):
    """Run `conversation(server, model)` against a server with these replies."""

    async def main():
        async with FakeServer(replies) as server, OpenAI(server.url, "tiny", **settings) as model:
            return await conversation(server, model)

    return asyncio.run(main())


def failing(replies, call, **settings) -> ModelError:
    async def conversation(server, model):
        with pytest.raises(ModelError) as caught:
            await call(model)
        return caught.value

    return talk(replies, conversation, **settings)


def test_a_question_reaches_the_server_whole_and_its_answer_comes_back() -> None:
    async def conversation(server, model):
        return await model.complete(QUESTION), server.requests[0], server.headers[0]

    response, body, headers = talk(["it is four"], conversation, key="canary-key", extra={"top_k": 1})
    assert (response.text, response.finish, response.usage) == ("it is four", Finish.STOP, Usage(7, 3))
    assert response.request_hash == QUESTION.hash and response.seconds > 0
    assert headers["authorization"] == "Bearer canary-key"
    assert [m["role"] for m in body["messages"]] == ["system", "user", "user"]
    expected = {"model": "tiny", "max_tokens": 16, "temperature": 0.0, "seed": 7, "stop": ["\n"], "top_k": 1}
    assert {name: body[name] for name in expected} == expected


def test_pieces_come_in_order_and_add_up_to_the_answer() -> None:
    heard = []

    async def conversation(server, model):
        streamed = Streamed(model, lambda request, text: heard.append(text))
        return await streamed.complete(QUESTION), await model.complete(QUESTION), server.requests[0]["stream"]

    text = "vier, das heißt 四"
    streamed, whole, asked = talk([text, text], conversation)
    assert asked and "".join(heard) == text and len(heard) == 4
    assert (streamed.text, streamed.usage, streamed.finish) == (whole.text, whole.usage, whole.finish)


@pytest.mark.parametrize(
    "fault", [ValueError("mine"), TimeoutError("mine"), UnicodeEncodeError("ascii", "mine", 0, 1, "mine")]
)
def test_a_listener_fails_by_its_own_name_and_the_call_is_billed(fault: Exception) -> None:
    async def conversation(server, model):
        budget = Budget()
        streamed = Streamed(model, lambda request, text: (_ for _ in ()).throw(fault))
        with pytest.raises(type(fault), match="mine"):
            await Metered(streamed, PRICES, budget).complete(QUESTION)
        return budget.spent

    assert talk(["four"], conversation) == PRICES.cost(UNKNOWN)


def test_a_character_in_two_pieces_is_heard_whole() -> None:
    pieces = ['"content": "a\\ud83d"', '"content": "\\ude00b"', '"content": "\\ud83d"', '"content": "c"']
    raw = "".join(f'data: {{"choices": [{{"delta": {{{piece}}}}}]}}\n\n' for piece in pieces)
    end = 'data: {"choices": [{"delta": {}, "finish_reason": "stop"}]}\n\ndata: {"choices": null}\n\n'
    heard = []

    async def conversation(server, model):
        return await model.stream(QUESTION, heard.append)

    response = talk([Reply(raw=(raw + end).encode())], conversation)
    assert heard == ["a", "😀b", "\ufffdc"] and response.text == "".join(heard)


def test_events_are_read_wherever_the_stream_is_cut() -> None:
    raw = ": a comment\r\nevent: x\r\ndata: é\r\n\r\ndata:a\ndata: b\n\ndata: lost".encode()

    async def main(size: int) -> list[str]:
        async def chunks():
            for k in range(0, len(raw), size):
                yield raw[k : k + size]

        return [event async for event in events(chunks(), len(raw))]

    assert all(asyncio.run(main(size)) == ["é", "a\nb"] for size in (1, 2, 7, 1000))


def test_a_server_on_this_machine_is_not_asked_through_a_proxy(monkeypatch) -> None:
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)

    async def conversation(server, model):
        return await model.complete(QUESTION)

    assert talk(["four"], conversation).text == "four"


FAULTS = {
    "429": (Reply(status=429, headers={"Retry-After": "2"}), Failure.RATE_LIMITED, Usage()),
    "500": (Reply(status=500), Failure.SERVER_ERROR, Usage()),
    "gateway": (Reply(status=504), Failure.SERVER_ERROR, UNKNOWN),
    "bad key": (Reply(status=401), Failure.REJECTED, Usage()),
    "slow upload": (Reply(status=408), Failure.TIMEOUT, Usage()),
    "no credit": (
        Reply(status=429, raw=b'{"error": {"code": "insufficient_quota"}}'),
        Failure.REJECTED,
        Usage(),
    ),
    "moved": (Reply(status=302, headers={"Location": "http://127.0.0.1:1/"}), Failure.REJECTED, Usage()),
    "refusal": (Reply(refusal="no"), Failure.REFUSED, Usage(7, 0)),
    "filter": (Reply("ha", finish="content_filter"), Failure.REFUSED, Usage(7, 1)),
    "empty": (Reply(""), Failure.EMPTY, Usage(7, 0)),
    "dropped": (Reply(fault="drop"), Failure.GONE, UNKNOWN),
    "cut": (Reply("one two three", fault="cut"), Failure.GONE, UNKNOWN),
    "hanging": (Reply(fault="hang"), Failure.TIMEOUT, UNKNOWN),
    "nested": (Reply(raw=b"[" * 10_000), Failure.MALFORMED, UNKNOWN),
}


@pytest.mark.parametrize("way", ["complete", "stream"])
@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_of_a_server_has_its_failure_and_its_bill(fault: str, way: str) -> None:
    reply, failure, billed = FAULTS[fault]
    if way == "stream" and fault == "nested":
        reply = Reply(raw=b"data: " + b"[" * 10_000 + b"\n\n")

    def call(model):
        return model.complete(QUESTION) if way == "complete" else model.stream(QUESTION, lambda text: None)

    error = failing([reply], call, seconds=0.3 if fault == "hanging" else 20.0)
    assert (error.failure, error.usage) == (failure, billed)
    assert error.retry_after == (2.0 if fault == "429" else None)
    assert "canary" not in str(error) and error.__context__ is None and error.__cause__ is None
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


@pytest.mark.parametrize("raw", [b"<html>", b"{}", b'{"choices": [{"message": {"content": 7}}]}', b"null"])
def test_what_is_no_chat_completion_is_malformed(raw: bytes) -> None:
    assert failing([Reply(raw=raw)], lambda model: model.complete(QUESTION)).failure is Failure.MALFORMED


@pytest.mark.parametrize(("reported", "billed"), [(4, Usage(3, 4)), (10**12, UNKNOWN), (-1, UNKNOWN), (True, UNKNOWN)])
def test_what_is_malformed_is_billed_as_reported_where_that_can_be(reported: int, billed: Usage) -> None:
    raw = json.dumps({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": reported}}).encode()
    assert failing([Reply(raw=raw)], lambda model: model.complete(QUESTION)).usage == billed


@pytest.mark.parametrize(
    "header", ["", "soon", "nan", "1e999", "-3", "Mon, 99 Foo 2026", "Fri, 31 Dec 9999 23:59:59 -2359"]
)
def test_any_retry_after_is_survived(header: str) -> None:
    error = failing([Reply(status=503, headers={"Retry-After": header})], lambda model: model.complete(QUESTION))
    assert error.failure is Failure.SERVER_ERROR
    assert error.retry_after is None or error.retry_after >= 0


def test_half_a_character_in_a_question_is_not_sent() -> None:
    error = failing(["never"], lambda model: model.complete(ask("half \ud83d")))
    assert (error.failure, error.usage) == (Failure.REJECTED, Usage()) and error.__context__ is None


def test_a_stream_that_just_ends_is_no_answer() -> None:
    raw = b'data: {"choices": [{"delta": {"content": "fo"}}]}\n\n'
    error = failing([Reply(raw=raw)], lambda model: model.stream(QUESTION, lambda text: None))
    assert error.failure is Failure.GONE


def test_a_cut_answer_says_so() -> None:
    async def conversation(server, model):
        return await model.complete(QUESTION)

    assert talk([Reply("one two", finish="length")], conversation).finish is Finish.LENGTH


def test_unreported_tokens_are_billed_at_their_bound() -> None:
    async def conversation(server, model):
        return await model.complete(QUESTION), await model.stream(QUESTION, lambda text: None)

    whole, streamed = talk([Reply("four", usage=False)] * 2, conversation)
    assert whole.usage == streamed.usage == UNKNOWN and UNKNOWN.estimated


def test_a_server_that_is_gone_bills_nothing() -> None:
    async def main():
        async with FakeServer([]) as server:
            url = server.url
        async with OpenAI(url, "tiny") as model:
            await model.complete(QUESTION)

    with pytest.raises(ModelError, match="is the server running") as caught:
        asyncio.run(main())
    assert (caught.value.failure, caught.value.usage) == (Failure.GONE, Usage())


def test_a_key_is_not_shown_logged_or_pickled(monkeypatch, caplog) -> None:
    monkeypatch.setenv("MY_KEY", "canary-key")
    caplog.set_level(logging.DEBUG)

    async def conversation(server, model):
        await model.complete(QUESTION)
        assert server.headers[0]["authorization"] == "Bearer canary-key"
        shown = [repr(model), str(model), repr(vars(model)), repr(model._clients.get()), model.name]
        with pytest.raises(TypeError, match="not pickled"):
            pickle.dumps(model._key)
        return shown

    shown = talk(["four"], conversation, key_from="MY_KEY")
    assert not [text for text in [*shown, caplog.text] if "canary" in text]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"key_from": "CATALLAX_NO_SUCH_VARIABLE"}, "is empty"),
        ({"key": "a", "key_from": "b"}, "not both"),
        ({"base_url": "ftp://here/v1"}, "base_url"),
        ({"base_url": "http://me:secret@here/v1"}, "use key"),
        ({"base_url": "http://here/v1?key=secret"}, "use key"),
        ({"base_url": "http://here:port/v1"}, "base_url"),
        ({"key": "secret\n"}, "line break"),
        ({"key": "secr€t"}, "no header can hold"),
        ({"seconds": 0.0}, "above 0"),
    ],
)
def test_wrong_settings_are_named(settings: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        OpenAI(**{"base_url": "http://localhost/v1", "model": "tiny", **settings})
    assert "secr" not in str(caught.value)


def test_retries_are_bounded_and_each_is_billed() -> None:
    async def conversation(server, model):
        budget = Budget(limit=10_000)
        model = Retrying(Metered(model, PRICES, budget), tries=3, pause=0.0)
        response = await model.complete(QUESTION)
        with pytest.raises(ModelError) as caught:
            await model.complete(QUESTION)
        return budget, response, caught.value, len(server.requests)

    busy = Reply(status=429, headers={"Retry-After": "0"})
    lost = Reply(status=504)
    budget, response, error, asked = talk([busy, lost, "it is four", busy, busy, busy, "late"], conversation)
    assert asked == 6 and error.failure is Failure.RATE_LIMITED and error.cost == 0
    assert response.usage == Usage(7, 3) + UNKNOWN
    assert response.cost == budget.spent == PRICES.cost(Usage(7, 3)) + PRICES.cost(UNKNOWN)
    assert [call.failure for call in budget.calls] == [error.failure, Failure.SERVER_ERROR, None, *[error.failure] * 3]
    assert budget.reserved == 0 and "4 rate_limited" in budget.report()


def test_an_exhausted_budget_asks_nothing() -> None:
    async def conversation(server, model):
        budget = Budget(limit=PRICES.cost(UNKNOWN))
        metered = Metered(model, PRICES, budget)
        first = await metered.complete(QUESTION)
        with pytest.raises(ModelError, match="nothing was asked") as caught:
            await metered.complete(QUESTION)
        return first, caught.value, budget, len(server.requests)

    first, error, budget, asked = talk(["it is four", "never"], conversation)
    assert error.failure is Failure.OVER_BUDGET and asked == 1
    assert budget.spent == first.cost == PRICES.cost(Usage(7, 3)) and budget.reserved == 0


def test_a_cancelled_call_passes_and_keeps_its_reservation() -> None:
    async def conversation(server, model):
        budget = Budget(limit=10_000)
        task = asyncio.create_task(Metered(model, PRICES, budget).complete(QUESTION))
        while not server.requests:
            await asyncio.sleep(0.001)
        assert budget.reserved == PRICES.cost(UNKNOWN)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return budget

    budget = talk([Reply(fault="hang")], conversation)
    assert (budget.spent, budget.reserved) == (PRICES.cost(UNKNOWN), 0)
    assert budget.calls[0].failure is Failure.CANCELLED


def test_connections_are_limited() -> None:
    async def conversation(server, model):
        requests = [ask(str(k)) for k in range(12)]
        answers = await asyncio.gather(*map(model.complete, requests))
        return [a.text for a in answers], server.peak

    def echo(body):
        return Reply(body["messages"][0]["content"], delay=0.005)

    texts, peak = talk(echo, conversation, connections=3)
    assert texts == [str(k) for k in range(12)] and peak <= 3


def test_a_malformed_answer_is_asked_for_again_and_both_are_billed(tmp_path) -> None:
    async def conversation(server, model):
        budget = Budget()
        recorded = Recorded(Metered(model, PRICES, budget), tmp_path / "tape.jsonl")
        structured = Structured(recorded, PRICE)
        response = await structured.complete(QUESTION)
        again = await structured.complete(QUESTION)
        with pytest.raises(ModelError) as caught:
            await structured.complete(ask("worse"))
        return response, again, caught.value, budget, server.requests

    replies = ["about 12", "```json\n7\n```", Reply("3", refusal=None), "no"]
    replies[2] = Reply('{"unfinished": [', finish="length")
    response, again, error, budget, asked = talk(replies, conversation)
    assert response.parsed == again.parsed == 7 and len(asked) == 4
    assert response.cost == again.cost == sum(call.cost for call in budget.calls[:2])
    assert asked[0]["response_format"]["json_schema"]["schema"] == PRICE
    assert [m["role"] for m in asked[1]["messages"]][-2:] == ["assistant", "user"]
    assert "no JSON" in asked[1]["messages"][-1]["content"]
    assert "cut at max_tokens" in asked[3]["messages"][-1]["content"]
    assert error.failure is Failure.MALFORMED and error.cost == sum(call.cost for call in budget.calls[2:])
    assert budget.spent == response.cost + error.cost
