"""Enumeration against back-propagation: quality, operations and memory of listed rules, of listed networks that learn, and of gradients alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import _enumeration as parts
import jax
import jax.numpy as jnp
import numpy as np
from _sources import PAPER

import catallax as cx
from catallax.lab import Claim, Context, Finding, Report, markdown_table, statistics
from catallax.markets.network import Integrated

SOURCE = PAPER.format("section 4")
RULES, APPRENTICES, GROWN, GRADIENTS = (
    "listed rules",
    "listed networks that learn",
    "network that hires",
    "back-propagation",
)

AUDIENCE = 64
"""Questions on which units are hired and dismissed each time."""


@dataclass(frozen=True)
class Config:
    """Settings."""

    seeds: int = 10
    """Runs of everybody, in one program."""
    tuning: int = 3
    """Other seeds, on which settings and sizes are chosen."""
    families: tuple[str, ...] = ("multiplexer", "parity of 3", "majority")
    """Which questions."""
    bits: tuple[int, ...] = (4, 8, 12, 16)
    """Bits of a question."""
    questions: int = 24_576
    """Questions that everybody is asked; 8 batches for every look, or several."""
    batch: int = 16
    """Questions at once."""
    rules: tuple[int, ...] = (8, 32, 128, 512)
    """Places for rules."""
    apprentices: tuple[int, ...] = (2, 8, 32)
    """Places for networks that learn."""
    units: int = 4
    """Hidden units of each of these."""
    widths: tuple[int, ...] = (2, 8, 32, 128)
    """Hidden units of a network that learns alone."""
    capacity: int = 64
    """Hidden units that there is room for where units enter and leave."""
    listing: int = 40_000
    """Conditions that are listed, general before specific."""
    idle: tuple[int, ...] = (64, 256, 1_024)
    """Ticks without a win after which a rule leaves; the best is chosen."""
    rates: tuple[float, ...] = (0.003, 0.01, 0.03)
    """Step sizes of all gradients; the best is chosen."""
    looks: int = 32
    """How often answers are tested."""
    tests: int = 256
    """Questions of a test."""
    good: float = 0.9
    """Right answers that count as having learned."""
    key: int = 0
    """Seed of everything."""


class Run(NamedTuple):
    """One method at one size; axes `cases seeds looks`."""

    accuracy: np.ndarray
    operations: np.ndarray
    """Since the start, at every look."""
    answer: np.ndarray
    """Operations of one answer in the end; axes `cases seeds`."""
    memory: np.ndarray
    """Bytes of all that is stored to answer; axis `cases`."""
    agents: int
    tuned: np.ndarray
    """Accuracy on the seeds for tuning, by which sizes are chosen."""
    seconds: float
    """For a thousand questions, all lanes at once, of one lane."""


def run(config: Config, context: Context) -> Report:
    """All methods at all sizes."""
    whole = 8 * config.batch * config.looks
    if config.questions % whole:
        raise ValueError(
            f"claim_enumeration: questions must be a multiple of 8 batches for every look, {whole}, got {config.questions}."
        )
    cases = [(family, bits) for family in config.families for bits in config.bits]
    runs = measure(config, cases)
    return Report(
        found(config, cases, runs),
        pictures(config, cases, runs),
        text(config, cases, runs),
        claims=claims(config, cases, runs),
    )


def measure(config: Config, cases: list[tuple[str, int]]) -> dict[str, dict[int, Run]]:
    """By method and number of agents, units for a network."""
    tables = np.zeros((len(cases), 1 << max(config.bits)), np.int32)
    for place, (family, bits) in enumerate(cases):
        tables[place, : 1 << bits] = parts.truth(family, bits)
    bits = np.array([bits for _, bits in cases])
    rounds = config.questions // (8 * config.batch)
    lists = [parts.listed(int(n), config.listing) for n in bits]
    room = max(len(values) for values, _ in lists)
    padded = np.zeros((2, len(cases), room), np.uint32)
    for place, pair in enumerate(lists):
        padded[:, place, : len(pair[0])] = pair
    count = jnp.asarray([len(values) for values, _ in lists], jnp.int32)

    def laid(options: tuple[float, ...], learn: Callable[..., Any]) -> Chosen:
        return chosen(config, tables, bits, options, learn)

    runs: dict[str, dict[int, Run]] = {RULES: {}, APPRENTICES: {}, GRADIENTS: {}, GROWN: {}}
    stream = {"instances": config.batch, "rounds": rounds, "looks": config.looks}
    passed = np.arange(1, config.looks + 1) * (config.questions / config.looks)
    shape = (len(cases), config.seeds, config.looks)
    for size in config.rules:

        def rules(lanes: Any, idle: Any, size: int = size) -> tuple[Any, float]:
            case, questions, keys, tests = lanes
            family = parts.Listing(
                jnp.asarray(padded[0][case]), jnp.asarray(padded[1][case]), count[case], jnp.full(len(case), 0.02)
            )
            return parts.trade(family, jnp.asarray(idle, jnp.int32), questions, keys, tests, capacity=size, **stream)

        right, each, tuned, seconds = laid(config.idle, rules)
        # a mask, a comparison of bits and one of bids for each rule
        cost = np.broadcast_to(3.0 * size, shape[:2])
        runs[RULES][size] = Run(
            right, passed * cost[..., None], cost, np.full(len(cases), each * size), size, tuned, seconds
        )
    for size in config.apprentices:

        def apprentices(lanes: Any, rate: Any, size: int = size) -> tuple[Any, float]:
            case, questions, keys, tests = lanes
            family = parts.Apprentices(keys, jnp.asarray(rate, jnp.float32), config.units)
            idle = jnp.full(len(case), config.idle[len(config.idle) // 2], jnp.int32)
            return parts.trade(family, idle, questions, keys, tests, capacity=size, **stream)

        right, each, tuned, seconds = laid(config.rates, apprentices)
        forward = (bits + 1.0) * config.units
        # everybody bids; the winner alone learns, which takes twice as much again
        cost = np.broadcast_to((size * forward + 2 * forward)[:, None], shape[:2])
        answer = np.broadcast_to((size * forward)[:, None], shape[:2])
        runs[APPRENTICES][size] = Run(
            right, passed * cost[..., None], answer, np.full(len(cases), each * size), size, tuned, seconds
        )
    for width in config.widths:

        def network(lanes: Any, rate: Any, width: int = width) -> tuple[Any, float]:
            _, questions, keys, tests = lanes
            steps = config.questions // config.batch
            right = parts.back_propagate(
                questions, keys, tests, jnp.asarray(rate, jnp.float32), width, config.batch, steps, config.looks
            )
            return np.asarray(right), 0.0

        right, _, tuned, seconds = laid(config.rates, network)
        forward = np.broadcast_to(((bits + 2.0) * width)[:, None], shape[:2])
        memory = weighed(bits, width)
        runs[GRADIENTS][width] = Run(right, 3 * forward[..., None] * passed, forward, memory, width, tuned, seconds)
    runs[GROWN][config.capacity] = grown(config, laid, shape, weighed(bits, config.capacity))
    return runs


def weighed(bits: np.ndarray, width: int) -> np.ndarray:
    """Bytes of the weights of one hidden layer, four each; axis `cases`."""
    return 4.0 * ((bits + 1) * width + 2 * (width + 1))


def grown(config: Config, laid: Callable[..., Any], shape: tuple[int, ...], memory: np.ndarray) -> Run:
    """The network whose units enter and leave: as many steps of the same size as the others, a market for units after each look."""
    # the questions on which units are hired and dismissed count as well
    steps = (config.questions // config.looks - AUDIENCE) // config.batch
    training = Integrated(
        width=4, capacity=config.capacity, layers=1, steps=steps, batch=config.batch, audience=AUDIENCE, entrants=8
    )
    extra = {}

    def learn(lanes: Any, rate: Any) -> tuple[Any, float]:
        _, questions, keys, tests = lanes
        right, work, size = parts.grow(training, questions, keys, tests, jnp.asarray(rate, jnp.float32), config.looks)
        extra["work"], extra["size"] = np.asarray(work, float), np.asarray(size, float)
        return np.asarray(right), 0.0

    right, _, tuned, seconds = laid(config.rates, learn)
    lanes = shape[0] * shape[1]
    work, size = (extra[name][:lanes].reshape(shape) for name in ("work", "size"))
    return Run(right, np.cumsum(work, 2), size[:, :, -1], memory, config.capacity, tuned, seconds)


class Chosen(NamedTuple):
    """A method at one size, with the option that did best on other seeds."""

    accuracy: np.ndarray
    """Axes `cases seeds looks`."""
    memory: float
    tuned: np.ndarray
    """Accuracy on the other seeds."""
    seconds: float
    """For a thousand questions of one lane."""


def chosen(
    config: Config, tables: np.ndarray, bits: np.ndarray, options: tuple[float, ...], learn: Callable[..., Any]
) -> Chosen:
    """The best option for each case on other seeds, then all seeds with it, by the same program."""
    cases = len(bits)
    lanes = cases * max(config.seeds, len(options) * config.tuning)

    def trained(case: np.ndarray, option: np.ndarray, seed: np.ndarray) -> tuple[np.ndarray, float]:
        full = [np.resize(x, lanes) for x in (case, option, seed)]
        keys = jax.vmap(jax.random.key)(jnp.asarray(full[2]))
        # every seed has tests of its own
        tested = jax.vmap(partial(jax.random.fold_in, jax.random.key(config.key + 5)))(jnp.asarray(full[2]))
        draw = jax.vmap(lambda key: jax.random.uniform(key, (config.tests,)))(tested)
        tests = (draw * (1 << jnp.asarray(bits[full[0]]))[:, None]).astype(jnp.uint32)
        questions = parts.Questions(jnp.asarray(tables[full[0]]), jnp.asarray(bits[full[0]], jnp.int32))
        right, memory = learn((full[0], questions, keys, tests), full[1])
        return right[: len(case)], memory

    grid = np.array(
        [(c, o, 10_000 + s) for c in range(cases) for o in range(len(options)) for s in range(config.tuning)]
    )
    values = np.asarray(options)
    tried, _ = trained(grid[:, 0], values[grid[:, 1]], grid[:, 2])
    tried = tried.reshape(cases, len(options), config.tuning, config.looks)
    best = late(tried).mean(2).argmax(1)
    rows = np.array([(c, s) for c in range(cases) for s in range(config.seeds)])
    began = time.perf_counter()
    right, memory = trained(rows[:, 0], values[best][rows[:, 0]], rows[:, 1])
    seconds = (time.perf_counter() - began) / lanes / config.questions * 1_000
    tuned = tried[np.arange(cases), best]
    return Chosen(right.reshape(cases, config.seeds, config.looks), memory, tuned, seconds)


def late(accuracy: np.ndarray) -> np.ndarray:
    """The mean of the last quarter of the looks, which are the last axis."""
    return accuracy[..., -max(1, accuracy.shape[-1] // 4) :].mean(-1)


def best_size(runs: dict[int, Run], case: int) -> tuple[int, np.ndarray]:
    """The size that answers best on the seeds for tuning, and what the judged seeds do."""
    size = max(runs, key=lambda size: late(runs[size].tuned[case]).mean())
    return size, late(runs[size].accuracy[case])


def until_good(config: Config, accuracy: np.ndarray, operations: np.ndarray) -> np.ndarray:
    """Operations of every seed until its answers are good at two looks in turn; NaN: never; axes `seeds looks`."""
    good = accuracy >= config.good
    good = good & np.concatenate([good[:, 1:], good[:, -1:]], 1)
    first = good.argmax(1)
    return np.where(good.any(1), operations[np.arange(len(first)), first], np.nan)


def found(config: Config, cases: list[tuple[str, int]], runs: dict[str, dict[int, Run]]) -> list[Finding]:
    """Rows."""
    rows = []
    for case, (family, bits) in enumerate(cases):
        told = []
        for method, sizes in runs.items():
            size, right = best_size(sizes, case)
            told.append(f"{method} {statistics.interval(right):.3f} ({size})")
        rows.append(
            Finding(
                "enumeration",
                f"{family}, {bits} bits: right answers after {config.questions:,} questions, best size of each",
                "",
                "; ".join(told),
            )
        )
    each = {
        method: {size: run.memory.max() / run.agents for size, run in sizes.items()} for method, sizes in runs.items()
    }
    told = "; ".join(f"{method} {np.mean(list(bytes_.values())):,.0f}" for method, bytes_ in each.items())
    rows.append(Finding("enumeration", "bytes of memory of an agent (rule, network) or of a hidden unit", "", told))
    return rows


def claims(config: Config, cases: list[tuple[str, int]], runs: dict[str, dict[int, Run]]) -> list[Claim]:
    """What the intervals say."""
    never = f"until {config.good:.0%} are right, each at its best size (never: twice what its dearest size used up)"

    def answers(ours: str, theirs: str) -> tuple[dict[str, bool], str, dict[str, str]]:
        gaps = compared(cases, lambda case: (best_size(runs[ours], case)[1], best_size(runs[theirs], case)[1]))
        told = {name: f"{gap.difference:+.3f}" for name, gap in gaps.items()}
        return judged(gaps, f"Measured: right answers of {ours} less those of {theirs}, each at its best size.", told)

    def operations(ours: str, theirs: str) -> tuple[dict[str, bool], str, dict[str, str]]:
        gaps = compared(cases, lambda case: (needed(config, runs[ours], case), needed(config, runs[theirs], case)))
        return judged(gaps, f"Measured: operations of {ours} over those of {theirs} {never}.", ratios(gaps))

    def stored(ours: str, theirs: str) -> tuple[dict[str, bool], str, dict[str, str]]:
        gaps = compared(cases, lambda case: tuple(least_memory(config, runs[m], case) for m in (ours, theirs)))
        told = f"Measured: bytes of {ours} over those of {theirs} where {config.good:.0%} are right in the end (never: twice the largest tried)."
        return judged(gaps, told, ratios(gaps))

    hoped, ours = f"{SOURCE}, where it is a hope", f"our test, after {SOURCE}"
    return [
        Claim.judged("Enumerating simple agents is inefficient beside back-propagation: it takes more operations.", SOURCE, *operations(RULES, GRADIENTS)),
        Claim.judged("Enumerating simple agents is inefficient beside back-propagation: after equally many questions it answers worse.",
                     SOURCE, *answers(GRADIENTS, RULES)),
        Claim.judged("More must be stored than the network is large: the smallest society that learns takes more memory than the smallest network that does.",
                     SOURCE, *stored(RULES, GRADIENTS)),
        Claim.judged("Agents that learn their own parameters by gradients, in a market that lets them in and out, answer better than enumerated ones.",
                     hoped, *answers(APPRENTICES, RULES)),
        Claim.judged("An integrated model, gradients by default and a market for structure, answers better than enumerated agents.", hoped, *answers(GROWN, RULES)),
        Claim.judged("An integrated model needs less to be stored than enumerated agents.", ours, *stored(RULES, GROWN)),
        Claim.judged("An integrated model takes fewer operations than back-propagation alone.", ours, *operations(GRADIENTS, GROWN)),
    ]  # fmt: skip


def compared(
    cases: list[tuple[str, int]], pair: Callable[[int], tuple[np.ndarray, ...]]
) -> dict[str, statistics.Paired]:
    """Seed by seed, for every case."""
    return {f"{family}, {bits} bits": statistics.paired(*pair(case)) for case, (family, bits) in enumerate(cases)}


def judged(
    gaps: dict[str, statistics.Paired], told: str, figures: dict[str, str]
) -> tuple[dict[str, bool], str, dict[str, str]]:
    """Where ours is larger beyond chance."""
    return statistics.larger(gaps), told, figures


def ratios(gaps: dict[str, statistics.Paired]) -> dict[str, str]:
    """Differences of logarithms as ratios."""
    return {name: f"{statistics.Interval(*np.exp(gap.difference)):.2g}" for name, gap in gaps.items()}


def needed(config: Config, sizes: dict[int, Run], case: int) -> np.ndarray:
    """Logarithm of the operations until good."""
    most = 2 * max(run.operations[case].max() for run in sizes.values())
    return np.log(np.nan_to_num(best_cost(config, sizes, case, least=0.0), nan=most))


def least_memory(config: Config, runs: dict[int, Run], case: int) -> np.ndarray:
    """Logarithm of the bytes of the smallest size with good answers in the end, for every seed; none: of twice the largest."""
    sizes = sorted(runs)
    memory = np.array([runs[size].memory[case] for size in sizes])
    good = np.stack([late(runs[size].accuracy[case]) >= config.good for size in sizes])
    return np.log(np.where(good, memory[:, None], 2 * memory.max()).min(0))


def pictures(config: Config, cases: list[tuple[str, int]], runs: dict[str, dict[int, Run]]) -> dict[str, Any]:
    """Quality over agents and over memory, operations over the size of the question, seconds over agents."""
    middle, largest = config.bits[(len(config.bits) - 1) // 2], max(config.bits)
    shown = [(family, bits) for bits in dict.fromkeys((middle, largest)) for family in config.families]

    def right(case: tuple[str, int], sizes: dict[int, Run], x: list[float]) -> cx.view.Band:
        return cx.view.Band.of(x, np.stack([late(sizes[n].accuracy[cases.index(case)]) for n in sorted(sizes)], 1))

    quality, memory, cost = {}, {}, {}
    for case in shown:
        title = f"{case[0]}, {case[1]} bits"
        agents = {m: right(case, sizes, [float(n) for n in sorted(sizes)]) for m, sizes in runs.items()}
        kilobytes = {
            m: right(case, sizes, [sizes[n].memory[cases.index(case)] / 1_000 for n in sorted(sizes)])
            for m, sizes in runs.items()
        }
        quality[title] = cx.view.Panel(agents, "agents or hidden units", "right answers", log="x")
        memory[title] = cx.view.Panel(kilobytes, "memory, kB", "right answers", log="x")
    for family in config.families:
        bands = {}
        for method, sizes in runs.items():
            column = np.stack([best_cost(config, sizes, cases.index((family, n))) for n in config.bits], 1)
            bands[method] = cx.view.Band.of(config.bits, column)
        cost[family] = cx.view.Panel(bands, "bits of a question", f"operations until {config.good:.0%} right", log="xy")
    seconds = {
        method: cx.view.Band.of(sorted(sizes), np.array([[1_000 * sizes[n].seconds for n in sorted(sizes)]]))
        for method, sizes in runs.items()
    }
    panel = cx.view.Panel(seconds, "agents or hidden units", "ms per thousand questions", log="xy")
    return {
        "quality": cx.view.band_panels(quality, share=True, limits=(0.4, 1.03)),
        "memory": cx.view.band_panels(memory, share=True, limits=(0.4, 1.03)),
        "cost": cx.view.band_panels(cost, share=True),
        "seconds": cx.view.band_panels({"time": panel}, height=2.6),
    }


def best_cost(config: Config, sizes: dict[int, Run], case: int, least: float = 0.5) -> np.ndarray:
    """Operations until good of the size at which most seeds for tuning become good, the cheapest of these; NaN unless so large a part does."""

    def promise(size: int) -> tuple[float, float]:
        spent = np.broadcast_to(sizes[size].operations[case].mean(0), sizes[size].tuned[case].shape)
        cost = until_good(config, sizes[size].tuned[case], spent)
        known = np.isfinite(cost)
        return known.mean(), -cost[known].mean() if known.any() else 0.0

    best = sizes[max(sizes, key=promise)]
    cost = until_good(config, best.accuracy[case], best.operations[case])
    return cost if np.isfinite(cost).mean() >= least else np.full_like(cost, np.nan)


def text(config: Config, cases: list[tuple[str, int]], runs: dict[str, dict[int, Run]]) -> str:
    """What was done, a table, limitations."""
    rows = [
        (method, str(size), f"{run.memory.max():,.0f}", f"{run.memory.max() / run.agents:,.0f}", f"{run.operations[-1, :, -1].mean() / config.questions:,.0f}", f"{1_000 * run.seconds:.2g}")
        for method, sizes in runs.items()
        for size, run in sorted(sizes.items())
    ]  # fmt: skip
    head = (
        "method",
        "agents or units",
        "bytes (most bits)",
        "bytes each",
        f"operations a question ({cases[-1][1]} bits)",
        "ms per thousand questions and lane",
    )
    places = [
        (
            f"{family}, {bits}",
            *(
                f"{statistics.interval(best_size(sizes, case)[1]):.3f} ({best_size(sizes, case)[0]})"
                for sizes in runs.values()
            ),
        )
        for case, (family, bits) in enumerate(cases)
    ]
    return "\n\n".join(
        [
            f"*Questions.* {', '.join(config.families)}; {', '.join(map(str, config.bits))} bits, drawn evenly, {config.batch} at once, {config.questions:,} in all. A multiplexer of 4 and 8 bits has 1 and 2 address bits, a larger one 3; bits beyond are distraction. "
            "Parity is that of three of the bits. A right answer pays 1; as there are two answers, the payment tells the label, so that all see the same.",
            f"*{RULES.capitalize()}*: conditions over the bits and an answer, listed general before specific (the first {config.listing:,} conditions), enter in turn as places become free, each with an allowance and the hope of a full payoff. "
            "They bid what winning has been worth to them (in tests as if each had been right once and wrong once more, so that hope decides nothing there); the second price is paid; winners pay rent; the broke leave, and those that have not won for some time.",
            f"*{APPRENTICES.capitalize()}*: the same market, but each agent is a network with {config.units} hidden units that expects what winning is worth and learns it from what it won, by Adam. "
            f"*{GROWN.capitalize()}*: `markets.network.Integrated`, gradients by default, and a market for hidden units (at most {config.capacity}), open {config.looks} times, each time with {AUDIENCE} of its questions; it has one capacity and grows into it. *{GRADIENTS.capitalize()}*: one hidden layer, Adam.",
            "*Operations*: multiply-adds, masks, comparisons; a gradient takes twice what an answer takes. *Memory*: what is stored of agents, with accounts, or of weights; Adam's moments, while a network learns, are twice as much again and are not counted, as the source compares with the size of the network (agents that learn are counted with theirs, and for the most bits). "
            "Everybody has three options (time without a win for rules, step sizes for the others), chosen for each case on other seeds. Answers of the last quarter of all tests are counted.",
            markdown_table(("right answers (best size)", *runs), places),
            markdown_table(head, rows),
            "*Limitations.* Questions of at most 16 bits; a machine with two cores, on which wide matrix products cost less per operation than rules; seconds are those of one run and say no more than ratios. "
            "The order of the listing is prior knowledge: a parity of three bits is found because conditions on three bits come early. Rules neither mutate nor recombine, as in the source.",
        ]
    )
