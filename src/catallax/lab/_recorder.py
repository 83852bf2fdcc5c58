"""What a training run leaves in its folder, chunk by chunk, and how it goes on from there."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax
import numpy as np

from catallax.core import AbstractEnv, Discrete
from catallax.lab._agreement import description, must_agree
from catallax.lab._folder import Columns, RunFolder, RunFolderError
from catallax.lab._together import all_or_none
from catallax.markets import DeepMarket, MarketState, SaleRecord

if TYPE_CHECKING:
    from catallax.lab._run import Run

_SECONDS_BETWEEN_WRITINGS = 1.0
"""A killed run loses its last chunk, or a second's worth of short ones."""


class Recorder:
    """Writes trace, sales and checkpoint as a run goes on; without a folder it keeps the sales only.

    Of several processes only the first writes.
    """

    def __init__(self, folder: RunFolder | None, resume: bool) -> None:
        self.folder = folder
        self._resume = resume
        self._writes = folder is not None and jax.process_index() == 0
        self._rows: list[dict[str, Any]] = []
        self._sales: list[Columns] = []
        self._written = time.monotonic()

    def restore(self, state: MarketState) -> tuple[MarketState, dict[str, list[float | int]], float]:
        """State, trace and seconds spent to go on from; those given when there is nothing to resume."""
        # the writer trims its tables while the others wait, then they read
        first = jax.process_index() == 0
        restored = all_or_none(lambda: self._restore(state) if first else None)
        return all_or_none(lambda: restored or self._restore(state))

    def _restore(self, state: MarketState) -> tuple[MarketState, dict[str, list[float | int]], float]:
        content = self.folder.read_checkpoint() if self.folder is not None and self._resume else None
        if content is None or self.folder is None:
            if self.folder is not None and self._writes:
                self.folder.keep(-1, -1)  # nothing vouches for what a run wrote that was killed early
            return state, {}, 0.0
        try:
            state = eqx.tree_deserialise_leaves(io.BytesIO(content), state)
        except (RuntimeError, ValueError, EOFError) as error:
            raise RunFolderError(
                f"run folder {self.folder.path}: the checkpoint does not fit this market ({error}); resume with the "
                "settings it was started with."
            ) from error
        if self._writes:
            self.folder.keep(int(state.tick) * state.owner.shape[0], int(state.tick) - 1)
        trace = {name: values.tolist() for name, values in self.folder.read_trace().items()}
        return state, trace, trace["seconds"][-1]

    def save(self, run: Run, row: dict[str, Any], sales: SaleRecord, ticks: int) -> None:
        """Keep what the last chunk brought; put it on disk if the last writing was a while ago."""
        self._rows.append(row)
        if sales.winner.shape[-1]:
            self._sales.append(_sale_columns(run, sales, ticks))
        if self.folder is not None and self._writes and time.monotonic() - self._written > _SECONDS_BETWEEN_WRITINGS:
            self._write(self.folder, run)

    def _write(self, folder: RunFolder, run: Run) -> None:
        """Tables first, then the checkpoint that vouches for them."""
        if self._rows:
            folder.append_trace({name: [row[name] for row in self._rows] for name in self._rows[0]})
        if self._sales:
            folder.append_sales(_joined(self._sales))
        buffer = io.BytesIO()
        eqx.tree_serialise_leaves(buffer, run.state)
        folder.write_checkpoint(buffer.getvalue())
        self._rows, self._sales, self._written = [], [], time.monotonic()

    def rescue(self, run: Run) -> None:
        """Put on disk what the chunks before a failure brought."""
        if self.folder is not None and self._writes and self._rows:
            self._write(self.folder, run)

    def close(self, run: Run) -> None:
        """Write the arrays that pictures need and mark the run as finished."""
        if self.folder is None or not self._writes:
            run.sales = _joined(self._sales) if self._sales else {}
            return
        if self._rows:
            self._write(self.folder, run)
        self.folder.merge()
        run.sales = self.folder.read_sales() or {}
        self.folder.write_arrays("wealth", **wealth_arrays(run))
        if isinstance(run.env.observation_space, Discrete):
            self.folder.write_arrays("prices", **price_arrays(run))
        self.folder.update(
            finished=not run.interrupted,
            compile_seconds=run.compile_seconds,
            seconds=run.seconds,
            summary=run.summary(),
        )


