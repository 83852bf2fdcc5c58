"""Markets that decide: called-off bets pay for lies, importance weights and a rule of full support do not."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

import catallax as cx
from catallax.forecasting import (
    AbstractDecisionRule,
    DecisionMarket,
    EpsGreedy,
    Greedy,
    Softmax,
    Trial,
    decision_gain,
    importance_weights,
    marginal_values,
    off_policy_value,
    unweighted,
)
from catallax.lab import Context, Finding, Report


@dataclass(frozen=True)
class Config:
    """Settings."""

    truths: int = 500
    """Random beliefs and prices on which a rule is searched for lies."""
    paid: int = 300
    """Markets under each rule in which a liar and an honest trader are paid, each settled by every action and outcome."""
    runs: int = 100_000
    """Markets that are traded, decided and settled, half of them where it hurts the house."""
    pulls: int = 1_000
    """Draws from the bandit in one data set."""
    sets: int = 2_000
    """Data sets."""
    key: int = 0
    """Seed of the run."""


GRID = np.arange(1, 100) / 100
GOOD = np.stack(np.meshgrid(GRID, GRID, indexing="ij"), -1)
REPORTS = np.stack([GOOD, 1 - GOOD], -1)
"""All reports in whole per cent, axes of the first action, of the second, actions, outcomes."""
TRUTH = np.array([[0.5, 0.5], [0.6, 0.4]])
PRIOR = np.array([[0.9, 0.1], [0.6, 0.4]])
ROWS = {
    "futarchy: best action, bets called off": (Greedy(), unweighted, "(0.50, 0.49), 0.511; the truth 0.000"),
    "explores 10 %, bets called off": (EpsGreedy(0.1), unweighted, "(0.51, 0.50), 0.484; the truth 0.026"),
    "explores 10 %, importance weights": (EpsGreedy(0.1), importance_weights, "(0.50, 0.60), 0.511; the truth 0.511"),
}
PROPER = (EpsGreedy(0.1), EpsGreedy(0.02), Softmax(0.1, 0.02), Softmax(1.0, 0.2), Trial((0.2, 0.8)))
IMPROPER = (Greedy(), Softmax(0.01, 0.0))


def run(config: Config, context: Context) -> Report:
    """Search for lies, settle many markets, evaluate a policy from the data of another."""
    rng = np.random.default_rng(config.key)
    told = {name: best(rule, weighting, TRUTH, PRIOR) for name, (rule, weighting, _) in ROWS.items()}
    findings = [
        Finding("decision markets", name, required, said(told[name]), said(told[name]) == required)
        for name, (_, _, required) in ROWS.items()
    ]
    p = rng.integers(1, 100, (2, config.truths, 2)) / 100
    truths, priors = np.stack([p, 1 - p], -1)
    findings += [finding for rule in PROPER for finding in paid(rule, config, rng)]
    findings += [bought(rule, truths, priors) for rule in IMPROPER]
    findings += [variance(eps) for eps in (0.2, 0.02)]
    findings += [*settled(config, rng), *policies(config, rng), fact_checkers()]
    gains = {name: decision_gain(REPORTS, TRUTH, PRIOR, rule, weighting) for name, (rule, weighting, _) in ROWS.items()}
    picture = cx.view.decision_gains(gains, GRID, TRUTH[:, 0], {name: row[0] for name, row in told.items()})
    return Report(findings, {"decision_markets": picture}, text=TEXT)


TEXT = (
    "Two actions and two outcomes; the truth is (0.5, 0.6), the prices before the last trader (0.9, 0.6), and the logarithmic score pays in "
    "units of b. Of several best reports the one nearest to the truth is named. The search goes over all reports in whole per cent. "
    "Where accounts are paid, each market has its own truth and its own opening forecasts p; a first trader reports r, drawn at random, and a second "
    "one the truth h; the market is settled by every action and outcome, and what the accounts have more than at the opening, summed with the "
    "chances phi_d h_d(o), is compared with b sum_d [KL(h_d || p_d) - KL(h_d || r_d)] of the first and b sum_d KL(h_d || r_d) of the second. "
    "Amounts are rounded down to micro-credits at the report and again, after the weight, at the settlement: less than 1 / phi_d + 1 of them "
    "on an action, and with two actions less than 3 on average. Paid without weights, the same trades would miss these sums; the rows say by how much. "
    "That `decide` draws actions with the chances phi is tested by the mean of the importance weights. "
    "The bound on the loss of the house is derived here, not read in a source."
)


def best(
    rule: AbstractDecisionRule,
    weighting: Callable[[np.ndarray], np.ndarray],
    truth: np.ndarray,
    prior: np.ndarray,
) -> tuple[np.ndarray, float, float]:
    """The best report, what it gains, and what the truth gains."""
    gains = decision_gain(REPORTS, truth, prior, rule, weighting)
    top = GOOD[gains > gains.max() - 1e-12]
    report = top[np.argmin(np.abs(top - truth[:, 0]).sum(-1))]
    return report, float(gains.max()), float(decision_gain(truth, truth, prior, rule, weighting))


def said(found: tuple[np.ndarray, float, float]) -> str:
    """In words."""
    (first, second), gain, truthful = found
    return f"({first:.2f}, {second:.2f}), {gain:.3f}; the truth {abs(truthful):.3f}"


LIQUIDITY = 2.0
"""`b` of the markets that pay; another number than 1, so that a forgotten b is seen."""


def pays(
    rule: AbstractDecisionRule, h: np.ndarray, p: np.ndarray, reports: Mapping[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What accounts gain whatever is done and happens, the chances of that where h is the truth, and the weights of actions.

    Axes `traders actions outcomes`, `actions outcomes`, `actions 1`.
    """
    gains = np.zeros((len(reports), 2, 2))
    for d, o in itertools.product(range(2), repeat=2):
        market = DecisionMarket(("first", "second"), ("good", "bad"), LIQUIDITY, rule, prior=p)
        for trader, report in reports.items():
            market.open(trader, 1e4)
            market.report(trader, dict(zip(market.actions, report.tolist(), strict=True)))
        phi = market.chances[:, None]
        market.settle(market.actions[d], market.outcomes[o])
        gains[:, d, o] = [market.cash(trader) - 1e4 for trader in reports]
    return gains, phi * h, 1 / phi


