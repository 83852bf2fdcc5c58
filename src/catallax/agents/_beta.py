"""Beta-distributed bids: a fast exact sampler, log density and entropy.

The sampler works on `t = logit(x) - logit(mean)`, whose density is log-concave for
every `a, b > 0`. Mirrored so that `a <= b`, its logarithm, 0 at the top, is

    h(t) = a t - n log(1 + y),    y = (exp(t) - 1) a / n,    n = a + b.

Both terms are of size `a t` and cancel near the top, which float32 does not survive.
Taking `a t` from each leaves two that do not, both computed as power series when small:

    h(t) = n (y - log(1 + y)) - a (exp(t) - 1 - t).

A flat top and one tangent on each side lie above it. A tangent where `h` is about -1
wastes least: at least 86 % of the candidates are accepted, whatever `a` and `b`.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.custom_batching import custom_vmap
from jaxtyping import Array, Bool, Float, Key, PyTree, UInt

_UNROLLED = 2
"""Candidates tried before the loop; few draws need more."""
SMALLEST, LARGEST = 1e-10, 1e10
"""Shape parameters are taken as within these."""
_FAR = 80.0
"""`exp` of it is finite, and so large that beyond it `h` is a straight line, whatever the parameters."""
_TINY = float(jnp.finfo(jnp.float32).tiny)
_BELOW_ONE = 1.0 - 2.0**-24


class Side(NamedTuple):
    """The hat on one side of the mean, all in units of `t`."""

    tail: Float[Array, "*shape"]
    """The parameter that rules this tail: `a` on the left, `b` on the right."""
    flat: Float[Array, "*shape"]
    """Length of the flat top."""
    rate: Float[Array, "*shape"]
    """Decay rate of the exponential tail."""


class Hat(NamedTuple):
    """What the sampler needs to know of `Beta(a, b)`, computed once for many draws."""

    left: Side
    right: Side


def hat(a: Float[Array, "*shape"], b: Float[Array, "*shape"]) -> Hat:
    """The hat of `Beta(a, b)`, for `draw`.

    Args:
        a, b: shape parameters, positive; taken as within [1e-10, 1e10].
    """
    a, b = (jnp.clip(jax.lax.stop_gradient(x), SMALLEST, LARGEST) for x in (a, b))
    return Hat(_side(a, b), _side(b, a))


def draw(key: Key[Array, ""], hat: Hat) -> Float[Array, "*shape"]:
    """One draw for each entry of the hat, in (0, 1); see `beta`."""
    words = jax.random.key_data(key)
    shape = hat.left.tail.shape
    lane = jax.lax.iota(jnp.uint32, hat.left.tail.size).reshape(shape)
    return _draw((jnp.broadcast_to(words[0], shape), words[1] + lane * jnp.uint32(0x9E3779B9)), hat)


@custom_vmap
def _draw(seed: tuple[UInt[Array, "*shape"], UInt[Array, "*shape"]], hat: Hat) -> Float[Array, "*shape"]:
    # under vmap the axes that agents, clones and instances add are short: one long axis keeps the loops vectorised
    shape = hat.left.tail.shape
    return _draw_row(*jax.lax.optimization_barrier(jax.tree.map(jnp.ravel, (seed, hat)))).reshape(shape)


@_draw.def_vmap
def _draw_mapped(size: int, mapped: PyTree, seed: PyTree, hat: Hat) -> tuple[Array, bool]:
    def spread(leaf: Array, is_mapped: bool) -> Array:
        return leaf if is_mapped else jnp.broadcast_to(leaf, (size, *leaf.shape))

    return _draw(*jax.tree.map(spread, (seed, hat), tuple(mapped))), True


def _draw_row(seed: tuple[UInt[Array, " draws"], UInt[Array, " draws"]], hat: Hat) -> Float[Array, " draws"]:
    t, accepted = _candidate(seed, jnp.uint32(0), hat)
    for attempt in range(1, _UNROLLED):
        again, good = _candidate(seed, jnp.uint32(attempt), hat)
        t, accepted = jnp.where(accepted, t, again), accepted | good

    def more(carry: tuple[UInt[Array, ""], Array, Array]) -> tuple[UInt[Array, ""], Array, Array]:
        attempt, t, accepted = carry
        again, good = _candidate(seed, attempt, hat)
        return attempt + 1, jnp.where(accepted, t, again), accepted | good

    _, t, _ = jax.lax.while_loop(lambda carry: ~jnp.all(carry[2]), more, (jnp.uint32(_UNROLLED), t, accepted))
    larger = jnp.maximum(hat.left.tail, hat.right.tail)
    a, b = hat.left.tail / larger, hat.right.tail / larger
    fall = jnp.exp(-jnp.abs(t))
    left, right = jnp.where(t < 0, a * fall, a), jnp.where(t < 0, b, b * fall)
    return jnp.clip(left / (left + right), _TINY, _BELOW_ONE)


def beta(key: Key[Array, ""], a: Float[Array, "*shape"], b: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Draw from `Beta(a, b)`: `p(x) ~ x**(a - 1) (1 - x)**(b - 1)`, exact up to rounding.

    Works under `jit`, `vmap` and `scan`; takes no gradient. Rounding moves the log density by less than
    2e-6 (1 + its distance from the top), measured for parameters in [1e-4, 1e10].

    Args:
        key: consumed.
        a: first shape parameter, positive; taken as within [1e-10, 1e10].
        b: second shape parameter, positive, same shape.

    Returns:
        Draws strictly inside (0, 1), NaN where a parameter is NaN.

    Source: rejection from tangents of a log-concave density as in Devroye (1986), chapter VII;
    bits from the counter-based hash pcg3d of Jarzynski and Olano (2020).

    >>> x = beta(jax.random.key(0), jnp.full(3, 2.0), jnp.full(3, 5.0))
    >>> bool(((x > 0) & (x < 1)).all())
    True
    """
    a, b = jnp.broadcast_arrays(jnp.asarray(a, jnp.float32), jnp.asarray(b, jnp.float32))
    return draw(key, hat(a, b))


