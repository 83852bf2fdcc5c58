"""Who computes the points."""

from __future__ import annotations

import abc
from collections.abc import Callable, Generator, Sequence

from catallax.lab._sweeps._points import Batch, Outcome

Work = Callable[[Batch], list[Outcome]]
Started = Callable[[Batch], None]
Found = Generator[tuple[Batch, list[Outcome]]]


class AbstractExecutor(abc.ABC):
    """Computes batches of points somewhere; each is the same computation wherever it happens."""

    @abc.abstractmethod
    def run(self, work: Work, batches: Sequence[Batch], started: Started) -> Found:
        """Outcomes as they come, in any order; closing the iterator stops what is under way.

        Args:
            work: picklable; tells errors as outcomes.
            batches: what is to be computed.
            started: to be called with each batch when it is handed over to be computed.
        """


class Here(AbstractExecutor):
    """In this process, one batch after the other."""

    def run(self, work: Work, batches: Sequence[Batch], started: Started) -> Found:
        """Outcomes in order."""
        for batch in batches:
            started(batch)
            yield batch, work(batch)
