"""What the live page tells of a folder: a sweep or a training run, from its files alone."""

from __future__ import annotations

import abc
import io
import json
import math
import os
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from catallax.lab import Outcome, Point, RunFolder, RunFolderError, SweepFolder
from catallax.lab._sweeps._folder import merged, outcomes_in, table
from catallax.view._style import figure, style, tick_axis
from catallax.view._sweep import measured_names, sweep_curves, sweep_map, swept

ROWS = 400
"""Most rows of the table that travel; those in work and failed come first."""
LONG = 60.0
"""Seconds without a new file after which a run is taken for stopped."""
_DRAWING = threading.Lock()
"""matplotlib's settings belong to the whole process."""


class AbstractWatched(abc.ABC):
    """A folder that somebody looks at."""

    @abc.abstractmethod
    def state(self) -> dict[str, Any]:
        """Everything but the picture, as JSON."""

    @abc.abstractmethod
    def draw(self, asked: Mapping[str, str], width: float) -> Any:
        """The picture; `asked` says of what."""

    def picture(self, asked: Mapping[str, str]) -> bytes:
        """The picture as PNG.

        Raises:
            ValueError: if it is asked for what is not there.
        """
        width = min(max(float(asked.get("width", 5.0)), 2.5), 12.0)
        with _DRAWING, style(dark=asked.get("dark") == "1"):
            drawn, buffer = self.draw(asked, width), io.BytesIO()
            drawn.savefig(buffer, format="png", dpi=192)
        return buffer.getvalue()


def watched(folder: str | Path) -> AbstractWatched:
    """The sweep or run of a folder.

    Raises:
        RunFolderError: if it is neither.
    """
    place = Path(folder)
    if (place / "sweep.json").is_file():
        return WatchedSweep(place)
    if (place / "config.json").is_file():
        return WatchedRun(place)
    what = "holds neither a sweep (sweep.json) nor a training run (config.json)" if place.is_dir() else "does not exist"
    raise RunFolderError(f"folder {place}: {what}; expected what catallax sweep or train(..., folder=...) writes.")


class WatchedSweep(AbstractWatched):
    """A sweep."""

    def __init__(self, path: Path) -> None:
        self._folder, self._seen = SweepFolder.open(path), {}
        self._reading = threading.Lock()

    def _found(self) -> tuple[list[Point], dict[int, Outcome]]:
        """Points and outcomes; files that were read stay read."""
        with self._reading:
            fresh = {}
            for file in (self._folder.path / "points").glob("[0-9]*.json"):
                try:
                    stamp = file.stat()
                except OSError:  # taken away while we look
                    continue
                key = (file.name, stamp.st_mtime_ns, stamp.st_ino)
                fresh[key] = self._seen.get(key) or outcomes_in(file)
            self._seen = fresh
            return self._folder.points(), merged((stamp, part) for (_, stamp, _), part in fresh.items())

    def state(self) -> dict[str, Any]:
        """Progress, fields, measured values, and the points."""
        points, found = self._found()
        alive, columns = self._folder.alive(), table(points, found)
        failed = sum(bool(one.error) for one in found.values())
        running = {int(index): since for index, since in dict(alive["running"]).items() if int(index) not in found}
        fields, measures = swept(columns), measured_names(columns)
        told = [("failed", one.error) if one.error else ("done", "") for one in found.values()]
        states = dict(zip(found, told, strict=True)) | dict.fromkeys(running, ("running", ""))
        order = sorted(points, key=lambda point: (_RANK[states.get(point.index, _WAITING)[0]], point.index))
        shown = sorted(order[:ROWS], key=lambda point: point.index)
        plan = self._folder.plan
        state = "finished" if len(found) == len(points) and alive["state"] != "running" else alive["state"]
        return {
            "kind": "sweep",
            "name": self._folder.path.resolve().name,
            "about": " · ".join(f"{key} {value}" for key, value in plan["task"].items()),
            "state": state,
            "total": len(points),
            "done": len(found) - failed,
            "failed": failed,
            "running": len(running),
            "spent": float(np.nansum(columns["seconds"])),
            "left": self._left(alive, found, len(points)) if state == "running" else None,
            "unit": "points",
            "fields": fields,
            "measures": measures,
            "columns": [*fields, *measures],
            "rows": [_row(point, found.get(point.index), states, fields, measures) for point in shown],
            "hidden": len(points) - len(shown),
        }

    def _left(self, alive: Mapping[str, Any], found: Mapping[int, Outcome], total: int) -> float | None:
        """Seconds to go at the pace since this start."""
        parts = [(stamp / 1e9, part) for (_, stamp, _), part in self._seen.items() if stamp / 1e9 >= alive["began"]]
        done = {index for _, part in parts for index in part}
        if not done:
            return None
        last = max(stamp for stamp, _ in parts)
        return max(0.0, (last - alive["began"]) / len(done) * (total - len(found)) - (time.time() - last))

    def draw(self, asked: Mapping[str, str], width: float) -> Any:
        """Curves or a map."""
        columns = table(*self._found())
        measure, along, by = (asked.get(name, "") for name in ("measure", "along", "by"))
        if asked.get("kind") == "map" and by:
            return sweep_map(columns, measure, along, by, width=width)
        return sweep_curves(columns, measure, along, by, width=width)


