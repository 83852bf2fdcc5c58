"""Training by selection and wealth alone: layers are born, bid for inputs, earn, multiply and go broke."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Key

from catallax.agents import AllOf, Idle, MutateTheRich, PoorerThan, Strangers
from catallax.auctions import CreditConservingVickrey
from catallax.core import NOBODY, Cohort, split_by
from catallax.markets._deep import DeepMarket
from catallax.markets._policy import MarketPolicy
from catallax.markets._state import MarketState, empty_tally
from catallax.markets.network._backpropagated import check_sizes
from catallax.markets.network._firm import Firm
from catallax.markets.network._market import NetworkMarket
from catallax.markets.network._plant import ABSENT, Table
from catallax.markets.network._stacked_firm import (
    Perturbed,
    RandomFirm,
    StackedFirm,
    StackedGoods,
    TableWorld,
    at_start,
    logits,
)
from catallax.markets.network._training import AbstractTraining, Record
from catallax.markets.network._valuation import LinearValue

AUCTION = CreditConservingVickrey()


class Society(NamedTuple):
    """A deep market in progress, and which classes there are."""

    market: MarketState
    classes: Bool[Array, " classes"]


class Capitalism(AbstractTraining):
    """No gradients: a `DeepMarket` of layers in which the last firm of each path is paid `pay - loss`.

    Inputs are sold to the firm that expects most of them, at the second price, and so on from place to place. Firms
    learn what inputs are worth to them from their revenue (`StackedFirm`), never their weights: better weights come from
    mutants of the rich and from strangers, worse ones go with the poor and the idle. Every path is chosen input by
    input, and money is exact.

    >>> training, table = Capitalism(agents=4, instances=4, rounds=1), Table.of(np.eye(4), [0, 1, 0, 1])
    >>> state = jax.jit(training.init)(jax.random.key(0), table)
    >>> state.market.ledger.audit(), float(training.cost(state, table)) / 1e3
    (0, 14.336)

    Source: Pallavi Sudhir and Tran-Thanh (2025), Algorithm 1 and section 3.
    """

    agents: int = eqx.field(static=True, default=32)
    """Firms there is room for."""
    hidden: int = eqx.field(static=True, default=16)
    """Activations between two layers."""
    layers: int = eqx.field(static=True, default=1)
    """Places between input and output; firms may skip them."""
    instances: int = eqx.field(static=True, default=64)
    """Rows on sale at a time."""
    rounds: int = eqx.field(static=True, default=6)
    """Rounds of one period; births and deaths come after each."""
    round_ticks: int = eqx.field(static=True, default=8)
    """Sales of each row's goods in a round."""
    pay: float = 2.5
    """Credits for an output without loss."""
    endowment: float = 20.0
    """Credits of a newborn for each row on sale."""
    step: float = 0.4
    """Step size of the valuations, in (0, 2)."""
    mutation: float = 0.1
    """Standard deviation of what a mutant's weights differ by."""
    direct: float = 0.5
    """Share of strangers that lead from the input to the output."""
    confidence: float = 2.0
    """Standard deviation of the output biases of strangers."""
    idle: int = 64
    """Ticks without a sale after which a firm leaves."""
    trial: int = 256
    """Inputs that a firm must have bought before it has a say outside training, where others at its place have."""

    def __check_init__(self) -> None:
        names = ("agents", "hidden", "instances", "rounds", "round_ticks")
        check_sizes("Capitalism", **{name: getattr(self, name) for name in names})

    def init(self, key: Key[Array, ""], table: Table) -> Society:
        """Strangers in half of the places."""
        people, start = split_by(key, "people", "start")
        stranger = self._stranger(table)
        firms = jax.vmap(stranger)(jax.random.split(people, self.agents))
        alive = jnp.arange(self.agents) < -(-self.agents // 2)
        economy = self._economy(table, Cohort(firms, alive, self.endowment))
        return Society(economy.init(self._world(table), self.instances, start), table.classes)

    def period(self, key: Key[Array, ""], state: Society, table: Table) -> tuple[Society, Record]:
        """Some rounds."""
        economy, world = self._economy(table, state.market.cohorts[0]), self._world(table)
        begun = state.market._replace(tally=empty_tally(self.instances))
        after, _ = jax.lax.scan(lambda s, _: (economy.round(world, s, key)[0], None), begun, None, length=self.rounds)
        tally = after.tally
        alive = after.cohorts[0].alive
        record = {
            "loss": self.pay - tally.returns.sum() / jnp.maximum(tally.episodes.sum(), 1),
            "multiply_adds": self.cost(state, table),
            "agents": alive.sum(),
            "born": tally.births.sum(),
            "bankrupt": tally.bankruptcies.sum(),
            "price": tally.price.sum() / jnp.maximum(tally.sales.sum(), 1),
            "depth": tally.lengths.sum() / jnp.maximum(tally.episodes.sum(), 1),
        }
        return Society(after, state.classes), record

    def cost(self, state: Society, table: Table) -> Float[Array, ""]:
        """Multiply-adds of the next period: of each sale, all bids, what all firms learn, and the layer of the winner."""
        classes = table.classes.shape[0]
        size = self._size(table.inputs.shape[-1], classes)
        sale = 3 * self.agents * size + max(self.hidden, classes) * size
        return jnp.asarray(float(self.rounds * self.round_ticks * self.instances * sale))

    def outputs(self, state: Society, x: Float[Array, "samples features"]) -> Float[Array, "samples classes"]:
        """Logits of who delivers in the end; 0 where nobody does. Firms on trial do not count."""
        policy = self._policy(state)
        size = state.market.obs.goods.shape[-1]
        obs = jax.vmap(lambda row: at_start(row, size))(x)

        def trade(obs: StackedGoods) -> StackedGoods:
            key = jax.random.key(0)
            sold = policy.sale(key, obs).winner != NOBODY
            return jax.tree.map(lambda new, old: jnp.where(sold, new, old), policy(key, obs), obs)

        for _ in range(self.layers + 1):
            obs = jax.vmap(trade)(obs)
        found = jax.vmap(lambda goods: logits(goods, state.classes))(obs.goods)
        nothing = jnp.where(state.classes, 0.0, ABSENT)
        return jnp.where((obs.place == self.layers + 1)[:, None], found, nothing[None, :])

    def market(self, state: Society, features: int) -> NetworkMarket:
        """The living firms but those on trial, and those that deliver where nobody buys."""
        policy, classes = self._policy(state), np.flatnonzero(state.classes)
        firms: StackedFirm = policy.cohorts[0].individuals  # pyright: ignore[reportAssignmentType] - of one kind
        source, target = np.asarray(firms.source), np.asarray(firms.target)
        living = np.asarray(policy.alive)
        for _ in range(self.layers):
            bought = np.isin(target, source[living]) | (target == self.layers + 1)
            living = living & bought
        made = []
        for agent in np.flatnonzero(living):
            one = jax.tree.map(lambda leaf, agent=agent: leaf[agent], firms)
            inside = features if source[agent] == 0 else self.hidden
            final = target[agent] == self.layers + 1
            outside = classes if final else np.arange(self.hidden)
            linear = eqx.nn.Linear(inside, len(outside), key=jax.random.key(0))
            new = (one.weight[outside, :inside], one.bias[outside])
            linear = eqx.tree_at(lambda x: (x.weight, x.bias), linear, new)
            layers = [linear] if final else [linear, eqx.nn.Lambda(jax.nn.relu)]
            valuation = LinearValue(one.value[:inside], one.offset)
            made.append(Firm(layers, int(source[agent]), int(target[agent]), valuation=valuation))
        return NetworkMarket(made, policy.caps[np.flatnonzero(living)], policy.auction)

    def _policy(self, state: Society) -> MarketPolicy:
        market = state.market
        (cohort,) = market.cohorts
        firms: StackedFirm = cohort.individuals  # pyright: ignore[reportAssignmentType] - of one kind
        tried = cohort.alive & (market.lives.wins >= self.trial)
        # a newborn's hopes are not yet what inputs are worth
        known = jnp.any(tried[None, :] & (firms.source[:, None] == firms.source[None, :]), axis=1)
        cohort = eqx.tree_at(lambda c: c.alive, cohort, cohort.alive & (tried | ~known))
        return MarketPolicy((cohort,), AUCTION, market.ledger.caps(self.instances), 1.0)

    def _size(self, features: int, classes: int) -> int:
        return max(features, self.hidden, classes)

    def _stranger(self, table: Table) -> RandomFirm:
        classes = table.classes.shape[0]
        return RandomFirm(
            table.features,
            max(self.hidden, classes),
            self._size(table.inputs.shape[-1], classes),
            self.hidden,
            self.layers + 1,
            self.pay,
            self.step,
            self.direct,
            self.confidence,
        )

    def _world(self, table: Table) -> TableWorld:
        size = self._size(table.inputs.shape[-1], table.classes.shape[0])
        return TableWorld(table, self.pay, size, self.layers + 1)  # pyright: ignore[reportCallIssue] - its spaces are properties

    def _economy(self, table: Table, cohort: Cohort) -> DeepMarket:
        """The deep market; the parts that do not change."""
        births = (
            MutateTheRich(Perturbed(self.mutation), self.endowment, line=self.endowment),
            Strangers(self._stranger(table), self.endowment),
        )
        return DeepMarket(
            cohort,
            AUCTION,
            entry=AllOf(births),
            exits=(PoorerThan(0.1), Idle(self.idle)),
            discount=1.0,
            round_ticks=self.round_ticks,
        )
