"""`catallax compare`: runs, methods of several seeds, or findings side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from catallax import lab, view
from catallax.cli._commands import UsageError, _tell

PLAIN = ["tick", "return_mean", "price_mean", "wealth_gini", "alive", "ticks_per_second", "imbalance"]
"""Columns of the table of single runs."""


def compare(words: list[str]) -> int:
    """Put runs side by side."""

    def arguments(
        runs: Annotated[list[str], tyro.conf.Positional],
        out: Path = Path("compare.png"),
        column: str | None = None,
        tail: float | None = None,
        optimum: float | None = None,
    ) -> tuple[list[str], Path, dict[str, Any]]:
        """Compare methods of several seeds, single runs, or the findings of one experiment.

        Writes the picture, and beside it the table as Markdown.

        Args:
            runs: NAME=RUN,RUN,… for a method and its seeds, a folder of run folders (a method) or of such folders (several
                methods), or single run folders.
            out: the picture; the table gets the same name with .md.
            column: of the trace; by default what was evaluated, else the return while training.
            tail: part of a run's ticks, from its end, that its score is read from; by default 0.1.
            optimum: of the best policy, in the unit of the column; by default what the folders tell, if the column is `evaluation`.
        """
        given = {"column": column, "tail": tail, "optimum": optimum}
        return runs, out, {name: value for name, value in given.items() if value is not None}

    runs, out, asked = tyro.cli(arguments, args=words, prog="catallax compare")
    if not runs:
        raise UsageError("catallax compare: expected run folders; NAME=RUN,RUN,… makes several the seeds of a method.")
    if all(_holds_findings_alone(Path(word)) for word in runs):
        _nothing(asked, "findings")
        return _findings(runs, out)
    methods = grouped(runs)
    if all(len(group) == 1 for group in methods.values()):
        _nothing(asked, "single runs")
        return _single([group[0] for group in methods.values()], out)
    found = lab.compare(methods, **asked)
    _show(*found.rows())
    for note in found.notes:
        _tell(note)
    view.seed_comparison(found).savefig(out, dpi=144)
    text = f"# {' and '.join(methods)}\n\n{found.markdown()}\n![curves, scores and profiles](<{out.name}>)\n"
    _write(out, text)
    _tell(str(out))
    return 0


def grouped(words: Sequence[str]) -> dict[str, list[Path]]:
    """The runs of each method.

    Raises:
        UsageError: if two methods have one name, or a path is empty.
    """
    methods: dict[str, list[Path]] = {}

    def add(name: str, runs: list[Path]) -> None:
        if name in methods:
            raise UsageError(f"catallax compare: two methods are called {name!r}; name them: NAME=RUN,RUN,…")
        methods[name] = runs

    for word in words:
        name, named, paths = word.partition("=")
        # a path may have a = in it
        if named and not Path(word).exists():
            if "" in paths.split(","):
                raise UsageError(f"catallax compare: {word!r} has an empty path; expected NAME=RUN,RUN,…")
            add(name, [run for path in paths.split(",") for run in lab.runs_in(path)])
        elif not list(Path(word).glob("*/config.json")) and list(Path(word).glob("*/*/config.json")):
            for folder in sorted({place.parents[1] for place in Path(word).glob("*/*/config.json")}):
                add(folder.name, lab.runs_in(folder))
        else:
            runs = lab.runs_in(word)
            add(word if runs == [Path(word)] else Path(word).name, runs)
    return methods


def _nothing(asked: Mapping[str, Any], what: str) -> None:
    if asked:
        options = ", ".join(f"--{name}" for name in asked)
        raise UsageError(
            f"catallax compare: {options} means nothing for {what}; leave it out, or give methods of several seeds: NAME=RUN,RUN,…"
        )


def _single(folders: list[Path], out: Path) -> int:
    rows = []
    for folder in folders:
        trace = lab.RunFolder.open(folder).read_trace()
        rows.append([str(folder), *(f"{float(trace[c][-1]):.4g}" if c in trace else "" for c in PLAIN)])
    _show(["run", *PLAIN], rows)
    if len(folders) > 1:
        _tell("One run of each tells nothing about chance: NAME=RUN,RUN,… makes several the seeds of a method.")
    view.plot_compare(folders).savefig(out, dpi=144)
    _tell(str(out))
    return 0


def _findings(folders: list[str], out: Path) -> int:
    head, rows = lab.compare_findings(folders)
    _show(head, rows)
    page = _write(out, f"# {' and '.join(folders)}\n\n{lab.markdown_table(head, rows)}\n")
    _tell(str(page))
    return 0


def _holds_findings_alone(folder: Path) -> bool:
    return (folder / "findings.json").is_file() and not (folder / "config.json").is_file()


def _write(out: Path, text: str) -> Path:
    page = out.with_suffix(".md")
    page.write_text(text, encoding="utf-8")
    return page


def _show(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    shown = Table(*map(escape, head), box=None)
    for row in rows:
        shown.add_row(*map(escape, row))
    Console().print(shown)
