"""The golden runs come out as they always did."""

from __future__ import annotations

import json

import pytest
from golden_runs import FILE, RUNS, remembered

STORED = json.loads(FILE.read_text(encoding="utf-8"))


def test_every_run_is_stored():
    assert STORED.keys() == RUNS.keys()


@pytest.mark.parametrize("name", RUNS)
def test_same_run_as_ever(name):
    now, before = remembered(RUNS[name]()), STORED[name]
    assert now.pop("price") == pytest.approx(before.pop("price"), abs=1e-4)
    assert now == before, "if that is meant, see tests/golden/README.md"


@pytest.mark.parametrize("name", RUNS)
def test_what_is_stored_is_worth_storing(name):
    run = STORED[name]
    books = sum(run["agents"]) + run["house"] + run["world"] + run["default"]
    assert books == 0
    assert sum(wins > 0 for wins in run["wins"]) >= 2, "one winner would hide most changes"
    if name == "rules":
        assert run["births"] > run["deaths"] > 0
