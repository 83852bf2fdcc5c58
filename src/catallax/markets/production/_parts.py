"""The exchangeable parts: who finds the quantities, and who finds the prices."""

# no postponed annotations here: equinox must see the abstract methods' owner itself

import abc

import equinox as eqx

from catallax.markets.production._economy import Bundles, Economy, Shares, Solution


class AbstractSolver(eqx.Module):
    """How quantities are found."""

    @abc.abstractmethod
    def solve(self, economy: Economy, shares: Shares) -> Solution:
        """Inputs `x = r + S^T f(x)`, and what follows from them; pure, with derivatives by shares and all numbers of the economy."""


class AbstractAdjoint(eqx.Module):
    """How prices are found."""

    @abc.abstractmethod
    def values(self, economy: Economy, shares: Shares, solution: Solution) -> Bundles:
        """`a`: the welfare that one more unit of each input would add, credits per unit."""


class NotProductive(ValueError):
    """An economy consumes more than it makes: the cycle grows without end, and no quantities belong to every endowment."""
