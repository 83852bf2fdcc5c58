"""A population as text."""

from __future__ import annotations

import numpy as np

from catallax.agents.classifiers._rows import Classifiers
from catallax.agents.classifiers._strong import StrengthRules


def condition(value: np.ndarray, care: np.ndarray, bits: int) -> str:
    """A packed condition as a string over 0, 1, #; character i is bit i.

    >>> condition(np.array([0b001], np.uint32), np.array([0b011], np.uint32), 3)
    '10#'
    """

    def bit(words: np.ndarray, place: int) -> int:
        return int(words[place // 32]) >> (place % 32) & 1

    return "".join(str(bit(value, n)) if bit(care, n) else "#" for n in range(bits))


def rule_table(rules: Classifiers, bits: int, limit: int | None = None) -> str:
    """One line a rule, the most numerous first: condition, action and what the rule knows.

    Args:
        rules: one population.
        bits: length of the conditions.
        limit: lines at most.
    """
    value, care = np.asarray(rules.value), np.asarray(rules.care)
    columns = [np.asarray(x) for x in (rules.action, rules.prediction, rules.error, rules.fitness)]
    copies, experience = np.asarray(rules.numerosity), np.asarray(rules.experience)
    order = np.lexsort((-columns[1], -copies))
    wide = max(bits + 4, len("condition : action"))
    lines = [f"{'condition : action':<{wide}}  prediction    error  fitness  numerosity  experience"]
    for row in order[: np.count_nonzero(copies)][:limit]:
        action, prediction, error, fitness = (x[row] for x in columns)
        name = f"{condition(value[:, row], care[:, row], bits)} : {action}"
        lines.append(
            f"{name:<{wide}}  {prediction:10.1f} {error:8.2f} {fitness:8.3f} {copies[row]:11d} {experience[row]:11d}"
        )
    return "\n".join(lines)


def strength_table(rules: StrengthRules, bits: int, limit: int | None = None) -> str:
    """One line for all copies of a rule, the strongest first: condition, action, strength of all copies, their number.

    Args:
        rules: one population.
        bits: length of the conditions.
        limit: lines at most.
    """
    value, care, action, strength = (np.asarray(x) for x in rules)
    together: dict[str, list[float]] = {}
    for row in np.flatnonzero(action >= 0):
        name = f"{condition(value[:, row], care[:, row], bits)} : {action[row]}"
        together.setdefault(name, []).append(float(strength[row]))
    wide = max(bits + 4, len("condition : action"))
    lines = [f"{'condition : action':<{wide}}  strength of all  copies"]
    for name, copies in sorted(together.items(), key=lambda item: -sum(item[1]))[:limit]:
        lines.append(f"{name:<{wide}}  {sum(copies):15.2f} {len(copies):7d}")
    return "\n".join(lines)