def _log_density(t: Array, a: Array, b: Array) -> tuple[Array, Array]:
    """`h(t)`, the log density of `t` less that at 0, and how steeply it falls away from 0."""
    smaller, larger = jnp.minimum(a, b), jnp.maximum(a, b)
    n = smaller + larger
    share = smaller / n
    t = jnp.where(a > b, -t, t)
    # exp(t) - 1 - t
    series = t * t * (1 / 2 + t * (1 / 6 + t * (1 / 24 + t * (1 / 120 + t * (1 / 720 + t / 5040)))))
    near, grown = jnp.abs(t) < 0.4, jnp.exp(t) - 1
    bend = jnp.where(near, series, grown - t)
    rise = jnp.where(near, t + series, grown)
    y = share * rise
    # y - log(1 + y), from log(1 + y) = 2 artanh(z)
    z = y / (2 + y)
    square = z * z
    gap = z * (y - square * (2 / 3 + square * (2 / 5 + square * (2 / 7))))
    # 1 + y, and where that overflows, its factor besides exp(t)
    far = t > _FAR
    straight = jnp.where(far, -larger, smaller) * t - n * jnp.log(jnp.where(far, share, 1 + y))
    height = jnp.where(jnp.abs(y) < 0.25, n * gap - smaller * bend, straight)
    return height, jnp.where(far, larger, smaller * (1 - share) * (jnp.abs(rise) / (1 + y)))


def _side(c: Array, d: Array) -> Side:
    # near the point where h = -1; any point gives a valid hat, that one the smallest
    point = jnp.sqrt(1 / c**2 + 2 / c + jnp.log1p(1 / d + jnp.sqrt(2 / d)) ** 2)
    height, rate = _log_density(-point, c, d)
    return Side(c, jnp.maximum(point + height / rate, 0.0), rate)


def _candidate(
    seed: tuple[UInt[Array, "*shape"], UInt[Array, "*shape"]], attempt: UInt[Array, ""], hat: Hat
) -> tuple[Float[Array, "*shape"], Bool[Array, "*shape"]]:
    """A draw of `t` from under the hat, and whether it lies under the density too."""
    place, level = _bits(*seed, attempt)
    left, right = hat.left, hat.right
    area_left, area_right = left.flat + 1 / left.rate, right.flat + 1 / right.rate
    total = area_left + area_right
    is_left = _uniform(place) * total < area_left
    # counted from the far end of each tail, where the floats are dense
    z = _uniform(jnp.where(is_left, place, ~place)) * total
    side = jax.tree.map(lambda x, y: jnp.where(is_left, x, y), left, right)
    tail = jnp.log(z * side.rate)
    s = jnp.where(tail < 0, side.flat - tail / side.rate, jnp.maximum(side.flat + 1 / side.rate - z, 0.0))
    t = jnp.where(is_left, -s, s)
    height, _ = _log_density(t, left.tail, right.tail)
    rejected = jnp.log(_uniform(level)) + jnp.minimum(tail, 0.0) > height
    return t, ~rejected


