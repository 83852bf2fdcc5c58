"""Training: budgets, seeds, resume after SIGKILL, early stop, clear errors."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jax
import numpy as np
import pytest

import catallax as cx
from catallax.lab import RunFolderError

KEY = jax.random.key(0)


def market(env, **settings):
    return cx.DeepMarket(cx.agents.Tabular.society(env), cx.auctions.CreditConservingVickrey(), **settings)


def same(one, two):
    return all(
        np.array_equal(np.asarray(a), np.asarray(b))
        for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(two), strict=True)
    )


def test_the_program_of_the_readme():
    text = (Path(cx.__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    program = text.split("```python\n")[1].split("```")[0]
    exec(compile(program, "README.md", "exec"), {})


def test_a_budget_counts_all_instances_and_is_not_passed():
    env = cx.envs.Bandit()
    run = cx.train(market(env), env, ticks=10_000, instances=8, key=KEY, chunks=7)
    assert run.ticks == run.trace["tick"][-1] == 9_984  # whole rounds of 8 x 16
    assert sum(run.trace["episodes"]) == 9_984  # an arm is pulled every tick, and no chunk is counted twice
    assert run.ledger.imbalance == 0
    assert "books      imbalance 0" in run.summary()


def test_chunks_do_not_change_the_run():
    env = cx.envs.Chain()
    one, two = (cx.train(market(env), env, ticks=8_192, instances=8, key=KEY, chunks=c).state for c in (1, 5))
    assert same(one._replace(tally=()), two._replace(tally=()))


def test_seeds_are_independent_runs():
    env = cx.envs.Chain()
    run = cx.train(market(env), env, ticks=4_096, instances=8, key=KEY, seeds=3, chunks=2)
    alone = cx.train(market(env), env, ticks=4_096, instances=8, key=jax.random.split(KEY, 3)[1], chunks=2)
    assert same(run.seed(1).state.ledger, alone.state.ledger)
    assert run.ledger.imbalance == 0
    for ask in (lambda: run.policy, run.prices, run.greedy):
        with pytest.raises(ValueError, match=r"holds 3 independent markets; choose one, run\.seed\(k\)"):
            ask()
    with pytest.raises(IndexError, match="got 3, expected 0 to 2"):
        run.seed(3)
    with pytest.raises(ValueError, match="without seeds"):
        alone.seed(0)


def test_early_stop_and_trade_log():
    env = cx.envs.Chain()
    run = cx.train(
        market(env), env, ticks=20_000, instances=4, key=KEY, tracked=1, stop=lambda row: row["tick"] >= 2_000
    )
    assert 2_000 <= run.ticks < 20_000
    assert len(run.sales["tick"]) == run.ticks // 4
    won = run.sales["winner"] >= 0
    assert run.sales["reward"][won].sum() == pytest.approx(0.8 * run.sales["ended"][won].sum(), rel=1e-5)


def test_measures_become_columns_of_the_trace():
    env = cx.envs.Chain()
    seen = []

    def measure(run):
        seen.append(run.ticks)
        return {"evaluation": cx.planning.policy_value(env, run.greedy()).start_value}

    run = cx.train(market(env), env, ticks=8_192, instances=8, key=KEY, chunks=4, measure=measure)
    assert run.trace["tick"] == seen and len(seen) == 4
    assert run.trace["evaluation"][-1] == pytest.approx(cx.planning.value_iteration(env).start_value)


def test_an_interrupted_measure_costs_no_row(tmp_path):
    env, looks = cx.envs.Chain(), []

    def measure(run):
        looks.append(run.ticks)
        if len(looks) == 3:
            raise KeyboardInterrupt
        return {"evaluation": float(run.ticks)}

    call = {"ticks": 4_096, "instances": 8, "key": KEY, "chunks": 4, "folder": tmp_path / "run"}
    stopped = cx.train(market(env), env, **call, measure=measure)
    assert stopped.interrupted and stopped.ticks == stopped.trace["tick"][-1] == 2_048
    whole = cx.train(market(env), env, **call, resume=True, measure=measure)
    assert whole.trace["tick"] == whole.trace["evaluation"] == [1_024, 2_048, 3_072, 4_096]


PROGRAM = """
import sys, jax, catallax as cx
env = cx.envs.Chain()
market = cx.DeepMarket(cx.agents.Tabular.society(env), cx.auctions.CreditConservingVickrey())
cx.train(market, env, ticks=64_000_000, instances=8, key=jax.random.key(0), chunks=4_000, folder=sys.argv[1])
"""


@pytest.mark.long
def test_sigkill_then_resume_is_bit_identical(tmp_path):
    env = cx.envs.Chain()
    folder = tmp_path / "killed"
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(folder)], env={**os.environ, "JAX_PLATFORMS": "cpu"})
    try:
        deadline = time.monotonic() + 120
        while not list(folder.glob("checkpoint/*")) and process.poll() is None:
            assert time.monotonic() < deadline, "no checkpoint was written"
            time.sleep(0.05)
        assert process.poll() is None, "the run ended before it could be killed"
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    reached = int(cx.lab.RunFolder.open(folder).read_trace()["tick"][-1])
    budget = reached + 160_000
    resumed = cx.train(market(env), env, ticks=budget, instances=8, key=KEY, chunks=3, folder=folder, resume=True)
    whole = cx.train(market(env), env, ticks=budget, instances=8, key=KEY, chunks=1)
    assert resumed.ticks == whole.ticks > reached
    assert same(resumed.state._replace(tally=()), whole.state._replace(tally=()))
    ticks = cx.lab.RunFolder.open(folder).read_trace()["tick"]
    assert (np.diff(ticks) > 0).all()


def test_a_run_is_not_resumed_with_other_settings(tmp_path):
    env = cx.envs.Chain()
    cx.train(market(env), env, ticks=1_024, instances=8, key=KEY, chunks=1, folder=tmp_path / "run")
    with pytest.raises(RunFolderError, match="another key"):
        cx.train(
            market(env), env, ticks=1_024, instances=8, key=jax.random.key(1), folder=tmp_path / "run", resume=True
        )
    with pytest.raises(RunFolderError, match="another market"):
        cx.train(
            market(env, discount=0.5), env, ticks=1_024, instances=8, key=KEY, folder=tmp_path / "run", resume=True
        )
    with pytest.raises(RunFolderError, match="already holds a run"):
        cx.train(market(env), env, ticks=1_024, instances=8, key=KEY, folder=tmp_path / "run")


def test_a_function_inside_a_part_may_lie_elsewhere_when_the_run_goes_on(tmp_path):
    def train(ticks):
        # made anew, as in a new process; unlike a plain function they print their addresses
        bids, acts = jax.jit(lambda worth, obs: worth), jax.jit(lambda worth, obs: obs * 0)
        society = cx.Cohort.stack([cx.agents.Scripted(bids, acts, worth) for worth in (0.1, 0.2)])
        deep, env = cx.DeepMarket(society, cx.auctions.FirstPrice()), cx.envs.Chain()
        return cx.train(deep, env, ticks=ticks, instances=8, key=KEY, chunks=1, folder=tmp_path / "run", resume=True)

    train(1_024)
    assert train(2_048).ticks == 2_048
    assert " at 0x" not in cx.lab.RunFolder.open(tmp_path / "run").config["market"]


def test_numbers_inside_a_part_are_settings_too(tmp_path):
    env = cx.envs.Chain()

    def go_on(env, ticks=1_024, **settings):
        society = cx.agents.Tabular.society(env, **settings)
        deep = cx.DeepMarket(society, cx.auctions.CreditConservingVickrey())
        cx.train(deep, env, ticks=ticks, instances=8, key=KEY, chunks=1, folder=tmp_path / "run", resume=True)

    go_on(env, step=0.05)
    with pytest.raises(RunFolderError, match=r"another market .the same parts with other numbers"):
        go_on(env, step=0.9)
    with pytest.raises(RunFolderError, match=r"another env .the same kind of world with other numbers"):
        go_on(cx.envs.Chain(reward=0.7), step=0.05)
    assert cx.lab.RunFolder.open(tmp_path / "run").config["ticks"] == 1_024
    go_on(env, ticks=2_048, step=0.05)
    assert cx.lab.RunFolder.open(tmp_path / "run").config["ticks"] == 2_048


@pytest.mark.parametrize("process", [0, 1])
def test_a_folder_that_one_process_cannot_use_ends_all(tmp_path, monkeypatch, process):
    env, told = cx.envs.Chain(), []
    (tmp_path / "config.json").write_text("{}")

    def gather(failed):
        told.append(bool(failed))
        return np.asarray([True, failed])

    monkeypatch.setattr(jax, "process_count", lambda: 2)
    monkeypatch.setattr(jax, "process_index", lambda: process)
    monkeypatch.setattr("catallax.lab._together.process_allgather", gather)
    with pytest.raises(RunFolderError, match=["already holds a run", "process 0 could not use it"][process]):
        cx.train(market(env), env, ticks=1_024, instances=8, key=KEY, folder=tmp_path)
    assert told == [process == 0]


def test_budgets_that_make_no_round_are_named():
    env = cx.envs.Chain()
    with pytest.raises(ValueError, match="less than one round"):
        cx.train(market(env), env, ticks=100, instances=64, key=KEY)
    for name, value in {"instances": 0, "chunks": 0, "seeds": 0, "tracked": -1}.items():
        with pytest.raises(ValueError, match=f"train: {name}={value}, expected"):
            cx.train(market(env), env, **{"ticks": 10_000, "instances": 4, "key": KEY, name: value})
    with pytest.raises(ValueError, match="tracked=5, expected 0 to instances=4"):
        cx.train(market(env), env, ticks=10_000, instances=4, key=KEY, tracked=5)
    with pytest.raises(ValueError, match="sales are logged for one seed at a time"):
        cx.train(market(env), env, ticks=10_000, instances=4, key=KEY, seeds=2, tracked=1)
    with pytest.raises(RunFolderError, match="resume=True needs the folder"):
        cx.train(market(env), env, ticks=10_000, instances=4, key=KEY, resume=True)


def test_the_host_looks_in_as_often_as_asked_or_less():
    env = cx.envs.Chain()
    run = cx.train(market(env, round_ticks=4), env, ticks=19 * 8 * 4, instances=8, key=KEY, chunks=10)
    assert np.diff([0, *run.trace["tick"]]).tolist() == [2 * 8 * 4] * 9 + [8 * 4]


@pytest.fixture
def heeded():
    """Ctrl-C raises, also where the tests run in the background of a shell, whose children ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeded")
