"""Steps of a firm's production: layers of Equinox, split into arrays and the rest."""

from __future__ import annotations

from typing import Any

import equinox as eqx
from jaxtyping import Array, Float, PyTree

PLAIN = (eqx.nn.Lambda, eqx.nn.LayerNorm, eqx.nn.RMSNorm, eqx.nn.Identity, eqx.nn.Linear)
"""Layers that are taken as they are."""


class Elementwise(eqx.Module):
    """An activation that is applied to each number on its own, as `equinox.nn.MLP` does."""

    fn: Any
    """`number -> number`; arrays in it have one row a number."""

    def __call__(self, x: Float[Array, " numbers"], *, key: Any = None) -> Float[Array, " numbers"]:
        """Every number's image."""
        return eqx.filter_vmap(lambda fn, number: fn(number))(self.fn, x)


class Step(eqx.Module):
    """One layer, so held that firms of equal form can be stacked.

    >>> import jax
    >>> step = Step.of(eqx.nn.Linear(3, 2, key=jax.random.key(0)))
    >>> step(jax.numpy.ones(3)).shape, step.multiply_adds
    ((2,), 6)
    """

    arrays: PyTree
    """What learns."""
    form: Any = eqx.field(static=True)
    """The layer without it."""

    @classmethod
    def of(cls, layer: Any) -> Step:
        """The step that a layer takes, dropout as in evaluation.

        Raises:
            ValueError: if a market cannot hold such a layer.
        """
        if isinstance(layer, eqx.nn.Dropout):
            layer = eqx.nn.Dropout(layer.p, inference=True)
        elif not isinstance(layer, (*PLAIN, Elementwise)):
            raise ValueError(
                f"from_network: cannot read a {type(layer).__name__}; expected Linear, LayerNorm, RMSNorm, Dropout, Identity, "
                "or an activation in Lambda. Wrap a function without state in eqx.nn.Lambda."
            )
        return cls(*eqx.partition(layer, eqx.is_array))

    @property
    def layer(self) -> Any:
        """The layer itself."""
        return eqx.combine(self.arrays, self.form)

    @property
    def multiply_adds(self) -> int:
        """Products that one input costs; only those of weights are counted."""
        return self.arrays.weight.size if self.is_linear else 0

    @property
    def is_linear(self) -> bool:
        """Whether it is the affine map with which a firm begins."""
        return isinstance(self.form, eqx.nn.Linear)

    def __call__(self, x: Float[Array, "*inputs"]) -> Float[Array, "*outputs"]:
        """What it makes of one input."""
        return self.layer(x)
