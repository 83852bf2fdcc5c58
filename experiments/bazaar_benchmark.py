"""Models ranked by what they earn at a bazaar, beside their ranking by accuracy at as many questions."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from _bazaar_worlds import LOOK, PROGRAMS, above, dot, runs, table, told
from scipy.stats import spearmanr

import catallax as cx
from catallax.core import MICRO, to_micro
from catallax.lab import Context, Finding, Report
from catallax.language import Answer, Bazaar, Buyer
from catallax.language.bazaar import Case, Contractor, Decider, FlatCost, Informer, Offer, View


@dataclass(frozen=True)
class Config:
    """Settings."""

    seeds: int = 20
    """Benchmarks, each with models and questions of its own."""
    models: int = 6
    """With qualities drawn anew for each benchmark."""
    questions: tuple[int, ...] = (30, 120, 480)
    """Lengths of the benchmark; each seats two models."""
    answers: int = 4
    """That a question may have."""
    price: float = 0.4
    """Of an answer, credits; a right one is worth 1 to the buyer."""
    checks: float = 0.75
    """Chance that a contractor's check of an answer finds out whether it is right."""
    key: int = 0
    """Seed of the run."""


RANKINGS = ("profit, wrong answers taken back", "profit, no truth needed", "profit, the same pairs always", "accuracy")


class Questions:
    """Truths, who is seated and what is answered, and what a check of each answer says: the same for every way."""

    def __init__(self, config: Config, seed: int, rotate: bool = True) -> None:
        luck = np.random.default_rng([config.key, seed])
        self.config = config
        self.qualities = luck.uniform(0.3, 0.95, config.models)
        self.count = max(config.questions)
        self.truth = luck.integers(config.answers, size=self.count)
        right = luck.random((self.count, config.models)) < self.qualities
        wrong = (self.truth[:, None] + luck.integers(1, config.answers, right.shape)) % config.answers
        self.answers = np.where(right, self.truth[:, None], wrong)
        true = np.arange(config.answers) == self.truth[:, None]
        self.passes = np.where(luck.random(true.shape) < config.checks, true, ~true)
        pairs = list(itertools.combinations(range(config.models), 2))
        luck.shuffle(pairs)
        pairs = pairs if rotate else [(n, n + 1) for n in range(0, config.models - 1, 2)]
        self.seats = [tuple(map(int, pairs[n % len(pairs)])) for n in range(self.count)]

    def belief(self, question: int, answers: Sequence[int]) -> np.ndarray:
        """Of a judge who knows the mean quality of models and its own checks, and not who sits where."""
        config, mean = self.config, (0.3 + 0.95) / 2
        choices = np.arange(config.answers)
        chance = np.ones(config.answers)
        for answer in answers:
            chance = chance * np.where(choices == answer, mean, (1 - mean) / (config.answers - 1))
        for answer in set(answers):
            hit = config.checks if self.passes[question, answer] else 1 - config.checks
            chance = chance * np.where(choices == answer, hit, 1 - hit)
        return chance / chance.sum()


def model(number: int, quality: float, config: Config) -> Informer:
    """A model with a seat, if it has one: it sells its answer, and bids what a look is worth to one of its quality."""
    name = f"model {number}"

    def offers(view: View) -> list[Offer]:
        if view.own is None:
            return []
        return [Offer.of(f"{name} answers {view.own}", config.price, config.price * quality / 2, salt=view.seed)]

    return Informer(name, offers, signal=name)


def answer_of(text: str) -> int:
    """What a text answers."""
    return int(text.rpartition(" ")[2])


def judge(questions: Questions) -> Contractor:
    """Buys the likelier answer, once, if it improves on a guess by more than its price."""

    def verdict(case: Case) -> frozenset[str]:
        question = int(case.levels[0].brief.goal.text.rpartition(" ")[2])
        config, luck = questions.config, random.Random(case.seed)
        belief = questions.belief(question, [answer_of(good.text) for good in case.exhibits])
        good = max(case.exhibits, key=lambda good: (belief[answer_of(good.text)], luck.random()))
        gain = belief[answer_of(good.text)] - 1 / config.answers
        return frozenset({good.id} if to_micro(gain) > good.price else ())

    return Contractor(verdict)


