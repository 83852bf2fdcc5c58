"""Models without a network: hashes, cassettes, budgets, limits, schemas."""

import asyncio
import json
from dataclasses import replace
from enum import Enum
from itertools import pairwise
from pathlib import Path
from typing import Literal

import pytest
import skipping_clock
from pydantic import BaseModel, ConfigDict, Field

from catallax.language import models
from catallax.language.models import (
    AbstractModel,
    Budget,
    DryRun,
    Failure,
    Fault,
    Finish,
    Limited,
    Message,
    Metered,
    ModelError,
    Prices,
    Program,
    Recorded,
    Request,
    Retrying,
    Scripted,
    Structured,
    Timed,
    Usage,
    ask,
    estimate,
    most,
)

PRICES = Prices.dollars(prompt=1.0, completion=2.0)
QUESTION = ask("Two and two?", max_tokens=8)


class Slow(AbstractModel):
    """Answers after a while, and notes who runs when."""

    name = "slow"

    def __init__(self, seconds: float) -> None:
        self.seconds, self.running, self.peak, self.starts = seconds, 0, 0, []

    async def complete(self, request: Request):
        self.starts.append(asyncio.get_running_loop().time())
        self.running += 1
        self.peak = max(self.peak, self.running)
        await asyncio.sleep(self.seconds)
        self.running -= 1
        return await Program(lambda request: "four").complete(request)


def answer(model: AbstractModel, request: Request = QUESTION):
    return asyncio.run(model.complete(request))


def failure(model: AbstractModel, request: Request = QUESTION) -> ModelError:
    with pytest.raises(ModelError) as caught:
        answer(model, request)
    return caught.value


CHANGES = {
    "messages": (Message("system", "Two and two?"),),
    "schema": {"type": "null"},
    "max_tokens": 9,
    "temperature": 0.5,
    "seed": 0,
    "stop": ("\n",),
    "attempt": 1,
    "policy": "enclave 7",
}


def test_the_hash_covers_every_field() -> None:
    assert set(CHANGES) == set(Request.__dataclass_fields__)
    variants = [QUESTION, *(replace(QUESTION, **{name: value}) for name, value in CHANGES.items())]
    assert len({request.hash for request in variants}) == len(variants)
    assert QUESTION.hash == ask("Two and two?", max_tokens=8).hash and len({QUESTION, replace(QUESTION)}) == 1


def test_the_hash_does_not_change_with_somebody_elses_dictionary() -> None:
    schema = {"type": "integer", "minimum": 0, "maximum": 9}
    request = replace(QUESTION, schema=schema)
    schema["maximum"] = 10
    assert request.schema["maximum"] == 9


@pytest.mark.parametrize("wrong", [{"messages": ()}, {"max_tokens": 0}, {"temperature": float("nan")}, {"attempt": -1}])
def test_impossible_requests_are_named(wrong: dict) -> None:
    with pytest.raises(ValueError, match="Request: "):
        Request(**{"messages": QUESTION.messages, **wrong})


def test_every_name_has_a_row_in_the_docs() -> None:
    page = (Path(__file__).parents[2] / "docs" / "language_models.md").read_text(encoding="utf-8")
    assert not [name for name in [*models.__all__, *models._EXTRAS] if f"`models.{name}`" not in page]


# ---- cassettes


def test_a_cassette_answers_once_asked_questions_without_the_model(tmp_path) -> None:
    path = tmp_path / "deep" / "tape.jsonl"
    recording = Recorded(Metered(Scripted(["4", "four"], "tiny"), PRICES, Budget()), path)
    first, again = answer(recording), answer(recording)
    other = answer(recording, replace(QUESTION, attempt=1))
    replay = Recorded(None, path)
    assert first == again == answer(replay) and first.text == "4" and first.cost > 0
    assert answer(replay, replace(QUESTION, attempt=1)) == other and other.text == "four"
    error = failure(replay, replace(QUESTION, policy="enclave"))
    assert error.failure is Failure.UNRECORDED and "tape.jsonl" in str(error)
    assert "Two and two" not in path.read_text()


def test_a_torn_line_is_dropped_and_recording_goes_on(tmp_path) -> None:
    path = tmp_path / "tape.jsonl"
    requests = [ask(str(k)) for k in range(3)]
    recording = Recorded(Program(lambda request: request.messages[0].content, "echo"), path)
    for request in requests:
        answer(recording, request)
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    assert len(Recorded(None, path)) == 2 and path.read_bytes() == whole[:-9]
    resumed = Recorded(Program(lambda request: "anew", "echo"), path)
    assert [answer(resumed, request).text for request in requests] == ["0", "1", "anew"]
    assert [answer(Recorded(None, path), request).text for request in requests] == ["0", "1", "anew"]


