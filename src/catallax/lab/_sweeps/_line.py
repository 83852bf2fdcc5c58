"""The live line of a sweep on the terminal."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import timedelta
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text

from catallax.lab._sweeps._points import Outcome


class Line:
    """Points done, points failed, time spent and left; silent when not shown."""

    def __init__(self, points: int, found: Mapping[int, Outcome], show: bool) -> None:
        self._left = _Left(len(found))
        columns = (
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[failed]}"),
            TimeElapsedColumn(),
            self._left,
        )
        self._bar = Progress(TextColumn("[bold]points"), *columns, console=Console(stderr=True), disable=not show)
        self._task = self._bar.add_task("points", total=points, completed=len(found), failed="")

    def __enter__(self) -> Line:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def update(self, found: Mapping[int, Outcome]) -> None:
        """Show what is done."""
        failed = sum(bool(outcome.error) for outcome in found.values())
        self._left.look(len(found))
        self._bar.update(self._task, completed=len(found), failed=f"[red]{failed} failed[/]" if failed else "")


class _Left(ProgressColumn):
    """Time left at the pace since the start: points are few and long, and several are in work at once."""

    max_refresh = 0.5

    def __init__(self, before: int) -> None:
        super().__init__()
        self._before, self._began, self._looked, self._done = before, time.monotonic(), time.monotonic(), before

    def look(self, done: int) -> None:
        """So many are done now."""
        self._looked, self._done = time.monotonic(), done

    def render(self, task: Task) -> Text:
        """The column."""
        if task.finished or self._done == self._before:
            return Text("" if task.finished else "-:--:-- left")
        each = (self._looked - self._began) / (self._done - self._before)
        left = max(0.0, each * task.remaining - (time.monotonic() - self._looked)) if task.remaining else 0.0
        return Text(f"{timedelta(seconds=round(left))} left")
