"""Sentences: formulas of propositional logic over named atoms."""

from __future__ import annotations

import abc
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
from jaxtyping import Bool

Bits = np.ndarray | np.bool_ | bool
"""A truth value, or one for each of many worlds."""


class Formula(abc.ABC):
    """A sentence. `~`, `&`, `|`, `>>` (implies) and `iff` build larger ones; formulas built alike are equal. Python binds
    `>>` tighter than `&`: mind the brackets.

    >>> a, b = Atom("a"), Atom("b")
    >>> str((a & ~b) >> b), parse("a & (~b -> b)") == a & (~b >> b)
    ('a & ~b -> b', True)
    """

    @property
    @abc.abstractmethod
    def atoms(self) -> frozenset[str]:
        """Names of the atoms in it."""

    @abc.abstractmethod
    def value(self, worlds: Mapping[str, Bits]) -> Bits:
        """Truth in worlds, given that of the atoms.

        Args:
            worlds: for each atom its truth, or its truth in each of many worlds.

        Raises:
            KeyError: if an atom is missing.
        """

    def __invert__(self) -> Formula:
        return Not(self)

    def __and__(self, other: Formula) -> Formula:
        return And(self, other)

    def __or__(self, other: Formula) -> Formula:
        return Or(self, other)

    def __rshift__(self, other: Formula) -> Formula:
        return Implies(self, other)

    def iff(self, other: Formula) -> Formula:
        """Both or neither."""
        return Iff(self, other)

    def __repr__(self) -> str:
        return f"parse({str(self)!r})"


@dataclass(frozen=True, repr=False)
class Atom(Formula):
    """A sentence without parts; names are words of letters, digits and underscores."""

    name: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z_]\w*", self.name) or self.name in _CONSTANTS:
            raise ValueError(f"Atom: a name is a word that begins with a letter, got {self.name!r}.")

    @property
    def atoms(self) -> frozenset[str]:
        return frozenset((self.name,))

    def value(self, worlds: Mapping[str, Bits]) -> Bits:
        return worlds[self.name]

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, repr=False)
class Truth(Formula):
    """What is true, or false, in every world: `true`, `false`."""

    holds: bool

    @property
    def atoms(self) -> frozenset[str]:
        return frozenset()

    def value(self, worlds: Mapping[str, Bits]) -> Bits:
        return self.holds

    def __str__(self) -> str:
        return "true" if self.holds else "false"


@dataclass(frozen=True, repr=False)
class Not(Formula):
    """`~a`."""

    of: Formula

    @property
    def atoms(self) -> frozenset[str]:
        return self.of.atoms

    def value(self, worlds: Mapping[str, Bits]) -> Bits:
        return np.logical_not(self.of.value(worlds))

    def __str__(self) -> str:
        return f"~{_inside(self.of, _TIGHTEST)}"


@dataclass(frozen=True, repr=False)
class _Pair(Formula):
    left: Formula
    right: Formula

    @property
    def atoms(self) -> frozenset[str]:
        return self.left.atoms | self.right.atoms

    def value(self, worlds: Mapping[str, Bits]) -> Bits:
        _, rule = _PAIRS[_sign(self)]
        return rule(self.left.value(worlds), self.right.value(worlds))

    def __str__(self) -> str:
        sign = _sign(self)
        # the arrow groups to the right, all others to the left
        tight = _LOOSENESS[sign]
        sides = (tight + 1, tight) if sign == "->" else (tight, tight + 1)
        return f"{_inside(self.left, sides[0])} {sign} {_inside(self.right, sides[1])}"


@dataclass(frozen=True, repr=False)
class And(_Pair):
    """`a & b`."""


@dataclass(frozen=True, repr=False)
class Or(_Pair):
    """`a | b`."""


@dataclass(frozen=True, repr=False)
class Implies(_Pair):
    """`a -> b`; groups to the right."""


@dataclass(frozen=True, repr=False)
class Iff(_Pair):
    """`a <-> b`."""


_CONSTANTS = {"true": True, "false": False}
_PAIRS: dict[str, tuple[type[_Pair], Callable[[Bits, Bits], Bits]]] = {
    "<->": (Iff, np.equal),
    "->": (Implies, lambda a, b: np.logical_or(np.logical_not(a), b)),
    "|": (Or, np.logical_or),
    "&": (And, np.logical_and),
}
_LOOSENESS = {sign: place for place, sign in enumerate(_PAIRS)}
"""Signs from the loosest to the tightest."""
_TIGHTEST = len(_PAIRS)


