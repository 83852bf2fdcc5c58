"""Chang et al. (2020): a society over frozen options in two rooms, Green then Blue, beside hierarchical and flat PPO."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import catallax as cx
from catallax.classics import PerSeed, decentralized_rl
from catallax.lab import Context, Finding, Report, Reproduction, baselines, reproduced

GREEN, BLUE = 1, 2


@dataclass(frozen=True)
class Config:
    """Settings."""

    seeds: int = 10
    """Societies, and learners of each baseline."""
    ticks: int = 24_576
    """Options chosen by each society and each hierarchical learner, per task."""
    flat_factor: int = 8
    """The flat learner, which takes single steps, gets so many times more ticks."""
    batch: int = 1_024
    """Ticks between two lessons."""
    instances: int = 64
    """Parallel worlds of each."""
    looks: int = 12
    """How often returns are recorded."""
    policy_rate: float = 3e-3
    """Step size of bidders and of both baselines' policies."""
    value_rate: float = 1e-3
    """Step size of the value networks of all; the source's is 5e-3."""
    max_gradient: float = 0.5
    """Largest norm of a policy's gradient, of all; see the experiment on mental rotation."""
    entropy: float = 0.1
    """Weight of the entropy of bids and of both baselines' actions, as in the source."""
    more_entropy: float = 0.4
    """The same in a second run of societies and hierarchical baseline: how much transfer owes to it."""
    width: int = 16
    """Units of the hidden layer behind the convolutions, of all."""
    channels: tuple[int, ...] = (8, 16, 32)
    """Of the convolutions, of all."""
    key: int = 0
    """Seed of the runs."""


def run(config: Config, context: Context) -> Report:
    """Green from scratch, then Blue by those that know Green and by newcomers."""
    worlds = {
        task: cx.envs.Options(cx.envs.TwoRooms(task=jnp.int32(task)), cx.envs.ReachColours()) for task in (GREEN, BLUE)
    }
    market, single = trained(society, config, worlds), trained(hierarchical, config, worlds)
    bolder = replace(config, entropy=config.more_entropy)
    bold_market, bold_single = trained(society, bolder, worlds), trained(hierarchical, bolder, worlds)
    flat = baselines.ppo(
        worlds[GREEN].env, ticks=config.ticks * config.flat_factor, **settings(config), key=jax.random.key(config.key)
    )
    best = known(worlds[GREEN])
    findings = [
        Finding(
            "Chang",
            "two rooms, mean return of the best sequence of options (red, then the task's colour)",
            "",
            f"{best:.3f}",
        )
    ]
    for weight, societies, singles in (
        (config.entropy, market, single),
        (config.more_entropy, bold_market, bold_single),
    ):
        for task in societies:
            case = f"two rooms, {task}, entropy {weight:g}"
            findings += [told(config, f"{case}, society (ccv, two clones)", societies[task], best),
                         told(config, f"{case}, hierarchical PPO over the same options", singles[task], best)]  # fmt: skip
    steps = f"{config.ticks * config.flat_factor:,} steps"
    findings.append(Finding("Chang", f"two rooms, green, flat PPO over turns and steps, mean return at the end, {steps}", "",
                            said(PerSeed(flat.returns[:, -1]))))  # fmt: skip
    figures = {
        "green": curves(config, market, single, ("green",), best, flat),
        "blue": curves(config, market, single, ("blue after green", "blue"), best, None),
        "transfer": transfer(config, market, single, bold_market, bold_single, best),
    }
    weights = f"entropy {config.entropy:g}", f"entropy {config.more_entropy:g}"
    return Report(
        findings, figures, ABOUT, [*rows(market, single, weights[0]), *rows(bold_market, bold_single, weights[1])]
    )


def trained(learn: Any, config: Config, worlds: dict) -> dict[str, Any]:
    """Green from scratch, blue by those who know green, blue from scratch."""
    green = learn(config, worlds[GREEN], None)
    after = learn(config, worlds[BLUE], green)
    return {"green": green, "blue after green": after, "blue": learn(config, worlds[BLUE], None)}


def rows(market: dict, single: dict, which: str) -> list[Reproduction]:
    """By how much the societies' curves lie above the hierarchical baseline's; none where no episode ended."""
    ahead = {task: market[task].returns.mean(axis=1) - single[task].returns.mean(axis=1) for task in market}
    return [
        reproduced(
            "Chang et al. (2020), decentralized reinforcement learning",
            f"two rooms, {task}, {which}: mean return over the training, society less hierarchical PPO", "", "not found", gap, digits=3,
            note="curves not found; that the society needs fewer samples: read in a secondary source. Map and options are our own",
        )
        for task, gap in ahead.items() if np.isfinite(gap).all()
    ]  # fmt: skip


