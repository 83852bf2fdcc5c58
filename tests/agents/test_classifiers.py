"""The parts of classifier systems: each against its formula on small populations written by hand."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from catallax.agents import Rule
from catallax.agents import classifiers as parts
from catallax.agents.classifiers._readable import condition

KEY = jax.random.key(0)
FULL = {"prediction": 0.0, "error": 0.0, "fitness": 0.1, "experience": 30, "stamp": 0, "niche": 1.0, "numerosity": 1}


def packed(text: str) -> tuple[jax.Array, jax.Array]:
    rule = Rule.parse(text, action=0, price=0.0)
    return rule.value, rule.care


def obs_of(text: str) -> jax.Array:
    return packed(text)[0]


def population(*rules: tuple, capacity: int = 30) -> parts.Classifiers:
    """Rules as (condition, action, field=value, ...) in the first rows."""
    rows = parts.Classifiers.empty(capacity, len(rules[0][0]))
    for place, (text, action, fields) in enumerate(rules):
        value, care = packed(text)
        fields = {**FULL, **fields, "action": action}
        rows = rows._replace(
            value=rows.value.at[:, place].set(value),
            care=rows.care.at[:, place].set(care),
            **{name: getattr(rows, name).at[place].set(x) for name, x in fields.items()},
        )
    return rows


def listed(rules: parts.Classifiers, bits: int) -> dict[str, int]:
    """Copies by condition and action."""
    found = {}
    for row in np.flatnonzero(np.asarray(rules.numerosity)):
        name = f"{condition(np.asarray(rules.value)[:, row], np.asarray(rules.care)[:, row], bits)}:{rules.action[row]}"
        assert name not in found, "one rule in two rows"
        found[name] = int(rules.numerosity[row])
    return found


@pytest.mark.parametrize("text", ["01#", "###", "1" * 37, "#" * 32 + "01#0#"])
def test_match_is_the_ternary_match(text):
    rules = population((text, 0, {}))
    rng = np.random.default_rng(0)
    for _ in range(20):
        seen = "".join(rng.choice(["0", "1"], len(text)))
        if rng.random() < 0.7:  # else hardly anything matches
            seen = "".join(s if t == "#" else t for s, t in zip(seen, text))
        wanted = all(t in ("#", s) for s, t in zip(seen, text))
        assert bool(rules.match(obs_of(seen))[0]) == wanted
        assert not rules.match(obs_of(seen))[1:].any()  # free rows never match


def test_no_more_rows_than_floats_can_number():
    with pytest.raises(ValueError, match="Classifiers: capacity must be at most 508382 with 6 bits, got 508383"):
        parts.Classifiers.empty(508_383, 6)
    assert jax.eval_shape(lambda: parts.Classifiers.empty(508_382, 6)).care.shape == (1, 508_384)


def test_prediction_is_the_fitness_weighted_mean():
    rules = population(
        ("0#", 0, {"fitness": 0.3, "prediction": 100.0}),
        ("00", 0, {"fitness": 0.1, "prediction": 500.0}),
        ("1#", 1, {"prediction": 7.0}),
    )
    payoff = parts.prediction_array(rules, rules.match(obs_of("00")), 2)
    np.testing.assert_allclose(payoff, [200.0, -np.inf], rtol=1e-6)


def test_rules_without_fitness_predict_by_their_copies():
    rules = population(
        ("0#", 0, {"fitness": 0.0, "prediction": 100.0, "numerosity": 3}),
        ("00", 0, {"fitness": 0.0, "prediction": 500.0}),
    )
    payoff = parts.prediction_array(rules, rules.match(obs_of("00")), 2)
    np.testing.assert_allclose(payoff, [200.0, -np.inf], rtol=1e-6)


def test_advocated_actions_are_those_with_members():
    rules = population(*(("1#", action, {}) for action in (0, 3, 31, 32, 40)), ("0#", 5, {}))
    matched = rules.match(obs_of("10"))
    told = parts.advocated(rules, matched, 41)
    np.testing.assert_array_equal(told, parts.members(rules, matched, 41).any(1))
    assert np.flatnonzero(told).tolist() == [0, 3, 31, 32, 40]


def test_update_follows_the_formulas():
    rules = population(
        ("0#", 0, {"prediction": 400.0, "error": 100.0, "fitness": 0.2, "experience": 0, "numerosity": 3, "niche": 2.0}),
        ("00", 0, {"prediction": 990.0, "error": 5.0, "fitness": 0.5, "experience": 2, "numerosity": 1, "niche": 8.0}),
        ("##", 0, {"prediction": 500.0, "error": 490.0, "fitness": 0.1, "experience": 50, "numerosity": 2, "niche": 9.0}),
        ("1#", 0, {"prediction": 1.0}),
    )  # fmt: skip
    target, beta = 1000.0, 0.2
    after = parts.Update(beta)(rules, rules.match(obs_of("00")), jnp.asarray(target))
    accuracy, rows = [], []
    for row in range(3):
        p, eps, f, n, size = (float(getattr(rules, x)[row]) for x in ("prediction", "error", "fitness", "numerosity", "niche"))  # fmt: skip
        rate = max(beta, 1 / (int(rules.experience[row]) + 1))
        eps += rate * (abs(target - p) - eps)
        accuracy.append(n * (1.0 if eps < 10 else 0.1 * (eps / 10) ** -5))
        rows.append((p + rate * (target - p), eps, f, size + rate * (6 - size)))
    for row, (p, eps, f, size) in enumerate(rows):
        f += beta * (accuracy[row] / sum(accuracy) - f)
        found = [float(getattr(after, x)[row]) for x in ("prediction", "error", "fitness", "niche")]
        np.testing.assert_allclose(found, [p, eps, f, size], rtol=1e-5)
    assert after.experience[:4].tolist() == [1, 3, 51, 30]
    assert all(float(getattr(after, x)[3]) == float(getattr(rules, x)[3]) for x in ("prediction", "fitness", "niche"))


def test_a_payoff_that_is_no_number_stays_in_its_action_set():
    rules = population(("0#", 0, {"prediction": 400.0}), ("1#", 0, {"prediction": 300.0}))
    after = parts.Update()(rules, rules.match(obs_of("00")), jnp.asarray(jnp.nan))
    for name in ("prediction", "error", "fitness", "niche"):
        np.testing.assert_array_equal(getattr(after, name)[1:], getattr(rules, name)[1:])


def test_exponential_accuracy_drops_by_alpha_at_twice_the_tolerance():
    kappa = parts.Exponential(tolerance=5.0, scale=0.2).accuracy(jnp.array([4.0, 10.0, 15.0]))
    np.testing.assert_allclose(kappa, [1.0, 0.2, 0.04], rtol=1e-5)


@pytest.mark.parametrize("accuracy", [parts.Exponential(), parts.PowerLaw(), parts.PowerLaw(power=60.0)])
def test_shares_sum_to_one_where_accuracies_are_too_small_for_a_number(accuracy):
    copies = jnp.array([2.0, 1.0, 0.0, 1.0])
    shares = parts.Update(accuracy=accuracy).shares(jnp.array([800.0, 500.0, 0.0, 990.0]), copies)
    assert float(shares.sum()) == pytest.approx(1.0) and int(shares.argmax()) == 1 and float(shares[2]) == 0


def test_a_rule_that_is_alone_becomes_fit_however_large_its_error():
    rules, update = population(("0#", 0, {"fitness": 0.0, "experience": 0})), parts.Update(accuracy=parts.Exponential())
    chosen, learn = rules.match(obs_of("00")), eqx.filter_jit(update)
    for target in [0.0, 1000.0] * 15:
        rules = learn(rules, chosen, jnp.asarray(target))
    assert float(rules.error[0]) > 300 and float(rules.fitness[0]) > 0.99


def test_parents_without_fitness_still_come_from_the_action_set():
    rules = population(("11", 0, {}), ("0#", 0, {"fitness": 0.0}), ("00", 0, {"fitness": 0.0, "numerosity": 3}))
    chosen = rules.match(obs_of("00"))
    rows = jax.vmap(lambda k: parts.Roulette().parents(parts.Roulette().deal(k), rules, chosen))(
        jax.random.split(KEY, 200)
    )
    count = np.bincount(np.asarray(rows).ravel(), minlength=3)
    assert count[0] == 0 and 2 < count[2] / count[1] < 4.5


def test_tournaments_do_not_care_about_the_scale_of_fitness():
    rules = population(("0#", 0, {"fitness": 1e-9}), ("00", 0, {"fitness": 1e-7}))
    assert parts.Tournament(1.0).parents(KEY, rules, rules.match(obs_of("00"))).tolist() == [1, 1]


def test_draws_follow_the_weights_and_never_hit_zero():
    weights = jnp.zeros(96).at[jnp.array([0, 5, 64, 95])].set(jnp.array([1.0, 2.0, 3.0, 4.0]))
    chances = jnp.append((jnp.arange(10_000) + 0.5) / 10_000, 1.0)  # 1.0: as if rounding went up
    rows = jax.vmap(lambda u: parts.draw(weights, u))(chances)
    assert np.bincount(rows, minlength=96)[[0, 5, 64, 95]].tolist() == [1000, 2000, 3000, 4001]


@pytest.mark.parametrize("selection", [parts.Roulette(), parts.Tournament(0.4)])
def test_parents_come_from_the_action_set_and_the_fit_come_more_often(selection):
    rules = population(("0#", 0, {"fitness": 0.9}), ("00", 0, {"fitness": 0.1}), ("1#", 0, {"fitness": 5.0}))
    chosen = rules.match(obs_of("00"))
    rows = jax.vmap(lambda k: selection.parents(selection.deal(k), rules, chosen))(jax.random.split(KEY, 500))
    count = np.bincount(np.asarray(rows).ravel(), minlength=3)
    assert count[2:].sum() == 0 and 0 < count[1] < count[0]


def test_one_tournament_of_all_is_won_by_the_fittest_copy():
    rules = population(("0#", 0, {"fitness": 0.9, "numerosity": 10}), ("00", 0, {"fitness": 0.1}))
    assert parts.Tournament(1.0).parents(KEY, rules, rules.match(obs_of("00"))).tolist() == [1, 1]


def test_votes_punish_the_unfit_only_when_experienced():
    fields = {"niche": 4.0, "numerosity": 2}
    rules = population(
        ("0#", 0, {**fields, "fitness": 1.0}),
        ("00", 0, {**fields, "fitness": 0.01}),
        ("01", 0, {**fields, "fitness": 0.01, "experience": 20}),
    )
    mean = 1.02 / 6
    np.testing.assert_allclose(parts.Deletion().votes(rules)[:4], [8.0, 8.0 * mean / 0.005, 8.0, 0.0], rtol=1e-5)


def test_deletion_takes_what_exceeds_the_capacity_and_frees_empty_rows():
    rules = population(("0#", 0, {"numerosity": 2}), ("00", 0, {"niche": 0.0}))
    chances = jnp.full(2, 0.5)
    after = {room: parts.Deletion()(rules, chances, room) for room in (3, 2, 1)}
    assert listed(after[3], 2) == listed(rules, 2)
    assert listed(after[2], 2) == {"0#:0": 1, "00:0": 1}
    assert listed(after[1], 2) == {"00:0": 1} and float(after[1].fitness[0]) == 0.0


def test_the_general_take_in_the_special_of_their_action_set():
    rules = population(
        ("0#1", 0, {"numerosity": 2}),
        ("0##", 0, {}),
        ("001", 0, {"numerosity": 3}),
        ("##1", 0, {}),
        ("###", 0, {"error": 500.0}),
        ("0#1", 1, {}),
    )
    chosen = rules.match(obs_of("001")) & (rules.action == 0)
    after = parts.Subsumption().absorb(rules, chosen, parts.PowerLaw())
    assert listed(after, 3) == {"0##:0": 6, "##1:0": 1, "###:0": 1, "0#1:1": 1}
    assert listed(parts.NoSubsumption().absorb(rules, chosen, parts.PowerLaw()), 3) == listed(rules, 3)
    # nobody is experienced enough
    assert listed(parts.Subsumption(99.0).absorb(rules, chosen, parts.PowerLaw()), 3) == listed(rules, 3)


def test_covering_gives_every_action_a_rule_that_matches():
    rules = population(("1##", 0, {}), capacity=4)
    cover = jax.jit(
        lambda key, obs: parts.Covering(0.5)(
            key, rules, obs, jnp.asarray(7), bits=3, actions=3, capacity=4, deletion=parts.Deletion()
        )
    )
    for seed in range(10):
        after, matched = cover(jax.random.key(seed), obs_of("101"))
        np.testing.assert_array_equal(matched, after.match(obs_of("101")))
        assert set(np.asarray(after.action)[np.asarray(after.match(obs_of("101")))].tolist()) == {0, 1, 2}
        assert int(after.numerosity.sum()) == 3 and set(after.stamp[1:3].tolist()) == {7}


@eqx.filter_jit
def bred(genetic, rules, keys, time, capacity):
    seen = obs_of("0011")
    chosen = rules.match(seen) & (rules.action == 0)

    def one(key):
        return genetic(
            genetic.deal(key, 4, 2), rules, chosen, seen, time, actions=2, capacity=capacity,
            accuracy=parts.PowerLaw(), subsumption=parts.NoSubsumption(), deletion=parts.Deletion(),
        )  # fmt: skip

    return jax.vmap(one)(keys)


def breed(time: int = 100, capacity: int = 30, **settings: float) -> list[parts.Classifiers]:
    """The parents' population after one call of the genetic algorithm, for 40 keys."""
    # settings and capacity as arrays, so that one compiled program serves all
    genetic = jax.tree.map(jnp.asarray, parts.Genetic(**settings))
    many = bred(genetic, PARENTS, jax.random.split(KEY, 40), jnp.asarray(time), jnp.asarray(capacity))
    return [jax.tree.map(lambda x, n=n: x[n], jax.device_get(many)) for n in range(40)]


