"""Convolutions in front of a network, for observations that are pictures."""

from __future__ import annotations

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key


class Convolution(eqx.Module):
    """What the convolutions look like: square kernels, the same stride everywhere, no padding.

    Raises:
        ValueError: if there is no layer, or a size is below 1.
    """

    channels: tuple[int, ...] = eqx.field(static=True, default=(16, 32, 64))
    """Of each layer."""
    kernels: tuple[int, ...] = eqx.field(static=True, default=(4, 2, 2))
    """Side of each layer's kernel, pixels."""
    strides: tuple[int, ...] = eqx.field(static=True, default=(4, 2, 2))
    """Pixels between two kernels."""

    def __check_init__(self) -> None:
        sizes = (self.channels, self.kernels, self.strides)
        if not self.channels or len({len(size) for size in sizes}) > 1 or min(map(min, sizes)) < 1:
            raise ValueError(
                f"Convolution: channels, kernels and strides need one number >= 1 for each layer, got {sizes}."
            )

    def side(self, rows: int, columns: int) -> tuple[int, int]:
        """Rows and columns that come out.

        Raises:
            ValueError: if a kernel does not fit.
        """
        for kernel, stride in zip(self.kernels, self.strides, strict=True):
            if min(rows, columns) < kernel:
                raise ValueError(f"Convolution: a kernel of {kernel} does not fit into {rows} x {columns} pixels.")
            rows, columns = (rows - kernel) // stride + 1, (columns - kernel) // stride + 1
        return rows, columns


class Picture(eqx.Module):
    """A network whose first layers are convolutions; weights have axes (kernel x kernel x in, out)."""

    filters: tuple[tuple[Array, Array], ...]
    layers: tuple[tuple[Array, Array], ...]
    """The dense layers that follow."""
    shape: tuple[int, ...] = eqx.field(static=True)
    """Rows, columns and channels of an observation."""
    convolution: Convolution = eqx.field(static=True)

    def features(self, inputs: Float[Array, "*samples inputs"], activation: Callable[[Array], Array]) -> Array:
        """Flattened outputs of the last convolution, after its activation."""
        out = inputs.reshape(*inputs.shape[:-1], *self.shape)
        sizes = zip(self.filters, self.convolution.kernels, self.convolution.strides, strict=True)
        for (weight, bias), kernel, stride in sizes:
            seen = _patches(out, kernel, stride) @ weight
            out = activation(seen + jnp.broadcast_to(bias, seen.shape))
        return out.reshape(*inputs.shape[:-1], -1)


def _patches(x: Array, kernel: int, stride: int) -> Array:
    """What each place of a kernel sees, flattened: convolution is then one matrix product, which `vmap` keeps quick."""
    rows, columns, channels = x.shape[-3:]
    down, across = (rows - kernel) // stride + 1, (columns - kernel) // stride + 1
    lead = x.shape[:-3]
    if kernel == stride:
        x = x[..., : down * kernel, : across * kernel, :]
        x = jnp.swapaxes(x.reshape(*lead, down, kernel, across, kernel, channels), -4, -3)
        return x.reshape(*lead, down, across, kernel * kernel * channels)
    seen = [
        x[..., i : i + stride * (down - 1) + 1 : stride, j : j + stride * (across - 1) + 1 : stride, :]
        for i in range(kernel)
        for j in range(kernel)
    ]
    return jnp.concatenate(seen, axis=-1)


def filters(key: Key[Array, ""], convolution: Convolution, channels: int) -> tuple[tuple[Array, Array], ...]:
    """First weights and biases, uniform within sqrt(3 / inputs) and 0."""
    made = []
    for place, (count, kernel) in enumerate(zip(convolution.channels, convolution.kernels, strict=True)):
        inputs = kernel * kernel * channels
        bound = (3 / inputs) ** 0.5
        weight = jax.random.uniform(jax.random.fold_in(key, place), (inputs, count), minval=-bound, maxval=bound)
        made.append((weight, jnp.zeros(count)))
        channels = count
    return tuple(made)
