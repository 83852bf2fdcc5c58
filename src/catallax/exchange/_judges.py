"""Who inspects sealed information: a program that counts words, or a language model."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from catallax.exchange._settings import Settings
from catallax.language.bazaar import AbstractContractor, Case, Inspection, LanguageModelContractor
from catallax.language.models import Retrying

COMMON = frozenset(
    [
        "about",
        "all",
        "also",
        "and",
        "any",
        "are",
        "but",
        "can",
        "did",
        "does",
        "for",
        "from",
        "had",
        "has",
        "have",
        "her",
        "his",
        "how",
        "into",
        "its",
        "more",
        "not",
        "one",
        "our",
        "out",
        "she",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "was",
        "were",
        "what",
        "when",
        "where",
        "which",
        "who",
        "whom",
        "whose",
        "why",
        "will",
        "with",
        "would",
        "you",
        "your",
    ]
)
"""Words that say nothing of what a text is about."""


@dataclass(frozen=True)
class WordOverlap(AbstractContractor):
    """Buys texts that share words with the goal and say something more, the best for their price first, as far as the purse goes.

    The score of a text is the share of the goal's words that it has: it tells what a text is *about*, and nothing of whether it is
    true or new, and whoever repeats the goal scores well. It stands in where no language model is configured, for trials and demos;
    money of value should not depend on it.

    Args:
        least: score from which on a text is bought.
        new: words a text must have that the goal and its teaser do not.

    >>> words("Which route to Belem does the tram take?") == {"route", "belem", "tram", "take"}
    True
    """

    least: float = 0.25
    new: int = 1

    async def judge(self, case: Case) -> Inspection:
        wanted = words(case.levels[0].brief.goal.text)
        scores = {e.id: self._score(wanted, words(e.teaser), words(e.text)) for e in case.exhibits}
        left, bought = case.purse, set[str]()
        for exhibit in sorted(case.exhibits, key=lambda e: (-scores[e.id], e.price)):
            if scores[exhibit.id] >= self.least and exhibit.price <= left:
                left -= exhibit.price
                bought.add(exhibit.id)
        return Inspection(frozenset(bought))

    def _score(self, wanted: frozenset[str], teaser: frozenset[str], text: frozenset[str]) -> float:
        if not wanted or len(text - wanted - teaser) < self.new:
            return 0.0
        return len(wanted & text) / len(wanted)


@dataclass(frozen=True)
class ModelBehindServer(LanguageModelContractor):
    """A language model whose connections are let go in the end.

    Args:
        aclose: lets go of them, on the event loop they were made on.
    """

    aclose: Callable[[], Awaitable[None]] | None = None


def words(text: str) -> frozenset[str]:
    """Numbers, and words of three letters or more, that say what a text is about."""
    return frozenset(word for word in re.findall(r"\d+|\w{3,}", text.casefold()) if word not in COMMON)


def configured(settings: Settings) -> AbstractContractor:
    """The language model of the settings, or else the program that counts words.

    Raises:
        ValueError: for an address that is none, or an empty environment variable.
        ImportError: without httpx, where there is a model.
    """
    if settings.model is None or settings.model_url is None:
        return WordOverlap()
    from catallax.language.models import OpenAI

    server = OpenAI(settings.model_url, settings.model, key_from=settings.model_key)
    return ModelBehindServer(Retrying(server, tries=3), aclose=server.aclose)
