"""Formulas, plausible worlds and the coherence gap."""

import numpy as np
import pytest

from catallax.induction import Atom, Worlds, coherence_gap, exactly_one, parse, truth_table

ATOMS = ("a", "b", "c")


def drawn(rng, depth):
    if depth == 0 or rng.random() < 0.2:
        return rng.choice([Atom(name) for name in ATOMS] + [parse("true"), parse("false")])
    left, right = drawn(rng, depth - 1), drawn(rng, depth - 1)
    return [~left, left & right, left | right, left >> right, left.iff(right)][rng.integers(5)]


def test_text_and_formula_are_two_forms_of_one_thing():
    rng = np.random.default_rng(0)
    for _ in range(200):
        formula = drawn(rng, 4)
        assert parse(str(formula)) == formula
        assert eval(repr(formula)) == formula


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("a -> b -> c", lambda a, b, c: not a or not b or c),
        ("a | b & ~c", lambda a, b, c: a or (b and not c)),
        ("a <-> b | c", lambda a, b, c: a == (b or c)),
        ("~(a & b) & true", lambda a, b, c: not (a and b)),
        ("a <-> b <-> c", lambda a, b, c: (a == b) == c),
    ],
)
def test_truth_tables(text, meaning):
    rows = [(bool(n & 4), bool(n & 2), bool(n & 1)) for n in range(8)]
    assert truth_table(parse(text), ATOMS).tolist() == [bool(meaning(*row)) for row in rows]


@pytest.mark.parametrize("text", ["", "a &", "(a", "a b", "a $ b", "-> a", "a)", "3", "(" * 5000 + "a" + ")" * 5000])
def test_what_is_no_formula_says_where(text):
    with pytest.raises(ValueError, match="parse"):
        parse(text)


def test_plausible_worlds_are_those_that_remain():
    worlds = Worlds().given([exactly_one("a", "b", "c")])
    assert len(worlds.rows) == 3 and worlds.truth([parse("a"), parse("a & b")]).sum(0).tolist() == [1, 0]
    told = worlds.given([parse("~a"), parse("~b")])
    assert told.decided == {"a": False, "b": False, "c": True} and told.rows.shape == (1, 0)
    with pytest.raises(ValueError, match="inconsistent: a is false"):
        told.given([parse("a")])
    with pytest.raises(ValueError, match="at most 16"):
        worlds.knowing(f"x{n}" for n in range(16))


def test_the_coherence_gap_is_the_distance_to_a_distribution():
    rng = np.random.default_rng(1)
    truth = Worlds().given([exactly_one("a", "b", "c")]).truth([parse(name) for name in ATOMS])
    for _ in range(10):
        # exactly one of three: prices in [0, 1] are off by what their sum misses
        prices = rng.random(3)
        assert abs(coherence_gap(prices, truth) - abs(prices.sum() - 1)) < 1e-9
    both = Worlds().knowing("ab").truth([parse("a"), parse("b"), parse("a & b")])
    assert abs(coherence_gap(np.array([0.6, 0.7, 0.2]), both) - 0.1) < 1e-9  # Fréchet: at least 0.3
    with pytest.raises(ValueError, match="finite price for each of 3"):
        coherence_gap(np.array([0.6, np.nan, 0.2]), both)
