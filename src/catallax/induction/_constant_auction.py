"""The decision auction among constant promises, as one compiled loop."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import islice

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from catallax.induction._allowance import AbstractAllowance, PowerAllowance
from catallax.induction._bria import GRAIN, Promise, to_grains
from catallax.induction._tie_break import AbstractTieBreak, LowestIndex
from catallax.induction._trajectory import Trajectory


def constant_auction(
    promises: Sequence[Promise],
    options: Sequence[Hashable],
    rewards: Float[np.ndarray, "rounds options"],
    allowance: AbstractAllowance | None = None,
    tie_break: AbstractTieBreak | None = None,
    *,
    endowment: Float[np.ndarray, " hypotheses"] | None = None,
    enters: Int[np.ndarray, " hypotheses"] | None = None,
) -> Trajectory:
    """What `BRIA` does among promises that never change, to the last digit, hundreds of thousands of rounds in a second.

    Args:
        promises: hypotheses in their order.
        options: the menu of every round.
        rewards: what each option would bring in each round, in [0, 1]; only that of the choice is used.
        allowance: by default `PowerAllowance()`.
        tie_break: by default the lowest index.
        endowment: credits that each hypothesis has before the first round, at least 0; by default none.
        enters: round, from 0, before which a hypothesis neither bids nor gets an allowance; somebody enters in round 0, where
            by default all do.

    Raises:
        ValueError: for no promise or round, endowments below 0, entries that leave the first round to nobody, a promise outside [0, 1] or of an option that is not on the menu, or such rewards.

    >>> import numpy as np
    >>> rewards = np.tile([0.75, 0.25], (200, 1))
    >>> found = constant_auction([Promise("a", 0.75), Promise("b", 1.0)], ["a", "b"], rewards)
    >>> int(found.choices[-1]), float(found.estimates[-1])
    (0, 0.75)
    """
    places = {option: place for place, option in enumerate(options)}
    wrong = [one for one in promises if one.option not in places or not 0 <= one.reward <= 1]
    if not promises or wrong:
        raise ValueError(
            f"constant_auction: expected promises in [0, 1] of options {tuple(places)}, got {wrong or 'none'}."
        )
    if rewards.shape[1:] != (len(places),) or not len(rewards) or not np.all((rewards >= 0) & (rewards <= 1)):
        raise ValueError(
            f"constant_auction: expected rewards in [0, 1] of {len(places)} options in at least one round, got shape {rewards.shape}."
        )
    start = np.zeros(len(promises)) if endowment is None else np.asarray(endowment, np.float64)
    entry = np.zeros(len(promises), np.int64) if enters is None else np.asarray(enters, np.int64)
    if not start.shape == entry.shape == (len(promises),) or not np.all(start >= 0) or entry.min() > 0:
        raise ValueError(
            f"constant_auction: expected {len(promises)} endowments of at least 0 and as many entries, one of them in round 0, "
            f"got {start} and {entry}."
        )
    schedule = allowance or PowerAllowance()
    rounds = np.arange(1, len(rewards) + 1)
    promised = np.asarray([to_grains(one.reward) for one in promises], np.int64)
    recommended = np.asarray([places[one.option] for one in promises], np.int64)
    draws = np.fromiter(islice((tie_break or LowestIndex()).draws(), len(rewards)), np.float64)
    gained = np.rint(rewards / GRAIN).astype(np.int64)
    with jax.enable_x64(True):
        rates, shares = schedule.rate(rounds), schedule.shares(len(promises))
        found = _auction(
            promised, recommended, np.rint(start / GRAIN).astype(np.int64), entry, gained, rates, shares, draws
        )
    wealth, given, least, winners, bids = (np.asarray(part) for part in found)
    choices = recommended[winners]
    paid = np.take_along_axis(gained, choices[:, None], 1)[:, 0]
    assert int(wealth.sum()) == int(given) - int((bids - paid).sum()) and least >= 0, "constant_auction: accounts"
    return Trajectory(
        tuple(map(str, options)),
        choices,
        bids * GRAIN,
        paid * GRAIN,
        winners,
        np.broadcast_to(promised * GRAIN, (len(rewards), len(promises))),
        wealth * GRAIN,
        int(given) * GRAIN,
    )


Numbers = Array | np.ndarray


@eqx.filter_jit
def _auction(
    promised: Int[Numbers, " hypotheses"],
    recommended: Int[Numbers, " hypotheses"],
    endowment: Int[Numbers, " hypotheses"],
    enters: Int[Numbers, " hypotheses"],
    gained: Int[Numbers, "rounds options"],
    rates: Float[Numbers, " rounds"],
    shares: Float[Numbers, " hypotheses"],
    draws: Float[Numbers, " rounds"],
) -> tuple[Array, Array, Array, Array, Array]:
    """Wealth, allowance with endowments in all, least wealth ever, and winner and bid of each round; grains."""
    advice = jnp.asarray(recommended)

    def play(carry: tuple[Array, Array, Array], now: tuple[Array, Array, Array, Array]):
        wealth, given, least = carry
        number, reward, rate, draw = now
        entered = number >= enters
        bids = jnp.where(entered, jnp.minimum(promised, wealth), -1)
        most = jnp.max(bids)
        tied = bids == most
        wanted = 1 + (draw * jnp.sum(tied)).astype(jnp.int64)
        won = tied & (jnp.cumsum(tied) == wanted)
        winner = jnp.argmax(won)
        allowed = jnp.where(entered, jnp.rint(rate * shares / GRAIN).astype(jnp.int64), 0)
        wealth = wealth + jnp.where(won, reward[advice[winner]] - most, 0) + allowed
        return (wealth, given + jnp.sum(allowed), jnp.minimum(least, jnp.min(wealth))), (winner, most)

    wealth = jnp.asarray(endowment)
    start = (wealth, jnp.sum(wealth), jnp.min(wealth))
    rows = (jnp.arange(gained.shape[0]), jnp.asarray(gained), jnp.asarray(rates), jnp.asarray(draws))
    (wealth, given, least), (winners, bids) = jax.lax.scan(play, start, rows)
    return wealth, given, least, winners, bids
