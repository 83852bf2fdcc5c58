"""Columns on disk: one Parquet file, or `.npz` where duckdb is not installed."""

from __future__ import annotations

import atexit
import functools
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np

from catallax.lab._files import RunFolderError, write_file

Columns = dict[str, np.ndarray]
"""One array of equal length per column."""


@functools.cache
def _engine() -> Any:
    """One in-memory engine per process: opening one takes ten times as long as writing a part."""
    import duckdb

    # let go before Python does, or duckdb prints a page about leaked objects
    atexit.register(_engine.cache_clear)
    return duckdb.connect(config={"threads": 1})


def write_columns(stem: Path, rows: Columns) -> Path:
    """Write a whole table to `stem.parquet`, or without duckdb to `stem.npz`; returns the path."""
    try:
        engine = _engine()
    except ImportError:
        path = stem.with_suffix(".npz")
        write_file(path, lambda temporary: write_npz(temporary, rows))
        return path
    path = stem.with_suffix(".parquet")

    def copy(temporary: Path) -> None:
        with engine.cursor() as connection:
            connection.register("growing", rows)
            connection.execute(f"COPY growing TO {_quoted(temporary)} (FORMAT parquet)")

    write_file(path, copy)
    return path


def read_columns(path: Path) -> Columns:
    """A whole table.

    Raises:
        RunFolderError: if the file is damaged, or Parquet and duckdb is not installed.
    """
    if path.suffix == ".npz":
        return read_npz(path)
    try:
        engine = _engine()
    except ImportError as error:
        raise RunFolderError(
            f'{path}: reading Parquet needs duckdb; install it with pip install "catallax[lab]".'
        ) from error
    import duckdb

    try:
        with engine.cursor() as connection:
            found = connection.execute(f"SELECT * FROM read_parquet({_quoted(path)})").fetchnumpy()
    except duckdb.Error as error:
        raise RunFolderError(
            f"{path}: half-written or damaged; delete this file (its rows are lost) and resume."
        ) from error
    return {name: _filled(values) for name, values in cast("dict[str, np.ndarray]", found).items()}


def _filled(values: np.ndarray) -> np.ndarray:
    if not isinstance(values, np.ma.MaskedArray):
        return values
    # NaN is stored as "missing"
    if not np.ma.is_masked(values):
        return np.asarray(values.data)
    return np.ma.filled(values.astype(np.result_type(values.dtype, np.float32)), np.nan)


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def write_npz(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write arrays to exactly this path (`np.savez` would add a suffix)."""
    with path.open("wb") as handle:
        np.savez_compressed(handle, allow_pickle=False, **arrays)


def read_npz(path: Path) -> Columns:
    """All arrays of a file.

    Raises:
        RunFolderError: if the file is damaged.
    """
    try:
        # np.load leaves a file it opened itself open when the archive is damaged
        with path.open("rb") as handle, np.load(handle, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (ValueError, EOFError, OSError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise RunFolderError(
            f"{path}: half-written or damaged ({error}); delete it and resume or repeat the run."
        ) from error
