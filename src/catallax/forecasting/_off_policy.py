"""What a policy would earn, from what another one did."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from catallax.forecasting.scoring._forecasts import finite


class Estimate(NamedTuple):
    """A mean and how far it may be off."""

    value: float
    error: float
    """Standard error."""


def off_policy_value(actions: Any, rewards: Any, behaviour: Any, target: Any) -> Estimate:
    """Inverse propensity scoring, `mean_t pi(a_t) r_t / phi(a_t)`: unbiased, since the weights `1 / phi` are those of a `DecisionMarket`.

    A decision market pays a forecaster for the one action that was taken so that on average it is paid for all; off-policy evaluation
    credits a policy with the one reward that was seen so that on average it gets all it would have earned. Clipped weights bias both.

    Args:
        actions: `a_t`, whole numbers from 0, axis `time`.
        rewards: `r_t`, axis `time`.
        behaviour: `phi`, the chances with which the actions were drawn, axes `actions` or `time actions`.
        target: `pi`, the policy asked about, likewise.

    Raises:
        ValueError: for shapes that do not fit, chances that are none, or an action that the target takes and the behaviour never.

    Source: Horvitz and Thompson (1952); Dudik, Langford and Li (2011) for bandits.

    >>> off_policy_value([0, 0, 0, 1], [1.0, 1.0, 1.0, 3.0], behaviour=[0.75, 0.25], target=[0.0, 1.0]).value
    3.0
    """
    a, names = np.asarray(actions), ("rewards", "behaviour", "target")
    r, phi, pi = (
        finite("off_policy_value", name, x) for name, x in zip(names, (rewards, behaviour, target), strict=True)
    )
    if not (a.ndim == 1 and a.size and a.shape == r.shape and np.issubdtype(a.dtype, np.integer)):
        raise ValueError(
            f"off_policy_value: expected whole actions and as many rewards, got the shapes {a.shape}, {r.shape}."
        )
    arms = phi.shape[-1] if phi.ndim else 0
    for name, chances in (("behaviour", phi), ("target", pi)):
        if chances.shape not in ((arms,), (a.size, arms)) or not np.all(chances >= 0):
            raise ValueError(
                f"off_policy_value: {name} should be chances of the shape (actions,) or (time, actions), got {chances.shape}."
            )
        if not np.all(np.abs(chances.sum(-1) - 1) < 1e-6):
            raise ValueError(f"off_policy_value: the chances of {name} do not add up to 1.")
    if not (np.all(a >= 0) and np.all(a < arms)):
        raise ValueError(f"off_policy_value: there are the actions 0 to {arms - 1}, got {a.min()} to {a.max()}.")
    if np.any((pi > 0) & (phi == 0)):
        raise ValueError(
            "off_policy_value: the target takes actions that the behaviour never took; nothing is known of them."
        )
    seen = np.arange(a.size), a
    done, asked = (np.broadcast_to(chances, (a.size, arms))[seen] for chances in (phi, pi))
    if np.any(done == 0):
        raise ValueError("off_policy_value: an action was taken that the behaviour gives no chance.")
    credited = asked / done * r
    error = credited.std(ddof=1) / np.sqrt(a.size) if a.size > 1 else np.nan
    return Estimate(float(credited.mean()), float(error))
