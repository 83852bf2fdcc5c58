"""Networks of torch as markets and back."""

from __future__ import annotations

import equinox as eqx
import jax
import numpy as np
import pytest

import catallax as cx

torch = pytest.importorskip("torch", reason="needs the extra `torch`")
from torch import nn  # noqa: E402

X = np.random.default_rng(0).normal(size=(5, 6)).astype(np.float32)


@pytest.fixture(scope="module")
def network() -> nn.Sequential:
    torch.manual_seed(0)
    inner = nn.Sequential(nn.Linear(7, 7, bias=False), nn.GELU(), nn.Dropout(0.5))
    return nn.Sequential(nn.Linear(6, 7), nn.LayerNorm(7), nn.ReLU(), inner, nn.Linear(7, 3), nn.LogSoftmax(-1)).eval()


def said(network: nn.Module) -> np.ndarray:
    with torch.no_grad():
        return network(torch.tensor(X)).numpy()


def test_forward_passes_agree(network):
    market = cx.adapters.from_torch(network)
    assert len(market.firms) == 3
    np.testing.assert_allclose(market.forward(X), said(network), atol=1e-5)


def test_there_and_back_bit_by_bit(network):
    back = cx.adapters.to_torch(cx.adapters.from_torch(network))
    assert [type(module).__name__ for module in back] == [
        "Linear", "LayerNorm", "ReLU", "Linear", "GELU", "Dropout", "Linear", "LogSoftmax",
    ]  # fmt: skip
    for mine, theirs in zip(back.parameters(), network.parameters(), strict=True):
        assert torch.equal(mine, theirs)
    np.testing.assert_array_equal(said(back), said(network))


def test_an_mlp_of_equinox_goes_to_torch():
    mlp = eqx.nn.MLP(6, 3, 4, 1, key=jax.random.key(0))
    back = cx.adapters.to_torch(cx.markets.from_network(mlp))
    assert [type(module).__name__ for module in back] == ["Linear", "ReLU", "Linear", "Identity"]
    np.testing.assert_allclose(said(back), jax.vmap(mlp)(X), atol=1e-5)


@pytest.mark.parametrize("activation", [nn.Tanh(), nn.SiLU(), nn.ELU(), nn.LeakyReLU(), nn.Softplus(), nn.Softmax(-1)])
def test_activations_agree(activation):
    network = nn.Sequential(nn.Linear(6, 3), activation)
    market = cx.adapters.from_torch(network)
    np.testing.assert_allclose(market.forward(X), said(network), atol=1e-5)
    assert type(cx.adapters.to_torch(market)[1]) is type(activation)


def test_what_cannot_be_read_is_named():
    with pytest.raises(ValueError, match="cannot read a Conv2d"):
        cx.adapters.from_torch(nn.Sequential(nn.Conv2d(1, 1, 3)))
    with pytest.raises(ValueError, match="settings other than the default ones"):
        cx.adapters.from_torch(nn.Sequential(nn.Linear(6, 3), nn.LeakyReLU(0.5)))
    with pytest.raises(ValueError, match=r"cx\.adapters\.from_torch"):
        cx.markets.from_network(nn.Sequential(nn.Linear(6, 3)))
    learned = eqx.nn.Sequential([eqx.nn.Linear(6, 3, key=jax.random.key(0)), eqx.nn.Lambda(eqx.nn.PReLU())])
    with pytest.raises(ValueError, match="torch has no"):
        cx.adapters.to_torch(cx.markets.from_network(learned))
