"""Plausible worlds: the assignments that agree with everything proved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool

from catallax.induction._formula import Formula, all_worlds

MOST_ATOMS = 16
"""Undecided atoms at once, at most: `2^16` worlds."""


@dataclass(frozen=True)
class Worlds:
    """PC(D): assignments to the undecided atoms, one a row, and the atoms that are decided; consistent propositionally, no more.

    >>> from catallax.induction import parse
    >>> worlds = Worlds().given([parse("a | b"), parse("~a")])
    >>> dict(worlds.decided), worlds.rows.shape
    ({'a': False, 'b': True}, (1, 0))
    """

    atoms: tuple[str, ...] = ()
    """Undecided."""
    rows: Bool[np.ndarray, "worlds atoms"] = field(default_factory=lambda: np.ones((1, 0), bool))
    decided: Mapping[str, bool] = field(default_factory=dict)
    """The same in all worlds."""

    def knowing(self, names: Iterable[str]) -> Worlds:
        """With more atoms, about which nothing is known yet.

        Raises:
            ValueError: if more than `MOST_ATOMS` would be undecided.
        """
        new = sorted(set(names) - set(self.atoms) - self.decided.keys())
        if not new:
            return self
        if len(self.atoms) + len(new) > MOST_ATOMS:
            raise ValueError(
                f"Worlds: {len(self.atoms) + len(new)} atoms would be undecided at once, at most {MOST_ATOMS} can be; list fewer "
                "sentences, or have them proved earlier."
            )
        more = all_worlds(len(new))
        rows = np.concatenate([np.repeat(self.rows, len(more), 0), np.tile(more, (len(self.rows), 1))], 1)
        return Worlds((*self.atoms, *new), rows, self.decided)

    def given(self, proved: Iterable[Formula]) -> Worlds:
        """Those in which more is true.

        Raises:
            ValueError: if there is no such world: the theory is inconsistent.
        """
        worlds = self
        for formula in proved:
            worlds = worlds.knowing(formula.atoms)
            rows = worlds.rows[worlds.truth([formula])[:, 0]]
            if not len(rows):
                raise ValueError(f"Worlds: the theory is inconsistent: {formula} is false wherever the rest holds.")
            worlds = Worlds(worlds.atoms, rows, worlds.decided)
        return worlds if worlds is self else worlds._settled()

    def truth(self, sentences: Iterable[Formula]) -> Bool[np.ndarray, "worlds sentences"]:
        """Truth of sentences in each world, whose atoms must be known."""
        columns = {**dict(zip(self.atoms, self.rows.T, strict=True))}
        found = []
        for formula in sentences:
            known = {name: columns[name] if name in columns else self.decided[name] for name in formula.atoms}
            found.append(np.broadcast_to(formula.value(known), len(self.rows)))
        return np.stack(found, 1) if found else np.ones((len(self.rows), 0), bool)

    def _settled(self) -> Worlds:
        """Without the columns that are constant, and the rows that are then alike."""
        constant = np.all(self.rows == self.rows[0], 0)
        if not constant.any():
            return self
        told = {name: bool(value) for name, value, same in zip(self.atoms, self.rows[0], constant, strict=True) if same}
        atoms = tuple(name for name, same in zip(self.atoms, constant, strict=True) if not same)
        return Worlds(atoms, self.rows[:, ~constant], {**self.decided, **told})
