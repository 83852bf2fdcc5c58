"""How an action is drawn once the market has said what each would bring."""

from __future__ import annotations

import abc
from typing import Any

import equinox as eqx
import numpy as np
from jaxtyping import Float


class AbstractDecisionRule(eqx.Module):
    """From what each action is worth to the chances with which it is taken; `ones` over `actions`, on the host."""

    @abc.abstractmethod
    def chances(self, values: Float[np.ndarray, "*reports actions"]) -> Float[np.ndarray, "*reports actions"]:
        """`phi`, probabilities of the actions.

        Args:
            values: expected utility of each action, by the prices.
        """

    @abc.abstractmethod
    def least(self, actions: int) -> float:
        """A chance that no action's ever falls below, whatever the values; 0 where there is none.

        Raises:
            ValueError: if the rule does not fit that many actions.
        """


class Greedy(AbstractDecisionRule):
    """The best action, several that are equally good by lot: the rule of futarchy (Hanson 2013), which invites lies.

    >>> Greedy().chances(np.array([0.2, 0.7, 0.7])).tolist()
    [0.0, 0.5, 0.5]
    """

    def chances(self, values: Float[np.ndarray, "*reports actions"]) -> Float[np.ndarray, "*reports actions"]:
        """All of it to the best."""
        best = values == np.max(values, -1, keepdims=True)
        return best / np.sum(best, -1, keepdims=True)

    def least(self, actions: int) -> float:
        """0."""
        return 0.0


class EpsGreedy(AbstractDecisionRule):
    """The best action, but any action with probability `eps`: `phi_d = eps / k + (1 - eps) [d is best]`.

    >>> EpsGreedy(0.1).chances(np.array([0.2, 0.7])).round(3).tolist()
    [0.05, 0.95]
    """

    eps: float

    def __check_init__(self) -> None:
        if not 0 <= self.eps <= 1:
            raise ValueError(f"EpsGreedy: eps is a probability, got {self.eps}.")

    def chances(self, values: Float[np.ndarray, "*reports actions"]) -> Float[np.ndarray, "*reports actions"]:
        """See the class."""
        return self.eps / values.shape[-1] + (1 - self.eps) * Greedy().chances(values)

    def least(self, actions: int) -> float:
        """`eps / k`."""
        return self.eps / actions


class Softmax(AbstractDecisionRule):
    """Better actions more often: `phi_d = floor + (1 - k floor) exp(v_d / temperature) / sum_e exp(v_e / temperature)`.

    >>> Softmax(temperature=0.5, floor=0.1).chances(np.array([0.0, 1.0])).round(4).tolist()
    [0.1954, 0.8046]
    """

    temperature: float
    floor: float

    def __check_init__(self) -> None:
        if not (self.temperature > 0 and 0 <= self.floor < 1):
            raise ValueError(
                f"Softmax: expected a temperature above 0 and a floor in [0, 1), got {self.temperature} and {self.floor}."
            )

    def chances(self, values: Float[np.ndarray, "*reports actions"]) -> Float[np.ndarray, "*reports actions"]:
        """See the class."""
        least = self.least(values.shape[-1])
        grown = np.exp((values - np.max(values, -1, keepdims=True)) / self.temperature)
        return least + (1 - values.shape[-1] * least) * grown / np.sum(grown, -1, keepdims=True)

    def least(self, actions: int) -> float:
        """The floor."""
        if actions * self.floor > 1:
            raise ValueError(f"Softmax: {actions} actions cannot all have the floor {self.floor}; lower it.")
        return self.floor


class Trial(AbstractDecisionRule):
    """The same chances whatever the market says: a randomised trial.

    >>> Trial((0.2, 0.8)).chances(np.array([0.9, 0.1])).tolist()
    [0.2, 0.8]
    """

    assigned: tuple[float, ...] = eqx.field(static=True)

    def __check_init__(self) -> None:
        if not (min(self.assigned, default=-1) >= 0 and abs(sum(self.assigned) - 1) <= 1e-9):
            raise ValueError(f"Trial: expected probabilities that add up to 1, got {self.assigned}.")

    def chances(self, values: Float[np.ndarray, "*reports actions"]) -> Float[np.ndarray, "*reports actions"]:
        """As assigned."""
        self.least(values.shape[-1])
        return np.broadcast_to(np.asarray(self.assigned), values.shape)

    def least(self, actions: int) -> float:
        """The smallest."""
        if actions != len(self.assigned):
            raise ValueError(f"Trial: {len(self.assigned)} chances do not fit {actions} actions.")
        return min(self.assigned)


def importance_weights(chances: Any) -> Float[np.ndarray, "*reports actions"]:
    """`1 / phi_d`, and 0 for what is never done: with full support their mean under `phi` is 1 for each action.

    >>> importance_weights([0.2, 0.8]).tolist()
    [5.0, 1.25]
    """
    phi = np.asarray(chances, np.float64)
    return np.where(phi > 0, 1 / np.where(phi > 0, phi, 1), 0.0)


def unweighted(chances: Any) -> Float[np.ndarray, "*reports actions"]:
    """1: what conditional markets pay that simply call off the bets on all other actions."""
    return np.ones(np.shape(chances))