def _uniform(bits: UInt[Array, "*shape"]) -> Float[Array, "*shape"]:
    # 31 bits: signed integers convert to float in one instruction
    return ((bits >> 1).astype(jnp.int32).astype(jnp.float32) + 0.5) * 2.0**-31


def _bits(x: Array, y: Array, z: Array) -> tuple[UInt[Array, "*shape"], UInt[Array, "*shape"]]:
    """Two of the three words of pcg3d; it fuses with what follows, which threefry does not."""
    x, y, z = (v * jnp.uint32(1664525) + jnp.uint32(1013904223) for v in (x, y, z))
    for last in (False, True):
        x = x + y * z
        y = y + z * x
        z = z + x * y
        if not last:
            x, y, z = x ^ (x >> 16), y ^ (y >> 16), z ^ (z >> 16)
    return y, z


def log_normaliser(a: Float[Array, "*shape"], b: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """`log B(a, b)`, from Stirling's series for arguments moved above 8.

    Logarithms of ratios keep the large terms from cancelling; plain arithmetic
    keeps its derivatives (digamma, trigamma) cheap.
    """
    p, q, n = _raise(a), _raise(b), _raise(a + b)
    return (p.x - 0.5) * _log_ratio(p, n, b) + (q.x - 0.5) * _log_ratio(q, n, a) + _remainder(p, q, n)


def entropy(a: Float[Array, "*shape"], b: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Differential entropy of `Beta(a, b)`, nats; differentiable.

    `log B(a, b) - (a - 1) (psi(a) - psi(n)) - (b - 1) (psi(b) - psi(n))`, `n = a + b`.

    >>> abs(float(entropy(jnp.float32(1.0), jnp.float32(1.0)))) < 1e-6
    True
    """
    p, q, n = _raise(a), _raise(b), _raise(a + b)
    # the logarithms in digamma, times a - 1 and b - 1, are most of log B: taken off before they can cancel
    logs = (p.step + 0.5) * _log_ratio(p, n, b) + (q.step + 0.5) * _log_ratio(q, n, a)
    psi = (a - 1) * _psi_below_log(p) + (b - 1) * _psi_below_log(q) - (a + b - 2) * _psi_below_log(n)
    return logs + psi + _remainder(p, q, n)


class _Raised(NamedTuple):
    """An argument moved above 8, where Stirling's series holds."""

    x: Array
    step: Array
    """By how much: 0 or 8."""
    product: Array
    """`gamma(x) / gamma(x - step)`."""
    psi: Array
    """`digamma(x) - digamma(x - step)`."""


def _raise(x: Array) -> _Raised:
    small = x < 8
    low = jnp.where(small, x, 1.0)
    # x (x + 1) ... (x + 7) in pairs: (x + k) (x + 7 - k) = y + k (7 - k)
    y = low * (low + 7)
    pairs = (y, y + 6, y + 10, y + 12)
    product = pairs[0] * pairs[1] * pairs[2] * pairs[3]
    psi = (2 * low + 7) * sum(1 / pair for pair in pairs)
    step = jnp.where(small, 8.0, 0.0)
    return _Raised(x + step, step, jnp.where(small, product, 1.0), jnp.where(small, psi, 0.0))


def _log_ratio(part: _Raised, whole: _Raised, other: Array) -> Array:
    """`log(part / whole)`, also where they are nearly equal; unraised, `part + other = whole`."""
    return -jnp.log1p((other + whole.step - part.step) / part.x)


def _remainder(p: _Raised, q: _Raised, n: _Raised) -> Array:
    """What `log B` has besides the multiples of `_log_ratio`."""
    gap = p.step + q.step - n.step
    series = _stirling(p.x) + _stirling(q.x) - _stirling(n.x)
    products = jnp.log(p.product) + jnp.log(q.product) - jnp.log(n.product)
    return (gap - 0.5) * jnp.log(n.x) - gap + series + 0.91893853 - products


def _stirling(x: Array) -> Array:
    inverse = 1 / x
    return inverse * (1 / 12 - inverse**2 / 360)


def _psi_below_log(raised: _Raised) -> Array:
    """`log(x) - digamma(x - step)`."""
    inverse = 1 / raised.x
    square = inverse**2
    return inverse / 2 + square * (1 / 12 - square * (1 / 120 - square / 252)) + raised.psi