def open_recorder(
    path: str | Path | None,
    market: DeepMarket,
    env: AbstractEnv,
    key: Any,
    settings: dict[str, Any],
    *,
    resume: bool,
    replace: bool,
) -> Recorder:
    """Prepare the folder, or find the one to go on with.

    Raises:
        RunFolderError: if it cannot be written, or holds another run.
    """
    if path is None:
        if resume:
            raise RunFolderError("train: resume=True needs the folder of the run to go on with.")
        return Recorder(None, False)
    place, first = Path(path), jax.process_index() == 0
    config = {
        "name": place.name,
        **settings,
        **description(market, env, key),
        "device": str(jax.devices()[0].device_kind),
    }

    def prepare() -> Recorder:
        if not (resume and (place / "config.json").is_file()):
            return Recorder(RunFolder.create(place, config, replace=replace) if first else None, False)
        folder = RunFolder.open(place)
        must_agree(folder, config)
        if first:
            folder.update(**settings, finished=False)
        return Recorder(folder, True)

    return all_or_none(prepare)


def wealth_arrays(run: Run) -> Columns:
    """Final wealth (credits), alive, wins and age (ticks) per agent."""
    state = run.state
    return {
        "wealth": np.asarray(state.ledger.wealth, np.float64),
        "alive": np.concatenate([np.asarray(c.alive) for c in state.cohorts]),
        "wins": np.asarray(state.lives.wins),
        "age": np.asarray(state.tick - state.lives.born),
    }


def price_arrays(run: Run) -> Columns:
    """Price and greedy action per observation, and the map of worlds that have one."""
    arrays: Columns = {"prices": run.prices(), "actions": run.greedy()}
    grid = getattr(run.env, "picture", None)
    if grid is not None:
        arrays |= {
            "rows": np.asarray(grid.rows),
            "cols": np.asarray(grid.columns),
            "cells": np.asarray(grid.cells),
            "walls": np.asarray(grid.walls, int).reshape(-1, 2),
            "holes": np.asarray(grid.holes, int).reshape(-1, 2),
            "goal": np.asarray(grid.goals),
            "start": np.asarray(grid.starts, int).reshape(-1, 2),
            "moves": np.asarray(grid.moves),
        }
    optimum = _optimum(run.env)
    if optimum is not None and optimum.shape == arrays["prices"].shape:
        arrays["optimum"] = optimum
    return arrays


def _optimum(env: AbstractEnv) -> np.ndarray | None:
    """The optimal values, where the world has tables and its values settle."""
    from catallax.envs import planning

    try:
        return planning.value_iteration(env).values
    except (TypeError, ArithmeticError):
        return None


def _sale_columns(run: Run, sales: SaleRecord, ticks: int) -> Columns:
    first = int(np.max(np.asarray(run.state.tick))) - ticks
    tracked = sales.winner.shape[-1]

    def flat(x: Any) -> np.ndarray:
        return np.asarray(x)[:ticks].reshape(ticks * tracked, -1)[:, 0]

    discrete = isinstance(run.env.observation_space, Discrete)
    return {
        "tick": np.repeat(np.arange(first, first + ticks), tracked),
        "instance": np.tile(np.arange(tracked), ticks),
        "obs": flat(sales.obs) if discrete else np.full(ticks * tracked, -1),
        "seller": flat(sales.seller),
        "winner": flat(sales.winner),
        "action": flat(jax.tree.leaves(sales.action)[0]),
        "pays": flat(sales.pays),
        "receives": flat(sales.receives),
        "reward": flat(sales.reward),
        "ended": flat(sales.ended),
    }


def _joined(parts: list[Columns]) -> Columns:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
