"""A winner-take-all network whose weights are money: the neural bucket brigade."""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key, UInt32

Units = Float[Array, " units"]
Wires = Float[Array, "units units"]
"""From the row's unit to the column's."""


class NetworkState(NamedTuple):
    """What changes from tick to tick; the weights are the accounts."""

    weights: Wires
    """`w_ij`, credits; 0 where there is no connection."""
    active: Units
    """`x_i`, 1 where a unit fires, else 0."""
    contributions: Wires
    """`c_ij` of this tick, credits."""


class NetworkFlow(NamedTuple):
    """Where the credits of one tick went."""

    paid: Float[Array, ""]
    """What all firing units' feeders paid, credits."""
    dissipated: Float[Array, ""]
    """The part of it paid for connections that leave input units, which nobody receives."""
    injected: Float[Array, ""]
    """`Ext`, what the world paid in."""


class WinnerTakeAllNetwork(eqx.Module):
    """Units compete in subsets, and each payment for firing goes to the connections that fired the payee.

    At tick t, with contributions `c_ij(t) = x_i(t-1) w_ij(t-1)` and
    `net_j(t) = sum_i c_ij(t)`, the unit of a subset with the largest positive
    net input fires, `x_j(t) = 1`, the others do not. Then, for each connection,

    `w_ij(t) = w_ij(t-1) - rate c_ij(t) x_j(t) + c_ij(t-1) / sum_h c_hj(t-1) * sum_k rate c_jk(t) x_k(t) + Ext_ij(t)`

    with `Ext_ij(t) = payoff_rate * r_j(t) * c_ij(t) x_j(t)` for a reward `r_j`.
    Payments to input units leave the network, so per tick the sum of the weights
    changes by `injected - dissipated` and by nothing else.

    >>> WinnerTakeAllNetwork((3, 3, 2), ((0, 1), (1, 2))).units
    8

    Source: Schmidhuber (1989), Connection Science 1(4), 403-412, the discrete
    form; the denominator is the one that conserves, over the feeders of j.
    """

    groups: tuple[int, ...] = eqx.field(static=True)
    """Units per group: the inputs, then each winner-take-all subset; the last holds the outputs."""
    wires: tuple[tuple[int, int], ...] = eqx.field(static=True)
    """Pairs of groups of which the first is fully connected to the second."""
    rate: float = 0.005
    """`lambda`, the share of its contribution that a connection pays when its unit fires, in [0, 1]."""
    payoff_rate: float = 0.005
    """`eta`, credits the world pays in per credit of contribution and credit of reward."""

    def __check_init__(self) -> None:
        if len(self.groups) < 2 or self.groups[0] < 1 or min(self.groups[1:]) < 2:
            raise ValueError(
                f"WinnerTakeAllNetwork: expected input units and then subsets of at least 2 units, got {self.groups}."
            )
        wrong = [w for w in self.wires if not (0 <= w[0] < len(self.groups) and 1 <= w[1] < len(self.groups))]
        if wrong or not self.wires:
            raise ValueError(
                f"WinnerTakeAllNetwork: wires lead from a group to a subset, numbered 1 to {len(self.groups) - 1}; "
                f"got {wrong or 'none'}."
            )
        if isinstance(self.rate, float | int) and not 0 <= self.rate <= 1:
            raise ValueError(f"WinnerTakeAllNetwork: rate must lie in [0, 1], got {self.rate}.")
        if isinstance(self.payoff_rate, float | int) and not self.payoff_rate >= 0:
            raise ValueError(f"WinnerTakeAllNetwork: payoff_rate must be >= 0, got {self.payoff_rate}.")

    @property
    def units(self) -> int:
        """How many units there are, inputs among them."""
        return sum(self.groups)

    @property
    def outputs(self) -> int:
        """How many output units there are."""
        return self.groups[-1]

    def connected(self) -> np.ndarray:
        """Which unit feeds which, axes `units units`."""
        group = self._group()
        return np.any([np.outer(group == a, group == b) for a, b in self.wires], axis=0)

    def _group(self) -> np.ndarray:
        return np.repeat(np.arange(len(self.groups)), self.groups)

    def init(
        self, key: Key[Array, ""], low: float = 0.999, high: float = 1.001, dtype: Any = jnp.float32
    ) -> NetworkState:
        """Uniform weights in `[low, high)` credits and silence.

        Args:
            key: consumed.
            low: smallest first weight, credits.
            high: bound of the first weights, credits.
            dtype: of all credits; the draws are the same for every type.
        """
        shape = (self.units, self.units)
        drawn = jax.random.uniform(key, shape, jnp.float32, low, high).astype(dtype)
        return self.silent(jnp.where(jnp.asarray(self.connected()), drawn, 0))

    def silent(self, weights: Wires) -> NetworkState:
        """The state with these weights in which no unit fires."""
        return NetworkState(weights, jnp.zeros(self.units, weights.dtype), jnp.zeros_like(weights))

    def lots(self, key: Key[Array, ""], *ticks: int) -> UInt32[Array, "*ticks units"]:
        """Random numbers that decide between equal net inputs, for many ticks at once: a draw costs more than a tick."""
        return jax.random.bits(key, (*ticks, self.units), jnp.uint32)

    def fire(self, lots: UInt32[Array, " units"], state: NetworkState, inputs: Float[Array, " inputs"]) -> NetworkState:
        """The next tick before anybody pays: contributions, and one winner in each subset.

        Args:
            lots: of equal net inputs the one with the highest lot wins.
            state: the tick before.
            inputs: activations of the input units, 0 or 1.
        """
        contributions = state.active[:, None] * state.weights
        net, group = contributions.sum(0), self._group()
        rivals = jnp.asarray(group[:, None] == group)
        highest = (net > 0) & (net == jnp.where(rivals, net[None, :], 0).max(1))
        # a lot is at least 1, so that 0 can stand for none
        lots = jnp.where(highest, lots | 1, 0)
        fires = highest & (lots == jnp.where(rivals, lots[None, :], 0).max(1))
        active = jnp.concatenate([inputs.astype(net.dtype), fires[self.groups[0] :].astype(net.dtype)])
        return NetworkState(state.weights, active, contributions)

    def settle(
        self, before: NetworkState, fired: NetworkState, reward: Float[Array, ""]
    ) -> tuple[NetworkState, NetworkFlow]:
        """Move the credits of one tick.

        Args:
            before: the tick before.
            fired: what `fire` made of it.
            reward: credits of the world for the output unit that fires.

        Returns:
            The state with new weights, and the flow of credits.
        """
        paid = self.rate * fired.contributions * fired.active[None, :]
        fed = before.contributions.sum(0)
        share = before.contributions / jnp.where(fed > 0, fed, 1)[None, :]
        income = paid.sum(1)
        is_output = jnp.asarray(np.arange(self.units) >= self.units - self.outputs)
        rewarded = jnp.where(is_output, fired.active, 0) * reward.astype(paid.dtype)
        external = self.payoff_rate * fired.contributions * rewarded[None, :]
        weights = fired.weights - paid + share * income[None, :] + external
        flow = NetworkFlow(paid.sum(), income[: self.groups[0]].sum(), external.sum())
        return fired._replace(weights=weights), flow

    def action(self, state: NetworkState) -> Int[Array, ""]:
        """Which output unit fires; -1 if none does."""
        fires = state.active[self.units - self.outputs :]
        return jnp.where(fires.any(), jnp.argmax(fires), -1).astype(jnp.int32)
