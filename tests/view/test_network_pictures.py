"""The pictures of production networks."""

import jax.numpy as jnp
import numpy as np
import pytest

import catallax as cx
from catallax import view


def words(figure):
    from matplotlib.text import Text

    return " ".join(t.get_text() for t in figure.findobj(Text))


def test_edges_are_as_wide_as_their_flows():
    economy = cx.production.examples.simple_split()
    picture = view.network(economy, jnp.asarray([[0.25], [0.75]]), ["farm", "ann", "bob"])
    picture.canvas.draw()
    widths = sorted(patch.get_linewidth() for patch in picture.axes[0].patches)
    np.testing.assert_allclose(widths, [0.5 + 7 / 3, 7.5], rtol=1e-5)
    assert (
        "farm" in words(picture) and "welfare 4.96 credits" in words(picture) and "credits per unit" in words(picture)
    )


def test_cycles_lie_on_a_circle():
    pn = cx.production
    firm = pn.Firm(pn.Linear([[0.5]]), 1.0, pn.LinearUtility([1.0]))
    view.network(
        pn.Economy([firm] * 3, [(0, 1), (1, 2), (2, 0), (0, 0)]), jnp.asarray([[0.5], [1.0], [1.0], [0.5]])
    ).canvas.draw()


def test_dispersion_falls_as_welfare_climbs():
    pn = cx.production
    economy = pn.examples.simple_split()
    course = pn.Planner().fit(economy, economy.uniform(), 5)
    picture = view.price_dispersion({"mirror ascent": course})
    picture.canvas.draw()
    assert "price dispersion" in words(picture) and "mirror ascent" in words(picture)


def test_prices_before_and_after_a_shock():
    picture = view.price_response({"ore": np.linspace(1.0, 2.0, 6)}, {"ore": (1.0, 2.0)}, 3)
    picture.canvas.draw()
    assert "ore" in words(picture) and len(picture.axes[0].collections) == 2


def test_too_many_nodes_are_refused():
    pn = cx.production
    many = pn.Economy([pn.Many(90, endowment=1.0)], np.stack([np.arange(89), np.arange(1, 90)], 1))
    with pytest.raises(ValueError, match="too many to be told apart"):
        view.network(many, many.uniform())