def test_a_damaged_cassette_is_refused_with_its_line(tmp_path) -> None:
    path = tmp_path / "tape.jsonl"
    answer(Recorded(Scripted(["4"]), path))
    path.write_text('{"model": "scripted"}\n' + path.read_text())
    with pytest.raises(ValueError, match="line 1"):
        Recorded(None, path)
    path.write_text(path.read_text().splitlines()[1].replace('"4"', "4"))
    path.write_text(path.read_text() + "\n")
    with pytest.raises(ValueError, match="line 1"):
        Recorded(None, path)
    with pytest.raises(FileNotFoundError, match="record it"):
        Recorded(None, tmp_path / "absent.jsonl")


def test_models_on_one_cassette_are_kept_apart(tmp_path) -> None:
    path = tmp_path / "tape.jsonl"
    for name in ("a", "b"):
        answer(Recorded(Scripted([f"of {name}"], name), path))
    with pytest.raises(ValueError, match="choose with name"):
        Recorded(None, path)
    assert answer(Recorded(None, path, name="b")).text == "of b"


def test_answers_of_the_model_are_recorded_and_passing_failures_are_not(tmp_path) -> None:
    faults = [Failure.REFUSED, Failure.TIMEOUT]
    recording = Recorded(Fault(Scripted(["late"]), faults), tmp_path / "tape.jsonl")
    other = ask("Other")
    assert [failure(recording).failure, failure(recording, other).failure] == faults
    replay = Recorded(None, tmp_path / "tape.jsonl", name="scripted")
    assert [failure(replay).failure, failure(replay, other).failure] == [Failure.REFUSED, Failure.UNRECORDED]
    assert answer(recording, other).text == "late"


def test_equal_questions_at_once_are_asked_once(tmp_path) -> None:
    slow = Slow(1.0)
    recording = Recorded(slow, tmp_path / "tape.jsonl")

    async def main():
        return await asyncio.gather(*(recording.complete(QUESTION) for _ in range(5)))

    assert len({response.text for response in skipping_clock.run(main())}) == 1 and len(slow.starts) == 1


def test_a_parsed_answer_is_not_recorded_without_its_object(tmp_path) -> None:
    with pytest.raises(TypeError, match="around Recorded"):
        answer(Recorded(Structured(Scripted(["1"]), {"const": 1}), tmp_path / "tape.jsonl"))


# ---- limits, with a clock that skips the waiting


def test_calls_at_once_and_per_minute_are_limited() -> None:
    slow = Slow(1.0)
    model = Limited(slow, concurrency=4, per_minute=10)

    async def main():
        await asyncio.gather(*(model.complete(QUESTION) for _ in range(25)))

    skipping_clock.run(main())
    assert slow.peak == 4
    assert all(later - earlier >= 60.0 - 1e-6 for earlier, later in zip(slow.starts, slow.starts[10:]))
    assert slow.starts[9] == pytest.approx(2.0) and slow.starts[-1] == pytest.approx(120.0, abs=2.5)


def test_a_model_serves_several_event_loops() -> None:
    model = Limited(Slow(1.0), concurrency=1)

    async def main():
        await asyncio.gather(*(model.complete(QUESTION) for _ in range(3)))

    skipping_clock.run(main())
    skipping_clock.run(main())


def test_a_slow_answer_is_given_up() -> None:
    budget = Budget()
    model = Metered(Timed(Slow(30.0), seconds=10.0), PRICES, budget)
    with pytest.raises(ModelError) as caught:
        skipping_clock.run(model.complete(QUESTION))
    assert caught.value.failure is Failure.TIMEOUT
    assert caught.value.cost == budget.spent == PRICES.cost(most(QUESTION))


def test_waits_between_tries_grow_and_follow_the_server() -> None:
    starts = []

    class Busy(Slow):
        async def complete(self, request):
            starts.append(asyncio.get_running_loop().time())
            asked = 30.0 if len(starts) == 3 else None
            raise ModelError(Failure.RATE_LIMITED, "busy", "later.", retry_after=asked)

    with pytest.raises(ModelError):
        skipping_clock.run(Retrying(Busy(0.0), tries=4, pause=1.0).complete(QUESTION))
    waits = [later - earlier for earlier, later in pairwise(starts)]
    assert 0.5 <= waits[0] < 1.0 and waits[1] == pytest.approx(2 * waits[0]) and waits[2] == pytest.approx(30.0)
    starts.clear()
    with pytest.raises(ModelError):
        skipping_clock.run(Retrying(Busy(0.0), tries=4, pause=1.0, longest=20.0).complete(QUESTION))
    assert len(starts) == 3


