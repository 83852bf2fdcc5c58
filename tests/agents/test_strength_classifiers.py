"""The parts of strength-based classifier systems: each against its formula on small populations written by hand."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from catallax.agents import Rule
from catallax.agents import classifiers as parts

NOWHERE = 32
KEY = jax.random.key(0)


def population(*rules: tuple[str, int, float]) -> parts.StrengthRules:
    """Condition, action and strength in the first of 32 rows; the other rows are none."""
    words = np.zeros((2, 1, NOWHERE), np.uint32)
    action, strength = np.full(NOWHERE, -1, np.int32), np.zeros(NOWHERE, np.float32)
    for row, (text, act, credits) in enumerate(rules):
        rule = Rule.parse(text, act, 0.0)
        words[:, :, row] = rule.value, rule.care
        action[row], strength[row] = act, credits
    return parts.StrengthRules(*map(jnp.asarray, (*words, action, strength)))


def seen(text: str) -> jax.Array:
    return Rule.parse(text, 0, 0.0).value


def picked(rules: parts.StrengthRules, rows: np.ndarray) -> parts.StrengthRules:
    return jax.tree.map(lambda x: x[..., rows], rules)


def names(rules: parts.StrengthRules, bits: int) -> list[str]:
    return [line.split("  ")[0] for line in parts.strength_table(rules, bits).splitlines()[1:]]


def test_random_rules_fill_the_capacity_and_no_more():
    rules = jax.jit(lambda key: parts.StrengthRules.random(key, 700, 5, 3, wildcard=0.33, strength=20.0))(KEY)
    matched, taken, rules = jax.device_get((rules.match(seen("00000")), rules.taken, rules))
    assert rules.action.shape == (704,) and taken.sum() == 700
    assert rules.strength.sum() == 14_000.0 and set(np.unique(rules.action)) == {-1, 0, 1, 2}
    cared = np.unpackbits(np.asarray(rules.care)[0, :700].view(np.uint8), bitorder="little").reshape(700, 32)
    assert cared[:, 5:].sum() == 0 and abs(cared[:, :5].mean() - 0.67) < 0.03
    assert not (np.asarray(rules.value) & ~np.asarray(rules.care)).any()
    assert matched[:700].any() and not matched[700:].any()


def test_the_weak_are_deleted_in_inverse_proportion_to_their_strength():
    rules = population(("0", 0, 1.0), ("1", 0, 3.0), ("#", 0, 6.0))
    chances = (jnp.arange(900) + 0.5) / 900
    weak = jax.jit(jax.vmap(rules.weak, in_axes=(0, None)))
    assert np.bincount(weak(chances, jnp.asarray(NOWHERE))).tolist() == [600, 200, 100]
    assert np.bincount(weak(chances, jnp.asarray(0))).tolist() == [0, 600, 300]


def covered(rules: parts.StrengthRules, threshold: float) -> parts.Covered:
    chances = parts.CoverChances(jnp.asarray([0b01], jnp.uint32), jnp.asarray(1, jnp.int32), jnp.asarray(0.999))
    part = jax.tree.map(jnp.asarray, parts.StrengthCovering(threshold))  # so that one program serves all
    return jax.device_get(COVER(part, chances, rules, seen("10")))


COVER = jax.jit(lambda part, *rest: part(*rest))


def test_covering_adds_a_rule_of_mean_strength_where_the_match_set_is_weak():
    rules = population(("1#", 0, 4.0), ("0#", 0, 16.0), ("0#", 1, 10.0))
    after = covered(rules, 0.5)  # 4 < 0.5 * 10
    assert names(after.rules, 2) == ["0# : 0", "1# : 1", "1# : 0"]
    assert int(after.row) == 2 and after.matched[:3].tolist() == [True, False, True]
    assert (float(after.made), float(after.lost)) == (10.0, 10.0)
    still = covered(rules, 0.4)  # 4 is not below 0.4 * 10
    assert int(still.row) == NOWHERE and (float(still.made), float(still.lost)) == (0.0, 0.0)
    assert names(still.rules, 2) == names(rules, 2)
    nobody = covered(population(("0#", 0, 16.0), ("0#", 1, 8.0)), 0.0)  # nothing matches: phi does not count
    assert int(nobody.row) < 2 and bool(nobody.matched[nobody.row])


def birth(**changes: object) -> parts.BirthChances:
    none = jnp.zeros((2, 1), jnp.uint32)
    chances = {
        "due": True, "parents": [0.0, 0.99], "crossed": False, "swapped": jnp.zeros(1, jnp.uint32),
        "mutated": (none, none), "turned": jnp.zeros(2, jnp.int32), "deleted": [0.0, 0.999],
    }  # fmt: skip
    made = {name: jnp.asarray(x) if isinstance(x, list | bool) else x for name, x in {**chances, **changes}.items()}
    return parts.BirthChances(**made)


PARENTS = population(("01#0", 0, 8.0), ("####", 1, 1e4), ("1#00", 1, 32.0))
JITTED = jax.jit(lambda chances, rules: parts.PanmicticGenetic()(chances, rules, actions=3))


def breed(chances: parts.BirthChances, rules: parts.StrengthRules) -> parts.Born:
    return jax.device_get(JITTED(chances, rules))


@pytest.mark.parametrize("crossed", [False, True])
def test_children_take_half_of_what_their_parents_have(crossed):
    rules = population(("01#0", 0, 8.0), ("1111", 2, 0.5), ("1#00", 1, 32.0), ("0000", 2, 0.25))
    swapped = jnp.asarray([0b1100 if crossed else 0], jnp.uint32)
    out = breed(birth(crossed=crossed, swapped=swapped, deleted=[0.2, 0.5]), rules)
    assert sorted(out.rows.tolist()) == [1, 3] and float(out.lost) == 0.75
    child = picked(out.rules, out.rows)
    assert out.rules.strength[[0, 2]].tolist() == [4.0, 16.0]
    assert child.strength.tolist() == ([10.0, 10.0] if crossed else [4.0, 16.0])
    wanted = {"01#0 : 0", "1#00 : 1"} | ({"0100 : 0", "1##0 : 1"} if crossed else set())
    assert set(names(out.rules, 4)) == wanted
    assert float(out.rules.strength.sum() - rules.strength.sum()) == -0.75


def test_one_rule_as_both_parents_gives_a_half_and_half_of_the_rest():
    out = breed(birth(parents=[0.5, 0.5]), PARENTS)  # 10,000 of 10,040 credits
    assert float(PARENTS.strength.sum() - out.rules.strength.sum()) == float(out.lost)
    assert sorted(picked(out.rules, out.rows).strength.tolist()) == [2500.0, 5000.0]


def test_without_a_birth_due_nothing_changes():
    out = breed(birth(due=False), PARENTS)
    assert float(out.lost) == 0.0 and out.rows.tolist() == [NOWHERE, NOWHERE]
    assert all((np.asarray(a) == np.asarray(b)).all() for a, b in zip(out.rules, PARENTS, strict=True))


def test_a_mutated_place_becomes_one_of_the_two_other_letters():
    on, back = jnp.asarray([[0b111], [0]], jnp.uint32), jnp.asarray([[0], [0b111]], jnp.uint32)
    parents = population(("01#1", 0, 1.0), ("01#1", 0, 1.0)).row(jnp.asarray([0, 1]))
    value, care = parts.PanmicticGenetic().conditions(birth(mutated=(on, back)), parents)
    children = jax.tree.map(np.array, population(("0000", 0, 1.0), ("0000", 1, 2.0)))
    children.value[:, :2], children.care[:, :2] = np.asarray(value).T, np.asarray(care).T
    assert names(children, 4) == ["#011 : 1", "1#01 : 0"]


def test_chances_follow_the_settings():
    genetic = parts.PanmicticGenetic(rate=0.25, crossover=0.5, mutation=0.1)
    words = jax.random.bits(jax.random.key(1), (4_000, genetic.words(6)))
    chances = jax.device_get(jax.jit(jax.vmap(lambda w: genetic.deal(w, 6, 3)))(words))
    assert abs(chances.due.mean() - 0.25) < 0.03 and abs(chances.crossed.mean() - 0.5) < 0.03
    bits = np.unpackbits(np.asarray(chances.mutated[0] | chances.mutated[1]).view(np.uint8), bitorder="little")
    assert abs(bits.sum() / (4_000 * 2 * 6) - 0.1) < 0.01
    assert abs((np.asarray(chances.turned) > 0).mean() - 0.1) < 0.02 and set(np.unique(chances.turned)) == {0, 1, 2}
    assert set(np.unique(chances.swapped)) == {0, 0b111110, 0b111100, 0b111000, 0b110000, 0b100000}


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: parts.StrengthCovering(threshold=1.5), "StrengthCovering: threshold"),
        (lambda: parts.StrengthCovering(wildcard=-0.1), "StrengthCovering: wildcard must be a probability"),
        (lambda: parts.PanmicticGenetic(rate=2.0), "PanmicticGenetic: rate must be a probability"),
        (lambda: parts.PanmicticGenetic(mutation=-1.0), "PanmicticGenetic: mutation must be a probability"),
    ],
)
def test_bad_settings_are_named(make, says):
    with pytest.raises(ValueError, match=says):
        make()
