"""Train a market on an environment, from one call to a finished run."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jaxtyping import Array, Key

from catallax.core import AbstractEnv
from catallax.lab import _loop as loop
from catallax.lab._folder import RunFolder
from catallax.lab._interrupt import pass_on, unbroken
from catallax.lab._metrics import read
from catallax.lab._progress import Progress
from catallax.lab._recorder import Recorder, open_recorder
from catallax.lab._run import Run
from catallax.lab._together import all_or_none
from catallax.markets import DeepMarket, MarketState, gather, raise_fault, shard


def train(
    market: DeepMarket,
    env: AbstractEnv,
    *,
    ticks: int,
    instances: int = 64,
    key: Key[Array, ""],
    seeds: int | None = None,
    mesh: Mesh | None = None,
    folder: str | Path | None = None,
    resume: bool = False,
    replace: bool = False,
    chunks: int = 100,
    tracked: int = 0,
    progress: bool = False,
    stop: Callable[[dict[str, Any]], bool] | None = None,
    measure: Callable[[Run], dict[str, float]] | None = None,
    settings: dict[str, Any] | None = None,
) -> Run:
    """Run the market until `ticks` ticks were spent, over all instances together.

    Args:
        market: what to train.
        env: its world.
        ticks: budget; rounded down to whole rounds.
        instances: parallel copies of the world that share the population.
        key: of the whole run; the same key gives the same run, on any number of devices.
        seeds: train so many independent markets at once (`vmap`), each with its own budget.
        mesh: spread agents and instances over devices (`cx.markets.make_mesh`), of all processes if there
            are several: each calls `train` with the same arguments and gets the whole state and trace, the
            first one writes the folder (all read it to resume), and `stop` must not look at the clock.
        folder: write config, trace, sales and checkpoints there.
        resume: go on from the folder's last checkpoint, bit for bit.
        replace: throw an older run in that folder away.
        chunks: how often the host looks in: trace rows, checkpoints, early stop.
        tracked: of how many instances every sale is logged.
        progress: show a live line on the terminal.
        stop: called with each trace row; True ends the run early.
        measure: called with the run so far whenever the host looks in; what it returns becomes columns of
            the trace. The report draws a column `evaluation`, discounted return in credits.
        settings: written into the folder's config.

    Returns:
        The run; after Ctrl-C or an early stop, what was reached until then (but see `interrupts_raise`).

    Raises:
        ValueError: if an argument is out of its range or the parts do not fit together.
        MarketError: if agents, environment or consumers produce what a market cannot use.
    """
    _check(market.round_ticks, ticks, instances, seeds, chunks, tracked)
    if seeds is not None and (mesh is not None or folder is not None):
        raise ValueError("train: seeds cannot be combined with mesh or folder; train one seed at a time there.")
    if seeds is not None and tracked:
        raise ValueError(f"train: seeds={seeds} and tracked={tracked}: sales are logged for one seed at a time.")
    rounds = ticks // (instances * market.round_ticks)
    chunk = loop.Chunk(rounds=-(-rounds // chunks), tracked=tracked)
    keys = key if seeds is None else jax.random.split(key, seeds)
    given = {"ticks": ticks, "instances": instances, **(settings or {})}
    recorder = open_recorder(folder, market, env, key, given, resume=resume, replace=replace)
    state = loop.start(market, env, instances, keys, seeds is not None)
    state, trace, spent = recorder.restore(state)
    if mesh is not None:
        state = shard(mesh, state)
    with nullcontext() if mesh is None else jax.set_mesh(mesh), Progress(rounds, progress) as bar:
        run = _compile(market, env, state, trace, recorder.folder, keys, chunk, seeds is not None, spent)
        try:
            _drive(run, keys, rounds, chunk, seeds is not None, recorder, bar, stop, measure)
        except BaseException:
            recorder.rescue(run)
            raise
    all_or_none(lambda: recorder.close(run))
    pass_on(run.interrupted)
    return run


def _check(round_ticks: int, ticks: int, instances: int, seeds: int | None, chunks: int, tracked: int) -> None:
    least = {"instances": instances, "chunks": chunks, "seeds": 1 if seeds is None else seeds}
    for name, value in least.items():
        if value < 1:
            raise ValueError(f"train: {name}={value}, expected at least 1.")
    if not 0 <= tracked <= instances:
        raise ValueError(f"train: tracked={tracked}, expected 0 to instances={instances}; it says how many are logged.")
    if ticks < instances * round_ticks:
        raise ValueError(
            f"train: ticks={ticks} is less than one round of instances x round_ticks = {instances} x "
            f"{round_ticks}; raise ticks or lower instances."
        )


def _compile(
    market: DeepMarket,
    env: AbstractEnv,
    state: MarketState,
    trace: dict[str, list[float | int]],
    folder: RunFolder | None,
    keys: Any,
    chunk: loop.Chunk,
    seeds: bool,
    spent: float,
) -> Run:
    began = time.perf_counter()
    # no rounds at all: compiles the very program that the chunks will run
    state, _ = loop.advance(market, env, state, keys, jnp.asarray(0), chunk, seeds)
    jax.block_until_ready(state.tick)
    return Run(market, env, state, trace, folder, compile_seconds=time.perf_counter() - began, seconds=spent)


def _drive(
    run: Run,
    keys: Any,
    rounds: int,
    chunk: loop.Chunk,
    seeds: bool,
    recorder: Recorder,
    progress: Progress,
    stop: Callable[[dict[str, Any]], bool] | None,
    measure: Callable[[Run], dict[str, float]] | None,
) -> None:
    state = run.state
    # the run keeps what this process can read; the loop goes on with the state spread over all of them
    run.state = gather(state)
    done = int(np.max(np.asarray(run.state.rounds)))
    instances = run.state.owner.shape[-1]
    progress.update(done, {})
    try:
        while done < rounds:
            began = time.perf_counter()
            now = min(chunk.rounds, rounds - done)
            state, sales = loop.advance(run.market, run.env, state, keys, jnp.asarray(now), chunk, seeds)
            seen, sales = gather((state, sales))
            row = _look(run, seen, instances)
            elapsed = time.perf_counter() - began
            done += now
            ticks = now * run.market.round_ticks
            if measure is not None:
                # a copy: stopped in here, the run must not be ahead of its trace
                row |= measure(dataclasses.replace(run, state=seen))
            with unbroken():
                row = run.record(seen, row, elapsed, ticks * instances)
                all_or_none(partial(recorder.save, run, row, sales, ticks))
            progress.update(done, row)
            if stop is not None and stop(row):
                break
    except KeyboardInterrupt:
        run.interrupted = True


def _look(run: Run, state: MarketState, instances: int) -> dict[str, Any]:
    row = read(state, instances)
    raise_fault(state, type(run.env).__name__)
    return row
