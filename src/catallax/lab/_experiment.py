"""One file = one experiment: a frozen `Config` dataclass and a function `run`."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, SupportsFloat, cast

from catallax.lab._claim import Claim
from catallax.lab._provenance import origin
from catallax.lab._reproduction import Reproduction
from catallax.language.models import Pricing


@dataclass(frozen=True)
class Finding:
    """One measured row of a results table."""

    row: str
    """The letter or word that groups it with others on the results page."""
    case: str
    required: str
    """In words, "" when nothing is asked."""
    measured: str
    reached: bool | None = None
    """None when nothing is asked."""
    note: str = ""


@dataclass(frozen=True)
class Report:
    """What an experiment found."""

    findings: list[Finding]
    figures: dict[str, Any] = field(default_factory=dict)
    """Matplotlib figures by name."""
    text: str = ""
    """Markdown that follows the table: a sentence of judgement, larger tables."""
    reproductions: list[Reproduction] = field(default_factory=list)
    """Rows of the page of reproductions, where a source has figures of its own."""
    claims: list[Claim] = field(default_factory=list)
    """Verdicts, of experiments that put a claim to the test: each gets a page of its own."""
    values: Mapping[str, SupportsFloat] = field(default_factory=dict)
    """What a sweep over this experiment tabulates and draws: plain numbers by name, the unit in the name if it has one."""

    @classmethod
    def joined(cls, reports: Iterable[Report]) -> Report:
        """What several parts of an experiment found, in their order."""
        reports = list(reports)
        return cls(
            [row for report in reports for row in report.findings],
            {name: figure for report in reports for name, figure in report.figures.items()},
            "\n\n".join(report.text for report in reports if report.text),
            [row for report in reports for row in report.reproductions],
            [claim for report in reports for claim in report.claims],
            {name: value for report in reports for name, value in report.values.items()},
        )


@dataclass(frozen=True)
class Context:
    """Where an experiment writes and how it behaves."""

    folder: Path
    """Run folders and figures go here."""
    resume: bool = False
    """Go on from checkpoints; set for experiments that declare `RESUMES = True` alone."""
    progress: bool = False


@dataclass(frozen=True)
class Experiment:
    """A loaded experiment file."""

    name: str
    about: str
    """First line of the file's docstring."""
    config: type
    run: Callable[[Any, Context], Report]
    resumes: bool = False
    """Whether it can go on from `Context.resume`: `RESUMES = True` in the file."""
    price: Callable[[Any, Context], Pricing] | None = None
    """Of one that can ask language models: what a run would cost, without asking; the function `price(config, context)` of the file."""


class ExperimentError(ValueError):
    """An experiment file cannot be used; the message names file and fix."""


def search_path() -> list[Path]:
    """Folders with experiments: `experiments/` here, then those shipped with the package."""
    shipped = Path(__file__).resolve().parent.parent / "_experiments"
    return [folder for folder in (Path.cwd() / "experiments", shipped) if folder.is_dir()]


def names() -> dict[str, Path]:
    """Every experiment's file by its name; the nearer folder wins."""
    found: dict[str, Path] = {}
    for folder in search_path():
        for path in sorted(folder.glob("*.py")):
            if not path.name.startswith("_"):
                found.setdefault(path.stem, path)
    return found


def load(name: str) -> Experiment:
    """Load one experiment.

    Raises:
        ExperimentError: if there is no such file, or it lacks `Config` or `run`.
    """
    found = names()
    if name not in found:
        raise ExperimentError(
            f"experiment {name!r} not found; there are: {', '.join(found) or 'none'} "
            f"(looked in {', '.join(map(str, search_path())) or 'experiments/'})."
        )
    return load_file(name, found[name])


def load_file(name: str, path: Path) -> Experiment:
    """Load the experiment of a file.

    Raises:
        ExperimentError: if the file lacks `Config` or `run`.
    """
    module = _import(name, path)
    config, run = getattr(module, "Config", None), getattr(module, "run", None)
    if not (isinstance(config, type) and dataclasses.is_dataclass(config) and callable(run)):
        raise ExperimentError(f"{path}: expected a frozen dataclass `Config` and a function `run(config, context)`.")
    about = (module.__doc__ or "").strip().splitlines()
    return Experiment(
        name,
        about[0] if about else "",
        config,
        cast("Callable[[Any, Context], Report]", run),
        resumes=bool(getattr(module, "RESUMES", False)),
        price=getattr(module, "price", None),
    )


def _import(name: str, path: Path) -> ModuleType:
    full = f"catallax_experiment_{name}"
    spec = importlib.util.spec_from_file_location(full, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[full] = module  # dataclasses look their own module up
    # experiments may share helper files whose names start with an underscore
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(path.parent))
    return module


def save_report(report: Report, context: Context, name: str, settings: Any, seconds: float, *, about: str = "") -> None:
    """Write findings as JSON and figures as PNG into the context's folder, with revision and machine."""
    context.folder.mkdir(parents=True, exist_ok=True)
    for title, figure in report.figures.items():
        figure.savefig(context.folder / f"{title}.png", dpi=144)
    content = {
        "experiment": name,
        "about": about,
        "config": dataclasses.asdict(settings),
        "seconds": seconds,
        "origin": origin(),
        # comparisons of NumPy figures give NumPy booleans, which JSON does not know
        "findings": [
            {**dataclasses.asdict(f), "reached": None if f.reached is None else bool(f.reached)}
            for f in report.findings
        ],
        "reproductions": [dataclasses.asdict(row) for row in report.reproductions],
        "claims": [dataclasses.asdict(claim) for claim in report.claims],
        "values": {name: float(value) for name, value in report.values.items()},
        "figures": sorted(report.figures),
        "text": report.text,
    }
    (context.folder / "findings.json").write_text(json.dumps(content, indent=1, default=str), encoding="utf-8")
