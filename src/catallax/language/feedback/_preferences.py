"""Many wishes made into one decision: rewards that are averaged, pairwise choices that are fitted, and votes."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy.optimize import linprog
from scipy.special import expit

Wins = Float[np.ndarray, "options options"]
"""Part of all raters who prefer the option of the row to that of the column; the two parts of a pair add up to 1."""


def average(likes: Float[np.ndarray, "groups options"], shares: Float[np.ndarray, " groups"]) -> np.ndarray:
    """One reward for all, `R_k = sum_g share_g u_gk`.

    Args:
        likes: what each option is worth to each group, by its own word.
        shares: of the raters.
    """
    return np.asarray(shares @ likes)


def choices(
    likes: Float[np.ndarray, "groups options"],
    shares: Float[np.ndarray, " groups"],
    temperature: float = 0.0,
    mistaken: float = 0.0,
) -> Wins:
    """What raters answer who are asked for the better one of a pair, `P_kl = sum_g share_g sigma((u_gk - u_gl) / T)`.

    Args:
        likes: what each option is worth to each group.
        shares: of the raters.
        temperature: `T`; at 0 everyone picks the better one, and either of two equal ones by halves.
        mistaken: part of the answers that are given by tossing a coin.

    Raises:
        ValueError: for a temperature below 0 or a part outside [0, 1].
    """
    if temperature < 0 or not 0 <= mistaken <= 1:
        raise ValueError(
            f"choices: expected a temperature of at least 0 and a part in [0, 1], got {temperature} and {mistaken}."
        )
    gaps = likes[:, :, None] - likes[:, None, :]
    preferred = (np.sign(gaps) + 1) / 2 if temperature == 0 else expit(gaps / temperature)
    return np.asarray((1 - mistaken) * np.tensordot(shares, preferred, 1) + mistaken / 2)


def borda(wins: Wins) -> Float[np.ndarray, " options"]:
    """`B_k = mean_{l != k} P_kl`: how often an option is preferred to another one."""
    return np.asarray((wins.sum(1) - np.diag(wins)) / (len(wins) - 1))


def bradley_terry(wins: Wins, sweeps: int = 2_000) -> Float[np.ndarray, " options"]:
    """Scores `s` under which the pooled choices are likeliest, if `P_kl = sigma(s_k - s_l)` for everyone; their mean is 0.

    Where every pair is asked equally often, the scores order options as `borda` does: at the optimum the wins of each option are those
    expected, `sum_l P_kl = sum_l sigma(s_k - s_l)`, which rises with `s_k`. The fit is by minorisation, `e^{s_k} <- sum_l P_kl / sum_l 1 /
    (e^{s_k} + e^{s_l})`.

    Args:
        wins: of each pair; an option that always wins, or never, has a score that grows with the sweeps.
        sweeps: of all options.

    Source: Bradley and Terry (1952); the fit by Zermelo (1929), as in Hunter (2004); that learning a reward from pooled choices counts
    as Borda does, by Siththaranjan, Laidlaw and Hadfield-Menell (2024).

    >>> wins = np.array([[0.5, 0.8, 0.6], [0.2, 0.5, 0.7], [0.4, 0.3, 0.5]])
    >>> np.argsort(bradley_terry(wins)).tolist() == np.argsort(borda(wins)).tolist()
    True
    """
    total = np.maximum(wins.sum(1) - np.diag(wins), 1e-9)
    strength = np.ones(len(wins))
    for _ in range(sweeps):
        pairs = 1 / (strength[:, None] + strength)
        strength = total / (pairs.sum(1) - np.diag(pairs))
        strength /= np.exp(np.log(strength).mean())
    return np.log(strength)


def maximal_lottery(wins: Wins) -> Float[np.ndarray, " options"]:
    """Chances of options to which no lottery is preferred by a majority: the best strategy of the game with the payoffs `P_kl - P_lk`.

    Source: Kreweras (1965); Fishburn (1984).

    >>> maximal_lottery(np.array([[0.5, 0.7, 0.3], [0.3, 0.5, 0.7], [0.7, 0.3, 0.5]])).round(3).tolist()
    [0.333, 0.333, 0.333]
    """
    margins, count = wins - wins.T, len(wins)
    # the value of this game is 0: any chances that lose to no option are best
    found = linprog(np.zeros(count), A_ub=-margins.T, b_ub=np.full(count, 1e-12), A_eq=np.ones((1, count)), b_eq=[1.0])
    return np.asarray(np.clip(found.x, 0, None) / np.clip(found.x, 0, None).sum())
