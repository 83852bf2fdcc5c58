"""Exact worlds: what is known of them in advance, what must hold in all of them, and that nobody sees more than it may."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from catallax.language import worlds
from catallax.language.worlds import Actions, LogScore, Sight, World
from catallax.language.worlds._plan import histories
from catallax.language.worlds._protocols import visible

OFFERS = (("I1", "I2"), ("I3",))
PROTOCOLS = (worlds.one_level, worlds.successive, worlds.recursive)


@pytest.fixture(scope="module")
def drawn() -> list[tuple[World, dict[str, float]]]:
    """Random worlds, and the value of each protocol in each; the experiment `information_protocols` does it in 300."""
    luck = np.random.default_rng(0)
    many = [worlds.random_world(luck) for _ in range(30)]
    ways = {"one": worlds.one_level, "successive": worlds.successive, "recursive": worlds.recursive}
    return [
        (world, {"none": worlds.none(world).value} | {name: way(world, OFFERS).value for name, way in ways.items()})
        for world in many
    ]


def test_fact_check_is_the_published_table():
    world = worlds.fact_check()
    beliefs = [float(world.posterior(known)[0]) for known in ({}, {"I1": 1}, {"I1": 1, "I2": 1})]
    np.testing.assert_allclose(beliefs, [0.1, 0.4, 0.2], atol=1e-12)
    nats = [world.information(names) for names in (["I1"], ["I2"], ["I1", "I2"])]
    np.testing.assert_allclose(nats, [0.021673, 0.001188, 0.024431], atol=5e-7)
    np.testing.assert_allclose([world.ex_ante(names) for names in (["I1"], ["I2"], ["I1", "I2"])], nats, atol=1e-12)
    gains = [world.ex_post({"I1": 1}), world.ex_post({"I1": 1, "I2": 1})]
    np.testing.assert_allclose(gains, [0.3112, 0.0444], atol=5e-5)


def test_information_helps_in_expectation_and_inspection_too(drawn):
    """Lemma 1 on random tables, for a score and for actions."""
    luck = np.random.default_rng(1)
    least = []
    for world, _ in drawn[:15]:
        for decision in (world.decision, Actions(luck.normal(size=(3, 2)))):
            free = World(world.joint, decision)
            least += [free.ex_ante(["I1"]), free.ex_ante(["I2", "I3"], context={"I1": 1})]
            least += [worlds.one_level(free, OFFERS).value - worlds.none(free).value]
    assert min(least) >= -1e-12


def test_what_is_better_than_what(drawn):
    for _, value in drawn:
        assert value["one"] >= value["none"] - 1e-12
        assert value["successive"] >= value["one"] - 1e-12
        assert value["recursive"] >= value["one"] - 1e-12
    for world, value in drawn[:5]:
        aware = worlds.selection_aware(world, OFFERS).value
        from_below = worlds.selection_aware(world, OFFERS, start=worlds.successive).value
        assert aware >= value["recursive"] - 1e-12  # taking turns improves on its start, and need not on another
        assert from_below >= value["successive"] - 1e-12


def test_contents_alone_are_not_always_enough():
    """In a few worlds what the choice to buy reveals is worth more than what was bought: forgetting it would be better."""
    world = worlds.random_world(np.random.default_rng(125))
    successive, recursive = (way(world, OFFERS).value for way in (worlds.successive, worlds.recursive))
    assert successive - recursive == pytest.approx(0.000727, abs=1e-6)
    assert worlds.selection_aware(world, OFFERS).value > successive


def test_legumes_separate_successive_from_recursive():
    world = worlds.legume()
    successive, recursive = (way(world, [["I1"], ["I2"]]) for way in (worlds.successive, worlds.recursive))
    meals = [int(world.decision.best(plan.play({"I1": 1, "I2": 1}).belief)) for plan in (successive, recursive)]
    assert meals == [0, 2]  # rice, and boiled legumes
    assert worlds.one_level(world, [["I1"]]).play({"I1": 1, "I2": 1}).bought == (("I1",),)  # raw ones, and poison
    np.testing.assert_allclose([successive.value, recursive.value], [1.70, 1.738], atol=1e-12)


@pytest.mark.parametrize(
    "offers", [OFFERS, (("I1",), ("I2",), ("I3",)), (("I1", "I2"), ("I3", "I4")), (("I1",), ("I2",), ("I3",), ("I4",))]
)
def test_depth_n_is_backward_induction(offers):
    """Tables give what walking every case one by one does."""
    luck, signals = np.random.default_rng(len(offers)), sum(map(len, offers))
    world = worlds.random_world(luck, signals)
    if signals == 3:  # of two, three and two values, and three outcomes
        world = World(luck.dirichlet(np.full(36, 0.4)).reshape(3, 2, 3, 2), LogScore(), prices=world.prices)
    for way, recall in ((worlds.recursive, worlds.everything), (worlds.successive, worlds.nearest)):
        assert way(world, offers).value == pytest.approx(worlds.walked(world, offers, recall), abs=1e-12)


def test_aware_plans_are_not_beaten_by_less_and_not_better_than_the_best():
    """Two signals, two levels: all plans can be tried. Taking turns ends below the best in some worlds, above it in none."""
    luck, offers, gaps = np.random.default_rng(2), (("I1",), ("I2",)), []
    for _ in range(4):
        world = worlds.random_world(luck, signals=2)
        starts = (worlds.recursive, worlds.successive)
        found = max(worlds.selection_aware(world, offers, start=start).value for start in starts)
        assert found >= max(start(world, offers).value for start in starts) - 1e-12
        binary = [np.reshape(rule, (2, 2)) for rule in product((0, 1), repeat=4)]
        best = max(
            worth_of(world, above, np.array(unknowing), knowing)
            for above in binary
            for knowing in binary
            for unknowing in product((0, 1), repeat=2)
        )
        gaps.append(best - found)
    assert min(gaps) > -1e-12


def worth_of(world: World, above, unknowing, knowing) -> float:
    """The value of one plan whose reports are the posteriors given all that happened; no use is made of the library's."""
    below = np.where(above == 1, knowing, unknowing[:, None])
    label = np.where(above == 1, 10 + np.arange(2), 0) + 100 * below * (1 + np.arange(2)[:, None])
    value = -float(np.sum(world.joint.sum(0) * (above * world.prices["I2"] + below * world.prices["I1"])))
    for told in np.unique(label):
        mass = np.where(label == told, world.joint, 0).sum((1, 2))
        value += float(mass @ np.log(np.where(mass > 0, mass / mass.sum(), 1))) if mass.sum() else 0.0
    return value


