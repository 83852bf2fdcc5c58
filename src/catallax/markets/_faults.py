"""What can go wrong inside the compiled loop, found on the device and told in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PyTree

from catallax.markets._state import Fault, MarketState

if TYPE_CHECKING:
    from catallax.markets.wide._state import WideState

BAD_BID, BAD_REWARD, BAD_OBSERVATION, NOBODY_ALIVE, BAD_CONSUMER, BAD_LEVY, BAD_ENDOWMENT, LARGE_BID, BAD_GOODS = range(
    1, 10
)


class MarketError(RuntimeError):
    """A market met something it cannot go on with; the message names part, place and fix."""


def no_fault() -> Fault:
    """Nothing went wrong yet."""
    zero = jnp.zeros((), jnp.int32)
    return Fault(zero, zero, zero, zero)


def note(
    fault: Fault,
    code: int,
    found: Bool[Array, ""],
    tick: Int[Array, ""],
    instance: Int[Array, ""] | int = 0,
    agent: Int[Array, ""] | int = 0,
) -> Fault:
    """Keep the first fault."""
    first = found & (fault.code == 0)
    new = Fault(*(jnp.asarray(x, jnp.int32) for x in (code, tick, instance, agent)))
    return jax.tree.map(lambda a, b: jnp.where(first, a, b), new, fault)


def check_bids(
    fault: Fault, bad_bidder: Int[Array, " instances"], bad_bid: Float[Array, " instances"], tick: Int[Array, ""]
) -> Fault:
    """A living agent's bid must be a finite number, and one that a transfer can move."""
    instance = jnp.argmax(bad_bidder)
    agent = bad_bidder[instance]
    large = jnp.isfinite(bad_bid[instance])
    fault = note(fault, BAD_BID, (agent >= 0) & ~large, tick, instance, agent)
    return note(fault, LARGE_BID, (agent >= 0) & large, tick, instance, agent)


def check_rows(fault: Fault, code: int, bad: Bool[Array, " instances"], tick: Int[Array, ""]) -> Fault:
    """Note a fault in the first bad instance."""
    return note(fault, code, jnp.any(bad), tick, jnp.argmax(bad))


def any_nan(tree: PyTree, instances: int) -> Bool[Array, " instances"]:
    """Which instances hold a NaN in any float leaf."""
    bad = jnp.zeros(instances, bool)
    for leaf in jax.tree.leaves(tree):
        if jnp.issubdtype(leaf.dtype, jnp.floating):
            bad = bad | jnp.any(jnp.isnan(leaf.reshape(instances, -1)), axis=1)
    return bad


def raise_fault(state: MarketState | WideState, env_name: str, market: str = "DeepMarket") -> None:
    """Raise the fault of a state, if there is one.

    Raises:
        MarketError: naming the part, where and when it happened, and the fix; or if the books do not close.
        OverflowError: if money left the exact range.
    """
    codes = np.atleast_1d(np.asarray(state.fault.code))
    for seed in range(codes.shape[0]):
        code = int(codes[seed])
        if code:
            tick, instance, agent = (int(np.atleast_1d(np.asarray(x))[seed]) for x in state.fault[1:])
            raise MarketError(
                _MESSAGES[code].format(tick=tick, instance=instance, agent=agent, env=env_name, market=market)
            )
    imbalance = state.ledger.audit()
    if imbalance:
        raise MarketError(
            f"{market}: the books do not close, imbalance {imbalance} grains, expected 0; "
            "move money only by the methods of the ledger."
        )


_MESSAGES = {
    BAD_BID: (
        "{market}: agent {agent} bid NaN or infinity (tick {tick}, instance {instance}); expected a finite number of "
        "credits, or a negative one for no bid. Check the kind's `bid` with cx.check_agent; a learner that diverged "
        "needs a smaller step size."
    ),
    LARGE_BID: (
        "{market}: agent {agent} bid, and could pay, more than 2**18 coins (tick {tick}, instance {instance}), the most "
        "that one transfer moves. Pass a larger `coin` (a power of two) to {market}, or scale the world (envs.Scaled)."
    ),
    BAD_ENDOWMENT: (
        "{market}: the entry rule gave a newborn a NaN, infinite or negative endowment (tick {tick}); expected "
        "credits >= 0."
    ),
    BAD_REWARD: (
        "{market}: environment {env} returned a NaN or infinite reward (tick {tick}, instance {instance}); expected "
        "finite credits, axes [instances]. Check the environment with cx.check_env."
    ),
    BAD_OBSERVATION: (
        "{market}: environment {env} returned a NaN observation (tick {tick}, instance {instance}). Check the "
        "environment with cx.check_env."
    ),
    NOBODY_ALIVE: (
        "{market}: no agent is alive (tick {tick}) and no entry rule brought anybody, so nobody can ever act. "
        "Start with a living cohort, or pass `entry=` with a rule that needs no living parents."
    ),
    BAD_CONSUMER: (
        "{market}: a consumer's value is NaN, infinite or negative (tick {tick}, instance {instance}); expected "
        "credits >= 0."
    ),
    BAD_GOODS: (
        "{market}: amounts or prices of goods are NaN or infinite (tick {tick}); expected finite units from the inflow and "
        "transform of {env}, and finite valuations."
    ),
    BAD_LEVY: (
        "{market}: levies[{instance}] asked for NaN or a negative amount (tick {tick}); expected credits >= 0, axes "
        "[agents]. Check it with cx.check_levy."
    ),
}
