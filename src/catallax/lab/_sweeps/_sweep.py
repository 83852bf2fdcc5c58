"""A sweep, from one call to one table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from catallax.lab._columns import Columns
from catallax.lab._interrupt import unbroken
from catallax.lab._sweeps._executor import AbstractExecutor, Here
from catallax.lab._sweeps._folder import Beat, SweepFolder, locked, table
from catallax.lab._sweeps._line import Line
from catallax.lab._sweeps._points import Batch, Outcome, Point, points
from catallax.lab._sweeps._task import AbstractTask, Attempt


def sweep(
    task: AbstractTask,
    settings: Sequence[Mapping[str, Any]],
    *,
    seeds: int = 1,
    executor: AbstractExecutor | None = None,
    folder: str | Path | None = None,
    resume: bool = False,
    replace: bool = False,
    progress: bool = False,
) -> Columns:
    """Measure the same thing at many points.

    Args:
        task: what is measured: `MarketTask`, `ExperimentTask`, `FunctionTask`, or one of your own.
        settings: where, such as `grid(rent=[0.0, 0.1])`.
        seeds: how often each setting is repeated, with seeds 0, 1, …
        executor: who computes: `Here()` (by default), `Processes(jobs)`, `RayCluster(address)`.
        folder: keep every point there as soon as it is done (`read_sweep`, `catallax watch`).
        resume: go on in that folder: points that are missing there or failed.
        replace: throw an older sweep in that folder away.
        progress: show a live line.

    Returns:
        A table, one array per column: `point`, the fields, `seed`, what was measured, `seconds`, and `error`
        ("" where all went well; what a failed point should have measured is NaN).

    Raises:
        ValueError: if the settings cannot be swept over.
        RunFolderError: if the folder cannot be written, holds another sweep, or another process is at it.
        RayError: if `RayCluster` finds no cluster.
    """
    todo = points(settings, seeds)
    ready, batches = task.plan(todo)
    if folder is None and resume:
        raise ValueError("sweep: resume=True needs the folder of the sweep to go on with.")
    held = nullcontext((None, None)) if folder is None else _held(Path(folder), task, todo, resume, replace)
    with held as (place, beat):
        found = place.outcomes() if place is not None else {}
        good = {index for index, outcome in found.items() if not outcome.error}
        found = {index: found[index] for index in good}
        missing = [batch for batch in batches if any(point.index not in good for point in batch)]
        with Line(len(todo), found, progress) as line:
            try:
                _compute(ready, missing, executor or Here(), place, beat, found, line)
            finally:
                if place is not None:
                    with unbroken():
                        place.write_table()
    return table(todo, found)


@contextmanager
def _held(
    folder: Path, task: AbstractTask, todo: list[Point], resume: bool, replace: bool
) -> Iterator[tuple[SweepFolder, Beat]]:
    """The folder, with signs of life; nothing is touched in it while another process is at it."""
    with locked(folder):
        if resume and (folder / "sweep.json").is_file():
            place = SweepFolder.open(folder)
            place.must_agree(task.description(), todo)
        else:
            place = SweepFolder.create(folder, task.description(), todo, replace=replace)
        with place.beating() as beat:
            yield place, beat


def _compute(
    task: AbstractTask,
    batches: list[Batch],
    executor: AbstractExecutor,
    place: SweepFolder | None,
    beat: Beat | None,
    found: dict[int, Outcome],
    line: Line,
) -> None:
    work = Attempt(task, None if place is None else (place.path / "runs").resolve())
    with closing(executor.run(work, batches, beat.started if beat else lambda batch: None)) as coming:
        for batch, outcomes in coming:
            with unbroken():
                if place is not None:
                    place.write(batch, outcomes)
                found |= {point.index: one for point, one in zip(batch, outcomes, strict=True)}
            if beat:
                beat.done(batch)
            line.update(found)