def test_nobody_sees_more_than_it_may(drawn):
    """Rules have no axis for what a level may not see, and a sight refuses payoffs that have."""
    world, _ = drawn[0]
    for way in (*PROTOCOLS, worlds.selection_aware):
        plan = way(world, OFFERS)
        for level in range(len(plan.offers) + 1):
            for history in histories(plan.offers, level):
                rule = plan.beliefs[history].sum(0) if level == 0 else plan.purchases[level - 1][history]
                axes = {name for name, size in zip(world.signals, rule.shape) if size > 1}
                assert axes <= visible(plan.offers, level, history)
    with pytest.raises(ValueError, match="not seen"):
        Sight.of(world, ["I1"]).worth(world.decision.payoffs(Sight.of(world, ["I1", "I3"]).belief))


def test_what_is_not_seen_changes_nothing(drawn):
    """Two cases that differ in what is never looked at or was not bought end in the same belief."""
    world, _ = drawn[1]
    plan = worlds.recursive(world, OFFERS)
    ends: dict[tuple, list[np.ndarray]] = {}
    for values in product((0, 1), repeat=3):
        contents = dict(zip(world.signals, values))
        played = plan.play(contents)
        bought = [name for level in played.bought for name in level]
        ends.setdefault((played.bought, tuple(contents[name] for name in bought)), []).append(played.belief)
        np.testing.assert_allclose(
            played.belief, world.posterior({name: contents[name] for name in bought}), atol=1e-12
        )
    assert max(len(beliefs) for beliefs in ends.values()) > 1
    assert all(np.array_equal(beliefs[0], belief) for beliefs in ends.values() for belief in beliefs)


