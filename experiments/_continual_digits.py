"""Digits, task after task: a market of small classifiers that bet on what they recognise, beside networks; one example at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from catallax.forecasting.clearing import Kelly

CLASSES = 10
TINY = 1e-6


class Stream(NamedTuple):
    """Tasks one after the other, then all of them again; axis `ticks`, and tests by task."""

    features: Float[Array, "ticks features"]
    labels: Int[Array, " ticks"]
    task: Int[Array, " ticks"]
    starts: Int[Array, " ticks"]
    """Whether a new stretch begins here."""
    tests: Float[Array, "tasks tests features"]
    answers: Int[Array, "tasks tests"]


def stream(kind: str, tasks: int, first: int, again: int, tests: int, seed: int) -> Stream:
    """Scikit-learn's digits of 8 x 8 pixels, by seed another split and other tasks.

    Args:
        kind: "permuted": every task has its own order of pixels, the first the natural one; "split": every task has two digits.
        tasks: how many.
        first: examples of each task when it is new.
        again: examples of each task when it comes back.
        tests: test examples of a task.
        seed: of split, order and tasks.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise ImportError(
            "claim_continual: its digits come with scikit-learn; run: pip install 'catallax[digits]'"
        ) from error
    luck = np.random.default_rng(seed)
    images, labels = load_digits(return_X_y=True)
    order = luck.permutation(len(labels))
    images, labels = images[order] / 16.0, labels[order]
    held, rest = np.arange(len(labels)) < 500, np.arange(len(labels)) >= 500
    pixels = [np.arange(64), *(luck.permutation(64) for _ in range(tasks - 1))]
    digits = luck.permutation(CLASSES)
    rows: list[np.ndarray] = []
    parts: list[tuple[np.ndarray, np.ndarray]] = []
    told: list[tuple[np.ndarray, np.ndarray]] = []
    for task in range(tasks):
        chosen = np.isin(labels, digits[2 * task : 2 * task + 2]) if kind == "split" else np.full(len(labels), True)
        places = pixels[task] if kind == "permuted" else pixels[0]
        drawn = luck.choice(np.flatnonzero(rest & chosen), first + again)
        seen = luck.choice(np.flatnonzero(held & chosen), tests)
        rows.append(np.full(first + again, task))
        parts.append((images[drawn][:, places], labels[drawn]))
        told.append((images[seen][:, places], labels[seen]))
    stretches = [(t, slice(0, first)) for t in range(tasks)] + [(t, slice(first, None)) for t in range(tasks)]
    join = [np.concatenate([parts[t][n][part] for t, part in stretches]) for n in range(2)]
    task = np.concatenate([rows[t][part] for t, part in stretches])
    starts = np.zeros(len(task), int)
    starts[np.cumsum([0] + [first] * tasks + [again] * (tasks - 1))] = 1
    tested, answers = (np.stack([pair[n] for pair in told]) for n in range(2))
    return Stream(
        *map(jnp.asarray, (join[0].astype(np.float32), join[1], task, starts, tested.astype(np.float32), answers))
    )


class Learner(NamedTuple):
    """A method: pure functions of what it knows."""

    init: Callable[[Key[Array, ""]], Any]
    predict: Callable[[Any, Float[Array, " features"]], Float[Array, " classes"]]
    """Probabilities."""
    learn: Callable[[Key[Array, ""], Any, Float[Array, " features"], Int[Array, ""], Int[Array, ""]], Any]
    """From one example; the last argument tells that a new stretch begins, which only those heed who must be told."""
    audit: Callable[[Any], Float[Array, ""]] = lambda state: jnp.zeros(())
    """What its books lack, credits."""
    richest: Callable[[Any], Float[Array, ""]] = lambda state: jnp.full((), jnp.nan)
    """The largest part of all wealth that one trader holds."""


