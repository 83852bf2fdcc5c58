"""One call for all exchanges: checks that an equilibrium exists, picks a method that fits, and counts in double precision."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from catallax.core import AbstractValuation, Equilibrium, Status
from catallax.equilibria._equilibrium_path import EquilibriumPath
from catallax.equilibria._exchange import AbstractExchange, certify_exchange, in_one_credit, is_traced
from catallax.equilibria._exchange_interior_point import ExchangeInteriorPoint
from catallax.equilibria._solve import widest
from catallax.equilibria.valuations import AbstractHomogeneous, AbstractSmooth, Diminishing


def exchange(
    valuation: AbstractValuation,
    endowments: Float[Array, "*markets agents goods"],
    *,
    method: AbstractExchange | None = None,
    tol: float = 1e-6,
) -> Equilibrium:
    """Prices and bundles of an exchange: everybody sells what it owns and buys the best bundle that this pays for.

    Find `p` and `x` with `sum_a x_a = sum_a e_a` and `x_a` best among the bundles with `p x <= p e_a`. Only ratios of prices
    matter; they are given so that everything together is worth one credit.

    Args:
        valuation: of bundles.
        endowments: units that each agent owns; with a leading axis, as the valuation then has too, many markets at once.
        method: by default one that fits the valuation, to the tolerance.
        tol: largest gap, for the default method.

    Returns:
        An `Equilibrium` as from `solve`, its certificate that of `certify_exchange`. Cobb-Douglas and CES valuations with an
        elasticity of at least 1 (gross substitutes) have one price vector; linear ones may have a convex set of them where some
        need not trade. With complements there may be several apart, of which this is one, and finding any is hard in
        general (Codenotti et al. 2006): the status says whether it was found.

    Raises:
        ValueError: for shapes that do not fit, endowments below 0, an agent that owns or wants nothing, a good that nobody
            owns or wants, or agents that fall apart into groups of which one wants nothing that others own.

    Source: Arrow and Debreu (1954).

    >>> import jax.numpy as jnp, catallax as cx
    >>> halves = cx.valuations.CobbDouglas(jnp.ones((2, 2)))
    >>> found = exchange(halves, jnp.array([[1.0, 0.0], [0.0, 2.0]]))
    >>> found.prices.round(3).tolist(), found.bundles.round(3).tolist()
    ([0.5, 0.25], [[0.5, 1.0], [0.5, 1.0]])
    """
    endowments = jnp.asarray(endowments)
    if endowments.ndim != 3 and endowments.shape != valuation.shape:
        raise ValueError(
            f"exchange: {type(valuation).__name__} has the axes agents and goods {valuation.shape}, so endowments must have "
            f"them too; got {endowments.shape}."
        )
    method = exchange_method_for(valuation, tol) if method is None else method
    if is_traced(method, valuation, endowments):
        return _exchange(method, valuation, endowments)
    check_economy(valuation, endowments)
    # batching and transposing forget the precision that holds inside, so this is for a call from outside alone
    with jax.enable_x64(True):
        return _exchange(method, valuation, endowments)


def exchange_method_for(valuation: AbstractValuation, tol: float) -> AbstractExchange:
    """The method that fits a valuation."""
    return EquilibriumPath(tol) if isinstance(valuation, AbstractSmooth) else ExchangeInteriorPoint(tol)


@eqx.filter_jit
def _exchange(method: AbstractExchange, valuation: AbstractValuation, endowments: Array) -> Equilibrium:
    if endowments.ndim > 2:
        return eqx.filter_vmap(_exchange, in_axes=(None, eqx.if_array(0), 0))(method, valuation, endowments)
    given = jnp.result_type(endowments.dtype, jnp.float32)
    valuation, endowments = jax.tree.map(widest, (valuation, endowments))
    found = in_one_credit(method.exchange(valuation, endowments), endowments)
    # the certificate is of what is returned
    prices, bundles = found.prices.astype(given), found.bundles.astype(given)
    judged = certify_exchange(
        valuation, endowments, widest(prices), widest(bundles), tol=jnp.inf, iterations=found.iterations
    )
    gap = jnp.where(found.status == Status.NOT_CONCAVE, jnp.inf, judged.gap)
    told = (judged.payments, gap, judged.clearing_error, judged.regret)
    payments, gap, clearing_error, regret = (leaf.astype(given) for leaf in told)
    return Equilibrium(
        prices, bundles, payments, gap, clearing_error, regret,
        found.iterations.astype(jnp.int32), found.status.astype(jnp.int32),
    )  # fmt: skip


def check_economy(valuation: AbstractValuation, endowments: Array) -> None:
    """That prices exist at which everybody sells and everybody buys.

    Sufficient for concave valuations: whoever wants what, everybody can be reached from everybody over wants and owners (Gale 1976;
    McKenzie 1959).
    """
    owned = np.asarray(endowments)
    if not (np.isfinite(owned) & (owned >= 0)).all():
        raise ValueError("exchange: endowments must be finite and at least 0 units.")
    wants = np.asarray(wanted(valuation, endowments))
    owns = owned > 0
    for missing, said in (
        (~owns.any(-2), "nobody owns good {}, so it has no price; leave it out"),
        (~wants.any(-2), "nobody wants good {}, so its price is 0; leave it out"),
        (~owns.any(-1), "agent {} owns nothing, so it buys nothing; leave it out"),
        (~wants.any(-1), "agent {} wants nothing, so what it earns is not spent; leave it out"),
    ):
        if missing.any():
            raise ValueError(f"exchange: {said.format(int(np.nonzero(missing)[-1][0]))}.")
    if wants.all():  # each agent wants something of every other
        return
    for want, own in zip(wants.reshape(-1, *wants.shape[-2:]), owns.reshape(-1, *owns.shape[-2:]), strict=True):
        _check_connected(want, own)


def _check_connected(wants: Bool[np.ndarray, "agents goods"], owns: Bool[np.ndarray, "agents goods"]) -> None:
    agents, goods = wants.shape
    (buyer, good), (owner, sold) = np.nonzero(wants), np.nonzero(owns)
    edges = np.r_[buyer, agents + sold], np.r_[agents + good, owner]
    size = agents + goods
    count, part = connected_components(
        coo_array((np.ones(edges[0].size), edges), shape=(size, size)), connection="strong"
    )
    if count > 1:
        alone = np.nonzero(part[:agents] == part[0])[
            0
        ]  # not all: every good has an agent that wants it and one that owns it
        raise ValueError(
            f"exchange: the economy falls apart: no chain of wants and owners joins agents {alone[:8].tolist()} with the rest in both "
            "directions, so that prices of one part in terms of the other are 0, undetermined or do not exist; let every agent "
            "want something that leads to the others, or solve the parts alone."
        )


def wanted(valuation: AbstractValuation, endowments: Array) -> Bool[Array, "*markets agents goods"]:
    """Who wants what: where there is a weight, or where more is better at an equal division."""
    inner = valuation.inner if isinstance(valuation, Diminishing) else valuation
    if isinstance(inner, AbstractHomogeneous):
        return jnp.broadcast_to(inner.weights > 0, endowments.shape)

    @eqx.filter_jit
    def slope(valuation: AbstractValuation, endowments: Array) -> Array:
        equal = jnp.broadcast_to(jnp.mean(endowments, 0, keepdims=True), endowments.shape)
        return jax.grad(lambda x: jnp.sum(valuation.value(x)))(equal)

    markets = endowments.ndim > 2
    return (eqx.filter_vmap(slope, in_axes=(eqx.if_array(0), 0)) if markets else slope)(valuation, endowments) > 0
