"""The live line of a sweep on the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from catallax.lab._sweeps._points import Outcome


class Line:
    """Points done, points failed, time spent and left; silent when not shown."""

    def __init__(self, points: int, found: Mapping[int, Outcome], show: bool) -> None:
        self._bar = Progress(
            TextColumn("[bold]points"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[failed]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            # a minute of points tells more than the last of them
            TimeRemainingColumn(),
            console=Console(stderr=True),
            speed_estimate_period=300,
            disable=not show,
        )
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
        self._bar.update(self._task, completed=len(found), failed=f"[red]{failed} failed[/]" if failed else "")
