"""The marginal value mechanism: what it pays, how it is played, what it leaves untold, and that bandits find the same."""

from __future__ import annotations

from itertools import accumulate
from operator import or_

import numpy as np
import pytest

from catallax.forecasting import marginal_values
from catallax.language import worlds
from catallax.language.worlds.marginal_value import (
    Case,
    cost_of_the_rest,
    counterexample,
    equilibrium,
    game_tree,
    shortfall,
    simulate,
    solve,
    train,
)

ALL = {"I1": 1, "I2": 1, "I3": 1}


def random_case(luck: np.random.Generator, atoms: int) -> Case:
    """Expected utilities of three actions, whatever is told."""
    return Case.told(luck.random((2**atoms, 3)), luck.uniform(0, 0.3, atoms))


def test_rewards_are_those_of_the_fact_check():
    case = Case.of(worlds.fact_check(), {"I1": 1, "I2": 1})
    np.testing.assert_allclose(case.rewards([1, 3]), [-0.0471, 0.0915], atol=5e-5)
    world = worlds.fact_check()
    np.testing.assert_allclose(case.rewards([1, 3]), marginal_values(world.joint, [(0, 1), (1, 1)]), atol=1e-12)
    assert solve(case).first == 3  # the misleading half is not worth telling, the whole is


def test_rewards_telescope():
    luck, largest = np.random.default_rng(0), 0.0
    for atoms in (2, 3, 4) * 30:
        case = random_case(luck, atoms)
        shown = list(accumulate((1 << luck.permutation(atoms)[: luck.integers(1, atoms + 1)]).tolist(), or_))
        whole = float(case.worth(shown[-1], shown[-1]) - case.worth(shown[-1], 0)) - float(case.costs[shown[-1]])
        largest = max(largest, abs(float(case.rewards(shown).sum()) - whole))
    assert largest < 1e-12


def inextensible(case: Case, told: int) -> bool:
    """By quantifiers alone: whatever is added, it does not pay, or a reply that is itself inextensible makes it not pay."""
    for larger in supersets(case, told):
        if inextensible(case, larger):
            ends = [larger]
        else:
            ends = [
                end for end in supersets(case, larger) if paid(case, larger, end, end) > 0 and inextensible(case, end)
            ]
        if all(paid(case, told, larger, end) > 0 for end in ends):
            return False
    return True


def supersets(case: Case, told: int) -> list[int]:
    return [larger for larger in range(told + 1, len(case.beliefs)) if larger & told == told]


def paid(case: Case, before: int, after: int, end: int) -> float:
    """For a move, judged at the end."""
    mine = case.worth(end, after) - case.worth(end, before)
    return float(mine) - float(case.costs[after] - case.costs[before])


def test_kernel_is_the_definition_by_quantifiers():
    luck = np.random.default_rng(1)
    for atoms in (2, 3) * 25:
        case = random_case(luck, atoms)
        kernel = solve(case).kernel
        assert [inextensible(case, told) for told in range(len(kernel))] == kernel.tolist()


def test_game_tree_plays_the_kernel():
    """Backward induction over histories: one move, to the inextensible set that earns most, and nothing after it."""
    luck, silent = np.random.default_rng(2), 0
    for number in range(60):
        case = random_case(luck, 2 + number % 3)
        solution = solve(case)
        first = solution.first
        silent += first == 0
        assert game_tree(case) == ((first,) if first else ())
        assert solution.kernel[first]
        episode = simulate(case, [equilibrium(case)] * 3)
        assert episode.shown == ((first,) if first else ())
        assert float(episode.rewards.sum()) == pytest.approx(solution.gains[0], abs=1e-12)
    assert 0 < silent < 60


def test_a_defence_dearer_than_the_stake_silences_the_answer():
    """With the other two at 0.1: told and paid 0.9 while the defence costs less than the stake of 1, silent above."""
    for defence, first, reward, lost in ((0.1, 1, 0.9, 0), (0.99, 1, 0.9, 0), (1.01, 0, 0, 1), (100.0, 0, 0, 1)):
        case = Case.of(worlds.rebuttal(defence), ALL)
        solution = solve(case)
        assert solution.first == first
        assert game_tree(case) == ((first,) if first else ())
        assert solution.gains[0] == pytest.approx(reward, abs=1e-12)
        assert shortfall(case) == pytest.approx(lost, abs=1e-12)


def test_no_shortfall_exceeds_what_the_rest_costs():
    luck = np.random.default_rng(3)
    cases = [random_case(luck, 2 + number % 3) for number in range(60)]
    assert any(shortfall(case) > 0.05 for case in cases)
    assert counterexample(cost_of_the_rest, cases) is None
    found = counterexample(lambda case: 0.5 * cost_of_the_rest(case), cases)
    assert found is not None and shortfall(found) > 0.5 * cost_of_the_rest(found)


def test_bandits_learn_to_tell_what_the_kernel_tells():
    """In at least 95 % of rows: someone's misleading half, a good answer, a silent case."""
    luck = np.random.default_rng(4)
    cases = [
        Case.of(worlds.fact_check(), {"I1": 1, "I2": 1}),
        Case.of(worlds.rebuttal(0.5), ALL),
        Case.of(worlds.rebuttal(1.5), ALL),
        random_case(luck, 2),
    ]
    for case in cases:
        trained = train(case, episodes=1_500, seeds=40)
        assert np.mean(np.all(trained.told == solve(case).first, axis=1)) >= 0.95
    assert simulate(cases[1], train(cases[1], 1_500, seeds=1).policies(0)).shown == (1,)


def test_bad_cases_are_named():
    case = Case.of(worlds.fact_check(), {"I1": 1, "I2": 1})
    with pytest.raises(ValueError, match="contain the one before"):
        case.rewards([3, 1])
    with pytest.raises(ValueError, match="contain the one before"):
        simulate(case, [lambda told: 4])
    with pytest.raises(ValueError, match="at least one"):
        simulate(case, [])
    with pytest.raises(ValueError, match="4 rows"):
        Case.told(np.zeros((3, 2)), [0.1, 0.1])
    with pytest.raises(ValueError, match="at least 0"):
        Case.told(np.zeros((2, 2)), [-0.1])
    with pytest.raises(ValueError, match="at most"):
        Case.told(np.zeros((2, 2)), [0.1] * 15)
