"""Several methods, each with runs of several seeds, beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from catallax.lab._agreement import part_digest, part_text
from catallax.lab._files import RunFolderError
from catallax.lab._folder import RunFolder
from catallax.lab._markdown import table
from catallax.lab._run import Run
from catallax.lab.statistics import (
    Interval,
    Paired,
    holm,
    interquartile_mean,
    interval,
    paired,
    probability_of_improvement,
)

UNITS = {
    "evaluation": "evaluated return, credits",
    "return_mean": "return per episode while training, credits",
    "reward_mean": "reward per tick, credits",
    "price_mean": "mean price, credits",
    "wealth_gini": "Gini of wealth, 0 to 1",
    "wealth_herfindahl": "Herfindahl of wealth, 0 to 1",
    "alive": "agents alive",
    "ticks_per_second": "ticks per second",
}
"""Columns of a trace and what their values are; a column not listed is called by its name."""

POINTS = 400
"""Of a curve at most, so that intervals are quick."""


@dataclass(frozen=True)
class Method:
    """The runs of one method."""

    name: str
    scores: Float[np.ndarray, " seeds"]
    """Mean of each run over its last ticks."""
    ticks: Float[np.ndarray, " time"]
    """Of all instances together, where the curves are read."""
    curves: Float[np.ndarray, "seeds time"]
    budget: tuple[float, float]
    """Least and most ticks of a run."""
    seconds: float
    """Mean of training, `nan` if not recorded."""
    keys: tuple[str, ...] | None = None
    """Of the runs, if every one is known."""

    @property
    def score(self) -> Interval:
        """Interquartile mean of the scores with its interval."""
        return interval(self.scores, interquartile_mean)


@dataclass(frozen=True)
class Comparison:
    """What `compare` found; the first method is the one that the others are held against."""

    unit: str
    """Of scores and curves."""
    methods: tuple[Method, ...]
    optimum: float | None
    """Of the best policy, if the runs know it, in the unit."""
    notes: tuple[str, ...]
    """What to keep in mind, a sentence each."""

    def against_first(self, method: Method) -> Paired | None:
        """The method less the first, seed by seed; None where their seeds are not the same."""
        first = self.methods[0]
        if method is first or first.keys is None or method.keys is None or set(first.keys) != set(method.keys):
            return None
        ours, theirs = (one.scores[np.argsort(np.asarray(one.keys))] for one in (method, first))
        return paired(ours, theirs)

    def rows(self) -> tuple[list[str], list[list[str]]]:
        """Head and rows of the table, as text."""
        first = self.methods[0].name
        head = ["method", "seeds", "score (IQM)", "mean", "worst to best", f"beats {first}", f"less {first}", "p", "ticks", "seconds"]  # fmt: skip
        tests = {one.name: self.against_first(one) for one in self.methods}
        p = holm({name: test.p for name, test in tests.items() if test is not None})
        rows = []
        for number, one in enumerate(self.methods):
            test = tests[one.name]
            rows.append([
                one.name,
                str(len(one.scores)),
                str(one.score),
                f"{one.scores.mean():.3g}",
                f"{one.scores.min():.3g} to {one.scores.max():.3g}",
                "" if number == 0 else f"{probability_of_improvement(one.scores, self.methods[0].scores):.0%}",
                "" if test is None else f"{test.difference:+.3g}",
                "" if test is None else f"{p[one.name]:.2g}",
                " to ".join(f"{bound:,.0f}" for bound in sorted(set(one.budget))),
                "" if np.isnan(one.seconds) else f"{one.seconds:.1f}",
            ])  # fmt: skip
        return head, rows

    def markdown(self) -> str:
        """The table, and how to read it."""
        several = sum(self.against_first(one) is not None for one in self.methods) > 1
        optimum = [] if self.optimum is None else [f"The best policy has {self.optimum:.4g}."]
        told = [
            f"Score: {self.unit}, mean over the last ticks of a run; interquartile mean over seeds with 95 % bootstrap interval.",
            f"Beats: probability that a run does better than one of {self.methods[0].name}, ties by half.",
            "Less, p: mean difference seed by seed, and sign-flip test"
            + (", adjusted after Holm." if several else ".")
            + " Empty where seeds are not common.",
            *optimum,
            *self.notes,
        ]
        return table(*self.rows()) + "\n\n" + "\n".join(f"* {line}" for line in told) + "\n"


class _Read(NamedTuple):
    """One run, wherever it comes from."""

    label: str
    columns: Mapping[str, np.ndarray]
    config: Mapping[str, Any]


Runs = str | Path | RunFolder | Run | Mapping[str, Any]
"""A run folder, a folder of such, a run in memory, or columns with `tick` among them."""


def compare(
    methods: Mapping[str, Runs | Sequence[Runs]],
    *,
    column: str | None = None,
    tail: float = 0.1,
    optimum: float | None = None,
) -> Comparison:
    """Hold methods against each other: scores and curves of their seeds, with intervals.

    A run's score is the mean of its column over the last `tail` of its ticks (the last value, if none falls there).
    `cx.view.seed_comparison` draws it.

    Args:
        methods: by name, runs of several seeds: folders, folders that hold run folders, `Run`s, or columns of a trace
            (`{"tick": ..., "return_mean": ...}`, axis `[time]`).
        column: of the trace; by default `evaluation` where every run has it, else `return_mean`.
        tail: part of the ticks that the score is read from, in (0, 1].
        optimum: of the best policy, in the unit of the column; by default what the folders say, if they agree
            and the column is `evaluation`.

    Raises:
        RunFolderError: if a folder is missing or holds no run.
        ValueError: if there is no method, one has a single run or the same run twice, runs are of different worlds, those of a
            method of different markets, or the column is missing.

    >>> rows = [{"tick": [10, 20], "return_mean": [0.0, score]} for score in (0.8, 0.9, 0.4, 0.5)]
    >>> found = compare({"market": rows[:2], "rival": rows[2:]})
    >>> print(found.methods[0].score, found.rows()[1][1][5])
    0.85 [0.8, 0.9] 0%
    """
    if not methods:
        raise ValueError("compare: expected at least one method with its runs.")
    if not 0 < tail <= 1:
        raise ValueError(f"compare: expected 0 < tail <= 1, got {tail}.")
    read = {name: [_read(run) for run in _listed(runs)] for name, runs in methods.items()}
    runs = [run for group in read.values() for run in group]
    _check_seeds(read)
    _check_alike(runs, "env", "world", "compare the runs of one world at a time")
    for name, group in read.items():
        _check_alike(group, "market", f"market under the name {name!r}", "give each market a name of its own")
    chosen = _column(runs, column)
    found = tuple(_method(name, group, chosen, tail) for name, group in read.items())
    if optimum is None and chosen == "evaluation":
        known = {known_optimum(run.config) for run in runs}
        optimum = known.pop() if len(known) == 1 else None
    return Comparison(UNITS.get(chosen, chosen), found, optimum, tuple(_notes(found, runs)))


def runs_in(path: str | Path) -> list[Path]:
    """The folder itself if a run wrote it, else the run folders in it, by name.

    Raises:
        RunFolderError: if it is not there, or neither.
    """
    folder = Path(path)
    if (folder / "config.json").is_file() or not folder.is_dir():
        return [RunFolder.open(folder).path]
    found = sorted(place.parent for place in folder.glob("*/config.json"))
    if not found:
        raise RunFolderError(f"{folder}: neither a run folder nor a folder of run folders: there is no config.json.")
    return found


def known_optimum(config: Mapping[str, Any]) -> float | None:
    """Value of the best policy from the start, credits, when a run's `config.json` tells it."""
    if config.get("optimum") is not None:
        return float(config["optimum"])
    for row in config.get("result") or []:
        if str(row.get("name", "")).lower().startswith("optim") and row.get("value") is not None:
            return float(row["value"])
    return None


