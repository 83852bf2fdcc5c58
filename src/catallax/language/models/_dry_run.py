"""What a run would cost, before a token is spent."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from catallax.core import to_credits
from catallax.language.models._metered import Prices
from catallax.language.models._model import AbstractModel
from catallax.language.models._offline import Program
from catallax.language.models._request import Request
from catallax.language.models._response import Response, Usage
from catallax.language.models._schema import smallest
from catallax.language.models._tokens import most, usual


@dataclass(frozen=True)
class Quote:
    """The price of calls that were not made.

    Args:
        calls: how many.
        most: tokens at most.
        usual: tokens by the rule of thumb of four bytes each, every answer as long as it may be.
        most_cost: micro-dollars at most.
        usual_cost: micro-dollars for `usual`.
    """

    calls: int = 0
    most: Usage = field(default_factory=Usage)
    usual: Usage = field(default_factory=Usage)
    most_cost: int = 0
    usual_cost: int = 0

    def __add__(self, other: Quote) -> Quote:
        return Quote(*(mine + theirs for mine, theirs in zip(vars(self).values(), vars(other).values(), strict=True)))

    def __str__(self) -> str:
        return (
            f"{self.calls} calls, at most {to_credits(self.most_cost):.6f} dollars"
            f" ({self.most.prompt_tokens} tokens read, {self.most.completion_tokens} written);"
            f" about {to_credits(self.usual_cost):.6f} at four bytes per token, if every answer is as long as it may be"
        )


def estimate(requests: Iterable[Request], prices: Prices) -> Quote:
    """The price of a list of requests, without asking.

    >>> from catallax.language.models import ask
    >>> print(estimate([ask("Two and two?", max_tokens=8)], Prices.dollars(prompt=1.0, completion=2.0)))
    1 calls, at most 0.000108 dollars (92 tokens read, 8 written); about 0.000019 at four bytes per token, if every answer is as long as it may be
    """
    return sum((_quoted(request, prices) for request in requests), Quote())


def _quoted(request: Request, prices: Prices) -> Quote:
    high, low = most(request), usual(request)
    return Quote(1, high, low, prices.cost(high), prices.cost(low))


class DryRun(AbstractModel):
    """Stands in for a priced model, answers for nothing, and adds up what the calls would have cost in `quote`.

    The price is that of the path the run takes with the stand-in's answers; a run whose number of calls depends on what is
    answered may take another. Answers are the smallest value that fits the request's schema, or the words `dry run`, and carry the
    usual cost, for those who go by bills.

    Args:
        prices: what the provider asks.
        answers: an offline model that answers more to the point.

    >>> import asyncio
    >>> from catallax.language.models import ask
    >>> dry = DryRun(Prices.dollars(prompt=1.0, completion=2.0))
    >>> asyncio.run(dry.complete(ask("Two and two?"))).text, dry.quote.calls
    ('dry run', 1)
    """

    def __init__(self, prices: Prices, answers: AbstractModel | None = None) -> None:
        self._prices = prices
        self._answers = answers or Program(_stand_in, "dry run")
        self.quote = Quote()

    @property
    def name(self) -> str:
        return self._answers.name

    def dearest(self, request: Request) -> int:
        return self._prices.cost(most(request))

    async def complete(self, request: Request) -> Response:
        quote = _quoted(request, self._prices)
        self.quote += quote
        return replace(await self._answers.complete(request), cost=quote.usual_cost)


def _stand_in(request: Request) -> str:
    return "dry run" if request.schema is None else json.dumps(smallest(request.schema))
