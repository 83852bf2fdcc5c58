"""What a market on combinations asks of the way its tables are kept."""

from __future__ import annotations

import abc

import numpy as np

from catallax.forecasting.combinatorial._variables import Evidence


class AbstractEngine(abc.ABC):
    """Keeps prices and assets as tables: logarithms of probabilities, and of assets in units of `b`."""

    @abc.abstractmethod
    def _begin(self, factors: list[tuple[tuple[int, ...], np.ndarray]]) -> None: ...

    @abc.abstractmethod
    def _log_least_opening(self) -> float:
        """`min_x ln p_0(x)`."""

    @abc.abstractmethod
    def _check_scope(self, scope: tuple[int, ...]) -> None:
        """Refuse variables that cannot be traded together."""

    @abc.abstractmethod
    def _log_chances(self, scope: tuple[int, ...], evidence: Evidence) -> np.ndarray:
        """Table over the scope, not scaled."""

    @abc.abstractmethod
    def _log_floors(self, trader: str, scope: tuple[int, ...], evidence: Evidence) -> np.ndarray:
        """Least assets, a table over the scope."""

    @abc.abstractmethod
    def _log_total(self, evidence: Evidence) -> float: ...

    @abc.abstractmethod
    def _log_floor(self, trader: str, evidence: Evidence) -> float: ...

    @abc.abstractmethod
    def _log_worst(self, trader: str, evidence: Evidence) -> dict[int, int]: ...

    @abc.abstractmethod
    def _log_mean(self, trader: str, evidence: Evidence) -> float: ...

    @abc.abstractmethod
    def _log_assets(self, trader: str, cell: tuple[int, ...]) -> float: ...

    @abc.abstractmethod
    def _log_moved(self, cell: tuple[int, ...]) -> float:
        """Sum of `ln r` over all edits."""

    @abc.abstractmethod
    def _endow(self, trader: str, amount: float) -> None: ...

    @abc.abstractmethod
    def _scale(self, trader: str, scope: tuple[int, ...], ratio: np.ndarray) -> None: ...

    @abc.abstractmethod
    def _rule_out(self, variable: int, possible: np.ndarray) -> None: ...