def _listed(runs: Any) -> list[Any]:
    several = [runs] if isinstance(runs, str | Path | RunFolder | Run | Mapping) else list(runs)
    return [one for run in several for one in (runs_in(run) if isinstance(run, str | Path) else [run])]


def _read(run: Any) -> _Read:
    if isinstance(run, Run):
        if run.state.tick.ndim:
            raise ValueError(
                f"compare: a run of {run.state.tick.shape[0]} markets at once keeps the mean of their traces alone; train one "
                "run for each seed."
            )
        config = {"env": part_text(run.env), "env_numbers": part_digest(run.env), "market": part_text(run.market)}
        seconds = {"seconds": run.seconds, "finished": not run.interrupted}
        return _Read("run in memory", {name: np.asarray(v, float) for name, v in run.trace.items()}, config | seconds)
    if isinstance(run, Mapping):
        columns = {name: np.asarray(values, float) for name, values in run.items()}
        if (
            "tick" not in columns
            or len({values.shape for values in columns.values()}) != 1
            or columns["tick"].ndim != 1
        ):
            raise ValueError(
                f"compare: expected columns of one length with `tick` among them, got { {n: v.shape for n, v in columns.items()} }."
            )
        return _Read("columns", columns, {})
    folder = run if isinstance(run, RunFolder) else RunFolder.open(run)
    columns = {name: np.asarray(values, float) for name, values in folder.read_trace().items()}
    return _Read(str(folder.path), columns, folder.config)


