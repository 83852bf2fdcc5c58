"""Questions and resolutions in the format of ForecastBench, from local files."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from catallax.forecasting.questions._question import Question

NOT_APPLICABLE = "N/A"


class Loaded(NamedTuple):
    """What was read."""

    questions: list[Question]
    """Resolved, in the order of the question set; one for each date of a question with several. Their ids are `source/id`, and with a date
    `source/id date`: two sources may use the same id."""
    left_out: dict[str, int]
    """How many were not taken, by reason."""


def load_forecastbench(questions: str | Path, resolutions: str | Path) -> Loaded:
    """Read a question set and the resolutions that belong to it.

    A question of a market has one resolution, and its value at the freeze is the crowd's probability. A question on a data set has one for
    each resolution date, and its value at the freeze is a number of another kind, given as evidence. Rows not resolved yet hold prices, not
    outcomes, and are left out; so are combinations of questions, and what resolved to neither 0 nor 1.

    Args:
        questions: file such as `2026-03-01-llm.json`.
        resolutions: file such as `2026-03-01_resolution_set.json`.

    Raises:
        ValueError: for a file that is no JSON, or lacks a field; the message names file, row and field.
        OSError: for a file that cannot be read.

    Source: the data sets of ForecastBench (Karger et al. 2025), whose question sets have these fields.
    """
    asked, came = Path(questions), Path(resolutions)
    rows = _rows(asked, "questions")
    results: dict[tuple[str, str], list[tuple[Path, int, Mapping[str, Any]]]] = {}
    for number, row in enumerate(_rows(came, "resolutions")):
        for name in ("id", "source", "resolved", "resolved_to", "resolution_date"):
            _field(came, "resolutions", number, row, name)
        if not isinstance(row["id"], list):
            results.setdefault((str(row["id"]), str(row["source"])), []).append((came, number, row))
    due = str(_read(asked).get("forecast_due_date", ""))
    found: list[Question] = []
    left_out: Counter[str] = Counter()
    for number, row in enumerate(rows):
        names = ("id", "source", "question", "resolution_dates", "freeze_datetime_value")
        for name in names:
            _field(asked, "questions", number, row, name)
        if isinstance(row["id"], list):
            left_out["a combination of questions"] += 1
            continue
        belonging = results.get((str(row["id"]), str(row["source"])), [])
        if not belonging:
            left_out["without a resolution"] += 1
        for one in _resolved(row, due, belonging):
            if isinstance(one, str):
                left_out[one] += 1
            else:
                found.append(one)
    return Loaded(found, dict(left_out))


def _resolved(
    row: Mapping[str, Any], due: str, results: list[tuple[Path, int, Mapping[str, Any]]]
) -> Iterator[Question | str]:
    """A question for each resolution, or why there is none."""
    of_market = row["resolution_dates"] in (NOT_APPLICABLE, None)
    for path, number, result in results:
        if not result["resolved"]:
            yield "not resolved"
            continue
        to = _number(result["resolved_to"])
        if to is None:
            raise ValueError(
                f"load_forecastbench: {path.name}: resolutions[{number}] is resolved, and resolved_to is no number but {result['resolved_to']!r}."
            )
        if to not in (0.0, 1.0):
            yield "resolved to neither 0 nor 1"
            continue
        yield _question(row, due, str(result["resolution_date"]), of_market, int(to))


def _question(row: Mapping[str, Any], due: str, date: str, of_market: bool, happened: int) -> Question:
    value = _number(row["freeze_datetime_value"])
    text = str(row["question"]).replace("{forecast_due_date}", due).replace("{resolution_date}", date)
    return Question(
        id=f"{row['source']}/{row['id']}" if of_market else f"{row['source']}/{row['id']} {date}",
        text=text,
        happened=happened,
        crowd=value if of_market and value is not None and 0 <= value <= 1 else None,
        opens=str(row.get("freeze_datetime", "")),
        closes=date,
        source=str(row["source"]),
        background="\n".join(str(row[name]) for name in ("background", "resolution_criteria") if row.get(name)),
        evidence={} if of_market or value is None or not math.isfinite(value) else {"freeze_value": value},
    )


def _rows(path: Path, name: str) -> list[Mapping[str, Any]]:
    rows = _read(path).get(name)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError(f"load_forecastbench: {path.name} has no list {name!r}: is it the {name[:-1]} set?")
    return rows


def _read(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"load_forecastbench: {path.name} is no JSON: {error}.") from error
    if not isinstance(told, dict):
        raise ValueError(f"load_forecastbench: {path.name} must hold one object, got a {type(told).__name__}.")
    return told


def _field(path: Path, rows: str, number: int, row: Mapping[str, Any], name: str) -> None:
    if name not in row:
        raise ValueError(
            f"load_forecastbench: {path.name}: {rows}[{number}] (id {row.get('id')!r}) has no field {name!r}; it has {', '.join(sorted(row))}."
        )


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
