"""XCS on the multiplexer: learns, keeps its books, says what is wrong."""

from __future__ import annotations

import equinox as eqx
import jax
import numpy as np
import pytest

import catallax as cx
from catallax.agents import classifiers as parts
from catallax.classics import PerSeed
from catallax.classics._xcs_multiplexer import greedy_accuracy, questions


@pytest.fixture(scope="module")
def result():
    return cx.classics.xcs_multiplexer(bits=6, explore_problems=2_000, seeds=5, key=7)


def test_six_bits_are_learned_within_two_thousand_problems(result):
    assert result.greedy_accuracy.median() == 1.0
    assert result.curve().shape == (5, 1_951)
    assert result.curve()[:, 0].mean() < 0.8 < 0.95 < result.curve()[:, -1].mean()


def test_population_is_full_and_every_rule_has_one_row(result):
    rules = jax.device_get(result.populations)
    assert (rules.numerosity.sum(1) == 400).all() and (rules.numerosity >= 0).all()
    assert ((rules.fitness >= 0) & (rules.fitness <= 1.001)).all()
    free = rules.numerosity == 0
    assert (rules.fitness[free] == 0).all()
    for seed in range(5):
        names = [line.split("  ")[0] for line in result.rules(seed).splitlines()[1:]]
        assert len(names) == len(set(names)) == result.rule_counts[seed]


def test_the_compact_rules_still_know_all_answers(result):
    env = cx.envs.Multiplexer(2, 1000.0)
    inputs = np.arange(64, dtype=np.uint32)[:, None]
    answers = np.asarray(jax.vmap(env.answer)(inputs))
    for seed in np.flatnonzero(np.asarray(result.greedy_accuracy) == 1.0)[:2]:
        few = result.population(int(seed), compact=True)
        assert 16 <= result.compact_counts[int(seed)] < result.rule_counts[int(seed)]
        told = jax.vmap(lambda obs, few=few: result.system.greedy(env, few, obs))(inputs)
        # a pair that no experienced rule covers may be answered wrongly, but hardly any
        assert (np.asarray(told) == answers).mean() > 0.9


def test_the_table_has_a_line_per_seed(result):
    lines = result.table().splitlines()
    assert len(lines) == 7 and lines[-1].startswith("median 1.0000")


def test_the_same_key_gives_the_same_run(result):
    again = cx.classics.xcs_multiplexer(bits=6, explore_problems=2_000, seeds=5, key=jax.random.key(7))
    np.testing.assert_array_equal(again.right, result.right)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"bits": 7}, "bits must be one of 6, 11, 20, 37, got 7"),
        ({"explore_problems": 0}, "explore_problems must be at least 1"),
        ({"seeds": 0}, "seeds must be at least 1"),
    ],
)
def test_bad_arguments_are_named(arguments, says):
    with pytest.raises(ValueError, match=says):
        cx.classics.xcs_multiplexer(**arguments)


def test_worlds_without_bits_are_refused():
    with pytest.raises(TypeError, match="XCS: expected a world with Bits"):
        cx.classics.XCS().init(cx.envs.Chain())
    with pytest.raises(ValueError, match="XCS: capacity must be at least one copy for each of 8 actions, got 6"):
        cx.classics.XCS(6).init(cx.envs.Sensed(cx.envs.Woods1()))
    with pytest.raises(ValueError, match="XCS: capacity"):
        cx.classics.XCS(capacity=1)


def test_per_seed_speaks_of_its_numbers():
    numbers = PerSeed([1.0, 2.0, 6.0])
    assert (numbers.median(), numbers.mean(), len(numbers), numbers[2]) == (2.0, 3.0, 3, 6.0)
    low, high = numbers.interval()
    assert 1.0 <= low < 3.0 < high <= 6.0
    np.testing.assert_array_equal(np.asarray(numbers), [1.0, 2.0, 6.0])
    with pytest.raises(ValueError, match="one number per seed"):
        PerSeed([])


def test_inputs_that_no_rule_matches_count_as_wrong(result):
    env, system = cx.envs.Multiplexer(2, 1000.0), result.system
    assert float(greedy_accuracy(system, system.init(env), env, questions(env))) == 0.0


def test_parts_can_be_exchanged():
    wilson = cx.classics.XCS(
        update=parts.Update(accuracy=parts.Exponential()),
        genetic=parts.Genetic(parts.Tournament()),
        subsumption=parts.NoSubsumption(),
        niche=parts.MatchSet(),
        specify=parts.Specify(),
        capacity=100,
    )
    wide = cx.envs.Multiplexer(address_bits=5)  # two words of bits
    rules, right = eqx.filter_eval_shape(wilson.learn, jax.random.key(0), wide, 30)
    assert rules.care.shape == (2, 128) and right.shape == (30,)
    rules, right = eqx.filter_jit(wilson.learn)(jax.random.key(0), cx.envs.Multiplexer(2, 1000.0), 200)
    for name in ("prediction", "error", "fitness", "niche"):
        assert np.isfinite(getattr(rules, name)).all(), name
    assert 50 < int(rules.numerosity.sum()) <= 100 and (np.asarray(rules.numerosity) >= 0).all()
    assert float(right[100:].mean()) > 0.6
