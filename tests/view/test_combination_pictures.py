"""Pictures of combinatorial and latent-variable markets."""

import numpy as np
import pytest

from catallax import view
from catallax.forecasting.combinatorial import JunctionTreeMarket


def test_a_combinatorial_market_shows_who_owns_what_where() -> None:
    market = JunctionTreeMarket({"a": 2, "b": 3}, 5.0, [("a", "b")])
    with pytest.raises(ValueError, match="expected traders"):
        view.combinations(market)
    market.open("ann", 8.0)
    market.edit("ann", "b", 2, to=0.6, given={"a": 1})
    figure = view.combinations(market)
    top, bottom = figure.axes[:2]
    assert len(top.patches) == 5 and len(top.lines) == 1  # a bar for each state, a link
    said = [text.get_text() for text in bottom.texts]
    assert said == [f"{market.assets('ann', {'a': a, 'b': b}):.1f}" for a in range(2) for b in range(3)]
    assert len(bottom.patches) == 2  # the two states with the least


def test_latent_discovery_shows_slopes_and_losses() -> None:
    true, losses = np.array([[1.0, -2.0]]), np.array([[0.1, 0.01]])
    figure = view.latent_discovery(true, {"EM": true + 0.1}, np.array([10, 100]), {"EM": losses}, 0.2)
    np.testing.assert_allclose(figure.axes[0].lines[0].get_ydata(), [1.1, -1.9])
    np.testing.assert_allclose(figure.axes[1].lines[0].get_ydata(), losses[0])
    with pytest.raises(ValueError, match="latent_discovery: expected at least one"):
        view.latent_discovery(true, {}, np.array([10]), {"EM": losses}, 0.2)
