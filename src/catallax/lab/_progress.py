"""The live line of a training run on the terminal."""

from __future__ import annotations

import math
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar


class Progress:
    """A progress bar with the market's latest figures; silent when not shown."""

    def __init__(self, rounds: int, show: bool) -> None:
        self._bar = Bar(
            TextColumn("[bold]training"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[figures]}"),
            console=Console(stderr=True),
            disable=not show,
        )
        self._task = self._bar.add_task("training", total=rounds, figures="compiling")

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def update(self, done: int, row: dict[str, Any]) -> None:
        """Show how many rounds are done and the newest trace row."""
        self._bar.update(self._task, completed=done, figures=figures(row) if row else "started")


def figures(row: dict[str, Any]) -> str:
    """The few figures worth a glance.

    >>> figures({"price_mean": 0.5, "return_mean": float("nan"), "alive": 4, "imbalance": 0})
    'price 0.500 · return – · 4 alive · books 0'
    """

    def number(x: float) -> str:
        return "–" if math.isnan(x) else f"{x:.3f}"

    return (
        f"price {number(row['price_mean'])} · return {number(row['return_mean'])} · "
        f"{row['alive']:.0f} alive · books {row['imbalance']}"
    )
