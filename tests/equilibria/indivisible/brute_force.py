"""Small markets solved by trying everything."""

from itertools import product

import numpy as np
from scipy.optimize import linprog

from catallax.equilibria.indivisible import AbstractBundleValuation


def best_welfare(valuation: AbstractBundleValuation) -> float:
    """Over all ways to give each good, one unit of each, to an agent."""
    table, most = valuation.table(), 0.0
    for owners in product(range(valuation.agents), repeat=valuation.goods):
        got = np.zeros(valuation.agents, int)
        np.add.at(got, list(owners), 1 << np.arange(valuation.goods))
        most = max(most, float(table[np.arange(valuation.agents), got].sum()))
    return most


def fractional_welfare(valuation: AbstractBundleValuation) -> float:
    """The configuration program over all bundles, one unit of each good, in dense rows."""
    table = valuation.table()
    agents, bundles = table.shape
    held = np.arange(bundles)[:, None] >> np.arange(valuation.goods) & 1
    rows = np.vstack([np.kron(np.eye(agents), np.ones(bundles)), np.kron(np.ones(agents), held.T)])
    return -float(linprog(-table.ravel(), A_ub=rows, b_ub=np.ones(len(rows))).fun)


def bounds_on_grid(valuation: AbstractBundleValuation, step: float) -> tuple[np.ndarray, np.ndarray]:
    """All price vectors on a grid, and `supply . p + sum of best utilities` at each, one unit of each good."""
    table = valuation.table()
    held = np.arange(table.shape[1])[:, None] >> np.arange(valuation.goods) & 1
    prices = np.array(list(product(np.arange(0, table.max() + step, step), repeat=valuation.goods)))
    utilities = table[:, None, :] - prices @ held.T
    return prices, prices.sum(1) + utilities.max(2).sum(0)


def clearing_prices(valuation: AbstractBundleValuation) -> np.ndarray:
    """All Walrasian prices in whole credits."""
    prices, bounds = bounds_on_grid(valuation, 1.0)
    return prices[bounds <= best_welfare(valuation) + 1e-9]
