"""Chang et al. (2020): a society of six transformations restores disturbed digits, beside monolithic PPO."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

import catallax as cx
from catallax.classics import DigitWorlds, PerSeed, decentralized_rl, mental_rotation_of_digits
from catallax.lab import Context, Finding, Report, baselines, reproduced


@dataclass(frozen=True)
class Config:
    """Settings."""

    seeds: int = 10
    """Societies, and learners of the baseline."""
    ticks: int = 81_920
    """Ticks of each society and of each learner; an episode has two."""
    batch: int = 1_024
    """Ticks between two lessons."""
    instances: int = 128
    """Parallel worlds of each."""
    looks: int = 16
    """How often returns are recorded."""
    policy_rate: float = 3e-3
    """Step size of bidders and of the baseline's policy."""
    value_rate: float = 1e-3
    """Step size of the value networks of all; the source's is 5e-3."""
    max_gradient: float = 0.5
    """Largest norm of a policy's gradient, of all. The source's 40 hardly ever cuts here, and societies break down."""
    decay: float = 0.95
    """Factor on the step sizes of all after each lesson of the second half."""
    entropy: float = 0.02
    """Weight of the entropy of bids and of the baseline's actions."""
    width: int = 32
    """Units of the hidden layer behind the convolutions, of all."""
    channels: tuple[int, int, int] = (8, 16, 32)
    """Of the three convolutions, of all."""
    held_out: int = 500
    """Digits that neither the judge nor anybody who learns has seen."""
    synthetic: bool = False
    """Random pictures in place of the digits, where scikit-learn is not installed."""
    key: int = 0
    """Seed of the runs."""


