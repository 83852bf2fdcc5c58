"""The command line, in this process: what it prints, what it writes, how it ends."""

from __future__ import annotations

import json

import jax
import pytest

import catallax as cx
from catallax.cli import main

EXPERIMENT = '''
"""Trade once and tell what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from catallax.lab import Finding, Report


@dataclass(frozen=True)
class Config:
    """Settings."""

    wanted: float = 1.0
    """Credits that were hoped for."""


def run(config, context):
    """Measure."""
    (context.folder / "ran").touch()
    return Report([Finding("z", "credits, axes [instances]", f">= {config.wanted}", "1.0 [/]", config.wanted <= 1.0)])
'''

TRAINS = '''
"""Train twice."""

from dataclasses import dataclass

import jax

import catallax as cx
from catallax.lab import Report

RESUMES = True


@dataclass(frozen=True)
class Config:
    """Settings."""

    stops: bool = True
    """Whether Ctrl-C comes in the middle of the first run."""


def run(config, context):
    """Train."""
    env = cx.envs.Multiplexer()
    agents = cx.Cohort.stack([cx.agents.Constant(0.25, 0), cx.agents.Constant(0.5, 1)])
    market = cx.DeepMarket(agents, cx.auctions.FirstPrice())

    def stop(row):
        if config.stops:
            raise KeyboardInterrupt
        return False

    call = {"ticks": 128, "instances": 4, "key": jax.random.key(0), "chunks": 2}
    first = cx.train(market, env, **call, folder=context.folder / "first", resume=context.resume, stop=stop)
    assert first.ticks == 128
    return Report([])
'''

PARTS = """
from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp

import catallax as cx
from catallax.core import AbstractLevy


class Tithe(AbstractLevy):
    rate: float = eqx.field(default=0.1)
    places: int = eqx.field(static=True, default=1)

    def collect(self, key, wealth, tick):
        return wealth * self.rate


class Greedy(AbstractLevy):
    def collect(self, key, wealth, tick):
        return wealth + 1.0


class Broken(AbstractLevy):
    def collect(self, key, wealth, tick):
        return wealth + "one"


rent = cx.levies.Rent(0.5)
agent = cx.agents.Constant(1.0, 0)
number = 3
"""


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """An empty folder to work in, a wide terminal, and JAX's own settings kept."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "240")
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(jax.config.jax_compilation_cache_dir))
    seconds = jax.config.jax_persistent_cache_min_compile_time_secs
    yield tmp_path
    jax.config.update("jax_persistent_cache_min_compile_time_secs", seconds)


@pytest.fixture
def experiment(place):
    folder = place / "experiments"
    folder.mkdir()
    (folder / "trade.py").write_text(EXPERIMENT.lstrip(), encoding="utf-8")
    (folder / "_shared.py").write_text("raise RuntimeError", encoding="utf-8")


@pytest.fixture
def parts(place):
    (place / "parts [mine].py").write_text(PARTS, encoding="utf-8")
    return "parts [mine].py"


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two run folders."""
    place, env = tmp_path_factory.mktemp("runs"), cx.envs.Multiplexer()
    agents = cx.Cohort.stack([cx.agents.Constant(0.25, 0), cx.agents.Constant(0.5, 1)])
    market = cx.DeepMarket(agents, cx.auctions.FirstPrice())
    for seed in range(2):
        folder = place / f"run [{seed}]"
        cx.train(market, env, ticks=128, instances=4, key=jax.random.key(seed), chunks=2, folder=folder)
    return sorted(place.iterdir())


def test_without_arguments_it_explains_itself(capsys):
    assert main([]) == main(["--help"]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in ("list", "run", "report", "compare", "results", "check"))


def test_its_version_is_the_packages(capsys):
    assert main(["--version"]) == 0
    name, version = capsys.readouterr().out.split()
    assert name == "catallax" and version[0].isdigit()


@pytest.mark.parametrize("command", ["list", "report", "compare", "results", "check"])
def test_every_command_has_help(command, capsys):
    with pytest.raises(SystemExit) as ending:
        main([command, "--help"])
    assert ending.value.code == 0
    assert f"usage: catallax {command}" in capsys.readouterr().out


def test_help_of_run_names_the_experiments_and_their_fields(experiment, capsys):
    assert main(["run", "--help"]) == 0
    assert "trade" in capsys.readouterr().out
    with pytest.raises(SystemExit) as ending:
        main(["run", "trade", "--help"])
    assert ending.value.code == 0
    said = capsys.readouterr().out
    assert "--wanted" in said and "Credits that were hoped for" in said and "--out" in said


