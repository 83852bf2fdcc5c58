"""Who sits at the table: informers as they were when the bazaar opened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from catallax.language.bazaar._enclosed import MOST, an_amount
from catallax.language.bazaar._informers import AbstractInformer, SealedInformer


class Seat(NamedTuple):
    """What the bazaar goes by: an informer could change its name, and with it the account it bids from."""

    informer: AbstractInformer
    name: str
    group: str
    signal: str | tuple[str, ...] | None
    sealed: bool
    """Whether it is shown sealed goods, and told nothing."""
    learns: bool
    """Whether it wants to be told."""
    quote: int
    """Micro-dollars that asking it costs the operator at most; one figure, since a sealed informer could talk by several."""

    def told(self, state: Mapping[str, Any]) -> Any:
        """What nature tells it: the value of its signal, or the values of several by their names."""
        if isinstance(self.signal, tuple):
            return {name: state[name] for name in self.signal if name in state}
        return None if self.signal is None else state.get(self.signal)

    @classmethod
    def of(cls, informer: AbstractInformer) -> Seat:
        """Where an informer sits from now on.

        Raises:
            ValueError: for a name or a group that is no text, or a quote that is no amount.
        """
        name, group, quote = informer.name, informer.group, informer.quote
        if type(name) is not str or type(group) is not str:
            raise ValueError(f"Bazaar: names and groups of informers are texts, got {name!r} and {group!r}.")
        if not an_amount(quote):
            raise ValueError(f"Bazaar: the quote of {name!r} is whole micro-dollars from 0 to {MOST}, got {quote!r}.")
        sealed = isinstance(informer, SealedInformer)
        learns = not sealed and getattr(informer.update, "__func__", None) is not AbstractInformer.update
        return cls(informer, name, group, informer.signal, sealed, learns, quote)