def run(config: Config, context: Context) -> Report:
    """The judge, the society, the baseline."""
    images, labels = digits(config)
    worlds = mental_rotation_of_digits(images, labels, held_out=min(config.held_out, len(labels) // 2), key=config.key)
    env, convolution = worlds.training, cx.agents.Convolution(config.channels)
    lessons = config.ticks // config.batch
    learner = cx.agents.PPO(
        policy_rate=config.policy_rate,
        value_rate=config.value_rate,
        entropy=config.entropy,
        max_gradient=config.max_gradient,
        decay=config.decay,
        decay_after=lessons // 2,
        decay_every=1,
    )

    def society(key: Any) -> cx.Cohort:
        return cx.agents.Network.society(
            env, key=key, width=config.width, convolution=convolution, learner=learner, endowment=50_000.0
        )

    sizes = {name: getattr(config, name) for name in ("ticks", "batch", "instances", "looks", "seeds")}
    market = decentralized_rl(env, society=society, key=config.key, **sizes)
    single = baselines.ppo(
        env, key=jax.random.key(config.key), learner=learner, width=config.width, convolution=convolution, **sizes
    )
    curves = {
        "society, ccv, two clones": [(market.ticks, row) for row in market.returns],
        "monolithic PPO": [(single.ticks, row) for row in single.returns],
    }
    figure = cx.view.seed_curves(curves, target=0.93, unit="mean return of finished episodes", goal="required")
    row = reproduced(
        "Chang et al. (2020), decentralized reinforcement learning", "mental rotation, society (ccv, two clones): mean return",
        "0.933", "read in a secondary source", np.asarray(market.final_return), digits=3, note="the source's digits are those of MNIST",
    )  # fmt: skip
    return Report(
        [*judged(worlds), *told(config, worlds, market, single)], {"curves": figure, "tasks": tasks(env)}, ABOUT, [row]
    )


ABOUT = (
    "Digits are those that scikit-learn ships (8 x 8 pixels, 1,797 of them), enlarged to 20 x 20 on a canvas of 32 x 32, in "
    "place of MNIST on 64 x 64; judge, societies and baseline learn from the same digits, and all are then tried on digits "
    "that none has seen. Bids and actions are drawn while returns are counted; on unseen digits both are tried drawn, and without "
    "chance: the highest expected bid, and the likeliest action. A primitive that seldom wins has utilities that are nearly all 0: standardised, one win among "
    "2,048 rows is 45 deviations, and where bids are already sharp its gradient is larger still. Through Adam's momentum one "
    "such row moves the bids at all pictures at once; societies that had learned broke down, and some did not recover. "
    "Gradients are therefore cut at a norm of 0.5, for the baseline too."
)


def digits(config: Config) -> tuple[np.ndarray, np.ndarray]:
    """The 8 x 8 digits of scikit-learn in [0, 1], or noise."""
    if config.synthetic:
        return np.random.default_rng(0).random((40, 8, 8)), np.arange(40) % 10
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise ImportError(
            f"mental_rotation: the digits come with scikit-learn, which cannot be imported ({error}); "
            "run: pip install 'catallax[digits]', or try --synthetic, which has random pictures."
        ) from error
    found = load_digits()
    return found.images / 16.0, found.target


def judged(worlds: DigitWorlds) -> list[Finding]:
    """How good the judge is, and what undoing the disturbance brings."""
    known, unseen = (worlds.judge.accuracy(w.pictures, w.labels) for w in (worlds.training, worlds.held_out))
    best, best_unseen = ceiling(worlds.training), ceiling(worlds.held_out)
    return [
        Finding("Chang", f"mental rotation, judge: accuracy on {worlds.held_out.labels.size} upright held-out digits, and on those learned from", "",
                f"{100 * unseen:.1f} %, {100 * known:.1f} %"),
        Finding("Chang", "mental rotation, what undoing shift and rotation brings: held-out digits, and those learned from", "",
                f"{best_unseen:.3f}, {best:.3f}", None, "what is missing to 1 is the judge's, blur included"),
    ]  # fmt: skip


def ceiling(env: cx.envs.MentalRotation) -> float:
    """Mean return of the policy that knows how the picture was disturbed, over all pictures and ways."""

    def one(number: jax.Array, way: jax.Array) -> jax.Array:
        state = env.task(number, way)
        for time in (0, 1):
            state = env.step(jax.random.key(0), state, env.undo(way, jnp.int32(time))).state
        return env.judge(state.picture) == state.label

    numbers, ways = np.meshgrid(np.arange(env.labels.size, dtype=np.int32), np.arange(8, dtype=np.int32))
    return float(jnp.mean(jax.jit(jax.vmap(one))(numbers.ravel(), ways.ravel())))


def tasks(env: cx.envs.MentalRotation) -> Any:
    """Eight pictures, disturbed in the eight ways and restored."""
    ways = np.arange(8, dtype=np.int32)
    disturbed = [env.task(jnp.int32(way), jnp.int32(way)).picture for way in ways]
    shifted = [env.apply(picture, env.undo(jnp.int32(way), jnp.int32(0))) for way, picture in zip(ways, disturbed)]
    turned = [env.apply(picture, env.undo(jnp.int32(way), jnp.int32(1))) for way, picture in zip(ways, shifted)]
    rows = {"seen": disturbed, "shifted back": shifted, "turned back": turned}
    return cx.view.picture_rows({name: np.asarray(pictures) for name, pictures in rows.items()})


def told(config: Config, worlds: DigitWorlds, market: Any, single: Any) -> list[Finding]:
    """Returns of society and baseline, while learning and on digits that nobody has seen."""
    final, rival = market.final_return, PerSeed(single.returns[:, -1])
    budget = f"{config.ticks:,} ticks, {config.seeds} seeds"
    return [
        Finding("Chang", f"mental rotation, society (ccv, two clones), mean return, bids drawn, {budget}", ">= 0.93", said(final),
                final.mean() >= 0.93, "0.933: read in a secondary source, with MNIST digits"),
        Finding("Chang", f"mental rotation, monolithic PPO, mean return, actions drawn, {budget}", "", said(rival)),
        *(Finding("Chang", f"mental rotation, {who}, mean return on held-out digits", "",
                  said(PerSeed([tried(policy(seed), worlds, seed) for seed in range(config.seeds)])))
          for who, policy in ways(market, single).items()),
    ]  # fmt: skip


def ways(market: Any, single: Any) -> dict[str, Callable[[int], Any]]:
    """Society and baseline, drawn and greedy: the policy of each seed."""
    return {
        "society, bids drawn": lambda seed: Drawn(market.policy(seed).cohorts[0]),
        "society, highest expected bid acts": market.policy,
        "monolithic PPO, actions drawn": single.policy,
        "monolithic PPO, likeliest action": lambda seed: Likeliest(single.policy(seed)),
    }


class Drawn(eqx.Module):
    """One society whose bids are drawn, as while it learns."""

    cohort: cx.Cohort

    def __call__(self, key: Any, obs: Any) -> Any:
        """The action of the highest bidder."""
        bid_key, act_key = cx.core.split_by(key, "bid", "act")
        return self.cohort.act(act_key, obs, jnp.argmax(self.cohort.bids(bid_key, obs)))


class Likeliest(eqx.Module):
    """The baseline's policy without its chance."""

    policy: Any

    def __call__(self, key: Any, obs: Any) -> Any:
        """The likeliest action."""
        return jnp.argmax(self.policy.log_probabilities(self.policy.read(obs))).astype(jnp.int32)


def tried(policy: Any, worlds: DigitWorlds, seed: int) -> float:
    """Mean return on held-out digits."""
    return cx.evaluate(policy, worlds.held_out, episodes=2_000, key=jax.random.key(seed), horizon=2).mean_total


def said(numbers: PerSeed) -> str:
    """Mean, interval and the single seeds."""
    low, high = numbers.interval()
    return f"{numbers.mean():.3f} [{low:.3f}, {high:.3f}] ({', '.join(f'{x:.3f}' for x in numbers.values)})"
