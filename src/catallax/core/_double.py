"""Double precision at the edge of the host, where nothing is traced."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

P = ParamSpec("P")
R = TypeVar("R")


def in_double(function: Callable[P, R]) -> Callable[P, R]:
    """The function in double precision, from NumPy to NumPy, where it is called on the host; itself inside `jit`, `vmap` and derivatives.

    One text then serves both: a person gets all digits without switching JAX to 64 bits, a traced loop the precision around it.

    >>> float(in_double(lambda x: x + 1e-12)(np.asarray(1.0))) > 1
    True
    """
    compiled = eqx.filter_jit(function)

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if tracing() or _traced((args, kwargs)):
            return function(*args, **kwargs)
        with jax.enable_x64(True):
            found: Any = cast(Any, compiled)(*jax.tree.map(_wide, args), **jax.tree.map(_wide, kwargs))
        return cast(R, jax.tree.map(lambda leaf: np.asarray(leaf) if eqx.is_array(leaf) else leaf, found))

    return run


def tracing() -> bool:
    """Whether the place is inside `jit`, even if nothing at hand is traced."""
    return isinstance(jnp.zeros(()), Tracer)


def _traced(tree: object) -> bool:
    return any(isinstance(leaf, Tracer) for leaf in jax.tree.leaves(tree))


def _wide(leaf: Any) -> Any:
    """Numbers become arrays, so that another number is not another program."""
    if isinstance(leaf, bool | np.bool_):
        return leaf
    if isinstance(leaf, int | np.integer):
        return np.asarray(leaf, np.int64)
    if isinstance(leaf, float | np.floating):
        return np.asarray(leaf, np.float64)
    if eqx.is_inexact_array_like(leaf) and not np.iscomplexobj(leaf):
        return np.asarray(leaf, np.float64)
    return leaf
