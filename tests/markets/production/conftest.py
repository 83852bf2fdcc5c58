"""What the tests of production networks share: double precision, and the economies of `economies.py`."""

import economies
import jax
import pytest


@pytest.fixture
def double():
    with jax.enable_x64(True):
        yield


@pytest.fixture
def layers(double):
    return economies.three_layers()


@pytest.fixture
def split(double):
    return economies.golden()
