"""What pictures are made from: a run folder, a run in memory, or plain columns."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np

from catallax.lab import Run, RunFolder, price_arrays, wealth_arrays, wide_trace
from catallax.lab._compare import known_optimum
from catallax.markets import WideRun

Columns = Mapping[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Source:
    """The stored columns of one run.

    `prices` holds `prices` (credits per state) and may hold `optimum` (V*, credits),
    `actions` (greedy, per state) and, for worlds with a map, `rows`, `cols`, `cells`
    (states x 2: row, column), `walls`, `holes`, `goal`, `start` (any x 2) and
    `moves` (actions x 2: rows down, columns right).
    `wealth` holds `wealth` (credits) and may hold `alive`, `labels`, `wins`, `age`.
    """

    trace: Columns
    """One row per chunk."""
    sales: Columns | None = None
    """The trade log."""
    prices: Columns | None = None
    wealth: Columns | None = None
    config: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """`result` (rows of a table), `optimum` (credits), `curves`, versions, …"""

    @classmethod
    def of(cls, thing: Source | Run | WideRun | RunFolder | str | Path | Mapping[str, Any]) -> Self:
        """Read anything that can be drawn.

        Args:
            thing: a run folder or its path, a run in memory (of a deep or a wide market), or a mapping of trace columns.

        Raises:
            RunFolderError: if a folder cannot be read.
        """
        if isinstance(thing, cls):
            return thing
        if isinstance(thing, Run):
            return cls._of_run(thing)
        if isinstance(thing, WideRun):
            wealth = {"wealth": thing.record.wealth[-1], "alive": thing.record.alive[-1]}
            return cls(wide_trace(thing.record), wealth={name: np.asarray(column) for name, column in wealth.items()})
        if isinstance(thing, Mapping):
            return cls({name: np.asarray(values) for name, values in thing.items()})
        folder = thing if isinstance(thing, RunFolder) else RunFolder.open(thing)  # pyright: ignore[reportArgumentType] - the rest are paths
        return cls(
            folder.read_trace(),
            folder.read_sales(),
            folder.read_arrays("prices"),
            folder.read_arrays("wealth"),
            folder.config,
        )

    @classmethod
    def _of_run(cls, run: Run) -> Self:
        from catallax.core import Discrete

        listed = isinstance(run.env.observation_space, Discrete)
        return cls(
            {name: np.asarray(values) for name, values in run.trace.items()},
            run.sales or None,
            price_arrays(run) if listed else None,
            wealth_arrays(run),
            {"compile_seconds": run.compile_seconds, "seconds": run.seconds, "finished": not run.interrupted},
        )

    @property
    def name(self) -> str:
        """What the run is called."""
        return str(self.config.get("name", "run"))

    @property
    def ticks(self) -> np.ndarray:
        """Ticks at each row of the trace, all instances together."""
        return np.asarray(self.trace["tick"], np.float64)

    def column(self, name: str) -> np.ndarray:
        """A column of the trace in double precision; NaN throughout when it was not recorded."""
        if name not in self.trace:
            return np.full(self.ticks.shape, np.nan)
        return np.asarray(self.trace[name], np.float64)

    @property
    def optimum(self) -> float | None:
        """Value of the best policy from the start, credits, when it is known."""
        return known_optimum(self.config)

    @property
    def result(self) -> list[Mapping[str, Any]]:
        """Rows of the result table: name, value, and what else was measured."""
        return list(self.config.get("result") or [])
