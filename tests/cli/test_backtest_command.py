"""`catallax backtest` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from catallax.cli import main

BOTS = """
def bold(question):
    return 0.9

def broken(question):
    raise RuntimeError("no key")
"""


@pytest.fixture(autouse=True)
def bots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bots.py").write_text(BOTS)


def test_forecasters_are_compared_in_one_table(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["bots.py:bold", "--synthetic", "50", "--json", "out/a.json", "--markdown", "out/a.md", "--no-progress"]
    assert main(["backtest", *words]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in ("bots.py:bold", "even", "crowd", "Bayes"))
    told = json.loads(Path("out/a.json").read_text())
    assert told["standings"][0]["name"] == "Bayes"
    assert Path("out/a.md").read_text().count("\n| ") == 5


def test_a_broken_forecaster_is_named_and_the_others_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    row = {"id": "m", "source": "manifold", "question": "?", "freeze_datetime_value": "0.25", "resolution_dates": "N/A"}
    came = {"id": "m", "source": "manifold", "resolution_date": "2026-03-05", "resolved_to": 1.0, "resolved": True}
    Path("q.json").write_text(json.dumps({"forecast_due_date": "2026-03-01", "questions": [row, {**row, "id": "n"}]}))
    Path("r.json").write_text(json.dumps({"resolutions": [came]}))
    files = ["--questions", "q.json", "--resolutions", "r.json", "--no-progress"]
    assert main(["backtest", "bots.py:broken", "catallax.forecasting.questions:crowd", *files]) == 1
    said = capsys.readouterr().out
    assert "1 resolved questions; left out: 1 without a resolution" in said
    assert "bots.py:broken: 1 of 1 questions without an answer, the first: manifold/m: RuntimeError: no key" in said
    assert "-1.3863" in said


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["bots.py:bold"], "needs --questions FILE --resolutions FILE, or --synthetic NUMBER"),
        (["bots.py:none", "--synthetic", "3"], "bots.py has no 'none'"),
        (["bots.py:bold", "--synthetic", "3", "--questions", "q.json"], "give one or the other"),
        (["bots.py:bold", "--questions", "q.json", "--resolutions", "q.json"], "q.json"),
    ],
)
def test_unusable_arguments_are_told(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backtest", *words]) == 2
    assert message in capsys.readouterr().err
