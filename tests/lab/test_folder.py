"""The run folder: whole files, growing tables, clear errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catallax.lab import RunFolder, RunFolderError
from catallax.lab._table import MERGE_EVERY, Table


def make(path: Path, **config: Any) -> RunFolder:
    return RunFolder.create(path, {"name": "test", **config})


def sales(first: int, ticks: int) -> dict[str, np.ndarray]:
    tick = np.repeat(np.arange(first, first + ticks), 2)
    return {"tick": tick, "instance": np.tile([0, 1], ticks), "pays": tick * 0.5, "ended": tick % 3 == 0}


def without_duckdb(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise ImportError("duckdb")

    monkeypatch.setattr("catallax.lab._columns._engine", missing)


def test_config_carries_versions_and_is_updated(tmp_path: Path) -> None:
    folder = make(tmp_path / "run", key=np.arange(2, dtype=np.uint32), lr=np.float32(0.5), where=Path("x"))
    folder.update(finished=True, result=[{"name": "market", "value": np.float64(0.9)}])
    config = RunFolder.open(tmp_path / "run").config
    assert config["key"] == [0, 1] and config["lr"] == 0.5 and config["where"] == "x"
    assert config["finished"] is True and config["result"] == [{"name": "market", "value": 0.9}]
    assert {"catallax", "jax", "python"} <= set(config["versions"]) and "git" in config


@pytest.mark.parametrize("duck", [True, False])
def test_trace_grows_merges_and_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, duck: bool) -> None:
    if not duck:
        without_duckdb(monkeypatch)
    folder = make(tmp_path / "it's a run")
    rows = MERGE_EVERY + 3
    for n in range(rows):
        folder.append_trace(
            {"tick": 64 * (n + 1), "price_mean": n / 7, "evaluation": float("nan") if n % 2 else 1.0, "alive": n}
        )
    again = RunFolder.open(folder.path)
    trace = again.read_trace()
    assert trace["tick"].tolist() == [64 * (n + 1) for n in range(rows)]
    assert trace["price_mean"].tolist() == [n / 7 for n in range(rows)]
    assert np.isnan(trace["evaluation"][1::2]).all() and (trace["evaluation"][::2] == 1.0).all()
    assert trace["alive"].dtype == np.int64
    again.keep(64 * 20)
    assert again.read_trace()["tick"][-1] == 64 * 20
    again.append_trace({"tick": 64 * 21, "price_mean": 0.0, "extra": 3.0})
    again.merge()
    trace = RunFolder.open(folder.path).read_trace()
    assert trace["tick"].size == 21 and np.isnan(trace["extra"][:-1]).all() and trace["extra"][-1] == 3.0
    assert sorted(p.name for p in folder.path.iterdir()) == ["config.json", "trace.parquet" if duck else "trace.npz"]


def test_a_killed_merge_repeats_no_row(tmp_path: Path) -> None:
    folder = make(tmp_path)
    folder.append_sales(sales(0, 5))
    part = tmp_path / "sales.parts" / "00000000.parquet"
    leftover = part.read_bytes()
    folder.merge()
    part.parent.mkdir()
    part.write_bytes(leftover)  # as if the merge was killed before it removed the part
    folder = RunFolder.open(tmp_path)
    folder.append_sales(sales(5, 2))
    read = folder.read_sales()
    assert read is not None and read["tick"].tolist() == sales(0, 7)["tick"].tolist()
    assert read["ended"].dtype == bool


@pytest.mark.parametrize("step", ["catallax.lab._table.write_columns", "catallax.lab._table.shutil.rmtree"])
def test_a_second_kill_while_trimming_loses_no_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    folder = make(tmp_path)
    for tick in (1, 2, 3):
        folder.append_trace({"tick": tick})

    def killed(*_: Any, **__: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(step, killed)
        folder.keep(2)
    again = RunFolder.open(tmp_path)
    again.keep(2)
    assert again.read_trace()["tick"].tolist() == [1, 2]


def test_keep_before_the_first_row_empties_the_tables(tmp_path: Path) -> None:
    folder = make(tmp_path)
    folder.append_trace({"tick": 64})
    folder.append_sales(sales(0, 2))
    folder.keep(trace_tick=0, sales_tick=-1)
    assert folder.read_sales() is None
    with pytest.raises(RunFolderError, match=r"trace.parquet: no rows.*run it again"):
        folder.read_trace()


def test_npz_rows_are_read_on_when_duckdb_arrives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make(tmp_path)
    with monkeypatch.context() as patch:
        without_duckdb(patch)
        folder.append_trace({"tick": 1, "x": 1.0})
        folder.merge()
    folder.append_trace({"tick": 2, "x": 2.0})
    folder.merge()
    assert folder.read_trace()["x"].tolist() == [1.0, 2.0]
    assert not (tmp_path / "trace.npz").exists()
    without_duckdb(monkeypatch)
    with pytest.raises(RunFolderError, match=r"pip install \"catallax\[lab\]\""):
        folder.read_trace()


def test_arrays_and_checkpoints_come_back(tmp_path: Path) -> None:
    folder = make(tmp_path)
    assert folder.read_arrays("prices") is None and folder.read_checkpoint() is None
    folder.write_arrays("prices", prices=np.arange(3.0), labels=np.array(["left", "up"]))
    folder.write_checkpoint(b"state" * 100)
    read = folder.read_arrays("prices")
    assert read is not None and read["labels"].tolist() == ["left", "up"]
    assert folder.read_checkpoint() == b"state" * 100
    assert not list(tmp_path.rglob("*.tmp"))


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda b: b[:-5], "truncated, 495 of 500 bytes"),
        (lambda b: b[:30], "truncated inside its header"),
        (lambda b: b[:5], "truncated inside its header"),
        (lambda b: b"", "truncated inside its header"),
        (lambda b: b[:-1] + b"!", "checksum"),
        (lambda b: b"PK" + b, "not a catallax checkpoint"),
    ],
)
def test_damaged_checkpoints_say_so(tmp_path: Path, damage: Any, says: str) -> None:
    folder = make(tmp_path)
    folder.write_checkpoint(b"state" * 100)
    file = tmp_path / "checkpoint" / "last.ckpt"
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(RunFolderError, match=f"last.ckpt: .*{says}.*start the run anew"):
        folder.read_checkpoint()


def test_missing_and_half_written_files_say_so(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="does not exist"):
        RunFolder.open(tmp_path / "nowhere")
    with pytest.raises(RunFolderError, match=r"has no config.json; expected a folder"):
        RunFolder.open(tmp_path)
    folder = make(tmp_path / "run")
    folder.append_trace({"tick": 1})
    folder.merge()
    folder.write_arrays("wealth", wealth=np.ones(50))
    for name in ("trace.parquet", "wealth.npz", "config.json"):
        file = folder.path / name
        file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(RunFolderError, match=r"trace.parquet: half-written or damaged; delete"):
        folder.read_trace()
    with pytest.raises(RunFolderError, match=r"wealth.npz: half-written or damaged"):
        folder.read_arrays("wealth")
    with pytest.raises(RunFolderError, match=r"config.json: half-written or not JSON"):
        RunFolder.open(folder.path)
    (folder.path / "config.json").write_text(json.dumps([1]))
    with pytest.raises(RunFolderError, match="expected a JSON object, found list"):
        RunFolder.open(folder.path)


def test_an_unwritable_place_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RunFolderError, match=r"cannot write .*choose another folder"):
        make(tmp_path / "file" / "run")


def test_an_older_run_is_not_overwritten_unasked(tmp_path: Path) -> None:
    folder = make(tmp_path)
    folder.append_trace({"tick": 1})
    folder.write_checkpoint(b"x")
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(RunFolderError, match="already holds a run; go on with it"):
        make(tmp_path)
    RunFolder.create(tmp_path, {"name": "new"}, replace=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["config.json", "notes.txt"]


def test_ragged_rows_are_refused(tmp_path: Path) -> None:
    folder = make(tmp_path)
    with pytest.raises(ValueError, match="flat columns of one length, `tick` among them"):
        folder.append_sales({"tick": np.arange(3), "pays": np.arange(2)})
    with pytest.raises(ValueError, match="`tick` among them"):
        folder.append_trace({"price": 1.0})


def test_a_trace_is_read_while_a_merge_takes_its_parts_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table(tmp_path, "trace")
    for tick in range(3):
        table.append({"tick": tick, "value": tick / 2})
    monkeypatch.setattr(table, "_files", seen_too_early(table))
    assert table.read()["tick"].tolist() == [0, 1, 2]


def seen_too_early(table: Table) -> Callable[[], list[Path]]:
    """The list of files as it was before a merge, once; then as it is."""
    real, listed = table._files, []

    def files() -> list[Path]:
        if listed:
            return real()
        listed.extend(real())
        Table(table.folder, table.name).merge()
        return listed

    return files
