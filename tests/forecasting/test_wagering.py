"""The seven properties of weighted-score wagering, by random search."""

import numpy as np
import pytest

from catallax.forecasting import mean_score, median_score, quadratic_score, wager


@pytest.fixture(scope="module")
def draws():
    rng = np.random.default_rng(0)
    return [(rng.random(5), rng.uniform(0, 3, 5), float(rng.integers(2))) for _ in range(40)]


def test_the_budget_balances(draws):
    for reports, wagers, happened in draws:
        assert abs(wager(reports, wagers, happened).sum() - wagers.sum()) < 1e-12


def test_names_do_not_matter(draws):
    order = np.array([3, 0, 4, 1, 2])
    for reports, wagers, happened in draws:
        np.testing.assert_allclose(
            wager(reports[order], wagers[order], happened), wager(reports, wagers, happened)[order], atol=1e-12
        )


def expected(reports, wagers, belief, who=0):
    return sum(
        chance * (wager(reports, wagers, happened)[who] - wagers[who])
        for happened, chance in ((1.0, belief), (0.0, 1 - belief))
    )


def test_the_truth_is_best_and_costs_nothing(draws):
    rng = np.random.default_rng(1)
    for reports, wagers, _ in draws:
        belief, lie = rng.random(2)
        honest, lying = reports.copy(), reports.copy()
        honest[0], lying[0] = belief, lie
        gain = expected(honest, wagers, belief)
        assert gain >= expected(lying, wagers, belief) - 1e-12
        assert gain >= -1e-12


def test_two_accounts_are_worth_one(draws):
    for reports, wagers, happened in draws:
        split = wager(np.append(reports, reports[0]), np.append(wagers * [0.3, 1, 1, 1, 1], 0.7 * wagers[0]), happened)
        np.testing.assert_allclose(split[0] + split[-1], wager(reports, wagers, happened)[0], atol=1e-12)


def test_a_newcomer_moves_the_others_one_way(draws):
    """Normal: whoever reports worse than somebody and changes toward it, harms or helps nobody in the wrong direction."""
    for reports, wagers, happened in draws:
        better = reports.copy()
        better[0] = (reports[0] + happened) / 2
        change = wager(better, wagers, happened) - wager(reports, wagers, happened)
        assert change[0] >= -1e-12
        assert np.all(change[1:] <= 1e-12)


def test_more_at_stake_is_more_to_win_or_lose(draws):
    for reports, wagers, happened in draws:
        more = wagers.copy()
        more[0] *= 1.5
        gain, larger = (wager(reports, stake, happened)[0] - stake[0] for stake in (wagers, more))
        assert abs(larger) >= abs(gain) - 1e-12
        assert np.sign(larger) == np.sign(gain)


def test_nobody_loses_its_wager_or_more_than_doubles_it(draws):
    for reports, wagers, happened in draws:
        payouts = wager(reports, wagers, happened)
        assert np.all((payouts >= 0) & (payouts <= 2 * wagers + 1e-12))


def test_scores_of_numbers_ask_for_median_and_mean():
    happened = np.array([0.0, 1.0, 5.0])
    for score, best in ((median_score(0.0, 10.0), 1.0), (mean_score(0.0, 10.0), 2.0)):
        values = [np.mean(np.asarray(score(report, happened))) for report in np.linspace(0, 6, 61)]
        assert np.linspace(0, 6, 61)[int(np.argmax(values))] == pytest.approx(best)
    assert quadratic_score(np.array([1.0]), 1.0)[0] == 1.0


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (lambda: wager(np.array([0.5, 0.5]), np.array([1.0, -1.0]), 1.0), "at least 0"),
        (lambda: wager(np.array([0.5, 0.5]), np.array([0.0, 0.0]), 1.0), "not all of them 0"),
        (lambda: wager(np.array([2.5, 0.5]), np.array([1.0, 1.0]), 1.0), r"lie in \[0, 1\]"),
        (lambda: median_score(1.0, 1.0), "low < high"),
    ],
)
def test_wrong_wagers_are_refused(act, told):
    with pytest.raises(ValueError, match=told):
        act()
