"""What is measured at a point."""

from __future__ import annotations

import abc
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, SupportsFloat

from catallax.lab._interrupt import interrupts_raise
from catallax.lab._sweeps._points import OWN, Batch, Outcome, Point


class AbstractTask(abc.ABC):
    """What is measured at a point; it travels to other processes, so that it must be picklable."""

    @abc.abstractmethod
    def description(self) -> Mapping[str, Any]:
        """What tells this task from others, as JSON: a sweep is resumed with the same."""

    @abc.abstractmethod
    def measure(self, batch: Batch, folder: Path | None) -> Sequence[Outcome]:
        """The outcome of every point of a batch; what is raised counts as an error of all of them.

        Args:
            batch: one of those that `plan` made.
            folder: where files may be left; `None`: nowhere.
        """

    def plan(self, points: Sequence[Point]) -> tuple[AbstractTask, list[Batch]]:
        """The task once it knows all points, and how they go together: as they are and one by one, unless a task knows better.

        Raises:
            ValueError: before anything is computed, if a point cannot be.
        """
        return self, [(point,) for point in points]


@dataclass(frozen=True)
class FunctionTask(AbstractTask):
    """Calls a function at each point: `function(**fields, seed=seed)` returns numbers by name."""

    function: Callable[..., Mapping[str, SupportsFloat]]

    def description(self) -> Mapping[str, Any]:
        """The function's name."""
        return {"function": called(self.function)}

    def measure(self, batch: Batch, folder: Path | None) -> Sequence[Outcome]:
        """Call it."""
        return [Outcome(self.function(**point.fields, seed=point.seed)) for point in batch]


@dataclass(frozen=True)
class Attempt:
    """A task as executors call it: every batch has its outcomes, whatever happens but Ctrl-C."""

    task: AbstractTask
    folder: Path | None

    def __call__(self, batch: Batch) -> list[Outcome]:
        """Measure a batch."""
        began = time.perf_counter()
        try:
            # a run that Ctrl-C cut short must not pass for a measurement
            with interrupts_raise():
                measured = self.task.measure(batch, self.folder)
            found = [_checked(one, point) for one, point in zip(measured, batch, strict=True)]
        except (Exception, SystemExit) as error:  # recorded, and the other points go on
            found = [failed(error)] * len(batch)
        seconds = (time.perf_counter() - began) / len(batch)
        return [replace(one, seconds=seconds) for one in found]


def failed(error: BaseException) -> Outcome:
    """The outcome of a point that raised."""
    told = f"{type(error).__name__}: {error}".strip().splitlines()[0]
    return Outcome(error=told, trace="".join(traceback.format_exception(error)))


def called(function: Callable[..., Any]) -> str:
    """Where a function is from."""
    return f"{getattr(function, '__module__', '?')}:{getattr(function, '__qualname__', function)}"


def _checked(outcome: Outcome, point: Point) -> Outcome:
    for name, value in outcome.values.items():
        if name in OWN or name in point.fields:
            return Outcome(
                error=f"ValueError: a column of the table is called {name!r} already; give the value another name."
            )
        if not isinstance(value, SupportsFloat) or getattr(value, "ndim", 0):
            return Outcome(error=f"TypeError: {name} is no number, but {type(value).__name__}; measure numbers alone.")
    return replace(outcome, values={name: float(value) for name, value in outcome.values.items()})