PARENTS = population(("0#1#", 0, {"numerosity": 5}), ("#01#", 0, {"numerosity": 5}), ("11##", 0, {}), ("0###", 1, {}))


def test_children_match_what_their_parents_matched():
    names = set()
    for after in breed(mutation=0.3):
        assert int(after.numerosity.sum()) == 14
        new = np.flatnonzero(np.asarray(after.numerosity) * (np.asarray(after.experience) == 0))
        assert np.asarray(after.match(obs_of("0011")))[new].all()
        assert after.stamp[:4].tolist() == [100, 100, 0, 0]
        names |= set(listed(after, 4))
    assert len(names) > 20


def test_mutation_may_differ_from_place_to_place():
    here = jnp.array([0.0, 0.0, 1.0, 0.0])
    chances = parts.Genetic(mutation=here, turning=0.0).deal(KEY, 4, 2)
    assert chances.mutated.ravel().tolist() == [0b0100, 0b0100] and chances.turned.tolist() == [0, 0]
    after, _ = parts.Covering(here)(
        KEY, population(("0000", 0, {})), obs_of("1011"), jnp.asarray(1), bits=4, actions=1, capacity=4, deletion=parts.Deletion()
    )  # fmt: skip
    assert "10#1:0" in listed(after, 4)


def test_cuts_fall_among_the_places_in_use():
    genetic = parts.Genetic(crossover=1.0, places=jnp.asarray(3))
    swapped = jax.vmap(lambda key: genetic.deal(key, 40, 2).swapped)(jax.random.split(KEY, 200))
    assert set(np.asarray(swapped)[:, 0].tolist()) == {0b000, 0b001, 0b010, 0b100, 0b011, 0b110, 0b111}
    assert not np.asarray(swapped)[:, 1].any()