def divergence(h: np.ndarray, q: np.ndarray) -> float:
    """`b sum_d KL(h_d || q_d)`."""
    return LIQUIDITY * float(np.sum(h * np.log(h / q)))


def paid(rule: AbstractDecisionRule, config: Config, rng: np.random.Generator) -> list[Finding]:
    """Whether the accounts of a liar and of an honest trader gain in expectation what the theory says."""
    off, bare = [], []
    for _ in range(config.paid):
        chance = rng.uniform(0.02, 0.98, (3, 2))
        h, p, r = np.stack([chance, 1 - chance], -1)
        gains, chances, weights = pays(rule, h, p, {"liar": r, "honest": h})
        expected = np.array([divergence(h, p) - divergence(h, r), divergence(h, r)])
        off.append((gains * chances).sum((1, 2)) - expected)
        bare.append((gains[1] * chances / weights).sum() / expected[1] - 1)
    worst = 1e6 * np.abs(off).max(0)
    return [
        Finding("decision markets", f"{rule}: expected pay of the {name}, less b {theory}: largest", "<= 3 micro-credits",
                f"{most:.3f}", bool(most <= 3),
                f"{config.paid:,} markets, summed over actions and outcomes; without weights the honest one's is {100 * np.mean(bare):+.0f} % off on average")
        for name, theory, most in zip(
            ("liar", "honest trader"), ("[KL(h, p) - KL(h, r)]", "KL(h, r)"), worst, strict=True
        )
    ]  # fmt: skip


def bought(rule: AbstractDecisionRule, truths: np.ndarray, priors: np.ndarray) -> Finding:
    """How often called-off bets make a trader choose the worse action, and what that costs."""
    wrong, lost = 0, []
    for h, p in zip(truths, priors, strict=True):
        report, _, _ = best(rule, unweighted, h, p)
        chosen, meant = (rule.chances(x) @ h[:, 0] for x in (report, h[:, 0]))
        wrong += bool(np.argmax(report) != np.argmax(h[:, 0]))
        lost.append(meant - chosen)
    return Finding(
        "decision markets", f"{rule}, bets called off: the best report names the worse action", "in some cases",
        f"in {100 * wrong / len(truths):.0f} % of the cases", wrong > 0,
        f"the chance of success falls by {np.mean(lost):.3f} on average",
    )  # fmt: skip


