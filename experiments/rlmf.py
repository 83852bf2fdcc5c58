"""Learning from market feedback, where it can fail: lies, prices that collapse, bids that lock in at nothing; on a table of offers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from _weather_market import NUMBERS, OFFERS, said, weather_stall

from catallax.core import MICRO
from catallax.lab import Context, Finding, Report
from catallax.language.feedback import (
    AbstractSettlement,
    Audited,
    Counterfactual,
    Feedback,
    Joint,
    Royalty,
    Stall,
    Trusting,
)


@dataclass(frozen=True)
class Config:
    """Settings."""

    goals: int = 1_000
    """Goals on which an honest seller and a liar are compared."""
    seeds: int = 5
    """Policies trained in each setting."""
    steps: int = 1_000
    """Updates of a policy."""
    group: int = 16
    """Offers of an update."""
    rate: float = 0.1
    """Learning rate."""
    lucks: int = 16
    """Goals that are tabulated where each plays alone: between equal bids the luck of the goal decides."""
    starts: tuple[float, ...] = (0.5, 0.9, 0.99, 0.999)
    """Chances at first that nothing is bid."""


SETTLEMENTS: dict[str, AbstractSettlement] = {
    "nobody checks": Trusting(),
    "all claims are audited": Audited(),
    "one claim in four is audited, with a bond": Audited(0.25),
    "a royalty on the buyer's score": Royalty(),
}
PRICE, BID = 0.35, 0.1


def run(config: Config, context: Context) -> Report:
    """Compare a liar with an honest seller, prices under both designs, and ways out of bidding nothing."""
    return Report([*liars(config), *prices(config), *locks(config)], text=TEXT)


def liars(config: Config) -> list[Finding]:
    """Who earns more, the seller of what is or of what is not."""
    findings = []
    for name, settlement in SETTLEMENTS.items():
        stall = weather_stall(settlement, bond=0.0 if isinstance(settlement, Trusting) else 1.0)
        goals = list(range(config.goals))
        values = [stall.nature(goal)["I1"] for goal in goals]
        honest, liar = (
            np.array([credits(one) for one in asyncio.run(Counterfactual(stall).feedback(texts, goals))])
            for texts in ([said(v, PRICE, BID) for v in values], [said(1 - v, PRICE, BID) for v in values])
        )
        gain = liar[:, 0] - honest[:, 0]
        checked = not isinstance(settlement, Trusting)
        findings.append(
            Finding("RLMF", f"{name}: gain of a liar over an honest seller, credits an offer",
                    "below 0" if checked else "", plus_minus(gain),
                    bool(gain.mean() + 2 * error(gain) < 0) if checked else None,
                    f"the honest seller earns {plus_minus(honest[:, 0])}, its buyer {plus_minus(honest[:, 1])}; the liar "
                    f"{plus_minus(liar[:, 0])}, its buyer {plus_minus(liar[:, 1])}")
        )  # fmt: skip
    return findings


def credits(one: Feedback) -> tuple[float, float]:
    """What informer and buyer gained."""
    assert one.sale is not None  # all offers here are well formed
    return one.sale.wealth / MICRO, one.sale.buyer


def prices(config: Config) -> list[Finding]:
    """Prices that are learned when each plays alone, and when all compete."""
    stall = weather_stall(Audited())
    found = {}
    for name, play in (("each alone", alone(stall, config.lucks)), ("all together", together(stall, config.group))):
        ends = [learn(config, play, seed)[0] for seed in range(config.seeds)]
        found[name] = np.array([[end.price, end.true, end.bid] for end in ends])
    single, joint = (found[name][:, 0] for name in found)
    words = "; ".join(
        f"{name}: price {plus_minus(end[:, 0])}, true {plus_minus(end[:, 1])}, bid {plus_minus(end[:, 2])}"
        for name, end in found.items()
    )
    low = bool(joint.mean() + 2 * error(joint) < single.mean() - 2 * error(single))
    return [
        Finding(
            "RLMF",
            "what is learned by each design at last",
            "prices fall where sellers of the same compete",
            words,
            low,
        )
    ]


def locks(config: Config) -> list[Finding]:
    """Policies that begin by bidding nothing."""
    play, rows = alone(weather_stall(Audited()), config.lucks), []
    for start in config.starts:
        ends = [learn(config, play, seed, start) for seed in range(config.seeds)]
        out = [step for _, step, _ in ends if step is not None]
        still = np.mean([share for _, _, share in ends])
        rows.append(
            f"{start:g}: {len(out)} of {len(ends)} get out"
            + (f", after {np.mean(out):.0f} updates" if out else "")
            + f", {still:.2f} of the updates until then without signal"
        )
    return [
        Finding(
            "RLMF", "policies that bid nothing with a chance at first and learn to be looked at", "", "; ".join(rows)
        )
    ]


@dataclass(frozen=True)
class Policy:
    """Independent chances of saying the truth, of each price and of each bid."""

    logits: tuple[np.ndarray, np.ndarray, np.ndarray]

    @property
    def chances(self) -> tuple[np.ndarray, ...]:
        """Softmax of the logits."""
        return tuple(np.exp(x - x.max()) / np.exp(x - x.max()).sum() for x in self.logits)

    @property
    def true(self) -> float:
        """Chance of the truth."""
        return float(self.chances[0][1])

    @property
    def price(self) -> float:
        """Mean, credits."""
        return float(self.chances[1] @ NUMBERS)

    @property
    def bid(self) -> float:
        """Mean, credits."""
        return float(self.chances[2] @ NUMBERS)


Play = Callable[[list[np.ndarray], int], tuple[np.ndarray, np.ndarray]]
"""From the offers of a group (whether true, number of the price, of the bid) and a goal to their rewards, and which were looked at."""


def learn(config: Config, play: Play, seed: int, nothing: float | None = None) -> tuple[Policy, int | None, float]:
    """Ascend the group-relative policy gradient, `sum_g (r_g - mean) / std * grad log pi(offer_g)`, as GRPO does without its clip.

    Args:
        config: settings.
        play: how offers meet the market.
        seed: of the draws.
        nothing: chance of a bid of nothing at first; even unless told.

    Returns:
        The policy at last, when nine offers of ten were first looked at, and the share of updates until then in which all rewards were
        equal, so that there was nothing to learn from.
    """
    luck = np.random.default_rng(seed)
    logits = [np.zeros(2), np.zeros(len(NUMBERS)), np.zeros(len(NUMBERS))]
    if nothing is not None:
        logits[2][0] = np.log(nothing * (len(NUMBERS) - 1) / (1 - nothing))
    flat, out = 0, None
    for step in range(config.steps):
        policy = Policy((logits[0], logits[1], logits[2]))
        drawn = [luck.choice(len(p), size=config.group, p=p) for p in policy.chances]
        rewards, looked = play(drawn, 1_000_000 * seed + step)
        if out is None and looked.mean() >= 0.9:
            out = step
        spread = rewards.std()
        flat += out is None and spread == 0
        advantage = (rewards - rewards.mean()) / (spread + 1e-4)
        for x, chosen, p in zip(logits, drawn, policy.chances, strict=True):
            x += config.rate * (np.bincount(chosen, advantage, len(x)) - advantage.sum() * p) / len(advantage)
    return Policy((logits[0], logits[1], logits[2])), out, flat / (config.steps if out is None else max(1, out))


def alone(stall: Stall, goals: int) -> Play:
    """Each plays alone. The world is the same for both values of the signal, and with every claim audited a goal's luck matters between
    equal bids only, so the rewards of some goals are tabulated and used in turn."""
    design, tables = Counterfactual(stall), np.zeros((goals, 2, 2, len(NUMBERS), len(NUMBERS)))
    for goal, table in enumerate(tables):
        value = stall.nature(goal)["I1"]
        found = asyncio.run(design.feedback([said(*offer) for offer in OFFERS], [goal] * len(OFFERS)))
        for (claim, price, bid), one in zip(OFFERS, found, strict=True):
            where = int(claim == value), NUMBERS.index(price), NUMBERS.index(bid)
            table[:, *where] = one.reward, seen(one)

    def play(drawn: list[np.ndarray], goal: int) -> tuple[np.ndarray, np.ndarray]:
        rewards, looked = tables[goal % goals][:, *drawn]
        return rewards, looked

    return play


def together(stall: Stall, group: int) -> Play:
    """All of a group compete."""
    design = Joint(stall, group)

    def play(drawn: list[np.ndarray], goal: int) -> tuple[np.ndarray, np.ndarray]:
        value = stall.nature(goal)["I1"]
        texts = [
            said(value if true else 1 - value, NUMBERS[price], NUMBERS[bid])
            for true, price, bid in zip(*drawn, strict=True)
        ]
        found = asyncio.run(design.feedback(texts, [goal] * len(texts)))
        return np.array([one.reward for one in found]), np.array([seen(one) for one in found])

    return play


def seen(one: Feedback) -> bool:
    """Whether an offer was looked at."""
    return one.sale is not None and one.sale.inspected


def error(values: np.ndarray) -> float:
    """Standard error of a mean; infinite for one value."""
    return float(np.std(values, ddof=1) / len(values) ** 0.5) if len(values) > 1 else float("inf")


def plus_minus(values: np.ndarray) -> str:
    """Mean and two standard errors."""
    return f"{np.mean(values):.3f} ± {2 * error(values):.3f}"


TEXT = (
    "Offers are drawn from a policy with independent chances and updated by the advantage within a group, as in GRPO. A good signal is worth "
    "0.368 credits once it is read; the best price that can be said is 0.35, a rival bids 0.05 for the only slot. Where sellers of the same "
    "compete, the cheapest of those that say the same is admitted."
)
