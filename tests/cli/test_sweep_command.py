"""`catallax sweep`, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import jax
import pytest

from catallax import lab
from catallax.cli import main

EXPERIMENT = '''
"""Count credits."""

from __future__ import annotations

from dataclasses import dataclass

from catallax.lab import Finding, Report


@dataclass(frozen=True)
class Config:
    """Settings."""

    rent: float = 0.1
    """Share."""
    taxes: tuple[float, ...] = (0.0,)
    """Shares."""
    kind: str = "good"
    """Good or not."""
    careful: bool = False
    """Whether."""
    seeds: int = 1
    """Its own."""
    key: int = 10
    """Seed."""


def run(config, context):
    if config.kind == "bad":
        raise RuntimeError("credits [lost]")
    score = config.rent + sum(config.taxes) + config.key + 100 * config.seeds + 1000 * config.careful
    nothing = float("nan") if config.kind == "nan" else 0.0
    return Report([Finding("z", "credits", "> 0", str(score), score > 0)], values={"score": score, "nothing": nothing})
'''


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with one experiment, and a wide terminal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "240")
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(jax.config.jax_compilation_cache_dir))
    seconds = jax.config.jax_persistent_cache_min_compile_time_secs
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "count.py").write_text(EXPERIMENT.lstrip())
    yield tmp_path
    jax.config.update("jax_persistent_cache_min_compile_time_secs", seconds)


def test_every_combination_is_run_and_the_numbers_are_one_table(capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "sweep",
        "count",
        "--rent",
        "-1",
        "0.5",
        "--taxes",
        "0 0.25",
        "--careful",
        "True",
        "--config.seeds=2",
        "--seeds",
        "2",
    ]
    assert main([*words, "--jobs", "0", "--no-progress"]) == 0
    assert "4 of 4 points done, 0 failed; written to runs/count-sweep" in capsys.readouterr().out
    found = lab.read_sweep("runs/count-sweep")
    assert [*found] == [
        "point",
        "rent",
        "taxes",
        "careful",
        "seeds",
        "seed",
        "score",
        "nothing",
        "reached",
        "missed",
        "seconds",
        "error",
    ]
    assert found["score"].tolist() == [1209.25, 1210.25, 1210.75, 1211.75] and found["seeds"].tolist() == [2] * 4
    assert (Path("runs/count-sweep/runs/00000003/findings.json")).is_file()


def test_failures_and_nan_are_told_and_resumed(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["sweep", "count", "--kind", "bad", "nan", "good", "--jobs", "0", "--no-progress", "--out", "here"]
    assert main(words) == 1
    said = capsys.readouterr().out
    assert (
        "failed: kind bad, seed 0: RuntimeError: credits [lost]" in said and "nothing is NaN at 1 of 2 points" in said
    )
    assert main(words) == 2
    assert "already holds a sweep" in capsys.readouterr().err
    source = place / "experiments" / "count.py"
    source.write_text(source.read_text().replace('config.kind == "bad"', "False"))
    assert main([*words, "--resume"]) == 0
    assert main([word for word in words if word != "nan"] + ["--resume"]) == 2
    assert "holds another sweep (kind = bad, nan, good there, bad, good asked for)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "needs the name of an experiment"),
        (["none"], "experiment 'none' not found; there are: count"),
        (["count"], "nothing to sweep over"),
        (["count", "0.1"], "'0.1' belongs to no field"),
        (["count", "--rnt", "1"], "no field 'rnt'; its fields: careful, key, kind, rent"),
        (["count", "--rent"], "--rent has no values"),
        (["count", "--rent", "1", "--rent", "2"], "--rent is given twice"),
        (["count", "--rent", "1", "1"], "has a value twice"),
        (["count", "--rent", "nan"], "what is not a number"),
        (["count", "--rent", "1", "--jobs", "1", "--ray", "auto"], "--ray takes the place of --jobs"),
        (["count", "--rent", "1", "--jobs", "-1"], "jobs=-1, expected at least 1"),
    ],
)
def test_unusable_arguments_are_told(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", *words]) == 2
    assert message in capsys.readouterr().err


def test_a_value_of_another_type_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ending:
        main(["sweep", "count", "--rent", "low"])
    assert ending.value.code == 2 and "Error parsing --rent" in capsys.readouterr().err
    for settings, message in (([{"rent": "low"}], "is str, expected float"), ([{"rnt": 1}], "has no field 'rnt'")):
        with pytest.raises(lab.ExperimentError, match=message):
            lab.sweep(lab.ExperimentTask("count"), settings)


def test_help_names_the_fields(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", "--help"]) == main(["sweep", "count", "--help"]) == 0
    said = capsys.readouterr().out
    assert "NAME: count" in said and "rent, taxes, kind, careful, seeds, key" in said and "--ray ADDRESS" in said
