"""The models of a whole run, part by part: asked, billed and recorded."""

from __future__ import annotations

import abc
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from catallax.core import to_micro
from catallax.language.models._dry_run import DryRun, Quote
from catallax.language.models._limits import Limited
from catallax.language.models._metered import Budget, Metered
from catallax.language.models._model import AbstractModel
from catallax.language.models._provider import Provider
from catallax.language.models._recorded import KEPT, Recorded
from catallax.language.models._request import Request
from catallax.language.models._response import Failure, ModelError, Response
from catallax.language.models._retrying import Retrying
from catallax.language.models._spans import AbstractSpans, NoSpans

if TYPE_CHECKING:
    from catallax.language.models._open_ai import OpenAI


class AbstractAccess(abc.ABC):
    """Hands out a model for each part of a run, so that each has a bill of its own."""

    @abc.abstractmethod
    def model(self, part: str, stand_in: AbstractModel) -> AbstractModel:
        """Who is asked in a part of the run.

        Args:
            part: its name, in letters, digits, spaces, `-` and `_`; a part that is asked for twice has one model and one bill.
            stand_in: a program that answers to the point, where no model is asked.

        Raises:
            ValueError: for another name.
        """

    @abc.abstractmethod
    def check(self) -> None:
        """Whether the run can go on; to be asked where it can be left.

        Raises:
            ModelError: if a model could not be asked any more, with the first failure of that kind.
        """

    @property
    def spans(self) -> AbstractSpans:
        """Who watches the parts of the run that are not calls."""
        return NoSpans()

    async def aclose(self) -> None:  # noqa: B027 - most have none
        """Close connections; `async with` does it."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


class Bill(NamedTuple):
    """What a part of a run has asked."""

    part: str
    asked: int
    """Questions, with those that were answered from a cassette."""
    cost: int
    """Micro-dollars that all answers have cost, now or when they were recorded."""
    calls: int
    """Calls that were made now."""
    paid: int
    """Micro-dollars for them."""


class Access(AbstractAccess):
    """Asks the model of a provider, or programs where none is given.

    Each part has the stack `Recorded(Traced(Retrying(Metered(Limited(OpenAI)))))`, traced if asked for, a cassette `PART.jsonl`, and a budget within that of
    the run. A failure that is not the model's own answer (no server, a wrong key, an unknown model, no money left) stops all
    parts: from then on every call fails at once, and `check` raises it, so that a market does not take an outage for a verdict.

    Args:
        provider: settings.
        folder: where cassettes are; nothing is written for programs.
        resume: go on with what cassettes hold, without paying for it again.

    Raises:
        ImportError: without httpx, where a server is to be asked, and in `model` without opentelemetry-api, where it is to be traced.
        ValueError: for an address that is none, or an empty variable in place of the key.
        FileExistsError: if there are cassettes already and it is not told to resume.

    >>> import asyncio
    >>> from catallax.language.models import Program, ask
    >>> access = Access(Provider(), "nowhere")
    >>> asyncio.run(access.model("judge", Program(lambda request: "four")).complete(ask("Two and two?"))).text
    'four'
    >>> [(bill.part, bill.asked, bill.paid) for bill in access.bills]
    [('judge', 1, 0)]
    """

    def __init__(self, provider: Provider, folder: str | Path, resume: bool = False) -> None:
        self.provider = provider
        self._folder = Path(folder)
        self._server = _server(provider) if provider.url else None
        self._asked = None if self._server is None else Limited(self._server, provider.at_once)
        if provider.url and not resume and any(self._folder.glob("*.jsonl")):
            raise FileExistsError(
                f"Access: {self._folder} holds answers that were paid for; go on with them (--resume), or give another folder."
            )
        self.budget = Budget(None if provider.budget is None else to_micro(provider.budget))
        self._lines: dict[str, tuple[_Line, Budget]] = {}
        self._stopped: ModelError | None = None

    def model(self, part: str, stand_in: AbstractModel) -> AbstractModel:
        if part not in self._lines:
            tape, budget = cassette(self._folder, part), Budget(within=self.budget)
            metered = Metered(stand_in if self._asked is None else self._asked, self.provider.prices, budget)
            model: AbstractModel = Retrying(metered, self.provider.tries)
            if self.provider.trace:
                from catallax.language.models._traced import Traced

                model = Traced(model, server=self.provider.url)
            if self._asked is not None:
                model = Recorded(model, tape)
            self._lines[part] = _Line(model, self), budget
        return self._lines[part][0]

    def check(self) -> None:
        if self._stopped is not None:
            # another one: whoever hears of it adds up bills in it
            raise ModelError(self._stopped.failure, self._stopped.model, self._stopped.detail)

    @property
    def spans(self) -> AbstractSpans:
        if not self.provider.trace:
            return NoSpans()
        from catallax.language.models._traced import Spans

        return Spans()

    async def aclose(self) -> None:
        if self._server is not None:
            await self._server.aclose()

    def stop(self, error: ModelError) -> None:
        """Ask nobody any more."""
        self._stopped = self._stopped or error

    @property
    def bills(self) -> list[Bill]:
        """What each part has asked so far."""
        return [
            Bill(part, line.asked, line.cost, len(budget.calls), budget.spent)
            for part, (line, budget) in self._lines.items()
        ]


class _Line(AbstractModel):
    """A model that is not asked any more once its run has been stopped, and stops it."""

    def __init__(self, model: AbstractModel, access: Access) -> None:
        self._model, self._access = model, access
        self.asked = self.cost = 0

    @property
    def name(self) -> str:
        return self._model.name

    async def complete(self, request: Request) -> Response:
        self._access.check()
        self.asked += 1
        try:
            response = await self._model.complete(request)
        except ModelError as error:
            self.cost += error.cost
            if error.failure not in KEPT:
                self._access.stop(error)
            raise
        self.cost += response.cost
        return response


class Price(NamedTuple):
    """What a part of a run would cost."""

    part: str
    quote: Quote
    """On the way that the stand-in's answers take."""
    most: int
    """Micro-dollars whatever is answered, as far as the run said so."""


