"""Methods of several seeds beside each other: scores, pairs, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

from catallax import lab
from catallax.cli import main
from catallax.cli._compare import grouped
from catallax.lab import RunFolder, RunFolderError, statistics

TICKS = np.arange(1, 21) * 100
SCORES = {"market": (0.9, 0.8, 0.7, 0.8), "rival": (0.5, 0.6, 0.4, 0.5)}


def columns(score: float) -> dict[str, np.ndarray]:
    return {"tick": TICKS, "return_mean": np.minimum(TICKS / 1000, 1.0) * score}


def write(path: Path, score: float, key: int, **config: object) -> Path:
    settings = {"name": path.name, "key": [0, key], "env": "Chain()", "market": "DeepMarket()", "finished": True}
    RunFolder.create(path, settings | config).append_trace(columns(score))
    return path


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    for name, scores in SCORES.items():
        for key, score in enumerate(scores):
            # the rival's runs stand in another order: pairs go by key, not by name
            write(tmp_path / "runs" / name / str(key if name == "market" else 9 - key), score, key)
    return tmp_path / "runs"


def test_scores_and_tests_are_those_of_the_statistics(runs: Path) -> None:
    found = lab.compare({name: runs / name for name in SCORES})
    market, rival = found.methods
    assert market.score == statistics.interval(market.scores, statistics.interquartile_mean)
    np.testing.assert_allclose(market.scores, SCORES["market"])
    np.testing.assert_allclose(market.curves[:, -1], SCORES["market"])
    assert found.against_first(rival) == statistics.paired(np.array(SCORES["rival"]), np.array(SCORES["market"]))
    head, rows = found.rows()
    assert rows[1][head.index("beats market")] == "0%" and rows[1][head.index("p")] == "0.12"


def test_runs_read_at_other_ticks_are_compared_where_all_were(runs: Path) -> None:
    odd = {name: values[::3] for name, values in columns(0.6).items()}
    found = lab.compare({"columns": [columns(0.8), odd]})
    (method,) = found.methods
    assert method.ticks[0] == 100 and method.ticks[-1] == odd["tick"][-1]
    np.testing.assert_allclose(method.curves[1], np.interp(method.ticks, odd["tick"], odd["return_mean"]))
    assert method.keys is None


def test_the_command_writes_picture_and_table(runs: Path, tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "240")
    named = [f"{name}={','.join(map(str, sorted((runs / name).iterdir())))}" for name in SCORES]
    assert grouped([str(runs)]) == grouped(named)
    assert main(["compare", *named, "--out", str(tmp_path / "both.png")]) == 0
    assert "0.8 [0.7" in capsys.readouterr().out
    assert (tmp_path / "both.png").read_bytes().startswith(b"\x89PNG")
    assert "| rival | 4 | 0.5 [" in (tmp_path / "both.md").read_text(encoding="utf-8")


def test_options_and_paths_without_a_meaning_are_refused(runs: Path, tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(runs / "market")  # where an empty path would find runs
    (tmp_path / "found").mkdir()
    (tmp_path / "found" / "findings.json").write_text("{}")
    for words, message in (
        (["0", "1", "--tail", "0.5", "--column", "price_mean"], "--column, --tail means nothing for single runs"),
        ([str(tmp_path / "found"), "--optimum", "0"], "--optimum means nothing for findings"),
        (["market=0,1,"], "'market=0,1,' has an empty path"),
    ):
        assert main(["compare", *words]) == 2
        assert message in " ".join(capsys.readouterr().err.split())


def test_what_cannot_be_compared_is_refused(runs: Path, tmp_path: Path) -> None:
    market, one = sorted((runs / "market").iterdir()), runs / "rival" / "9"
    other = write(tmp_path / "other", 0.5, 7, env="Bandit()")
    retuned = write(tmp_path / "retuned", 0.5, 8, market="DeepMarket(rent=1)")
    for methods, error, message in (
        ({}, ValueError, "at least one method"),
        ({"market": market, "rival": one}, ValueError, r"rival has 1 run; an interval needs two or more seeds"),
        ({"market": [market[0], market[0]]}, ValueError, "one seed, counted twice"),
        ({"market": [market[0], other]}, ValueError, r"different world \(Chain\(\) and Bandit\(\)\)"),
        ({"market": [market[0], retuned]}, ValueError, "different market under the name 'market'"),
        ({"market": runs / "nowhere"}, RunFolderError, "nowhere: does not exist"),
        ({"market": runs}, RunFolderError, "neither a run folder nor a folder of run folders"),
    ):
        with pytest.raises(error, match=message):
            lab.compare(methods)
    with pytest.raises(ValueError, match="has no value of barter; columns of all runs: return_mean"):
        lab.compare({"market": market}, column="barter")


def test_findings_of_one_experiment_stand_side_by_side(tmp_path: Path, capsys) -> None:
    settings = lab.load_experiment("kelly_is_bayes").config
    for name, seeds, gain in (("a", 2, "0.1"), ("b", 3, "0.2")):
        field = next(iter(settings.__dataclass_fields__))
        report = lab.Report([lab.Finding("row", "gain", "", gain)])
        lab.save_report(report, lab.Context(tmp_path / name), "kelly", settings(**{field: seeds}), 1.0)
    head, rows = lab.compare_findings([tmp_path / "a", tmp_path / "b"])
    assert head[2:] == [str(tmp_path / "a"), str(tmp_path / "b")]
    assert rows == [["setting", field, "2", "3"], ["row", "gain", "0.1", "0.2"]]
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "b"), "--out", str(tmp_path / "c.png")]) == 0
    assert "| row | gain | 0.1 | 0.2 |" in (tmp_path / "c.md").read_text(encoding="utf-8")
    lab.save_report(report, lab.Context(tmp_path / "b"), "other", settings(), 1.0)
    with pytest.raises(RunFolderError, match="different experiments, kelly, other"):
        lab.compare_findings([tmp_path / "a", tmp_path / "b"])
