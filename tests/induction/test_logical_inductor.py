"""The logical inductor against its definition, and its properties on small theories."""

import numpy as np
import pytest

from catallax.induction import (
    AbstractTraders,
    BudgetLadder,
    Constants,
    DutchBook,
    Frequency,
    LogicalInductor,
    Provability,
    Schedule,
    Stream,
    UncertifiedPrices,
    certificate,
    clear,
    coherence_gap,
    exactly_one,
    hash_uniform,
    parse,
    truth_table,
)
from catallax.induction._simplicial import fixed_points
from catallax.induction._traders import nearest

BELIEFS = [0.05 + 0.1 * step for step in range(10)]


def coin(day, price):
    return hash_uniform(0, day) < 0.3


def test_a_day_is_what_the_definition_says():
    """Worlds, worths and budgets from the definition alone, each past trade at the price of its own day."""
    beliefs, width, ladder, axiom = np.array([0.1, 0.4, 0.9]), 0.3, BudgetLadder(3), parse("a -> b")
    market = LogicalInductor(
        Schedule(("a", "b", "a & c"), {5: (axiom,)}), [Constants([*beliefs], width)], ladder=ladder
    )
    market.run(14)
    atoms = ("a", "b", "c")
    truth = np.stack([truth_table(sentence, atoms) for sentence in market.sentences], 1)
    plausible = truth_table(axiom, atoms)
    past, alive, bound = np.zeros((3, 8)), np.ones((3, 3), bool), 0
    for day, (prices, ended) in enumerate(zip(market.history, market.days, strict=True), start=1):
        worlds = plausible if day >= 5 else np.ones(8, bool)
        shares = np.clip((beliefs[:, None] - prices.prices) / width, -1, 1)
        gains = shares @ (truth - prices.prices).T
        firm = np.zeros(3)
        for trader in range(3):
            for level, budget in enumerate(ladder.budgets):
                if alive[trader, level]:
                    room = budget + past[trader, worlds]
                    scale = np.min(1 / np.maximum(1, -gains[trader, worlds] / room))
                    bound += scale < 1
                    firm += ladder.weights[level] / 3 * scale * shares[trader]
        assert certificate(firm, prices.prices) <= ended.tolerance == max(2.0**-day, 1e-9)
        past += gains
        np.testing.assert_allclose(ended.lowest, past[:, worlds].min(1), atol=1e-9)
        np.testing.assert_allclose(ended.highest, past[:, worlds].max(1), atol=1e-9)
        alive &= past[:, worlds].min(1)[:, None] > -ladder.budgets
    assert bound and not alive.all()
    assert market.exploit_report("constant 0.9").budgets == tuple(ladder.budgets[alive[2]])


@pytest.fixture(scope="module")
def learned():
    market = LogicalInductor(Stream(coin), [Frequency(), Constants(BELIEFS)], weights=[0.5] + [0.05] * 10)
    market.run(250)
    return market


def test_a_frequency_is_learned_and_nobody_gains(learned):
    assert abs(learned.first_prices()[-50:].mean() - np.mean([coin(day, 0) for day in range(1, 250)])) < 0.03
    found = learned.properties()
    assert found.firm <= found.gap + 1e-9 <= found.slack
    assert found.margin >= -1e-9
    with pytest.raises(ValueError, match="nothing listed or proved has the atoms"):
        learned.price("x251")
    assert np.isnan(learned.price("x1 & x250")) and learned.price("x250") == learned.first_prices()[-1]
    right, wrong = (learned.exploit_report(name) for name in ("frequency", "constant 0.95"))
    assert right.lowest > -2 and right.highest < 2 and wrong.lowest < -4
    assert len(right.budgets) > len(wrong.budgets)


def test_with_one_budget_prices_stick():
    """The failure that the ladder is there for: all are ruined, or all but the first who was lucky."""
    lucky = LogicalInductor(Stream(coin), [Constants(BELIEFS)], ladder=BudgetLadder(1, 4.0))
    lucky.run(330)
    assert lucky.exploit_report("constant 0.35").budgets == (4.0,) and lucky._state.alive.sum() == 1
    np.testing.assert_allclose(lucky.first_prices()[-40:], 0.35)
    one, many = (LogicalInductor(Stream(coin), [Constants(BELIEFS)], ladder=BudgetLadder(n)) for n in (1, 8))
    one.run(120)
    many.run(120)
    assert np.std(one.first_prices()[-30:]) == 0 and abs(one.price("x120") - 0.3) > 0.1
    assert abs(many.price("x120") - 0.3) < 0.06
    assert one._state.alive.sum() == 0 < many._state.alive.sum()


def test_prices_become_coherent_and_theorems_certain():
    sentences = ("a", "b", "c", "a | b")
    theory = Schedule(sentences, {5: (exactly_one("a", "b", "c"),), 25: ("a",)})
    market = LogicalInductor(theory, [Constants([0.1, 0.5, 0.6]), DutchBook(), Provability()])
    market.run(24)
    assert abs(sum(market.price(name) for name in "abc") - 1) < 0.02 and market.coherence_gap() < 0.02
    assert 0.1 < market.price("a") < 0.9
    market.run(40)
    np.testing.assert_allclose([market.price(s) for s in sentences], [1, 0, 0, 1], atol=0.02)
    assert market.coherence_gap() < 0.02 and market.properties().restlessness < 0.02
    book = market.exploit_report("Dutch book")
    assert book.lowest >= -1e-9 and book.budgets == tuple(BudgetLadder().budgets)


