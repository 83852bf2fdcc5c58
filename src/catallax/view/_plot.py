"""Every picture by its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from catallax.view._books import books_of
from catallax.view._compare import compare_of
from catallax.view._equilibrium import equilibrium_of
from catallax.view._flow import flow_of
from catallax.view._population import how_to_read_population, population_of
from catallax.view._prices import how_to_read_prices, price_history_of, prices_of
from catallax.view._returns import how_to_read_returns, returns_of
from catallax.view._source import Source
from catallax.view._speed import speed_of
from catallax.view._style import style
from catallax.view._wealth import holders_of, wealth_history_of, wealth_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Picture(NamedTuple):
    """A picture that the report knows."""

    draw: Callable[[Source], Figure]
    title: str
    how_to_read: str | Callable[[Source], str]
    """One sentence under the picture."""

    def caption(self, source: Source) -> str:
        """The sentence for this run."""
        return self.how_to_read if isinstance(self.how_to_read, str) else self.how_to_read(source)


PICTURES: dict[str, Picture] = {
    "compare": Picture(
        compare_of,
        "Against other methods",
        "Each bar is a method's mean discounted return from the start, its whisker one standard error; the dashed line is "
        "the best that any policy can do.",
    ),
    "return": Picture(
        returns_of,
        "Return over time",
        how_to_read_returns,
    ),
    "prices": Picture(
        prices_of,
        "Price beside true value",
        how_to_read_prices,
    ),
    "price_history": Picture(
        price_history_of,
        "Price over time",
        "The line settles when bids stop changing; fresh worlds should then cost what they are worth.",
    ),
    "flow": Picture(
        flow_of,
        "Who earned the reward",
        "One episode, owners in order from left to right and money in the other direction: the reward enters green, each "
        "owner hands part of it back to the one before as the price it paid, and the bars are what it kept.",
    ),
    "wealth": Picture(
        wealth_of,
        "Wealth and its concentration",
        "The further the Lorenz curve sags below the diagonal, the fewer agents own most; Gini and Herfindahl say the same "
        "in one number over time (near 0: shared by all, near 1: owned by one).",
    ),
    "wealth_history": Picture(
        wealth_history_of,
        "Wealth over time",
        "Money enters as reward and endowment and leaves through house and levies; a large orange part means a single rich agent.",
    ),
    "holders": Picture(
        holders_of,
        "Who holds it",
        "The ten richest at the end; agents of one label are summed.",
    ),
    "population": Picture(
        population_of,
        "Births and deaths",
        how_to_read_population,
    ),
    "equilibrium": Picture(
        equilibrium_of,
        "Distance to equilibrium",
        "Above, by how much what was handed over in the worst tick missed the best for everybody; below, how many buyers spent all "
        "they could, and how many goods were free.",
    ),
    "books": Picture(
        books_of,
        "Conservation",
        "Every credit is on one of these accounts and what one gains another loses, so the curves add up to exactly zero at "
        "every moment.",
    ),
    "speed": Picture(
        speed_of,
        "Cost and speed",
        "Ticks count all instances together; compilation is paid once; the command line keeps it for the next start.",
    ),
}


def names() -> list[str]:
    """Names that `plot` and `run.plot` know."""
    return list(PICTURES)


def plot(name: str, thing: Any, *, dark: bool = False) -> Figure:
    """A picture of a run as a matplotlib figure: `plot("prices", "runs/demo").savefig("prices.png")`.

    Args:
        name: one of `names()`.
        thing: a run folder or its path, a run in memory, a `Source`, or a mapping of trace columns.
        dark: light ink on dark paper.

    Raises:
        ValueError: if there is no picture of that name; the message lists them.
    """
    if name not in PICTURES:
        raise ValueError(f"plot: there is no picture {name!r}; there are: {', '.join(PICTURES)}.")
    source = Source.of(thing)
    with style(dark):
        return PICTURES[name].draw(source)


def plot_run(name: str, run: Any) -> Figure:
    """A picture of a run in memory, `run.plot(name)`."""
    return plot(name, run)
