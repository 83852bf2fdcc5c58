"""Strength that is bid, paid on and taxed: Holland's bucket brigade of single rules."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from catallax.core import NOBODY

Share = float | Float[Array, ""]


class StrengthState(NamedTuple):
    """The accounts of the rules, and who is to be paid next."""

    strength: Float[Array, " agents"]
    """Credits."""
    previous: Int[Array, ""]
    """The rule that acted last, `NOBODY` at the start of an episode."""


class StrengthBrigade(eqx.Module):
    """The acting rule bids a share of its strength to the rule before it, and is taxed.

    With bid share c and tax share t, the rule i that acts has
    `S_i <- S_i - c S_i - t S_i + r`, and the rule before it gets `c S_i`.

    *The tax is a discount.* Once rule j has acted after rule i, `V = (c + t) S` has become
    `V_i <- V_i + (c + t) (r + c / (c + t) V_j - V_i)`: temporal differences, TD(0), of step size
    `c + t` and discount `c / (c + t)`. Untaxed strength is undiscounted. No rule may follow
    itself: it would pay itself out of a strength that has changed meanwhile.

    >>> float(StrengthBrigade(bid=0.1, tax=0.025).discount)
    0.8

    Source: Holland (1986), the bid and its supplier; Goldberg (1989), the bid tax.
    """

    bid: Share = 0.1
    """`c`, share of its strength that the acting rule pays to the one before."""
    tax: Share = 0.01
    """`t`, share of its strength that the acting rule pays to the house."""

    def __check_init__(self) -> None:
        shares = (self.bid, self.tax)
        known = all(isinstance(share, float | int) for share in shares)  # not where they are swept
        if known and not (self.bid > 0 and self.tax >= 0 and self.bid + self.tax <= 1):
            raise ValueError(
                f"StrengthBrigade: expected bid > 0, tax >= 0 and bid + tax <= 1, got {self.bid} and {self.tax}."
            )

    @property
    def step(self) -> Share:
        """Step size of the temporal differences that it computes."""
        return self.bid + self.tax

    @property
    def discount(self) -> Share:
        """What a credit one action later is worth, in (0, 1]."""
        return self.bid / self.step

    def values(self, strength: Float[Array, "*seeds agents"]) -> Float[Array, "*seeds agents"]:
        """What the rules expect, credits: `V = (c + t) S`."""
        return self.step * strength

    def init(self, strength: Float[Array, " agents"]) -> StrengthState:
        """The start of an episode with these strengths."""
        return StrengthState(strength, jnp.asarray(NOBODY, jnp.int32))

    def act(
        self, state: StrengthState, rule: Int[Array, ""], reward: Float[Array, ""], ended: Bool[Array, ""]
    ) -> tuple[StrengthState, Float[Array, ""]]:
        """One action: the rule pays its bid and its tax, the rule before it is paid, the world rewards.

        Args:
            state: before the action.
            rule: who acts.
            reward: of the action, credits.
            ended: whether nothing follows, so that nobody will pay this rule.

        Returns:
            The state after it, and what went to the house: the tax, and a bid that nobody was there to receive, credits.
        """
        bid, tax = self.bid * state.strength[rule], self.tax * state.strength[rule]
        paid = state.previous != NOBODY
        # an index beyond the end: the payment of a bid that nobody receives is dropped, and booked to the house
        payee = jnp.where(paid, state.previous, state.strength.shape[0])
        strength = state.strength.at[rule].add(reward - bid - tax).at[payee].add(bid, mode="drop")
        previous = jnp.where(ended, NOBODY, rule).astype(jnp.int32)
        return StrengthState(strength, previous), tax + jnp.where(paid, 0, bid)

    def replay(
        self,
        strength: Float[Array, " agents"],
        rules: Int[Array, " time"],
        rewards: Float[Array, " time"],
        ended: Bool[Array, " time"],
    ) -> tuple[Float[Array, "time agents"], Float[Array, " time"]]:
        """The strengths after every action of a record of who acted, and what each sent to the house, credits.

        A long sum of the latter loses its last digits in `float32`: add them up in double precision.

        Args:
            strength: at the start, credits.
            rules: who acted; no rule twice in a row within an episode.
            rewards: of each action, credits.
            ended: whether the episode ended with the action.
        """

        def step(state: StrengthState, row: tuple) -> tuple[StrengthState, tuple[Array, Array]]:
            state, taken = self.act(state, *row)
            return state, (state.strength, taken)

        return jax.lax.scan(step, self.init(strength), (rules, rewards, ended))[1]
