"""Neural networks as markets and back: Theorem 3.1, prices that are gradients, and three ways of training on digits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

import catallax as cx
from catallax.classics import PerSeed
from catallax.lab import Context, Finding, Report
from catallax.markets.network import (
    AbstractTraining,
    Backpropagated,
    Capitalism,
    Integrated,
    NetworkWorld,
    Table,
    cross_entropy,
    mutant,
    quote,
)

ROW = "networks"
MILLION = 1e6


@dataclass(frozen=True)
class Config:
    """Settings."""

    networks: int = 20
    """Random ReLU networks for Theorem 3.1."""
    seeds: int = 10
    """Runs of each way of training, in one program."""
    periods: int = 100
    """Periods of integrated training; what they cost is everybody's budget."""
    widths: tuple[int, ...] = (8, 16, 32, 48)
    """Hidden neurons of the plain networks."""
    longer: int = 4
    """How many times the budget selection by wealth alone goes on for."""
    rates: tuple[float, ...] = (0.001, 0.002, 0.004, 0.008, 0.016)
    """Step sizes of the gradients tried on held-out training rows, the same for everybody."""
    steps: tuple[float, ...] = (0.2, 0.3, 0.4, 0.6, 0.8)
    """Step sizes of valuations tried there."""
    rows: int = 1_257
    """Training rows of the digits; the rest is the test set."""
    synthetic: bool = False
    """Random pictures in place of the digits, where scikit-learn is not installed."""
    key: int = 1
    """Seed of networks, split and runs."""


def run(config: Config, context: Context) -> Report:
    """The theorem, the prices, the digits."""
    findings = [*theorem(config), sales(config), *prices(config)]
    trained = digits(config)
    text = (
        "Digits of scikit-learn, pixels from 0 to 1, one split for all seeds. *Compute* is counted in multiply-adds of what exists: forward, both "
        "gradients (no gradient of the inputs), and for the market all sales, bids and valuations, and all decisions about the "
        "structure, each priced as the arithmetic that it takes; sorting, drawing and Adam's steps are counted for nobody. The masked arrays have "
        "a fixed capacity, so that the machine does more than is counted while a network is small. Each way of training has the best "
        f"of {len(config.rates)} step sizes on a fifth of the training rows held out, and is then trained on all of them. "
        "Accuracies are those of the first period in which the budget is used up; the budget is what the integrated training of the same seed used."
    )
    return Report([*findings, *trained.findings], trained.figures, "\n\n".join([text, trained.text]))


def theorem(config: Config) -> list[Finding]:
    """Forward passes of random networks and of their markets, with rivals without wealth; and back."""
    rng = np.random.default_rng(config.key)
    far, exact, alone = 0.0, 0, 0
    for number in range(config.networks):
        sizes = {"width_size": int(rng.integers(2, 40)), "depth": int(rng.integers(1, 5))}
        mlp = eqx.nn.MLP(int(rng.integers(2, 20)), int(rng.integers(1, 10)), **sizes, key=jax.random.key(number))
        market = cx.markets.from_network(mlp)
        rivals = [mutant(jax.random.key(k), market.firms[k % len(market.firms)], 1.0) for k in range(5)]
        crowded = market.admit(*rivals)
        x = jax.random.normal(jax.random.key(number), (50, market.shapes[0][0]))
        said = eqx.filter_jit(lambda mlp, x: jax.vmap(mlp)(x))(mlp, x)
        far = max(far, float(jnp.abs(crowded.forward(x) - said).max()))
        exact += bool(eqx.tree_equal(cx.markets.to_network(crowded), mlp))
        alone += crowded.chain() == tuple(range(len(market.firms)))
    count = config.networks
    return [
        Finding(ROW, f"Theorem 3.1: forward pass of {count} random ReLU networks, 50 inputs each, 5 rivals without wealth", "<= 1e-6",
                f"largest difference {far:.1e}; the network's firms win in {alone} of {count}", far <= 1e-6),
        Finding(ROW, "network to market to network, weights bit by bit", f"{count} of {count}", f"{exact} of {count}", exact == count),
    ]  # fmt: skip


