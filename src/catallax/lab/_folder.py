"""The folder of a run: everything one needs to look at it, repeat it or go on with it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from catallax.lab._columns import Columns, read_npz, write_npz
from catallax.lab._files import RunFolderError, seal, unseal, write_bytes, write_file
from catallax.lab._provenance import git_revision, versions
from catallax.lab._table import Table

_OWN = ("config.json", "prices.npz", "wealth.npz", "report.html")
"""Single files of a run; tables and checkpoints are removed by their own means."""


class RunFolder:
    """Reader and writer of one run folder; every file appears whole or not at all.

    `config.json` (fields, versions, revision, key, result), `trace.parquet` (a row
    per chunk), `sales.parquet` (trade log), `prices.npz`, `wealth.npz`,
    `checkpoint/`, `report.html`.

    >>> import tempfile; place = tempfile.TemporaryDirectory()
    >>> folder = RunFolder.create(Path(place.name) / "run", {"name": "demo"})
    >>> folder.append_trace({"tick": 64, "price_mean": 0.5})
    >>> RunFolder.open(folder.path).read_trace()["price_mean"].tolist()
    [0.5]
    >>> place.cleanup()
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._trace = Table(path, "trace")
        self._sales = Table(path, "sales")

    @classmethod
    def create(cls, path: str | Path, config: Mapping[str, Any], *, replace: bool = False) -> RunFolder:
        """A fresh folder with its `config.json`; versions and git revision are added.

        Args:
            path: made if it is not there.
            config: name, every field, key, description of env and market.
            replace: throw away an older run in that place (files of others stay).

        Raises:
            RunFolderError: if the place holds a run already, or cannot be written.
        """
        folder = cls(Path(path))
        if (folder.path / "config.json").exists() and not replace:
            raise RunFolderError(
                f"run folder {folder.path}: already holds a run; go on with it (resume), choose another folder or delete it."
            )
        folder._clear()
        base = {"finished": False, "result": [], "versions": versions(), "git": git_revision()}
        folder._write_config({**base, **config})
        return folder

    @classmethod
    def open(cls, path: str | Path) -> RunFolder:
        """A folder that is there.

        Raises:
            RunFolderError: if the folder or its `config.json` is missing or half-written.
        """
        folder = cls(Path(path))
        if not (folder.path / "config.json").is_file():
            what = "has no config.json" if folder.path.is_dir() else "does not exist"
            raise RunFolderError(
                f"run folder {folder.path}: {what}; expected a folder that a training run wrote (train(..., folder=...))."
            )
        _ = folder.config
        return folder

    @property
    def config(self) -> dict[str, Any]:
        """What `config.json` says."""
        file = self.path / "config.json"
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise RunFolderError(
                f"{file}: cannot be read ({error.strerror}); check the path and its permissions."
            ) from error
        except ValueError as error:
            raise RunFolderError(f"{file}: half-written or not JSON ({error}); mend it or repeat the run.") from error
        if not isinstance(content, dict):
            raise RunFolderError(f"{file}: expected a JSON object, found {type(content).__name__}; repeat the run.")
        return content

    def update(self, **fields: Any) -> None:
        """Set fields of `config.json`: `update(finished=True, result=[{"name": "market", "value": 0.9}])`."""
        self._write_config({**self.config, **fields})

    def append_trace(self, row: Mapping[str, Any]) -> None:
        """Add the figures of one chunk, or columns of several; `tick` must grow from row to row."""
        self._trace.append(row)

    def read_trace(self) -> Columns:
        """One array per column of the trace, one entry per chunk."""
        return self._trace.read()

    def append_sales(self, columns: Mapping[str, Any]) -> None:
        """Add rows of the trade log, all after the last tick of those before.

        Columns: tick, instance, obs (-1: not discrete), seller (-1: house), winner
        (-1: nobody), action, pays, receives, reward (credits), ended (terminated).
        """
        self._sales.append(columns)

    def read_sales(self) -> Columns | None:
        """The trade log, None if none was kept."""
        return self._sales.read() if self._sales.exists else None

    def keep(self, trace_tick: int, sales_tick: int | None = None) -> None:
        """Forget what was written after a checkpoint, before going on from it.

        Args:
            trace_tick: last tick of the trace to keep (all instances together).
            sales_tick: last tick of the trade log to keep (of one instance).
        """
        self._trace.keep(trace_tick)
        if sales_tick is not None:
            self._sales.keep(sales_tick)

    def merge(self) -> None:
        """Put the grown parts of trace and trade log into one file each."""
        self._trace.merge()
        self._sales.merge()

    def write_arrays(self, name: str, **arrays: Any) -> None:
        """Write `NAME.npz`; the report knows `prices` and `wealth` (see `catallax.view.Source`)."""
        plain = {key: np.asarray(value) for key, value in arrays.items()}
        write_file(self.path / f"{name}.npz", lambda temporary: write_npz(temporary, plain))

    def read_arrays(self, name: str) -> Columns | None:
        """The arrays of `NAME.npz`, None if it was never written."""
        file = self.path / f"{name}.npz"
        return read_npz(file) if file.is_file() else None

    def write_checkpoint(self, payload: bytes, name: str = "last") -> None:
        """Store a state, with length and checksum, in one step."""
        write_bytes(self._checkpoint(name), seal(payload))

    def read_checkpoint(self, name: str = "last") -> bytes | None:
        """A stored state, None if there is none.

        Raises:
            RunFolderError: if it is truncated or damaged.
        """
        file = self._checkpoint(name)
        return unseal(file.read_bytes(), file) if file.is_file() else None

    def write_text(self, name: str, text: str) -> Path:
        """Write a text file, `report.html` say, in one step."""
        write_bytes(self.path / name, text.encode("utf-8"))
        return self.path / name

    def _checkpoint(self, name: str) -> Path:
        return self.path / "checkpoint" / f"{name}.ckpt"

    def _write_config(self, config: Mapping[str, Any]) -> None:
        text = json.dumps(config, indent=1, default=_plain)
        write_bytes(self.path / "config.json", (text + "\n").encode("utf-8"))

    def _clear(self) -> None:
        self._trace.clear()
        self._sales.clear()
        for name in _OWN:
            file = self.path / name
            if file.is_file():
                file.unlink()
        shutil.rmtree(self.path / "checkpoint", ignore_errors=True)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return str(value)