@pytest.mark.parametrize("fault", [Failure.REFUSED, Failure.REJECTED, Failure.OVER_BUDGET, Failure.EMPTY])
def test_lasting_failures_are_not_tried_again(fault: Failure) -> None:
    assert failure(Retrying(Fault(Scripted(["4"]), [fault]), pause=0.0)).failure is fault


# ---- money


def test_budgets_lie_within_each_other() -> None:
    run = Budget(limit=250)
    agents = [Budget(limit=200, within=run) for _ in range(2)]
    assert agents[0].reserve(150) and not agents[0].reserve(60) and not agents[1].reserve(110)
    assert (run.reserved, agents[1].reserved, agents[1].left) == (150, 0, 100)


def test_what_runs_at_once_cannot_overspend_together() -> None:
    slow, bound = Slow(1.0), PRICES.cost(most(QUESTION))
    budget = Budget(limit=3 * bound)
    model = Metered(slow, PRICES, budget)

    async def main():
        return await asyncio.gather(*(model.complete(QUESTION) for _ in range(10)), return_exceptions=True)

    results = skipping_clock.run(main())
    assert slow.peak == 3 and sum(isinstance(r, ModelError) for r in results) == 7
    assert budget.spent == sum(r.cost for r in results if not isinstance(r, ModelError)) and budget.reserved == 0


def test_prices_round_up_and_are_exact() -> None:
    assert Prices.dollars(0.15, 0.6) == Prices(150_000, 600_000)
    assert Prices(1, 0).cost(Usage(1, 0)) == 1 and Prices(0, 0).cost(Usage(9, 9)) == 0
    assert Prices(3, 5, 7).cost(Usage(10**12, 1)) == 3 * 10**6 + 1 + 7
    with pytest.raises(TypeError, match="Prices"):
        Prices(0.15, 0.6)  # type: ignore[arg-type]


def test_a_dry_run_bounds_the_run_it_stands_for() -> None:
    requests = [ask(text, max_tokens=8) for text in ("Two and two?", "zwölf 十二", "")]
    dry, budget = DryRun(PRICES), Budget()
    real = Metered(Program(lambda request: "a fair answer"), PRICES, budget)
    for request in requests:
        answer(dry, request), answer(real, request)
    assert dry.quote == estimate(requests, PRICES) and dry.quote.calls == len(budget.calls) == 3
    assert budget.spent <= dry.quote.usual_cost < dry.quote.most_cost


def test_a_dry_run_answers_in_the_form_asked_for() -> None:
    side = {"enum": ["buy", "pass"]}
    bids = {"type": "array", "items": {"type": "integer", "minimum": 2, "maximum": 3}, "minItems": 1, "maxItems": 2}
    fields = {"side": side, "bids": bids}
    schema = {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}
    assert answer(Structured(DryRun(PRICES), schema)).parsed == {"side": "buy", "bids": [2]}


# ---- structured answers


def closed(**properties) -> dict:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


