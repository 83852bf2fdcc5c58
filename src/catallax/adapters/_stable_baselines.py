"""PPO of Stable-Baselines3 as a rival: how many ticks until it plays well."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from catallax.adapters._extras import need

CARTPOLE: dict[str, Any] = {
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
"""Tuned settings of PPO for CartPole-v1, from `hyperparams/ppo.yml` of DLR-RM/rl-baselines3-zoo (read there).

`linear`: learning rate and clip range fall linearly to 0 over the budget, 100,000 ticks in the zoo.
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


def train_ppo(
    env: str,
    ticks: int,
    *,
    seed: int = 0,
    target: float | None = None,
    every: int = 2_048,
    episodes: int = 20,
    **settings: Any,
) -> tuple[Any, Curve]:
    """Train PPO with a multilayer perceptron and look at it every so many ticks.

    Args:
        env: an id that `gymnasium.make` knows.
        ticks: budget, over all environments together; the schedules fall to 0 over it.
        seed: of network, environments and evaluation.
        target: stop at the first evaluation whose mean return is at least this.
        every: ticks between evaluations, rounded up to whole updates of PPO.
        episodes: in each evaluation, played greedily in environments of their own.
        settings: change those of `CARTPOLE`, or name others of `stable_baselines3.PPO`.

    Returns:
        The Stable-Baselines3 model and its curve.

    Raises:
        ImportError: without Stable-Baselines3.
        ValueError: if `ticks`, `every` or `episodes` is below 1.

    Source of the default settings: Raffin (2020), RL Baselines3 Zoo, `hyperparams/ppo.yml`, CartPole-v1.
    """
    if min(ticks, every, episodes) < 1:
        raise ValueError(f"train_ppo: ticks, every and episodes must be at least 1, got {ticks}, {every}, {episodes}.")
    rivals = need("stable_baselines3", "bench")
    make = need("stable_baselines3.common.env_util", "bench").make_vec_env
    given = {**CARTPOLE, **settings}
    if given.pop("linear"):
        given |= {name: _linear(given[name]) for name in ("learning_rate", "clip_range")}
    worlds = make(env, n_envs=given.pop("n_envs"), seed=seed)
    model = rivals.PPO("MlpPolicy", worlds, seed=seed, device="cpu", **given)
    arena = make(env, n_envs=min(10, episodes), seed=seed + 1_000_000)
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


def ticks_to_reach(env: str, target: float, *, ticks: int = 100_000, seed: int = 0, **settings: Any) -> Curve:
    """The curve of PPO until it reaches a target; its `reached` is the ticks that took.

    Args:
        env: an id that `gymnasium.make` knows.
        target: mean undiscounted return, 475 for CartPole-v1.
        ticks: budget; `reached` is `None` if it was not enough.
        seed: of network, environments and evaluation.
        settings: as in `train_ppo`.
    """
    return train_ppo(env, ticks, seed=seed, target=target, **settings)[1]


@contextmanager
def _one_thread() -> Iterator[None]:
    """Networks of 64 units are faster on one thread; on a busy machine several are ten times as slow."""
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
