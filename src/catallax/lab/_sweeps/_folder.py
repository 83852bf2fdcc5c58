"""The folder of a sweep: what is to be measured, what was, and whether anybody is at it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import threading
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from catallax.lab._columns import Columns, write_columns
from catallax.lab._files import RunFolderError, write_bytes
from catallax.lab._provenance import git_revision, versions
from catallax.lab._sweeps._points import Batch, Outcome, Point

BEAT = 1.0
"""Seconds between two signs of life."""
SILENCE = 8.0
"""Seconds without one after which a sweep is taken for dead; a slow disk may delay a few."""


class SweepFolder:
    """Reader and writer of one sweep's folder; every file appears whole or not at all.

    `sweep.json` (what is measured where, versions, revision), `points/` (a file for the points that were computed
    together), `table.parquet` (the same as one table), `alive.json` (written every second while somebody is at it),
    and what the task leaves in `runs/`.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    @classmethod
    def create(
        cls, path: str | Path, task: Mapping[str, Any], points: Sequence[Point], *, replace: bool = False
    ) -> SweepFolder:
        """A fresh folder; nobody else may be at work in it, which `sweep` makes sure of by its lock.

        Raises:
            RunFolderError: if the place holds a sweep or a run already, or cannot be written.
        """
        folder = cls(path)
        if (folder.path / "config.json").exists():
            raise RunFolderError(f"sweep folder {folder.path}: holds a training run; choose another folder.")
        if (folder.path / "sweep.json").exists():
            # nothing is lost where nothing was measured, as when no cluster answered
            if not replace and folder.outcomes():
                raise RunFolderError(
                    f"sweep folder {folder.path}: already holds a sweep; go on with it (resume), choose another folder or "
                    "delete it."
                )
            folder._clear()
        content = {**_plan(task, points), "versions": versions(), "git": git_revision()}
        write_bytes(folder.path / "sweep.json", _json(content))
        return folder

    @classmethod
    def open(cls, path: str | Path) -> SweepFolder:
        """A folder that is there.

        Raises:
            RunFolderError: if it is no sweep's, or damaged.
        """
        folder = cls(path)
        if not (folder.path / "sweep.json").is_file():
            what = "has no sweep.json" if folder.path.is_dir() else "does not exist"
            raise RunFolderError(f"sweep folder {folder.path}: {what}; expected a folder that a sweep wrote.")
        _ = folder.plan
        return folder

    @property
    def plan(self) -> dict[str, Any]:
        """What `sweep.json` says: task, fields, and the points in order as rows of values and a seed."""
        return _read(self.path / "sweep.json")

    def must_agree(self, task: Mapping[str, Any], points: Sequence[Point]) -> None:
        """Compare with what somebody wants to go on with.

        Raises:
            RunFolderError: if it holds another sweep; the message tells what differs.
        """
        before, now = self.plan, json.loads(_json(_plan(task, points)))
        differs = [
            f"{name} {_short(before['task'].get(name))} there, {_short(now['task'].get(name))} asked for"
            for name in sorted({*before["task"], *now["task"]})
            if before["task"].get(name) != now["task"].get(name)
        ]
        if not differs and before["fields"] != now["fields"]:
            differs = [f"fields {_short(before['fields'])} there, {_short(now['fields'])} asked for"]
        if not differs and before["points"] != now["points"]:
            columns = zip([*now["fields"], "seed"], zip(*before["points"]), zip(*now["points"]))
            differs = [
                f"{name} = {_values(old)} there, {_values(new)} asked for"
                for name, old, new in columns
                if _values(old) != _values(new)
            ] or ["the same settings in another order"]
        if differs:
            raise RunFolderError(
                f"sweep folder {self.path}: holds another sweep ({'; '.join(differs)}); resume with the settings it was "
                "started with, or choose another folder."
            )

    def write(self, batch: Batch, found: Sequence[Outcome]) -> None:
        """Keep what came of a batch, all of it in one step."""
        rows = [
            {"point": point.index, "seconds": one.seconds, "values": dict(one.values)}
            | ({"error": one.error, "trace": one.trace} if one.error else {})
            for point, one in zip(batch, found, strict=True)
        ]
        write_bytes(self.path / "points" / _file_of([point.index for point in batch]), _json(rows))

    def outcomes(self) -> dict[int, Outcome]:
        """What came of each point so far, failures included."""
        files = (self.path / "points").glob("[0-9]*.json")
        return merged((file.stat().st_mtime_ns, outcomes_in(file)) for file in files)

    def points(self) -> list[Point]:
        """What is to be measured."""
        plan = self.plan
        names = plan["fields"]
        return [
            Point(index, dict(zip(names, row[:-1], strict=True)), row[-1]) for index, row in enumerate(plan["points"])
        ]

    def read(self) -> Columns:
        """The table: a row for each point that was computed or failed."""
        return table(self.points(), self.outcomes())

    def write_table(self) -> Path:
        """Put what was measured into one file that any tool for Parquet reads."""
        return write_columns(self.path / "table", self.read())

    def alive(self) -> dict[str, Any]:
        """Its last sign of life: `state` (running, finished, stopped), points in work, seconds since."""
        file = self.path / "alive.json"
        try:
            found, age = _read(file), time.time() - file.stat().st_mtime
        except (RunFolderError, OSError):
            return {"state": "stopped", "running": [], "age": float("inf")}
        if found["state"] == "running" and age > SILENCE:
            found |= {"state": "stopped", "running": []}
        return {**found, "age": age}

    @contextmanager
    def held(self) -> Iterator[Beat]:
        """Tell whoever looks that somebody is at it, and keep others from it.

        Raises:
            RunFolderError: if another process is at it.
        """
        with locked(self.path), self.beating() as beat:
            yield beat

    @contextmanager
    def beating(self) -> Iterator[Beat]:
        """Tell whoever looks that somebody is at it."""
        beat = Beat(self.path / "alive.json")
        beat.write()
        thread = threading.Thread(target=beat.go_on, daemon=True)
        thread.start()
        try:
            yield beat
        except BaseException:
            beat.end("stopped", thread)
            raise
        beat.end("finished", thread)

    def _clear(self) -> None:
        for name in ("points", "runs"):
            shutil.rmtree(self.path / name, ignore_errors=True)
        for name in ("table.parquet", "table.npz", "alive.json", "sweep.json"):
            (self.path / name).unlink(missing_ok=True)


