"""What each `catallax` command does."""

from __future__ import annotations

import importlib.util
import shlex
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import equinox as eqx
import tyro
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from catallax import core, lab, view
from catallax.language.models import ModelError
from catallax.markets import MarketError

USER_ERRORS = (
    lab.ExperimentError,
    lab.RunFolderError,
    lab.RayError,
    MarketError,
    core.ConformanceError,
    OSError,
    OverflowError,
    ValueError,
)
"""Errors that are told in one line, without a traceback."""


class UsageError(ValueError):
    """Unusable arguments."""


FAILED_CHECKS = (core.ConformanceError,)
"""Those of them that end with exit code 1, as a missed requirement does; the others end with 2."""


def _tell(text: str) -> None:
    # as it is: paths may hold brackets, and whoever reads them from a pipe wants one line
    Console().print(text, markup=False, highlight=False, soft_wrap=True)


def list_experiments(words: list[str]) -> int:
    """Print every experiment and the first line of its docstring."""
    tyro.cli(tyro.conf.configure()(lambda: None), args=words, prog="catallax list")
    table = Table("experiment", "what it shows", box=None)
    for name in lab.experiment_names():
        table.add_row(escape(name), escape(lab.load_experiment(name).about))
    Console().print(table)
    return 0


@dataclass(frozen=True)
class Place:
    """Where results go, and how."""

    out: Path | None = None
    """Folder for run, findings and figures; `runs/NAME` by default."""
    resume: bool = False
    """Go on from the last checkpoint in `out`, if the experiment keeps any."""
    progress: bool = True
    """Show a live line while training."""
    dry_run: bool = False
    """Of experiments that ask language models: say what the run would cost, ask nobody and write nothing."""


def run(words: list[str]) -> int:
    """Run one experiment and print its findings."""
    known = ", ".join(lab.experiment_names())
    if words[:1] in (["-h"], ["--help"]):
        _tell(
            f"usage: catallax run NAME [--out FOLDER] [--resume] [--no-progress] [--dry-run] [--FIELD VALUE …]\n\nNAME: {known}"
        )
        return 0
    if not words or words[0].startswith("-"):
        raise UsageError(f"catallax run needs a name; there are: {known}.")
    name, rest = words[0], words[1:]
    experiment = lab.load_experiment(name)
    config_type = experiment.config

    def both(
        config: Annotated[config_type, tyro.conf.arg(name="")],  # pyright: ignore[reportInvalidTypeForm] - known at run time
        place: Annotated[Place, tyro.conf.arg(name="")],
    ) -> tuple[object, Place]:
        return config, place

    both.__annotations__ = {
        "config": Annotated[config_type, tyro.conf.arg(name="")],
        "place": Annotated[Place, tyro.conf.arg(name="")],
    }
    config, place = tyro.cli(both, args=rest, prog=f"catallax run {name}", description=experiment.about)
    if place.resume and not experiment.resumes:
        raise UsageError(
            f"catallax run {name}: this experiment cannot resume (its file declares no RESUMES = True); "
            "leave --resume out to start it anew."
        )
    context = lab.Context(place.out or Path("runs") / name, place.resume, place.progress)
    if place.dry_run:
        return _dry_run(experiment, config, context)
    # better to learn now than after an hour that nothing can be written there
    context.folder.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    try:
        # a run cut short must not pass for a whole one
        with lab.interrupts_raise():
            report = experiment.run(config, context)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(_after_interrupt(experiment, words)) from None
    except ModelError as error:
        raise UsageError(f"{error}\n{_after_interrupt(experiment, words)}") from error
    seconds = time.perf_counter() - began
    lab.save_report(report, context, name, config, seconds, about=experiment.about)
    _print_findings(report.findings)
    for claim in report.claims:
        _tell(f"{claim.verdict}: {claim.statement} {claim.because}")
        for name, held in claim.cases.items():
            _tell(f"  {'yes' if held else 'no':<4}{name}  {claim.figures.get(name, '')}".rstrip())
    _tell(f"{seconds:.1f} s; written to {context.folder}")
    return 1 if any(f.reached is False for f in report.findings) else 0