def sales(config: Config) -> Finding:
    """The same as a `DeepMarket` on a world whose states are layer spaces."""
    mlp = eqx.nn.MLP(6, 4, width_size=12, depth=2, key=jax.random.key(config.key))
    market = cx.markets.from_network(mlp)
    x = jax.random.normal(jax.random.key(config.key), (20, 6))
    world, deep = NetworkWorld(x, jnp.arange(20) % 4, market.shapes), market.deep_market()
    state = deep.init(world, 8, jax.random.key(0))
    policy = cx.markets.policy_of(deep, state)
    goods = jax.vmap(market.start)(x)
    for _ in range(market.last):
        goods = jax.vmap(policy, in_axes=(None, 0))(jax.random.key(0), goods)
    far = float(jnp.abs(goods.layers[-1] - jax.vmap(mlp)(x)).max())
    state, _ = eqx.filter_jit(deep.round)(world, state, jax.random.key(1))
    imbalance = state.ledger.audit()
    return Finding(ROW, "Theorem 3.1 as it stands: a DeepMarket of layers on the sum of the layer spaces", "<= 1e-6, imbalance 0",
                   f"largest difference {far:.1e}; after {8 * deep.round_ticks} sales imbalance {imbalance}", far <= 1e-6 and imbalance == 0)  # fmt: skip


def prices(config: Config) -> list[Finding]:
    """Gradients of the firms' profits beside those of the loss."""
    findings = []
    for name, wide, allowed in (("float32", False, 1e-6), ("float64", True, 1e-12)):
        worst = 0.0
        with jax.enable_x64(wide):
            for number in range(min(config.networks, 5)):
                dtype = jnp.float64 if wide else jnp.float32
                mlp = eqx.nn.MLP(10, 4, 16, 3, activation=jnp.tanh, dtype=dtype, key=jax.random.key(number))
                x = jax.random.normal(jax.random.key(number), (32, 10), dtype)
                labels = jnp.arange(32) % 4
                found = quote(cx.markets.from_network(mlp), x, labels).profit_gradient
                wanted = _gradient(mlp, x, labels).layers
                for mine, theirs in zip(jax.tree.leaves(found), jax.tree.leaves(wanted), strict=True):
                    worst = max(worst, float(jnp.linalg.norm(mine + theirs) / jnp.linalg.norm(theirs)))
        findings.append(
            Finding(ROW, f"gradients of profits at back-propagated prices beside jax.grad, {name}", f"<= {allowed:.0e}",
                    f"largest relative error {worst:.1e}", worst <= allowed)
        )  # fmt: skip
    return findings


@eqx.filter_jit
@eqx.filter_grad
def _gradient(mlp: Any, x: Any, labels: Any) -> Any:
    return jnp.mean(jax.vmap(cross_entropy)(jax.vmap(mlp)(x), labels))


class Run(NamedTuple):
    """What the seeds of one way of training did; axes `seeds time`."""

    accuracy: np.ndarray
    compute: np.ndarray
    """Multiply-adds since the start."""
    record: dict[str, np.ndarray]
    best: float
    """Step size that was chosen."""

    def at(self, budget: np.ndarray) -> np.ndarray:
        """Accuracy of each seed in the first period in which its budget is used up."""
        places = [min(int(np.searchsorted(c, b)), len(c) - 1) for c, b in zip(self.compute, budget, strict=True)]
        return np.array([row[place] for row, place in zip(self.accuracy, places, strict=True)])

    def on(self, grid: np.ndarray, values: np.ndarray | None = None) -> list[tuple[np.ndarray, np.ndarray]]:
        """A curve a seed over multiply-adds, in millions."""
        rows = self.accuracy if values is None else values
        return [
            (grid / MILLION, np.interp(grid, c, row)) for c, row in zip(self.compute, rows.astype(float), strict=True)
        ]


