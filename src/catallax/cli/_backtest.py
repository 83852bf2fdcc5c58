"""`catallax backtest`: forecasters on questions whose answers are known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from catallax.cli._commands import UsageError, _tell, load_named
from catallax.forecasting import Backtest
from catallax.forecasting import backtest as compared
from catallax.forecasting.questions import Question, bayes, crowd, load_forecastbench, synthetic, uniform


@dataclass(frozen=True)
class Settings:
    """Which questions, and where the results go."""

    questions: Path | None = None
    """Question set in the format of ForecastBench."""
    resolutions: Path | None = None
    """Resolution set that belongs to it."""
    synthetic: int = 0
    """Instead of files: so many questions made from a known law."""
    seed: int = 0
    """Of the synthetic questions."""
    json: Path | None = None
    """Write all figures and answers there."""
    markdown: Path | None = None
    """Write the table there."""
    progress: bool = True
    """Show a live line."""


def backtest(words: list[str]) -> int:
    """Compare forecasters on resolved questions."""

    def arguments(
        forecasters: Annotated[list[str], tyro.conf.Positional], settings: Annotated[Settings, tyro.conf.arg(name="")]
    ) -> tuple[list[str], Settings]:
        """Compare forecasters on resolved questions, beside the crowd where there is one and an even forecast.

        Args:
            forecasters: each FILE.py:NAME or module:NAME, a function from a question to a probability.
            settings: which questions.
        """
        return forecasters, settings

    places, settings = tyro.cli(arguments, args=words, prog="catallax backtest")
    asked = _questions(settings)
    named: dict[str, Any] = {
        place: load_named(place, "catallax backtest") if place.partition(":")[0].endswith(".py") else place
        for place in places
    }
    references = {"even": uniform}
    references |= {"crowd": crowd} if any(question.crowd is not None for question in asked) else {}
    references |= {"Bayes": bayes} if settings.synthetic else {}
    with _bar(settings.progress) as bar:
        task = bar.add_task("asking", total=None)
        found = compared(named | references, asked, watch=lambda done, of: bar.update(task, completed=done, total=of))
    _show(found)
    for path, text in ((settings.json, found.to_json), (settings.markdown, found.to_markdown)):
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text(), encoding="utf-8")
            _tell(f"written to {path}")
    return 1 if any(standing.answered == 0 for standing in found.standings) else 0


def _questions(settings: Settings) -> list[Question]:
    files = [settings.questions, settings.resolutions]
    if settings.synthetic:
        if any(files):
            raise UsageError(
                "catallax backtest: --synthetic takes the place of --questions and --resolutions; give one or the other."
            )
        return synthetic(settings.synthetic, seed=settings.seed).questions
    if settings.questions is None or settings.resolutions is None:
        raise UsageError("catallax backtest needs --questions FILE --resolutions FILE, or --synthetic NUMBER.")
    loaded = load_forecastbench(settings.questions, settings.resolutions)
    left = ", ".join(f"{number} {reason}" for reason, number in loaded.left_out.items())
    _tell(f"{len(loaded.questions)} resolved questions" + (f"; left out: {left}" if left else ""))
    if not loaded.questions:
        raise UsageError("catallax backtest: no question of this set is resolved.")
    return loaded.questions


def _bar(show: bool) -> Progress:
    columns = (TextColumn("[bold]{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), disable=not show, transient=True)


def _show(found: Backtest) -> None:
    head, *rows = found.rows
    table = Table(box=None)
    table.add_column(head[0], overflow="fold")
    for name in head[1:]:
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*map(escape, row))
    Console().print(table)
    for note in found.notes:
        _tell(note)