def settled(config: Config, rng: np.random.Generator) -> list[Finding]:
    """Markets with accounts, half of them pushed to the edge and settled where it hurts the house."""
    losses, weights, off = [], [], []
    rules = (EpsGreedy(0.15), Softmax(0.2, 0.05))
    for number in range(config.runs):
        market = DecisionMarket(("a", "b", "c"), ("good", "bad"), 1.0, rules[number % 2])
        market.open("ann", 1e4)
        p = rng.uniform(0.01, 0.99, 3) if number % 4 < 2 else rng.choice([1e-9, 1 - 1e-9], 3)
        market.report("ann", {action: (x, 1 - x) for action, x in zip(market.actions, p, strict=True)})
        action = market.decide(f"{config.key} {number}")
        row = market.actions.index(action)
        weight = float(1 / market.chances[row])
        weights.append(np.eye(3)[row] * weight)
        hurts = number % 4 > 1
        good = bool(p[row] > 0.5) if hurts else bool(rng.random() < 0.5)
        market.settle(action, "good" if good else "bad")
        losses.append(market.house_loss / market.worst_case_loss)
        said = float(p[row] if good else 1 - p[row])
        off.append((market.cash("ann") - 1e4 - weight * np.log(said / 0.5)) / (weight + 1))
    mean, error = np.mean(weights, 0), np.std(weights, 0) / np.sqrt(len(weights))
    return [
        Finding("decision markets", "largest loss of the house over b ln n / min phi", "<= 1", f"{max(losses):.6f}",
                bool(max(losses) <= 1), f"{config.runs:,} markets"),
        Finding("decision markets", "account after the settlement, less b ln(r / p) / phi, over 1 + 1 / phi: largest",
                "<= 1.1 micro-credits", f"{1e6 * np.abs(off).max():.3f}", bool(np.abs(off).max() <= 1.1e-6), "amounts are rounded down twice"),
        Finding("decision markets", "mean of the importance weights of three actions", "1 within 4 standard errors",
                ", ".join(f"{m:.3f} ± {e:.3f}" for m, e in zip(mean, error, strict=True)),
                bool(np.all(np.abs(mean - 1) < 4 * error + 1e-12))),
    ]  # fmt: skip


def variance(eps: float) -> Finding:
    """What honesty costs: the pay on an action varies as one over its chance."""
    rule = EpsGreedy(eps)
    phi = rule.chances(TRUTH[:, 0])
    scores = LIQUIDITY * np.log(TRUTH / PRIOR)
    closed = float(np.sum(TRUTH * scores**2 / phi[:, None]) - np.sum(TRUTH * scores) ** 2)
    (gains,), chances, _ = pays(rule, TRUTH, PRIOR, {"honest": TRUTH})
    measured = float((chances * gains**2).sum() - (chances * gains).sum() ** 2)
    off = abs(measured / closed - 1)
    return Finding(
        "decision markets", f"EpsGreedy(eps={eps:g}): variance of the pay of the truth, over b^2, beside sum_d E[s_d^2] / phi_d - (sum_d E[s_d])^2",
        "the same to 1e-5", f"{measured / LIQUIDITY**2:.6f} beside {closed / LIQUIDITY**2:.6f}, {off:.1e} of it off",
        off <= 1e-5, "(0.9, 0.6) moved to the truth (0.5, 0.6), summed over actions and outcomes; accounts keep micro-credits",
    )  # fmt: skip


def policies(config: Config, rng: np.random.Generator) -> list[Finding]:
    """A bandit of known means, seen through another policy."""
    means, target = np.array([0.2, 0.5, 0.8]), np.array([0.1, 0.1, 0.8])
    behaviour = Softmax(0.3, 0.05).chances(1 - means)
    found, clipped = [], []
    for _ in range(config.sets):
        actions = rng.choice(3, config.pulls, p=behaviour)
        rewards = (rng.random(config.pulls) < means[actions]) * 1.0
        found.append(off_policy_value(actions, rewards, behaviour, target).value)
        clipped.append(np.mean(np.minimum(target / behaviour, 2)[actions] * rewards))
    truth, error = target @ means, np.std(found) / np.sqrt(config.sets)
    off = float(np.mean(found) - truth)
    return [
        Finding("decision markets", "off-policy value of a bandit by the same weights, less its true value",
                "0 within 4 standard errors", f"{off:+.5f} ± {error:.5f}", bool(abs(off) < 4 * error),
                f"true value {truth:.2f}; one set of {config.pulls:,} has a standard deviation of {np.std(found):.3f}"),
        Finding("decision markets", "the same with weights clipped at 2", "", f"{np.mean(clipped) - truth:+.3f}"),
    ]  # fmt: skip


def fact_checkers() -> Finding:
    """A true but misleading signal, and the one that corrects it."""
    weights = np.array([[15 / 32, 15 / 32], [1 / 24, 1 / 48]])
    event = np.array([[0.08, 0.08], [0.5, 0.2]])
    first, second = marginal_values([weights * event, weights * (1 - event)], [(0, 1), (1, 1)])
    return Finding(
        "decision markets", "marginal values of a misleading signal and of its correction, over b", "-0.0471, +0.0915",
        f"{first:+.4f}, {second:+.4f}", (round(float(first), 4), round(float(second), 4)) == (-0.0471, 0.0915),
    )  # fmt: skip