class WatchedRun(AbstractWatched):
    """A training run."""

    def __init__(self, path: Path) -> None:
        self._folder = RunFolder.open(path)

    def _trace(self) -> dict[str, np.ndarray]:
        try:
            return self._folder.read_trace()
        except RunFolderError:  # nothing yet
            return {"tick": np.zeros(0)}

    def state(self) -> dict[str, Any]:
        """Progress and the latest rows of the trace."""
        config, trace = self._folder.config, self._trace()
        quiet = time.time() - _last_written(self._folder.path)
        total, done = int(config.get("ticks", 0)), int(trace["tick"][-1]) if trace["tick"].size else 0
        columns = list(trace)
        seconds = float(trace["seconds"][-1]) if "seconds" in trace and done else 0.0
        state = "finished" if config.get("finished") else "running" if quiet < LONG else "stopped"
        left = seconds / done * (total - done) if done and state == "running" else None
        last = range(max(0, len(trace["tick"]) - ROWS), len(trace["tick"]))
        return {
            "kind": "run",
            "name": str(config.get("name", self._folder.path.name)),
            "about": str(config.get("env", "")).partition("(")[0],
            "state": state,
            "total": max(total, done),
            "done": done,
            "failed": 0,
            "running": 0,
            "spent": _plain(seconds),
            "left": _plain(left),
            "unit": "ticks",
            "fields": [],
            "measures": [name for name in columns if name != "tick"],
            "columns": columns,
            "rows": [
                {"state": "", "error": "", "cells": [_plain(trace[name][at]) for name in columns]}
                for at in reversed(last)
            ],
            "hidden": len(trace["tick"]) - len(last),
        }

    def draw(self, asked: Mapping[str, str], width: float) -> Any:
        """A column of the trace over time."""
        trace, measure = self._trace(), asked.get("measure", "")
        if measure not in trace:
            raise ValueError(f"picture: the trace has no column {measure!r}; there are: {', '.join(trace)}.")
        axes = (fig := figure(3.3, width)).subplots()
        axes.plot(trace["tick"], trace[measure])
        axes.set_ylabel(measure.replace("_", " "))
        tick_axis(axes)
        return fig


_RANK = {"running": 0, "failed": 1, "done": 2, "waiting": 3}
_WAITING = ("waiting", "")


def _last_written(folder: Path) -> float:
    """When a file in a folder was last written, seconds since the epoch; files may vanish while we look."""
    last = 0.0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                last = max(last, os.stat(os.path.join(place, name)).st_mtime)
    return last


def _row(
    point: Point, outcome: Outcome | None, states: Mapping[int, tuple[str, str]], fields: list[str], measures: list[str]
) -> dict[str, Any]:
    state, error = states.get(point.index, _WAITING)
    values = {**point.fields, "seed": point.seed}
    known = {**outcome.values, "seconds": outcome.seconds} if outcome else {}
    cells = [_plain(values[name]) for name in fields] + [_plain(known.get(name)) for name in measures]
    return {"state": state, "error": error, "cells": cells}


def _plain(value: Any) -> Any:
    """A value that JSON has: numbers that are none become `null`."""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, int | str | bool | None) else json.dumps(value)
