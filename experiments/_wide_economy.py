"""What the experiments with supply chains share: how well an economy does beside its planner, and whether its books close."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from catallax.classics import PerSeed
from catallax.lab import Finding
from catallax.markets import WideRecord, WideRun

ROW = "wide market"
INCOME = np.array([0, 0, 0, 0, 0.5, 3.0, 1.0])
"""Of the village's consumers, credits a tick."""


def welfare(consumed: np.ndarray, best: np.ndarray, income: np.ndarray) -> float:
    """Consumption as a share of the planner's: the geometric mean over the goods, weighted by incomes, `prod (y_j / y*_j)^(I_j / I)`."""
    wanted = income > 0
    if np.any(consumed[wanted] <= 0):
        return 0.0
    return float(np.exp(income[wanted] @ np.log(consumed[wanted] / best[wanted]) / income.sum()))


def eaten(record: WideRecord) -> np.ndarray:
    """Units consumed of each good, axes `time goods`."""
    return np.asarray(record.consumed).sum(1)


def windows(record: WideRecord, best: np.ndarray, income: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Consumption beside the planner's in each of some windows."""
    parts: Sequence[np.ndarray] = np.array_split(eaten(record), count)
    ends = np.cumsum([len(part) for part in parts])
    return ends.astype(float), np.asarray([welfare(part.mean(0), best, income) for part in parts])


def interval(rows: PerSeed) -> str:
    """Of the mean, 95 %."""
    low, high = rows.interval()
    return f"[{low:.3f}, {high:.3f}]"


def books(case: str, ran: Sequence[WideRun]) -> list[Finding]:
    """Whether money and goods are conserved, and how far each tick is from its equilibrium."""
    imbalance = sum(one.state.ledger.audit() for one in ran)
    lost = max(float(np.max(one.record.lost)) for one in ran)
    gap = np.concatenate([np.asarray(one.record.gap) for one in ran])
    regret, rare = max(float(np.max(one.record.regret)) for one in ran), float(np.quantile(gap, 0.99))
    return [
        Finding(ROW, f"{case}: money that the books do not explain", "0 grains", f"{imbalance} grains", imbalance == 0),
        Finding(ROW, f"{case}: goods lost or made in trade, share of the stock, worst tick", "<= 1e-9", f"{lost:.1e}", lost <= 1e-9),
        Finding(ROW, f"{case}: distance to equilibrium of what was traded", "gap <= 1e-6 in 99 % of the ticks",
                f"99 %: {rare:.1e}; worst tick: gap {gap.max():.1e}, regret {regret:.1e}", rare <= 1e-6,
                "judged after settlement; worst where a good is out of stock"),
    ]  # fmt: skip