def digits(config: Config) -> Report:
    """Accuracy at equal compute."""
    table, held, test = data(config)
    integrated = train(config, Integrated(), "rate", config.rates, config.periods, table, held, test)
    budget = integrated.compute[:, -1]
    plain = {}
    for layers, width in [(1, width) for width in config.widths] + [(2, config.widths[-1])]:
        training = Backpropagated(width=width, layers=layers)
        needed = periods_for(training, table, budget.max())
        name = f"plain {width}" if layers == 1 else f"plain {width} + {width}"
        plain[name] = train(config, training, "rate", config.rates, needed, table, held, test)
    needed = periods_for(Capitalism(), table, config.longer * budget.max())
    wealth = train(config, Capitalism(), "step", config.steps, needed, table, held, test)
    best = max(plain, key=lambda name: plain[name].at(budget).mean())
    findings = [row(f"digits, {name}", run.at(budget), run) for name, run in plain.items()]
    findings.append(row("digits, selection by wealth alone", wealth.at(budget), wealth))
    findings.append(
        row(f"digits, selection by wealth alone, {config.longer} times the budget", wealth.accuracy[:, -1], wealth)
    )
    findings.append(row("digits, integrated", integrated.at(budget), integrated))
    findings += [beside(integrated, plain, name, budget) for name in dict.fromkeys([best, f"plain {config.widths[0]}"])]
    findings.append(structure(integrated))
    grid = np.linspace(0, budget.mean(), 120)[1:]
    shown = {"integrated": integrated, best: plain[best], "wealth alone": wealth}
    accuracy = cx.view.seed_curves(
        {name: run.on(grid) for name, run in shown.items()},
        target=plain[best].at(budget).mean(), unit="accuracy on the test set", goal="plain, end",
    )  # fmt: skip
    near = cx.view.seed_curves(
        {name: run.on(grid) for name, run in {**plain, "integrated": integrated}.items()},
        target=plain[best].at(budget).mean(), unit="accuracy on the test set", goal=f"{best}, end",
    )  # fmt: skip
    near.axes[0].set(ylim=(0.9, 1.0))
    neurons = {
        f"hidden layer {place + 1}": integrated.on(grid, integrated.record["neurons"][..., place])
        for place in range(integrated.record["neurons"].shape[-1])
    }
    grown = cx.view.seed_curves(neurons, target=Integrated().width, unit="neurons", goal="at the start")
    for figure in (accuracy, near, grown):
        figure.axes[0].set(xlabel="million multiply-adds")
    text = f"The budget is {budget.mean() / MILLION:,.0f} million multiply-adds, {budget.min() / MILLION:,.0f} to {budget.max() / MILLION:,.0f} by seed."
    return Report(findings, {"accuracy": accuracy, "gradients": near, "structure": grown}, text)


