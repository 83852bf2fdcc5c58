"""The deep market: one good, the right to act and to collect reward (Definition 2.1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.core import Tracer
from jaxtyping import Array, Float, Key, PyTree

from catallax.core import (
    NOBODY,
    AbstractAuction,
    AbstractConsumer,
    AbstractEntry,
    AbstractEnv,
    AbstractExit,
    AbstractLevy,
    Cohort,
    Ledger,
    split_by,
)
from catallax.markets import _faults as faults
from catallax.markets import _replay as replaying
from catallax.markets import _trials as trying
from catallax.markets._attendance import AbstractAttendance, attend
from catallax.markets._census import census
from catallax.markets._earn_out import dues, settle
from catallax.markets._learning import Closed, learn_late
from catallax.markets._state import MarketState, Pending, SaleRecord, empty_tally, fresh_lives
from catallax.markets._tick import TickKeys, tick, tick_keys
from catallax.markets._trials import Trials


class DeepMarket(eqx.Module):
    """A society of agents that buy the world from each other, tick by tick.

    Each tick, in every instance: agents bid, capped by their wealth; the auction
    picks a winner; the winner pays, `w[a*] -= pays`; the previous owner is paid,
    `w[a_prev] += discount * receives`; the winner acts; the world's reward and
    the consumers' payments go to the winner; levies go to the house.

    * The original owner of a world is the house: opening sales are paid to it.
    * Several instances share one population. An agent's wealth is split evenly
      over them, `cap = w / instances`, so it never spends more than it has,
      wherever it wins; with one instance this is the cap of Algorithm 1.
    * A terminated world is worth nothing to anybody. A truncated one still has
      value: the next auction sets its price, and the house buys it back.
    * When nobody bids, the instance is abandoned and its world reset.

    Args:
        agents: one cohort, or a tuple of cohorts of different kinds.
        auction: how the right to act is sold.
        levies: what the house takes each tick, in order.
        entry: who is born at the end of each round (one cohort only).
        exits: who is removed at the end of each round.
        consumers: accounts that pay for states, beside the world's reward.
        newcomers: how an agent without a price of its own gets one.
        discount: value now of one credit a tick later; `None` takes the world's.
            With 1 (no discount) a credit later is worth as much as one now.
        coin: credits per coin, a power of two; the ledger's grain is coin / 2**20.
        round_ticks: ticks per round; batch learners, births and deaths come at the end of each.
        earn_out: share of its gain beyond what its seller got that every buyer passes back to it, in [0, 1];
            the sellers' revenue becomes the λ-return with λ = earn_out. `None`: no such contracts.
        attendance: who may bid during an episode, such as `AgentDropout()`; `None`: everybody, always.
        repayment: share of a debtor's wealth above its endowment that goes to its creator each round; `None`: nobody repays.
        replay: who is broke when an instance (an episode) is over. If anybody is, the instance is undone, the broke are
            removed, and the same instance is played again; births and deaths come only between instances, and an
            instance begins with a round; ticks spent waiting for that count against a budget of ticks, not on the clock.
            `None`: what happened has happened.
        trials: newborns come one at a time, on an instance that failed, and stay only if they solve it (with replay);
            `None`: they come between instances, and stay.

    Raises:
        ValueError: on an empty population, a discount or repayment outside [0, 1], or parts that do not fit together.

    Source: Pallavi Sudhir and Tran-Thanh (2025), Definition 2.1 and Algorithm 1.
    """

    cohorts: tuple[Cohort, ...]
    auction: AbstractAuction
    levies: tuple[AbstractLevy, ...]
    entry: AbstractEntry | None
    exits: tuple[AbstractExit, ...]
    consumers: tuple[AbstractConsumer, ...]
    newcomers: Any
    discount: float | None
    earn_out: float | None
    attendance: AbstractAttendance | None
    repayment: float | None
    replay: AbstractExit | None
    trials: Trials | None
    coin: float = eqx.field(static=True)
    round_ticks: int = eqx.field(static=True)

    def __init__(
        self,
        agents: Cohort | Sequence[Cohort],
        auction: AbstractAuction,
        levies: Sequence[AbstractLevy] = (),
        *,
        entry: AbstractEntry | None = None,
        exits: Sequence[AbstractExit] = (),
        consumers: Sequence[AbstractConsumer] = (),
        newcomers: Any = None,
        discount: float | None = None,
        earn_out: float | None = None,
        attendance: AbstractAttendance | None = None,
        coin: float = 1.0,
        round_ticks: int = 16,
        repayment: float | None = 0.5,
        replay: AbstractExit | None = None,
        trials: Trials | None = None,
    ) -> None:
        self.cohorts = (agents,) if isinstance(agents, Cohort) else tuple(agents)
        self.auction = auction
        self.levies = tuple(levies)
        self.entry = entry
        self.exits = tuple(exits)
        self.consumers = tuple(consumers)
        self.newcomers = newcomers
        self.discount = discount
        self.earn_out = earn_out
        self.attendance = attendance
        self.repayment = repayment
        self.replay = replay
        self.trials = trials
        self.coin = float(coin)
        self.round_ticks = round_ticks

    def __check_init__(self) -> None:
        if not self.cohorts:
            raise ValueError("DeepMarket: agents is empty; expected a Cohort or a tuple of Cohorts.")
        for cohort in self.cohorts:
            if not isinstance(cohort, Cohort):
                raise ValueError(
                    f"DeepMarket: agents holds a {type(cohort).__name__}, expected a Cohort; "
                    "wrap individuals with Cohort.stack([...])."
                )
        for name in ("discount", "earn_out", "repayment"):
            share = getattr(self, name)
            if isinstance(share, float | int) and not 0 <= share <= 1:
                raise ValueError(f"DeepMarket: {name} must lie in [0, 1], got {share}.")
        if self.round_ticks < 1:
            raise ValueError(f"DeepMarket: round_ticks must be at least 1, got {self.round_ticks}.")
        changing = (self.entry, self.exits or None, self.newcomers, self.replay)
        if any(part is not None for part in changing) and (
            len(self.cohorts) > 1 or any(c.clones > 1 for c in self.cohorts)
        ):
            raise ValueError(
                "DeepMarket: entry, exits, newcomers and replay need one cohort without clones, "
                f"got {len(self.cohorts)} cohorts with clones {[c.clones for c in self.cohorts]}."
            )
        if self.attendance is not None and self.newcomers is not None:
            raise ValueError(
                "DeepMarket: attendance and newcomers cannot be combined, an absent newcomer would be priced; leave one out."
            )
        if self.replay is not None and self.settles_late:
            raise ValueError(
                "DeepMarket: replay undoes whole instances, and earn-outs and batch learners settle by rounds; "
                "leave one out."
            )
        if self.trials is not None and (self.replay is None or self.entry is None):
            raise ValueError(
                "DeepMarket: trials play an instance again for those who want to enter; pass `replay=`, say Bankrupt(0.0), "
                "and `entry=` too."
            )
        self._check_novices()
        alive = jnp.concatenate([c.alive for c in self.cohorts])
        if self.entry is None and not isinstance(alive, Tracer) and not bool(alive.any()):
            raise ValueError(
                "DeepMarket: no agent is alive and there is no entry rule, so nobody could ever act; "
                "start with a living cohort or pass `entry=`."
            )

    def _check_novices(self) -> None:
        for cohort in self.cohorts:
            kind = type(cohort.individuals)
            if not hasattr(kind, "unpriced"):
                if self.newcomers is not None:
                    raise ValueError(
                        f"DeepMarket: newcomers prices agents that are `unpriced`, and a {kind.__name__} never is; "
                        "leave newcomers out, or give the kind `unpriced` and `priced(price)`."
                    )
                continue
            unpriced = jax.vmap(lambda a: a.unpriced)(cohort.individuals)
            novices = cohort.alive & jnp.repeat(unpriced, cohort.clones)
            if self.newcomers is None and not isinstance(novices, Tracer) and bool(novices.any()):
                raise ValueError(
                    f"DeepMarket: {int(novices.sum())} living agents have no price yet and nobody sets it; "
                    "pass `newcomers=`, say Outbid(0.01), or start with agents that have a price."
                )

    @property
    def agents(self) -> int:
        """Slots of all cohorts together: the length of the agents axis."""
        return sum(c.capacity for c in self.cohorts)

    def init(self, env: AbstractEnv, instances: int, key: Key[Array, ""]) -> MarketState:
        """The state before the first tick: every living agent endowed by the house.

        Args:
            env: the world.
            instances: how many copies of it run in parallel.
            key: consumed.

        Raises:
            ValueError: if there are earn-outs and the world's ticks differ in length, or several instances and replay.
        """
        if self.replay is not None and instances != 1:
            raise ValueError(
                f"DeepMarket: replay undoes the sales of one instance, got {instances} that share their agents' wealth; "
                "run one instance, and several markets with vmap."
            )
        if env.lasting and self.earn_out is not None:
            raise ValueError(
                f"DeepMarket: earn_out needs ticks of equal length, those of {type(env).__name__} last; leave it out."
            )
        world_key, entry_key = split_by(key, "world", "entry")
        world_keys = jax.random.split(world_key, instances)
        world, obs = env.reset_many(world_keys)
        alive = jnp.concatenate([c.alive for c in self.cohorts])
        each = jnp.concatenate(
            [jnp.broadcast_to(jnp.asarray(c.endowment, jnp.float32), (c.capacity,)) for c in self.cohorts]
        )
        endowment = jnp.where(alive, each * instances, 0.0)
        ledger = Ledger.open(self.agents, len(self.consumers), self.coin).endow(endowment)
        if self.consumers:
            ledger = ledger.pay_income(jnp.stack([jnp.asarray(c.wealth, jnp.float32) for c in self.consumers]))
        nobody = jnp.full(instances, NOBODY, jnp.int32)
        zeros, off = jnp.zeros(instances), jnp.zeros(instances, bool)
        steps = jnp.ones(instances, jnp.int32) if env.lasting else ()
        pending = Pending(
            obs, self.kept_bids(jnp.zeros((instances, self.agents))), nobody, zeros, zeros, zeros, off, off
        )._replace(steps=steps)
        state = MarketState(
            cohorts=jax.tree.map(jnp.asarray, self.cohorts),
            ledger=ledger,
            world=world,
            obs=obs,
            owner=nobody,
            closing=off,
            present=attend(self, self.cohorts, world_keys),
            pending=pending,
            lives=fresh_lives(alive, endowment),
            entry=() if self.entry is None else self.entry.init(entry_key),
            episode_return=zeros,
            episode_length=jnp.zeros(instances, jnp.int32),
            tally=empty_tally(instances),
            tick=jnp.zeros((), jnp.int32),
            rounds=jnp.zeros((), jnp.int32),
            fault=faults.no_fault(),
        )
        if self.replay is None:
            return state
        return replaying.begin(state, () if self.trials is None else trying.no_trial(self, state))

    def round(
        self, env: AbstractEnv, state: MarketState, key: Key[Array, ""], tracked: int = 0
    ) -> tuple[MarketState, SaleRecord]:
        """`round_ticks` ticks, then batch learning, births and deaths.

        Args:
            env: the world.
            state: where to go on.
            key: the key of the whole run; the round's own key is folded in from `state.rounds`.
            tracked: of how many instances the sales are recorded.

        Returns:
            The new state and the records, leading axes `time instances`.
        """
        instances = state.owner.shape[0]
        round_key = jax.random.fold_in(key, state.rounds)
        keys = tick_keys(round_key, self.round_ticks, instances)

        def body(carry: MarketState, keys: TickKeys) -> tuple[MarketState, tuple[SaleRecord, Closed | None]]:
            state, (record, closed) = tick(self, env, carry, keys, tracked)
            if self.replay is not None:
                state, record = replaying.wait(carry, state, record)
            if self.trials is not None:
                state = trying.remember(carry, state)
            return state, (record, closed)

        # the round is tallied on its own, so that births and deaths see its prices however often the tally is read
        before, state = state.tally, state._replace(tally=empty_tally(instances))
        state, (records, closed) = jax.lax.scan(body, state, keys)
        learn_key, census_key = split_by(round_key, "learn", "census")
        if closed is not None:
            if self.earn_out is not None:
                owed = dues(self.earn_out, self.discount_of(env), self.coin, closed)
                state, closed = settle(state, closed, owed)
            state = learn_late(self, state, learn_key, closed)
        state = state._replace(rounds=state.rounds + 1)
        state = self._concluding(instances)(self, state, census_key)
        return state._replace(tally=jax.tree.map(jnp.add, before, state.tally)), records

    def _concluding(self, instances: int) -> Callable[[DeepMarket, MarketState, Key[Array, ""]], MarketState]:
        """What the end of a round is."""
        if self.trials is not None:
            return trying.conclude
        return partial(census, instances=instances) if self.replay is None else replaying.conclude

    def discount_of(self, env: AbstractEnv) -> Any:
        """What one credit a tick later is worth now, in [0, 1]."""
        return env.discount if self.discount is None else self.discount

    def learns_late(self, cohort: Cohort) -> bool:
        """Whether a cohort learns at the end of each round: by its nature, or since earn-outs are settled then."""
        return cohort.learns and (self.earn_out is not None or not cohort.online)

    @property
    def settles_late(self) -> bool:
        """Whether the end of a round needs the sales of the whole round."""
        return self.earn_out is not None or any(self.learns_late(c) for c in self.cohorts)

    def _starts(self) -> list[int]:
        starts = [0]
        for cohort in self.cohorts:
            starts.append(starts[-1] + cohort.capacity)
        return starts

    def kept_bids(self, bids: Float[Array, "*instances agents"]) -> tuple[PyTree, ...]:
        """The bids that learning cohorts will want to see again, one array per cohort.

        Where wealth capped a bid the caller gives 0: it was no free choice, and a policy gradient must not take it for one.
        """
        starts = self._starts()
        return tuple(bids[..., starts[k] : starts[k + 1]] if c.learns else () for k, c in enumerate(self.cohorts))
