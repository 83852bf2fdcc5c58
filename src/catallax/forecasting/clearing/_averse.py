"""Call markets of traders who shy risk."""

from __future__ import annotations

import equinox as eqx
from jaxtyping import Float

from catallax.forecasting._mechanism import Numbers, doubled
from catallax.forecasting.clearing._call_market import AbstractCallMarket
from catallax.forecasting.clearing._settings import within


class AbstractAverse(AbstractCallMarket):
    """A call market whose traders differ in one number, their aversion to risk; what it means is the subclass's."""

    aversion: Float[Numbers, "*traders"] = eqx.field(converter=doubled, default=1.0)
    """One for all traders or one each, above 0."""

    def __check_init__(self) -> None:
        within(type(self).__name__, "aversion", self.aversion)
