"""Economies that several files look at, in double precision."""

import functools
from types import SimpleNamespace

import equinox as eqx
import jax
import jax.numpy as jnp

from catallax.markets import production


@functools.cache
def three_layers():
    """A random economy of 3 layers and 2 goods, its shares, quantities, prices and derivatives."""
    with jax.enable_x64(True):
        economy = production.examples.three_layers(jax.random.key(0))
        logits = jax.random.normal(jax.random.key(1), economy.carries.shape)
        shares = economy.splits.softmax(logits)

        @eqx.filter_jit
        def everything(economy, shares, logits):
            solution = production.solve(economy, shares)
            prices = production.prices(economy, shares, solution)
            by_share = jax.grad(lambda s: production.welfare(economy, s))(shares)
            by_logit = jax.grad(lambda t: production.welfare(economy, economy.splits.softmax(t)))(logits)
            by_endowment = jax.grad(
                lambda r: production.welfare(eqx.tree_at(lambda e: e.endowment, economy, r), shares)
            )(economy.endowment)
            by_scale = jax.grad(lambda a: production.welfare(eqx.tree_at(scale, economy, a), shares))(scale(economy))
            return solution, prices, by_share, by_logit, by_endowment, by_scale

        def scale(economy):
            return economy.technologies[1].part.scale

        def along(way):
            return jax.jvp(lambda s: production.welfare(economy, s), (shares,), (way,))[1]

        solution, prices, by_share, by_logit, by_endowment, by_scale = everything(economy, shares, logits)

        def bellman(average):
            by_input, by_output = economy.marginal_utility(solution.inputs, solution.outputs)
            pulled = economy.pull(solution.inputs, by_output + average)
            return by_input, by_output, economy.received(shares, prices.inputs), pulled

        return SimpleNamespace(
            economy=economy, splits=economy.splits, shares=shares, logits=logits, solution=solution, prices=prices,
            by_share=by_share, by_logit=by_logit, by_endowment=by_endowment, by_scale=by_scale, everything=everything, along=jax.jit(along), bellman=jax.jit(bellman),
            net=prices.inputs[economy.target], cbar=economy.splits.mean(shares, prices.gradient),
        )  # fmt: skip


@functools.cache
def golden():
    """The golden economy, equal shares, and the best ones."""
    with jax.enable_x64(True):
        economy = production.examples.simple_split()
        return SimpleNamespace(economy=economy, half=economy.uniform(), best=jnp.asarray([[0.36], [0.64]]))
