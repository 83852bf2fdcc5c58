"""Questions whose best forecast is known, files of ForecastBench, and forecasters compared on both."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import multivariate_normal

from catallax.forecasting import Backtest, Forecast, backtest
from catallax.forecasting.questions import Question, bayes, crowd, load_forecastbench, synthetic, uniform
from catallax.forecasting.scoring import log_score

MARKET = {
    "id": "m1", "source": "manifold", "question": "Will it?", "background": "b", "resolution_criteria": "c",
    "market_info_open_datetime": "2026-01-01T00:00:00+00:00", "market_info_close_datetime": "2026-12-31T00:00:00+00:00",
    "market_info_resolution_criteria": "N/A", "url": "https://example.com", "freeze_datetime": "2026-02-19T00:00:00+00:00",
    "freeze_datetime_value": "0.25", "freeze_datetime_value_explanation": "The market value.", "source_intro": "i",
    "resolution_dates": "N/A",
}  # fmt: skip
DATASET = {
    **MARKET, "id": "d1", "source": "fred", "question": "Higher on {resolution_date} than on {forecast_due_date}?",
    "freeze_datetime_value": "101.5", "resolution_dates": ["2026-03-08", "2026-03-31"],
}  # fmt: skip


def result(of: dict[str, Any], date: str, to: float | None, resolved: bool = True) -> dict[str, Any]:
    return {"id": of["id"], "source": of["source"], "direction": None, "resolution_date": date, "resolved_to": to,
            "resolved": resolved}  # fmt: skip


def write(folder: Path, questions: list[Any], resolutions: list[Any]) -> tuple[Path, Path]:
    """The two files."""
    paths = folder / "2026-03-01-llm.json", folder / "2026-03-01_resolution_set.json"
    head = {"forecast_due_date": "2026-03-01", "question_set": "2026-03-01-llm.json"}
    for path, rows in zip(paths, ({"questions": questions}, {"resolutions": resolutions}), strict=True):
        path.write_text(json.dumps(head | rows))
    return paths


def test_the_posterior_is_bayes_rule_with_correlated_errors() -> None:
    drawn = synthetic(5, traders=4, noise=1.7, shared=0.3, seed=3)
    errors = 1.7**2 * (0.7 * np.eye(4) + 0.3)
    for number in range(5):
        signals, before = drawn.signals[number], logit(drawn.prior[number])
        for many in (1, 4):
            yes, no = (
                multivariate_normal.logpdf(signals[:many], sign * np.ones(many), errors[:many, :many])
                for sign in (1, -1)
            )
            assert drawn.posterior[number, many - 1] == pytest.approx(expit(before + yes - no), rel=1e-9)
        assert drawn.alone[number, 0] == pytest.approx(drawn.posterior[number, 0])
        assert bayes(drawn.questions[number]) == pytest.approx(drawn.posterior[number, -1])


def test_the_law_of_questions_is_the_one_that_is_said() -> None:
    drawn = synthetic(20_000, traders=3, noise=1.5, shared=0.4, herding=0.5, seed=0)
    errors = (drawn.signals - (2 * drawn.happened - 1)[:, None]) / 1.5
    np.testing.assert_allclose(np.corrcoef(errors.T)[np.triu_indices(3, 1)], 0.4, atol=0.03)
    for p in (drawn.posterior[:, -1], drawn.alone[:, 1]):
        for low in (0.1, 0.4, 0.7):
            inside = (p > low) & (p < low + 0.2)
            assert drawn.happened[inside].mean() == pytest.approx(
                p[inside].mean(), abs=5 * 0.5 / math.sqrt(inside.sum())
            )
    assert np.all(np.diff(drawn.times, axis=1) >= 0) and np.all(drawn.times[:, -1] <= drawn.closes)
    best = log_score(drawn.posterior[:, -1], drawn.happened).mean()
    assert best > log_score(drawn.alone[:, 0], drawn.happened).mean() > log_score(drawn.prior, drawn.happened).mean()


def test_seeds_and_knobs_move_only_what_they_name() -> None:
    one, again, other = synthetic(50, seed=7), synthetic(50, seed=7), synthetic(50, seed=8)
    herded = synthetic(50, seed=7, herding=1.0)
    assert all(np.array_equal(a, b) for a, b in zip(one, again, strict=True))
    assert not np.array_equal(one.signals, other.signals)
    assert np.array_equal(one.signals, herded.signals) and np.array_equal(one.posterior, herded.posterior)
    np.testing.assert_array_equal(one.beliefs, one.alone)
    # everybody repeats the first
    np.testing.assert_allclose(herded.beliefs, np.repeat(herded.alone[:, :1], 10, 1))


@pytest.mark.parametrize(
    "knob", [{"noise": 0.0}, {"shared": 1.0}, {"herding": 1.5}, {"prior": (0.0, 1.0)}, {"days": (3.0, 1.0)}]
)
def test_unusable_knobs_are_refused(knob: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="synthetic: expected"):
        synthetic(3, **knob)


def test_forecastbench_files_are_read_and_told_apart(tmp_path: Path) -> None:
    open_one, mixed, lost = ({**MARKET, "id": name} for name in ("m2", "m3", "m4"))
    both = {**MARKET, "id": ["m1", "m2"]}
    found = load_forecastbench(
        *write(
            tmp_path,
            [MARKET, DATASET, open_one, mixed, lost, both],
            [
                result(MARKET, "2026-03-05", 1.0),
                result(DATASET, "2026-03-08", 0.0),
                result(DATASET, "2026-03-31", 1.0),
                result(open_one, "2026-03-31", 0.7, resolved=False),
                result(mixed, "2026-03-31", 0.4),
            ],
        )
    )
    market, first, second = found.questions
    assert (market.id, market.happened, market.crowd, market.closes) == ("manifold/m1", 1, 0.25, "2026-03-05")
    assert first.text == "Higher on 2026-03-08 than on 2026-03-01?" and first.id != second.id
    assert (first.happened, second.happened) == (0, 1)
    assert first.crowd is None and first.evidence == {"freeze_value": 101.5}
    assert found.left_out == {
        "not resolved": 1, "resolved to neither 0 nor 1": 1, "without a resolution": 1, "a combination of questions": 1,
    }  # fmt: skip


def test_the_same_id_of_two_sources_is_two_questions(tmp_path: Path) -> None:
    other = {**MARKET, "source": "polymarket"}
    came = [result(MARKET, "2026-03-05", 1.0), result(other, "2026-03-05", 0.0)]
    asked = load_forecastbench(*write(tmp_path, [MARKET, other], came)).questions
    assert [(question.id, question.happened) for question in asked] == [("manifold/m1", 1), ("polymarket/m1", 0)]
    assert backtest({"even": uniform}, asked).standings[0].answered == 2


def test_files_that_are_not_of_this_format_are_told(tmp_path: Path) -> None:
    lacking = {name: value for name, value in MARKET.items() if name != "freeze_datetime_value"}
    with pytest.raises(ValueError, match=r"llm.json: questions\[0\] \(id 'm1'\) has no field 'freeze_datetime_value'"):
        load_forecastbench(*write(tmp_path, [lacking], []))
    with pytest.raises(ValueError, match=r"resolutions\[0\] \(id 'm1'\) has no field 'resolved_to'"):
        load_forecastbench(*write(tmp_path, [MARKET], [{"id": "m1", "source": "manifold", "resolved": True}]))
    with pytest.raises(ValueError, match=r"resolved_to is no number but None"):
        load_forecastbench(*write(tmp_path, [MARKET], [result(MARKET, "2026-03-05", None)]))
    asked, came = write(tmp_path, [MARKET], [])
    with pytest.raises(ValueError, match="has no list 'resolutions'"):
        load_forecastbench(asked, asked)
    came.write_text("{")
    with pytest.raises(ValueError, match="is no JSON"):
        load_forecastbench(asked, came)


@pytest.fixture(scope="module")
def found() -> Backtest:
    """Good, lazy and broken forecasters on forty questions."""

    def moody(question: Question) -> float:
        number = int(question.id.split("-")[1])
        if number == 3:
            raise RuntimeError("no network")
        return math.nan if number == 4 else 0.3

    def priced(question: Question) -> Forecast:
        assert question.happened is None  # nobody is shown the answer
        return Forecast(bayes(question), cost=0.02)

    def broken(question: Question) -> float:
        raise KeyError("key")

    asked = synthetic(40, noise=1.0, seed=1).questions
    return backtest({"moody": moody, "priced": priced, "broken": broken, "crowd": crowd, "even": uniform}, asked)


def test_forecasters_that_fail_are_named_and_lose_nothing_for_the_rest(found: Backtest) -> None:
    by_name = {standing.name: standing for standing in found.standings}
    assert found.standings[0].name == "priced" and found.standings[-1].name == "broken"
    assert by_name["moody"].answered == 38 and by_name["broken"].answered == 0
    raised, nan = by_name["moody"].faults
    assert raised == "synthetic-3: RuntimeError: no network" and nan.startswith(
        "synthetic-4: ValueError: brier: forecasts must be finite"
    )
    assert by_name["crowd"].relative == 0 and by_name["priced"].relative > 0
    assert by_name["even"].brier == 0.25 and by_name["even"].log_score == pytest.approx(-math.log(2))
    assert by_name["priced"].cost == pytest.approx(0.02) and math.isnan(by_name["even"].cost)
    assert len(found.forecasts["moody"]) == 38


def test_silence_does_not_pay() -> None:
    """Who answers only what is easy is scored on the rest as if all outcomes were alike."""
    asked = [Question(f"q{number}", "?", happened=int(number < 3)) for number in range(4)]

    def timid(question: Question) -> float:
        if question.id in ("q2", "q3"):
            raise RuntimeError("too hard")
        return 0.9

    told = {"q0": 0.9, "q1": 0.9, "q2": 0.8, "q3": 0.4}
    found = backtest({"timid": timid, "bold": lambda question: told[question.id]}, asked)
    bold, quiet = found.standings
    assert (bold.name, quiet.name, quiet.answered) == ("bold", "timid", 2)
    assert quiet.brier == pytest.approx((2 * 0.01 + 2 * 0.25) / 4)
    assert quiet.log_score == pytest.approx((2 * math.log(0.9) + 2 * math.log(0.5)) / 4)
    assert quiet.calibration_error == pytest.approx(0.1)  # of what it said
    assert any("all outcomes alike count" in note for note in found.notes)


def test_the_table_and_the_file_say_the_same(found: Backtest) -> None:
    page = found.to_markdown()
    assert "- broken: 40 of 40 questions without an answer, the first: synthetic-0: KeyError: 'key'" in page
    assert "| even | 40/40 | 0.2500 | -0.6931 |" in page
    told = json.loads(found.to_json())
    assert told["standings"][-1]["brier"] is None and told["standings"][0]["name"] == "priced"
    assert told["forecasts"]["even"]["synthetic-0"] == [0.5, 0.5]


def test_several_outcomes_and_certainty() -> None:
    asked = [Question("a", "Which?", 3, 2, crowd=(0.2, 0.2, 0.6)), Question("b", "Whether?", happened=0)]
    answers = {"a": (0.1, 0.1, 0.8), "b": 1.0}
    standing = backtest({"sure": lambda question: answers[question.id]}, asked).standings[0]
    assert standing.log_score == -math.inf and standing.relative == pytest.approx(math.log(0.8 / 0.6))
    assert standing.brier == pytest.approx((0.06 + 1) / 2)
    assert "−∞" in backtest({"sure": lambda question: answers[question.id]}, asked).to_markdown()


@pytest.mark.parametrize(
    ("forecasters", "questions", "message"),
    [
        ({"even": uniform}, [], "at least one question"),
        ({}, [Question("a", "?", happened=0)], "at least one forecaster"),
        ({"even": uniform}, [Question("a", "?")], "'a' of 2 outcomes has the answer None"),
        ({"even": uniform}, [Question("a", "?", 1, 0)], "'a' of 1 outcomes has the answer 0"),
        ({"even": uniform}, [Question("a", "?", happened=0)] * 2, "two questions have the id 'a'"),
        ({"even": uniform}, [Question("a", "?", happened=0, crowd=1.5)], "crowd's forecast of question 'a' is none"),
        (["nowhere:bot"], [Question("a", "?", happened=0)], "'nowhere:bot': No module named 'nowhere'"),
        (["json:bot"], [Question("a", "?", happened=0)], "json has no function 'bot'"),
        (["json"], [Question("a", "?", happened=0)], "as module:function, got 'json'"),
    ],
)
def test_what_cannot_be_tested_is_told(forecasters: Any, questions: list[Question], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        backtest(forecasters, questions)
