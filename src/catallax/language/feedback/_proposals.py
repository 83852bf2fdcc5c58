"""What a completion offers: read strictly, or not at all."""

from __future__ import annotations

import abc
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from catallax.language.models._schema import Unfit, check, read_json


class Proposal(NamedTuple):
    """What an informer says: information, and what it wants and gives for it."""

    info: str
    price: float
    """Credits for the information."""
    bid: float
    """Credits for a slot of attention."""


class MalformedError(ValueError):
    """A completion that is no proposal; the message says why and repeats nothing of it."""


@dataclass(frozen=True)
class AbstractReader(abc.ABC):
    """From the text of a completion to a proposal, within bounds.

    Args:
        characters: the longest information.
        dearest: credits, the highest price and bid.
        signals: of a finite world, one of which information has to name, as `signal=value`; empty for any text.

    Raises:
        ValueError: for bounds that let nothing through.
    """

    characters: int = 2_000
    dearest: float = 1.0
    signals: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.characters < 1 or not 0 < self.dearest < float("inf"):
            raise ValueError(
                f"{type(self).__name__}: expected at least 1 character and a positive dearest price, got "
                f"{self.characters} and {self.dearest}."
            )

    @cached_property
    def schema(self) -> dict[str, Any]:
        """What fits: information, price and bid, all of them bounded, and nothing else."""
        money = {"type": "number", "minimum": 0, "maximum": self.dearest}
        info = {"type": "string", "minLength": 1, "maxLength": self.characters}
        fields = {"info": info, "price": money, "bid": money}
        return {"type": "object", "properties": fields, "required": [*fields], "additionalProperties": False}

    def read(self, completion: str) -> Proposal:
        """The proposal in a completion.

        Raises:
            MalformedError: if there is none, or one that does not keep the bounds.
        """
        try:
            found = self.fields(completion)
        except Unfit as error:
            raise MalformedError(str(error)) from None
        return self.checked(found)

    def checked(self, found: Any) -> Proposal:
        """The proposal in fields that were read.

        Raises:
            MalformedError: if they do not keep the bounds.
        """
        try:
            check(found, self.schema, "offer")
            found["info"].encode()
        except Unfit as error:
            raise MalformedError(str(error)) from None
        except UnicodeEncodeError:
            raise MalformedError("offer.info is no text: it has halves of characters") from None
        if self.signals and found["info"].partition("=")[0].strip() not in self.signals:
            raise MalformedError(f"offer.info names none of the signals {self.signals}, as in {self.signals[0]}=1")
        return Proposal(found["info"], float(found["price"]), float(found["bid"]))

    @abc.abstractmethod
    def fields(self, completion: str) -> Any:
        """What the completion says, not checked yet.

        Raises:
            Unfit: if it cannot be read.
        """


@dataclass(frozen=True)
class JsonReader(AbstractReader):
    """`{"info": ..., "price": ..., "bid": ...}`, all of the completion or its only fenced block.

    >>> JsonReader().read('{"info": "I1=1", "price": 0.2, "bid": 0.05}')
    Proposal(info='I1=1', price=0.2, bid=0.05)
    """

    def fields(self, completion: str) -> Any:
        return read_json(completion)


@dataclass(frozen=True)
class WordReader(AbstractReader):
    """Information, price and bid as words, `I1=1 0.2 0.05`: for models too small to write JSON.

    >>> WordReader().read("I1=1 0.2 0.05")
    Proposal(info='I1=1', price=0.2, bid=0.05)
    """

    def fields(self, completion: str) -> Any:
        words = completion.rsplit(maxsplit=2)  # a pattern for all of it would try every place in a long run of blanks
        if len(words) < 3 or not all(re.fullmatch(r"\d+(\.\d+)?", word) for word in words[1:]):
            raise Unfit("the offer is not information, price and bid")
        return {"info": words[0].strip(), "price": float(words[1]), "bid": float(words[2])}