def _dry_run(experiment: lab.Experiment, config: Any, context: lab.Context) -> int:
    """Tell what a run would cost, by part."""
    if experiment.price is None:
        raise UsageError(f"catallax run {experiment.name}: it asks no language model, so there is nothing to price.")
    priced = experiment.price(config, context)
    table = Table("part", box=None)
    for word in ("calls", "tokens read", "written", "about", "at most"):
        table.add_column(word, justify="right", no_wrap=True)
    for part, quote, most in (*priced.parts, priced.total):
        counts = (quote.calls, quote.usual.prompt_tokens, quote.usual.completion_tokens)
        table.add_row(part, *(f"{count:,}" for count in counts), _dollars(quote.usual_cost), _dollars(most))
    Console().print(table)
    budget = priced.provider.budget
    _tell(
        "about: on the way that programs in the model's place take, at four bytes a token, with answers as long as they may be\n"
        f"at most: whatever is answered, at a byte a token, every call tried {priced.provider.tries} times"
        + (f"; the budget ends the run at ${budget:g}" if budget is not None else "; --model.budget sets a limit")
        + "\nnothing was asked and nothing was written"
    )
    return 0


def _dollars(micro: int) -> str:
    return f"${core.to_credits(micro):,.6f}"


def _after_interrupt(experiment: lab.Experiment, words: list[str]) -> str:
    again = shlex.join(["catallax", "run", *words])
    if not experiment.resumes:
        return f"stopped, no findings were written; {experiment.name} keeps no checkpoints, start it again: {again}"
    resume = "" if "--resume" in words else " --resume"
    return f"stopped, no findings were written; what was done is kept, go on with: {again}{resume}"


def _print_findings(findings: list[lab.Finding]) -> None:
    table = Table("row", "case", "required", "measured", "", "note")
    for f in findings:
        mark = "" if f.reached is None else "[green]reached[/]" if f.reached else "[red]missed[/]"
        row, case, required, measured, note = map(escape, (f.row, f.case, f.required, f.measured, f.note))
        table.add_row(row, case, required, measured, mark, note)
    if findings:
        Console().print(table)


def report(words: list[str]) -> int:
    """Write `report.html` into a run folder."""

    def arguments(folder: Annotated[Path, tyro.conf.Positional]) -> Path:
        """Write the one-page report of a run.

        Args:
            folder: the run folder.
        """
        return folder

    _tell(str(view.write_report(tyro.cli(arguments, args=words, prog="catallax report"))))
    return 0


def results(words: list[str]) -> int:
    """Take findings over into one Markdown page."""

    def arguments(
        folders: Annotated[list[Path], tyro.conf.Positional], out: Path = Path("docs/results.md")
    ) -> tuple[list[Path], Path]:
        """Take over what experiments found, and write the page of everything found so far.

        Args:
            folders: folders that hold a findings.json; none writes the page again.
            out: the page.
        """
        return folders, out

    folders, out = tyro.cli(arguments, args=words, prog="catallax results")
    lab.write_results(folders, out)
    _tell(str(out))
    return 0


def check(words: list[str]) -> int:
    """Run the conformance checker on a part of the user's own."""

    def arguments(part: Annotated[str, tyro.conf.Positional]) -> str:
        """Check that a part keeps its contract.

        Args:
            part: FILE.py:NAME, where NAME is a part or a function without arguments that makes one.
        """
        return part

    place = tyro.cli(arguments, args=words, prog="catallax check")
    part = _load_part(place)
    try:
        core.check_part(part)
    except TypeError as error:
        if isinstance(part, core.AbstractAuction | core.AbstractEnv | core.AbstractLevy):
            raise  # from inside the part: its traceback helps
        raise UsageError(str(error)) from error
    _tell(f"{place} keeps the contract of its part")
    return 0


def _load_part(place: str) -> object:
    part = load_named(place, "catallax check")
    return part() if callable(part) and not isinstance(part, eqx.Module) else part


def load_named(place: str, command: str) -> Any:
    """What FILE.py:NAME names.

    Raises:
        UsageError: if there is no such file or name.
    """
    path, _, name = place.partition(":")
    if not name:
        raise UsageError(f"{command}: expected FILE.py:NAME, got {place!r}.")
    spec = importlib.util.spec_from_file_location("named_part", path)
    if spec is None or spec.loader is None or not Path(path).is_file():
        raise UsageError(f"{command}: {path} is not a Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules["named_part"] = module  # dataclasses look their own module up
    spec.loader.exec_module(module)
    if not hasattr(module, name):
        raise UsageError(
            f"{command}: {path} has no {name!r}; it has {', '.join(n for n in vars(module) if not n.startswith('_'))}."
        )
    return getattr(module, name)