def data(config: Config) -> tuple[Table, Table, tuple[np.ndarray, np.ndarray]]:
    """All training rows; the same without the last fifth, which is held out to choose step sizes; the test set."""
    if config.synthetic:
        rng = np.random.default_rng(config.key)
        labels = np.arange(200) % 10
        images = rng.normal(size=(10, 64))[labels] + rng.normal(size=(200, 64))
        rows = 150
    else:
        try:
            from sklearn.datasets import load_digits
        except ImportError as error:
            raise ImportError(
                f"networks_as_markets: the digits come with scikit-learn, which cannot be imported ({error}); "
                "run: pip install 'catallax[digits]', or pass --synthetic."
            ) from error
        images, labels = load_digits(return_X_y=True)
        images, rows = images / 16, config.rows
    order = np.random.default_rng(config.key).permutation(len(labels))
    train, test = order[:rows], order[rows:]
    table = Table.of(images[train], labels[train], 10)
    held = table._replace(rows=jnp.asarray(4 * rows // 5, jnp.int32))
    return table, held, (images[test].astype(np.float32), labels[test])


def periods_for(training: AbstractTraining, table: Table, budget: float) -> int:
    """Periods after which the budget is used up, where all cost the same."""

    @jax.jit
    def cost(key: Any) -> Any:
        return training.cost(training.init(key, table), table)

    return int(np.ceil(budget / float(cost(jax.random.key(0)))))


def train(
    config: Config,
    training: AbstractTraining,
    field: str,
    values: tuple[float, ...],
    periods: int,
    table: Table,
    held: Table,
    test: tuple[np.ndarray, np.ndarray],
) -> Run:
    """Choose the step size on held-out rows, then train all seeds with it."""
    lanes = np.resize(np.asarray(values, np.float32), config.seeds)
    last = int(held.rows)
    spare = len(test[1])
    picked = np.resize(np.arange(last, int(table.rows)), spare)
    judge = np.asarray(table.inputs)[picked], np.asarray(table.labels)[picked]
    keys = jax.random.split(jax.random.key(config.key + 1), config.seeds)
    tried = np.asarray(learn(training, field, lanes, keys, held, judge, periods)["accuracy"])
    late = tried[:, -max(1, periods // 5) :].mean(1)
    scores = {value: late[lanes == np.float32(value)].mean() for value in values if (lanes == np.float32(value)).any()}
    best = max(scores, key=lambda value: scores[value])
    keys = jax.random.split(jax.random.key(config.key), config.seeds)
    record = learn(training, field, np.full(config.seeds, best, np.float32), keys, table, test, periods)
    record = {name: np.asarray(value) for name, value in record.items()}
    compute = np.cumsum(record["multiply_adds"].astype(np.float64), axis=1)
    return Run(record.pop("accuracy"), compute, record, best)


@eqx.filter_jit
def learn(
    training: AbstractTraining, field: str, values: Any, keys: Any, table: Table, judge: Any, periods: int
) -> dict[str, Any]:
    """All seeds at once; what every period says of itself, and the accuracy after it."""
    x, labels = judge

    def one(value: Any, key: Any) -> dict[str, Any]:
        mine = eqx.tree_at(lambda t: getattr(t, field), training, value)
        start, rest = jax.random.split(key)

        def period(state: Any, key: Any) -> tuple[Any, dict[str, Any]]:
            state, record = mine.period(key, state, table)
            return state, record | {"accuracy": jnp.mean(jnp.argmax(mine.outputs(state, x), axis=1) == labels)}

        return jax.lax.scan(period, mine.init(start, table), jax.random.split(rest, periods))[1]

    return jax.vmap(one)(jnp.asarray(values), keys)


def row(case: str, accuracy: np.ndarray, run: Run) -> Finding:
    """Mean accuracy on the test set with its interval."""
    score = PerSeed(accuracy)
    low, high = score.interval()
    return Finding(ROW, f"{case}: accuracy on the test set at equal compute, {len(score)} seeds", "",
                   f"{score.mean():.4f} [{low:.4f}, {high:.4f}]", note=f"step size {run.best:g}")  # fmt: skip


def beside(integrated: Run, plain: dict[str, Run], name: str, budget: np.ndarray) -> Finding:
    """Difference to one plain network, seed by seed."""
    gain = PerSeed(integrated.at(budget) - plain[name].at(budget))
    low, high = gain.interval()
    return Finding(ROW, f"digits, integrated less {name}, seed by seed", "not below: interval reaches 0",
                   f"{gain.mean():+.4f} [{low:+.4f}, {high:+.4f}]", high >= 0)  # fmt: skip


def structure(run: Run) -> Finding:
    """What was grown and pruned."""
    neurons = run.record["neurons"].sum(-1)
    told = (
        f"from {Integrated().width} neurons to {neurons.max(1).mean():.1f} at most and {neurons[:, -1].mean():.1f} in the end; "
        f"{run.record['entered'].sum((1, 2)).mean():.1f} entered, {run.record['left'].sum((1, 2)).mean():.1f} left; "
        f"a second layer opened in {int(run.record['opened'].any((1, 2)).sum())} of {len(neurons)} seeds; "
        f"an answer costs {run.record['size'][:, -1].mean():,.0f} multiply-adds in the end"
    )
    return Finding(ROW, "digits, integrated: structure, mean over seeds", "neurons enter and leave", told,
                   bool(run.record["entered"].sum() > 0 and run.record["left"].sum() > 0))  # fmt: skip
