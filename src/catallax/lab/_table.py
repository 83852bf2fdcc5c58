"""A table that grows while a run goes on: Parquet parts, merged into one file."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from catallax.lab._columns import Columns, read_columns, write_columns
from catallax.lab._files import RunFolderError

MERGE_EVERY = 32
"""Parts that pile up before they are merged."""


class Table:
    """An append-only table in `NAME.parquet` and, while it grows, `NAME.parts/`.

    Rows are ordered by the column `tick`, and every append starts after the last
    tick of the one before. So a part whose ticks are already in the merged file
    is a leftover of a killed merge and is passed over.
    Without the extra `lab` (duckdb) the files are `.npz` instead of `.parquet`.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.name = name
        self._parts = folder / f"{name}.parts"
        self._next: int | None = None
        self._pending = 0

    @property
    def exists(self) -> bool:
        """Whether any row was ever written."""
        return bool(self._files())

    def append(self, columns: Mapping[str, Any]) -> None:
        """Add rows; scalars count as one row."""
        rows = {name: np.atleast_1d(np.asarray(values)) for name, values in columns.items()}
        lengths = {name: values.shape for name, values in rows.items()}
        if len(set(lengths.values())) != 1 or "tick" not in rows or rows["tick"].ndim != 1:
            raise ValueError(f"{self.name}: expected flat columns of one length, `tick` among them, got {lengths}.")
        if rows["tick"].size == 0:
            return
        if self._next is None:
            numbers = [int(path.stem) for path in self._part_files()]
            self._next, self._pending = max(numbers, default=-1) + 1, len(numbers)
        write_columns(self._parts / f"{self._next:08d}", rows)
        self._next, self._pending = self._next + 1, self._pending + 1
        if self._pending >= MERGE_EVERY:
            self.merge()

    def read(self) -> Columns:
        """Every row so far; a column that some rows lack is NaN there.

        Raises:
            RunFolderError: if there is no row, or a file is damaged.
        """
        while True:
            files = self._files()
            try:
                return self._read(files)
            except RunFolderError:
                # the run goes on while we read, and a merge took the parts away: look again
                if all(path.exists() for path in files):
                    raise

    def _read(self, files: list[Path]) -> Columns:
        pieces: list[Columns] = []
        last = -np.inf
        for path in files:
            rows = read_columns(path)
            fresh = rows["tick"] > last
            if fresh.any():
                pieces.append({name: values[fresh] for name, values in rows.items()})
                last = float(rows["tick"].max())
        if not pieces:
            raise RunFolderError(
                f"{self.folder / self.name}.parquet: no rows; the run stopped before its first chunk was done, run it again."
            )
        return _join(pieces)

    def merge(self) -> None:
        """Put all parts into the one file."""
        if self._part_files():
            self._replace(self.read())

    def keep(self, tick: int) -> None:
        """Drop the rows after a tick, as a resumed run will write them again."""
        if not self.exists:
            return
        rows = self.read()
        early = rows["tick"] <= tick
        if early.all():
            self.merge()
        elif early.any():
            # written before the parts go: whoever is killed in between trims their leftovers on the next resumption
            self._replace({name: values[early] for name, values in rows.items()})
        else:
            self.clear()

    def clear(self) -> None:
        """Remove all rows."""
        shutil.rmtree(self._parts, ignore_errors=True)
        for path in self._merged_files():
            path.unlink()
        self._next = None

    def _replace(self, rows: Columns) -> None:
        written = write_columns(self.folder / self.name, rows)
        for path in self._merged_files():
            if path != written:
                path.unlink()
        shutil.rmtree(self._parts, ignore_errors=True)
        self._next = None

    def _merged_files(self) -> list[Path]:
        return [p for p in (self.folder / f"{self.name}{suffix}" for suffix in (".parquet", ".npz")) if p.is_file()]

    def _part_files(self) -> list[Path]:
        return sorted(p for p in self._parts.glob("[0-9]*") if p.suffix in (".parquet", ".npz"))

    def _files(self) -> list[Path]:
        return [*self._merged_files(), *self._part_files()]


def _join(pieces: list[Columns]) -> Columns:
    names = dict.fromkeys(name for piece in pieces for name in piece)

    def column(piece: Columns, name: str) -> np.ndarray:
        return piece[name] if name in piece else np.full(piece["tick"].shape, np.nan)

    return {name: np.concatenate([column(piece, name) for piece in pieces]) for name in names}
