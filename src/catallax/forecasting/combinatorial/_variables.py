"""Names, states and evidence, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

Given = Mapping[str, int | Sequence[float | int]]
"""A state for each variable that is known, or how likely each of its states makes what was seen."""
Factor = tuple[Sequence[str], Float[np.ndarray, "..."]]
"""Variables, and a table with an axis for each."""
Evidence = list[tuple[int, np.ndarray]]
"""Numbers of variables and logarithms of likelihoods."""


class Variables(Mapping[str, int]):
    """Number of states of each variable by its name; all errors name the market that asks."""

    def __init__(self, part: str, sizes: Mapping[str, int]) -> None:
        """Number the variables.

        Raises:
            ValueError: unless there is a variable, and each has at least 2 states.
        """
        if not sizes or any(states < 2 for states in sizes.values()):
            raise ValueError(f"{part}: expected variables of at least 2 states each, got {dict(sizes)}.")
        self.part = part
        self.sizes = tuple(sizes.values())
        self._numbers = {name: number for number, name in enumerate(sizes)}

    def __getitem__(self, name: str) -> int:
        return self.sizes[self.number(name)]

    def __iter__(self):
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    def number(self, name: str) -> int:
        """Place of a variable.

        Raises:
            ValueError: if there is none.
        """
        if name not in self._numbers:
            raise ValueError(f"{self.part}: there is no variable {name!r}; there are {list(self._numbers)[:12]}.")
        return self._numbers[name]

    def state(self, name: str, state: object) -> int:
        """A state of a variable.

        Raises:
            ValueError: if there is none.
        """
        size = self[name]
        if not isinstance(state, int | np.integer) or isinstance(state, bool) or not 0 <= state < size:
            raise ValueError(f"{self.part}: {name!r} has the states 0 to {size - 1}, got {state}.")
        return int(state)

    def combination(self, states: Mapping[str, int]) -> tuple[int, ...]:
        """A state of every variable, in order.

        Raises:
            ValueError: unless there is one for each.
        """
        if set(states) != set(self):
            raise ValueError(f"{self.part}: expected a state for each of {list(self)[:12]}, got {dict(states)}.")
        return tuple(self.state(name, states[name]) for name in self)

    def evidence(self, given: Given | None) -> Evidence:
        """Likelihoods of what is given; a state that is known has all of it.

        Raises:
            ValueError: for what does not exist, or likelihoods that are negative or not one for each state.
        """
        found: Evidence = []
        for name, what in (given or {}).items():
            size = self[name]
            if np.ndim(what) == 0:
                likelihood = (np.arange(size) == self.state(name, what)).astype(float)
            else:
                likelihood = np.asarray(what, np.float64)
                if likelihood.shape != (size,) or not np.all((likelihood >= 0) & np.isfinite(likelihood)):
                    raise ValueError(f"{self.part}: {name!r} needs {size} likelihoods of at least 0, got {what}.")
            with np.errstate(divide="ignore"):
                found.append((self.number(name), np.log(likelihood)))
        return found

    def factor(self, names: Sequence[str], table: Float[np.ndarray, ...]) -> tuple[tuple[int, ...], np.ndarray]:
        """Variables in rising order, and the logarithm of the table with its axes in that order.

        Raises:
            ValueError: for a table of another shape, or one that is not positive.
        """
        numbers = [self.number(name) for name in names]
        table = np.asarray(table, np.float64)
        shape = tuple(self.sizes[v] for v in numbers)
        if len(set(numbers)) < len(numbers) or not numbers or table.shape != shape:
            raise ValueError(f"{self.part}: the factor over {tuple(names)} needs the shape {shape}, got {table.shape}.")
        if not np.all((table > 0) & np.isfinite(table)):
            raise ValueError(f"{self.part}: the factor over {tuple(names)} must be positive and finite everywhere.")
        return tuple(sorted(numbers)), np.log(np.transpose(table, np.argsort(numbers)))
