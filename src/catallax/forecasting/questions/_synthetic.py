"""Questions from a law that is known, so that the best possible forecast is known too."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy.special import expit, logit

from catallax.forecasting.questions._question import Question


class Synthetic(NamedTuple):
    """Questions, what each trader sees of them, and what Bayes' rule makes of it."""

    prior: Float[np.ndarray, " questions"]
    """Probability before anybody sees anything."""
    happened: Int[np.ndarray, " questions"]
    """0 or 1."""
    signals: Float[np.ndarray, "questions traders"]
    """In order of arrival."""
    times: Float[np.ndarray, "questions traders"]
    """When each arrives, days after the opening, rising."""
    closes: Float[np.ndarray, " questions"]
    """Days after the opening."""
    alone: Float[np.ndarray, "questions traders"]
    """Posterior of each trader from the prior and its own signal."""
    beliefs: Float[np.ndarray, "questions traders"]
    """What each says: `alone`, drawn to those before it by herding."""
    posterior: Float[np.ndarray, "questions traders"]
    """Given all signals up to this one: no forecast from them is better; the last column knows all."""
    evidence: Float[np.ndarray, " questions"]
    """Log odds that all signals together add to the prior."""

    @property
    def questions(self) -> list[Question]:
        """For `backtest`: the crowd is the mean belief; the prior, the signals and what they add up to stand in the evidence."""
        return [
            Question(
                id=f"synthetic-{number}",
                text=f"Does event {number} happen within {closes:.1f} days?",
                happened=int(happened),
                crowd=float(beliefs.mean()),
                opens="0",
                closes=f"{closes:.6g}",
                source="synthetic",
                evidence={"prior": float(prior), "signals": tuple(signals.tolist()), "log_odds": float(evidence)},
            )
            for number, (prior, happened, closes, beliefs, signals, evidence) in enumerate(
                zip(self.prior, self.happened, self.closes, self.beliefs, self.signals, self.evidence, strict=True)
            )
        ]


def synthetic(
    questions: int,
    traders: int = 10,
    *,
    noise: float = 2.0,
    shared: float = 0.0,
    herding: float = 0.0,
    prior: tuple[float, float] = (2.0, 2.0),
    days: tuple[float, float] = (1.0, 100.0),
    seed: int = 0,
) -> Synthetic:
    """Events with Beta priors; signals `s_i = ±1 + noise e_i`, with + where the event happens.

    The log odds of the first m signals are `2 sum_i s_i / (noise^2 (1 + (m - 1) shared))`, exactly. With herding h a trader's log odds
    are `(1 - h)` times its own and `h` times the mean of those that spoke before it.

    Args:
        questions: how many.
        traders: who see one signal each, at independent uniform times before the question closes.
        noise: standard deviation of a signal, above 0.
        shared: correlation of the errors of any two signals, in [0, 1).
        herding: `h`, in [0, 1].
        prior: parameters of the Beta distribution of priors, above 0.
        days: between which closing times lie, uniformly.
        seed: of all draws; each part has its own, so that another herding leaves events and signals as they are.

    Raises:
        ValueError: for a number outside of its range.

    >>> drawn = synthetic(3, traders=2, seed=1)
    >>> drawn.posterior.shape, [question.happened for question in drawn.questions]
    ((3, 2), [1, 0, 1])
    """
    _check(questions, traders, noise, shared, herding, prior, days)
    of_events, of_signals, of_times = (np.random.default_rng([seed, part]) for part in range(3))
    chance = of_events.beta(*prior, questions)
    happened = (of_events.random(questions) < chance).astype(np.int64)
    errors = np.sqrt(1 - shared) * of_signals.normal(size=(questions, traders))
    errors += np.sqrt(shared) * of_signals.normal(size=(questions, 1))
    signals = (2 * happened - 1)[:, None] + noise * errors
    closes = of_times.uniform(*days, questions)
    times = np.sort(of_times.uniform(0, 1, (questions, traders)), 1) * closes[:, None]
    before = logit(np.clip(chance, 1e-300, 1 - 1e-16))[:, None]
    alone = before + 2 * signals / noise**2
    added = 2 * np.cumsum(signals, 1) / (noise**2 * (1 + np.arange(traders) * shared))
    return Synthetic(
        chance, happened, signals, times, closes,
        expit(alone), expit(_herded(alone, herding)), expit(before + added), added[:, -1],
    )  # fmt: skip


def bayes(question: Question) -> float:
    """The posterior of a synthetic question, given all signals.

    Raises:
        ValueError: for a question of another kind.

    >>> drawn = synthetic(1)
    >>> bool(abs(bayes(drawn.questions[0]) - drawn.posterior[0, -1]) < 1e-12)
    True
    """
    if not {"prior", "log_odds"} <= set(question.evidence):
        raise ValueError(f"bayes: question {question.id!r} is none that `synthetic` made; its law is not known.")
    return float(expit(logit(question.evidence["prior"]) + question.evidence["log_odds"]))


def _herded(alone: np.ndarray, herding: float) -> np.ndarray:
    said = alone.copy()
    for trader in range(1, alone.shape[1]):
        said[:, trader] = (1 - herding) * alone[:, trader] + herding * said[:, :trader].mean(1)
    return said


def _check(
    questions: int,
    traders: int,
    noise: float,
    shared: float,
    herding: float,
    prior: tuple[float, float],
    days: tuple[float, float],
) -> None:
    for fits, told in (
        (questions >= 1 and traders >= 1, f"at least one question and one trader, got {questions} and {traders}"),
        (0 < noise < np.inf, f"noise above 0, got {noise}"),
        (0 <= shared < 1, f"a correlation of errors in [0, 1), got {shared}"),
        (0 <= herding <= 1, f"herding in [0, 1], got {herding}"),
        (min(prior) > 0 and max(prior) < np.inf, f"two parameters of a Beta distribution above 0, got {prior}"),
        (0 < days[0] <= days[1] < np.inf, f"days from shortest to longest above 0, got {days}"),
    ):
        if not fits:
            raise ValueError(f"synthetic: expected {told}.")
