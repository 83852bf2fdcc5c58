"""Text that can be opened inside an enclave only, and the hash that commits its author to it."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, NoReturn
from weakref import WeakKeyDictionary

_INSIDE: ContextVar[bool] = ContextVar("inside an enclave", default=False)


class Sealed:
    """A text that shows itself nowhere: no `str`, no copy, no pickle, no comparison; the object does not hold it.

    >>> Sealed("the secret")
    <sealed>
    """

    __slots__ = ("__weakref__",)

    def __init__(self, text: str) -> None:
        if type(text) is not str:
            raise TypeError(f"Sealed: expected a text, got {type(text).__name__}.")
        if self in _TEXTS:
            raise TypeError("Sealed: a sealed text cannot be altered; seal another.")
        _TEXTS[self] = text

    def __repr__(self) -> str:
        return "<sealed>"

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("Sealed: a sealed text is neither copied nor pickled; buy it.")


_TEXTS: WeakKeyDictionary[Sealed, str] = WeakKeyDictionary()
"""What is in them; it goes when they go."""


@contextmanager
def enclave() -> Iterator[None]:
    """Where sealed texts may be opened."""
    token = _INSIDE.set(True)
    try:
        yield
    finally:
        _INSIDE.reset(token)


def opened(sealed: Sealed) -> str:
    """The text.

    Raises:
        PermissionError: outside of an enclave.
    """
    if not _INSIDE.get():
        raise PermissionError("Sealed: opened outside of an enclave; only a contractor reads what was not bought.")
    return _TEXTS[sealed]


@dataclass(frozen=True)
class Exhibit:
    """What is for sale, and the commitment to it.

    Args:
        text: the information.
        salt: keeps the commitment from being guessed.
        commitment: SHA-256 over salt, text, price and teaser.
    """

    text: Sealed
    salt: Sealed
    commitment: str

    @classmethod
    def of(cls, text: str, salt: str, price: int, teaser: str) -> Exhibit:
        """Seal a text and commit to it."""
        return cls(Sealed(text), Sealed(salt), commitment(text, salt, price, teaser))

    @property
    def whole(self) -> bool:
        """Whether it is made of what it should be made of; somebody else made it."""
        own = vars(self)
        sealed = all(type(part) is Sealed and part in _TEXTS for part in (own.get("text"), own.get("salt")))
        return sealed and type(own.get("commitment")) is str

    def copy(self) -> Exhibit:
        """The same in an object that nobody else can reach and alter."""
        return Exhibit(self.text, self.salt, self.commitment)

    def keeps(self, promised: str, price: int, teaser: str) -> bool:
        """Whether this is what a commitment promised."""
        return promised == commitment(_TEXTS[self.text], _TEXTS[self.salt], price, teaser)

    def under(self, price: int, teaser: str) -> Exhibit:
        """The same text, committed to under another price and teaser."""
        return Exhibit(self.text, self.salt, commitment(_TEXTS[self.text], _TEXTS[self.salt], price, teaser))

    def size(self) -> int:
        """Characters."""
        return len(_TEXTS[self.text])

    def print(self) -> Fingerprint:
        """What makes it recognisable."""
        return Fingerprint.of(_TEXTS[self.text])


def commitment(text: str, salt: str, price: int, teaser: str) -> str:
    """`SHA-256(salt, text, price, teaser)` in hexadecimal."""
    return hashlib.sha256(json.dumps([salt, text, price, teaser]).encode()).hexdigest()


@dataclass(frozen=True)
class Fingerprint:
    """Hashes of a text: of all its words and symbols, and of each run of three."""

    whole: bytes
    parts: frozenset[bytes]

    @classmethod
    def of(cls, text: str) -> Fingerprint:
        """Words, signs of numbers and symbols count, case and punctuation do not; of a text without any, the text."""
        words = _words(text) or [text]
        runs = {" ".join(words[n : n + 3]) for n in range(max(1, len(words) - 2))}
        return cls(_hash(" ".join(words)), frozenset(map(_hash, runs)))

    def likeness(self, other: Fingerprint) -> float:
        """Jaccard index of the runs of three words; 1 for the same words."""
        if self.whole == other.whole:
            return 1.0
        shared = len(self.parts & other.parts)
        return shared / (len(self.parts) + len(other.parts) - shared)


def _words(text: str) -> list[str]:
    """`x = 1`, `x = -1` and `x != 1` are three things, and a thumb up is none that points down."""
    found = re.findall(r"(?<!\w)-\d\w*|\w+|!=|[^\w\s]", re.sub("[\u2212\u2012\u2013]", "-", text.casefold()))
    return [word for word in found if any(c.isalnum() or unicodedata.category(c)[0] == "S" for c in word)]


def _hash(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
