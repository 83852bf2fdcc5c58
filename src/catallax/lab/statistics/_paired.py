"""Two methods on the same seeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from catallax.lab.statistics._interval import Interval, finite, interval

Case = TypeVar("Case")

EXACT = 14
"""Pairs up to which every pattern of signs is counted, 2^14; beyond, as many are drawn."""


class Paired(NamedTuple):
    """What `paired` found."""

    difference: Interval
    """Ours less theirs, in their unit."""
    p: float
    """Probability of a mean difference at least as large, to either side, if the names of the methods were exchangeable."""
    better: float
    """Part of the seeds in which ours is larger, ties by half."""

    def __str__(self) -> str:
        return f"{self.difference:+.3g}, p = {self.p:.2g}"


def paired(ours: ArrayLike, theirs: ArrayLike, *, level: float = 0.95, seed: int = 0) -> Paired:
    """Mean difference over common seeds with its interval, and the sign-flip test.

    `p = P(|mean(s · d)| >= |mean(d)|)` over all signs `s` of the differences `d`: exact up to 14 seeds.

    Args:
        ours: axis `[seeds]`.
        theirs: axis `[seeds]`, the same seeds in the same order.
        level: of the interval.
        seed: of the resamples.

    Raises:
        ValueError: if the lengths differ, there are fewer than two seeds, or a value is not finite.

    Source: Fisher (1935), "The design of experiments", section 21.

    >>> print(paired([0.9, 0.8, 0.9, 0.7, 0.8, 0.9], [0.5, 0.6, 0.4, 0.5, 0.5, 0.6]))
    +0.317 [+0.233, +0.4], p = 0.031
    """
    left, right = finite("paired", ours), finite("paired", theirs)
    if left.shape != right.shape or left.ndim != 1 or left.size < 2:
        raise ValueError(
            f"paired: expected two rows over the same two or more seeds, got shapes {left.shape} and {right.shape}."
        )
    gain = left - right
    test = stats.permutation_test(
        (gain,),
        lambda x, axis: np.mean(x, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=2**EXACT,
        rng=np.random.default_rng(seed),
    )
    return Paired(
        interval(gain, level=level, seed=seed), float(test.pvalue), float(np.mean((gain > 0) + 0.5 * (gain == 0)))
    )


def probability_of_improvement(ours: ArrayLike, theirs: ArrayLike) -> float:
    """Probability that a run of ours beats a run of theirs on the same task, ties by half, averaged over tasks.

    Args:
        ours: axes `[seeds]` or `[seeds, tasks]`.
        theirs: likewise, the same tasks; the number of seeds may differ.

    Raises:
        ValueError: if the tasks differ, there is no value or one is not finite.

    Source: Agarwal et al. (2021), section 4, after Mann and Whitney (1947).

    >>> probability_of_improvement([0.9, 0.8], [0.5, 0.85])
    0.75
    """
    left, right = (finite("probability_of_improvement", values) for values in (ours, theirs))
    if left.shape[1:] != right.shape[1:]:
        raise ValueError(
            f"probability_of_improvement: expected the same tasks, got shapes {left.shape} and {right.shape}."
        )
    return float(np.mean((left[:, None] > right[None]) + 0.5 * (left[:, None] == right[None])))


def holm(p: Mapping[Case, float]) -> dict[Case, float]:
    """Several p values, adjusted so that the chance of any false alarm stays below the level.

    In ascending order, `p'_k = max(p'_{k-1}, min(1, (n - k + 1) p_k))`.

    Args:
        p: by the name of the comparison.

    Raises:
        ValueError: if one is no probability.

    Source: Holm (1979), "A simple sequentially rejective multiple test procedure".

    >>> holm({"a": 0.01, "b": 0.04, "c": 0.03})
    {'a': 0.03, 'b': 0.06, 'c': 0.06}
    """
    wrong = {name: value for name, value in p.items() if not 0 <= value <= 1}
    if wrong:
        raise ValueError(f"holm: expected probabilities, got {wrong}.")
    order = sorted(p, key=lambda name: p[name])
    factors = np.arange(len(p), 0, -1)
    adjusted = np.maximum.accumulate(np.minimum(1.0, factors * np.array([p[name] for name in order])))
    found = dict(zip(order, map(float, adjusted), strict=True))
    return {name: found[name] for name in p}


def larger(tests: Mapping[Case, Paired], *, level: float = 0.05) -> dict[Case, bool]:
    """In which of several comparisons ours is larger beyond chance.

    Where the interval of the difference lies above 0 and Holm's adjusted `p < level`.

    Args:
        tests: by the name of the comparison; all that are judged together.
        level: the chance of any false alarm.

    Source: Holm (1979), "A simple sequentially rejective multiple test procedure".

    >>> sure = paired([0.9, 0.8, 0.9, 0.7, 0.8, 0.9], [0.5, 0.6, 0.4, 0.5, 0.5, 0.6])
    >>> larger({"alone": sure}), larger({"first": sure, "second": sure})
    ({'alone': True}, {'first': False, 'second': False})
    """
    p = holm({name: test.p for name, test in tests.items()})
    return {name: bool(test.difference.above and p[name] < level) for name, test in tests.items()}
