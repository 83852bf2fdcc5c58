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
) -> Trajectory:
    """What `BRIA` does among promises that never change, to the last digit, hundreds of thousands of rounds in a second.

    Args:
        promises: hypotheses in their order.
        options: the menu of every round.
        rewards: what each option would bring in each round, in [0, 1]; only that of the choice is used.
        allowance: by default `PowerAllowance()`.
        tie_break: by default the lowest index.

    Raises:
        ValueError: for no promise or round, a promise outside [0, 1] or of an option that is not on the menu, or such rewards.

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
    schedule = allowance or PowerAllowance()
    rounds = np.arange(1, len(rewards) + 1)
    promised = np.asarray([to_grains(one.reward) for one in promises], np.int64)
    recommended = np.asarray([places[one.option] for one in promises], np.int64)
    draws = np.fromiter(islice((tie_break or LowestIndex()).draws(), len(rewards)), np.float64)
    gained = np.rint(rewards / GRAIN).astype(np.int64)
    with jax.enable_x64(True):
        found = _auction(promised, recommended, gained, schedule.rate(rounds), schedule.shares(len(promises)), draws)
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
    gained: Int[Numbers, "rounds options"],
    rates: Float[Numbers, " rounds"],
    shares: Float[Numbers, " hypotheses"],
    draws: Float[Numbers, " rounds"],
) -> tuple[Array, Array, Array, Array, Array]:
    """Wealth, allowance in all, least wealth ever, and winner and bid of each round; grains."""
    advice = jnp.asarray(recommended)

    def play(carry: tuple[Array, Array, Array], now: tuple[Array, Array, Array]):
        wealth, given, least = carry
        reward, rate, draw = now
        bids = jnp.minimum(promised, wealth)
        most = jnp.max(bids)
        tied = bids == most
        wanted = 1 + (draw * jnp.sum(tied)).astype(jnp.int64)
        won = tied & (jnp.cumsum(tied) == wanted)
        winner = jnp.argmax(won)
        allowed = jnp.rint(rate * shares / GRAIN).astype(jnp.int64)
        wealth = wealth + jnp.where(won, reward[advice[winner]] - most, 0) + allowed
        return (wealth, given + jnp.sum(allowed), jnp.minimum(least, jnp.min(wealth))), (winner, most)

    nothing = jnp.zeros((), jnp.int64)
    start = (jnp.zeros(promised.shape, jnp.int64), nothing, nothing)
    rows = (jnp.asarray(gained), jnp.asarray(rates), jnp.asarray(draws))
    (wealth, given, least), (winners, bids) = jax.lax.scan(play, start, rows)
    return wealth, given, least, winners, bids