def test_ctrl_c_while_a_chunk_is_stored_waits_until_it_is(tmp_path, monkeypatch):
    env, save = cx.envs.Chain(), cx.lab._recorder.Recorder.save
    calls = {"ticks": 4_096, "instances": 8, "key": KEY, "chunks": 8, "folder": tmp_path / "run", "tracked": 1}

    def struck(recorder, run, row, sales, ticks):
        if len(run.trace["tick"]) == 3:
            signal.raise_signal(signal.SIGINT)
        save(recorder, run, row, sales, ticks)

    monkeypatch.setattr(cx.lab._recorder.Recorder, "save", struck)
    run = cx.train(market(env), env, **calls)
    monkeypatch.undo()
    assert run.interrupted and run.trace["tick"] == [512, 1_024, 1_536]
    again = cx.train(market(env), env, resume=True, **calls)
    assert again.folder.read_trace()["tick"].tolist() == list(range(512, 4_097, 512))
    assert again.sales["tick"].tolist() == list(range(512))


def test_what_was_done_before_a_failure_is_kept(tmp_path):
    env = cx.envs.Chain()
    calls = {"ticks": 4_096, "instances": 8, "key": KEY, "chunks": 8, "folder": tmp_path / "run"}

    def fails(row):
        if row["tick"] > 1_000:
            raise ZeroDivisionError("of the user's own")

    with pytest.raises(ZeroDivisionError):
        cx.train(market(env), env, stop=fails, **calls)
    assert cx.lab.RunFolder.open(tmp_path / "run").read_trace()["tick"].tolist() == [512, 1_024]
    again = cx.train(market(env), env, resume=True, **calls)
    assert same(again.state, cx.train(market(env), env, **{**calls, "folder": None}).state)


