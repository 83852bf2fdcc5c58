"""What calls cost, and the budget that is reserved before each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from catallax.core import to_credits, to_micro
from catallax.language.models._model import AbstractModel
from catallax.language.models._request import Request
from catallax.language.models._response import Failure, ModelError, Response, Usage, coarse
from catallax.language.models._tokens import most

_MILLION = 1_000_000


@dataclass(frozen=True)
class Prices:
    """What a provider asks, in whole micro-dollars: a currency of its own, never mixed with the credits of a market.

    `cost = ceil((prompt_tokens prompt + completion_tokens completion) / 10^6) + request`.

    Args:
        prompt: micro-dollars for a million tokens read.
        completion: micro-dollars for a million tokens written.
        request: micro-dollars for a call.

    Raises:
        TypeError: for prices that are not whole; `Prices.dollars` takes dollars.
        ValueError: for negative ones.

    >>> Prices.dollars(prompt=0.15, completion=0.60).cost(Usage(1000, 100))
    210
    """

    prompt: int
    completion: int
    request: int = 0

    def __post_init__(self) -> None:
        if any(type(price) is not int for price in (self.prompt, self.completion, self.request)):
            raise TypeError(f"Prices: prices are whole micro-dollars, got {self}; use Prices.dollars.")
        if min(self.prompt, self.completion, self.request) < 0:
            raise ValueError(f"Prices: prices are 0 or more, got {self}.")

    @classmethod
    def dollars(cls, prompt: float, completion: float, request: float = 0.0) -> Prices:
        """Prices from dollars per million tokens, and dollars per call."""
        return cls(to_micro(prompt), to_micro(completion), to_micro(request))

    def cost(self, usage: Usage) -> int:
        """Micro-dollars for a usage, rounded up."""
        tokens = usage.prompt_tokens * self.prompt + usage.completion_tokens * self.completion
        return -(-tokens // _MILLION) + self.request


@dataclass(frozen=True)
class Call:
    """One call in the log of a budget.

    Args:
        model: who was asked.
        request_hash: what; empty for a request with a `policy`, whose text a hash would let be guessed and tested.
        usage: tokens billed.
        cost: micro-dollars billed.
        seconds: how long it took.
        failure: why there was no answer; `None` if there was one.

    Of a sealed call the log keeps tokens, cost and seconds as the next power of two; what was spent in all is exact.
    """

    model: str
    request_hash: str
    usage: Usage
    cost: int
    seconds: float
    failure: Failure | None


class Budget:
    """Money for calls: reserved before each, settled after it, with a log of every call.

    `spent + reserved <= limit` before each call, so that no call starts that might exceed it. A budget may lie within
    another (an agent's within the run's); a call then needs room in both.

    Args:
        limit: micro-dollars; `None` for no limit.
        within: the larger budget that pays too.

    >>> budget = Budget(limit=1_000_000)
    >>> budget.reserve(900_000), budget.reserve(200_000)
    (True, False)
    """

    def __init__(self, limit: int | None = None, within: Budget | None = None) -> None:
        if limit is not None and limit < 0:
            raise ValueError(f"Budget: limit is 0 micro-dollars or more, got {limit}.")
        self.limit = limit
        self.spent = 0
        self.reserved = 0
        self.calls: list[Call] = []
        self._within = within

    @property
    def left(self) -> int | None:
        """Micro-dollars that may still be reserved, here and in the budgets around it; `None` for no limit."""
        own = None if self.limit is None else self.limit - self.spent - self.reserved
        outer = None if self._within is None else self._within.left
        return min((left for left in (own, outer) if left is not None), default=None)

    def reserve(self, amount: int) -> bool:
        """Set micro-dollars aside; False, and nothing changed, if there is no room for them."""
        left = self.left
        if left is not None and amount > left:
            return False
        self._add(0, amount)
        return True

    def settle(self, reserved: int, call: Call) -> None:
        """Release what was reserved, and book what was billed: all of it, even if it is more."""
        self._add(call.cost, -reserved)
        self._log(call if call.request_hash else _coarse(call))

    def _add(self, spent: int, reserved: int) -> None:
        self.spent += spent
        self.reserved += reserved
        if self._within is not None:
            self._within._add(spent, reserved)

    def _log(self, call: Call) -> None:
        self.calls.append(call)
        if self._within is not None:
            self._within._log(call)

    def report(self) -> str:
        """Calls, tokens, money and time as one short text."""
        usage = sum((call.usage for call in self.calls), Usage())
        failures = Counter(call.failure.value for call in self.calls if call.failure)
        limit = "no limit" if self.limit is None else f"{to_credits(self.limit):.6f} dollars"
        lines = [
            f"calls       {len(self.calls)}",
            f"tokens      {usage.prompt_tokens} read, {usage.completion_tokens} written"
            + " (bounds among them)" * usage.estimated,
            f"money       {to_credits(self.spent):.6f} dollars of {limit}",
            f"model time  {sum(call.seconds for call in self.calls):.2f} seconds",
        ]
        lines += [f"failed      {count} {failure}" for failure, count in sorted(failures.items())]
        return "\n".join(lines)


class Metered(AbstractModel):
    """Bills each call to a budget, and refuses the call that might exceed it.

    Before: `reserve(cost(most(request)))`, else `Failure.OVER_BUDGET` and nothing is asked. After: what was billed. Where
    that is unknown (a call that was cancelled, timed out or broke off), the reservation is kept as the cost. If a server
    reports more tokens than the bound, the whole is booked and the next call refused.

    Args:
        model: who answers.
        prices: what the provider asks.
        budget: who pays; several models may share one.

    >>> import asyncio
    >>> from catallax.language.models import Scripted, ask
    >>> budget = Budget(limit=1000)
    >>> model = Metered(Scripted(["four"]), Prices.dollars(prompt=1.0, completion=2.0), budget)
    >>> asyncio.run(model.complete(ask("Two and two?"))).cost, budget.spent, budget.reserved
    (5, 5, 0)
    """

    def __init__(self, model: AbstractModel, prices: Prices, budget: Budget) -> None:
        self._model = model
        self._prices = prices
        self.budget = budget

    @property
    def name(self) -> str:
        return self._model.name

    def dearest(self, request: Request) -> int:
        return self._prices.cost(most(request)) + self._model.dearest(request)

    async def complete(self, request: Request) -> Response:
        usage = most(request)
        bound = cost = self._prices.cost(usage)
        if not self.budget.reserve(bound):
            detail = f"the call may cost {bound} micro-dollars and {self.budget.left} are left; nothing was asked."
            raise ModelError(Failure.OVER_BUDGET, self.name, detail)
        # stands if the call is cancelled: then nobody knows what it costs
        failure, seconds = Failure.CANCELLED, 0.0
        try:
            response = await self._model.complete(request)
            usage, cost, failure, seconds = response.usage, self._prices.cost(response.usage), None, response.seconds
            return replace(response, cost=response.cost + cost)
        except ModelError as error:
            usage, failure, seconds = error.usage, error.failure, error.seconds
            cost = 0 if usage == Usage() else self._prices.cost(usage)
            error.cost += cost
            raise
        finally:
            asked = "" if request.policy else request.hash
            self.budget.settle(bound, Call(self.name, asked, usage, cost, seconds, failure))


def _coarse(call: Call) -> Call:
    """What may be told of a sealed call."""
    read, written, cost = map(coarse, (call.usage.prompt_tokens, call.usage.completion_tokens, call.cost))
    return replace(call, usage=Usage(read, written, estimated=True), cost=cost, seconds=float(coarse(call.seconds)))
