"""What was traded, and why a price is what it is, as tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from catallax.forecasting.learning._wealth import Learned, Questions


class Trades(np.ndarray):
    """A structured array, one row for each trader at each question that was traded."""

    def to_frame(self) -> Any:
        """The same as a table of pandas.

        Raises:
            ImportError: if pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise ImportError("trade_log_.to_frame: needs pandas; run: pip install pandas") from error
        return pandas.DataFrame.from_records(np.asarray(self))


FIELDS = [
    ("time", np.int64),
    ("sample", np.int64),
    ("trader", np.int64),
    ("belief", np.float64),
    ("price", np.float64),
    ("before", np.float64),
    ("after", np.float64),
]


def trades(questions: Questions, learned: Learned, samples: np.ndarray, start: int = 0) -> Trades:
    """The log of questions traded: belief and price of what happened, wealth before and after.

    Args:
        questions: in the order traded.
        learned: what trading did.
        samples: which row of the table each question was.
        start: the time of the first question.
    """
    question, seat = np.nonzero(questions.here & (questions.weight > 0)[:, None])
    rows = np.empty(len(question), FIELDS)
    rows["time"], rows["sample"] = start + question, np.asarray(samples)[question]
    rows["trader"] = questions.seats[question, seat]
    rows["belief"] = np.einsum("qto,qo->qt", questions.beliefs, questions.resolution)[question, seat]
    rows["price"] = np.einsum("qo,qo->q", learned.prices, questions.resolution)[question]
    rows["before"], rows["after"] = learned.before[question, seat], learned.after[question, seat]
    return rows.view(Trades)


@dataclass(frozen=True)
class Explanation:
    """Who staked what on each row, and what that earns."""

    classes: np.ndarray
    prices: Float[np.ndarray, "rows classes"]
    seats: Int[np.ndarray, "rows present"]
    """Which traders came, as places in `wealth_`."""
    names: tuple[str, ...] | None
    """Of all traders, where they have one."""
    beliefs: Float[Any, "rows present classes"]
    shares: Float[Any, "rows present classes"]
    """Held; each pays a credit if its class is right."""
    paid: Float[Any, "rows present"]
    """Credits staked; all wealth together is 1."""
    profits: Float[np.ndarray, "rows present classes"]
    """Credits gained, for each class that may be right."""
    earned: Float[np.ndarray, "rows present"] | None
    """Credits gained with the labels given; None without."""

    def table(self, row: int = 0, most: int = 8) -> str:
        """One row as text, those who staked most first.

        Args:
            row: which.
            most: traders shown.
        """
        held = [f"price of {name}: {price:.4f}" for name, price in zip(self.classes, self.prices[row], strict=True)]
        lines = ["; ".join(held)]
        for seat in np.argsort(-self.paid[row])[:most]:
            place = int(self.seats[row, seat])
            name = f"trader {place}" if self.names is None else self.names[place]
            believed = int(self.beliefs[row, seat].argmax())
            says = f"believes {self.classes[believed]} with {self.beliefs[row, seat, believed]:.3f}"
            gains = f"gains {self.profits[row, seat, believed]:+.4f} if so"
            told = "" if self.earned is None else f", earned {self.earned[row, seat]:+.4f}"
            lines.append(f"{name} stakes {self.paid[row, seat]:.4f}, {says}, {gains}{told}")
        return "\n".join(lines)
