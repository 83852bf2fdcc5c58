"""What an observation or an action looks like."""

from __future__ import annotations

import equinox as eqx


class Discrete(eqx.Module):
    """One of `n` integers, `0 <= x < n`, carried as an `int32` scalar.

    >>> Discrete(4).n
    4
    """

    n: int = eqx.field(static=True)

    def __check_init__(self) -> None:
        if self.n < 1:
            raise ValueError(f"Discrete: n must be at least 1, got {self.n}.")


class Box(eqx.Module):
    """A real vector or image of a fixed shape, carried as `float32`.

    >>> Box((4,)).shape
    (4,)
    """

    shape: tuple[int, ...] = eqx.field(static=True)
    low: float = eqx.field(static=True, default=float("-inf"))
    high: float = eqx.field(static=True, default=float("inf"))


class Bits(eqx.Module):
    """`n` bits packed into `ceil(n / 32)` words of `uint32`, bit 0 lowest in word 0.

    >>> Bits(37).words
    2
    """

    n: int = eqx.field(static=True)

    @property
    def words(self) -> int:
        """How many 32-bit words hold the bits."""
        return -(-self.n // 32)


class Record(eqx.Module):
    """Several observations side by side, carried as a tuple or a NamedTuple.

    >>> Record((Box((4, 8)), Discrete(3))).parts[1].n
    3
    """

    parts: tuple[Discrete | Box | Bits, ...] = eqx.field(static=True)


Space = Discrete | Box | Bits | Record