class Pricing(AbstractAccess):
    """Asks nobody, lets the stand-ins answer, and adds up what the calls would have cost, part by part.

    What cassettes hold is answered from them, and what the run asks twice is asked once: both cost nothing.

    Args:
        provider: settings; prices are needed, an address is not, and no key is looked for.
        folder: where cassettes may be.

    Raises:
        ValueError: without prices.
    """

    def __init__(self, provider: Provider, folder: str | Path | None = None) -> None:
        if not provider.priced:
            raise ValueError(
                "Pricing: programs answer for nothing; to price a model, say what a million tokens cost in dollars: "
                "--model.prompt and --model.completion."
            )
        self.provider = provider
        self._folder = None if folder is None else Path(folder)
        self._lines: dict[str, tuple[AbstractModel, DryRun]] = {}
        self._most: dict[str, int] = {}

    def model(self, part: str, stand_in: AbstractModel) -> AbstractModel:
        if part not in self._lines:
            dry = DryRun(self.provider.prices, stand_in)
            model: AbstractModel = Retrying(
                dry, self.provider.tries
            )  # never tries twice, and knows what that would cost
            tape = None if self._folder is None else cassette(self._folder, part)
            replay = Recorded(None, tape, self.provider.name) if tape is not None and tape.exists() else None
            self._lines[part] = _Known(model, replay), dry
        return self._lines[part][0]

    def check(self) -> None:
        """It always can."""

    def at_most(self, part: str, micro_dollars: int) -> None:
        """Say what calls of a part cost, whatever is answered; several amounts add up."""
        self._most[part] = self._most.get(part, 0) + micro_dollars

    @property
    def parts(self) -> list[Price]:
        """What each part would cost."""
        return [Price(part, dry.quote, self._most.get(part, 0)) for part, (_, dry) in self._lines.items()]

    @property
    def total(self) -> Price:
        """All parts together."""
        parts = self.parts
        return Price("all", sum((part.quote for part in parts), Quote()), sum(part.most for part in parts))


class _Known(AbstractModel):
    """A cassette that nothing is written to: what was asked before, in this run or an earlier one, is not asked again."""

    def __init__(self, model: AbstractModel, replay: Recorded | None) -> None:
        self._model, self._replay = model, replay
        self._told: dict[str, Response] = {}

    @property
    def name(self) -> str:
        return self._model.name

    async def complete(self, request: Request) -> Response:
        if request.hash not in self._told:
            self._told[request.hash] = await self._answer(request)
        return self._told[request.hash]

    async def _answer(self, request: Request) -> Response:
        if self._replay is not None:
            try:
                return await self._replay.complete(request)
            except ModelError as error:
                if error.failure is not Failure.UNRECORDED:
                    raise
        return await self._model.complete(request)


def cassette(folder: Path, part: str) -> Path:
    """Where the answers of a part are kept."""
    if not re.fullmatch(r"[\w -]{1,60}", part, re.ASCII):
        raise ValueError(f"Access: the name of a part has letters, digits, spaces, - and _, got {part!r}.")
    return folder / f"{part}.jsonl"


def _server(provider: Provider) -> OpenAI:
    from catallax.language.models._open_ai import OpenAI

    return OpenAI.of(provider)
