"""Whole experiments as what is measured at a point."""

from __future__ import annotations

import dataclasses
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, SupportsFloat

from catallax.lab._experiment import Context, Experiment, ExperimentError, Report, load, load_file, names, save_report
from catallax.lab._sweeps._points import Batch, Outcome, Point
from catallax.lab._sweeps._task import AbstractTask


@dataclass(frozen=True)
class ExperimentTask(AbstractTask):
    """Runs an experiment at each point, on the host; fields are those of its `Config`.

    The seed is added to the field `key`, the seed of a run in every experiment that has one. Measured are the
    numbers in `Report.values`, and how many requirements, if there are any, were `reached` and `missed`. Findings and figures are kept
    in the sweep's folder, `runs/POINT`.

    Raises:
        ExperimentError: if there is no such experiment.
    """

    name: str

    def __post_init__(self) -> None:
        if self.name not in (found := names()):
            load(self.name)  # tells what there is
        # where the others find the file too
        object.__setattr__(self, "_file", str(found[self.name].resolve()))

    def description(self) -> Mapping[str, Any]:
        """Its name."""
        return {"experiment": self.name}

    def plan(self, points: Sequence[Point]) -> tuple[AbstractTask, list[Batch]]:
        """One by one; raises if a field or a value is not one of the configuration."""
        experiment = self._load()
        settings = experiment.config()
        for point in points:
            configured(experiment, settings, point)
        return super().plan(points)

    def measure(self, batch: Batch, folder: Path | None) -> Sequence[Outcome]:
        """Run it once for each point."""
        experiment = self._load()
        return [Outcome(_values(self._run(experiment, point, folder))) for point in batch]

    def _load(self) -> Experiment:
        file = Path(self._file)  # pyright: ignore[reportAttributeAccessIssue] - set above
        # another machine has those that are shipped with the package
        return load_file(self.name, file) if file.is_file() else load(self.name)

    def _run(self, experiment: Experiment, point: Point, folder: Path | None) -> Report:
        settings = configured(experiment, experiment.config(), point)
        if folder is None:
            import tempfile

            with tempfile.TemporaryDirectory() as place:
                return experiment.run(settings, Context(Path(place)))
        place = folder / f"{point.index:08d}"
        shutil.rmtree(place, ignore_errors=True)  # what a killed run left there
        place.mkdir(parents=True)
        context, began = Context(place), time.perf_counter()
        report = experiment.run(settings, context)
        save_report(report, context, self.name, settings, time.perf_counter() - began, about=experiment.about)
        return report


def configured(experiment: Experiment, settings: Any, point: Point) -> Any:
    """The configuration at a point.

    Raises:
        ExperimentError: if there is no such field, or the value is of another type.
    """
    for name, value in point.fields.items():
        settings = _replaced(experiment.name, settings, name, name.split("."), value)
    if not point.seed:
        return settings
    if not isinstance(getattr(settings, "key", None), int):
        raise ExperimentError(
            f"sweep: experiment {experiment.name} has no field `key`, the seed of a run, and cannot be repeated with others; "
            "leave seeds out."
        )
    return dataclasses.replace(settings, key=settings.key + point.seed)


def _replaced(experiment: str, settings: Any, whole: str, path: list[str], value: Any) -> Any:
    known = [field.name for field in dataclasses.fields(settings)]
    if path[0] not in known:
        raise ExperimentError(f"sweep: experiment {experiment} has no field {whole!r}; its fields: {', '.join(known)}.")
    before = getattr(settings, path[0])
    if len(path) > 1:
        if not dataclasses.is_dataclass(before):
            raise ExperimentError(f"sweep: experiment {experiment} has no field {whole!r}; {path[0]} has no parts.")
        value = _replaced(experiment, before, whole, path[1:], value)
    elif not _fits(value, before):
        raise ExperimentError(
            f"sweep: {whole}={value!r} of experiment {experiment} is {type(value).__name__}, expected {type(before).__name__} "
            f"like {before!r}."
        )
    return dataclasses.replace(settings, **{path[0]: value})


def _fits(value: Any, before: Any) -> bool:
    """Whether a value is of the kind of the default; what has no default says nothing."""
    if before is None or value is None:
        return True
    if isinstance(before, float):
        return isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(before, list | tuple):
        return isinstance(value, list | tuple)
    return isinstance(value, type(before)) and isinstance(value, bool) == isinstance(before, bool)


def _values(report: Report) -> dict[str, SupportsFloat]:
    judged = [finding.reached for finding in report.findings if finding.reached is not None]
    counts = {"reached": sum(map(bool, judged)), "missed": len(judged) - sum(map(bool, judged))}
    return {**report.values, **(counts if judged else {})}
