"""Prefix code as text and back: `(if holding (drop 1) stay)`."""

from __future__ import annotations

import re
from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int8

from catallax.agents.languages._prefix import PAD, Grammar


def written(grammar: Grammar, code: Int8[Array | np.ndarray, " length"]) -> list[str]:
    """Every tree of a program as an S-expression."""
    numbers = [int(op) for op in np.asarray(code) if op != PAD]
    trees = []
    while numbers:
        text, numbers = _tree(grammar, numbers)
        trees.append(text)
    return trees


def _tree(grammar: Grammar, numbers: list[int]) -> tuple[str, list[int]]:
    primitive, rest = grammar.primitives[numbers[0] - 1], numbers[1:]
    parts = [primitive.name]
    for _ in primitive.arguments:
        text, rest = _tree(grammar, rest)
        parts.append(text)
    return (f"({' '.join(parts)})" if primitive.arguments else parts[0]), rest


def parse(grammar: Grammar, trees: Sequence[str], roots: Sequence[str]) -> Int8[Array, " length"]:
    """The program of some S-expressions.

    Args:
        grammar: the language.
        trees: one text per root.
        roots: the type of each tree.

    Raises:
        ValueError: naming what is unknown, of the wrong type, missing, left over, too long or too deep.
    """
    if len(trees) != len(roots):
        raise ValueError(f"parse: expected {len(roots)} expressions, got {len(trees)}.")
    numbers: list[int] = []
    for text, wanted in zip(trees, roots, strict=True):
        words = re.findall(r"[()]|[^\s()]+", text)
        if rest := _read(grammar, words, wanted, numbers):
            raise ValueError(f"parse: {' '.join(rest)!r} is left over behind an expression in {text!r}.")
    if len(numbers) > grammar.length:
        raise ValueError(f"parse: {len(numbers)} places, expected at most {grammar.length}; make the program shorter.")
    pending = len(roots) + np.cumsum(grammar.arity[numbers] - 1)
    if max(len(roots), int(pending.max(initial=0))) > grammar.depth:
        raise ValueError(f"parse: {int(pending.max())} trees pending at once, expected at most {grammar.depth}.")
    return jnp.asarray(numbers + [PAD] * (grammar.length - len(numbers)), jnp.int8)


def _read(grammar: Grammar, words: list[str], wanted: str, numbers: list[int]) -> list[str]:
    """Append the operations of one tree; the words behind it."""
    opens = words[:1] == ["("]
    name, rest = (words[1:2] or [""])[0] if opens else (words[:1] or [""])[0], words[2:] if opens else words[1:]
    fitting = [
        k
        for k in grammar.numbers(name)
        if grammar.primitives[k - 1].result == wanted and bool(grammar.primitives[k - 1].arguments) == opens
    ]
    if not fitting:
        known = sorted({p.name for p in grammar.primitives if p.result == wanted})
        shape = f"({name} …)" if opens else name or "nothing"
        raise ValueError(f"parse: expected an expression of type {wanted}, got {shape}; there is {', '.join(known)}.")
    numbers.append(fitting[0])
    for argument in grammar.primitives[fitting[0] - 1].arguments:
        rest = _read(grammar, rest, argument, numbers)
    if opens:
        if rest[:1] != [")"]:
            raise ValueError(f"parse: expected ')' behind the arguments of {name}, got {(rest or ['nothing'])[0]!r}.")
        rest = rest[1:]
    return rest
