"""Learning from market feedback: a tiny language model, by chance at first, learns to sell what it knows through TRL's GRPO."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from _tiny_trl import train
from _weather_market import OFFERS, said, weather_stall
from scipy.stats import t as student

import catallax as cx
from catallax.lab import Context, Finding, Report
from catallax.language.feedback import Audited, Counterfactual, Feedback, Stall, Trusting

Batches = list[list[tuple[Feedback, int]]]


@dataclass(frozen=True)
class Config:
    """Settings."""

    seeds: int = 3
    """Models, each with data of its own."""
    steps: int = 150
    """Updates of a model."""
    batch: int = 64
    """Completions of an update."""
    group: int = 32
    """Completions of a prompt."""
    rate: float = 3e-3
    """Learning rate at the beginning; it falls to 0."""
    last: int = 10
    """Batches at the beginning and at the end that are compared."""


CASES: dict[str, Stall] = {
    "claims are audited": weather_stall(Audited()),
    "nobody checks claims": weather_stall(Trusting()),
    "claims are audited, and a bond is lost": weather_stall(Audited(), bond=1.0),
}


def run(config: Config, context: Context) -> Report:
    """Train under each settlement, compare the first batches with the last, draw the curves."""
    if find_spec("trl") is None:
        raise ImportError("rlmf_grpo: needs TRL and torch; run: pip install 'catallax[trl]'")
    findings, curves = [], {}
    top = best(CASES["claims are audited"])
    for name, stall in CASES.items():
        design = Counterfactual(stall)
        runs = [
            train(design, seed, config.steps, config.batch, config.group, config.rate) for seed in range(config.seeds)
        ]
        curves[name] = [(np.arange(1, len(batches) + 1), smooth(rewards(batches))) for batches in runs]
        findings += told(config, name, runs, top)
    figure = cx.view.seed_curves(curves, target=top, unit="reward of a completion", goal="best offer")
    figure.axes[0].set_xlabel("updates")
    return Report(findings, {"rlmf_grpo": figure}, text=TEXT)


def best(stall: Stall) -> float:
    """The highest reward there is, for one who knows the signal, by trying all offers."""
    found = asyncio.run(Counterfactual(stall).feedback([said(*offer) for offer in OFFERS], [0] * len(OFFERS)))
    return max(one.reward for one in found)


def rewards(batches: Batches) -> np.ndarray:
    """Mean of each batch."""
    return np.array([np.mean([one.reward for one, _ in batch]) for batch in batches])


def smooth(values: np.ndarray, width: int = 5) -> np.ndarray:
    """Means of the last few."""
    return np.array([values[max(0, n - width + 1) : n + 1].mean() for n in range(len(values))])


def told(config: Config, name: str, runs: list[Batches], top: float) -> list[Finding]:
    """What a case came to."""
    first = [float(rewards(batches[: config.last]).mean()) for batches in runs]
    final = [float(rewards(batches[-config.last :]).mean()) for batches in runs]
    rise = interval(np.subtract(final, first))
    audited = name == "claims are audited"
    said = f"{interval(first)} at first, {interval(final)} at last; rise {rise}; the best offer has {top:.2f}"
    low = np.subtract(final, first).mean() - half(np.subtract(final, first))
    required, reached = ("the rise is above 0", bool(low > 0)) if audited else ("", None)
    ends = [[pair for batch in batches[-config.last :] for pair in batch] for batches in runs]
    return [
        Finding("RLMF", f"{name}: mean reward of GRPO, {config.seeds} seeds", required, said, reached),
        Finding("RLMF", f"{name}: what the models say at last", "", "; ".join(map(habits, ends))),
        Finding("RLMF", f"{name}: what their buyer gains by an offer at last", "",
                f"{interval([float(np.mean([one.sale.buyer for one, _ in end if one.sale])) for end in ends])} credits"),
    ]  # fmt: skip


def habits(end: list[tuple[Feedback, int]]) -> str:
    """Shares and means of the offers of a model."""
    offers = [(one.proposal, one.sale, value) for one, value in end if one.proposal and one.sale]
    if not offers:
        return "nothing that can be read"
    true = np.mean([proposal.info == f"I1={value}" for proposal, _, value in offers])
    price, bid = (np.mean([getattr(proposal, name) for proposal, _, _ in offers]) for name in ("price", "bid"))
    bought = np.mean([sale.bought for _, sale, _ in offers])
    return f"{len(offers) / len(end):.2f} readable, of these {true:.2f} true, {bought:.2f} bought, price {price:.2f}, bid {bid:.2f}"


def half(values: Sequence[float] | np.ndarray) -> float:
    """Half of the 95 % interval of a mean, by Student's t; infinite for one value."""
    count = len(values)
    return float(student.ppf(0.975, count - 1) * np.std(values, ddof=1) / count**0.5) if count > 1 else float("inf")


def interval(values: Sequence[float] | np.ndarray) -> str:
    """Mean and 95 % interval over seeds."""
    return f"{np.mean(values):.2f} ± {half(values):.2f}"


TEXT = (
    "A Llama of two layers with random weights is told one signal and says three words: a claim, a price, a bid. Each completion plays "
    "alone against the same competitor; its reward is the informer's change of wealth. Where nobody checks claims, any claim sells, so "
    "the reward rises without the truth. A bond that is lost by a false claim makes a random offer worse than an offer nobody looks at, "
    "and a model that begins at random can end up bidding nothing. What a buyer gains is told by what happened on the few goals of the last "
    "updates; refunds are not in it. A true claim is worth 0.368 credits to it on average."
)
