"""`catallax sweep`: an experiment at every combination of values."""

from __future__ import annotations

import math
import shlex
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import tyro
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from catallax import lab
from catallax.cli._commands import UsageError, _tell

SHOWN = 20
"""Rows of the table that are printed."""


@dataclass(frozen=True)
class Settings:
    """How a sweep is done."""

    seeds: int = 1
    """Repeat every point so many times: the seed is added to the experiment's field `key`."""
    jobs: int | None = None
    """Processes of this machine; 0 computes in this one, by default one per core."""
    ray: str | None = None
    """Instead of processes, a Ray cluster: auto or HOST:PORT."""
    out: Path | None = None
    """Folder of the sweep; `runs/NAME-sweep` by default."""
    resume: bool = False
    """Go on in `out`: points that are missing there or failed."""
    progress: bool = True
    """Show a live line."""


_OPTIONS = {field.name.replace("_", "-") for field in fields(Settings)}


def sweep(words: list[str]) -> int:
    """Run an experiment at every combination of values."""
    known = ", ".join(lab.experiment_names())
    if words[:1] in (["-h"], ["--help"]):
        _tell(
            f"usage: catallax sweep NAME --FIELD VALUE VALUE … [--FIELD …] [OPTIONS]\n\nNAME: {known}\n\n{_options()}"
        )
        return 0
    if not words or words[0].startswith("-"):
        raise UsageError(f"catallax sweep needs the name of an experiment; there are: {known}.")
    task = lab.ExperimentTask(words[0])
    experiment = lab.load_experiment(words[0])
    if words[1:2] in (["-h"], ["--help"]):
        _tell(
            f"usage: catallax sweep {task.name} --FIELD VALUE VALUE … [OPTIONS]\n\n{experiment.about}\n\n{_options()}"
        )
        _tell(f"\nfields, as in catallax run {task.name} --help (after --config. where an option has the name):")
        _tell("  " + ", ".join(field.name for field in fields(experiment.config)))
        return 0
    asked, options = _split(words[1:], task.name)
    settings = tyro.cli(Settings, args=options, prog=f"catallax sweep {task.name}")
    if not asked and settings.seeds == 1:
        raise UsageError(
            f"catallax sweep {task.name}: nothing to sweep over; give a field with its values (--FIELD VALUE VALUE …) or --seeds."
        )
    grid = lab.grid(**{name: _values(experiment, name, texts) for name, texts in asked.items()})
    out = settings.out or Path("runs") / f"{task.name}-sweep"
    try:
        found = lab.sweep(
            task,
            grid,
            seeds=settings.seeds,
            executor=_executor(settings),
            folder=out,
            resume=settings.resume,
            progress=settings.progress,
        )
    except KeyboardInterrupt:
        again = shlex.join(["catallax", "sweep", *words, *([] if settings.resume else ["--resume"])])
        raise KeyboardInterrupt(f"stopped; points that were done are kept, go on with: {again}") from None
    return _show(found, list(asked), out)


def _split(words: list[str], name: str) -> tuple[dict[str, list[str]], list[str]]:
    """Fields with their values, and the words that are options."""
    asked: dict[str, list[str]] = {}
    options: list[str] = []
    place = options
    for word in words:
        if not word.startswith("--"):
            if place is options and not options:
                raise UsageError(
                    f"catallax sweep {name}: {word!r} belongs to no field; expected --FIELD VALUE VALUE …."
                )
            place.append(word)
            continue
        flag, has, value = word[2:].partition("=")
        if flag.removeprefix("no-") in _OPTIONS:
            place = options
            place.append(word)
            continue
        field = flag.removeprefix("config.").replace("-", "_")
        if field in asked:
            raise UsageError(f"catallax sweep {name}: --{flag} is given twice; give all its values after one.")
        place = asked[field] = [value] if has else []
    return asked, options


def _values(experiment: lab.Experiment, name: str, texts: list[str]) -> list[Any]:
    """The values of a field, read as `catallax run` reads them; a value of several words is quoted."""
    known = {field.name for field in fields(experiment.config)}
    if name.partition(".")[0] not in known:
        raise UsageError(
            f"catallax sweep {experiment.name}: no field {name!r}; its fields: {', '.join(sorted(known))}; "
            f"options: {', '.join(sorted(_OPTIONS))}."
        )
    if not texts:
        raise UsageError(f"catallax sweep {experiment.name}: --{name} has no values; give at least one.")
    return [_value(experiment, name, text) for text in texts]


def _value(experiment: lab.Experiment, name: str, text: str) -> Any:
    settings: Any = tyro.cli(
        experiment.config,
        args=[f"--{name.replace('_', '-')}", *shlex.split(text)],
        prog=f"catallax sweep {experiment.name}",
        config=(tyro.conf.FlagConversionOff,),
    )
    for part in name.split("."):
        settings = getattr(settings, part)
    return settings


def _executor(settings: Settings) -> lab.AbstractExecutor:
    if settings.ray is not None:
        if settings.jobs is not None:
            raise UsageError("catallax sweep: --ray takes the place of --jobs; give one of them.")
        return lab.RayCluster(settings.ray)
    return lab.Here() if settings.jobs == 0 else lab.Processes(settings.jobs)


def _show(found: dict[str, np.ndarray], names: list[str], out: Path) -> int:
    own = ("point", *names, "seed", "seconds", "error")
    measured = [name for name in found if name not in own]
    failed = found["error"] != ""
    for row in _rows(found, [*names, "seed", *measured]):
        Console().print(row)
    if len(failed) > SHOWN:
        _tell(f"… {len(failed) - SHOWN} more rows")
    for index in np.flatnonzero(failed)[:SHOWN]:
        at = ", ".join(f"{name} {found[name][index]}" for name in [*names, "seed"])
        _tell(f"failed: {at}: {found['error'][index]}")
    for name in measured:
        if nothing := int(np.isnan(found[name][~failed]).sum()):
            _tell(f"{name} is NaN at {nothing} of {int((~failed).sum())} points")
    _tell(
        f"{int((~failed).sum())} of {len(failed)} points done, {int(failed.sum())} failed; written to {out} "
        f"(lab.read_sweep; catallax watch {shlex.quote(str(out))})"
    )
    return 1 if failed.any() else 0


def _rows(found: dict[str, np.ndarray], names: list[str]) -> list[Table]:
    shown = Table(*map(escape, names), box=None)
    for index in range(min(SHOWN, len(found["point"]))):
        shown.add_row(*(escape(_cell(found[name][index])) for name in names))
    return [shown]


def _cell(value: Any) -> str:
    if isinstance(value, np.floating):
        return "–" if math.isnan(value) else f"{value:.4g}"
    return str(value)


def _options() -> str:
    lines = ["options:"]
    told = {
        "--seeds N": "repeat every point N times; the seed is added to the experiment's field key",
        "--jobs J": "processes of this machine (by default one per core); 0 computes in this one",
        "--ray ADDRESS": "instead a Ray cluster: auto or HOST:PORT",
        "--out FOLDER": "folder of the sweep, runs/NAME-sweep by default",
        "--resume": "go on in that folder: points that are missing there or failed",
        "--no-progress": "show no live line",
        "--config.FIELD VALUE …": "a field whose name is one of the options",
    }
    return "\n".join([*lines, *(f"  {option:<24} {what}" for option, what in told.items())])