ABOUT = (
    "Two rooms of our own with MiniGrid's view and reward; the options (open the red door, reach green, reach blue) are scripted "
    "and frozen, the same for society and hierarchical baseline. A tick is one option; the flat baseline's ticks are single "
    "steps, its curve is drawn over the same share of its own budget. Returns are discounted within an option alone. Bids and "
    "actions are drawn while returns are counted. Who turns from green to blue, and how soon, depends much on the weight of the "
    "entropy: all but the flat learner are run with two of them."
)


def settings(config: Config) -> dict[str, Any]:
    """What all learners share."""
    learner = cx.agents.PPO(
        policy_rate=config.policy_rate,
        value_rate=config.value_rate,
        entropy=config.entropy,
        max_gradient=config.max_gradient,
    )
    layers = len(config.channels)
    strides = tuple(2 if place == 1 else 1 for place in range(layers))
    convolution = cx.agents.Convolution(config.channels, kernels=(2,) * layers, strides=strides)
    sizes = {name: getattr(config, name) for name in ("batch", "instances", "looks", "seeds", "width")}
    return {**sizes, "learner": learner, "convolution": convolution}


def society(config: Config, env: Any, after: Any) -> Any:
    """Societies on one task."""
    shared = settings(config)
    made = {name: shared.pop(name) for name in ("learner", "convolution", "width")}

    def bidders(key: Any) -> cx.Cohort:
        return cx.agents.Network.society(env, key=key, endowment=50_000.0, **made)

    return decentralized_rl(
        env, society=bidders if after is None else None, ticks=config.ticks, key=config.key, after=after, **shared
    )


def hierarchical(config: Config, env: Any, after: Any) -> Any:
    """One softmax policy over the options, per seed."""
    return baselines.ppo(env, ticks=config.ticks, key=jax.random.key(config.key), after=after, **settings(config))


def known(env: Any) -> float:
    """Mean return of opening the door and going to the goal, over 2,000 drawn rooms."""

    def one(key: Any) -> Any:
        state, _ = env.reset(key)
        opened = env.step(key, state, jnp.int32(0))
        return env.step(key, opened.state, jnp.asarray(env.env.task, jnp.int32)).reward

    return float(jnp.mean(jax.jit(jax.vmap(one))(jax.random.split(jax.random.key(0), 2_000))))


def told(config: Config, case: str, learned: Any, best: float) -> Finding:
    """Return at the end, and how soon nine tenths of the best are there."""
    rows = learned.returns
    return Finding(
        "Chang", f"{case}, mean return at the end, {config.ticks:,} options", "",
        f"{said(PerSeed(rows[:, -1]))}; mean over the training {said(PerSeed(np.nanmean(rows, axis=1)))}; nine tenths of the best {soon(learned, 0.9 * best)}",
        None, "society more sample-efficient than the hierarchical baseline: read in a secondary source, no figures found",
    )  # fmt: skip


def soon(learned: Any, goal: float) -> str:
    """When the median seed is there; who never is counts as later than any budget."""
    firsts = [next((float(t) for t, x in zip(learned.ticks, row) if x >= goal), np.inf) for row in learned.returns]
    # the later of the two in the middle, as there is no half way to never
    median = sorted(firsts)[len(firsts) // 2]
    when = f"after {median:,.0f} options" if np.isfinite(median) else "never"
    return f"{when} (median seed; {np.isfinite(firsts).sum()} of {len(firsts)} seeds get there)"


def curves(config: Config, market: dict, single: dict, tasks: tuple[str, ...], best: float, flat: Any) -> Any:
    """Returns over options chosen."""
    lines = {}
    for task in tasks:
        lines[f"society, {task}"] = [(market[task].ticks, row) for row in market[task].returns]
        lines[f"hierarchical PPO, {task}"] = [(single[task].ticks, row) for row in single[task].returns]
    if flat is not None:
        lines["flat PPO, green"] = [(flat.ticks / config.flat_factor, row) for row in flat.returns]
    return drawn(lines, best)


def transfer(config: Config, market: dict, single: dict, bold_market: dict, bold_single: dict, best: float) -> Any:
    """Blue after green, with both weights of the entropy."""
    task, some, more = "blue after green", f"entropy {config.entropy:g}", f"entropy {config.more_entropy:g}"
    learned = {
        f"society, {some}": market,
        f"hierarchical PPO, {some}": single,
        f"society, {more}": bold_market,
        f"hierarchical PPO, {more}": bold_single,
    }
    return drawn({name: [(x[task].ticks, row) for row in x[task].returns] for name, x in learned.items()}, best)


def drawn(lines: dict, best: float) -> Any:
    """The curves, their names above."""
    figure = cx.view.seed_curves(
        lines, target=best, unit="mean return of finished episodes", goal="best options",
        along="options chosen, all instances together",
    )  # fmt: skip
    figure.axes[0].legend(
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        ncols=2,
        frameon=False,
        fontsize=7.5,
        handlelength=1.2,
        columnspacing=1.0,
    )
    return figure


def said(numbers: PerSeed) -> str:
    """Mean and interval."""
    low, high = numbers.interval()
    return f"{numbers.mean():.3f} [{low:.3f}, {high:.3f}]"
