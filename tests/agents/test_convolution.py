"""Convolutions in front of bidders: the same as XLA's, and they learn."""

from __future__ import annotations

import equinox as eqx
import jax
import numpy as np
import pytest

from catallax.agents import Convolution, Network, networks
from catallax.core import Box, Discrete

SPACE = Box((9, 8, 3))


@pytest.mark.parametrize(("kernel", "stride"), [(2, 2), (3, 1), (3, 2), (4, 4)])
def test_features_are_those_of_a_convolution(kernel, stride):
    net = networks.network(jax.random.key(0), SPACE, 4, 1, Convolution((5,), (kernel,), (stride,)), 2)
    x = jax.random.normal(jax.random.key(1), (6, 9, 8, 3))
    weight, bias = net.filters[0]
    exact = jax.lax.conv_general_dilated(
        x, weight.reshape(kernel, kernel, 3, 5), (stride, stride), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )
    ours = net.features(x.reshape(6, -1), jax.nn.relu)
    np.testing.assert_allclose(ours, jax.nn.relu(exact + bias[None, None, None]).reshape(6, -1), atol=1e-5)
    # one observation alone
    np.testing.assert_allclose(net.features(x[0].reshape(-1), jax.nn.relu), ours[0], atol=1e-6)


def test_first_bids_are_uniform_whatever_is_seen():
    agent = eqx.filter_jit(Network)(
        SPACE, action=1, key=jax.random.key(0), convolution=Convolution((4, 4), (3, 2), (2, 1)), bid_scale=2.0
    )
    seen = jax.random.normal(jax.random.key(1), (3, *SPACE.shape))
    np.testing.assert_allclose(jax.vmap(agent.expected_bid)(seen), 1.0, atol=1e-5)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Convolution((4,), (2, 2), (1,)), "one number >= 1 for each layer"),
        (lambda: Convolution((4,), (0,), (1,)), "one number >= 1 for each layer"),
        (lambda: Convolution((4,), (9,), (1,)).side(8, 8), "a kernel of 9 does not fit into 8 x 8"),
        (
            lambda: Network(Discrete(3), action=0, key=jax.random.key(0), convolution=Convolution()),
            "needs a Box of rows",
        ),
    ],
)
def test_bad_settings_are_named(make, says):
    with pytest.raises(ValueError, match=says):
        make()
