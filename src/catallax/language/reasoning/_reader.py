"""Who searches: an agent that reads portions and appends to them."""

from __future__ import annotations

import abc
from collections.abc import Iterable, Sequence

from catallax.language.reasoning._goods import Holding, Listing, Portion, Reading, Work


class AbstractReader(abc.ABC):
    """An agent of the wide market: it bids for the right to read portions, and appends messages to what it read.

    `appraise` runs on a copy of the agent that is thrown away: the only thing that comes back is the bid, and the market does
    not tell it to the agent.

    Args:
        name: its account.
        quote: the most that `act` may cost, micro-credits; put aside before it is called.
    """

    name: str
    quote: int = 0

    def wants(self, listings: Sequence[Listing]) -> Iterable[Portion]:
        """Portions it would like to see, judged by their public sides; each is inspected once, for the market's fee.

        Args:
            listings: of all messages. By default every message that is no answer, alone.
        """
        return [(listing.id,) for listing in listings if not listing.final]

    @abc.abstractmethod
    async def appraise(self, reading: Reading) -> int:
        """What reading the portion is worth to it, all prices included, micro-credits; 0 or less for no bid."""

    @abc.abstractmethod
    async def act(self, reading: Reading) -> Work:
        """Messages appended to the portion, once it is paid."""

    def learn(self, holdings: Sequence[Holding]) -> None:  # noqa: B027 - learning is a choice
        """What became of its licences, after the episode."""