@dataclass
class Beat:
    """Signs of life of a sweep."""

    file: Path
    running: dict[int, float] = field(default_factory=dict)
    """Points in work, and since when (seconds since the epoch)."""
    state: str = "running"

    def __post_init__(self) -> None:
        self._began, self._over, self._writing = time.time(), threading.Event(), threading.Lock()

    def started(self, batch: Batch) -> None:
        """A batch is in work."""
        with self._writing:
            self.running |= dict.fromkeys((point.index for point in batch), time.time())

    def done(self, batch: Batch) -> None:
        """It is not any more."""
        with self._writing:
            for point in batch:
                self.running.pop(point.index, None)

    def write(self) -> None:
        """One sign."""
        with self._writing:
            content = {"state": self.state, "began": self._began, "pid": os.getpid(), "host": socket.gethostname()}
            write_bytes(self.file, _json({**content, "running": self.running}))

    def go_on(self) -> None:
        """Until the end."""
        while not self._over.wait(BEAT):
            with suppress(RunFolderError):  # a full disk is told by whoever writes a point
                self.write()

    def end(self, state: str, thread: threading.Thread) -> None:
        """The last sign."""
        self._over.set()
        thread.join()
        self.state, self.running = state, {}
        with suppress(RunFolderError):
            self.write()