def _check_seeds(read: Mapping[str, Sequence[_Read]]) -> None:
    for name, group in read.items():
        if len(group) < 2:
            raise ValueError(
                f"compare: {name} has {len(group)} run; an interval needs two or more seeds, and ten are better: "
                f"{name}=RUN,RUN,…"
            )
        seen: dict[str, str] = {}
        for run in group:
            key = str(run.config.get("key"))
            if run.config.get("key") is not None and key in seen:
                raise ValueError(
                    f"compare: {seen[key]} and {run.label} under {name!r} have the same key {key}; they are one seed, counted twice."
                )
            seen[key] = run.label


def _check_alike(runs: Sequence[_Read], field: str, called: str, fix: str) -> None:
    """Refuse runs that describe different things, where they describe any."""
    known = [run for run in runs if run.config.get(field) is not None]
    for run in known[1:]:
        first = known[0]
        for name in (field, f"{field}_numbers") if field == "env" else (field,):
            one, other = first.config.get(name), run.config.get(name)
            if one is not None and other is not None and one != other:
                what = "other numbers in it" if name != field else f"{_brief(one)} and {_brief(other)}"
                raise ValueError(f"compare: {first.label} and {run.label} are of a different {called} ({what}); {fix}.")


def _brief(description: Any) -> str:
    return " ".join(str(description).split())[:60]


def _column(runs: Sequence[_Read], column: str | None) -> str:
    def lacking(name: str) -> list[str]:
        return [run.label for run in runs if not np.isfinite(run.columns.get(name, np.array([np.nan]))).any()]

    wanted = [column] if column else ["evaluation", "return_mean"]
    for name in wanted:
        if not lacking(name):
            return name
    common = sorted(set.intersection(*(set(run.columns) for run in runs)) - {"tick"})
    raise ValueError(
        f"compare: {lacking(wanted[-1])[0]} has no value of {' or '.join(wanted)}; columns of all runs: {', '.join(common)}; "
        "choose one with `column`."
    )


def _method(name: str, group: Sequence[_Read], column: str, tail: float) -> Method:
    walks = []
    for run in group:
        seen = np.isfinite(run.columns[column])
        walks.append((run.columns["tick"][seen], run.columns[column][seen]))
    keys = [run.config.get("key") for run in group]
    last = [float(run.columns["tick"][-1]) for run in group]
    seconds = [run.config.get("seconds", np.nan) for run in group]
    ticks = _common_ticks(name, [ticks for ticks, _ in walks])
    return Method(
        name,
        np.array([_score(ticks, values, end, tail) for (ticks, values), end in zip(walks, last, strict=True)]),
        ticks,
        np.stack([np.interp(ticks, *walk) for walk in walks]),
        (min(last), max(last)),
        float(np.mean(seconds)),
        None if None in keys else tuple(map(str, keys)),
    )


def _score(ticks: np.ndarray, values: np.ndarray, end: float, tail: float) -> float:
    late = ticks > (1 - tail) * end
    return float(values[late].mean() if late.any() else values[-1])


def _common_ticks(name: str, walks: Sequence[np.ndarray]) -> Float[np.ndarray, " time"]:
    """Where any run was read, as far as all of them go."""
    start, end = max(ticks[0] for ticks in walks), min(ticks[-1] for ticks in walks)
    if start > end:
        raise ValueError(f"compare: the runs of {name} have no tick in common: {start:,.0f} comes after {end:,.0f}.")
    ticks = np.unique(np.concatenate(walks))
    ticks = ticks[(ticks >= start) & (ticks <= end)]
    return ticks if len(ticks) <= POINTS else ticks[np.linspace(0, len(ticks) - 1, POINTS).astype(int)]


def _notes(methods: Sequence[Method], runs: Sequence[_Read]) -> list[str]:
    notes = []
    if len({one.budget for one in methods}) > 1:
        notes.append("The budgets differ: compare at equal ticks, or say what the difference is for.")
    cut = [run.label for run in runs if run.config.get("finished") is False]
    if cut:
        notes.append(f"Not finished, scored as far as they came: {', '.join(cut)}.")
    return notes