def test_crossover_alone_mixes_the_parents_places():
    parents, mixed = {"0#1#:0", "#01#:0", "11##:0", "0###:1"}, {"001#:0", "##1#:0"}
    born = set().union(*(listed(after, 4) for after in breed(mutation=0.0, crossover=1.0)))
    assert born == parents | mixed


def test_children_inherit_as_the_formulas_say():
    pair = population(
        ("0#1#", 0, {"prediction": 100.0, "error": 4.0, "fitness": 0.6, "numerosity": 2, "niche": 3.0}),
        ("#01#", 1, {"prediction": 300.0, "error": 8.0, "fitness": 0.5, "numerosity": 1, "niche": 5.0}),
    )
    two = jax.tree.map(lambda x: x[..., :2], pair)
    swapped = packed("1###")[1]  # the first place changes hands
    nothing = jnp.zeros((2, 1), jnp.uint32)

    def born(crossed):
        chances = parts.Chances(
            KEY, jnp.asarray(crossed), swapped * jnp.uint32(crossed), nothing, jnp.array([0, 1]), jnp.zeros(2)
        )
        return parts.Genetic(inherit=0.1).children(chances, two, obs_of("0011"), jnp.asarray(7), 2)

    for crossed, wanted in ((False, [(100, 4, 0.03), (300, 8, 0.05)]), (True, [(200, 6, 0.04)] * 2)):
        children = born(crossed)
        for child, (prediction, error, fitness) in zip(children, wanted, strict=True):
            found = [float(x) for x in (child.prediction, child.error, child.fitness)]
            np.testing.assert_allclose(found, [prediction, error, fitness], rtol=1e-6)
            assert int(child.numerosity) == 1 and int(child.experience) == 0 and int(child.stamp) == 7
        # the second child's action is turned by one, modulo two
        assert [int(child.action) for child in children] == [0, 0]
        assert [float(child.niche) for child in children] == [3.0, 5.0]
    cares = [int(child.care[0]) for child in born(True)]
    assert cares == [int(packed(text)[1][0]) for text in ("##1#", "001#")]


