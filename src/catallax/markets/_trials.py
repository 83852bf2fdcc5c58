"""Newcomers on trial: after a failure the same instance is played again with one newcomer after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, Key, PyTree

from catallax.core import NOBODY, Newborns, split_by
from catallax.markets import _faults as faults
from catallax.markets._census import bear, drawn
from catallax.markets._replay import Instance, begin, broke_in, either, judged, summed_up
from catallax.markets._state import MarketState, empty_tally

if TYPE_CHECKING:
    from catallax.markets._deep import DeepMarket


class Trials(eqx.Module):
    """Who may stay is decided on the instance that those who are there failed to solve.

    After an instance without reward the next ones are the same again, each with one of the entry rule's newborns:
    one that would bid on at least one of the last `boards` worlds that were on sale. It stays if it bought and used the
    world, there was a reward, and nobody went broke. If not, the trial is undone, and the next newcomer has its turn.
    After `attempts` trials, or where every slot is taken, the instance is given up. To the world, and in the tally, the failure
    remains a failure; a trial that was passed is one more episode.

    Where it takes several newcomers to solve anything none of them would ever pass alone. With `accept_last` the last one of an
    instance is let in anyway, unless somebody went broke, and its trial stands as one more failed episode.

    Args:
        attempts: trials of an instance at most; 0 closes the market to newcomers.
        boards: how many of the failed instance's worlds are remembered; static.
        accept_last: whether the last newcomer of an instance stays though there was no reward; static.

    Raises:
        ValueError: on fewer boards than one, or attempts below 0.

    Source: ours. Births after failure are in the spirit of covering (Wilson, 1995), undoing is that of `DeepMarket.replay`.
    """

    attempts: Any = 20
    boards: int = eqx.field(static=True, default=64)
    accept_last: bool = eqx.field(static=True, default=False)

    def __check_init__(self) -> None:
        if self.boards < 1:
            raise ValueError(f"Trials: boards must be at least 1, got {self.boards}.")
        if isinstance(self.attempts, int | float) and not self.attempts >= 0:
            raise ValueError(f"Trials: attempts must be at least 0, got {self.attempts}.")


class Trial(NamedTuple):
    """What is to be known of the failed instance."""

    number: Int[Array, ""]
    """Of the trial under way; 0 for an ordinary instance."""
    newcomer: Int[Array, ""]
    """Slot of who is on trial, or `NOBODY`."""
    then: PyTree
    """The world, and what it looks like, after all trials."""
    boards: PyTree
    """What was on sale in the last ordinary instance, leading axis `boards`."""
    sales: Int[Array, ""]
    """How many of them there were."""


def no_trial(market: DeepMarket, state: MarketState) -> Trial:
    """Before the first instance."""
    assert market.trials is not None
    none, room = jnp.zeros((), jnp.int32), market.trials.boards
    boards = jax.tree.map(lambda x: jnp.zeros((room, *x.shape[1:]), x.dtype), state.obs)
    return Trial(none, none, (state.world, state.obs), boards, none)


def remember(before: MarketState, after: MarketState) -> MarketState:
    """What was on sale in an ordinary instance is kept, over what is oldest."""
    instance: Instance = before.instance
    trial: Trial = instance.trial
    here = ~instance.over & (trial.number == 0)
    size = jax.tree.leaves(trial.boards)[0].shape[0]
    place = jnp.where(here, trial.sales % size, size)
    boards = jax.tree.map(lambda all_, now: all_.at[place].set(now[0], mode="drop"), trial.boards, before.obs)
    noted = trial._replace(boards=boards, sales=trial.sales + here)
    return after._replace(instance=after.instance._replace(trial=noted))


def conclude(market: DeepMarket, state: MarketState, key: Key[Array, ""]) -> MarketState:
    """The end of a round: an instance that is over is judged, and the next instance or the next trial begins."""
    assert market.trials is not None
    instance: Instance = state.instance
    trial: Trial = instance.trial
    state = summed_up(market, state)
    so_far, broke = state.tally, broke_in(market, state) & instance.over
    on_trial, failed = trial.number > 0, jnp.sum(so_far.reward) <= 0
    used = (trial.newcomer != NOBODY) & (state.lives.wins[jnp.maximum(trial.newcomer, 0)] > 0)
    last = (trial.number >= market.trials.attempts) & (jnp.asarray(market.trials.attempts) > 0)
    accepted = market.trials.accept_last & last & (trial.newcomer != NOBODY)
    passed = ~jnp.any(broke) & ((~failed & used) | accepted)
    undone = instance.over & jnp.where(on_trial, ~passed, jnp.any(broke))
    settled = judged(market, instance, state, undone, broke & ~on_trial)
    fails = instance.over & ~on_trial & ~undone & failed
    number = jnp.where(fails, 1, jnp.where(on_trial & undone, trial.number + 1, 0))
    # nobody is tried where there is no room for anybody
    room = ~jnp.all(settled.cohorts[0].alive)
    number = jnp.where(room & (number <= market.trials.attempts), number, 0)
    # the failed instance again, or the one after it
    then = either(fails, (settled.world, settled.obs), trial.then)
    again = (instance.start.world, instance.start.obs)
    world, obs = either(number > 0, again, either(instance.over & on_trial, then, (settled.world, settled.obs)))
    settled = settled._replace(world=world, obs=obs)
    fresh = trial._replace(number=number, then=then, sales=jnp.where(number > 0, trial.sales, 0))
    begun = _admit(market, begin(settled, fresh), key)
    going_on = settled._replace(tally=empty_tally(1), instance=instance._replace(tally=so_far))
    return either(instance.over, begun, going_on)


def _admit(market: DeepMarket, state: MarketState, key: Key[Array, ""]) -> MarketState:
    """A newcomer enters if there is a trial; its birth counts with the instance."""
    birth, choice = split_by(key, "birth", "choice")
    instance: Instance = state.instance
    trial: Trial = instance.trial
    entry, newborns = drawn(market, state, birth, 1)
    candidate = _chosen(choice, newborns, trial)
    bare = state._replace(instance=(), tally=empty_tally(1))
    born = bear(market, bare, (entry, candidate), 1, trial.number > 0)
    alive = born.cohorts[0].alive
    new = alive & ~state.cohorts[0].alive
    newcomer = jnp.where(jnp.any(new), jnp.argmax(new), NOBODY).astype(jnp.int32)
    nobody = (trial.number > 0) & ~jnp.any(alive)
    instance = instance._replace(tally=born.tally, trial=trial._replace(newcomer=newcomer))
    fault = faults.note(born.fault, faults.NOBODY_ALIVE, nobody, state.tick)
    return born._replace(tally=state.tally, instance=instance, fault=fault)


def _chosen(key: Key[Array, ""], newborns: Newborns, trial: Trial) -> Newborns:
    """One of those that would bid on a remembered board; of all, if there is none."""

    def interested(individual: PyTree, board: PyTree) -> Bool[Array, ""]:
        return individual.bid(key, board) >= 0

    on_boards = jax.vmap(jax.vmap(interested, in_axes=(None, 0)), in_axes=(0, None))
    seen = jnp.arange(jax.tree.leaves(trial.boards)[0].shape[0]) < trial.sales
    fits = jnp.any(on_boards(newborns.individuals, trial.boards) & seen[None, :], axis=1)
    luck = jax.random.uniform(key, newborns.valid.shape)
    best = jnp.argmax(jnp.where(newborns.valid, 1.0 + fits + luck, 0.0))
    return jax.tree.map(lambda x: x[best][None], newborns)
