"""Sets of questions whose answers hang together, and the answers that are possible."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from catallax.forecasting.scoring._forecasts import finite

ABSENT = -1
"""The answer to a conditional question whose condition does not hold."""

Answer = Callable[..., bool | None]
"""From the truth of each atom to the answer; None where the question does not apply."""
Defect = Callable[..., float]
"""From the forecasts to 0 where they agree; affine in each forecast."""


@dataclass(frozen=True)
class Check:
    """Questions and the worlds that are possible: what they can be answered together.

    >>> Check.of("both", {"P": lambda p, q: p, "P and Q": lambda p, q: p and q}).worlds
    ((0, 0), (1, 0), (1, 1))
    """

    name: str
    questions: tuple[str, ...]
    worlds: tuple[tuple[int, ...], ...]
    """For each possible world the answers: 1, 0, or `ABSENT` where a condition does not hold."""
    equal: tuple[Defect, ...] = field(default=(), compare=False)
    """Defects that coherent forecasts have at 0, for the frequentist metric."""
    at_most: tuple[Defect, ...] = field(default=(), compare=False)
    """Defects that coherent forecasts have at 0 or below."""

    def __post_init__(self) -> None:
        """Refuse what cannot be asked.

        Raises:
            ValueError: if no world is possible, an answer is none, a question applies in no world, or a defect is of more forecasts than there are.
        """
        if not self.questions or not self.worlds:
            raise ValueError(
                f"Check {self.name!r}: no world answers {len(self.questions)} questions: the constraints contradict each other."
            )
        if any(len(world) != len(self.questions) or not set(world) <= {0, 1, ABSENT} for world in self.worlds):
            raise ValueError(
                f"Check {self.name!r}: expected {len(self.questions)} answers in each world, each 1, 0 or {ABSENT} for a condition that "
                f"does not hold; got {self.worlds}."
            )
        for place, question in enumerate(self.questions):
            if all(world[place] == ABSENT for world in self.worlds):
                raise ValueError(
                    f"Check {self.name!r}: the condition of {question!r} holds in no possible world; leave the question out."
                )
        if (most := max((arity(defect) for defect in (*self.equal, *self.at_most)), default=0)) > len(self.questions):
            raise ValueError(
                f"Check {self.name!r}: a defect is a function of {most} forecasts, and there are {len(self.questions)} questions."
            )

    @classmethod
    def of(
        cls,
        name: str,
        questions: Mapping[str, Answer],
        where: Callable[..., bool] = lambda *atoms: True,
        equal: tuple[Defect, ...] = (),
        at_most: tuple[Defect, ...] = (),
    ) -> Check:
        """Enumerate the worlds of some atoms.

        Args:
            name: of the check.
            questions: for each its answer, a function of the truth of the atoms; all functions take the same atoms.
            where: constraint on the atoms.
            equal: see the field.
            at_most: see the field.

        Raises:
            ValueError: as the class itself, above all if no assignment satisfies the constraint.
        """
        atoms = {arity(answer) for answer in questions.values()}
        if len(atoms) != 1:
            raise ValueError(f"Check {name!r}: all questions must be functions of the same atoms, got {sorted(atoms)}.")
        truths = [truth for truth in itertools.product((False, True), repeat=atoms.pop()) if where(*truth)]
        worlds = {tuple(_code(answer(*truth)) for answer in questions.values()) for truth in truths}
        return cls(name, tuple(questions), tuple(sorted(worlds)), equal, at_most)

    def forecasts(self, forecasts: object) -> Float[np.ndarray, "*tuples questions"]:
        """Numbers that can be forecasts of these questions.

        Raises:
            ValueError: for another number of them, or one that is not strictly between 0 and 1.
        """
        numbers = finite(f"Check {self.name!r}", "forecasts", forecasts)
        if numbers.ndim == 0 or numbers.shape[-1] != len(self.questions):
            raise ValueError(
                f"Check {self.name!r}: expected {len(self.questions)} forecasts, of {', '.join(self.questions)}; got the shape {numbers.shape}."
            )
        if not np.all((numbers > 0) & (numbers < 1)):
            raise ValueError(
                f"Check {self.name!r}: forecasts lie strictly between 0 and 1, since a forecast of 0 or 1 stakes everything; got {numbers}. "
                "Clip them."
            )
        return numbers


def arity(function: Callable[..., object]) -> int:
    """How many arguments a function takes."""
    return len(inspect.signature(function).parameters)


def _code(answer: bool | None) -> int:
    return ABSENT if answer is None else int(answer)


NEGATION = Check.of("negation", {"P": lambda p: p, "not P": lambda p: not p}, equal=(lambda a, b: a + b - 1,))
PARAPHRASE = Check.of("paraphrase", {"P": lambda p: p, "P in other words": lambda p: p}, equal=(lambda a, b: a - b,))
CONSEQUENCE = Check.of(
    "consequence",
    {"P": lambda p, q: p, "Q, which P implies": lambda p, q: q},
    where=lambda p, q: q or not p,
    at_most=(lambda a, b: a - b,),
)
AND_OR = Check.of(
    "and-or",
    {"P": lambda p, q: p, "Q": lambda p, q: q, "P and Q": lambda p, q: p and q, "P or Q": lambda p, q: p or q},
    equal=(lambda a, b, c, d: a + b - c - d,),
)
AND = Check.of(
    "and",
    {"P": lambda p, q: p, "Q": lambda p, q: q, "P and Q": lambda p, q: p and q},
    at_most=(lambda a, b, c: a + b - 1 - c, lambda a, b, c: c - a, lambda a, b, c: c - b),
)
OR = Check.of(
    "or",
    {"P": lambda p, q: p, "Q": lambda p, q: q, "P or Q": lambda p, q: p or q},
    at_most=(lambda a, b, c: c - a - b, lambda a, b, c: a - c, lambda a, b, c: b - c),
)
BUT = Check.of(
    "but",
    {"P": lambda p, q: p, "Q but not P": lambda p, q: q and not p, "P or Q": lambda p, q: p or q},
    equal=(lambda a, b, c: a + b - c,),
)
CONDITIONAL = Check.of(
    "conditional",
    {"P": lambda p, q: p, "Q given P": lambda p, q: q if p else None, "P and Q": lambda p, q: p and q},
    equal=(lambda a, b, c: a * b - c,),
)
DOUBLE_CONDITIONAL = Check.of(
    "double conditional",
    {
        "P": lambda p, q, r: p,
        "Q given P": lambda p, q, r: q if p else None,
        "R given P and Q": lambda p, q, r: r if p and q else None,
        "P and Q and R": lambda p, q, r: p and q and r,
    },
    equal=(lambda a, b, c, d: a * b * c - d,),
)
EXPECTED_EVIDENCE = Check.of(
    "expected evidence",
    {
        "P": lambda p, q: p,
        "Q": lambda p, q: q,
        "P given Q": lambda p, q: p if q else None,
        "P given not Q": lambda p, q: None if q else p,
    },
    equal=(lambda a, b, c, d: b * c + (1 - b) * d - a,),
)

CHECKS: tuple[Check, ...] = (
    NEGATION,
    PARAPHRASE,
    CONSEQUENCE,
    AND_OR,
    AND,
    OR,
    BUT,
    CONDITIONAL,
    DOUBLE_CONDITIONAL,
    EXPECTED_EVIDENCE,
)
"""The ten checks of Paleka et al. (2024)."""
