"""Dynamic depth: how many owners an input passes through before it is sold, and what that is worth beside networks and Q-learning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import _depth_mazes as mazes
import _depth_networks as networks
import _depth_values as values
import jax
import jax.numpy as jnp
import numpy as np
from _sources import ESSAY, PAPER

import catallax as cx
from catallax.lab import Claim, Context, Finding, Report, markdown_table, statistics

SOURCE = f"{PAPER.format('section 3, “Search and dynamic scale”')}; {ESSAY.format('“Variable scale”')}"
FLAT = 0.1
"""Transactions a unit of length, below which a depth does not grow."""


@dataclass(frozen=True)
class Config:
    """Settings."""

    seeds: int = 10
    """Runs of everybody, in one program."""
    tuning: int = 3
    """Other seeds, on which settings are chosen."""
    trained: int = 6
    """Longest input in training; tests go to twice as long."""
    tests: int = 128
    """Test inputs of every length."""
    families: tuple[str, ...] = ("parity", "chain", "maze", "first bit")
    """Which inputs."""
    ticks: int = 200_000
    """Ticks in training of every market and value learner, over all instances."""
    instances: int = 32
    """Inputs that a market or value learner works on at once."""
    mazes: int = 1_000
    """Training mazes of every length; tests have others."""
    side: int = 6
    """Cells of a maze's side."""
    steps: int = 1_000
    """Gradient steps of every network."""
    batch: int = 64
    """Inputs of a gradient step."""
    width: int = 32
    """Units of every hidden layer and cell."""
    depths: tuple[int, ...] = (1, 2, 4)
    """Hidden layers of the multilayer perceptrons."""
    rates: tuple[float, ...] = (0.003, 0.01)
    """Step sizes tried for every network."""
    trembles: tuple[float, ...] = (0.05, 0.1)
    """Exploration tried for every market and value learner, each with and without earn-outs or traces."""
    cost: float = 0.01
    """Credits that a tick costs; the right answer pays 1."""
    key: int = 0
    """Seed of everything."""


class Family(NamedTuple):
    """Inputs of one kind."""

    env: Any
    """Trained on."""
    test: Any
    """With other mazes, if there are any."""
    draw: Callable[[Any, Any], tuple[Any, Any, Any]]
    """`(world, key) -> (whole input, what a head reads step by step, answer)`."""
    classes: int
    deadlines: tuple[int, ...]
    """Fixed numbers of ticks."""
    patience: int
    """Ticks of a test."""
    reads: bool
    """Whether a head that moves by itself can read the input step by step."""


class Score(NamedTuple):
    """What one method did on the tests; axes `seeds lengths`."""

    accuracy: np.ndarray
    steps: np.ndarray
    operations: np.ndarray
    """Multiply-adds, look-ups and comparisons of an input."""
    inputs: float
    """Worked off in training."""
    chosen: str

    def over(self, first: int, last: int) -> np.ndarray:
        """Accuracy of every seed, lengths from `first` to `last`."""
        return self.accuracy[:, first - 1 : last].mean(1)


Sets = list[tuple[Any, Any]]
"""Inputs and answers, to choose settings on and to judge by."""
MARKET, LEARNER = "market", "Q-learning, same steps"
HALTS, READS = "PonderNet, whole input", "PonderNet, reads step by step"


def run(config: Config, context: Context) -> Report:
    """All families."""
    scores = {name: measure(config, family(config, name)) for name in config.families}
    return Report(
        findings=[row for name in scores for row in found(config, name, scores[name])],
        figures=pictures(config, scores),
        text=text(config, scores),
        claims=claims(config, scores),
    )


