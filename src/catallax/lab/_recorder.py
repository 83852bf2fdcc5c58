"""What a training run leaves in its folder, chunk by chunk, and how it goes on from there."""

from __future__ import annotations

import io
import json
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Key

from catallax.core import AbstractEnv, Discrete
from catallax.lab._folder import Columns, RunFolder, RunFolderError
from catallax.markets import DeepMarket, MarketState, SaleRecord

if TYPE_CHECKING:
    from catallax.lab._run import Run


class Recorder:
    """Writes trace, sales and checkpoint after every chunk; without a folder it keeps the sales only."""

    def __init__(self, folder: RunFolder | None, config: dict[str, Any], resume: bool) -> None:
        self.folder = folder
        self._config = config
        self._resume = resume
        self._sales: list[Columns] = []

    @classmethod
    def open(
        cls,
        path: str | Path | None,
        market: DeepMarket,
        env: AbstractEnv,
        key: Key[Array, ""],
        settings: dict[str, Any],
        resume: bool,
    ) -> Recorder:
        """Prepare the folder.

        Raises:
            RunFolderError: if it cannot be written, or holds another run that was to be resumed.
        """
        if path is None:
            if resume:
                raise RunFolderError("train: resume=True needs the folder of the run to go on with.")
            return cls(None, {}, False)
        config = {
            **settings,
            "market": _describe(market),
            "env": _describe(env),
            "key": np.asarray(jax.random.key_data(key)).tolist(),
            "versions": {"catallax": _version("catallax"), "jax": jax.__version__, "python": platform.python_version()},
            "git": _revision(),
            "device": str(jax.devices()[0].device_kind),
            "finished": False,
        }
        existing = Path(path) / "config.json"
        if resume and existing.is_file():
            before = RunFolder.open(path).read_config()
            for name in ("market", "env", "key", "instances"):
                if before.get(name) != json.loads(json.dumps(config[name], default=str)):
                    raise RunFolderError(
                        f"{existing}: holds a run with another {name}; resume with the settings it was started with, "
                        "or choose another folder."
                    )
        return cls(RunFolder.create(path, config), config, resume)

    def restore(self, state: MarketState) -> tuple[MarketState, dict[str, list[float]], float]:
        """State, trace and seconds spent to go on from; those given when there is nothing to resume."""
        content = self.folder.read_checkpoint() if self.folder is not None and self._resume else None
        if content is None:
            return state, {}, 0.0
        assert self.folder is not None
        try:
            state = eqx.tree_deserialise_leaves(io.BytesIO(content), state)
        except (RuntimeError, ValueError, EOFError) as error:
            raise RunFolderError(
                f"{self.folder.path / 'checkpoint.bin'}: does not fit this market ({error}); resume with the settings "
                "it was started with."
            ) from error
        instances = state.owner.shape[-1]
        reached = int(state.tick) * instances
        trace = self.folder.read_table("trace")
        kept = trace["tick"] <= reached
        if self.folder.has_table("sales"):
            sales = self.folder.read_table("sales")
            self._sales = [{name: values[sales["tick"] < int(state.tick)] for name, values in sales.items()}]
        columns = {name: values[kept].tolist() for name, values in trace.items()}
        return state, columns, float(columns["seconds"][-1]) if columns["seconds"] else 0.0

    def save(self, run: Run, sales: SaleRecord, ticks: int) -> None:
        """Write what the last chunk brought: tables first, then the checkpoint that vouches for them."""
        if sales.winner.shape[-1]:
            self._sales.append(_sale_columns(run, sales, ticks))
        if self.folder is None:
            return
        self.folder.write_table("trace", {name: np.asarray(values) for name, values in run.trace.items()})
        if self._sales:
            self.folder.write_table("sales", self._all_sales())
        buffer = io.BytesIO()
        eqx.tree_serialise_leaves(buffer, run.state)
        self.folder.write_checkpoint(buffer.getvalue())

    def close(self, run: Run) -> None:
        """Write the arrays that pictures need and mark the run as finished."""
        if self._sales:
            run.sales = self._all_sales()
        if self.folder is None:
            return
        self.folder.write_arrays(final_arrays(run))
        self._config.update(
            finished=not run.interrupted,
            compile_seconds=run.compile_seconds,
            seconds=run.seconds,
            summary=run.summary(),
        )
        self.folder.write_config(self._config)

    def _all_sales(self) -> Columns:
        joined = {name: np.concatenate([part[name] for part in self._sales]) for name in self._sales[0]}
        self._sales = [joined]
        return joined


def final_arrays(run: Run) -> Columns:
    """Wealth and, where observations can be listed, prices and greedy actions."""
    state = run.state
    arrays: Columns = {
        "wealth": np.asarray(state.ledger.wealth, np.float64),
        "alive": np.concatenate([np.asarray(c.alive) for c in state.cohorts], axis=-1),
        "wins": np.asarray(state.lives.wins),
    }
    if isinstance(run.env.observation_space, Discrete):
        arrays["prices"] = run.prices()
        arrays["actions"] = run.greedy()
    return arrays


def _sale_columns(run: Run, sales: SaleRecord, ticks: int) -> Columns:
    first = int(np.max(np.asarray(run.state.tick))) - ticks
    winner = np.asarray(sales.winner)[:ticks]
    tracked = winner.shape[1]

    def flat(x: Any) -> np.ndarray:
        return np.asarray(x)[:ticks].reshape(ticks * tracked, -1)[:, 0]

    discrete = isinstance(run.env.observation_space, Discrete)
    return {
        "tick": np.repeat(np.arange(first, first + ticks), tracked),
        "instance": np.tile(np.arange(tracked), ticks),
        "obs": flat(sales.obs) if discrete else np.full(ticks * tracked, -1),
        "seller": flat(sales.seller),
        "winner": flat(sales.winner),
        "action": flat(jax.tree.leaves(sales.action)[0]),
        "pays": flat(sales.pays),
        "receives": flat(sales.receives),
        "reward": flat(sales.reward),
        "ended": flat(sales.ended),
    }


def _describe(part: eqx.Module) -> str:
    return eqx.tree_pformat(part, short_arrays=True, width=120)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "source"


def _revision() -> str:
    try:
        found = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return found.stdout.strip()
