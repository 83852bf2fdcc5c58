"""Sweeps: which points there are, what is kept of them, and how they go on."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest
from swept import market, number

import catallax as cx
from catallax import lab

WAYS = lab.grid(way=["good", "raises", "nan"])


def same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    """The same table, but for the time it took."""
    return list(one) == list(other) and all(
        np.array_equal(one[name], other[name], equal_nan=one[name].dtype.kind == "f")
        for name in one
        if name != "seconds"
    )


def test_a_failed_point_is_recorded_and_the_others_go_on(tmp_path: Path) -> None:
    found = lab.sweep(lab.FunctionTask(number), WAYS, seeds=2, folder=tmp_path / "a")
    assert found["way"].tolist() == ["good", "good", "raises", "raises", "nan", "nan"]
    assert found["seed"].tolist() == [0, 1] * 3
    np.testing.assert_array_equal(found["score"], [1 / 3, 4 / 3, *[np.nan] * 4])
    assert found["error"].tolist() == ["", "", *["ValueError: a bad point"] * 2, "", ""]
    assert same(found, lab.read_sweep(tmp_path / "a"))
    (table,) = (tmp_path / "a").glob("table.*")
    stored = lab._columns.read_columns(table)
    assert stored["score"][0] == 1 / 3 and stored["way"].tolist() == found["way"].tolist()
    assert lab.SweepFolder(tmp_path / "a").alive()["state"] == "finished"


def test_a_folder_tells_what_was_returned_whatever_the_kind_of_a_value(tmp_path: Path) -> None:
    kinds: dict[str, set[type]] = {}

    def measure(seed: int, **fields: object) -> dict[str, float]:
        for name, value in fields.items():
            kinds.setdefault(name, set()).add(type(value))
        return {"score": 1.0}

    settings = lab.grid(
        n=list(np.arange(2)),
        rent=np.linspace(0.0, 0.5, 2),
        on=[np.bool_(True)],
        step=[np.float32(0.1)],
        pair=[(0.0, np.int32(3)), None],
    )
    found = lab.sweep(lab.FunctionTask(measure), settings, folder=tmp_path)
    assert same(found, lab.read_sweep(tmp_path))
    assert kinds == {"n": {int}, "rent": {float}, "on": {bool}, "step": {float}, "pair": {tuple, type(None)}}
    assert [found[name].dtype.kind for name in ("n", "rent", "on", "step")] == list("ifbf")
    assert found["pair"].tolist()[:2] == ["[0.0, 3]", "None"]


def test_resuming_measures_what_is_missing_alone(tmp_path: Path) -> None:
    calls = []

    def measure(way: str, seed: int) -> dict[str, float]:
        calls.append((way, seed))
        if len(calls) == 4:
            raise KeyboardInterrupt
        return number(way, seed)

    task = lab.FunctionTask(measure)
    with pytest.raises(KeyboardInterrupt):
        lab.sweep(task, WAYS, seeds=2, folder=tmp_path)
    folder = lab.SweepFolder.open(tmp_path)
    assert sorted(folder.outcomes()) == [0, 1, 2] and folder.alive()["state"] == "stopped"
    with pytest.raises(lab.RunFolderError, match=r"already holds a sweep; go on with it \(resume\)"):
        lab.sweep(task, WAYS, seeds=2, folder=tmp_path)
    lab.sweep(task, WAYS, seeds=2, folder=tmp_path, resume=True)
    # the one that failed is tried again
    assert calls[4:] == [("raises", 0), ("raises", 1), ("nan", 0), ("nan", 1)]
    whole = lab.sweep(replace(task, function=number), WAYS, seeds=2)
    assert same(whole, lab.read_sweep(tmp_path))


def test_a_run_that_ctrl_c_cut_short_is_no_point(tmp_path: Path) -> None:
    def struck(run: lab.Run) -> dict[str, float]:
        raise KeyboardInterrupt

    def trained(rent: float, seed: int) -> dict[str, float]:
        run = cx.train(*market(rent), ticks=32, instances=2, key=jax.random.key(seed), chunks=1, measure=struck)
        return {"ticks": run.ticks}

    with pytest.raises(KeyboardInterrupt):
        lab.sweep(lab.FunctionTask(trained), lab.grid(rent=[0.0, 0.1]), folder=tmp_path)
    assert lab.SweepFolder.open(tmp_path).outcomes() == {}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"settings": lab.grid(way=["good", "nan"])}, "way = good, raises, nan there, good, nan asked for"),
        ({"settings": lab.grid(path=["good"])}, "fields way there, path asked for"),
        ({"seeds": 3}, "seed = 0, 1 there, 0, 1, 2 asked for"),
        ({"settings": WAYS[::-1]}, "way = good, raises, nan there, nan, raises, good asked for"),
        ({"task": lab.MarketTask(market, 64)}, "function swept:number there, None asked for"),
    ],
)
def test_another_sweep_is_not_gone_on_with(change: dict, message: str, tmp_path: Path) -> None:
    asked = {"task": lab.FunctionTask(number), "settings": WAYS, "seeds": 2} | change
    task = lab.FunctionTask(number)
    lab.SweepFolder.create(tmp_path, task.description(), lab._sweeps._points.points(WAYS, 2))
    with pytest.raises(lab.RunFolderError, match=message):
        lab.sweep(asked.pop("task"), asked.pop("settings"), **asked, folder=tmp_path, resume=True)


def test_settings_in_another_order_are_told_where_no_column_tells(tmp_path: Path) -> None:
    # each column has its values first in the same order
    first = lab.grid(a=[1, 2], b=[1, 2])
    second = [first[place] for place in (0, 1, 3, 2)]
    lab.SweepFolder.create(tmp_path, {}, lab._sweeps._points.points(first, 1))
    with pytest.raises(lab.RunFolderError, match="the same settings in another order"):
        lab.SweepFolder.open(tmp_path).must_agree({}, lab._sweeps._points.points(second, 1))


def test_two_do_not_work_at_one_folder(tmp_path: Path) -> None:
    found = lab.sweep(lab.FunctionTask(number), WAYS, folder=tmp_path)
    folder, silent = lab.SweepFolder.open(tmp_path), tmp_path / "silent"
    with folder.held(), pytest.raises(lab.RunFolderError, match="another process is at it"):
        lab.sweep(lab.FunctionTask(number), WAYS, folder=tmp_path, replace=True)
    assert same(found, folder.read())
    # at work, but without a point or a sign of life so far
    begun = lab.SweepFolder.create(silent, {"mine": 1}, lab._sweeps._points.points(WAYS, 1))
    with lab._sweeps._folder.locked(silent), pytest.raises(lab.RunFolderError, match="another process is at it"):
        lab.sweep(lab.FunctionTask(number), WAYS, folder=silent)
    assert begun.plan["task"] == {"mine": 1}


def test_damage_is_told(tmp_path: Path) -> None:
    lab.sweep(lab.FunctionTask(number), WAYS, folder=tmp_path)
    (tmp_path / "points" / "00000000.json").write_text('[{"poi')
    with pytest.raises(lab.RunFolderError, match=r"00000000\.json: cannot be read .* delete it and resume"):
        lab.read_sweep(tmp_path)
    with pytest.raises(lab.RunFolderError, match="does not exist"):
        lab.read_sweep(tmp_path / "none")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: lab.grid(rent=[]), "rent has no values"),
        (lambda: lab.grid(rent="ab"), "expected a list of values"),
        (lambda: lab.grid(rent=[0.1, 0.1]), "has a value twice"),
        (lambda: lab.sweep(lab.FunctionTask(number), []), "no settings"),
        (lambda: lab.sweep(lab.FunctionTask(number), WAYS, seeds=0), "seeds=0, expected at least 1"),
        (lambda: lab.sweep(lab.FunctionTask(number), WAYS, resume=True), "needs the folder"),
        (lambda: lab.sweep(lab.FunctionTask(number), [{"way": "a"}, {"b": 1}]), "has other fields"),
        (lambda: lab.grid(rent=np.ones((2, 2))), "expected a list of values"),
        (lambda: lab.sweep(lab.FunctionTask(number), [{"way": float("nan")}]), "what is not a number"),
        (lambda: lab.sweep(lab.FunctionTask(number), [{"way": np.float32("nan")}]), "what is not a number"),
        (lambda: lab.sweep(lab.FunctionTask(number), [{"seed": 1}]), "a column of the table is called 'seed'"),
        (lambda: lab.sweep(lab.MarketTask(market, 64, chunks=0), WAYS), "chunks=0, expected at least 1"),
        (lambda: lab.Processes(0), "jobs=0, expected at least 1"),
        (lambda: lab.sweep(lab.FunctionTask(lambda seed: {}), WAYS, executor=lab.Processes(1)), "top level of a file"),
    ],
)
def test_unusable_arguments_are_told(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_what_was_typed_in_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def typed(way: str, seed: int) -> dict[str, float]:
        return {}

    main = sys.modules["__main__"]
    typed.__module__, typed.__qualname__ = "__main__", "typed"
    monkeypatch.setattr(main, "typed", typed, raising=False)
    monkeypatch.setattr(main, "__spec__", None)
    for file, task, message in (
        (None, typed, r"typed was typed in .* top level of a file"),
        ("<stdin>", typed, r"typed was typed in .* top level of a file"),
        ("<stdin>", number, r"the program that runs is no file \(<stdin>\)"),
    ):
        monkeypatch.setattr(main, "__file__", file, raising=False)
        with pytest.raises(ValueError, match=message):
            lab.sweep(lab.FunctionTask(task), WAYS, executor=lab.Processes(1))


@pytest.mark.parametrize("found", [{"x": np.ones(2)}, {"way": 1.0}, {"error": 1.0}])
def test_what_is_no_number_or_has_a_taken_name_is_an_error_of_its_point(found: dict) -> None:
    (error,) = lab.sweep(lab.FunctionTask(lambda way, seed: found), WAYS[:1])["error"]
    assert "no number" in error or "is called" in error


def test_markets_of_one_structure_are_one_program_and_each_is_as_if_trained_alone(tmp_path: Path) -> None:
    task = lab.MarketTask(
        market, ticks=512, instances=4, measure_run=lambda run: {"richest": float(run.ledger.wealth.max())}
    )
    settings = lab.grid(rent=[0.0, 0.1], agents=[2, 3])
    _, batches = task.plan(lab._sweeps._points.points(settings, 2))
    assert [[point.index for point in batch] for batch in batches] == [[0, 1, 4, 5], [2, 3, 6, 7]]
    found = lab.sweep(task, lab.grid(rent=[0.0, 0.1]), seeds=2)
    assert found["error"].tolist() == [""] * 4 and np.ptp(found["richest"]) > 0
    call = {"ticks": 512, "instances": 4, "key": jax.random.key(1)}
    alone = cx.train(*market(0.1, 2), **call)
    trained = {name: values[-1] for name, values in alone.trace.items() if name in found and name != "seconds"}
    for name, value in trained.items():
        np.testing.assert_array_equal(found[name][3], value, err_msg=name)
    assert len(trained) > 15 and found["richest"][3] == alone.ledger.wealth.max()


def test_a_market_that_fails_does_not_take_the_others_along() -> None:
    settings = [{"rent": 0.0, "bid": bid} for bid in (0.25, float("inf"))] + [{"rent": 7.0, "bid": 0.25}]
    found = lab.sweep(lab.MarketTask(market, ticks=128, instances=2), settings)
    assert found["error"][0] == "" and found["price_mean"][0] > 0
    assert "bid NaN or infinity" in found["error"][1]
    assert "Rent" in found["error"][2] and np.isnan(found["price_mean"][2])


def test_points_that_go_together_in_another_way_than_before_are_found_again(tmp_path: Path) -> None:
    broken: set[float] = set()

    def build(rent: float) -> tuple[cx.DeepMarket, cx.AbstractEnv]:
        if rent in broken:
            raise ValueError("not yet")
        return market(rent)

    call = {"settings": lab.grid(rent=[0.0, 0.1]), "seeds": 2, "folder": tmp_path}
    task = lab.MarketTask(build, ticks=64, instances=2, chunks=1)
    broken |= {0.1}
    assert lab.sweep(task, **call)["error"].tolist() == ["", "", *["ValueError: not yet"] * 2]
    broken.clear()
    mended = lab.sweep(task, **call, resume=True)
    assert mended["error"].tolist() == [""] * 4
    assert same(mended, lab.read_sweep(tmp_path))
    # a part of them once more, and the others stay
    folder = lab.SweepFolder.open(tmp_path)
    folder.write(tuple(folder.points()[:2]), [lab.Outcome(error="E: odd")] * 2)
    assert folder.read()["error"].tolist() == [*["E: odd"] * 2, "", ""]


def test_a_report_tells_numbers(tmp_path: Path) -> None:
    joined = lab.Report.joined([lab.Report([], values={"a": 1}), lab.Report([], values={"b": np.float32(0.5)})])
    context = lab.Context(tmp_path)
    lab.save_report(joined, context, "x", lab.Context(tmp_path), 1.0)
    assert json.loads((tmp_path / "findings.json").read_text())["values"] == {"a": 1.0, "b": 0.5}