def outcomes_in(file: Path) -> dict[int, Outcome]:
    """What came of the points of one batch."""
    return {
        row["point"]: Outcome(row["values"], row.get("error", ""), row.get("trace", ""), float(row["seconds"]))
        for row in _read(file)
    }


def merged(parts: Iterable[tuple[int, Mapping[int, Outcome]]]) -> dict[int, Outcome]:
    """What came of each point, from what batches brought and when they did.

    Batches may overlap: a sweep whose points go together in another way than before was resumed. The last one tells.
    """
    found: dict[int, Outcome] = {}
    for _, part in sorted(parts, key=lambda one: one[0]):
        found |= part
    return {index: found[index] for index in sorted(found)}


def read_sweep(folder: str | Path) -> Columns:
    """What a sweep measured so far, one array per column, a row per point, failed ones included.

    Columns: `point` (its place in the sweep), the fields, `seed`, `seconds`, what was measured (NaN where it was
    not), and `error` ("" where all went well).

    Raises:
        RunFolderError: if it is no sweep's folder, or damaged.
    """
    return SweepFolder.open(folder).read()


def table(points: Sequence[Point], found: Mapping[int, Outcome]) -> Columns:
    """Points and outcomes as columns; values that are no numbers become text."""
    rows = [point for point in points if point.index in found]
    outcomes = [found[point.index] for point in rows]
    measured = dict.fromkeys(name for outcome in outcomes for name in outcome.values)
    nothing = float("nan")
    return {
        "point": np.array([point.index for point in rows], np.int64),
        **{name: _column([point.fields[name] for point in rows]) for name in (points[0].fields if points else ())},
        "seed": np.array([point.seed for point in rows], np.int64),
        **{name: np.array([one.values.get(name, nothing) for one in outcomes]) for name in measured},
        "seconds": np.array([one.seconds for one in outcomes]),
        "error": np.array([one.error for one in outcomes], np.str_),
    }


def _column(values: list[Any]) -> np.ndarray:
    values = json.loads(_json(values))  # as they are read from the folder
    kinds = {type(value) for value in values}
    if kinds <= {bool} or kinds <= {int} or kinds <= {int, float}:
        return np.array(values)
    return np.array([value if isinstance(value, str) else str(value) for value in values], np.str_)


def _plan(task: Mapping[str, Any], points: Sequence[Point]) -> dict[str, Any]:
    names = list(points[0].fields)
    return {
        "task": dict(task),
        "fields": names,
        "points": [[*(point.fields[name] for name in names), point.seed] for point in points],
    }


def _file_of(indices: Sequence[int]) -> str:
    """One for each batch there can be, so that none overwrites points that it does not have."""
    more = f"-{zlib.crc32(repr(indices).encode()):08x}" if len(indices) > 1 else ""
    return f"{indices[0]:08d}{more}.json"


def _values(column: Sequence[Any]) -> str:
    return _short(list(dict.fromkeys(json.dumps(value) for value in column))).replace('"', "").replace("'", "")


def _short(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) < 200 else f"{text[:200]} …"


def _json(content: Any) -> bytes:
    return (json.dumps(content, default=_told) + "\n").encode("utf-8")


def _told(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.generic | np.ndarray) else str(value)


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunFolderError(f"{file}: cannot be read ({error}); delete it and resume the sweep.") from error


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep others from a folder; the system lets go of it when the process ends, however it ends.

    Raises:
        RunFolderError: if another process is at it, or it cannot be written.
    """
    try:
        import fcntl
    except ImportError:  # no such lock on this system
        yield
        return
    try:
        path.mkdir(parents=True, exist_ok=True)
        handle = (path / ".lock").open("a")
    except OSError as error:
        raise RunFolderError(
            f"sweep folder {path}: cannot be written ({error.strerror or error}); choose another folder or change its "
            "permissions."
        ) from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise RunFolderError(
                f"sweep folder {path}: another process is at it; wait for it, stop it, or choose another folder."
            ) from error
        yield
