"""What a run and its resumption share."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from catallax.core import AbstractEnv
from catallax.lab._files import RunFolderError
from catallax.lab._folder import RunFolder
from catallax.markets import DeepMarket

_MUST_AGREE = {
    "market": "market",
    "env": "env",
    "market_numbers": "market (the same parts with other numbers in them)",
    "env_numbers": "env (the same kind of world with other numbers in it)",
    "key": "key",
    "instances": "number of instances",
}
"""Settings that a run and its resumption share, and how an error calls them."""


def description(market: DeepMarket, env: AbstractEnv, key: Any) -> dict[str, Any]:
    """The fields of `config.json` that tell one market, world and key from another."""
    return {
        "market": part_text(market),
        "env": part_text(env),
        "market_numbers": part_digest(market),
        "env_numbers": part_digest(env),
        "key": np.asarray(jax.random.key_data(key)).tolist(),
    }


def must_agree(folder: RunFolder, config: dict[str, Any]) -> None:
    """Compare a folder's config with that of the run that wants to go on.

    Raises:
        RunFolderError: if it holds another run.
    """
    before, now = folder.config, json.loads(json.dumps(config, default=str))
    for name, called in _MUST_AGREE.items():
        if before.get(name) != now[name]:
            raise RunFolderError(
                f"run folder {folder.path}: holds a run with another {called}; resume with the settings it was started "
                "with, or choose another folder."
            )


def part_text(part: eqx.Module) -> str:
    """The part as it prints itself, without the addresses of functions, which every process gives anew."""
    return re.sub(r" at 0x[0-9a-f]+", "", eqx.tree_pformat(part, short_arrays=True, width=120))


def part_digest(part: eqx.Module) -> str:
    """SHA-256 of every array in a part, whose description tells their shapes alone."""
    digest = hashlib.sha256()
    for path, leaf in jax.tree_util.tree_leaves_with_path(eqx.filter(part, eqx.is_array_like)):
        if isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            leaf = jax.random.key_data(leaf)
        values = np.asarray(leaf)
        digest.update(f"{jax.tree_util.keystr(path)} {values.dtype} {values.shape}\n".encode())
        digest.update(values.tobytes())
    return digest.hexdigest()
