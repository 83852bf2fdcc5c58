"""Forecasters side by side on questions whose answers are known."""

from __future__ import annotations

import importlib
import json
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np

from catallax.forecasting.questions import Question, uniform
from catallax.forecasting.scoring import Binning, brier, calibration_error, equal_width, log_score


class Forecast(NamedTuple):
    """What a forecaster may return instead of the probability alone."""

    probability: float | Sequence[float]
    """Of the event, or of each outcome."""
    cost: float
    """What it took, in any unit that is the same for all."""


Forecaster = Callable[[Question], Any]
"""From a question without its answer to a probability, to one for each outcome, or to a `Forecast`."""


@dataclass(frozen=True)
class Standing:
    """One forecaster on all questions; where it said nothing usable, all outcomes alike count, and NaN stands for one that never answered."""

    name: str
    answered: int
    """Questions with a usable answer."""
    asked: int
    """Questions in all."""
    brier: float
    """Mean; lower is better."""
    log_score: float
    """Mean, nats; higher is better."""
    calibration_error: float
    """Over the probabilities that it gave alone; lower is better."""
    relative: float
    """Mean log score less that of the crowd, nats, on questions with a crowd; NaN without one."""
    cost: float
    """Per answer; NaN where it was not told for each."""
    seconds: float
    """Per question asked."""
    faults: tuple[str, ...]
    """What went wrong, a line for each question without a usable answer."""


@dataclass(frozen=True)
class Backtest:
    """Standings, best log score first."""

    standings: tuple[Standing, ...]
    forecasts: dict[str, dict[str, tuple[float, ...]]]
    """Every usable answer: forecaster, then question, then a probability for each outcome (for an event: not, event)."""

    @property
    def rows(self) -> list[list[str]]:
        """The table as text, its head first."""
        return [list(_HEAD), *(_row(standing) for standing in self.standings)]

    @property
    def notes(self) -> list[str]:
        """What went wrong, and what to know when reading."""
        notes = [
            f"{s.name}: {len(s.faults)} of {s.asked} questions without an answer, the first: {s.faults[0]}"
            for s in self.standings
            if s.faults
        ]
        if any(0 < s.answered < s.asked for s in self.standings):
            notes.append(
                "Brier, log and vs crowd are over all questions; where somebody did not answer, all outcomes alike count."
            )
        return [
            *notes,
            "log: mean log score in nats; vs crowd: that less the crowd's; cost: per answer; s each: seconds per question.",
        ]

    def to_markdown(self) -> str:
        """The table, and below it the notes."""
        head, *rows = [[cell.replace("|", "\\|") for cell in row] for row in self.rows]
        lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
        table = "\n".join(f"| {' | '.join(row)} |" for row in lines)
        return "\n".join([table, "", *(f"- {note}" for note in self.notes), ""])

    def to_json(self) -> str:
        """All figures and answers; null where a number is not finite."""
        told = {"standings": [asdict(standing) for standing in self.standings], "forecasts": self.forecasts}
        return json.dumps(_finite(told), indent=1)


def backtest(
    forecasters: Mapping[str, Forecaster | str] | Sequence[str],
    questions: Iterable[Question],
    *,
    bins: Binning = equal_width(10),  # noqa: B008 - a function without state
    watch: Callable[[int, int], None] = lambda done, of: None,
) -> Backtest:
    """Ask every forecaster every question, without the answer, and score what it says.

    Where a forecaster raises or says what is no forecast, this is noted with its name and the question's, and all outcomes alike count as its
    answer, so that all are scored on the same questions. Scores are proper: by its own belief nobody expects more from silence than from an answer.

    Args:
        forecasters: by name; each a function, or `module:function`. Or a list of the latter, which are then their names.
        questions: resolved.
        bins: for the calibration error.
        watch: told how many answers of how many are there, after each.

    Raises:
        ValueError: for no forecaster, no question, one that is not resolved, two of the same id, or a name that leads nowhere.

    >>> from catallax.forecasting.questions import bayes, crowd, synthetic
    >>> found = backtest({"bayes": bayes, "crowd": crowd}, synthetic(200, seed=1).questions)
    >>> [standing.name for standing in found.standings]
    ['bayes', 'crowd']
    """
    asked = list(questions)
    _check(asked)
    named = forecasters if isinstance(forecasters, Mapping) else {name: name for name in forecasters}
    if not named:
        raise ValueError("backtest: expected at least one forecaster.")
    functions = {name: _function(who) if isinstance(who, str) else who for name, who in named.items()}
    standings, forecasts, done = [], {}, 0
    for name, function in functions.items():
        answers: dict[str, Forecast] = {}
        faults: list[str] = []
        began = time.perf_counter()
        for question in asked:
            try:
                answers[question.id] = _answer(function(question.asked), question)
            except Exception as error:  # anything a forecaster of somebody else's does
                faults.append(f"{question.id}: {type(error).__name__}: {error}")
            done += 1
            watch(done, len(asked) * len(functions))
        seconds = (time.perf_counter() - began) / len(asked)
        standings.append(_standing(name, asked, answers, seconds, tuple(faults), bins))
        forecasts[name] = {key: _probabilities(answer) for key, answer in answers.items()}
    order = sorted(standings, key=lambda s: (math.isnan(s.log_score), -s.log_score))
    return Backtest(tuple(order), forecasts)


