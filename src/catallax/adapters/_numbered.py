"""Gymnasium worlds whose observations are a few small whole numbers, numbered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from catallax.adapters._extras import need


def numbered(env: str, sizes: Sequence[int], **settings: Any) -> Callable[[], Any]:
    """A maker of a world for `FromGymnasium` that shows one number in place of a vector of whole numbers.

    `obs = (o_1 sizes_2 + o_2) sizes_3 + ...`, so that tabular agents can look at it.

    Args:
        env: an id that `gymnasium.make` knows; `"module:id"` imports the module first.
        sizes: how many values each coordinate can take, counted from 0.
        settings: passed to `gymnasium.make`.

    Raises:
        ValueError: inside the run, if a coordinate is out of range.

    >>> numbered("CartPole-v1", (2, 2)).__qualname__
    'numbered CartPole-v1'
    """
    wrappers, spaces = need("gymnasium.wrappers"), need("gymnasium.spaces")

    def number(obs: Any) -> np.int64:
        return np.int64(np.ravel_multi_index(tuple(np.asarray(obs, int)), tuple(sizes)))

    def make() -> Any:
        world = need("gymnasium").make(env, disable_env_checker=True, **settings)
        return wrappers.TransformObservation(world, number, spaces.Discrete(int(np.prod(sizes))))

    make.__qualname__ = f"numbered {env}"
    return make
