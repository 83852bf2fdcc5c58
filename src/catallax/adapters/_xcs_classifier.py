"""XCS as a scikit-learn classifier whose model is a list of rules."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from catallax.adapters._extras import need
from catallax.adapters._thresholds import Thresholds
from catallax.agents import classifiers as parts
from catallax.classics import XCS
from catallax.core import split_by
from catallax.envs import Examples

base = need("sklearn.base", "forecasting")
validation = need("sklearn.utils.validation", "forecasting")
multiclass = need("sklearn.utils.multiclass", "forecasting")

PAYOFF = 1000.0
BLOCK = 250
"""Explore problems in one call of the compiled program."""
ROWS = 512
"""Tables are padded to this, times a power of 4."""


class XCSClassifier(base.ClassifierMixin, base.BaseEstimator):
    """XCS that draws training examples, guesses labels and is paid for right ones.

    Real features become bits, `x > threshold`, with thresholds from the
    training table (see `bits`); a rule over them reads as intervals. The label of
    an example is that of the highest system prediction `P(a)`; where no rule
    matches, the most frequent one. `predict_proba` divides the predictions by
    their sum, which is no calibrated probability.

    Source: the system, Wilson (1995); the coding by quantiles is ours.
    """

    def __init__(
        self,
        capacity: int = 800,
        problems: int = 20_000,
        bits: int = 5,
        wildcard: float = 0.5,
        mutation: float = 0.04,
        random_state: Any = None,
    ) -> None:
        """Settings; nothing is checked before `fit`.

        Args:
            capacity: copies of rules in all.
            problems: examples to learn from, drawn with replacement; rounded up to whole blocks of 250.
            bits: thresholds for each feature at most; a feature of two values has one.
            wildcard: probability that a new rule does not care about a bit.
            mutation: probability with which a bit of a child's condition, or its label, changes.
            random_state: as scikit-learn understands it.
        """
        self.capacity = capacity
        self.problems = problems
        self.bits = bits
        self.wildcard = wildcard
        self.mutation = mutation
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> XCSClassifier:
        """Learn rules for the labels.

        Args:
            X: finite numbers, axes `samples`, `features`.
            y: labels, one a sample.

        Raises:
            ValueError: on settings or tables that make no sense, by name.
        """
        for name in ("capacity", "problems", "bits"):
            if getattr(self, name) < 1:
                raise ValueError(f"XCSClassifier: {name} must be at least 1, got {getattr(self, name)}.")
        for name in ("wildcard", "mutation"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"XCSClassifier: {name} must be a probability, got {getattr(self, name)}.")
        X, y = validation.validate_data(self, X, y, dtype=np.float64)
        multiclass.check_classification_targets(y)
        seed = validation.check_random_state(self.random_state).randint(2**31 - 1)
        self.classes_, labels = np.unique(y, return_inverse=True)
        self.shares_ = np.bincount(labels) / len(labels)
        self.thresholds_ = Thresholds.of(X, self.bits)
        env, system = self._world(self.thresholds_.pack(X), labels), self._system()
        rules, key = system.init(env), jax.random.key(seed)
        if len(self.classes_) > 1:
            for block in range(-(-self.problems // BLOCK)):
                key, now = split_by(key, "next", "now")
                rules = _explore(system, now, env, rules, jnp.asarray(block * BLOCK, jnp.int32))
        self.population_ = jax.tree.map(np.asarray, rules)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """The label of the highest system prediction, one a sample."""
        payoffs = self._payoffs(X)  # first of all: it says whether there is a model
        return self.classes_[np.argmax(payoffs, axis=1)]

    def predict_proba(self, X: Any) -> np.ndarray:
        """System predictions over their sum; axes `samples`, `classes`."""
        payoffs = self._payoffs(X)
        return payoffs / payoffs.sum(axis=1, keepdims=True)

    def rules(self, limit: int | None = None) -> str:
        """What was learned as text, the most numerous rules first.

        Args:
            limit: lines at most.
        """
        validation.check_is_fitted(self)
        names = list(getattr(self, "feature_names_in_", [f"x{n}" for n in range(self.n_features_in_)]))
        rules, lines = self.population_, []
        order = np.lexsort((-rules.prediction, -rules.numerosity))[: np.count_nonzero(rules.numerosity)]
        for row in order[:limit]:
            said = self.thresholds_.spell(rules.value[:, row], rules.care[:, row], names)
            told = f"payoff {rules.prediction[row]:.0f}, error {rules.error[row]:.0f}, copies {rules.numerosity[row]}"
            lines.append(f"{said}: {self.classes_[rules.action[row]]} ({told})")
        return "\n".join(lines)

    def _payoffs(self, X: Any) -> np.ndarray:
        """System prediction of every label, positive; axes `samples`, `classes`."""
        validation.check_is_fitted(self)
        X = validation.validate_data(self, X, dtype=np.float64, reset=False)
        rules = self.population_
        taken = np.flatnonzero(rules.numerosity)
        value, care, fitness = rules.value[:, taken], rules.care[:, taken], rules.fitness[taken].astype(float)
        votes = (rules.action[taken][:, None] == np.arange(len(self.classes_))) * fitness[:, None]
        found = []
        for some in np.array_split(self.thresholds_.pack(X), -(-len(X) // 1024)):
            match = np.all(((some[:, :, None] ^ value[None]) & care[None]) == 0, axis=1).astype(float)
            weight = match @ votes
            payoff = match @ (votes * rules.prediction[taken][:, None]) / np.where(weight > 0, weight, 1.0)
            known = weight.sum(axis=1, keepdims=True) > 0
            found.append(np.where(known, np.maximum(payoff, 0.0) + 1e-6 * PAYOFF * self.shares_, self.shares_))
        return np.concatenate(found)

    def _world(self, packed: np.ndarray, labels: np.ndarray) -> Examples:
        rows = ROWS
        while rows < len(labels):
            rows *= 4
        spare = rows - len(labels)
        return Examples(  # pyright: ignore[reportCallIssue] - its spaces are properties
            jnp.asarray(np.pad(packed, ((0, spare), (0, 0)))),
            jnp.asarray(np.pad(labels, (0, spare)), jnp.int32),
            jnp.asarray(len(labels), jnp.int32),
            bits=32 * self.thresholds_.words,
            actions=len(self.classes_),
            payoff=PAYOFF,
        )

    def _system(self) -> XCS:
        # bits that are not used are never cared for, and no cut falls among them
        count = len(self.thresholds_.value)
        used = np.arange(32 * self.thresholds_.words) < count
        return XCS(
            self.capacity,
            covering=parts.Covering(jnp.asarray(np.where(used, self.wildcard, 1.0), jnp.float32)),
            genetic=parts.Genetic(
                mutation=jnp.asarray(np.where(used, self.mutation, 0.0), jnp.float32),
                turning=self.mutation,
                places=jnp.asarray(count, jnp.int32),
            ),
            subsumption=parts.GASubsumption(),
        )


@eqx.filter_jit
def _explore(system: XCS, key: Array, env: Examples, rules: parts.Classifiers, time: Array) -> parts.Classifiers:
    dealt = jax.vmap(lambda k: system.deal(k, env))(jax.random.split(key, BLOCK))
    times = time + jnp.arange(1, BLOCK + 1, dtype=jnp.int32)
    return jax.lax.scan(lambda rules, now: (system.explore(env, rules, *now), None), rules, (times, dealt))[0]