class Course(NamedTuple):
    """How one method did."""

    right: Float[Array, " ticks"]
    """Whether each example was answered rightly before its label was told."""
    tests: Float[Array, "looks tasks"]
    """Part of the tests right at the end of every stretch."""
    imbalance: Float[Array, ""]
    richest: Float[Array, ""]
    """In the end."""


def follow(learner: Learner, examples: Stream, key: Key[Array, ""], every: int) -> Course:
    """Predict, then learn, example by example; tested after every so many of the first stretches."""

    def tick(state: Any, now: Any) -> tuple[Any, Array]:
        key, x, y, start = now
        right = jnp.argmax(learner.predict(state, x)) == y
        return learner.learn(key, state, x, y, start), right

    start, run = jax.random.split(key)
    state = learner.init(start)
    keys = jax.random.split(run, examples.labels.size)
    rights, looks = [], []
    tasks = examples.tests.shape[0]
    for stretch in range(2):
        size = every if stretch == 0 else (examples.labels.size - every * tasks) // tasks
        begin = stretch * every * tasks
        part = jax.tree.map(
            lambda x, begin=begin, size=size: x[begin : begin + size * tasks].reshape(tasks, size, *x.shape[1:]),
            (keys, examples.features, examples.labels, examples.starts),
        )

        def task(state: Any, part: Any) -> tuple[Any, Any]:
            state, right = jax.lax.scan(tick, state, part)
            told = jax.vmap(jax.vmap(lambda x: jnp.argmax(learner.predict(state, x))))(examples.tests)
            return state, (right, jnp.mean(told == examples.answers, axis=1))

        state, (right, score) = jax.lax.scan(task, state, part)
        rights.append(right.reshape(-1))
        looks.append(score)
    right = jnp.concatenate(rights).astype(jnp.float32)
    return Course(right, jnp.concatenate(looks), learner.audit(state), learner.richest(state))


# --- networks


class MLP(NamedTuple):
    """One hidden layer."""

    hidden: Array
    bias: Array
    out: Array
    last: Array


def mlp(key: Key[Array, ""], features: int, width: int) -> MLP:
    """Drawn as is usual for rectifiers."""
    one, two = jax.random.split(key)
    return MLP(
        jax.random.normal(one, (features, width)) * (2 / features) ** 0.5, jnp.zeros(width),
        jax.random.normal(two, (width, CLASSES)) * (1 / width) ** 0.5, jnp.zeros(CLASSES),
    )  # fmt: skip


def said(net: MLP, x: Array) -> Array:
    """Logits."""
    hidden = jax.nn.relu(x @ net.hidden + jnp.broadcast_to(net.bias, (*x.shape[:-1], net.bias.size)))
    return hidden @ net.out + jnp.broadcast_to(net.last, (*x.shape[:-1], CLASSES))


def loss(net: MLP, x: Array, y: Array) -> Array:
    """Nats, mean over examples."""
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(said(net, x)), y[..., None], -1))


def sgd(rate: Any, features: int, width: int = 64) -> Learner:
    """A gradient step an example."""

    def learn(key: Any, net: MLP, x: Array, y: Array, start: Array) -> MLP:
        return jax.tree.map(lambda w, g: w - rate * g, net, jax.grad(loss)(net, x[None], y[None]))

    return Learner(lambda key: mlp(key, features, width), lambda net, x: jax.nn.softmax(said(net, x)), learn)