def _sign(pair: _Pair) -> str:
    return next(sign for sign, (kind, _) in _PAIRS.items() if type(pair) is kind)


def _inside(formula: Formula, tight: int) -> str:
    """Text as part of a larger formula, with brackets where it binds looser than its place."""
    loose = isinstance(formula, _Pair) and _LOOSENESS[_sign(formula)] < tight
    return f"({formula})" if loose else str(formula)


def parse(text: str) -> Formula:
    """Read a formula.

    Args:
        text: atoms, `true`, `false`, `~`, `&`, `|`, `->`, `<->` (from the tightest to the loosest) and brackets; the arrow groups to
            the right.

    Raises:
        ValueError: if it is no formula, the message says where; or one of brackets and signs so deep in each other that Python cannot follow.
    """
    words = [(found.group(), found.start()) for found in re.finditer(r"<->|->|[~&|()]|\w+|\S", text)]
    try:
        formula, rest = _read(text, words, 0)
    except RecursionError as error:
        raise ValueError(
            f"parse: {text[:20]!r}... of {len(words)} words has too many brackets or signs inside each other; build it from parts."
        ) from error
    if rest:
        raise ValueError(f"parse: {text!r} should end before {rest[0][0]!r} at place {rest[0][1]}.")
    return formula


Words = list[tuple[str, int]]


def _read(text: str, words: Words, tight: int) -> tuple[Formula, Words]:
    """A formula whose signs bind at least so tightly, and the words after it."""
    left, words = _read_one(text, words)
    while words and _LOOSENESS.get(words[0][0], -1) >= tight:
        sign = words[0][0]
        right, words = _read(text, words[1:], _LOOSENESS[sign] + (sign != "->"))
        left = _PAIRS[sign][0](left, right)
    return left, words


def _read_one(text: str, words: Words) -> tuple[Formula, Words]:
    if not words:
        raise ValueError(f"parse: {text!r} ends where an atom, '~' or '(' was expected.")
    (word, place), rest = words[0], words[1:]
    if word == "~":
        of, rest = _read_one(text, rest)
        return Not(of), rest
    if word == "(":
        inner, rest = _read(text, rest, 0)
        if not rest or rest[0][0] != ")":
            raise ValueError(f"parse: {text!r} opens a bracket at place {place} that is not closed.")
        return inner, rest[1:]
    if word in _CONSTANTS:
        return Truth(_CONSTANTS[word]), rest
    if not re.fullmatch(r"[A-Za-z_]\w*", word):
        raise ValueError(f"parse: {text!r} has {word!r} at place {place}, where an atom, '~' or '(' was expected.")
    return Atom(word), rest


def sentence(of: Formula | str) -> Formula:
    """A formula, read if it is text."""
    return parse(of) if isinstance(of, str) else of


def exactly_one(*of: Formula | str) -> Formula:
    """One of the formulas is true and no other.

    >>> str(exactly_one("a", "b"))
    '(a | b) & ~(a & b)'

    Raises:
        ValueError: for none.
    """
    if not of:
        raise ValueError("exactly_one: expected at least one formula.")
    formulas = [sentence(f) for f in of]
    pairs = [~(a & b) for a, b in _pairs(formulas)]
    return reduce(And, [reduce(Or, formulas), *pairs])


def _pairs(formulas: list[Formula]) -> Iterator[tuple[Formula, Formula]]:
    return ((a, b) for place, a in enumerate(formulas) for b in formulas[place + 1 :])


def truth_table(formula: Formula, atoms: tuple[str, ...]) -> Bool[np.ndarray, " worlds"]:
    """Truth in all `2^atoms` worlds, the first atom changing slowest.

    >>> truth_table(parse("a -> b"), ("a", "b")).tolist()
    [True, True, False, True]
    """
    columns = dict(zip(atoms, all_worlds(len(atoms)).T, strict=True))
    return np.broadcast_to(formula.value(columns), 2 ** len(atoms))


def all_worlds(atoms: int) -> Bool[np.ndarray, "worlds atoms"]:
    """Every assignment, one a row."""
    return (np.arange(2**atoms)[:, None] >> np.arange(atoms)[::-1]) % 2 == 1
