"""What can be said of an economy at some shares, in numbers."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array

from catallax.markets.production._economy import Economy, Shares, Solution
from catallax.markets.production._planner import dispersion
from catallax.markets.production._solve import prices, profits, solve, welfare


@dataclass(frozen=True)
class NetworkReport:
    """Checks and meters; every identity holds at any shares, the law of one price at a local optimum alone."""

    welfare: float
    """Credits."""
    dispersion: float
    """`sum y^2 Var(a)`: the rate at which the replicator equation would raise welfare, credits per unit of time."""
    price_gap: float
    """`max q |a_j - t_ij - abar_i|` over the edges that are chosen, credits: 0 where one price rules."""
    slack: float
    """The largest premium on any edge that is chosen, credits per unit: above 0, a further edge would pay."""
    gradient_error: float
    """Relative difference between `c` and a derivative along the gradient taken forwards."""
    income: float
    """`sum a r`: what endowments earn, credits."""
    profit: float
    """`sum b (y - J x)`: rent to what is fixed, credits; 0 where returns are constant."""
    income_error: float
    """Income less utility at the margin, plus profit and transport, credits: 0 up to rounding."""
    radius: float
    """Spectral radius; 0 without cycles."""
    residual: float
    """Of the quantities."""
    unshipped: float
    """Units that nodes make and ship nowhere, of all goods together."""

    def json(self) -> str:
        """The numbers by name."""
        return json.dumps(asdict(self))


def report(economy: Economy, shares: Shares) -> NetworkReport:
    """Measure an economy.

    Raises:
        ValueError: if the shares are none.
        NotProductive: see `solve`.
    """
    numbers = _measured(economy, shares, solve(economy, shares))
    return NetworkReport(**{name: float(value) for name, value in numbers.items()})


@eqx.filter_jit
def _measured(economy: Economy, shares: Shares, solution: Solution) -> dict[str, Array]:
    found = prices(economy, shares, solution)
    x, y = solution.inputs, solution.outputs
    by_input, by_output = economy.marginal_utility(x, y)
    worth = jnp.sum(by_input * x) + jnp.sum(by_output * y)
    gain, income = jnp.sum(profits(economy, solution, found)), jnp.sum(found.inputs * economy.endowment)
    carried = jnp.sum(economy.transport * solution.flows)
    unshipped = y - jax.ops.segment_sum(jnp.where(economy.carries, shares, 0.0), economy.source, economy.nodes) * y
    mask = economy.choices.mask
    way = jnp.where(economy.carries, found.gradient, 0.0)
    way = way / jnp.maximum(jnp.linalg.norm(way), 1e-30)
    steep = jax.jvp(lambda s: welfare(economy, s), (shares,), (way,))[1]
    claimed = jnp.sum(found.gradient * way)
    return {
        "welfare": solution.welfare,
        "dispersion": dispersion(economy, shares, solution, found),
        "price_gap": jnp.max(jnp.where(mask, solution.flows * jnp.abs(found.premium), 0.0)),
        "slack": jnp.max(jnp.where(mask, found.premium, 0.0)),
        "gradient_error": jnp.abs(steep - claimed) / jnp.maximum(jnp.abs(claimed), 1e-30),
        "income": income,
        "profit": gain,
        "income_error": income - (worth - carried - gain),
        "radius": solution.radius,
        "residual": solution.residual,
        "unshipped": jnp.sum(jnp.maximum(unshipped, 0.0)),
    }
