"""PPO and DQN of Stable-Baselines3 as rivals: how they play as their budget is spent."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from catallax.adapters._extras import need

PPO_CARTPOLE: dict[str, Any] = {
    "n_envs": 8,
    "n_steps": 32,
    "batch_size": 256,
    "gae_lambda": 0.8,
    "gamma": 0.98,
    "n_epochs": 20,
    "ent_coef": 0.0,
    "learning_rate": 1e-3,
    "clip_range": 0.2,
    "linear": True,
}
"""Tuned settings of PPO for CartPole-v1, from `hyperparams/ppo.yml` of DLR-RM/rl-baselines3-zoo at 22e3ff2 (read there).

`linear`: learning rate and clip range fall linearly to 0 over the budget, 100,000 ticks in the zoo.
"""

DQN_CARTPOLE: dict[str, Any] = {
    "learning_rate": 2.3e-3,
    "batch_size": 64,
    "buffer_size": 100_000,
    "learning_starts": 1_000,
    "gamma": 0.99,
    "target_update_interval": 10,
    "train_freq": 256,
    "gradient_steps": 128,
    "exploration_ticks": 8_000,
    "exploration_final_eps": 0.04,
    "policy_kwargs": {"net_arch": [256, 256]},
}
"""Almost tuned settings of DQN for CartPole-v1, from `hyperparams/dqn.yml` of DLR-RM/rl-baselines3-zoo at 22e3ff2 (read
there); tuned for 50,000 ticks.

`exploration_ticks`: random actions become rare over so many ticks, whatever the budget: the zoo's 0.16 of 50,000.
"""


class Curve(NamedTuple):
    """How a learner plays as its budget is spent."""

    ticks: Int[np.ndarray, " evaluations"]
    """Spent in training, over all environments together."""
    returns: Float[np.ndarray, " evaluations"]
    """Mean undiscounted return of the evaluation episodes, greedy actions."""
    reached: int | None
    """Ticks of the first evaluation at the target, `None` if there was none."""
    seconds: float
    """Of training and evaluation together."""


def train_ppo(env: str, ticks: int, *, seed: int = 0, **settings: Any) -> tuple[Any, Curve]:
    """Train PPO with a multilayer perceptron and look at it every so many ticks.

    Args:
        env: an id that `gymnasium.make` knows.
        ticks: budget, over all environments together; the schedules fall to 0 over it.
        seed: of network, environments and evaluation.
        settings: `target` (stop at the first evaluation whose mean return is at least this; never by default),
            `every` (ticks between evaluations, rounded up to whole updates; 2,048) and `episodes` (in each evaluation,
            played greedily in environments of their own; 20); the others change those of `PPO_CARTPOLE`, or name more
            of `stable_baselines3.PPO`.

    Returns:
        The Stable-Baselines3 model and its curve.

    Raises:
        ImportError: without Stable-Baselines3.
        ValueError: if `ticks`, `every` or `episodes` is below 1.

    Source of the default settings: Raffin (2020), RL Baselines3 Zoo, `hyperparams/ppo.yml`, CartPole-v1.
    """
    given = {**PPO_CARTPOLE, **settings}
    if given.pop("linear"):
        given |= {name: _linear(given[name]) for name in ("learning_rate", "clip_range")}
    return _train("PPO", env, ticks, seed=seed, **given)


def train_dqn(env: str, ticks: int, *, seed: int = 0, **settings: Any) -> tuple[Any, Curve]:
    """Train DQN with a multilayer perceptron and look at it every so many ticks.

    Args:
        env: an id that `gymnasium.make` knows.
        ticks: budget.
        seed: of network, environments and evaluation.
        settings: of the evaluations as in `train_ppo`; the others change those of `DQN_CARTPOLE`, or name more of
            `stable_baselines3.DQN`.

    Returns:
        The Stable-Baselines3 model and its curve.

    Raises:
        ImportError: without Stable-Baselines3.
        ValueError: if `ticks`, `every` or `episodes` is below 1.

    Source of the default settings: Raffin (2020), RL Baselines3 Zoo, `hyperparams/dqn.yml`, CartPole-v1.
    """
    given = {"n_envs": 1, **DQN_CARTPOLE, **settings}
    given.setdefault("exploration_fraction", min(1.0, given.pop("exploration_ticks") / max(ticks, 1)))
    return _train("DQN", env, ticks, seed=seed, **given)


def _train(
    algorithm: str,
    env: str,
    ticks: int,
    *,
    seed: int,
    n_envs: int,
    target: float | None = None,
    every: int = 2_048,
    episodes: int = 20,
    **settings: Any,
) -> tuple[Any, Curve]:
    if min(ticks, every, episodes) < 1:
        raise ValueError(
            f"{algorithm}: ticks, every and episodes must be at least 1, got {ticks}, {every}, {episodes}."
        )
    kind = getattr(need("stable_baselines3", "bench"), algorithm)
    make = need("stable_baselines3.common.env_util", "bench").make_vec_env
    worlds = make(env, n_envs=n_envs, seed=seed)
    arena = make(env, n_envs=min(10, episodes), seed=seed + 1_000_000)
    model = kind("MlpPolicy", worlds, seed=seed, device="cpu", **settings)
    watch = _watcher(arena, target, every, episodes)
    began = time.perf_counter()
    try:
        with _one_thread():
            model.learn(ticks, callback=watch)
    finally:
        worlds.close()
        arena.close()
    seconds = time.perf_counter() - began
    return model, Curve(np.asarray(watch.ticks), np.asarray(watch.returns), watch.reached, seconds)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Such small networks are faster on one thread; on a busy machine several are ten times as slow."""
    torch = need("torch", "bench")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _linear(start: float) -> Callable[[float], float]:
    return lambda remaining: remaining * start


def _watcher(arena: Any, target: float | None, every: int, episodes: int) -> Any:
    """A callback of Stable-Baselines3 that evaluates between updates, where the policy stands still."""
    base = need("stable_baselines3.common.callbacks", "bench").BaseCallback
    evaluate = need("stable_baselines3.common.evaluation", "bench").evaluate_policy

    class Watcher(base):
        def __init__(self) -> None:
            super().__init__()
            self.ticks: list[int] = []
            self.returns: list[float] = []
            self.reached: int | None = None

        def _look(self) -> None:
            mean, _ = evaluate(self.model, arena, n_eval_episodes=episodes, deterministic=True)
            self.ticks.append(self.num_timesteps)
            self.returns.append(float(mean))
            if target is not None and mean >= target and self.reached is None:
                self.reached = self.num_timesteps

        def _on_rollout_start(self) -> None:
            if not self.ticks or self.num_timesteps - self.ticks[-1] >= every:
                self._look()

        def _on_training_end(self) -> None:
            if self.reached is None and self.ticks[-1] != self.num_timesteps:
                self._look()

        def _on_step(self) -> bool:
            return self.reached is None

    return Watcher()