def market(questions: Questions, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Profits of models by question, before and after wrong answers are taken back, axes `questions models`; then the buyer's value."""
    config = questions.config
    wealth = config.price * questions.count
    names = [f"model {n}" for n in range(config.models)]
    bazaar = Bazaar(
        [model(n, float(q), config) for n, q in enumerate(questions.qualities)], slots=2, rounds=1, cost=FlatCost(LOOK),
        contractor=judge(questions), wealth=wealth, bond=wealth, seed=seed,
    )  # fmt: skip
    value = []
    first = np.zeros((questions.count, config.models))
    after = np.zeros_like(first)
    for number in range(questions.count):
        buyer = Buyer(Answer(f"question {number}"), 1.0, Decider(lambda brief, known: [r.text for r in known]))
        (result,) = runs(
            bazaar, buyer, [{names[n]: int(questions.answers[number, n]) for n in questions.seats[number]}]
        )
        for slip in result.market.slips:
            place = names.index(slip.informer)
            first[number, place] = (slip.price * slip.bought - (slip.paid or 0)) / MICRO
        after[number] = first[number]
        worth = 1 / config.answers
        for receipt in result.receipts:
            worth = float(answer_of(receipt.text) == questions.truth[number])
            if not worth:
                after[number, names.index(receipt.informer)] -= bazaar.disproved(receipt, buyer) / MICRO
        value.append(worth - result.spent / MICRO)
    for n, name in enumerate(names):  # what is counted is what was booked
        booked = (bazaar.journal[f"informer:{name}"] + bazaar.journal[f"bond:{name}"]) / MICRO
        assert abs(booked - 2 * wealth - after[:, n].sum()) < 1e-6
    assert bazaar.journal.audit() == 0
    return first, after, np.array(value)


def mean(values: np.ndarray, seats: Sequence[tuple[int, ...]], questions: int) -> np.ndarray:
    """By model, over the first questions in which it had a seat."""
    seated = np.zeros(values.shape, bool)
    for number, seat in enumerate(seats[:questions]):
        seated[number, list(seat)] = True
    return np.where(seated, values, 0).sum(0) / np.maximum(seated.sum(0), 1)


def others(questions: Questions) -> dict[str, np.ndarray]:
    """What the buyer has of each question without inspection: value less price."""
    config, rows = questions.config, {"no market": [], "metadata only": [], "buy all": []}
    for number, seat in enumerate(questions.seats):
        said = [int(questions.answers[number, n]) for n in seat]
        best = int(np.argmax(questions.belief(number, said)))
        rows["no market"].append(1 / config.answers)
        rows["metadata only"].append(float(said[number % 2] == questions.truth[number]) - config.price)
        rows["buy all"].append(float(best == questions.truth[number]) - config.price * len(said))
    return {name: np.array(values) for name, values in rows.items()}


def run(config: Config, context: Context) -> Report:
    """Every benchmark, every length, every ranking."""
    found: dict[tuple[int, str], list[float]] = {}
    buyers: dict[str, list[float]] = {}
    shown = ""
    for seed in range(config.seeds):
        questions, still = Questions(config, seed), Questions(config, seed, rotate=False)
        first, after, value = market(questions, seed)
        fixed = market(still, seed)[1]
        right = (questions.answers == questions.truth[:, None]).astype(float)
        scores = dict(
            zip(RANKINGS, ((after, questions), (first, questions), (fixed, still), (right, questions)), strict=True)
        )
        for length in config.questions:
            for name, (values, asked) in scores.items():
                ranks: Any = spearmanr(mean(values, asked.seats, length), questions.qualities)
                found.setdefault((length, name), []).append(float(ranks.statistic))
        for name, values in {**others(questions), "bazaar": value}.items():
            buyers.setdefault(name, []).append(float(values.mean()))
        shown = shown or example(questions, after, right)
    lengths = config.questions
    picture = cx.view.measured(
        {f"{length} questions: {name}": dot(found[length, name]) for length in lengths for name in RANKINGS}, {},
        "rank correlation with the true quality",
    )  # fmt: skip
    return Report([*findings(config, found, buyers)], {"bazaar_benchmark": picture}, text=TEXT + shown)


def findings(
    config: Config, found: Mapping[tuple[int, str], list[float]], buyers: Mapping[str, list[float]]
) -> Iterable[Finding]:
    """What is asked."""
    for length in config.questions:
        for name in RANKINGS:
            values = found[length, name]
            last = length == max(config.questions) and name != "accuracy"
            yield Finding(
                "benchmark", f"{length} questions, {name}: rank correlation with the true quality",
                "above 0" if last else "", told(values), above(values) if last else None,
            )  # fmt: skip
        less = np.subtract(found[length, RANKINGS[0]], found[length, "accuracy"])
        yield Finding("benchmark", f"{length} questions: profit with truth less accuracy", "", told(less), note="both know the truth of every question")  # fmt: skip
    for name in ("no market", "metadata only", "buy all"):
        gain = np.subtract(buyers["bazaar"], buyers[name])
        yield Finding("benchmark", f"buyer's value less price, bazaar less {name}, credits a question", "above 0", told(gain), above(gain))  # fmt: skip


def example(questions: Questions, after: np.ndarray, right: np.ndarray) -> str:
    """The first benchmark, model by model, with bootstrap intervals over questions."""
    rows = []
    for n in np.argsort(-questions.qualities):
        seated = [number for number, seat in enumerate(questions.seats) if n in seat]
        rows.append((f"model {n}", f"{questions.qualities[n]:.3f}", told(after[seated, n]), told(right[seated, n])))
    return table(("model", "true quality", "profit, credits a question", "accuracy"), rows)


TEXT = (
    PROGRAMS
    + "Models are programs that answer rightly with a chance, their quality. Each question seats two, all pairs in turn, in a random order; the "
    "contractor does not know who sits where, checks each answer with a noisy check, and buys at most one. Answers sold wrong are taken back, "
    "with as much again from the bond. *No truth needed*: the same profits before anything is taken back. *The same pairs always*: without rotation. "
    "*Accuracy* counts the answers of the same models to the same questions. *Metadata only* buys one of the two unseen, *buy all* both. "
    "Intervals are over benchmarks; in the table below, that of the first benchmark, over questions.\n\n"
)