def test_list_shows_the_first_line_of_each_experiment(experiment, capsys):
    assert main(["list"]) == 0
    said = capsys.readouterr().out
    rows = [" ".join(line.split()) for line in said.splitlines()]
    assert rows[:2] == ["experiment what it shows", "trade Trade once and tell what came of it."]
    assert "_shared" not in said


def test_run_writes_findings_and_prints_them_as_they_are(experiment, place, capsys):
    assert main(["run", "trade", "--no-progress"]) == 0
    said = capsys.readouterr().out
    assert "credits, axes [instances]" in said and "1.0 [/]" in said and "reached" in said
    content = json.loads((place / "runs" / "trade" / "findings.json").read_text(encoding="utf-8"))
    assert content["config"] == {"wanted": 1.0}
    assert content["findings"][0]["reached"] is True


def test_a_missed_requirement_ends_with_1(experiment, place, capsys):
    assert main(["run", "trade", "--wanted", "2", "--out", "elsewhere"]) == 1
    assert "missed" in capsys.readouterr().out
    assert json.loads((place / "elsewhere" / "findings.json").read_text(encoding="utf-8"))["config"] == {"wanted": 2.0}


def test_ctrl_c_ends_the_experiment_without_findings_and_it_can_go_on(experiment, place, capsys):
    (place / "experiments" / "twice.py").write_text(TRAINS, encoding="utf-8")
    assert main(["run", "twice", "--no-progress"]) == 130
    assert "go on with: catallax run twice --no-progress --resume" in capsys.readouterr().err
    assert not (place / "runs" / "twice" / "findings.json").exists()
    assert cx.lab.RunFolder.open(place / "runs" / "twice" / "first").read_trace()["tick"].tolist() == [64]
    assert main(["run", "twice", "--no-progress", "--resume", "--no-stops"]) == 0
    assert (place / "runs" / "twice" / "findings.json").is_file()


def test_ctrl_c_without_checkpoints_says_to_start_again(experiment, place, capsys):
    file = place / "experiments" / "trade.py"
    file.write_text(EXPERIMENT.lstrip().replace("(context", "raise KeyboardInterrupt; (context"), encoding="utf-8")
    assert main(["run", "trade"]) == 130
    assert "start it again: catallax run trade" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "trade", "--resume"], "catallax run trade: this experiment cannot resume"),
        (["trade"], "unknown command 'trade'; expected one of list, run"),
        (["run"], "catallax run needs a name; there are: trade"),
        (["run", "--out", "x"], "catallax run needs a name"),
        (["run", "barter"], "experiment 'barter' not found; there are: trade"),
        (["run", "empty"], "expected a frozen dataclass `Config` and a function `run(config, context)`"),
        (["check", "parts.py"], "expected FILE.py:NAME, got 'parts.py'"),
        (["check", "nowhere.py:rent"], "nowhere.py is not a Python file"),
    ],
)
def test_unusable_arguments_end_with_2_and_one_line(experiment, place, capsys, words, message):
    if "empty" in words:
        (place / "experiments" / "empty.py").write_text("", encoding="utf-8")
    assert main(words) == 2
    said = capsys.readouterr().err
    assert message in said and said.startswith("catallax: ") and said.count("\n") == 1


@pytest.mark.parametrize("words", [["--barter", "1"], ["--wanted", "much"]])
def test_an_unknown_field_or_value_ends_with_2(experiment, place, capsys, words):
    with pytest.raises(SystemExit) as ending:
        main(["run", "trade", *words])
    assert ending.value.code == 2
    assert words[0] in capsys.readouterr().err
    assert not (place / "runs").exists()


def test_a_folder_that_cannot_be_written_is_named_before_anything_runs(experiment, place, capsys):
    (place / "file").write_text("", encoding="utf-8")
    assert main(["run", "trade", "--out", "file/folder"]) == 2
    assert "file/folder" in capsys.readouterr().err
    (place / "experiments" / "trade.py").write_text(
        EXPERIMENT.lstrip().replace("(context", "raise RuntimeError; (context")
    )
    assert main(["run", "trade", "--out", "file/folder"]) == 2
    assert "RuntimeError" not in capsys.readouterr().err  # the experiment's own error


@pytest.mark.parametrize("error", ["RuntimeError", "ValueError"])
def test_a_crash_ends_with_2_and_is_no_missed_requirement(experiment, place, capsys, error):
    file = place / "experiments" / "trade.py"
    file.write_text(EXPERIMENT.lstrip().replace("(context", f"raise {error}('lost'); (context"), encoding="utf-8")
    assert main(["run", "trade"]) == 2
    said = capsys.readouterr().err
    assert "lost" in said and ("Traceback" in said) == (error == "RuntimeError")
    assert not (place / "runs" / "trade" / "findings.json").exists()


