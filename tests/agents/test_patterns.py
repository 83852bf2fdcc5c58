"""Patterns: colours with variables, as agents and as a language."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from catallax.agents.languages import GrabsAndDrops, Patterns
from catallax.agents.languages._patterns import COLOUR, OPEN, X, Y, _Condition

KEY = jax.random.key(0)
LANGUAGE = Patterns(("goal next", "top 1", "top 2", "hand"), ("1 begins",))
ANY, XX, YY = -1, -2, -3


def pattern(*signs: int, begins: bool = False):
    kinds = [{ANY: OPEN, XX: X, YY: Y}.get(sign, COLOUR) for sign in signs]
    condition = _Condition(jnp.asarray(kinds), jnp.maximum(jnp.asarray(signs), 0), jnp.asarray([begins]))
    return LANGUAGE._pattern(condition, jnp.asarray(36, jnp.int32)).priced(jnp.asarray(0.5))


def scene(*colours: int, begins: bool = True):
    return jnp.asarray([sum(c << 2 * k for k, c in enumerate(colours)) + (begins << 8)], jnp.uint32)


@pytest.mark.parametrize(
    "agent, fits, fails",
    [
        (pattern(ANY, ANY, ANY, ANY), [scene(0, 0, 0, 0), scene(1, 2, 3, 1)], []),
        (pattern(0, ANY, 2, ANY), [scene(0, 3, 2, 1)], [scene(1, 3, 2, 1), scene(0, 3, 0, 1)]),
        (pattern(XX, ANY, XX, ANY), [scene(1, 2, 1, 0), scene(3, 3, 3, 3)], [scene(1, 1, 2, 1), scene(0, 1, 0, 1)]),
        (pattern(XX, YY, YY, XX), [scene(1, 2, 2, 1), scene(1, 1, 1, 1)], [scene(1, 2, 1, 2), scene(1, 2, 2, 0)]),
        # a variable that stands alone is any block
        (pattern(ANY, ANY, ANY, YY), [scene(0, 0, 0, 3)], [scene(1, 1, 1, 0)]),
        (pattern(ANY, ANY, 1, ANY, begins=True), [scene(0, 0, 1, 0)], [scene(0, 0, 1, 0, begins=False)]),
    ],
)  # fmt: skip
def test_a_pattern_bids_where_it_fits(agent, fits, fails):
    for seen, bid in [(s, 0.5) for s in fits] + [(s, -1.0) for s in fails]:
        assert float(agent.bid(KEY, seen)) == bid
        assert int(agent.act(KEY, seen)) == 36


def test_a_novice_gets_its_price_once():
    agent = LANGUAGE.random(KEY)
    assert bool(agent.unpriced)
    aged = agent.priced(jnp.asarray(0.7))
    assert not bool(aged.unpriced) and float(aged.price) == np.float32(0.7)


def test_random_patterns_are_as_asked():
    keys = jax.random.split(KEY, 2_000)
    kinds, colours, asks = jax.jit(jax.vmap(lambda key: LANGUAGE._unpacked(LANGUAGE.random(key))))(keys)
    for kind, share in {OPEN: 0.7, X: 0.15, Y: 0.06, COLOUR: 0.09}.items():
        assert abs(np.mean(np.asarray(kinds) == kind) - share) < 0.02
    certain = np.asarray(colours)[np.asarray(kinds) == COLOUR]
    assert (np.bincount(certain, minlength=4) / certain.size > 0.2).all() and abs(float(asks.mean()) - 0.4) < 0.04


def test_mutants_are_near_and_novices():
    parent = LANGUAGE.random(KEY).priced(jnp.asarray(0.5))
    keys = jax.random.split(KEY, 500)
    mutants = jax.jit(jax.vmap(lambda key: LANGUAGE.mutate(key, parent)))(keys)
    kinds = np.asarray(jax.vmap(LANGUAGE._unpacked)(mutants).kinds)
    changed = np.mean(kinds != np.asarray(LANGUAGE._unpacked(parent).kinds)[None])
    assert 0.02 < changed < 0.15 and bool(mutants.rule.novice.all()) and not np.asarray(mutants.rule.price).any()
    assert 0 < np.mean(np.asarray(mutants.rule.action) != int(parent.rule.action)) < 0.7
    still = jax.vmap(lambda key: Patterns(LANGUAGE.places, LANGUAGE.bits, rate=0.0).mutate(key, parent))(keys[:20])
    texts = {LANGUAGE.readable(jax.tree.map(lambda x, k=k: x[k], still)) for k in range(20)}
    assert texts == {LANGUAGE.readable(parent)}


def test_patterns_can_be_read():
    assert LANGUAGE.readable(pattern(XX, 0, ANY, XX, begins=True)) == (
        "goal next = X, top 1 = nothing, hand = X, 1 begins: grab 1, drop 2"
    )
    assert LANGUAGE.readable(pattern(ANY, ANY, ANY, ANY)).startswith("always: ")


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: Patterns((), variables=(1.5, -0.5)), r"Patterns: X must lie in \[0, 1\]"),
        (lambda: Patterns((), variables=(0.8, 0.4)), r"Patterns: variables must lie in \[0, 1\]"),
        (lambda: Patterns((), asked=-0.1), r"Patterns: asked must lie in \[0, 1\]"),
        (lambda: GrabsAndDrops(12), "got 12"),
        (lambda: GrabsAndDrops(0), "GrabsAndDrops: length must lie in"),
    ],
)  # fmt: skip
def test_bad_settings_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()