def test_money_is_what_was_bought(drawn):
    """The value of a plan is what its cases make of the outcome, less what they spent at every level."""
    world, _ = drawn[2]
    plan, total = worlds.selection_aware(world, OFFERS), 0.0
    for values in product((0, 1), repeat=3):
        contents = dict(zip(world.signals, values))
        played = plan.play(contents)
        assert played.spent == pytest.approx(sum(world.prices[name] for level in played.bought for name in level))
        gained = world.posterior(contents) @ world.decision.payoffs(played.belief)
        total += world.probability(contents) * (gained - played.spent)
    assert total == pytest.approx(plan.value, abs=1e-12)


def test_ex_ante_buys_what_is_worth_its_price():
    world = World(worlds.fact_check().joint, prices={"I1": 0.01, "I2": 0.01})
    assert worlds.ex_ante(world, OFFERS[:1]).play({"I1": 1, "I2": 1}).bought == (("I1",),)
    assert worlds.ex_ante(world, OFFERS[:1]).value == pytest.approx(0.011673, abs=5e-7)
    dear = World(world.joint, prices={"I1": 0.03, "I2": 0.03})
    assert worlds.ex_ante(dear, OFFERS[:1]).play({"I1": 0, "I2": 0}).bought == ((),)


def test_reports_are_independent_given_the_event():
    world = worlds.reports(0.9, 0.7, 0.6)
    odds = (0.9 / 0.1) * (0.3 / 0.7) * (0.6 / 0.4)  # by Bayes
    assert world.posterior({"I1": 0, "I2": 1, "I3": 0})[0] == pytest.approx(odds / (1 + odds))
    assert world.prior.tolist() == pytest.approx([0.5, 0.5])


def test_draws_follow_the_table():
    world, luck = worlds.fact_check(), np.random.default_rng(0)
    cases = [world.draw(luck) for _ in range(4000)]
    assert np.mean([case["I1"] for _, case in cases]) == pytest.approx(1 / 16, abs=0.015)
    assert np.mean([outcome == 0 for outcome, _ in cases]) == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: World(np.ones((2, 2))), "add up to 1"),
        (lambda: World(np.array([[0.5, 0.5], [0.0, 0.0]])), "should be possible"),
        (lambda: World(np.full((2, 2), 0.25), signals=("E",)), "different names"),
        (lambda: World(np.full((2, 2), 0.25), prices={"I2": 1.0}), "prices"),
        (lambda: World(np.full((2, 2), 0.25), prices={"I1": -1.0}), "prices"),
        (lambda: World(np.full((2, 2), 0.25), LogScore(np.full(3, 1 / 3))), "outcomes"),
        (lambda: World(np.full((2, 2), 0.25), Actions(np.ones((2, 3)))), "outcomes"),
        (lambda: LogScore(np.array([0.0, 1.0])), "positive"),
        (lambda: LogScore(subsidy=0.0), "subsidy"),
        (lambda: Actions(np.array([[np.nan]])), "finite"),
        (lambda: worlds.fact_check().posterior({"I3": 0}), "no signal 'I3'"),
        (lambda: worlds.fact_check().posterior({"I1": 2}), "values 0 to 1"),
        (lambda: worlds.rebuttal(1.0).posterior({"I2": 0, "I3": 1}), "cannot occur"),
        (lambda: worlds.reports(0.9, 1.0), "chance in"),
        (lambda: worlds.reports(), "of each report"),
        (lambda: worlds.recursive(worlds.fact_check(), [["I1"], ["I1"]]), "once"),
        (lambda: worlds.recursive(worlds.fact_check(), ["I1"]), "for each level"),
        (lambda: worlds.recursive(worlds.fact_check(), [["I9"]]), "no signal"),
    ],
)  # fmt: skip
def test_bad_input_is_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()