def family(config: Config, name: str) -> Family:
    """Worlds, and how networks see their inputs."""
    longest, places = config.trained, 2 * config.trained
    if name == "maze":
        patience = 4 * config.side**2
        train, test = (mazes.Exits.of(mazes.bank(config.side, places, count, seed), longest, config.cost, patience)
                       for count, seed in ((config.mazes, config.key), (config.mazes, config.key + 1)))  # fmt: skip
        return Family(train, test, see_maze, 2, (places // 2, places, 2 * places, 4 * places), patience, False)
    make = {"parity": cx.envs.Tape.parity, "chain": cx.envs.Tape.chain, "first bit": cx.envs.Tape.first}[name]
    env = make(places=places, longest=longest, cost=config.cost)
    # the mean number of ticks that lengths up to twice the trained ones take, half of it, and enough for all
    deadlines = (longest // 2 + 1, longest + 2, places + 1)
    return Family(env, env, see_tape, env.digits, deadlines, 3 * places + 3, True)


def see_tape(env: Any, key: Any) -> tuple[Any, Any, Any]:
    """The symbols of all places at once, and under a head that moves on in every step and waits behind the tape's end."""
    state, _ = env.reset(key)
    symbols = env.meaning.shape[0]
    at = jnp.arange(2 * env.places)
    read = jnp.where(at < state.length, state.symbols[jnp.minimum(at, env.places - 1)], symbols)
    steps = jax.nn.one_hot(read, symbols + 1)
    return steps[: env.places].reshape(-1), steps, state.answer


def see_maze(env: Any, key: Any) -> tuple[Any, Any, Any]:
    """Which ways east and south are open, where the start and the two exits are."""
    state, _ = env.reset(key)
    at, cells = (state.row, state.column), env.side**2
    where = jax.nn.one_hot(jnp.append(env.bank.exits[at], state.cell), cells).reshape(-1)
    whole = jnp.concatenate([env.bank.open[at][:, 1:3].reshape(-1).astype(jnp.float32), where])
    return whole, whole[None], state.answer


class Seen(NamedTuple):
    """Inputs as networks see them; leading axes `rows columns`, or one axis for all."""

    whole: Any
    read: Any
    answer: Any


def seen(inputs: Family) -> Callable[[Any, Any, Any], Seen]:
    """`(world, lengths, keys) -> inputs`, a row for each length."""

    @jax.jit
    def draw(env: Any, longest: Any, keys: Any) -> Seen:
        def row(longest: Any, keys: Any) -> Seen:
            world = values.between(
                env, jnp.where(longest > 0, longest, env.shortest), jnp.where(longest > 0, longest, env.longest)
            )
            return Seen(*jax.vmap(lambda key: inputs.draw(world, key))(keys))

        return jax.vmap(row)(longest, keys)

    return draw


def measure(config: Config, inputs: Family) -> dict[str, Score]:
    """Every method on one family."""
    lengths, draw = 2 * config.trained, seen(inputs)
    # settings are chosen on other inputs than those that judge
    worlds = (inputs.env, config.key + 4), (inputs.test, config.key + 2)
    drawn = [(world, jax.random.split(jax.random.key(key), (lengths, config.tests))) for world, key in worlds]
    scores = stepwise(config, inputs, drawn)
    seen_ = [draw(world, jnp.arange(1, lengths + 1), keys) for world, keys in drawn]
    tests = [jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), each) for each in seen_]
    train = draw(
        inputs.env,
        jnp.zeros(config.steps, jnp.int32),
        jax.random.split(jax.random.key(config.key + 3), (config.steps, config.batch)),
    )
    at_once = [(of.whole, of.answer) for of in tests]
    scores |= perceptrons(config, inputs, networks.Data(train.whole, train.answer), at_once)
    once = [(whole[:, None], answer) for whole, answer in at_once]
    scores |= cells(config, inputs, networks.Data(train.whole[:, :, None], train.answer), once, whole=True)
    if inputs.reads:
        steps = [(of.read, of.answer) for of in tests]
        scores |= cells(config, inputs, networks.Data(train.read, train.answer), steps, whole=False)
    return scores


def stepwise(config: Config, inputs: Family, drawn: Any) -> dict[str, Score]:
    """Markets and value learners, that decide when to stop and that must deliver at a deadline."""
    deadlines = (0, *inputs.deadlines)
    grid = [(later, tremble) for later in (0.0, 1.0) for tremble in config.trembles]
    # one program for choosing and for measuring
    count = len(deadlines) * max(len(grid) * config.tuning, config.seeds)
    scores = {}
    for learn, name, accounts in ((values.trade, MARKET, 2), (values.values, LEARNER, 1)):
        tried = [(*setting, d, 10_000 + s) for d in deadlines for setting in grid for s in range(config.tuning)]
        accuracy, ticks, _ = practise(config, inputs, drawn[0], learn, tried, count)
        net = (accuracy - config.cost * ticks)[:, : config.trained].mean(1)
        net = net.reshape(len(deadlines), len(grid), config.tuning).mean(2)
        best = [grid[place] for place in net.argmax(1)]
        chosen = [(*setting, d, s) for d, setting in zip(deadlines, best, strict=True) for s in range(config.seeds)]
        learned = practise(config, inputs, drawn[1], learn, chosen, count)
        accuracy, ticks, worked = (x.reshape(len(deadlines), config.seeds, -1) for x in learned)
        each = 2 * accounts * inputs.env.action_space.n
        for place, (d, (later, tremble)) in enumerate(zip(deadlines, best, strict=True)):
            label = name if d == 0 else f"{name}, {d} ticks"
            told = f"λ = {later:g}, exploration {tremble:g}"
            scores[label] = Score(accuracy[place], ticks[place], each * ticks[place], float(worked[place].mean()), told)
    return scores


def practise(
    config: Config,
    inputs: Family,
    drawn: Any,
    learn: Callable[..., values.Learned],
    settings: list[tuple[float, float, int, int]],
    count: int,
) -> tuple[np.ndarray, ...]:
    """Right answers and ticks of every setting, axes `settings lengths`, and inputs in training; `count` lanes are run."""
    rows = (settings * -(-count // len(settings)))[:count]
    later, tremble, deadline, seed = (np.array(column) for column in zip(*rows, strict=True))
    lanes = values.Lanes(
        jnp.asarray(later, jnp.float32),
        jnp.asarray(tremble, jnp.float32),
        jnp.asarray(deadline, jnp.int32),
        jax.vmap(jax.random.key)(jnp.asarray(seed)),
    )
    rounds = max(1, config.ticks // (config.instances * 32))
    out = learn(inputs.env, lanes, instances=config.instances, round_ticks=32, rounds=rounds)
    right, ticks = values.work_off(drawn[0], out.actions, lanes.deadline, drawn[1], inputs.patience)
    found = np.asarray(right).mean(2), np.asarray(ticks).mean(2), np.asarray(out.inputs)[:, None]
    return tuple(x[: len(settings)] for x in found)


def perceptrons(config: Config, inputs: Family, data: networks.Data, sets: Sets) -> dict[str, Score]:
    """Multilayer perceptrons of several depths."""

    def answers(lanes: networks.Lanes, tests: Any) -> tuple[Any, None]:
        return networks.feed_forward(
            data, inputs.classes, lanes, tests, width=config.width, deepest=max(config.depths)
        ), None

    costs = {
        d: networks.feed_forward_cost(sets[0][0].shape[-1], config.width, d, inputs.classes) for d in config.depths
    }
    names = {d: f"perceptron, {d} hidden" for d in config.depths}
    return networked(config, names, answers, sets, lambda depth, steps: np.full_like(steps, costs[depth]))


def cells(config: Config, inputs: Family, data: networks.Data, sets: Sets, *, whole: bool) -> dict[str, Score]:
    """Recurrent cells of fixed depth, and one that halts."""

    def answers(lanes: networks.Lanes, tests: Any) -> tuple[Any, Any]:
        sizes = {
            "width": config.width,
            "longest": 2 * config.trained,
            "prior": 1 / (config.trained / 2 + 1),
            "weight": 0.01,
        }
        return networks.recurrent(data, inputs.classes, lanes, tests, **sizes)

    once, each = networks.recurrent_cost(sets[0][0].shape[-1], config.width, inputs.classes, whole)
    kind = "whole input" if whole else "reads step by step"
    fixed = (config.trained,) if whole else (config.trained, 2 * config.trained)
    names = {networks.NEVER: HALTS if whole else READS} | {d: f"recurrent, {d} steps, {kind}" for d in fixed}
    return networked(config, names, answers, sets, lambda depth, steps: once + each * steps)


def networked(
    config: Config,
    names: Mapping[int, str],
    answers: Callable[[networks.Lanes, Any], tuple[Any, Any]],
    sets: Sets,
    cost: Callable[[int, np.ndarray], np.ndarray],
) -> dict[str, Score]:
    """Choose step sizes on other seeds, then train all seeds."""
    depths = list(names)
    count = max(len(depths) * len(config.rates) * config.tuning, len(depths) * config.seeds)

    def trained(settings: list[tuple[int, float, int]], tests: Any, answer: Any) -> tuple[np.ndarray, ...]:
        rows = settings * -(-count // len(settings))
        depth, rate, seed = (np.array(column) for column in zip(*rows[:count], strict=True))
        keys = jax.vmap(jax.random.key)(jnp.asarray(seed))
        said, steps = answers(
            networks.Lanes(jnp.asarray(depth, jnp.int32), jnp.asarray(rate, jnp.float32), keys), tests
        )
        steps = np.ones(said.shape) if steps is None else np.asarray(steps, float)
        both = np.asarray(said == answer[None], float), steps
        return tuple(x.reshape(count, 2 * config.trained, -1).mean(2)[: len(settings)] for x in both)

    tried = [(d, rate, 10_000 + s) for d in depths for rate in config.rates for s in range(config.tuning)]
    tuned = trained(tried, *sets[0])[0][:, : config.trained].mean(1).reshape(len(depths), len(config.rates), -1).mean(2)
    best = [config.rates[place] for place in tuned.argmax(1)]
    chosen = [(d, rate, s) for d, rate in zip(depths, best, strict=True) for s in range(config.seeds)]
    accuracy, steps = (x.reshape(len(depths), config.seeds, -1) for x in trained(chosen, *sets[1]))
    return {
        names[d]: Score(
            accuracy[place],
            steps[place],
            cost(d, steps[place]),
            config.steps * config.batch,
            f"step size {best[place]:g}",
        )
        for place, d in enumerate(depths)
    }


def slope(config: Config, score: Score) -> statistics.Interval:
    """Transactions a unit of length, least squares over all tested lengths, a seed at a time."""
    lengths = np.arange(1, 2 * config.trained + 1)
    return statistics.interval(np.polyfit(lengths, score.steps.T, 1)[0])


def rivals(scores: Mapping[str, Score]) -> dict[str, str]:
    """For each comparison the rival that does best over all tested lengths, of those that take at least the market's operations."""
    mean = {name: score.accuracy.mean() for name, score in scores.items()}
    market = scores[MARKET]
    dear = [name for name, score in scores.items() if score.operations.mean() >= market.operations.mean()]
    fixed = [name for name in scores if name.startswith(f"{MARKET}, ")]
    # the first deadline that is no shorter than the market's mean
    equal = next((name for name in fixed if scores[name].steps.mean() >= market.steps.mean()), fixed[-1])
    still = [name for name in dear if name.startswith(("perceptron", "recurrent"))]
    return {
        "fixed network": max(still, key=lambda name: mean[name]),
        "fixed ticks": equal,
        "halting network": max((name for name in (HALTS, READS) if name in scores), key=lambda name: mean[name]),
        "same steps": LEARNER,
    }


def found(config: Config, name: str, scores: Mapping[str, Score]) -> list[Finding]:
    """Rows of one family."""
    k = config.trained
    market = scores[MARKET]
    rows = [
        Finding("depth", f"{name}: transactions of the market, per unit of length", "", f"{slope(config, market):.2f}",
                note=f"{market.steps[:, 0].mean():.1f} at length 1, {market.steps[:, -1].mean():.1f} at length {2 * k}"),
        Finding("depth", f"{name}: accuracy of the market, lengths 1–{k}; {k + 1}–{2 * k}", "",
                f"{statistics.interval(market.over(1, k)):.3f}; {statistics.interval(market.over(k + 1, 2 * k)):.3f}", note=market.chosen),
    ]  # fmt: skip
    rows += [
        Finding("depth", f"{name}: steps of {rival}, per unit of length", "", f"{slope(config, scores[rival]):.2f}")
        for rival in (LEARNER, rivals(scores)["halting network"])
    ]
    for label, rival in rivals(scores).items():
        gaps = [statistics.paired(market.over(*span), scores[rival].over(*span)) for span in ((1, k), (k + 1, 2 * k))]
        told = "; ".join(f"{gap.difference:+.3f}, p = {gap.p:.2g}" for gap in gaps)
        rows.append(
            Finding(
                "depth", f"{name}: accuracy of the market less that of {rival} ({label}), the same lengths", "", told
            )
        )
    return rows


def claims(config: Config, scores: Mapping[str, Mapping[str, Score]]) -> list[Claim]:
    """What the measured intervals say."""
    grow = {name: slope(config, one[MARKET]) for name, one in scores.items()}
    needed = [name for name in scores if name != "first bit"]
    words = {name: f"{name} (should {'grow' if name in needed else 'not grow'})" for name in scores}
    follows = {
        word: grow[name].low > FLAT if name in needed else max(abs(grow[name].low), abs(grow[name].high)) < FLAT
        for name, word in words.items()
    }
    made = [
        Claim.judged(
            "The number of steps an input takes in a market follows from the input: it grows with the problem's difficulty, and only with it.",
            SOURCE, follows, "Measured: transactions per unit of length.", {word: f"{grow[name]:.2f}" for name, word in words.items()},
        )
    ]  # fmt: skip
    against = {
        "fixed network": "A market answers better than networks with a fixed number of computational steps and at least its operations per input.",
        "fixed ticks": "To decide when to stop is worth something: a market answers better than the same market with a fixed number of ticks that costs as much.",
        "halting network": "A market answers better than a network that learns when to halt.",
        "same steps": "A market answers better than a monolithic learner with the same primitive steps and the same action to stop.",
    }
    halves = {", as long as trained": (1, config.trained), ", longer": (config.trained + 1, 2 * config.trained)}
    for label, statement in against.items():
        gaps, reasons = {}, []
        # so many ticks cost as much over all lengths together, not over a part of them
        spans = {"": (1, 2 * config.trained)} if label == "fixed ticks" else halves
        for name in scores:
            rival = rivals(scores[name])[label]
            for words, span in spans.items():
                gaps[f"{name}{words}"] = statistics.paired(
                    scores[name][MARKET].over(*span), scores[name][rival].over(*span)
                )
            ratio = scores[name][rival].operations.mean() / scores[name][MARKET].operations.mean()
            reasons.append(f"{name}: {rival}, {ratio:.2g} times the operations")
        differences = {name: f"{gap.difference:+.3f}" for name, gap in gaps.items()}
        made.append(
            Claim.judged(
                statement,
                SOURCE,
                statistics.larger(gaps),
                f"Measured: difference of accuracy. Rivals: {'; '.join(reasons)}.",
                differences,
            )
        )
    return made


def pictures(config: Config, scores: Mapping[str, Mapping[str, Score]]) -> dict[str, Any]:
    """Steps and accuracy over length; longer inputs than anybody was trained on are set apart."""
    lengths = np.arange(1, 2 * config.trained + 1)

    def panels(of: Callable[[Score], np.ndarray], unit: str) -> dict[str, cx.view.Panel]:
        return {
            name: cx.view.Panel(
                {label: cx.view.Band.of(lengths, of(one[rival])) for label, rival in shown(one).items()},
                "length (grey: longer than trained)",
                unit,
                shade=(config.trained + 0.5, 2 * config.trained + 0.5),
            )
            for name, one in scores.items()
        }

    steps = panels(lambda score: score.steps, "steps until the answer")
    accuracy = panels(lambda score: score.accuracy, "right answers")
    drawn = {
        "steps": cx.view.band_panels(steps, columns=2),
        "accuracy": cx.view.band_panels(accuracy, columns=2, share=True, limits=(-0.03, 1.05)),
    }
    for axes in (axes for figure in drawn.values() for axes in figure.axes):
        axes.set_xticks(lengths[1::2])
    return drawn


def shown(scores: Mapping[str, Score]) -> dict[str, str]:
    """Methods in the pictures, by their names there."""
    best = rivals(scores)
    return {
        "market": MARKET,
        "market, fixed ticks": best["fixed ticks"],
        "Q-learning": LEARNER,
        "fixed network": best["fixed network"],
        "halting network": best["halting network"],
    }


def layouts(config: Config) -> int:
    """Distinct mazes, with their exits, among those of training."""
    bank = mazes.bank(config.side, 2 * config.trained, config.mazes, config.key)
    walls = np.asarray(bank.open).reshape(-1, config.side**2 * 4)
    return len(np.unique(np.concatenate([walls, np.asarray(bank.exits).reshape(-1, 2)], 1), axis=0))


def text(config: Config, scores: Mapping[str, Mapping[str, Score]]) -> str:
    """What was done, all methods, limitations."""
    k = config.trained
    parts = [
        f"*Inputs.* Parity: a tape of 1 to {2 * k} bits. Chain: a digit and up to {2 * k - 1} additions and multiplications modulo 5. Maze: {config.side} x {config.side} cells, "
        f"two trees with an exit each, the start 1 to {2 * k} cells from its exit, drawn from {config.mazes * 2 * k:,} starts in {layouts(config):,} distinct mazes, others in the tests; which exit is it? First bit: a tape of which only the first bit matters, so that length is no difficulty. "
        f"Everybody trains on lengths 1 to {k}, drawn evenly, and is tested on {config.tests} inputs of every length up to {2 * k}.",
        f"*Market.* A primitive writes one digit and moves the head on (which digit is right where is learned), or goes one cell left, front, right or back, or delivers. Seen are the symbol under the head and the register, "
        f"or the open ways around and the exit's number. Each primitive is an agent with a table of valuations and two accounts; a tick costs {config.cost:g} credits, a consumer pays 1 for a right answer. "
        f"Q-learning has the same primitives, observations, step sizes, exploration and ticks ({config.ticks:,}), and λ-returns where the market has earn-outs; λ is 0 or 1, chosen on other seeds like the exploration, for both. "
        "With a fixed number of ticks nobody decides to stop: the register is delivered when time is up.",
        f"*Networks* are told the right answer of every input, not a payment, and see {config.steps * config.batch:,} inputs, {config.steps:,} steps of gradient, which does not saturate them: the whole input at once, or, where there is a tape, a symbol in each step under a head that moves by itself. "
        f"All have {config.width} units a layer, the best of {len(config.rates)} step sizes on other seeds. PonderNet (Banino et al. 2021) is adaptive computation (Graves 2016) with a loss that is an expectation. "
        "*Operations* of an input: multiply-adds of a network; a look-up and a comparison for each account (or action) in each tick of a market. In each comparison the rival is the variant that is best over all tested lengths on the judged seeds themselves, in its favour; "
        "the market with fixed ticks is the first whose ticks are no fewer than the free market's mean.",
    ]
    for name, one in scores.items():
        rows = [
            (label, f"{statistics.interval(score.over(1, k)):.3f}", f"{statistics.interval(score.over(k + 1, 2 * k)):.3f}",
             f"{score.steps.mean():.1f}", f"{score.operations.mean():,.0f}", f"{score.inputs:,.0f}", score.chosen)
            for label, score in one.items()
        ]  # fmt: skip
        parts.append(
            f"**{name}**\n\n"
            + markdown_table(
                (
                    name,
                    f"right, length 1–{k}",
                    f"right, {k + 1}–{2 * k}",
                    "steps",
                    "operations",
                    "inputs in training",
                    "chosen",
                ),
                rows,
            )
        )
    parts.append(
        "*Limitations.* The primitives are given, and they cut the problems to a size that a table holds: what grows is the number of steps, not what a step can do. "
        "The comparison with networks that see the whole input is therefore between different prior knowledge; the one with Q-learning, and the one with networks that read step by step, is not. "
        "On a tape the head moves a symbol a tick by itself, so that steps grow with length for everybody who reads it; learned is only when to deliver. The halting network's prior knows the mean length. "
        "Market and value learner choose among four settings, networks among fewer. With more ticks than its own mean a market with a fixed number may answer better than the free one (tables). "
        "Registers do not show whether they are right, so that without earn-outs (λ = 0) sellers of wrong partial results are paid like others. A maze's walker has no memory, and its number of steps counts dead ends."
    )
    return "\n\n".join(parts)
