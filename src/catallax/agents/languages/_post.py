"""Post production systems: ordered rules that rewrite a string until none applies."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, Int8

EMPTY = 0
"""Behind the end of a string, pattern or replacement; letters count from 1."""


class RewriteRules(NamedTuple):
    """Ordered rewrite rules `left -> right`; a rule with an empty left side never applies.

    Numbers above the alphabet are variables, which stand for one letter each.
    """

    left: Int8[Array, "*agents rules pattern"]
    right: Int8[Array, "*agents rules replacement"]


class Derivation(NamedTuple):
    """What rules made of a string."""

    string: Int8[Array, " places"]
    steps: Int[Array, ""]
    """RewriteRules applied: the computing time."""
    halted: Bool[Array, ""]
    """No rule applies any more; False if the steps ran out or the string outgrew its places."""


class _Run(NamedTuple):
    string: Int8[Array, " places"]
    steps: Int[Array, ""]
    halted: Bool[Array, ""]
    over: Bool[Array, ""]
    """The steps ran out or the string outgrew its places."""


@partial(jax.jit, static_argnums=(2, 3))
def derive(rules: RewriteRules, string: Int8[Array, " places"], letters: int, steps: int) -> Derivation:
    """Apply the first rule that matches, at its leftmost match, until none matches.

    `$1 left $2 -> $1 right $2`: a pattern may stand anywhere in the string. A variable
    stands for any letter, the same one wherever it stands in a rule; one that the left
    side lacks stands for nothing.

    Args:
        rules: of one agent.
        string: letters from 1, `EMPTY` behind the end; its places bound what it may grow to.
        letters: size of the alphabet.
        steps: most rules applied.

    Source: Post (1943); leftmost application in order: Markov (1954).
    """

    def unfinished(run: _Run) -> Array:
        return ~run.halted & ~run.over

    def advance(run: _Run) -> _Run:
        after, applies, burst = rewrite(rules, run.string, letters)
        allowed = applies & (run.steps < steps)
        string = jnp.where(allowed & ~burst, after, run.string)
        return _Run(string, run.steps + allowed, ~applies, applies & (burst | ~allowed))

    off = jnp.zeros((), bool)
    run = jax.lax.while_loop(unfinished, advance, _Run(string.astype(jnp.int8), jnp.zeros((), jnp.int32), off, off))
    return Derivation(run.string, run.steps, run.halted)


def rewrite(
    rules: RewriteRules, string: Int8[Array, " places"], letters: int
) -> tuple[Int8[Array, " places"], Bool[Array, ""], Bool[Array, ""]]:
    """One application: the new string, whether a rule matched, whether the result finds no room."""
    places, wide = string.shape[0], rules.left.shape[-1]
    padded = jnp.concatenate([string, jnp.zeros(wide, string.dtype)])
    windows = jnp.stack([padded[j : j + places] for j in range(wide)], axis=1)
    fits = _matches(rules.left, windows, letters)
    found = jnp.any(fits, axis=1)
    rule = jnp.argmax(found)
    start = jnp.argmax(fits[rule])
    left, right, window = rules.left[rule], rules.right[rule], windows[start]
    # a variable stands for the letter at its first place on the left side
    held = (left[None, :] == right[:, None]) & (right[:, None] > letters)
    bound = jnp.where(jnp.any(held, axis=1), window[jnp.argmax(held, axis=1)], EMPTY)
    put = jnp.where(right > letters, bound, right)
    order = jnp.cumsum(put != EMPTY) - 1
    grown, gone = jnp.sum(put != EMPTY), jnp.sum(left != EMPTY)
    here = jnp.arange(places)
    fresh = jnp.sum(
        jnp.where((order[None, :] == here[:, None] - start) & (put != EMPTY)[None, :], put[None, :], 0), axis=1
    )
    behind = here - grown + gone
    rest = jnp.where(behind < places, string[jnp.clip(behind, 0, places - 1)], EMPTY)
    after = jnp.where(here < start, string, jnp.where(here < start + grown, fresh, rest)).astype(string.dtype)
    burst = jnp.sum(string != EMPTY) + grown - gone > places
    return after, jnp.any(found), burst


def _matches(
    left: Int8[Array, "rules pattern"], windows: Int8[Array, "places pattern"], letters: int
) -> Bool[Array, "rules places"]:
    """Where each pattern matches."""
    pattern, window = left[:, None, :], windows[None, :, :]
    variable = pattern > letters
    each = (pattern == EMPTY) | jnp.where(variable, window != EMPTY, window == pattern)
    fits = jnp.all(each, axis=2) & (left[:, :1] != EMPTY)
    for j in range(left.shape[1]):
        for k in range(j + 1, left.shape[1]):
            same = variable[..., j] & (pattern[..., j] == pattern[..., k])
            fits = fits & (~same | (window[..., j] == window[..., k]))
    return fits
