"""Many wishes made into one decision."""

import numpy as np
import pytest

from catallax.language.feedback import average, borda, bradley_terry, choices, maximal_lottery


def test_a_fit_to_pooled_choices_orders_options_as_borda_does_and_expects_their_wins():
    luck = np.random.default_rng(3)
    for _ in range(10):
        wins = choices(luck.random((3, 4)), luck.dirichlet(np.ones(3)), temperature=0.3)
        np.testing.assert_allclose(wins + wins.T, 1)
        scores = bradley_terry(wins)
        assert np.argsort(scores).tolist() == np.argsort(borda(wins)).tolist()
        expected = 1 / (1 + np.exp(scores[None] - scores[:, None]))
        np.testing.assert_allclose(expected.sum(1), wins.sum(1), atol=1e-8)


def test_who_feels_strongly_is_heard_by_an_average_and_not_by_choices():
    likes, shares = np.array([[0.2, 0.1], [0.0, 1.0]]), np.array([0.6, 0.4])
    assert average(likes, shares).argmax() == 1
    assert choices(likes, shares).tolist() == [[0.5, 0.6], [0.4, 0.5]]
    assert choices(likes, shares, mistaken=0.5)[0, 1] == pytest.approx(0.55)


def test_no_lottery_beats_the_maximal_one():
    wins = choices(np.random.default_rng(5).random((3, 5)), np.array([0.4, 0.35, 0.25]))
    chances = maximal_lottery(wins)
    assert chances.sum() == pytest.approx(1) and np.all(chances @ (wins - wins.T) >= -1e-9)
    assert maximal_lottery(np.array([[0.5, 0.6], [0.4, 0.5]])).tolist() == [1.0, 0.0]


def test_choices_refuse_what_cannot_be():
    with pytest.raises(ValueError, match="temperature"):
        choices(np.ones((1, 2)), np.ones(1), temperature=-1.0)