PRICE = {"type": "integer", "minimum": 0, "maximum": 9}
NOTE = {"type": "string", "maxLength": 4}
OFFER = closed(price=PRICE, note={"anyOf": [NOTE, {"type": "null"}]})


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ('{"price": 3, "note": "ok"}', True),
        ('{"price": 3, "note": null}', True),
        ('Here:\n```json\n{"price": 3, "note": "ok"}\n```', True),
        ('```\n{"price": 3, "note": "a"}\n```\n```\n{"price": 4, "note": "b"}\n```', False),
        ('{"price": 3}', False),
        ('{"price": 3, "note": "ok", "why": ""}', False),
        ('{"price": "3", "note": "ok"}', False),
        ('{"price": true, "note": "ok"}', False),
        ('{"price": 3.0, "note": "ok"}', False),
        ('{"price": 10, "note": "ok"}', False),
        ('{"price": NaN, "note": "ok"}', False),
        ('{"price": 1, "price": 9, "note": "ok"}', False),
        ('{"price": 3, "note": "too long"}', False),
        ('{"price": ' + "9" * 5000 + ', "note": "ok"}', False),
        ("[" * 100_000, False),
    ],
)
def test_only_what_fits_the_schema_comes_through(text: str, fits: bool) -> None:
    model = Structured(Scripted([text]), OFFER, repairs=0)
    if fits:
        assert answer(model).parsed["price"] == 3
    else:
        assert failure(model).failure is Failure.MALFORMED


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string"}, "a string needs maxLength"),
        ({"type": "integer", "minimum": 0}, "an integer needs maximum"),
        ({"type": "array", "items": NOTE}, "an array needs maxItems"),
        (closed(price=PRICE) | {"required": []}, "required has to name all"),
        (closed(price=PRICE) | {"additionalProperties": True}, "additionalProperties: false"),
        (closed(note={"anyOf": [NOTE, {"type": "number"}]}), r"schema.note.anyOf\[1\]: a number"),
        (NOTE | {"pattern": "(a+)+"}, "pattern is not supported"),
        ({"type": ["string", "null"]}, "needs one type"),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"type": "array", "items": {"$ref": "#/$defs/a"}}}}, "contains itself"),
        ({"type": "array", "items": True, "maxItems": 2}, "is to be a schema"),
    ],
)
def test_schemas_with_answers_of_any_size_are_refused(schema: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Structured(Scripted([]), schema)


class Side(Enum):
    BUY = "buy"
    PASS = "pass"


class Bid(BaseModel):
    model_config = ConfigDict(extra="forbid")
    side: Side
    bid: int = Field(ge=0, le=9)
    kind: Literal["a", "b"]


class Loose(BaseModel):
    bid: int = 0


def test_pydantic_models_come_back_as_objects() -> None:
    good, bad = '{"side": "buy", "bid": 3, "kind": "a"}', '{"side": "buy", "bid": "3", "kind": "a"}'
    seen = []

    def scripted(request: Request) -> str:
        seen.append(request.messages[-1].content)
        return good if len(seen) == 2 else bad

    assert answer(Structured(Program(scripted), Bid)).parsed == Bid(side=Side.BUY, bid=3, kind="a")
    assert "answer.bid: int_type" in seen[1]
    assert failure(Structured(Program(scripted), Bid)).failure is Failure.MALFORMED
    with pytest.raises(ValueError, match="answers of any size"):
        Structured(Scripted([]), Loose)


def test_repairs_are_bounded_and_other_failures_pass_with_the_bill() -> None:
    script = Metered(Fault(Program(lambda request: "no"), [None, Failure.REFUSED]), PRICES, Budget())
    error = failure(Structured(script, PRICE, repairs=5))
    assert error.failure is Failure.REFUSED and error.cost == script.budget.spent
    counted = Metered(Program(lambda request: "no"), PRICES, Budget())
    error = failure(Structured(counted, PRICE, repairs=2))
    assert len(counted.budget.calls) == 3 and error.cost == counted.budget.spent
    assert len({call.request_hash for call in counted.budget.calls}) == 3


def test_the_dearest_answer_bounds_all_repairs() -> None:
    asked = []

    def rambling(request: Request) -> str:
        asked.append(request)
        return json.dumps({"side": "😀" * 5000}, ensure_ascii=False)

    options = closed(side={"enum": ["😀" * 300 + str(n) for n in range(9)]})
    model = Structured(Metered(Program(rambling), PRICES, Budget()), options, repairs=2)
    failure(model)
    assert len(asked) == 3 and sum(PRICES.cost(most(request)) for request in asked) <= model.dearest(QUESTION)


def test_faults_come_in_turn() -> None:
    model = Fault(Program(lambda request: json.dumps("four")), [Failure.MALFORMED, Finish.LENGTH, Failure.GONE])
    assert answer(model).text == '{"unfinished": ['
    assert answer(model).finish is Finish.LENGTH
    assert failure(model).usage == most(QUESTION)
    assert answer(model).text == '"four"'


def test_scripts_end_and_empty_answers_are_failures() -> None:
    script = Scripted(["4"])
    answer(script)
    assert failure(script).failure is Failure.UNRECORDED
    assert failure(Scripted({})).failure is Failure.UNRECORDED
    assert failure(Scripted([""])).failure is Failure.EMPTY


def test_half_a_character_ends_nowhere():
    price = {"type": "integer", "minimum": 0, "maximum": 9}
    halves = Structured(Scripted(["bad \ud800 answer", "7"]), None)
    assert asyncio.run(halves.complete(replace(ask("Price?"), schema=price))).parsed == 7
    word = {"type": "string", "maxLength": 9}
    with pytest.raises(ModelError, match="no JSON"):
        asyncio.run(Structured(Scripted(['"\\ud800"']), word, repairs=0).complete(ask("Word?")))
    assert asyncio.run(Scripted(["\ud83d\ude00\ud83d"]).complete(ask("?"))).text == "\U0001f600\ufffd"
    with pytest.raises(ValueError, match="neither it nor the request"):
        asyncio.run(halves.complete(ask("?")))