def test_rows_without_a_checkpoint_are_forgotten(tmp_path):
    env = cx.envs.Chain()
    calls = {"ticks": 4_096, "instances": 8, "key": KEY, "folder": tmp_path / "run"}
    first = cx.train(market(env), env, chunks=8, **calls)
    for file in (tmp_path / "run" / "checkpoint").iterdir():
        file.unlink()
    again = cx.train(market(env), env, chunks=4, resume=True, **calls)
    assert again.folder.read_trace()["tick"].tolist() == [1_024, 2_048, 3_072, 4_096]
    assert same(first.state._replace(tally=()), again.state._replace(tally=()))


@pytest.mark.long
def test_a_folder_closes_whatever_the_world_can_tell_of_its_optimum(tmp_path):
    # a wrapper has tables if its world has; without an end in reach no values settle
    hosted = cx.envs.Scaled(cx.adapters.FromGymnasium("FrozenLake-v1", map_name="4x4"), 2.0)
    ring = cx.envs.MDP(
        successor=np.array([[[1]], [[0]]]), probability=np.ones((2, 1, 1)), reward=np.ones((2, 1, 1)),
        terminal=np.zeros((2, 1, 1), bool), start=np.array([1.0, 0.0]), discount=1.0, observation=np.arange(2),
    )  # fmt: skip
    endless = cx.envs.TabularEnv.of("ring", ring, max_steps=10)
    for name, env in {"hosted": hosted, "endless": endless}.items():
        run = cx.train(market(env), env, ticks=64 * 4, instances=4, key=KEY, chunks=1, folder=tmp_path / name)
        assert run.folder.config["finished"] and "optimum" not in run.folder.read_arrays("prices")
    with pytest.raises(TypeError, match=r"FromGymnasium has no mdp\(\)"):
        cx.planning.value_iteration(hosted)
