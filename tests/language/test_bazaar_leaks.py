"""Nothing leaves an enclave but a verdict, and the tests that say so would notice if it did."""

import contextlib
import sys

import pytest

from catallax.lab import load_experiment

LEAKS = load_experiment("bazaar_leaks")
ATTACK = sys.modules[LEAKS.run.__module__]
EPISODES = ATTACK.episodes


def test_random_episodes_keep_their_secrets():
    config = LEAKS.config(episodes=30, twins=8, secrets=24, duels=16)
    parts = (ATTACK.generated, ATTACK.twins, ATTACK.capacity, ATTACK.ends)
    missed = [finding for part in parts for finding in part(config) if not finding.reached]
    assert not missed


def differ(number):
    first = EPISODES.episode(number)
    return EPISODES.observed(first) != EPISODES.observed(EPISODES.episode(number, EPISODES.declined(first)))


@pytest.mark.parametrize("name", ATTACK.mutations())
def test_a_hole_in_the_wall_is_noticed(name):
    with contextlib.ExitStack() as stack:
        for hole in ATTACK.mutations()[name]:
            stack.enter_context(hole)
        assert any(EPISODES.episode(number).leaks for number in range(300))
        assert "rationale" not in name or any(differ(number) for number in range(100))


@pytest.mark.parametrize(("name", "secrets"), list(zip(ATTACK.channels(), (150, 200, 50), strict=True)))
def test_a_channel_through_the_wall_passes_more_than_it_may(name, secrets):
    hole, measured = ATTACK.channels()[name]
    with hole:
        assert not measured(LEAKS.config(secrets=secrets)).reached


@pytest.mark.parametrize("name", ATTACK.purses())
def test_a_contractor_that_spends_more_than_its_share_is_noticed(name):
    with ATTACK.purses()[name]:
        assert ATTACK.greediest(24)["spent"] > 1