def replay(rate: Any, features: int, room: int, batch: int = 4, width: int = 64) -> Learner:
    """Every step also learns from examples drawn from a reservoir of all that came (Vitter 1985; Rolnick et al. 2019)."""

    def init(key: Any) -> Any:
        return (
            mlp(key, features, width),
            jnp.zeros((room, features)),
            jnp.zeros(room, jnp.int32),
            jnp.zeros((), jnp.int32),
        )

    def learn(key: Any, state: Any, x: Array, y: Array, start: Array) -> Any:
        net, kept, labels, seen = state
        place_key, draw_key = jax.random.split(key)
        drawn = jax.random.randint(draw_key, (batch,), 0, jnp.maximum(jnp.minimum(seen, room), 1))
        known = seen > 0
        xs = jnp.concatenate([x[None], jnp.where(known, kept[drawn], x[None])])
        ys = jnp.append(y[None], jnp.where(known, labels[drawn], y))
        net = jax.tree.map(lambda w, g: w - rate * g, net, jax.grad(loss)(net, xs, ys))
        place = jnp.where(seen < room, seen, jax.random.randint(place_key, (), 0, seen + 1))
        return net, kept.at[place].set(x, mode="drop"), labels.at[place].set(y, mode="drop"), seen + 1

    return Learner(init, lambda state, x: jax.nn.softmax(said(state[0], x)), learn)


def ewc(rate: Any, weight: Any, features: int, width: int = 64) -> Learner:
    """Weights that mattered for tasks before are held: `loss + weight / 2 sum F (w - w_before)^2`; it is told when a stretch begins.

    Source: Kirkpatrick et al. (2017), with one running sum of Fisher information (Schwarz et al. 2018).
    """

    def init(key: Any) -> Any:
        net = mlp(key, features, width)
        nothing = jax.tree.map(jnp.zeros_like, net)
        return net, net, nothing, nothing

    def learn(key: Any, state: Any, x: Array, y: Array, start: Array) -> Any:
        net, before, kept, running = state
        # what was gathered in the stretch that ended is what holds the weights from now on
        before = jax.tree.map(lambda b, w: jnp.where(start == 1, w, b), before, net)
        kept = jax.tree.map(lambda k, r: jnp.where(start == 1, k + r, k), kept, running)
        running = jax.tree.map(lambda r: jnp.where(start == 1, 0.0, r), running)
        slope = jax.grad(loss)(net, x[None], y[None])
        running = jax.tree.map(lambda r, g: r + 0.01 * (g**2 - r), running, slope)
        # the pull is taken implicitly, so that no weight makes the step diverge
        net = jax.tree.map(
            lambda w, g, f, b: (w - rate * g + rate * weight * f * b) / (1 + rate * weight * f),
            net,
            slope,
            kept,
            before,
        )
        return net, before, kept, running

    return Learner(init, lambda state, x: jax.nn.softmax(said(state[0], x)), learn)


# --- experts and traders


class Experts(NamedTuple):
    """Linear classifiers; axis `experts`."""

    weights: Array
    bias: Array


def experts(key: Key[Array, ""], count: int, features: int) -> Experts:
    """Nearly nothing."""
    return Experts(0.01 * jax.random.normal(key, (count, features, CLASSES)), jnp.zeros((count, CLASSES)))


def believed(of: Experts, x: Array) -> Array:
    """Probabilities, axes `experts classes`."""
    return jax.nn.softmax(jnp.einsum("f,efc->ec", x, of.weights) + of.bias)


def taught(of: Experts, x: Array, y: Array, beliefs: Array, rates: Array) -> Experts:
    """Each a gradient step on its own loss, at its own rate."""
    slope = (beliefs - jax.nn.one_hot(y, CLASSES)[None]) * rates[:, None]
    return Experts(of.weights - x[None, :, None] * slope[:, None], of.bias - slope)


def mixture(rate: Any, features: int, count: int = 8) -> Learner:
    """A mixture of experts with a linear gate, by the gradient of its likelihood (Jacobs, Jordan, Nowlan and Hinton 1991)."""

    def init(key: Any) -> Any:
        one, two = jax.random.split(key)
        return experts(one, count, features), 0.01 * jax.random.normal(two, (features, count)), jnp.zeros(count)

    def opened(state: Any, x: Array) -> Array:
        return jax.nn.softmax(x @ state[1] + state[2])

    def learn(key: Any, state: Any, x: Array, y: Array, start: Array) -> Any:
        gate, beliefs = opened(state, x), believed(state[0], x)
        after = gate * beliefs[:, y]
        after = after / (jnp.sum(after) + TINY)
        push = rate * (after - gate)
        return taught(state[0], x, y, beliefs, rate * after), state[1] + x[:, None] * push[None], state[2] + push

    return Learner(init, lambda state, x: opened(state, x) @ believed(state[0], x), learn)


