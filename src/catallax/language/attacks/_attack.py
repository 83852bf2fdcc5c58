"""What an attack is, and what is measured of it."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

Settings = Mapping[str, Any]
"""Keyword arguments of `Bazaar`; what is not named is as by default."""
AWAY: Mapping[str, Any] = {"stays away": None}
"""What is always honest."""


class Trial(NamedTuple):
    """What came of one history."""

    profit: int
    """Micro-credits that the attackers have more than they came with; what they know counts at its worth, endowments do not."""
    figure: float = 0.0
    """What else there is to see; the attack says what it is."""


@dataclass(frozen=True)
class AbstractAttack(abc.ABC):
    """Somebody who means harm and knows several ways to, beside one in the same place, with the same luck, who is honest.

    `gain = profit of the best way - profit of the best honest way`, each chosen on other histories than those that count.

    Args:
        also: settings that it is tried under, beside those of the suite.
    """

    also: Settings = field(default_factory=dict, kw_only=True)
    name: ClassVar[str]
    defence: ClassVar[str]
    figure: ClassVar[str] = ""
    """What the figure of a trial is."""

    @abc.abstractmethod
    def ways(self) -> Mapping[str, Any]:
        """How it can attack, by name."""

    def honest(self) -> Mapping[str, Any]:
        """What it could do instead, by name; `None` is to stay away, and has no profit."""
        return AWAY

    @abc.abstractmethod
    def trial(self, settings: Settings, seed: int, way: Any) -> Trial:
        """One history.

        Args:
            settings: of the bazaar.
            seed: of all chance.
            way: one of `ways`, or of `honest` but `None`.
        """

    def exposed(self, settings: Settings) -> tuple[AbstractAttack, Settings] | None:
        """The same attack where its defence was exchanged for none; None if the defence is no part that can be exchanged."""
        return None