def test_no_births_before_the_period_is_over_and_never_more_copies_than_capacity():
    assert all(listed(a, 4) == listed(PARENTS, 4) for a in breed(time=25))
    assert all(int(a.numerosity.sum()) == 12 for a in breed(capacity=12))


def test_a_covered_child_becomes_a_copy_of_its_parent():
    rules = population(("0#1#", 0, {}), ("0111", 0, {}))
    child = rules.row(jnp.asarray(1))
    parents, places = rules.row(jnp.array([0, 0])), jnp.array([0, 0])
    absorbed = parts.GASubsumption().parent(parents, places, child, parts.PowerLaw())
    assert bool(absorbed.yes) and int(absorbed.row) == 0
    other = child._replace(action=child.action + 1)
    assert not parts.GASubsumption().parent(parents, places, other, parts.PowerLaw()).yes
    assert not parts.NoSubsumption().parent(parents, places, child, parts.PowerLaw()).yes


def specified(rules: parts.Classifiers, chosen: jax.Array, seed: int, **settings: float) -> parts.Classifiers:
    part = parts.Specify(**settings)
    chances = part.deal(jax.random.key(seed), 4)
    return part(chances, rules, chosen, obs_of("0110"), jnp.asarray(9), capacity=30, deletion=parts.Deletion())