def _standing(
    name: str,
    asked: list[Question],
    answers: dict[str, Forecast],
    seconds: float,
    faults: tuple[str, ...],
    bins: Binning,
) -> Standing:
    nan = float("nan")
    if not answers:
        return Standing(name, 0, len(asked), nan, nan, nan, nan, nan, seconds, faults)
    told = [(question, _probabilities(answers.get(question.id) or _silent(question))) for question in asked]
    logs = [_log(p, question) for question, p in told]
    beside = [
        log - _log(_crowd(question), question) for log, (question, _) in zip(logs, told) if question.crowd is not None
    ]
    answered = [(question, p) for question, p in told if question.id in answers]
    came = [np.eye(question.outcomes)[int(question.happened or 0)] for question, _ in answered]
    # of an event the probability that it happens, of several outcomes each one
    said = np.concatenate([p[1:] if question.outcomes == 2 else p for question, p in answered])
    whether = np.concatenate([c[1:] if question.outcomes == 2 else c for (question, _), c in zip(answered, came)])
    return Standing(
        name=name,
        answered=len(answered),
        asked=len(asked),
        brier=float(np.mean([_brier(p, question) for question, p in told])),
        log_score=float(np.mean(logs)),
        calibration_error=calibration_error(said, whether, bins),
        relative=_mean(beside),
        cost=float(np.mean([answer.cost for answer in answers.values()])),
        seconds=seconds,
        faults=faults,
    )


def _mean(numbers: list[float]) -> float:
    """NaN of nothing, and where infinities of both signs meet."""
    return sum(numbers) / len(numbers) if numbers else float("nan")


def _answer(said: Any, question: Question) -> Forecast:
    """A forecast that can be scored.

    Raises:
        ValueError: for what cannot.
    """
    probability, cost = said if isinstance(said, Forecast) else (said, float("nan"))
    array = np.asarray(probability, np.float64)
    expected = () if question.outcomes == 2 else (question.outcomes,)
    if array.shape != expected:
        raise ValueError(
            f"expected {'a probability' if not expected else f'{expected[0]} probabilities'}, got the shape {array.shape}"
        )
    _brier(_probabilities(Forecast(array.tolist(), cost)), question)  # refuses NaN and what is no distribution
    return Forecast(array.tolist(), float(cost))


def _probabilities(forecast: Forecast) -> tuple[float, ...]:
    p = forecast.probability
    return (1 - p, p) if isinstance(p, float | int) else tuple(p)


def _silent(question: Question) -> Forecast:
    """What counts where nothing was said."""
    return _answer(uniform(question), question)


def _crowd(question: Question) -> tuple[float, ...]:
    assert question.crowd is not None
    return _probabilities(_answer(question.crowd, question))


def _brier(p: tuple[float, ...], question: Question) -> float:
    """Of an event the square of one difference, as is usual."""
    return float(brier([p[1]] if question.outcomes == 2 else [p], [question.happened])[0])


def _log(p: tuple[float, ...], question: Question) -> float:
    return float(log_score([p], [question.happened])[0])


def _check(asked: list[Question]) -> None:
    if not asked:
        raise ValueError("backtest: expected at least one question.")
    ids: set[str] = set()
    for question in asked:
        happened = question.happened
        if not isinstance(happened, int | np.integer) or not 0 <= happened < question.outcomes or question.outcomes < 2:
            raise ValueError(
                f"backtest: question {question.id!r} of {question.outcomes} outcomes has the answer {question.happened}; give resolved ones."
            )
        if question.id in ids:
            raise ValueError(f"backtest: two questions have the id {question.id!r}.")
        if question.crowd is not None:
            try:
                _answer(question.crowd, question)
            except ValueError as error:
                raise ValueError(
                    f"backtest: the crowd's forecast of question {question.id!r} is none: {error}."
                ) from error
        ids.add(question.id)


def _function(place: str) -> Forecaster:
    module, _, name = place.partition(":")
    if not module or not name:
        raise ValueError(f"backtest: expected a forecaster as module:function, got {place!r}.")
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ModuleNotFoundError as error:
        raise ValueError(f"backtest: {place!r}: {error}.") from error
    if not callable(found):
        raise ValueError(f"backtest: {module} has no function {name!r}.")
    return found


_HEAD = ["forecaster", "answered", "Brier ↓", "log ↑", "ECE ↓", "vs crowd ↑", "cost", "s each"]


def _row(s: Standing) -> list[str]:
    return [
        s.name, f"{s.answered}/{s.asked}", *(_told(x, ".4f") for x in (s.brier, s.log_score, s.calibration_error)),
        _told(s.relative, "+.4f"), _told(s.cost, ".4g"), _told(s.seconds, ".2g"),
    ]  # fmt: skip


def _told(number: float, form: str) -> str:
    return "–" if math.isnan(number) else ("−∞" if number < 0 else "+∞") if math.isinf(number) else format(number, form)


def _finite(thing: Any) -> Any:
    if isinstance(thing, dict):
        return {key: _finite(value) for key, value in thing.items()}
    if isinstance(thing, list | tuple):
        return [_finite(value) for value in thing]
    return None if isinstance(thing, float) and not math.isfinite(thing) else thing
