"""Worlds with several objectives, and consumers who pay for one each."""

import jax.numpy as jnp
import numpy as np
import pytest

from catallax.agents import ObjectiveBuyer
from catallax.core import Step
from catallax.envs import CONCAVE_SEA, Objectives


def discounted(amount, ticks, d=0.99):
    """Of a treasure, and of the ticks to it."""
    return [amount * d ** (ticks - 1), -(1 - d**ticks) / (1 - d)]


def test_weights_pick_the_deepest_or_the_nearest_treasure():
    sea = Objectives.deep_sea()
    np.testing.assert_allclose(sea.worth(sea.best([0.99, 0.01])), discounted(23.7, 19), rtol=1e-5)
    np.testing.assert_allclose(sea.worth(sea.best([0.1, 0.9])), discounted(0.7, 1), rtol=1e-5)


def test_few_weights_pick_what_lies_inside_a_concave_front():
    sea = Objectives.deep_sea(CONCAVE_SEA)
    ends = np.array([discounted(1, 1), discounted(124, 19)])
    picked = np.array([sea.worth(sea.best([w, 1 - w])) for w in (0.02, 0.1, 0.13, 0.15, 0.6)])
    assert np.abs(picked[:, None] - ends[None]).max(2).min(1).max() < 1e-3
    assert len(np.unique(picked.round(2), axis=0)) == 2


def test_gathering_pays_at_home_and_enemies_kill_one_visit_in_ten():
    world, d = Objectives.gathering(), 0.99
    np.testing.assert_allclose(world.worth(world.best([1.0, 0.01, 0.0])), [0.0, d**11, 0.0], rtol=1e-4)
    # both, round both enemies: 18 ticks
    np.testing.assert_allclose(world.worth(world.best([0.01, 1.0, 1.0])), [0.0, d**17, d**17], rtol=1e-4, atol=1e-6)
    # in a hurry, the gold past an enemy on the way there and back
    hasty = Objectives.gathering(discount=0.8)
    past = hasty.worth(hasty.best([0.0, 1.0, 0.0]))
    np.testing.assert_allclose(past, [-0.1 * 0.8**2 - 0.09 * 0.8**4, 0.81 * 0.8**7, 0.0], rtol=1e-4)


def told(amounts, delivered):
    return Step(
        (), jnp.zeros(1), jnp.zeros(1), jnp.array([delivered]), jnp.array([False]), {"objectives": jnp.array([amounts])}
    )


@pytest.mark.parametrize(
    ("delivered", "pays"), [(False, 0.0), (True, 0.5 * 99.0)], ids=["on the way", "at the end"]
)  # fmt: skip
def test_a_loss_each_tick_is_a_payment_for_an_early_end(delivered, pays):
    buyer = ObjectiveBuyer(1e4, 0.0, objective=1, price=0.5, lift=100.0, discount=0.99)
    seen = buyer.seen(told([7.0, -1.0], delivered))[0]
    assert float(buyer.value(seen, jnp.asarray(1e4), jnp.asarray(delivered))) == pytest.approx(pays, rel=1e-6)
    assert float(buyer.value(seen, jnp.asarray(20.0), jnp.asarray(delivered))) == min(pays, 20.0)


def test_a_world_without_objectives_is_named():
    plain = Step((), jnp.zeros(1), jnp.zeros(1), jnp.array([True]), jnp.array([False]), {})
    with pytest.raises(ValueError, match="says nothing of objectives"):
        ObjectiveBuyer(1.0, 0.0, objective=0).seen(plain)
    with pytest.raises(ValueError, match="numbered from 0"):
        ObjectiveBuyer(1.0, 0.0, objective=-1)