def test_an_action_set_of_large_errors_gets_a_special_child():
    rules = population(
        ("0###", 0, {"error": 400.0, "numerosity": 2}),
        ("####", 0, {"error": 0.0}),
        ("1###", 0, {"error": 1.0, "numerosity": 20}),
    )
    chosen = rules.match(obs_of("0110"))
    children = set()
    for seed in range(12):
        after = specified(rules, chosen, seed)
        new = listed(after, 4).keys() - listed(rules, 4).keys()
        assert len(new) == int(after.numerosity.sum()) - 23 <= 1
        children |= new
    # each `#` of the rule with errors was filled in from the situation
    assert {len(name) for name in children} == {6} and len(children) > 3
    assert all(got[0] == "0" and all(a in ("#", b) for a, b in zip(got, "0110")) for got in children)
    assert listed(specified(rules, chosen, 0, probability=1.0), 4)["0110:0"] == 1


@pytest.mark.parametrize(
    "why",
    [{"experience": 31.0}, {"times": 9.0}],
)
def test_no_special_child_of_fresh_or_tolerable_sets(why):
    rules = population(("0###", 0, {"error": 400.0}), ("1###", 0, {"error": 50.0, "numerosity": 4}))
    assert listed(specified(rules, rules.match(obs_of("0110")), 0, **why), 4) == listed(rules, 4)
    assert listed(specified(rules, jnp.zeros_like(rules.match(obs_of("0110"))), 0), 4) == listed(rules, 4)