def test_what_is_not_decided_is_never_certain():
    market = LogicalInductor(Schedule(("a",), {}), [Constants([0.05, 1.0])], weights=[0.1, 1.0])
    market.run(60)
    path = market.path("a")
    assert path[0] > 0.99 and path.min() > 1e-3 and path.max() < 1 - 1e-3 and path[-1] < 0.2


def test_a_sentence_about_its_own_price():
    market = LogicalInductor(Stream(lambda day, price: price < 0.4), [Constants([0.3, 0.4, 0.5])])
    market.run(120)
    assert abs(market.first_prices()[-60:].mean() - 0.4) < 0.02


def test_nearest_coherent_prices():
    rng = np.random.default_rng(0)
    for sentences in (2, 5, 9):
        for _ in range(10):
            corners = np.unique(rng.integers(0, 2, (12, sentences)), axis=0)
            point = rng.uniform(-0.3, 1.3, sentences)
            found = nearest(corners.astype(float), point)
            # nothing in the hull lies further towards the point
            assert ((corners - found) @ (point - found)).max() <= 1e-12
            assert coherence_gap(found, corners.astype(bool)) < 1e-9


class Threshold(AbstractTraders):
    """A demand that jumps, and one that is no number."""

    def __init__(self, least=0.5, jump=1.0):
        self.least, self.jump = least, jump

    @property
    def names(self):
        return ("threshold",)

    def strategy(self, day):
        return lambda prices: (
            np.where(prices < self.least, self.jump, -self.jump)[None] / (self.jump if day.number > 3 else 1)
        )


@pytest.mark.parametrize(
    ("trader", "error", "told"),
    [
        (Threshold(), UncertifiedPrices, "must be continuous"),
        (Threshold(jump=np.inf), ValueError, "trader 'threshold' is not finite"),
    ],
)
def test_a_trader_that_is_refused_changes_nothing(trader, error, told):
    market = LogicalInductor(Stream(coin), [Constants([0.2]), trader])
    state = market._state
    with pytest.raises(error, match=told):
        market.run(40)
    while len(market.history) != len(market.days):
        pytest.fail("half a day was kept")
    before, days = market._state, len(market.days)
    with pytest.raises(error, match=told):
        market.step()
    assert market._state is before and len(market.days) == days and (days > 0 or before is state)


def test_a_demand_that_is_no_number_is_named():
    for sentences in (1, 2):
        with pytest.raises(ValueError, match="clear: expected a demand of finite shares"):
            clear(lambda prices: prices * np.nan, np.full(sentences, 0.5), 1e-6)


def test_an_inconsistent_theory_changes_nothing():
    market = LogicalInductor(Schedule(("a", "b"), {3: ("a & ~b",), 5: ("b",)}), [Constants([0.5])])
    market.run(4)
    before = market._state
    with pytest.raises(ValueError, match="inconsistent"):
        market.step()
    assert market._state is before and len(market.history) == 4
    for wrong in (
        {"traders": []},
        {"traders": [Constants([0.5]), Constants([0.5])]},
        {"weights": [1.0, 2.0]},
        {"tolerance": 0.0},
    ):
        with pytest.raises(ValueError, match="LogicalInductor"):
            LogicalInductor(market.process, **{"traders": market.traders, **wrong})
    with pytest.raises(ValueError, match="no trader 'ann'"):
        market.exploit_report("ann")


def test_prices_of_many_sentences_are_certified():
    rng = np.random.default_rng(0)
    for sentences in (2, 4, 7):
        matrix = rng.normal(size=(sentences, sentences))
        slope, target = 5 * matrix @ matrix.T + np.eye(sentences), rng.uniform(-0.3, 1.3, sentences)
        found = clear(lambda p, s=slope, t=target: np.clip(s @ (t - p), -1, 1), np.full(sentences, 0.5), 1e-9)
        assert found.gap <= 1e-9 and np.all((found.prices >= 0) & (found.prices <= 1))


@pytest.mark.parametrize("sentences", [2, 4, 6])
def test_prices_are_found_where_steep_demands_pull_at_each_other(sentences):
    """Six traders whose targets move tenfold with the other prices: Newton, Powell and shrinking steps alone miss about one in four."""
    for seed in range(10):
        rng = np.random.default_rng(seed)
        pull = 10 * rng.normal(size=(6, sentences, sentences))
        targets, weights = rng.uniform(0, 1, (6, sentences)), rng.dirichlet(np.ones(6))

        def demand(p, pull=pull, targets=targets, weights=weights):
            return weights @ np.clip((targets + pull @ (p - 0.5) - p) / 0.05, -1, 1)

        found = clear(demand, np.full(sentences, 0.5), 1e-9)
        assert found.gap == certificate(demand(found.prices), found.prices) <= 1e-9


def test_simplices_lead_to_the_fixed_point():
    """A turn by a right angle that shrinks has one; where a point is linear it is met at once."""
    turn = np.array([[0.0, -0.9, 0.0], [0.9, 0.0, 0.2], [0.1, 0.0, -0.5]])
    middle = np.array([0.3, 0.6, 0.45])
    first = next(fixed_points(lambda x: np.clip(middle + turn @ (x - middle), -1, 2), np.full(3, 0.5)))
    np.testing.assert_allclose(first, middle, atol=1e-12)
    *_, last = fixed_points(lambda x: np.cos(x[::-1]), np.array([0.1, 0.9]))
    np.testing.assert_allclose(last, 0.7390851332151607, atol=1e-12)
