"""The market on all combinations, in the cliques of a junction tree."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from catallax.forecasting._log import Entry
from catallax.forecasting.combinatorial._joint import AbstractJointMarket
from catallax.forecasting.combinatorial._semiring import MIN_PRODUCT, SUM_PRODUCT, Semiring
from catallax.forecasting.combinatorial._tree import JunctionTree, Propagation
from catallax.forecasting.combinatorial._variables import Evidence, Factor


class JunctionTreeMarket(AbstractJointMarket):
    """`DenseMarket`, exactly, where the joint distribution is a product of tables over cliques: the cost is that of the largest clique.

    An edit whose variables lie in one clique changes one table of the prices and one of the trader's assets. Prices are sums of products, minimum
    assets minima of products, and expected assets sums over cliques, since logarithms add. A trader has tables only in the cliques it traded
    in. Any other edit is refused; `retriangulate` makes room for it, without changing any probability.

    Source: Sun, Hanson, Laskey and Twardy (2012), "Probability and asset updating using Bayesian networks for combinatorial prediction markets".

    >>> market = JunctionTreeMarket({"D": 2, "E": 2, "F": 2}, liquidity=10.0, links=[("D", "E"), ("D", "F")])
    >>> market.open("Tom", cash=20.0)
    >>> edit = market.edit("Tom", "E", to=0.9, given={"D": 1})
    >>> market.probability("E").round(3).tolist(), round(market.minimum("Tom"), 3), market.worst("Tom")["D"]
    ([0.3, 0.7], 3.906, 1)
    """

    def __init__(
        self,
        variables: Mapping[str, int],
        liquidity: float | int,
        links: Iterable[tuple[str, str]] = (),
        factors: Sequence[Factor] = (),
    ) -> None:
        """Open the market; the house pays in the worst-case loss.

        Args:
            variables: number of states of each, at least 2.
            liquidity: `b`, credits per nat.
            links: pairs of variables that shall share a clique; those of one factor do in any case.
            factors: whose product is the opening distribution, scaled to add up to 1; uniform without. Positive.

        Raises:
            ValueError: as `DenseMarket` does, and if a clique becomes too large.
        """
        self._links = list(links)
        super().__init__(variables, liquidity, factors)

    def retriangulate(self, links: Iterable[tuple[str, str]]) -> None:
        """Build the tree anew so that more variables share a clique; probabilities and assets stay what they are.

        Args:
            links: pairs of variables. Those that share a clique now will share one then.

        Raises:
            ValueError: for variables that do not exist, or if a clique becomes too large.
        """
        links = list(links)
        tree = JunctionTree(self.variables.sizes, [*self._numbered(links), *_pairs(self.tree.cliques)])
        self._opening = _moved(self._opening, tree)
        self._chances = _moved(self._chances, tree)
        self._assets = {trader: _moved(assets, tree) for trader, assets in self._assets.items()}
        self.tree = tree
        self.log.append("links", "house", about=json.dumps({"links": links}))

    def _again(self, entry: Entry, wish: dict[str, Any]) -> None:
        if entry.kind == "links":
            self.retriangulate((one, other) for one, other in wish["links"])
        else:
            super()._again(entry, wish)

    @property
    def factors(self) -> list[Factor]:
        """Tables of the cliques whose product, scaled, is the present distribution: an opening for another market."""
        names, found = tuple(self.variables), []
        for clique, logs in self._chances.tables.items():
            scope = self.tree.cliques[clique]
            table = np.exp(logs - logs.max()).reshape([self.variables.sizes[v] for v in scope])
            found.append((tuple(names[v] for v in scope), table))
        return found

    def _numbered(self, links: Iterable[tuple[str, str]]) -> list[tuple[int, int]]:
        return [(self.variables.number(one), self.variables.number(other)) for one, other in links]

    def _begin(self, factors: list[tuple[tuple[int, ...], np.ndarray]]) -> None:
        scopes = _pairs(scope for scope, _ in factors)
        self.tree = JunctionTree(self.variables.sizes, [*self._numbered(self._links), *scopes])
        tables = {place: np.zeros(cells) for place, cells in enumerate(self.tree.volumes)}
        for scope, table in factors:
            home = self._home(scope)
            tables[home] = tables[home] + table.ravel()[self.tree.spread_from(scope, home)]
        self._chances = Propagation(self.tree, SUM_PRODUCT, tables)
        self._chances.multiply(0, np.full_like(tables[0], -self._chances.total()))
        self._opening = self._chances.copy()
        self._assets: dict[str, Propagation] = {}

    def _log_least_opening(self) -> float:
        return Propagation(self.tree, MIN_PRODUCT, self._opening.tables).total()

    def _check_scope(self, scope: tuple[int, ...]) -> None:
        if self.tree.home(scope) is None:
            names = tuple(self.variables)
            pairs = [(names[one], names[other]) for one, other in combinations(scope, 2)]
            missing = [pair for pair in pairs if self.tree.home(self.variables.number(name) for name in pair) is None]
            raise ValueError(
                f"{self._name}: {[names[v] for v in scope]} share no clique, so that this edit would not keep the structure; "
                f"call retriangulate({missing or pairs}) first."
            )

    def _log_chances(self, scope: tuple[int, ...], evidence: Evidence) -> np.ndarray:
        return self._joined(self._chances, scope, evidence)

    def _log_floors(self, trader: str, scope: tuple[int, ...], evidence: Evidence) -> np.ndarray:
        return self._joined(self._assets[trader], scope, evidence)

    def _log_total(self, evidence: Evidence) -> float:
        return self._seen(self._chances, evidence).total()

    def _log_floor(self, trader: str, evidence: Evidence) -> float:
        return self._seen(self._assets[trader], evidence).total()

    def _log_worst(self, trader: str, evidence: Evidence) -> dict[int, int]:
        return self._seen(self._assets[trader], evidence).best()

    def _log_mean(self, trader: str, evidence: Evidence) -> float:
        chances, mean = self._seen(self._chances, evidence), 0.0
        for clique, assets in self._assets[trader].tables.items():
            logs = chances.marginal(clique)
            weights = np.exp(logs - logs.max())
            # what is ruled out has no weight, and an asset of no finite worth
            mean += float((weights * np.where(weights > 0, assets, 0.0)).sum() / weights.sum())
        return mean

    def _log_assets(self, trader: str, cell: tuple[int, ...]) -> float:
        return self._at(self._assets[trader], cell)

    def _log_moved(self, cell: tuple[int, ...]) -> float:
        return self._at(self._chances, cell) - self._at(self._opening, cell)

    def _endow(self, trader: str, amount: float) -> None:
        self._assets[trader] = Propagation(self.tree, MIN_PRODUCT, {0: np.full(self.tree.volumes[0], amount)})
        for name, state in self.resolved.items():
            number = self.variables.number(name)
            self._exclude(self._assets[trader], number, np.arange(self.variables.sizes[number]) == state)

    def _scale(self, trader: str, scope: tuple[int, ...], ratio: np.ndarray) -> None:
        home = self._home(scope)
        table = ratio.ravel()[self.tree.spread_from(scope, home)]
        self._chances.multiply(home, table)
        self._assets[trader].multiply(home, table)

    def _rule_out(self, variable: int, possible: np.ndarray) -> None:
        for tables in (self._chances, *self._assets.values()):
            self._exclude(tables, variable, possible)

    def _exclude(self, tables: Propagation, variable: int, possible: np.ndarray) -> None:
        home = self._home((variable,))
        tables.rule_out(home, possible[self.tree.spread_from((variable,), home)])

    def _home(self, scope: tuple[int, ...]) -> int:
        home = self.tree.home(scope)
        assert home is not None
        return home

    def _joined(self, tables: Propagation, scope: tuple[int, ...], evidence: Evidence) -> np.ndarray:
        found = self._seen(tables, evidence).onto(self._home(scope), scope)
        return found.reshape([self.variables.sizes[v] for v in scope])

    def _seen(self, tables: Propagation, evidence: Evidence) -> Propagation:
        """Likelihoods weigh probabilities; of assets they only leave out what cannot be."""
        if not evidence:
            return tables
        seen = tables.copy()
        for variable, likelihood in evidence:
            home = self._home((variable,))
            if tables.semiring is MIN_PRODUCT:
                self._exclude(seen, variable, likelihood > -np.inf)
            else:
                seen.multiply(home, likelihood[self.tree.spread_from((variable,), home)])
        return seen

    def _at(self, tables: Propagation, cell: tuple[int, ...]) -> float:
        """The product of all tables at one combination."""
        found = 0.0
        for clique, table in tables.tables.items():
            scope = self.tree.cliques[clique]
            found += float(
                table[np.ravel_multi_index([cell[v] for v in scope], [self.variables.sizes[v] for v in scope])]
            )
        return found


def _pairs(scopes: Iterable[Sequence[int]]) -> list[tuple[int, int]]:
    return sorted({pair for scope in scopes for pair in combinations(sorted(scope), 2)})


def _moved(tables: Propagation, tree: JunctionTree) -> Propagation:
    """The same product, in the cliques of another tree."""
    semiring: Semiring = tables.semiring
    start = {} if semiring is MIN_PRODUCT else {k: np.zeros(cells) for k, cells in enumerate(tree.volumes)}
    found = Propagation(tree, semiring, start)
    for clique, table in tables.tables.items():
        scope = tables.tree.cliques[clique]
        home = tree.home(scope)
        assert home is not None
        found.multiply(home, table[tree.spread_from(scope, home)])
    return found