def test_niches_and_exploration():
    matched, chosen = jnp.array([True, True, False]), jnp.array([True, False, False])
    np.testing.assert_array_equal(parts.ActionSet().of(matched, chosen), chosen)
    np.testing.assert_array_equal(parts.MatchSet().of(matched, chosen), matched)
    keys = jax.random.split(KEY, 1_000)
    assert jax.vmap(parts.Uniform().random)(keys).all()
    assert 0.25 < float(jax.vmap(parts.Biased(0.3).random)(keys).mean()) < 0.35
    drawn = [int(parts.chosen_action(jnp.asarray(3), jnp.asarray(5), jnp.asarray(e), jnp.asarray(r))) for e in (0 > 1, 1 > 0) for r in (0 > 1, 1 > 0)]  # fmt: skip
    assert drawn == [5, 5, 5, 3]


def test_compaction_finds_the_minimal_map():
    minimal = [("0#", a, {"numerosity": 9}) for a in (0, 1)] + [("1#", a, {"numerosity": 9}) for a in (0, 1)]
    extra = [("00", 0, {}), ("#1", 1, {}), ("##", 0, {"error": 400.0}), ("##", 1, {"experience": 3})]
    rules = population(*extra, *minimal)
    inputs = jnp.arange(4, dtype=jnp.uint32)[:, None]
    kept = parts.compact(rules, inputs, 2, parts.PowerLaw())
    assert np.flatnonzero(kept).tolist() == [4, 5, 6, 7]


def test_rule_table_names_conditions_and_actions():
    text = parts.rule_table(population(("001###", 1, {"prediction": 1000.0, "numerosity": 12}), ("#" * 6, 0, {})), 6)
    assert text.splitlines()[1].split() == ["001###", ":", "1", "1000.0", "0.00", "0.100", "12", "30"]
    assert len(text.splitlines()) == 3


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: parts.PowerLaw(tolerance=0.0), "PowerLaw: tolerance"),
        (lambda: parts.Exponential(scale=2.0), "Exponential: scale"),
        (lambda: parts.Update(0.0), "Update: rate"),
        (lambda: parts.Covering(1.5), "Covering: wildcard"),
        (lambda: parts.Genetic(mutation=-0.1), "Genetic: mutation"),
        (lambda: parts.Genetic(inherit=-1.0), "Genetic: inherit"),
        (lambda: parts.Genetic(turning=float("nan")), "Genetic: turning"),
        (lambda: parts.Genetic(period=-1.0), "Genetic: period"),
        (lambda: parts.Covering(fitness=0.0), "Covering: fitness must be > 0"),
        (lambda: parts.Covering(error=float("nan")), "Covering: error"),
        (lambda: parts.Subsumption(float("nan")), "^Subsumption: experience"),
        (lambda: parts.GASubsumption(-1.0), "GASubsumption: experience"),
        (lambda: parts.Specify(times=-1.0), "Specify: times"),
        (lambda: parts.Specify(experience=float("nan")), "Specify: experience"),
        (lambda: parts.Specify(inherit=2.0), "Specify: inherit"),
        (lambda: parts.Deletion(share=-1.0), "Deletion: share"),
        (lambda: parts.PowerLaw(power=-5.0), "PowerLaw: power"),
        (lambda: parts.Tournament(0.0), "Tournament: share"),
        (lambda: parts.Specify(probability=0.0), "Specify: probability"),
        (lambda: parts.Biased(-1.0), "Biased: share"),
    ],
)
def test_bad_settings_are_named(make, says):
    with pytest.raises(ValueError, match=says):
        make()
