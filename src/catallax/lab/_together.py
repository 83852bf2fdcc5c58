"""Work that all processes of a run do, or none."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import jax
import numpy as np
from jax.experimental.multihost_utils import process_allgather

from catallax.lab._files import RunFolderError

T = TypeVar("T")


def all_or_none(work: Callable[[], T]) -> T:
    """Do this process's part; if any process fails, raise in all of them, or the others would wait for ever."""
    result, error = None, None
    try:
        result = work()
    except Exception as failure:  # whatever it is, the others must hear of it first; raised again below
        error = failure
    if jax.process_count() > 1:
        failed = np.flatnonzero(process_allgather(np.asarray(error is not None)))
        if error is None and failed.size:
            raise RunFolderError(
                f"run folder: process {failed[0]} could not use it, see its message; this one ({jax.process_index()}) ends too."
            )
    if error is not None:
        raise error
    return cast("T", result)