def test_compare_puts_runs_in_a_table_and_a_picture(runs, place, capsys):
    assert main(["compare", *map(str, runs), "--out", "both.png"]) == 0
    said = capsys.readouterr().out
    assert all(run.name in said for run in runs) and "wealth_gini" in said
    assert said.splitlines()[-1] == "both.png"
    assert (place / "both.png").read_bytes().startswith(b"\x89PNG")


def test_report_prints_where_it_is_in_one_line(runs, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    assert main(["report", str(runs[0])]) == 0
    assert capsys.readouterr().out == f"{runs[0] / 'report.html'}\n"
    assert (runs[0] / "report.html").is_file()


@pytest.mark.parametrize("command", ["report", "compare", "results"])
def test_a_folder_that_is_no_run_is_named(command, place, capsys):
    (place / "empty").mkdir()
    assert main([command, "empty"]) == 2
    said = capsys.readouterr().err
    assert "empty" in said and said.count("\n") == 1


def test_results_are_one_page_of_what_was_found(experiment, place, capsys):
    for wanted in ("1", "2"):
        main(["run", "trade", "--wanted", wanted, "--out", wanted])
        assert main(["results", wanted, "--out", "page.md"]) == 0
        page = (place / "page.md").read_text(encoding="utf-8")
        assert page.count("## trade") == 1 and f"wanted = {wanted}.0" in page and "`catallax run trade`" in page
        assert page.count("| reached |") == (wanted == "1") and page.count("| **missed** |") == (wanted == "2")


def test_results_show_figures_and_where_they_were_measured(place):
    import matplotlib.pyplot as plt

    found, figure = cx.lab.Report([], {"a lake": plt.figure()}), (place / "_static" / "trade-a lake.png")
    plt.close()
    settings = cx.lab.Finding("z", "any dataclass", "", "")
    cx.lab.save_report(found, cx.lab.Context(place / "run"), "trade", settings, 1.0)
    file = place / "run" / "findings.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    origin = content["origin"]
    assert origin["jax"] == jax.__version__ and origin["cores"] >= 1 and origin["device"] == "cpu"
    file.write_text(json.dumps({**content, "origin": {**origin, "git": "abc+changes"}}), encoding="utf-8")
    assert main(["results", "run", "--out", "page.md"]) == 0
    page = (place / "page.md").read_text(encoding="utf-8")
    assert "![a lake](<_static/trade-a lake.png>)" in page and figure.read_bytes().startswith(b"\x89PNG")
    assert f"Took 1 s on {origin['cores']} CPU cores, device cpu, JAX {jax.__version__}, revision abc+changes." in page


def test_results_that_cannot_be_shown_name_folder_and_fix(place, capsys):
    assert main(["results", "nowhere"]) == 2
    said = capsys.readouterr().err
    assert (
        "run folder nowhere: holds no findings.json; let an experiment write it (catallax run NAME --out nowhere)"
        in said
    )
    (place / "run").mkdir()
    file = place / "run" / "findings.json"
    for text, message in {
        "{": "half-written or not JSON",
        '{"experiment": "trade", "figures": ["lake"]}': "run folder run: figure lake.png is missing",
    }.items():
        file.write_text(text, encoding="utf-8")
        assert main(["results", "run"]) == 2
        assert message in capsys.readouterr().err
    (place / "run" / "lake.png").touch()
    assert main(["results", "run", "run"]) == 2
    assert "would overwrite each other" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["rent", "Tithe"])
def test_a_good_part_passes(parts, capsys, name):
    assert main(["check", f"{parts}:{name}"]) == 0
    assert capsys.readouterr().out == f"{parts}:{name} keeps the contract of its part\n"


def test_a_bad_part_is_told_which_clause_it_breaks(parts, capsys):
    assert main(["check", f"{parts}:Greedy"]) == 1
    said = capsys.readouterr().err
    assert "Greedy: dues" in said and "exceed the wealth" in said


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("agent", "an agent needs an observation; call check_agent(agent, obs)"),
        ("number", "no checker for int; expected an auction, environment or levy"),
        ("nothing", "has no 'nothing'; it has"),
    ],
)
def test_what_cannot_be_checked_is_said(parts, capsys, name, message):
    assert main(["check", f"{parts}:{name}"]) == 2
    assert message in capsys.readouterr().err


def test_an_error_inside_a_part_keeps_its_traceback(parts, capsys):
    assert main(["check", f"{parts}:Broken"]) == 2
    said = capsys.readouterr().err
    assert "Traceback" in said and "in collect" in said
