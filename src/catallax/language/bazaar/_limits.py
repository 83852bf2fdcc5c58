"""Hard stops of a run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What a run may take at most, whatever informers and contractors do.

    Seconds bind code that waits: who computes without `await` stops the event loop, and no clock in it can tell. Who does not end
    when its time is over is left behind.

    Args:
        patience: seconds that an informer has for an answer.
        inspection: seconds that a contractor has for a verdict, and a buyer for its output.
        run: seconds for all rounds of a run; what was bought until then counts.
        bill: micro-dollars of a run at providers, for what contractors, informers and the buyer's decider quote; reserved and booked
            before each call. A call there is no room for is not made and ends the run. A contractor whose bill is above its
            quote is not asked again. `None` for no ceiling.
        bill_step: micro-dollars; what contractors quote is rounded up to it, or to 2, 4, 8... times as much.
        offers: offers of an informer in a round.
        characters: the longest text; teasers have a tenth of it.
        tries: times a contractor is asked before an inspection has failed.
        failures: failed inspections after which an offer is not looked at any more.
        likeness: share of runs of three words from which on two texts count as the same.

    Raises:
        ValueError: for limits that let nothing through.
    """

    patience: float = 30.0
    inspection: float = 120.0
    run: float = 3600.0
    bill: int | None = None
    bill_step: int = 1_000
    offers: int = 8
    characters: int = 20_000
    tries: int = 2
    failures: int = 2
    likeness: float = 0.8

    def __post_init__(self) -> None:
        least = min(self.patience, self.inspection, self.run, self.likeness)
        whole = min(self.bill_step, self.offers, self.characters, self.tries, self.failures)
        if not least > 0 or whole < 1 or (self.bill is not None and self.bill < 0):
            raise ValueError(f"Limits: expected seconds and likeness above 0 and counts of at least 1, got {self}.")