class Traders(NamedTuple):
    """Who bets; axis `traders`."""

    beliefs: Experts
    wealth: Array
    mean: Array
    """Of the pixels of what each has learned from, axes `traders features`."""
    spread: Array
    """Variances of the same."""
    usual: Array
    """How familiar what it learned from was, on average, nats."""
    scatter: Array
    """Mean distance from that, nats."""


def market(rate: Any, tax: Any, cap: Any, features: int, count: int = 8, recognise: bool = True) -> Learner:
    """Kelly traders on each label; who has a stake learns, by its part of what was won.

    Each stakes the part `l` of its wealth, the more the more the picture is like those that it has learned from. The tax is the same part of everybody's wealth after
    every example, and the cap takes what one holds above a share of all wealth; what is taken goes to all alike.
    """

    def init(key: Any) -> Traders:
        of = experts(key, count, features)
        zero = jnp.zeros(count)
        return Traders(
            of,
            jnp.full(count, 1.0 / count),
            jnp.full((count, features), 0.3),
            jnp.full((count, features), 0.2),
            zero,
            zero + 5.0,
        )

    def familiar(of: Traders, x: Array) -> Array:
        return -0.5 * jnp.sum((x[None] - of.mean) ** 2 / of.spread + jnp.log(of.spread), axis=1)

    def stakes(of: Traders, x: Array) -> Array:
        if not recognise:
            return jnp.ones(count)
        return jnp.clip(jax.nn.sigmoid(2.0 + (familiar(of, x) - of.usual) / of.scatter), 1e-4, 1.0)

    def priced(of: Traders, x: Array) -> Array:
        return Kelly(stakes(of, x)).clear(of.wealth, believed(of.beliefs, x))

    def learn(key: Any, of: Traders, x: Array, y: Array, start: Array) -> Traders:
        staked, beliefs = stakes(of, x), believed(of.beliefs, x)
        sale = Kelly(staked)
        prices = sale.clear(of.wealth, beliefs)
        held = staked * of.wealth * beliefs[:, y]
        won = held / (jnp.sum(held) + 1e-12)
        wealth = of.wealth + sale.profits(of.wealth, beliefs, prices)[:, y]
        wealth = jnp.maximum(wealth, 0.0)
        due = tax * wealth
        wealth = wealth - due
        over = jnp.maximum(wealth - cap * jnp.sum(wealth), 0.0)
        wealth = wealth - over + (jnp.sum(due) + jnp.sum(over)) / count
        known = familiar(of, x)
        speed = 0.02 * won
        usual = of.usual + speed * 5 * (known - of.usual)
        scatter = jnp.maximum(of.scatter + speed * 5 * (jnp.abs(known - usual) - of.scatter), 1.0)
        away = x[None] - of.mean
        mean = of.mean + speed[:, None] * away
        spread = jnp.maximum(of.spread + speed[:, None] * (away**2 - of.spread), 0.01)
        return Traders(taught(of.beliefs, x, y, beliefs, rate * won), wealth, mean, spread, usual, scatter)

    def richest(of: Traders) -> Array:
        return jnp.max(of.wealth) / jnp.sum(of.wealth)

    return Learner(init, priced, learn, lambda of: jnp.sum(of.wealth) - 1.0, richest)


@eqx.filter_jit
def courses(
    make: Callable[..., Learner], settings: Any, streams: Stream, keys: Key[Array, " lanes"], every: int
) -> Course:
    """Many settings and seeds at once; axis `lanes`."""
    return jax.vmap(lambda chosen, examples, key: follow(make(*chosen), examples, key, every))(settings, streams, keys)
