"""A forecaster that asks itself related questions and answers with what no arbitrageur could take."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from catallax.forecasting.consistency._arbitrage import arbitrage
from catallax.forecasting.consistency._checks import Check
from catallax.forecasting.consistency._frequentist import frequentist
from catallax.forecasting.scoring._forecasts import finite

Q = TypeVar("Q", bound=Hashable)

ARBITRAGE_TOLERANCE = 0.01
"""Nats of arbitrage from which on a tuple counts as inconsistent."""
FREQUENTIST_TOLERANCE = 2.58 * 0.05
"""`gamma sigma`: a test at 1 % of noise with the variance of 400 draws."""


class ArbitrageForecaster(Generic[Q]):
    """Corrects the forecasts of another: `F(x) = p_1` of the projection of `(F(x), base(x_2), ..)`, check after check.

    What the first k checks have found weighs as much as the questions that went into it: the weight of `F(x)` begins at 1 and grows by
    the number of other questions of each check. It makes consistent what it checks; that it is more accurate is not promised, nor that other
    checks gain.

    Source: Paleka et al. (2024), "Consistency checks for language model forecasters".

    >>> from catallax.forecasting.consistency import NEGATION
    >>> base = {"rain": 0.5, "dry": 0.6}.get
    >>> other = {"rain": "dry", "dry": "rain"}.get
    >>> forecast = ArbitrageForecaster(base, [(NEGATION, lambda x: (x, other(x)))])
    >>> round(forecast("rain"), 5), round(forecast("dry"), 5)
    (0.44949, 0.55051)
    """

    def __init__(
        self,
        base: Callable[[Q], float],
        checks: Sequence[tuple[Check, Callable[[Q], Sequence[Q]]]],
        depth: int = 1,
    ) -> None:
        """Wrap a forecaster.

        Args:
            base: from a question to a probability strictly between 0 and 1.
            checks: in order; each with a function from a question to the tuple of questions that is checked, the question itself first.
            depth: how often the forecaster is wrapped in itself; calls of `base` grow as a power of it.

        Raises:
            ValueError: for no check, or a depth below 1.
        """
        if not checks or depth < 1:
            raise ValueError(
                f"ArbitrageForecaster: expected a check and a depth of at least 1, got {len(checks)} and {depth}."
            )
        self.base: Callable[[Q], float] = base if depth == 1 else ArbitrageForecaster(base, checks, depth - 1)
        self.checks = tuple(checks)

    def __call__(self, question: Q) -> float:
        """The corrected probability.

        Raises:
            ValueError: if a tuple does not begin with the question, or the base forecaster says what is no probability.
        """
        forecast, weight = self.base(question), 1.0
        for check, related in self.checks:
            asked = related(question)
            if len(asked) == 0 or asked[0] != question:
                raise ValueError(
                    f"ArbitrageForecaster: the tuple of the check {check.name!r} must begin with {question!r}, got {asked!r}."
                )
            others = asked[1:]
            found = arbitrage([forecast, *map(self.base, others)], check, [weight, *(1.0 for _ in others)])
            forecast, weight = float(found.forecasts[0]), weight + len(others)
        return forecast


class Consistency(NamedTuple):
    """What a forecaster's answers to the tuples of one check are worth to an arbitrageur."""

    check: str
    tuples: int
    arbitrage: float
    """Mean, nats."""
    inconsistent: float
    """Share of tuples with `ARBITRAGE_TOLERANCE` or more."""
    frequentist: float
    """Mean; NaN where the check names no defect."""
    unlikely: float
    """Share of tuples above `FREQUENTIST_TOLERANCE`; NaN as well."""


def report(
    forecaster: Callable[[Q], float], tuples: Iterable[tuple[Check, Sequence[Sequence[Q]]]]
) -> tuple[Consistency, ...]:
    """Both metrics of a forecaster, check by check; look at several, since forecasting 0.5 always passes three of the ten.

    Args:
        forecaster: from a question to a probability strictly between 0 and 1.
        tuples: for each check the tuples of questions to ask.

    Raises:
        ValueError: for a check without tuples, or forecasts that are none.

    >>> from catallax.forecasting.consistency import CONDITIONAL, NEGATION
    >>> half = report(lambda question: 0.5, [(NEGATION, [("a", "not a")]), (CONDITIONAL, [("a", "b if a", "a and b")])])
    >>> [(row.check, round(row.arbitrage, 4), row.inconsistent) for row in half]
    [('negation', 0.0, 0.0), ('conditional', 0.0693, 1.0)]
    """
    return tuple(_row(forecaster, check, asked) for check, asked in tuples)


def _row(forecaster: Callable[[Q], float], check: Check, asked: Sequence[Sequence[Q]]) -> Consistency:
    if not asked:
        raise ValueError(f"report: no tuple of questions for the check {check.name!r}.")
    told = [[forecaster(question) for question in questions] for questions in asked]
    answers = finite("report", f"answers to the check {check.name!r}", told)
    value = arbitrage(answers, check).value
    v = frequentist(answers, check) if check.equal or check.at_most else np.full(len(asked), np.nan)
    return Consistency(
        check.name,
        len(asked),
        float(value.mean()),
        float((value >= ARBITRAGE_TOLERANCE).mean()),
        float(v.mean()),
        float(np.where(np.isnan(v), np.nan, v > FREQUENTIST_TOLERANCE).mean()),
    )
